"""博达 VSB (webplus): /xwzx.htm, then /xwzx/12.htm with numbers that descend; /info/1008/1344.htm; #vsb_content.

Learnt from public crawlers of the software (#vsb_content_2, .v_news_content, _newscontent_fromname).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from ..site import Column, Entry, Site
from .base import Family, body_html, number_of, paragraph, shown_date


class Vsb(Family):
    """Page 2 of P is /<column>/<P-1>.htm and the last is /<column>/1.htm, so that old pages keep their address."""

    name = "vsb"
    home = "/index.htm"
    head = '\n<script type="text/javascript" src="/system/resource/js/vsbscreen.min.js" id="_vsbscreen"></script>\n<META Name="keywords" Content="政务公开" />'

    def column(self, *slugs: str) -> str:
        return f"/{'/'.join(slugs)}.htm"

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else f"{first.removesuffix('.htm')}/{pages - page}.htm"

    def article(self, first: str, number: int, published: date) -> str:
        return f"/info/{1000 + number_of(first) % 900}/{1300 + number}.htm"

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        # The address says nothing about the kind of file; the name comes with the response.
        owner = 1400000000 + number_of(entry.path) % 10**8
        path = f"/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner={owner}&wbfileid={owner % 10**6 + ordinal}"
        return path, path

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items: list[str] = []
        for e in entries:
            shown = shown_date(site, e, '<span class="fr">{}</span>')
            href = site.row_href(e, e.path)
            items.append(
                f'<li id="line_u8_{len(items)}"><a href="{href}" target="_blank" title="{escape(e.title)}">{site.row_title(e)}</a>{shown}</li>'
            )
        return f'<div class="ny_list"><ul>{"".join(items)}</ul></div>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        def step(to: int, word: str, kind: str) -> str:
            if not 0 <= to < pages or to == page:
                return f'<span class="p_no_d p_{kind}">{word}</span>'
            # Addresses are relative to the page that shows them: the first lies one folder above the others.
            path = self.list_path(column.path, to, pages)
            near = path.rsplit("/", 1)[1] if to or page == 0 else "../" + path.rsplit("/", 1)[1]
            here = f"{column.path.rsplit('/', 1)[1].removesuffix('.htm')}/{near}" if page == 0 else near
            return f'<span class="p_no p_{kind}"><a href="{here}" class="{kind.capitalize()}">{word}</a></span>'

        numbers = "".join(step(i, str(i + 1), "no") for i in range(min(pages, 6)))
        ends = step(0, "首页", "first") + step(page - 1, "上页", "prev"), step(page + 1, "下页", "next") + step(pages - 1, "尾页", "last")  # fmt: skip
        total = len(site.listed(column))
        return f'<div class="pb_sys_common pb_sys_normal"><span class="p_t">共{total}条</span> <span class="p_pages">{ends[0]}{numbers}{ends[1]}</span></div>'

    def heading(self, title: str) -> str:
        return f'<form name="_newscontent_fromname"><h1 class="title" align="center">{escape(title)}</h1></form>'

    def body(self, site: Site, entry: Entry) -> str:
        inner = body_html(site, entry, self, paragraph)
        name = ("vsb_content", "vsb_content_2")[site.style("container", 2)]
        return f'<div id="{name}"><div class="v_news_content">\n{inner}\n</div></div><div id="div_vote_id"></div>'
