"""Every number with a measure that a body states: what the words round it make of it.

A number (transform.numbers) becomes a quantity by its modifier, its measure (a level, a change, a target, a limit, a
share) and its period. The words that decide are in numbers.toml.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

import ahocorasick

from knowledge.cues import load, union
from knowledge.sieve import needed_words, parse
from knowledge.text import plain
from knowledge.years import YEARS_OFF
from transform import numbers, periods, tables
from transform.numbers import Number, Spans

_TITLE = re.compile(r"《[^》\n]{1,120}》")
_CLAUSE = re.compile(r"[,;:()]")
_ITEM = re.compile(r"[,;:、()]")
_BREAK = re.compile(r"[。;!?\n]")
_YEAR = re.compile(r"(20[0-3]\d)年(?!以来|至)")
_LEVEL_AFTER = re.compile(
    r"[^,。;]{0,14}?(?:降|增|升|增长|增加|上升|提高|提升|下降|降低|减少|压缩|压减|缩短|缩减|精简|调整|减|扩大)(?:到|至|为)"
)
_NOT_COUNTED = re.compile("^(?:全年|年内|今年|共|累计)+|(?:共|共计|累计|达到?|为|约|近|总数|数量|实施数量)+$")
_COUNTED_AFTER = re.compile("(?:的)?([\u4e00-\u9fff“”]{2,20})")
_JOINED = re.compile(r"^[、和及与]$")
_DEGREE_ENDS = frozenset("过于多高低大少的超逾破达到满足约近概最占已")  # last signs of words of degree
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
    period_start: date | None = None
    period_end: date | None = None
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
    context = _Context(folded, report_year)
    cells = tables.cells(folded)
    inside = Spans([(c.number.start, c.number.end) for c in cells])
    found = [_cell(text, c, report_year) for c in cells]
    last: Quantity | None = None
    for number in _merged(numbers.find(folded), tables.captioned(folded) if "单位:" in folded else []):
        if cells and inside.touches(number.start, number.end):
            continue
        is_planned = plans.touches(number.start, number.end)
        last = _quantity(text, context, number, report_year, is_planned, last)
        found.append(last)
    return sorted(found, key=lambda q: q.char_start) if cells else found


def _merged(found: list[Number], captioned: list[Number]) -> list[Number]:
    """Both lists in order; a number that has its own unit counts before one that takes it from a caption."""
    if not captioned:
        return found
    taken = Spans([(n.start, n.end) for n in found])
    return sorted([*found, *(n for n in captioned if not taken.touches(n.start, n.end))], key=lambda n: n.start)


def _quantity(
    text: str, context: _Context, number: Number, report_year: int | None, planned: bool, last: Quantity | None
) -> Quantity:
    words, start, end = context.words, number.start, number.end
    sentence = context.sentence(start)
    printed = words[sentence:start]
    modifier, bare = _modifier(number, printed)
    said = _Said(bare, context.possible(sentence, start))
    measure = _measure(printed, said, number, planned)
    period = _period(said, words[end : end + 30], measure, number, report_year)
    if last and last.unit == number.unit and _JOINED.match(words[last.char_end : start]):
        measure, period = last.measure, last.period  # 分别增长118%和109%
    period_start, period_end = periods.span(period, bare, report_year)
    return Quantity(
        char_start=start,
        char_end=end,
        quote=text[start:end],
        value=float(number.value),
        value_max=float(number.top) if number.top is not None else None,
        unit=number.unit,
        unit_raw=number.unit_raw,
        modifier=modifier,
        measure=measure,
        period=period,
        subject=_subject(bare[max(0, context.item(start) - sentence) :], words[end : end + 24]),
        year=None if report_year is None else report_year + YEARS_OFF.get(period, 0),
        period_start=period_start,
        period_end=period_end,
        is_each=said.holds("each", said.clauses()[-1]) if said.may_hold("each") else False,
    )


def _cell(text: str, cell: tables.Cell, report_year: int | None) -> Quantity:
    number = cell.number
    period_start, period_end = periods.span("year", "", report_year)
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
        period_start=period_start,
        period_end=period_end,
        label=cell.label,
        is_part=cell.is_part,
    )


def _modifier(number: Number, before: str) -> tuple[str, str]:
    """Modifier of a number, and the words before it without those of degree."""
    if before[-1:] in _DEGREE_ENDS:
        for name, pattern in _cues("modifier").items():
            if m := pattern.search(before, max(0, len(before) - 20)):
                return name, before[: m.start()] if not m[0].endswith("的") else before
    if number.post:
        return _after()[number.post], before
    return "over" if number.is_over else "exact", before


class _Context:
    """A text as the words round its numbers are read: its sentences, its items between commas, where cues may stand."""

    def __init__(self, folded: str, report_year: int | None) -> None:
        # a year inside a title says nothing about the number after it
        words = _TITLE.sub(lambda m: "《" + "□" * (len(m[0]) - 2) + "》", folded) if "《" in folded else folded
        if "以来" in words:  # since the beginning of the year reported on: that year
            for year in ("今年", "本年", "年初", f"{report_year}年"):
                words = words.replace(f"{year}以来", f"{year}□□")
        self.words = words
        self._breaks = [m.end() for m in _BREAK.finditer(self.words)]
        self._items = [m.end() for m in _ITEM.finditer(self.words)]
        self._hits = list(_cue_words().iter(self.words))
        self._hit_ends = [end for end, _ in self._hits]

    def sentence(self, at: int) -> int:
        """Where the sentence of a number begins, or how far back its words are looked at."""
        i = bisect_right(self._breaks, at)
        return max(self._breaks[i - 1] if i else 0, at - _REACH)

    def item(self, at: int) -> int:
        """Where the item of a list that a number stands in begins."""
        i = bisect_right(self._items, at)
        return self._items[i - 1] if i else 0

    def possible(self, start: int, end: int) -> set[str]:
        """Cues of measure and period that can stand between two offsets: a word that each needs does."""
        found: set[str] = set()
        for i in range(bisect_left(self._hit_ends, start), bisect_left(self._hit_ends, end)):
            last, (length, names) = self._hits[i]
            if last - length + 1 >= start:
                found |= names
        return found


@cache
def _cue_words() -> ahocorasick.Automaton:
    """Words that the cues of measure and period need: (length, names of the cues)."""
    needed: dict[str, frozenset[str]] = {}
    for name, pattern in _context_cues().items():
        needs = needed_words(parse(pattern))
        if not needs:
            raise ValueError(f"numbers.toml: nothing that stands in every match of the cue {name}")
        for word in needs[0]:
            needed[word] = needed.get(word, frozenset()) | {name}
    automaton = ahocorasick.Automaton()
    for word, names in needed.items():
        automaton.add_word(word, (len(word), names))
    automaton.make_automaton()
    return automaton


@cache
def _context_cues() -> dict[str, re.Pattern[str]]:
    return _cues("measure") | _cues("period") | {"a_year": _YEAR}


class _Said:
    """What the words before a number say: which cues they hold, each looked for only where it can be."""

    def __init__(self, words: str, possible: set[str]) -> None:
        self.words = words
        self._possible = possible

    def may_hold(self, *cues: str) -> bool:
        """True if one of some cues can be found."""
        return not self._possible.isdisjoint(cues)

    def holds(self, cue: str, words: str) -> bool:
        """True if `words`, the end of what was said, holds a cue."""
        return cue in self._possible and _context_cues()[cue].search(words) is not None

    def clauses(self) -> list[str]:
        """The words between commas, in order."""
        return _CLAUSE.split(self.words)


def _measure(printed: str, said: _Said, number: Number, planned: bool) -> str:
    """Measure by the words before a number: as `printed`, and without those of degree."""
    tail = said.words[-40:]
    if planned or (said.holds("target", tail) and not said.holds("no_target", tail)):
        return "target"
    if number.unit_raw in ("个百分点", "百分点") or number.unit == "倍":
        return "change"
    if said.holds("change", tail) and not said.holds("to_level", tail):
        return "change"
    if said.holds("limit", printed[-40:]):
        return "limit"
    if number.unit in _TIME_UNITS and number.post and said.holds("within", tail):
        return "limit"
    return "share" if number.unit == "%" else "level"


_TIMES = (
    "to_level",
    "from_level",
    "prior",
    "each",
    "as_of_date",
    "cumulative",
    "part_year",
    "this_year",
    "a_year",
    "as_of",
)


def _period(said: _Said, after: str, measure: str, number: Number, report_year: int | None) -> str:
    """Period of a number by what stands round it in its sentence.

    The number's own clause decides: a year, 上年, 本年度, 目前. Only 累计 and the like reach over commas to the numbers
    after them, until another clause names a time of its own.
    """
    if measure == "target":
        return "next_year"
    if not said.may_hold(*_TIMES):
        return "year"
    if said.holds("to_level", said.words[-40:]):
        return "year"  # 由上年的12件降至5件: the second is this year's
    if said.holds("from_level", said.words) and _LEVEL_AFTER.match(after):
        return "prior_year"
    clauses = said.clauses()
    own = clauses[-1]
    years = [int(y) for y in _YEAR.findall(own)] if said.may_hold("a_year") else []
    if measure != "change" and (said.holds("prior", own) or (report_year and years and years[-1] == report_year - 1)):
        return "prior_year"
    if said.holds("each", own):
        return "year"
    reach = clauses[:-1] if number.unit != "%" else []
    for clause in (own, *reversed(reach)):
        for period in ("as_of_date", "cumulative", "part_year"):
            if said.holds(period, clause):
                return "as_of" if period == "as_of_date" else period
        if said.holds("summed", clause):
            return "year" if _names_the_year(said, report_year) else "cumulative"
        if said.holds("this_year", clause) or said.holds("a_year", clause):
            return "as_of" if clause is own and said.holds("as_of", own) else "year"
    return "as_of" if said.holds("as_of", own) else "year"


def _names_the_year(said: _Said, report_year: int | None) -> bool:
    """True if a sentence names the year reported on before a number."""
    years = _YEAR.findall(said.words) if said.may_hold("a_year") else []
    return said.holds("this_year", said.words) or (report_year is not None and str(report_year) in years)


def _subject(item: str, after: str) -> str | None:
    """The words counted: what follows a number up to the clause's end, or what stands right before it in its item."""
    words = _NOT_COUNTED.sub("", item[-40:])[-20:]
    if len(words) >= 2:
        return words
    behind = _COUNTED_AFTER.match(after)
    return behind[1] if behind else words or None
