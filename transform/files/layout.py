"""Paragraphs and tables from characters placed on pages, as PDF and OFD have them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from knowledge.text import half
from transform.files.filetext import MIN_CHARS, FileText, Unreadable


class Char(NamedTuple):
    """A character on a page; x0, x1 (left, right), y (baseline, growing downwards) and em in the page's unit."""

    text: str
    x0: float
    x1: float
    y: float
    em: float
    spaced: bool  # white space was printed before it


def wide(sign: str) -> bool:
    return sign >= "\u2e80"


@dataclass(slots=True)
class Sheet:
    """One page: its characters, from where to where it reaches, and the share (0–1) that pictures cover."""

    chars: list[Char]
    top: float
    bottom: float
    covered: float
    drawn: bool  # anything at all is on it


@dataclass(slots=True)
class _Row:
    """One printed line: its pieces (x0, x1, text), set apart by wide gaps; em is the character size."""

    pieces: list[tuple[float, float, str]]
    y: float
    em: float
    height: float = 0.0  # share of the page's height above it
    page: int = 0
    table: bool = False
    text: str = ""

    @property
    def x0(self) -> float:
        return self.pieces[0][0]

    @property
    def x1(self) -> float:
        return self.pieces[-1][1]


_WIDE_GAP = 1.5  # em
_EDGE = 0.13  # share of the page's height that may hold running heads or page numbers
_PAGE_NUMBER = re.compile(
    r"[-—–_·.~]*\d{1,4}[-—–_·.~]*|第?[\d一二三四五六七八九十]{1,4}页[,、/]?(共?[\d一二三四五六七八九十]{1,4}页)?|\d{1,3}/\d{1,3}|page\d+(of\d+)?",
    re.I,
)
_ENDED = "。！？!?；;：:”』」》…"
_MAIN_MARKER = re.compile(r"第?[一二三四五六七八九十]{1,3}[、部章]|[(][一二三四五六七八九十]{1,3}[)]")
_MARKER = re.compile(
    rf"{_MAIN_MARKER.pattern}|\d{{1,2}}[.、](?!\d)|[(]\d{{1,2}}[)]|[①-⑳]|[一二三四五六七八九十]{{1,2}}是"
)


def layout_text(sheets: list[Sheet], how: str) -> FileText:
    """Text of placed characters; says whether the pages are pictures."""
    content = [s for s in sheets if s.drawn or s.chars]
    if not content:
        raise Unreadable("empty", "all pages are blank")
    # outlines of letters leave pages without text and without pictures: to be read by OCR as well
    mute = [s for s in content if len(s.chars) < MIN_CHARS and (s.covered > 0.3 or not s.chars)]
    if 2 * len(mute) >= len(content):
        return FileText([], True, how)
    under = sum(s.covered > 0.7 for s in content if s not in mute)
    if 2 * under > len(content) - len(mute):
        how += ":over_image"
    elif mute:
        how += ":partly_scanned"
    pages = [_rows(sheet, number) for number, sheet in enumerate(sheets)]
    return FileText(_paragraphs(_without_edges(pages)), False, how)


def _rows(sheet: Sheet, page: int) -> list[_Row]:
    """Printed lines of a page from top to bottom: characters whose baselines are less than half an em apart."""
    groups: list[list[Char]] = []
    for char in sorted(sheet.chars, key=lambda c: c.y):
        if groups and char.y - groups[-1][0].y < 0.5 * max(char.em, groups[-1][0].em):
            groups[-1].append(char)
        else:
            groups.append([char])
    rows = _in_columns([_row(sorted(group, key=lambda c: c.x0)) for group in groups])
    for row in rows:
        row.page, row.height = page, (row.y - sheet.top) / max(1e-6, sheet.bottom - sheet.top)
    for above, row in pairwise(rows):
        if row.y - above.y < 4 * row.em and _aligned(above, row):
            above.table = row.table = True
    for row in rows:
        row.text = ("\t" if row.table else " ").join(text for _, _, text in row.pieces)
    return rows


