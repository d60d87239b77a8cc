"""大汉 jpaas: pages built of units that a script fetches.

Where learnt: public crawlers of ministries and of portals in 浙江, 江苏 and 山东. The column page has
<script src="…/unitbuild.js" url="/api-gateway/jpaas-publish-server/front/page/build/unit" queryData="{'webId':…}">;
GET of that address with queryData's pairs answers JSON whose data.html is the list; paramJson={"pageNo":2,
"pageSize":15} asks for further pages (a bare pageNo is ignored). The spelling parseType=bulidstatic is the
software's own and comes from queryData. The total stands in data.html as count="…", where at all. Certainty: high.
"""

from __future__ import annotations

import json
import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import (
    Fetched,
    ListFamily,
    Page,
    Row,
    articles_of,
    marks_of,
    next_of,
    query_of,
    unescaped,
    with_query,
)
from knowledge.nesting import shallow

_UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"
_SCRIPT = re.compile(r"<script\b[^>]*\bqueryData\s*=\s*(\"[^\"]*\"|'[^']*')[^>]*>", re.I)
_ADDRESS = re.compile(r"\burl\s*=\s*[\"']([^\"']+)[\"']", re.I)
# A page has units for its menu, its banner and its list; these names the list's unit goes by.
_LIST_UNIT = re.compile(r"列表|分页|内容|list|content|zw", re.I)
_PAGE_SIZE = 15


def rows(page: Fetched) -> list[Row]:
    """Rows of a unit's answer, or of the list that the page itself holds."""
    fragment = _answer(page.html)
    if fragment is not None:
        return generic.rows_like(page.url, f"<html><body>{fragment}</body></html>", lambda address: True)
    return generic.rows_like(page.url, page.html, articles_of("jpaas"))


def next_page(page: Fetched) -> Page | None:
    """The list's unit after the column page; after a unit its next page."""
    fragment = _answer(page.html)
    if fragment is None:
        return _first_unit(page)
    if not rows(page):
        return None
    asked = _parameters(page.url)
    number = int(asked.get("pageNo") or query_of(page.url).get("pageNo") or 1)
    size = int(asked.get("pageSize") or _attribute(fragment, "rows") or _attribute(fragment, "pageSize") or _PAGE_SIZE)
    total = _attribute(fragment, "count") or _attribute(fragment, "totalRecord")
    if total and number * size >= total and not page.full:
        return None
    following = json.dumps({"pageNo": number + 1, "pageSize": size}, separators=(",", ":"))
    return next_of(page.url, with_query(page.url, paramJson=following))


def _first_unit(page: Fetched) -> Page | None:
    units: list[tuple[str, dict[str, str]]] = []
    for script in _SCRIPT.finditer(page.html):
        try:
            data = json.loads(unescaped(script[1][1:-1]).replace("'", '"'))
        except ValueError:
            continue
        if isinstance(data, dict) and "pageId" in data:
            address = _ADDRESS.search(script[0].replace(script[1], ""))
            units.append((address[1] if address else _UNIT, {k: str(v) for k, v in data.items()}))
    if not units:
        return generic.next_page(page)
    unit, values = max(units, key=lambda found: bool(_LIST_UNIT.search(found[1].get("tagId", ""))))
    return next_of(page.url, with_query(unescaped(unit), **values), again=True)


def _answer(text: str) -> str | None:
    """data.html of a unit's answer; None if the text is no such answer."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        data: Any = json.loads(text).get("data")
    except (ValueError, AttributeError):
        return None
    if isinstance(data, dict):
        data = data.get("html")
    return data if isinstance(data, str) else ""


def _parameters(url: str) -> dict[str, Any]:
    try:
        found = json.loads(query_of(url).get("paramJson", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _attribute(fragment: str, name: str) -> int:
    node = LexborHTMLParser(shallow(fragment)).css_first(f"[{name}]")
    value = (node.attributes.get(name) or "") if node is not None else ""
    if not value.isdigit():
        found = re.search(rf"\b{name}\b[\"']?\s*[:=]\s*[\"']?(\d+)", fragment)
        value = found[1] if found else ""
    return int(value) if value.isdigit() else 0


FAMILY = ListFamily("jpaas", marks_of("jpaas"), rows, next_page)
