"""What all pages of one portal have in common: its columns, what stands in them, and how it deviates."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from html import escape

from .dice import Dice
from .lookalikes import LookAlike
from .places import Place
from .reports import Line, Report

Document = Report | LookAlike
Links = tuple[tuple[str, str], ...]

# Deviations that a portal may have; `none` says so in so many words. Each leaves the truth of its pages as it is.
FAULTS = (
    "none",
    "gbk",  # GB18030 bytes, labelled gb2312
    "two_line_title",  # the title again above the body, in two lines
    "no_list_date",  # rows of a list without a date
    "utf8_as_gb2312",  # UTF-8 bytes, labelled gb2312
    "gbk_as_utf8",  # GBK bytes, labelled utf-8
    "cut_titles",  # titles in lists end in …, the full one stands in title=
    "repeated_last_page",  # asked for more pages than there are, a list shows its last page again
    "lying_count",  # lists claim two pages more than they have
    "soft_404",  # what does not exist is answered with 200
    "clock_2019",  # 今天是2019年… in the banner of every page
    "column_pubdate",  # the meta tag PubDate holds the day when the column was made
    "placeholders",  # meta tags left as the template has them
    "doubled_labels",  # 索 引 号: 索 引 号:… in one line
    "bare_breaks",  # text directly in a div, lines ended by <br>
    "layout_table",  # the body in a table that is only layout
    "big5_mirror",  # every page once more under /big5/, in traditional characters
    "mobile_mirror",  # every page once more with ?isMobile=true
    "html_robots",  # /robots.txt answers with the home page
    "moved",  # some rows still point at the host that the portal had before
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a portal: path of its first list page, name as printed, columns above it; reports live here or not."""

    slug: str
    path: str
    name: str
    trail: tuple[str, ...]
    reports: bool


@dataclass(frozen=True)
class Entry:
    """An article before it is written: what lists need, and `document`, written once when asked for.

    tracked: a report or look-alike (other articles carry no truth); served: False for a row that leads to a page long
    gone; files: endings of the attached files; body_in_file: the page only points at its file; changed: when it was
    last edited, if ever.
    """

    number: int
    path: str
    title: str
    published_on: date
    column: Column
    source: str
    write: Callable[[], Document] = field(compare=False, repr=False)
    tracked: bool = True
    served: bool = True
    files: tuple[str, ...] = ()
    body_in_file: bool = False
    changed: date | None = None

    @cached_property
    def document(self) -> Document:
        """The full document."""
        return self.write()


@dataclass(frozen=True)
class Index:
    """A page that only leads on: groups of (heading, list items as HTML)."""

    path: str
    title: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, eq=False)
class Site:
    """All that pages of one portal have in common; compared by identity, for what is made once of each.

    label: the charset that pages declare; head: what the family writes into every head,
    {site_id} standing for the 网站标识码; nav: top navigation (empty:
    all columns); offices: home pages of departments' sub-sites; host: how pages write this portal's own address;
    old_host: the address it had before.
    """

    seed: int
    place: Place
    family: str
    faults: frozenset[str]
    label: str
    home: str
    search: str
    services: str
    columns: tuple[Column, ...]
    entries: tuple[Entry, ...]
    per_page: int
    head: str = ""
    nav: Links = ()
    offices: Links = ()
    host: str = ""
    old_host: str = ""

    @cached_property
    def name(self) -> str:
        """The portal as it calls itself."""
        return f"{self.place.name}人民政府"

    @cached_property
    def site_id(self) -> str:
        """网站标识码: ten digits, the first six the place's code."""
        return f"{self.place.code}{Dice(self.seed, self.place.code, 'site').whole(1, 60):04d}"

    @cached_property
    def newest(self) -> list[Entry]:
        """Entries that home page and side lists may show, newest first: all, or on a portal with navigation of its
        own only what is no report, so that reports are reached through their columns alone."""
        shown = [e for e in self.entries if not self.nav or not e.tracked]
        return sorted(shown, key=lambda e: (e.published_on, e.number), reverse=True)

    @cached_property
    def _by_column(self) -> dict[str, list[Entry]]:
        groups: dict[str, list[Entry]] = {c.path: [] for c in self.columns}
        for entry in sorted(self.entries, key=lambda e: (e.published_on, e.number), reverse=True):
            groups[entry.column.path].append(entry)
        return groups

    def listed(self, column: Column) -> list[Entry]:
        """Entries of a column, newest first."""
        return self._by_column[column.path]

    def page_count(self, column: Column) -> int:
        """How many list pages a column really has."""
        return -(-len(self.listed(column)) // self.per_page)

    def claimed_pages(self, column: Column) -> int:
        """How many list pages a column says it has."""
        return self.page_count(column) + (2 if "lying_count" in self.faults else 0)

    def shown(self, column: Column, page: int) -> list[Entry]:
        """Entries on list page `page` (from 0) of a column; past the end none, or the last page again."""
        if "repeated_last_page" in self.faults:
            page = min(page, self.page_count(column) - 1)
        return self.listed(column)[page * self.per_page : (page + 1) * self.per_page]

    def style(self, what: str, count: int) -> int:
        """Which of `count` ways this portal does something."""
        return (self.seed + sum(map(ord, what))) % count

    def row_title(self, entry: Entry) -> str:
        """A title as a list prints it, escaped."""
        if "cut_titles" in self.faults and len(entry.title) > 16:
            return escape(entry.title[:14]) + ("…" if self.style("cut", 2) else "...")
        return escape(entry.title)

    def row_href(self, entry: Entry, href: str) -> str:
        """The address that a list gives for an entry, `href` unless it still points at the old host."""
        if self.old_host and entry.number % 3 == 0:
            return self.old_host + entry.path
        return href


def blocks(document: Document) -> list[tuple[str, str]]:
    """(kind, text) of the body's lines; kind heading1 … heading3, paragraph, signature, attachment (the line that names
    an attached file), row (cells tab-separated)."""
    if isinstance(document, Report):
        return [(_kind(line), line.text) for line in document.lines]
    out = []
    for line in document.lines:
        kind = "paragraph"
        if "\t" in line:
            kind = "row"
        elif re.match("[一二三四五六]、", line) and len(line) < 30:
            kind = "heading1"
        out.append((kind, line))
    return out


def _kind(line: Line) -> str:
    if line.role == "attachment":
        return "attachment"
    return f"{line.kind}{line.depth}" if line.kind == "heading" else line.kind


def title_lines(title: str) -> tuple[str, str]:
    """A title in two lines, as it is printed again above a body."""
    cut = title.find("关于")
    if cut <= 0:
        year = re.search(r"20\d\d年", title)
        cut = year.start() if year and year.start() else len(title) // 2
    return title[:cut], title[cut:]


def grouped(lines: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Lines with the rows of one table brought together."""
    out: list[tuple[str, list[str]]] = []
    for kind, text in lines:
        if kind == "row" and out and out[-1][0] == "row":
            out[-1][1].append(text)
        else:
            out.append((kind, [text]))
    return out