def _in_columns(rows: list[_Row]) -> list[_Row]:
    """Rows of a page set in two columns, as gazettes are: the left column's, then the right one's moved under them.

    A line across both columns ends what stands above it. Columns of running text are of one width; a table's are not.
    """
    start, end = min((r.x0 for r in rows), default=0.0), max((r.x1 for r in rows), default=0.0)
    gutter = (start + end) / 2
    long = [(x0, x1) for r in rows for x0, x1, _ in r.pieces if x1 - x0 > 0.35 * (end - start)]
    lefts = [x0 for x0, x1 in long if x1 < gutter]
    rights = [x0 for x0, _ in long if x0 > gutter]
    if min(len(lefts), len(rights)) < 8 or len(long) > 1.5 * (len(lefts) + len(rights)):
        return rows
    shift = min(rights) - min(lefts)
    out: list[_Row] = []
    right: list[_Row] = []
    for row in rows:
        if any(x0 < gutter < x1 for x0, x1, _ in row.pieces):
            out += [*right, row]
            right = []
            continue
        if before := [p for p in row.pieces if p[1] <= gutter]:
            out.append(_Row(before, row.y, row.em))
        if after := [(x0 - shift, x1 - shift, text) for x0, x1, text in row.pieces if x0 >= gutter]:
            right.append(_Row(after, row.y, row.em))
    return out + right


def _row(chars: list[Char]) -> _Row:
    # what a character of Latin or a figure measures says less of the size than a Chinese one, which is as wide as high
    em = median([c.em for c in chars if wide(c.text)] or [c.em for c in chars])
    pieces: list[tuple[float, float, str]] = []
    last: Char | None = None
    for char in chars:
        if last is not None and char.text == last.text and char.x0 - last.x0 < 0.15 * em:
            continue  # printed twice, a little apart, to look bold
        gap = char.x0 - last.x1 if last is not None else 0.0
        if last is None or gap > _WIDE_GAP * em:
            pieces.append((char.x0, char.x1, char.text))
        else:
            ascii_gap = gap > 0.2 * em and last.text.isascii() and char.text.isascii()
            between = " " if char.spaced or ascii_gap else ""
            pieces[-1] = (pieces[-1][0], char.x1, pieces[-1][2] + between + char.text)
        last = char
    return _Row(pieces, chars[0].y, em)


def _aligned(above: _Row, row: _Row) -> bool:
    """True if two lines of several pieces share a column after the first: by left edge, middle or right edge."""
    if len(above.pieces) < 2 or len(row.pieces) < 2:
        return False
    near = 0.8 * max(above.em, row.em)
    return any(
        min(abs(a[0] - b[0]), abs(a[1] - b[1]), abs(a[0] + a[1] - b[0] - b[1]) / 2) < near
        for a in above.pieces[1:]
        for b in row.pieces[1:]
    )


