"""Numbers in tables: cells between tabs, and lines whose unit stands in a caption (单位:万元).

Extraction keeps a table as lines with tabs, and pages that flattened one keep its caption. A cell's number takes its
unit from its column's head or the caption, and its meaning from the words of its row and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from knowledge.units import canonical_units, unit_pattern
from transform.numbers import SCALE, Number, number_value

_CELL = re.compile(r"(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,12}(?:\.\d{1,4})?)\s*(?P<unit>%)?")
_UNIT_IN_BRACKETS = re.compile(rf"\((?:单位:)?(?P<scale>万|亿|千)?(?P<unit>{unit_pattern()})\)")
_CAPTION = re.compile(r"单位:\s?(?P<units>[^)\n,;。\d]{1,16})")
_ONE_UNIT = re.compile(rf"(?P<scale>万|亿|千)?(?P<unit>{unit_pattern()})")
_BARE = re.compile(r"(?<![\d.第A-Za-z%/])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,12}(?:\.\d{1,4})?)(?=[,;、。)\s]|$)(?!\.\d)")
_IN_BRACKETS = re.compile(r"\([^)\n]{0,200}\)")
_MONEY_WORDS = re.compile("金额|罚款|罚没|款|资金|经费|收入|标的|总额|费")
_GENERIC = re.compile("^(数量|数|件数|数值|数据|指标值|合计|总计|小计|年度|备注|情况)$")
_TOTAL = re.compile("^(合计|总计|小计|共计|总数)")
_ORDINAL_HEAD = re.compile("^(序号|编号|排名|名次|年份|年度|文号|时间|日期|代码|电话)$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table, the words of its row and column, and whether it is a part of a total in its column."""

    number: Number
    label: str
    is_part: bool


@dataclass(frozen=True, slots=True)
class _Unit:
    scale: int
    raw: str


def cells(folded: str) -> list[Cell]:
    """Cells that hold a number and nothing else, in order."""
    return [cell for rows in _blocks(folded) for cell in _read(folded, rows)] if "\t" in folded else []


def captioned(folded: str) -> list[Number]:
    """Numbers without a unit in lines that a caption gives one (罚没款共计(单位:万元)312.5), in order."""
    out: list[Number] = []
    captions = list(_CAPTION.finditer(folded))
    for caption, following in zip(captions, [*captions[1:], None], strict=False):
        units = [_Unit(SCALE.get(m["scale"] or "", 1), m["unit"]) for m in _ONE_UNIT.finditer(caption["units"])]
        stop = following.start() if following else len(folded)  # what stands behind the next caption is its own
        line_end = _line_end(folded, caption.end(), stop)
        if not _BARE.search(folded, caption.end(), line_end):  # the caption has a line of its own: the next one counts
            line_end = _line_end(folded, line_end + 1, stop)
        if not units or "\t" in folded[caption.end() : line_end]:
            continue
        for m in _BARE.finditer(folded, caption.end(), line_end):
            words = folded[max(caption.end(), m.start() - 12) : m.start()]
            words = re.split(r"[,;、。\s\d]", words)[-1] or words
            if unit := _choose(units, words):
                out.append(_number(m.start(), m.end(), m["n"], unit))
    return out


def _line_end(folded: str, start: int, stop: int) -> int:
    found = folded.find("\n", start, stop)
    return stop if found < 0 else found


def _choose(units: list[_Unit], words: str) -> _Unit | None:
    """Of the units of a caption the one that the counted words take: money for amounts, else the first other."""
    is_money = _MONEY_WORDS.search(words) is not None
    fitting = [u for u in units if (u.raw == "元") == is_money]
    return fitting[0] if fitting else units[0] if len(units) == 1 else None


def _number(start: int, end: int, printed: str, unit: _Unit | None) -> Number:
    value = (number_value(printed) or Decimal(0)) * (unit.scale if unit else 1)
    return Number(start, end, value, None, canonical_units()[unit.raw] if unit else None, unit.raw if unit else None)


def _blocks(folded: str) -> Iterator[list[list[tuple[int, int]]]]:
    """Runs of lines with tabs: rows of cell spans."""
    rows: list[list[tuple[int, int]]] = []
    at = 0
    while at < len(folded):
        end = folded.find("\n", at)
        end = len(folded) if end < 0 else end
        if "\t" in folded[at:end]:
            rows.append(list(_split(folded, at, end)))
        elif rows:
            yield rows
            rows = []
        at = end + 1
    if rows:
        yield rows


def _split(folded: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start <= end:
        stop = folded.find("\t", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1


def _read(folded: str, rows: list[list[tuple[int, int]]]) -> Iterator[Cell]:
    before = folded[max(0, rows[0][0][0] - 60) : rows[0][0][0]]
    caption = list(_CAPTION.finditer(before))
    shared = (
        [_Unit(SCALE.get(m["scale"] or "", 1), m["unit"]) for m in _ONE_UNIT.finditer(caption[-1]["units"])]
        if caption
        else []
    )
    texts = [[folded[a:b].strip() for a, b in row] for row in rows]
    heads: list[_Head] = []
    if not any(_CELL.fullmatch(t) for t in texts[0][1:]):
        heads, rows, texts = [_head(t) for t in texts[0]], rows[1:], texts[1:]
    has_total = any(_TOTAL.match(t) for row in texts for t in row[:2])
    for row, words in zip(rows, texts, strict=True):
        matches = [_CELL.fullmatch(w) if w else None for w in words]
        names = [w for w, m in zip(words, matches, strict=True) if w and not m]
        name = names[0] if names else ""
        plain_name = _IN_BRACKETS.sub("", name)
        row_label = "" if _TOTAL.match(plain_name) else plain_name
        row_unit = _head_unit(name)
        is_part = has_total and not _TOTAL.match(name)
        for column, ((a, b), word, m) in enumerate(zip(row, words, matches, strict=True)):
            if m is None:
                continue
            head = heads[column] if column < len(heads) else _NO_HEAD
            if head.is_ordinal or not (name or head.text) or (column == 0 and not (name and head.text)):
                continue
            unit = _Unit(1, "%") if m["unit"] else head.unit or row_unit
            if unit is None and shared:
                unit = _choose(shared, head.words or name)
            start = folded.index(word, a, b)
            yield Cell(_number(start, start + len(word), m["n"], unit), row_label + head.label, is_part)


@dataclass(frozen=True, slots=True)
class _Head:
    """A column's head: its text, that without what stands in brackets, what it adds to a cell's label, its unit."""

    text: str
    words: str
    label: str
    unit: _Unit | None
    is_ordinal: bool


_NO_HEAD = _Head("", "", "", None, False)


def _head(text: str) -> _Head:
    words = _IN_BRACKETS.sub("", text).strip()
    label = "" if _GENERIC.match(words) else words
    return _Head(text, words, label, _head_unit(text), _ORDINAL_HEAD.match(words) is not None)


def _head_unit(head: str) -> _Unit | None:
    m = _UNIT_IN_BRACKETS.search(head)
    return _Unit(SCALE.get(m["scale"] or "", 1), m["unit"]) if m else None
