"""Every number with a measure that a body states: what the words round it make of it.

A number (transform.numbers) becomes a quantity by its modifier, its measure (a level, a change, a target, a limit, a
share) and its period. The words that decide are in numbers.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from knowledge.cues import load, union
from knowledge.text import plain
from knowledge.years import YEARS_OFF
from transform import numbers, tables
from transform.numbers import Number, Spans

_TITLE = re.compile(r"《[^》\n]{1,120}》")
_CLAUSE = re.compile(r"[,;:()]")
_BREAK = re.compile(r"[。;!?\n]")
_YEAR = re.compile(r"(20[0-3]\d)年(?!以来|至)")
_LEVEL_AFTER = re.compile(
    r"[^,。;]{0,14}?(?:降|增|升|增长|增加|上升|提高|提升|下降|降低|减少|压缩|压减|缩短|缩减|精简|调整|减|扩大)(?:到|至|为)"
)
_JOINED = re.compile(r"^[、和及与]$")
_TIME_UNITS = ("天", "小时", "分钟", "月", "年")
_REACH = 160  # characters: how far back the words of a sentence are looked for


@dataclass(slots=True)
class Quantity:
    """One number: offsets in code points of the text; value in canonical `unit` (None where the unit was lost).

    `label`, `is_part`: for a cell of a table, the words of its row and column, and whether its column has a total.
    `is_each`: a rate per month, village or case (每月1次), no total.
    """

    char_start: int
    char_end: int
    quote: str
    value: float
    value_max: float | None
    unit: str | None
    unit_raw: str | None
    modifier: str
    measure: str
    period: str
    subject: str | None
    year: int | None
    label: str | None = None
    is_part: bool = False
    is_each: bool = False


@cache
def _cues(table: str) -> dict[str, re.Pattern[str]]:
    return {name: union(patterns) for name, patterns in load("numbers.toml")[table].items()}


@cache
def _after() -> dict[str, str]:
    return dict(load("numbers.toml")["after"])


def read(text: str, report_year: int | None, planned: Iterable[tuple[int, int]] = ()) -> list[Quantity]:
    """All quantities of a body, in order. `planned` are spans (next year's part) whose numbers are targets."""
    folded = plain(text)
    plans = Spans(list(planned))
    # a year inside a title says nothing about the number after it
    context = _TITLE.sub(lambda m: "《" + "□" * (len(m[0]) - 2) + "》", folded)
    cells = tables.cells(folded)
    inside = Spans([(c.number.start, c.number.end) for c in cells])
    found = [_cell(text, c, report_year) for c in cells]
    last: Quantity | None = None
    for number in _merged(numbers.find(folded), tables.captioned(folded) if "单位:" in folded else []):
        if inside.touches(number.start, number.end):
            continue
        last = _quantity(text, context, number, report_year, plans.touches(number.start, number.end), last)
        found.append(last)
    return sorted(found, key=lambda q: q.char_start) if cells else found


def _merged(found: list[Number], captioned: list[Number]) -> list[Number]:
    """Both lists in order; a number that has its own unit counts before one that takes it from a caption."""
    if not captioned:
        return found
    taken = Spans([(n.start, n.end) for n in found])
    return sorted([*found, *(n for n in captioned if not taken.touches(n.start, n.end))], key=lambda n: n.start)


def _quantity(
    text: str, context: str, number: Number, report_year: int | None, planned: bool, last: Quantity | None
) -> Quantity:
    low = max(0, number.start - _REACH)
    sentence = max((m.end() for m in _BREAK.finditer(context, low, number.start)), default=low)
    before = context[sentence : number.start]
    modifier, bare = _modifier(number, before)
    after = context[number.end : number.end + 30]
    measure = _measure(before, bare, number, planned)
    period = _period(bare, after, measure, number, report_year)
    if last and last.unit == number.unit and _JOINED.match(context[last.char_end : number.start]):
        measure, period = last.measure, last.period  # 分别增长118%和109%
    return Quantity(
        char_start=number.start,
        char_end=number.end,
        quote=text[number.start : number.end],
        value=float(number.value),
        value_max=float(number.top) if number.top is not None else None,
        unit=number.unit,
        unit_raw=number.unit_raw,
        modifier=modifier,
        measure=measure,
        period=period,
        subject=_subject(bare, context[number.end : number.end + 24]),
        year=None if report_year is None else report_year + YEARS_OFF.get(period, 0),
        is_each=_cues("period")["each"].search(_CLAUSE.split(bare)[-1]) is not None,
    )


def _cell(text: str, cell: tables.Cell, report_year: int | None) -> Quantity:
    number = cell.number
    return Quantity(
        char_start=number.start,
        char_end=number.end,
        quote=text[number.start : number.end],
        value=float(number.value),
        value_max=None,
        unit=number.unit,
        unit_raw=number.unit_raw,
        modifier="exact",
        measure="share" if number.unit == "%" else "level",
        period="year",
        subject=cell.label or None,
        year=report_year,
        label=cell.label,
        is_part=cell.is_part,
    )


def _modifier(number: Number, before: str) -> tuple[str, str]:
    """Modifier of a number, and the words before it without those of degree."""
    for name, pattern in _cues("modifier").items():
        if m := pattern.search(before):
            return name, before[: m.start()] if not m[0].endswith("的") else before
    if number.post:
        return _after()[number.post], before
    return "over" if number.is_over else "exact", before


def _measure(printed: str, before: str, number: Number, planned: bool) -> str:
    """Measure by the words before a number: as `printed`, and without those of degree."""
    cues, tail = _cues("measure"), before[-40:]
    is_level = cues["to_level"].search(tail) is not None
    if planned or (cues["target"].search(tail) and not cues["no_target"].search(tail)):
        return "target"
    if (
        number.unit_raw in ("个百分点", "百分点")
        or number.unit == "倍"
        or (not is_level and cues["change"].search(tail))
    ):
        return "change"
    if cues["limit"].search(printed[-40:]):
        return "limit"
    if number.unit in _TIME_UNITS and number.post and cues["within"].search(tail):
        return "limit"
    return "share" if number.unit == "%" else "level"


def _period(before: str, after: str, measure: str, number: Number, report_year: int | None) -> str:
    """Period of a number by what stands round it in its sentence.

    The number's own clause decides: a year, 上年, 本年度, 目前. Only 累计 and the like reach over commas to the numbers
    after them, until another clause names a time of its own.
    """
    if measure == "target":
        return "next_year"
    cues = _cues("period")
    if _cues("measure")["to_level"].search(before):
        return "year"  # 由上年的12件降至5件: the second is this year's
    if _cues("measure")["from_level"].search(before) and _LEVEL_AFTER.match(after):
        return "prior_year"
    clauses = _CLAUSE.split(before)
    own = clauses[-1]
    years = [int(y) for y in _YEAR.findall(own)]
    if measure != "change" and (cues["prior"].search(own) or (report_year and years and years[-1] == report_year - 1)):
        return "prior_year"
    if cues["each"].search(own):
        return "year"
    reach = clauses[:-1] if number.unit != "%" else []
    for clause in (own, *reversed(reach)):
        if cues["as_of_date"].search(clause):
            return "as_of"
        if cues["cumulative"].search(clause):
            return "cumulative"
        if cues["part_year"].search(clause):
            return "part_year"
        if cues["this_year"].search(clause) or _YEAR.search(clause):
            return "as_of" if clause is own and cues["as_of"].search(own) else "year"
    return "as_of" if cues["as_of"].search(own) else "year"


def _subject(before: str, after: str) -> str | None:
    """The words counted: what follows a number up to the clause's end, or what stands right before it."""
    clause = re.split(r"[,;:、()]", before)[-1]
    behind = re.match(r"(?:的)?([\u4e00-\u9fff“”]{2,20})", after)
    words = re.sub(r"^(全年|年内|今年|共|累计)+|(共|共计|累计|达到?|为|约|近|总数|数量|实施数量)+$", "", clause)[-20:]
    return words if len(words) >= 2 else behind[1] if behind else words or None