def _without_edges(pages: list[list[_Row]]) -> list[list[_Row]]:
    """Rows less page numbers and running heads: lines at a page's edge that come back on other pages."""

    def at_edge(rows: list[_Row]) -> list[_Row]:
        down = sorted(rows, key=lambda r: r.height)
        return [r for r in down[:2] if r.height < _EDGE] + [r for r in down[-2:] if r.height > 1 - _EDGE]

    def key(row: _Row) -> tuple[str, int]:
        return re.sub(r"\d+", "#", re.sub(r"\s", "", half(row.text))), round(row.height * 50)

    seen = Counter(key(row) for rows in pages for row in at_edge(rows))
    often = max(2, 0.3 * len(pages))
    out: list[list[_Row]] = []
    for rows in pages:
        drop = {
            id(row)
            for row in at_edge(rows)
            if _PAGE_NUMBER.fullmatch(re.sub(r"\s", "", half(row.text)))
            or (seen[key(row)] >= often and not row.table and len(re.findall(r"[^\W\d_]", row.text)) > 3)
        }
        out.append([row for row in rows if id(row) not in drop])
    return out


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the lines of running text begin and end."""

    left: float
    right: float


def _frame(rows: list[_Row]) -> _Frame | None:
    """Frame of the long lines; None if there are too few to say."""
    long = [r for r in rows if len(r.text) >= 15 and not r.table and _EDGE < r.height < 1 - _EDGE]
    if len(long) < 4:
        return None
    starts = Counter(round(2 * r.x0 / r.em) for r in long)  # half an em is the grain
    often = [s for s, n in starts.items() if n >= max(2, 0.1 * len(long))] or list(starts)
    left = min(r.x0 for r in long if round(2 * r.x0 / r.em) == min(often))
    ends = sorted(r.x1 for r in long)
    return _Frame(left, ends[int(0.9 * (len(ends) - 1))] if len(ends) >= 10 else ends[-1])


def _paragraphs(pages: list[list[_Row]]) -> list[str]:
    """Paragraphs and table rows in order: printed lines joined where a paragraph runs on, over pages too."""
    everything = [row for rows in pages for row in rows]
    whole = _frame(everything)
    body = [r for r in everything if len(r.text) >= 15]
    pitches = [b.y - a.y for a, b in pairwise(everything) if a.page == b.page]
    pitch = median(pitches) if pitches else 0.0
    out: list[str] = []
    last: _Row | None = None
    last_frame = whole
    first = True  # the line before is its paragraph's first
    for rows in pages:
        frame = _frame(rows) or whole or (_frame_of(body) if body else None)
        usual = median(r.em for r in rows) if rows else 0.0
        indented = frame is not None and any(
            1.2 < (r.x0 - frame.left) / r.em < 3.5 for r in rows if abs(r.em - usual) < 0.1 * usual
        )
        for row in rows:
            runs_on = (
                last is not None
                and frame is not None
                and last_frame is not None
                and _runs_on(last, first, last_frame, row, frame, pitch, indented)
            )
            if runs_on:
                out[-1] = _glued(out[-1], row.text)
            else:
                out.append(row.text)
            first = not runs_on
            last, last_frame = row, frame
    return out


def _frame_of(rows: list[_Row]) -> _Frame:
    return _Frame(min(r.x0 for r in rows), max(r.x1 for r in rows))


def _runs_on(
    last: _Row, first: bool, last_frame: _Frame, row: _Row, frame: _Frame, pitch: float, indented: bool
) -> bool:
    """True if `row` continues the paragraph of the line `last` before it.

    `first`: `last` is its paragraph's first line; `pitch`: usual distance of two lines; `indented`: paragraphs of this
    page begin with an indent.
    """
    if last.table or row.table or abs(last.em - row.em) > 0.2 * max(last.em, row.em):
        return False
    slack = (last_frame.right - last.x1) / last.em
    indent = (row.x0 - frame.left) / row.em
    ended = last.text[-1:] in _ENDED
    folded = half(row.text)
    far = row.page == last.page and row.y - last.y > 1.6 * pitch
    if slack < 2.5 and not ended:  # a full line that stops in mid-sentence
        if indent <= 1.2:
            return True
        # a hanging indent: what follows 1. stands under the text, not under the number
        started = first and (last.x0 - last_frame.left) / last.em < 0.5 and _MARKER.match(half(last.text))
        hangs = started or (not first and abs(last.x0 - row.x0) < 0.5 * row.em)
        return bool(hangs) and not far and not _MARKER.match(folded)
    if indent > 1.2 or far or slack > 6:
        return False
    if slack >= 2.5:  # a short line: the last of its paragraph, or a heading
        return not ended and (indented or not (first and _MARKER.match(half(last.text))))
    # a full line that ends with its sentence, and no indent after it
    return not (_MAIN_MARKER if indented else _MARKER).match(folded)


def _glued(text: str, more: str) -> str:
    """Two printed lines as one; Latin words get their space back, Chinese and figures need none."""
    a, b = text[-1:], more[:1]
    latin = a.isascii() and b.isascii() and (a.isalpha() or b.isalpha())
    return f"{text} {more}" if latin else text + more
