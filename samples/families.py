"""Families of portals: how addresses, lists, paging and article bodies look.

A family answers six questions (see Family); everything else on a page is shared (pages.py). To add one, write a class
and name it in FAMILIES.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Protocol

from .pages import Entry, Site, blocks, title_lines


class Family(Protocol):
    """How one kind of content management system builds a portal."""

    name: str
    home: str

    def column(self, *slugs: str) -> str:
        """Path of a column's first list page, from the slugs of the columns above it and its own."""

    def list_path(self, first: str, page: int) -> str:
        """Path of list page `page` (from 0) of the column whose first page is `first`."""

    def article(self, first: str, number: int, published: date) -> str:
        """Path of an article of that column."""

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        """The rows of a list page."""

    def pager(self, first: str, page: int, pages: int, total: int) -> str:
        """The paging below the rows."""

    def body(self, site: Site, entry: Entry) -> str:
        """The article's body in its container."""


def _shown_date(site: Site, entry: Entry, pattern: str) -> str:
    return "" if "no_list_date" in site.faults else pattern.format(entry.published_on.isoformat())


def _lines(site: Site, entry: Entry) -> list[tuple[str, str]]:
    """Blocks of the body, led by the title in two lines where the portal prints it again."""
    title = title_lines(entry.document.title) if "two_line_title" in site.faults else ()
    return [("title", line) for line in title] + blocks(entry.document)


def _grouped(lines: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Lines with the rows of one table brought together."""
    out: list[tuple[str, list[str]]] = []
    for kind, text in lines:
        if kind == "row" and out and out[-1][0] == "row":
            out[-1][1].append(text)
        else:
            out.append((kind, [text]))
    return out


def _table(rows: Sequence[str]) -> str:
    cells = (
        "".join(f'<td style="border:1px solid #333;padding:4px">{escape(c)}</td>' for c in r.split("\t")) for r in rows
    )
    return f'<table border="1" cellspacing="0" width="100%"><tbody>{"".join(f"<tr>{c}</tr>" for c in cells)}</tbody></table>'


class Trs:
    """拓尔思 TRS WCM: t<date>_<id>.html, index_1.html, createPageHTML, text pasted from a word processor."""

    name = "trs"
    home = "/"
    _font = "font-family: 仿宋_GB2312; font-size: 16pt; color: rgb(51, 51, 51);"

    def column(self, *slugs: str) -> str:
        return "/" + "".join(f"{s}/" for s in slugs)

    def list_path(self, first: str, page: int) -> str:
        return first if page == 0 else f"{first}index_{page}.html"

    def article(self, first: str, number: int, published: date) -> str:
        return f"{first}{published:%Y%m}/t{published:%Y%m%d}_{1204000 + number * 37}.html"

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            here = "./" + e.path.removeprefix(e.column.path)
            title = escape(e.title)
            items.append(
                f'<li><a href="{here}" target="_blank" title="{title}">{title}</a>{_shown_date(site, e, "<span>{}</span>")}</li>'
            )
        return f'<ul class="list gl-list">{"".join(items)}</ul>'

    def pager(self, first: str, page: int, pages: int, total: int) -> str:
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
        parts = [self._block(kind, texts, split_digits) for kind, texts in _grouped(_lines(site, entry))]
        inner = "\n".join(parts)
        if site.style("container", 2):
            return f'<div class="view TRS_UEDITOR trs_paper_default trs_web"><div class="trs_editor_view">\n{inner}\n</div></div>'
        sheet = (
            '<style type="text/css">.TRS_Editor P{line-height:2;font-size:16px}.TRS_Editor SPAN{line-height:2}</style>'
        )
        return f'<div class="article-content" id="fontzoom"><div class="TRS_Editor">{sheet}\n{inner}\n</div></div>'

    def _block(self, kind: str, texts: list[str], split_digits: bool) -> str:
        if kind == "row":
            return _table(texts)
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


class Generic:
    """No known system: list.html, list_2.html with 下一页, the body in #zoom or in a div that nothing names."""

    name = "generic"
    home = "/index.html"

    def column(self, *slugs: str) -> str:
        return f"/{slugs[-1]}/list.html"

    def list_path(self, first: str, page: int) -> str:
        return first if page == 0 else first.replace("list.html", f"list_{page + 1}.html")

    def article(self, first: str, number: int, published: date) -> str:
        return f"{first.removesuffix('list.html')}{published.year}/content_{20300 + number * 13}.html"

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            title = escape(e.title)
            shown = _shown_date(site, e, '<div class="date">{}</div>')
            items.append(
                f'<div class="news-item"><em>·</em><a href="{e.path}" title="{title}">{title}</a>{shown}</div>'
            )
        return f'<div class="news-list">{"".join(items)}</div>'

    def pager(self, first: str, page: int, pages: int, total: int) -> str:
        def anchor(to: int, word: str) -> str:
            inside = 0 <= to < pages and to != page
            return f'<a href="{self.list_path(first, to)}">{word}</a>' if inside else f"<span>{word}</span>"

        numbers = "".join(anchor(i, str(i + 1)) for i in range(pages))
        ends = anchor(0, "首页") + anchor(page - 1, "上一页"), anchor(page + 1, "下一页") + anchor(pages - 1, "尾页")
        return f'<div class="page-num">共{total}条 第{page + 1}/{pages}页 {ends[0]}{numbers}{ends[1]}</div>'

    def body(self, site: Site, entry: Entry) -> str:
        named = site.style("named body", 2) == 0
        parts = []
        for kind, texts in _grouped(_lines(site, entry)):
            text = escape(texts[0], quote=False)
            if kind == "row":
                parts.append(_table(texts))
            elif kind == "title":
                parts.append(f"<center><b>{text}</b></center>")
            elif kind == "signature":
                parts.append(f'<p align="right">{text}</p>' if named else f'<div align="right">{text}</div>')
            elif named:
                parts.append(f"<p>　　<b>{text}</b></p>" if kind == "heading1" else f"<p>　　{text}</p>")
            else:
                parts.append(f"　　{text}<br/>")
        inner = "\n".join(parts)
        return f'<div id="zoom">\n{inner}\n</div>' if named else f'<div class="nr-wrap">\n{inner}\n</div>'


FAMILIES: dict[str, Family] = {f.name: f for f in (Trs(), Generic())}
