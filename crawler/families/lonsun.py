"""龙讯 Lonsun (安徽).

Where learnt: public crawlers of portals in 安徽. Column pages take ?pageIndex=n, their script names pageCount:<n>;
the lists of 政府信息公开 (/public/column/<organ>) are filled from /site/label/8888?labelName=publicInfoList&…&
pageIndex=n, which answers a piece of HTML. Articles end in /<id>.html. Certainty: high for the parameter; for the
lists of /public/ only where the page spells the address out, the rest of it differs from portal to portal.
"""

from __future__ import annotations

import re

from crawler.families import generic
from crawler.families.page import (
    Fetched,
    ListFamily,
    Page,
    articles_of,
    marks_of,
    next_of,
    query_of,
    unescaped,
    with_query,
)

_PAGES = re.compile(r"""["']?\b(?:pageCount|totalPages?|pages)\b["']?\s*[:=]\s*["']?(\d{1,4})""")
_LABEL = re.compile(r"""["']([^"'\s]*/site/label/8888\?[^"'\s]*labelName=publicInfoList[^"'\s]*)["']""")


def next_page(page: Fetched) -> Page | None:
    """Where 下一页 leads; else pageIndex + 1 as far as pageCount says; on a page filled by a label, the label."""
    if following := generic.next_page(page):
        return following
    number = query_of(page.url).get("pageIndex", "1")
    current = int(number) if number.isdigit() else 1
    if label := _LABEL.search(page.html):
        return next_of(page.url, with_query(unescaped(label[1]), pageIndex="1"), again=True)
    pages = _PAGES.search(page.html)
    if "/site/label/" in page.url:
        more = pages is None or current < int(pages[1]) or page.full
        return next_of(page.url, with_query(page.url, pageIndex=str(current + 1))) if more else None
    if pages is None or (current >= int(pages[1]) and not page.full):
        return None
    return next_of(page.url, with_query(page.url, pageIndex=str(current + 1)))


FAMILY = ListFamily("lonsun", marks_of("lonsun"), generic.rows_of(articles_of("lonsun")), next_page)
