"""拓尔思 TRS WCM and its successors.

Where learnt: article addresses t<date>_<id>.html and the pager createPageHTML(count, current, name, ending) as they
stand on portals of 贵州, 天津, 重庆 and 湖北 and in public crawlers; page k (from 0) of index.html is index_k.html.
Certainty: high for both. Lists without that pager are left to the generic rules.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import ListFamily, Row, base_of
from knowledge.families import families
from knowledge.urls import canonical_url

_PAGER = re.compile(
    r"""^(?![ \t]*(?://|function\b)).*?\bcreatePageHTML\(\s*["']?(\d+)["']?\s*,\s*["']?(\d+)["']?\s*,"""
    r"""\s*["']([^"']+)["']\s*,\s*["'](\w+)["']""",
    re.M,
)


def is_mine(url: str, html: str) -> bool:
    """True if the page, or two links on it, show the family's marks (knowledge/families.toml)."""
    family = families()["trs"]
    if family.owns(url, html):
        return True
    links = re.findall(r"""href\s*=\s*["']?([^"'\s>]+)""", html)
    return sum(_is_article(target) for target in links) >= 2


def rows(url: str, html: str) -> list[Row]:
    """Rows of the list: the group that holds the family's article addresses, and what lies among them."""
    return generic.rows_like(url, html, _is_article)


def next_page(url: str, html: str) -> str | None:
    """Page after this one by createPageHTML's count; by the generic rules where the page has no such call."""
    pager = _PAGER.search(html)
    if pager is None:
        return generic.next_page(url, html)
    count, current, name, ending = int(pager[1]), int(pager[2]), pager[3], pager[4]
    if current + 1 >= count:
        return None
    try:
        return canonical_url(f"{name}_{current + 1}.{ending}", base_of(url, LexborHTMLParser(html)))
    except ValueError:
        return None


def _is_article(address: str) -> bool:
    return any(p.search(address) for p in families()["trs"].url)


FAMILY = ListFamily("trs", is_mine, rows, next_page)
