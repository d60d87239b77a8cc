"""开普云 UCAP: list.shtml, list_2.shtml, createPageHTML('page_div',pages,current,'list','shtml',rows), <ucapcontent>.

Learnt from public crawlers (paging, #UCAP-CONTENT) and seen addresses (…/202104/<32hex>.shtml).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from ..site import Column, Entry, Site
from .base import Family, body_html, number_of, paragraph, shown_date


class Ucap(Family):
    """In createPageHTML the count of pages comes first, the current page counts from 1, rows come last."""

    name = "ucap"
    home = "/index.shtml"
    head = "\n<script id=\"_jiucuo_\" sitecode='{site_id}' src='//pucha.gov.example/exposure/jiucuo.js'></script>"

    def column(self, *slugs: str) -> str:
        return "/" + "".join(f"{s}/" for s in slugs) + "list.shtml"

    def index(self, *slugs: str) -> str:
        return "/" + "".join(f"{s}/" for s in slugs) + "index.shtml"

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else first.replace("list.shtml", f"list_{page + 1}.shtml")

    def article(self, first: str, number: int, published: date) -> str:
        key = "".join(f"{number_of(f'{first} {number} {part}'):08x}" for part in range(4))
        return f"{first.removesuffix('list.shtml')}{published:%Y%m}/{key}.shtml"

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        stem = entry.path.rsplit("/", 1)[1].removesuffix(".shtml")
        folder = entry.path.rsplit("/", 1)[0]
        name = f"files/{stem[::-1]}{entry.files[ordinal]}"
        return f"{folder}/{name}", name

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            shown = shown_date(site, e, '<span class="time">{}</span>')
            href = site.row_href(e, e.path)
            items.append(
                f'<li class="clearfix"><a target="_blank" href="{href}" title="{escape(e.title)}">{site.row_title(e)}</a>{shown}</li>'
            )
        return f'<ul class="list_con">{"".join(items)}</ul>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        rows = len(site.listed(column))
        return f"""<div id="page_div" class="pages"></div>
<script type="text/javascript" src="/assets/page.js"></script>
<script>createPageHTML('page_div',{pages}, {page + 1},'list','shtml',{rows});</script>"""

    def heading(self, title: str) -> str:
        return f'<h1 class="title"><ucaptitle>{escape(title)}</ucaptitle></h1>'

    def body(self, site: Site, entry: Entry) -> str:
        inner = body_html(site, entry, self, paragraph)
        return f'<div class="pages_content" id="UCAP-CONTENT"><ucapcontent>\n{inner}\n</ucapcontent></div>'
