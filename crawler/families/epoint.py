"""国泰新点 Epoint.

Where learnt: public crawlers of tendering sites and portals on this software. The first page of a column is
secondpage.html, thirdpage.html or moreinfo.html, page n is n.html beside it; the pager's classes begin with
ewb-page, the current page and the number of pages stand in it as 1/20, and its links either are plain or call
ShowAjaxNewPage(path, element, n), which fetches the same n.html. Articles: <8 digits>/<guid>.html. Certainty: high
for the addresses, moderate for the pager's wording.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import Fetched, ListFamily, Page, articles_of, marks_of, next_of, squeeze

_NUMBER = re.compile(r"/(\d{1,4})\.html$")
_AJAX = re.compile(r"ShowAjaxNewPage\([^()]*?,\s*['\"]?(\d+)['\"]?\s*\)")
_OF = re.compile(r"(\d{1,4})\s*/\s*(\d{1,4})")
_COUNT = re.compile(r"共\s*(\d{1,4})\s*页")


def next_page(page: Fetched) -> Page | None:
    """Where 下一页 leads; else n.html after this page's own, as far as the pager counts."""
    if following := generic.next_page(page):
        return following
    here = _NUMBER.search(page.url)
    current = int(here[1]) if here else 1
    tree = LexborHTMLParser(page.html)
    pager = squeeze(" ".join(n.text(separator=" ") for n in tree.css('[class*="ewb-page"], .pager, #page, .page')))
    counts = [int(m[2]) for m in _OF.finditer(pager)] + [int(m[1]) for m in _COUNT.finditer(pager)]
    counts += [int(n) for n in _AJAX.findall(page.html)]
    if not counts or (current >= max(counts) and not page.full):
        return None
    return next_of(page.url, f"{current + 1}.html")


FAMILY = ListFamily("epoint", marks_of("epoint"), generic.rows_of(articles_of("epoint")), next_page)
