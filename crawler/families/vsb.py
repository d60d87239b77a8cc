"""博达 VSB (webplus).

Where learnt: pages of portals and universities kept in public crawlers. The first page is zbgg.htm and the pages
after it count down: zbgg/10.htm, zbgg/9.htm … zbgg/1.htm; the pager is <span class="p_next p_fun"><a>下页</a></span>
or a.Next, with _simple_list_gotopage_fun(<pages>, …) beside it. Articles: info/<column>/<id>.htm or
content.jsp?urltype=…&wbnewsid=…. Certainty: high.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import Fetched, ListFamily, Page, articles_of, marks_of, next_of

_PAGES = re.compile(r"_simple_list_gotopage_fun\(\s*(\d+)")
_FURTHER = re.compile(r"/(\d+)\.htm$")
_FIRST = re.compile(r"/([^/?#.]+)\.htm$")


def next_page(page: Fetched) -> Page | None:
    """Where 下页 leads; else by counting down from the number of pages that the script names."""
    if following := generic.next_page(page):
        return following
    pages = _PAGES.search(page.html)
    if pages is None or LexborHTMLParser(page.html).css_first(".p_next_d") is not None:
        return None
    if further := _FURTHER.search(page.url):
        number = int(further[1]) - 1
        return next_of(page.url, f"{number}.htm") if number >= 1 else None
    first = _FIRST.search(page.url)
    if first is None or int(pages[1]) < 2:
        return None
    return next_of(page.url, f"{first[1]}/{int(pages[1]) - 1}.htm")


FAMILY = ListFamily("vsb", marks_of("vsb"), generic.rows_of(articles_of("vsb")), next_page)
