"""拓尔思 TRS WCM: t<date>_<id>.html, index_1.html, createPageHTML, text pasted from a word processor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape

from ..site import Column, Entry, Site
from .base import Family, body_html, shown_date, table


class Trs(Family):
    """Page k of a list is index_<k>.html; attached files lie beside the article, linked as ./P0….pdf."""

    name = "trs"
    home = "/"
    _font = "font-family: 仿宋_GB2312; font-size: 16pt; color: rgb(51, 51, 51);"

    def column(self, *slugs: str) -> str:
        return "/" + "".join(f"{s}/" for s in slugs)

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else f"{first}index_{page}.html"

    def article(self, first: str, number: int, published: date) -> str:
        return f"{first}{published:%Y%m}/t{published:%Y%m%d}_{1204000 + number * 37}.html"

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            here = site.row_href(e, "./" + e.path.removeprefix(e.column.path))
            title = escape(e.title)
            items.append(
                f'<li><a href="{here}" target="_blank" title="{title}">{site.row_title(e)}</a>{shown_date(site, e, "<span>{}</span>")}</li>'
            )
        return f'<ul class="list gl-list">{"".join(items)}</ul>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        return f"""<div class="pager" id="pages"><script type="text/javascript">
function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){{
  if(_nPageCount == null || _nPageCount <= 1){{return;}}
  for(var i=0;i<_nPageCount;i++){{var n=i==0?_sPageName+"."+_sPageExt:_sPageName+"_"+i+"."+_sPageExt;
  document.write(i==_nCurrIndex?"<span class='current'>"+(i+1)+"</span>":"<a href='"+n+"'>"+(i+1)+"</a>");}}
}}
createPageHTML({pages}, {page}, "index", "html");
</script></div>"""

    def body(self, site: Site, entry: Entry) -> str:
        split_digits = site.style("digits", 2) == 0
        inner = body_html(site, entry, self, lambda kind, texts: self._block(kind, texts, split_digits))
        if site.style("container", 2):
            return f'<div class="view TRS_UEDITOR trs_paper_default trs_web"><div class="trs_editor_view">\n{inner}\n</div></div>'
        sheet = (
            '<style type="text/css">.TRS_Editor P{line-height:2;font-size:16px}.TRS_Editor SPAN{line-height:2}</style>'
        )
        return f'<div class="article-content" id="fontzoom"><div class="TRS_Editor">{sheet}\n{inner}\n</div></div>'

    def _block(self, kind: str, texts: list[str], split_digits: bool) -> str:
        if kind == "row":
            return table(texts)
        text = escape(texts[0], quote=False)
        if split_digits:
            text = re.sub(r"\d[\d.]*", r'<span lang="EN-US" style="font-family: Times New Roman;">\g<0></span>', text)
        if kind == "title":
            return f'<p style="text-align: center;" align="center"><strong><span style="font-size: 22pt;">{text}</span></strong></p>'
        if kind == "signature":
            return f'<p style="text-align: right; line-height: 2;"><span style="{self._font}">{text}&ensp;&ensp;</span></p>'
        if kind.startswith("heading") and len(texts[0]) < 40:
            text = f"<strong>{text}</strong>"
        return f'<p style="text-indent: 2em; line-height: 2;"><span style="{self._font}">&ensp;&ensp;{text}</span></p>'
