"""No known system: list.html, list_2.html with 下一页, the body in #zoom or in a div that nothing names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from ..site import Column, Entry, Site
from .base import Family, body_html, shown_date, table


class Generic(Family):
    """Paging by anchors alone."""

    name = "generic"
    home = "/index.html"

    def column(self, *slugs: str) -> str:
        # One folder per column whatever stands above it; a department's sub-site has a folder of its own.
        folders = (slugs[1], slugs[-1]) if len(slugs) > 2 and slugs[0] == "bm" else slugs[-1:]
        return f"/{'/'.join(folders)}/list.html"

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else first.replace("list.html", f"list_{page + 1}.html")

    def article(self, first: str, number: int, published: date) -> str:
        return f"{first.removesuffix('list.html')}{published.year}/content_{20300 + number * 13}.html"

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            title = escape(e.title)
            shown = shown_date(site, e, '<div class="date">{}</div>')
            items.append(
                f'<div class="news-item"><em>·</em><a href="{site.row_href(e, e.path)}" title="{title}">{site.row_title(e)}</a>{shown}</div>'
            )
        return f'<div class="news-list">{"".join(items)}</div>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        def anchor(to: int, word: str) -> str:
            inside = 0 <= to < pages and to != page
            return (
                f'<a href="{self.list_path(column.path, to, pages)}">{word}</a>' if inside else f"<span>{word}</span>"
            )

        numbers = "".join(anchor(i, str(i + 1)) for i in range(pages))
        ends = anchor(0, "首页") + anchor(page - 1, "上一页"), anchor(page + 1, "下一页") + anchor(pages - 1, "尾页")
        total = len(site.listed(column))
        return f'<div class="page-num">共{total}条 第{page + 1}/{pages}页 {ends[0]}{numbers}{ends[1]}</div>'

    def body(self, site: Site, entry: Entry) -> str:
        named = site.style("named body", 2) == 0
        inner = body_html(site, entry, self, lambda kind, texts: self._block(kind, texts, named))
        return f'<div id="zoom">\n{inner}\n</div>' if named else f'<div class="nr-wrap">\n{inner}\n</div>'

    def _block(self, kind: str, texts: list[str], named: bool) -> str:
        text = escape(texts[0], quote=False)
        if kind == "row":
            return table(texts)
        if kind == "title":
            return f"<center><b>{text}</b></center>"
        if kind == "signature":
            return f'<p align="right">{text}</p>' if named else f'<div align="right">{text}</div>'
        if named:
            return f"<p>　　<b>{text}</b></p>" if kind == "heading1" else f"<p>　　{text}</p>"
        return f"　　{text}<br/>"
