"""龙讯 Lonsun (安徽): ?pageIndex=2, /public/<organ>/<n>.html for what is disclosed, 组配分类 in the metadata table.

Learnt from seen addresses and public crawlers (.j-fontContent, ul.doc_list with span dates).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from html import escape

from ..lookalikes import LookAlike
from ..site import Column, Entry, Site
from .base import Asked, Family, ListPage, body_html, number_of, paragraph, shown_date

CLASSES = {
    "disclosure_annual_report": "政府信息公开年报", "interpretation": "政策解读", "plan": "规划计划", "work_points": "规划计划",
}  # fmt: skip


class Lonsun(Family):
    """All list pages of a column have one path; the page number is a query field."""

    name = "lonsun"
    home = "/index.html"
    head = '\n<script src="/assets/js/lonsun.min.js"></script>'

    def column(self, *slugs: str) -> str:
        if "zwgk" in slugs:
            return f"/public/column/{6596000 + number_of('/'.join(slugs)) % 90000}"
        return "/" + "".join(f"{s}/" for s in slugs) + "index.html"

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else f"{first}?pageIndex={page + 1}"

    def list_paths(self, first: str, pages: int) -> list[str]:
        return [first]

    def article(self, first: str, number: int, published: date) -> str:
        name = f"{18469000 + number * 11}.html"
        if first.startswith("/public/column/"):
            return f"/public/{first.rsplit('/', 1)[1]}/{name}"
        return first.replace("index.html", name)

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        path = f"/group1/M00/{number_of(entry.path):08X}{ordinal}{entry.files[ordinal]}"
        return path, path

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            shown = shown_date(site, e, '<span class="right date">{}</span>')
            href = site.row_href(e, e.path)
            items.append(
                f'<li><a class="left" href="{href}" target="_blank" title="{escape(e.title)}">{site.row_title(e)}</a>{shown}</li>'
            )
        return f'<ul class="doc_list">{"".join(items)}</ul>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        def step(to: int, word: str) -> str:
            inside = 0 <= to < pages and to != page
            return (
                f'<a href="{self.list_path(column.path, to, pages)}">{word}</a>' if inside else f"<span>{word}</span>"
            )

        near = "".join(step(i, str(i + 1)) for i in range(max(page - 2, 0), min(page + 3, pages)))
        return f'<div class="pagination">{step(0, "首页")}{step(page - 1, "上一页")}{near}{step(page + 1, "下一页")}{step(pages - 1, "尾页")}<em>共{len(site.listed(column))}条</em></div>'

    def endpoints(self, site: Site) -> Mapping[str, Asked]:
        return {column.path: partial(self._list, site, column) for column in site.columns if site.listed(column)}

    def _list(self, site: Site, column: Column, asked: Mapping[str, str]) -> ListPage | None:
        page = max(int(asked.get("pageIndex") or "1"), 1) - 1
        beyond = page >= site.claimed_pages(column) and "repeated_last_page" not in site.faults
        return None if beyond else ListPage(column, page)

    def labels(self, entry: Entry) -> Sequence[tuple[str, str]]:
        document = entry.document
        kind = CLASSES.get(document.doc_type, "其他") if isinstance(document, LookAlike) else "法治政府建设年报"
        return (("组配分类", kind), ("关键词", "法治政府"))

    def body(self, site: Site, entry: Entry) -> str:
        return f'<div class="wzcon j-fontContent clearfix">\n{body_html(site, entry, self, paragraph)}\n</div>'
