"""国泰新点 Epoint: columns are three digits a level, /001003/secondpage.html, then 2.html; articles under their day.

Learnt from seen addresses and public crawlers (.ewb-article-info, secondPage.html, 2.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from ..site import Column, Entry, Site
from .base import Family, body_html, number_of, paragraph, shown_date


class Epoint(Family):
    """Later list pages are bare numbers in the column's folder."""

    name = "epoint"
    home = "/index.html"
    head = '\n<script src="/js/webBuilderCommon.js"></script>'

    def column(self, *slugs: str) -> str:
        return f"/{self._digits(slugs)}/secondpage.html"

    def index(self, *slugs: str) -> str:
        return f"/{self._digits(slugs)}/moreinfo.html"

    def _digits(self, slugs: Sequence[str]) -> str:
        return "".join(f"{number_of('/'.join(slugs[: i + 1])) % 900 + 100}" for i in range(len(slugs)))

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else first.replace("secondpage.html", f"{page + 1}.html")

    def article(self, first: str, number: int, published: date) -> str:
        a, b, c, d = (number_of(f"{first} {number} {part}") for part in range(4))
        guid = f"{a:08x}-{b & 0xFFFF:04x}-{c & 0xFFFF:04x}-{d & 0xFFFF:04x}-{b:08x}{a & 0xFFFF:04x}"
        return f"{first.removesuffix('secondpage.html')}{published:%Y%m%d}/{guid}.html"

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            shown = shown_date(site, e, '<span class="wb-data-date">{}</span>')
            href = site.row_href(e, e.path)
            items.append(
                f'<li class="wb-data-list"><div class="wb-data-infor"><a href="{href}" target="_blank" title="{escape(e.title)}">{site.row_title(e)}</a></div>{shown}</li>'
            )
        return f'<ul class="wb-data-item">{"".join(items)}</ul>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        def step(to: int, word: str) -> str:
            inside = 0 <= to < pages and to != page
            name = self.list_path(column.path, to, pages).rsplit("/", 1)[1]
            return f'<li><a href="{name}">{word}</a></li>' if inside else f"<li><a>{word}</a></li>"

        steps = step(page - 1, "上页") + f"<li>{page + 1}/{pages}</li>" + step(page + 1, "下页")
        return f'<div class="ewb-page"><ul class="m-pagination-page">{steps}</ul></div>'

    def heading(self, title: str) -> str:
        return f'<h3 class="article-title">{escape(title)}</h3>'

    def body(self, site: Site, entry: Entry) -> str:
        return f'<div class="ewb-article"><div class="ewb-article-info">\n{body_html(site, entry, self, paragraph)}\n</div></div>'
