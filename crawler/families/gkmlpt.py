"""广东 NFCMS and its disclosure platform gkmlpt.

Where learnt: some twenty public crawlers of portals in 广东. A catalogue's list is JSON at
/gkmlpt/api/all/<catalogue>?page=<n from 1>&sid=<site>: total, and articles[] with title, url (or post_url) and
dates; catalogue 0 is everything; sid stands in the page's script as SID: '755001', and may be left out. Links
name a catalogue behind a number sign, /gkmlpt/index#2571. Certainty: high. The names of catalogues are read from
whatever id/name pairs window._CONFIG holds: moderate. Lists outside gkmlpt are plain pages, index_2.html.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.families import generic
from crawler.families.page import (
    Fetched,
    ListFamily,
    Page,
    Row,
    articles_of,
    marks_of,
    next_of,
    printed_date,
    query_of,
    squeeze,
    with_query,
)
from knowledge.urls import canonical_url

_SITE = re.compile(r"""["']?\bSID\b["']?\s*:\s*["']?(\d+)""")
_INDEX = re.compile(r"/gkmlpt/(?:index|policy|search|guide)?(?:\.html)?/?(?:[?#].*)?$")
_CATALOGUE = re.compile(r"^(.*/gkmlpt/)(?:index|policy)?(?:\.html)?/?#(\d+)$")
_ID = r"""["']?\bid["']?\s*:\s*["']?(\d+)["']?"""
_NAME = r"""["']?\bname["']?\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')"""
_NAMED = re.compile(rf"{_ID}[^{{}}\[\]]{{0,400}}?{_NAME}|{_NAME}[^{{}}\[\]]{{0,400}}?{_ID}")
_EMPTY = re.compile(r"""[^{}\[\]]{0,200}?["']?\bpost_count["']?\s*:\s*["']?0\b""")
_URLS = ("url", "post_url", "link")
_DATES = ("display_publish_time", "publish_time", "first_publish_time", "date", "created_at", "create_time")
_CHINA = timedelta(hours=8)


def catalogue(address: str) -> tuple[str, str] | None:
    """(…/gkmlpt/, number) of a link that names a catalogue behind its number sign, else None."""
    found = _CATALOGUE.match(address.strip())
    return (found[1], found[2]) if found else None


def site(html: str) -> str | None:
    """The site's number that a gkmlpt page gives to its script."""
    found = _SITE.search(html)
    return found[1] if found else None


def list_address(home: str, number: str, sid: str | None) -> str:
    """First page of a catalogue's list; `home` is the address of …/gkmlpt/."""
    return canonical_url(f"api/all/{number}?page=1" + (f"&sid={sid}" if sid else ""), home)


def rows(page: Fetched) -> list[Row]:
    """Articles of the JSON answer, or rows of a plain list."""
    answer = _answer(page.html)
    if answer is None:
        return generic.rows_like(page.url, page.html, articles_of("gkmlpt"))
    found: dict[str, Row] = {}
    for article in answer:
        address = next((str(article[k]) for k in _URLS if article.get(k)), "")
        target = next_of(page.url, address) if address else None
        title = squeeze(re.sub(r"<[^<>]*>", "", str(article.get("title") or "")))
        if target and title:
            dates = (_date(article[k]) for k in _DATES if article.get(k))
            found.setdefault(target.url, Row(target.url, title, next(filter(None, dates), None)))
    return list(found.values())


def next_page(page: Fetched) -> Page | None:
    """The next hundred of a catalogue; from the platform's index page, its list of everything."""
    answer = _answer(page.html)
    if answer is None:
        if _INDEX.search(page.url):
            if any("法治" in name or "依法" in name for name, _ in columns(page)):
                return None  # it names the catalogue that is looked for
            home = page.url[: page.url.index("/gkmlpt/") + len("/gkmlpt/")]
            return Page(list_address(home, "0", site(page.html)), again=True)
        return generic.next_page(page)
    number = query_of(page.url).get("page", "1")
    if not answer or not number.isdigit():
        return None
    total = json.loads(page.html).get("total")
    # the last page is shorter: its own length says nothing of the pages before it
    if isinstance(total, int) and int(number) == 1 and len(answer) >= total and not page.full:
        return None
    return next_of(page.url, with_query(page.url, page=str(int(number) + 1)))


def columns(page: Fetched) -> list[tuple[str, str]]:
    """Catalogues that the platform's script names."""
    if "/gkmlpt/" not in page.url or "_CONFIG" not in page.html:
        return []
    home = page.url[: page.url.index("/gkmlpt/") + len("/gkmlpt/")]
    sid = site(page.html)
    script = page.html[page.html.index("_CONFIG") :].partition("</script>")[0]
    found: dict[str, str] = {}
    for m in _NAMED.finditer(script):
        if _EMPTY.match(script, m.end()):
            continue  # a mere heading: its list is answered with 404
        number, name = m[1] or m[6], next(filter(None, (m[2], m[3], m[4], m[5])), "")
        if "\\u" in name:
            name = re.sub(r"\\u([0-9a-fA-F]{4})", lambda c: chr(int(c[1], 16)), name)
        found.setdefault(number, squeeze(name))
    return [(name, list_address(home, number, sid)) for number, name in found.items()]


def _answer(text: str) -> list[dict[str, Any]] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        articles = json.loads(text).get("articles")
    except (ValueError, AttributeError):
        return None
    return [a for a in articles if isinstance(a, dict)] if isinstance(articles, list) else None


def _date(value: Any) -> str | None:
    text = str(value)
    if text.isdigit() and len(text) in (10, 13):
        return (datetime.fromtimestamp(int(text[:10]), UTC) + _CHINA).strftime("%Y-%m-%d")
    return printed_date(text)


def is_mine(url: str, html: str) -> bool:
    """True on the platform's own pages and on pages that show the software's marks."""
    return "/gkmlpt/" in url or marks_of("gkmlpt")(url, html)


FAMILY = ListFamily("gkmlpt", is_mine, rows, next_page, columns)
