"""What families of portals have in common: which questions each answers, and how a body becomes HTML."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from ..site import Column, Entry, Index, Site, blocks, grouped, title_lines


@dataclass(frozen=True, slots=True)
class Answer:
    """What a family's own address says: its text and kind, and when that last changed."""

    text: str
    content_type: str
    changed: date


@dataclass(frozen=True, slots=True)
class ListPage:
    """List page `page` (from 0) of a column, as the answer to a query or postback."""

    column: Column
    page: int


# The answer for the fields of a query or postback; None where there is none.
Asked = Callable[[Mapping[str, str]], Answer | ListPage | None]


class Family(ABC):
    """How one kind of content management system builds a portal. Subclasses override what is theirs."""

    name = ""
    home = "/"
    head = ""

    @abstractmethod
    def column(self, *slugs: str) -> str:
        """Address of a column's first list page, from the slugs of the columns above it and its own."""

    def index(self, *slugs: str) -> str:
        """Address of a page that only leads on to the columns below."""
        return self.column(*slugs)

    def list_path(self, first: str, page: int, pages: int) -> str:
        """Path of list page `page` (from 0) of `pages`, of the column whose first page is `first`, where it has its own."""
        return first

    def list_paths(self, first: str, pages: int) -> list[str]:
        """Paths of the list pages that have one of their own, in order; the others are asked for at an endpoint."""
        return [self.list_path(first, page, pages) for page in range(pages)]

    @abstractmethod
    def article(self, first: str, number: int, published: date) -> str:
        """Path of an article of the column `first`."""

    @abstractmethod
    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        """The rows of a list page."""

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        """The paging below the rows of list page `page` (from 0) of `pages`; none where the rows bring their own."""
        return ""

    def listing(self, site: Site, column: Column, page: int, pages: int) -> str:
        """Rows and paging of a list page."""
        return f"{self.rows(site, site.shown(column, page))}\n{self.pager(site, column, page, pages)}"

    def heading(self, title: str) -> str:
        """The title above an article."""
        return f'<h1 class="title">{escape(title)}</h1>'

    def labels(self, entry: Entry) -> Sequence[tuple[str, str]]:
        """Fields that the metadata block of this family adds."""
        return ()

    @abstractmethod
    def body(self, site: Site, entry: Entry) -> str:
        """The article's body in its container."""

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        """(address, link as the page writes it) of an article's attached file."""
        name = f"P0{entry.published_on:%Y%m%d}{number_of(entry.path) % 10**9:09d}{ordinal}{entry.files[ordinal]}"
        return entry.path.rsplit("/", 1)[0] + "/" + name, "./" + name

    def shells(self, site: Site, indexes: Sequence[Index]) -> Mapping[str, str]:
        """Pages that this family builds in its own way instead of the index pages at their address: path → main part."""
        return {}

    def endpoints(self, site: Site) -> Mapping[str, Asked]:
        """Addresses that answer to queries or postbacks."""
        return {}


def number_of(text: str) -> int:
    """A number that stands for a text, the same on every machine."""
    return zlib.crc32(text.encode())


def shown_date(site: Site, entry: Entry, pattern: str) -> str:
    """The date of a row, or nothing where the portal's lists print none."""
    return "" if "no_list_date" in site.faults else pattern.format(entry.published_on.isoformat())


def body_lines(site: Site, entry: Entry) -> list[tuple[str, list[str]]]:
    """Blocks of the body, led by the title in two lines where the portal prints it again."""
    lines = [("title", line) for line in (title_lines(entry.title) if "two_line_title" in site.faults else ())]
    if entry.body_in_file:
        lines += [("paragraph", f"{entry.title}（详见附件）"), ("attachment", f"附件：{entry.title}{entry.files[0]}")]
    else:
        lines += blocks(entry.document)
    return grouped(lines)


def table(rows: Sequence[str]) -> str:
    """A table of the text: rows with cells separated by tabs."""
    cells = (
        "".join(f'<td style="border:1px solid #333;padding:4px">{escape(c)}</td>' for c in r.split("\t")) for r in rows
    )
    return f'<table border="1" cellspacing="0" width="100%"><tbody>{"".join(f"<tr>{c}</tr>" for c in cells)}</tbody></table>'


def body_html(site: Site, entry: Entry, family: Family, block: Callable[[str, list[str]], str]) -> str:
    """The body's blocks as HTML, each by `block`, unless the portal has a manner of its own."""
    manner = _broken if "bare_breaks" in site.faults else block
    parts = []
    for kind, texts in body_lines(site, entry):
        if kind == "attachment":
            label, _, name = texts[0].partition("：")
            href = family.file(entry, 0)[1]
            parts.append(f'<p>{label}：<a href="{escape(href)}">{escape(name)}</a></p>')
        else:
            parts.append(manner(kind, texts))
    inner = "\n".join(parts)
    if "layout_table" in site.faults:
        cell = f'<td class="p1" valign="top" style="padding:10px">\n{inner}\n</td>'
        return f'<table width="100%" border="0" cellpadding="0" cellspacing="0"><tbody><tr>{cell}</tr></tbody></table>'
    return inner


def _broken(kind: str, texts: list[str]) -> str:
    if kind == "row":
        return table(texts)
    text = escape(texts[0], quote=False)
    return f"{'' if kind == 'title' else '　　'}{text}<br>"


def paragraph(kind: str, texts: list[str]) -> str:
    """A block as most systems write it."""
    if kind == "row":
        return table(texts)
    text = escape(texts[0], quote=False)
    if kind == "title":
        return f'<p style="text-align:center"><strong>{text}</strong></p>'
    if kind == "signature":
        return f'<p style="text-align:right">{text}</p>'
    if kind.startswith("heading") and len(texts[0]) < 40:
        text = f"<strong>{text}</strong>"
    return f'<p style="text-indent:2em">{text}</p>'
