"""开普云 UCAP.

Where learnt: the pager createPageHTML('page_div', count, current, 'list', 'shtml', total) in public crawlers of five
portals and of an exchange on the same software; counted from 1, page k of list.shtml is list_k.shtml. Certainty:
high for the call; one crawler reads page 2 as list_1.shtml, which is taken for its mistake. Article addresses
<yyyymm>/<32 hex>.shtml: seen on portals of 四川, 江西 and 山西.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import Fetched, ListFamily, Page, articles_of, base_of, marks_of, next_of

_PAGER = re.compile(
    r"""^(?![ \t]*(?://|function\b)).*?\bcreatePageHTML\(\s*["'][^"']*["']\s*,\s*["']?(\d+)["']?\s*,"""
    r"""\s*["']?(\d+)["']?\s*,\s*["']([^"']+)["']\s*,\s*["'](\w+)["']""",
    re.M,
)


def next_page(page: Fetched) -> Page | None:
    """Page after this one by createPageHTML's count; by the generic rules where the page has no such call."""
    pager = _PAGER.search(page.html)
    if pager is None:
        return generic.next_page(page)
    count, current, name, ending = int(pager[1]), int(pager[2]), pager[3], pager[4]
    if current >= count and not page.full:
        return None
    return next_of(base_of(page.url, LexborHTMLParser(page.html)), f"{name}_{current + 1}.{ending}")


FAMILY = ListFamily("ucap", marks_of("ucap"), generic.rows_of(articles_of("ucap")), next_page)
