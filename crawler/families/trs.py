"""拓尔思 TRS WCM and its successors.

Where learnt: article addresses t<date>_<id>.html and the pager createPageHTML(count, current, name, ending) as they
stand on portals of 贵州, 天津, 重庆 and 湖北 and in public crawlers; page k (from 0) of index.html is index_k.html.
Certainty: high for both. Lists without that pager are left to the generic rules.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import Fetched, ListFamily, Page, articles_of, base_of, marks_of, next_of

_PAGER = re.compile(
    r"""^(?![ \t]*(?://|function\b)).*?\bcreatePageHTML\(\s*["']?(\d+)["']?\s*,\s*["']?(\d+)["']?\s*,"""
    r"""\s*["']([^"']+)["']\s*,\s*["'](\w+)["']""",
    re.M,
)


def next_page(page: Fetched) -> Page | None:
    """Page after this one by createPageHTML's count; by the generic rules where the page has no such call."""
    pager = _PAGER.search(page.html)
    if pager is None:
        return generic.next_page(page)
    count, current, name, ending = int(pager[1]), int(pager[2]), pager[3], pager[4]
    if current + 1 >= count and not page.full:
        return None
    return next_of(base_of(page.url, LexborHTMLParser(page.html)), f"{name}_{current + 1}.{ending}")


FAMILY = ListFamily("trs", marks_of("trs"), generic.rows_of(articles_of("trs")), next_page)
