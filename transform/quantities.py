"""Every number with a measure that a body states: what the words round it make of it.

A number (transform.numbers) becomes a quantity by its modifier, its measure (a level, a change, a target, a limit, a
share) and its period. The words that decide are in numbers.toml.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from ahocorasick_rs import AhoCorasick

from knowledge.cues import load, union
from knowledge.sieve import needed_words, parse
from knowledge.text import plain
from knowledge.years import YEARS_OFF
from transform import numbers, periods, tables
from transform.numbers import Number, Spans

_TITLE = re.compile(r"《[^》\n]{1,120}》")
_CLAUSE = re.compile(r"[,;:()]")
_BREAKS = "。;!?"  # and line ends: between sentences
_ITEMS = ",:、()"  # and those: between the items of a list
_BLANK = re.compile(" ")
_YEAR = re.compile(r"(20[0-3]\d)年(?!以来|至)")
_BARE_YEAR = re.compile(r"(20[0-3]\d)年度?(?:全年)?")
_LEVEL_AFTER = re.compile(
    r"[^,。;]{0,14}?(?:降|增|升|增长|增加|上升|提高|提升|下降|降低|减少|压缩|压减|缩短|缩减|精简|调整|减|扩大)(?:到|至|为)"
)
_NOT_COUNTED = re.compile("^(?:全年|年内|今年|共|累计)+|(?:共|共计|累计|达到?|为|约|近|总数|数量|实施数量)+$")
_NOT_COUNTED_ENDS = (frozenset("全年今共累"), frozenset("共计达到为约近数量"))  # the first and last signs of those
_COUNTED_AFTER = re.compile("(?:的)?([\u4e00-\u9fff“”]{2,20})")
_JOINS = frozenset(sign + line_end for sign in "、和及与" for line_end in ("", "\n"))
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
def _happened() -> re.Pattern[str]:
    return union(load("numbers.toml")["happened"])


@cache
def _after() -> dict[str, str]:
    return dict(load("numbers.toml")["after"])


def read(text: str, report_year: int | None, planned: Iterable[tuple[int, int]] = ()) -> list[Quantity]:
    """All quantities of a body, in order. `planned` are spans (next year's part) whose numbers are targets."""
    folded = plain(text)
    plans = Spans(planned)
    context = _Context(folded, report_year)
    cells = tables.cells(folded)
    inside = Spans((c.number.start, c.number.end) for c in cells)
    found = [_cell(text, c, report_year) for c in cells]
    last: Quantity | None = None
    for number in _merged(numbers.find(folded), tables.captioned(folded) if "单位:" in folded else []):
        if cells and inside.touches(number.start, number.end):
            continue
        last = _quantity(text, context, number, plans.touches(number.start, number.end), last)
        found.append(last)
    return sorted(found, key=lambda q: q.char_start) if cells else found


def _merged(found: list[Number], captioned: list[Number]) -> list[Number]:
    """Both lists in order; a number that has its own unit counts before one that takes it from a caption."""
    if not captioned:
        return found
    taken = Spans((n.start, n.end) for n in found)
    return sorted([*found, *(n for n in captioned if not taken.touches(n.start, n.end))], key=lambda n: n.start)


def _quantity(text: str, context: _Context, number: Number, planned: bool, last: Quantity | None) -> Quantity:
    words, start, end = context.words, context.at(number.start), context.at(number.end)
    sentence = context.sentence(start)
    modifier, bare = _modifier(number, words, sentence, start)
    is_each = False
    if said := context.said(sentence, bare, start):
        measure = "target" if planned else _measure(words[sentence:start], said, number)
        period = _period(said, words[end : end + 30], measure, number, context.report_year)
        is_each = "each" in said.possible and said.holds("each", said.clauses()[-1])
    else:
        measure = "target" if planned else _unit_measure(number)
        period = "next_year" if planned else "year"
    if (
        last
        and number.start - last.char_end <= 2
        and last.unit == number.unit
        and words[context.at(last.char_end) : start] in _JOINS
    ):
        measure, period = last.measure, last.period  # 分别增长118%和109%
    whole = context.years.get(period)
    year, first, final = whole or (
        context.report_year,
        *periods.span(period, words[sentence:bare], context.report_year),
    )
    return Quantity(
        number.start,
        number.end,
        text[number.start : number.end],
        float(number.value),
        None if number.top is None else float(number.top),
        number.unit,
        number.unit_raw,
        modifier,
        measure,
        period,
        _subject(context.item(bare), words, end),
        year,
        first,
        final,
        None,
        False,
        is_each,
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


def _modifier(number: Number, words: str, sentence: int, start: int) -> tuple[str, int]:
    """Modifier of a number at `start`, and where the words of its sentence before it end, those of degree aside."""
    if start > sentence and words[start - 1] in _DEGREE_ENDS:
        before = words[sentence:start]
        for name, pattern in _cues("modifier").items():
            if m := pattern.search(before, max(0, len(before) - 20)):
                return name, start if m[0].endswith("的") else sentence + m.start()
    if number.post:
        return _after()[number.post], start
    return "over" if number.is_over else "exact", start


class _Context:
    """A text as the words round its numbers are read: its sentences, its items between commas, where cues may stand.

    Blanks are left out (2023 年 12 月); `at` says where an offset of the text stands.
    """

    def __init__(self, folded: str, report_year: int | None) -> None:
        self._blanks = [m.start() for m in _BLANK.finditer(folded)] if " " in folded else []
        words = folded.replace(" ", "")
        # a year inside a title says nothing about the number after it
        words = _TITLE.sub(lambda m: "《" + "□" * (len(m[0]) - 2) + "》", words) if "《" in words else words
        if "以来" in words:  # since the beginning of the year reported on: that year
            for year in ("今年", "本年", "年初", f"{report_year}年"):
                words = words.replace(f"{year}以来", f"{year}□□")
        self.words = words
        self.report_year = report_year
        self.years = _years(report_year)
        # one sign for all that end a sentence, and one for all that end an item: looking back for it is one call
        self._sentences = _with_one(words, _BREAKS)
        self._items = _with_one(self._sentences, _ITEMS)

    def at(self, offset: int) -> int:
        """Where an offset of the text stands in the words."""
        return offset - bisect_left(self._blanks, offset) if self._blanks else offset

    def sentence(self, start: int) -> int:
        """Where the sentence of a number begins, or how far back its words are looked at."""
        far = start - _REACH if start > _REACH else 0
        line_end = self._sentences.rfind("\n", far, start)
        return line_end + 1 if line_end >= 0 else far

    def said(self, sentence: int, bare: int, start: int) -> _Said | None:
        """What is said before a number, words of degree aside; None where no cue can be that says something by itself.

        A cue can be where a word that it needs is: in the sentence or, if it is of _NEAR, in the clause.
        """
        automaton, cues = _cue_words()
        hits = automaton.find_matches_as_indexes(self.words[sentence:start], overlapping=True)
        if not hits:
            return None
        clause = self.words.rfind(",", sentence, bare) + 1 or sentence
        possible: set[str] = set()
        for word, begins, _ in hits:
            possible |= cues[word][sentence + begins < clause]
        if possible <= _BESIDE_OTHERS:
            return None
        return _Said(self.words[sentence:bare], self.words[clause:bare][-40:], possible)

    def item(self, bare: int) -> str:
        """The last forty of the words up to an offset in the item of a list there."""
        return self._items[bare - 40 if bare > 40 else 0 : bare].rpartition("\n")[2]


def _with_one(words: str, signs: str) -> str:
    """Words with line ends in place of some signs."""
    for sign in signs:
        words = words.replace(sign, "\n")
    return words


@cache
def _years(report_year: int | None) -> dict[str, tuple[int | None, date | None, date | None]]:
    """Of periods of a year the year, its first and its last day."""
    return {
        period: (
            None if report_year is None else report_year + YEARS_OFF.get(period, 0),
            *periods.span(period, "", report_year),
        )
        for period in ("year", *YEARS_OFF)
    }


# cues that are looked for since the last comma only, since their patterns have none
_NEAR = frozenset(("change", "target", "no_target", "within"))


@cache
def _cue_words() -> tuple[AhoCorasick, list[tuple[frozenset[str], frozenset[str]]]]:
    """Words that the cues of measure and period need; of each the names of the cues, and of those not of _NEAR."""
    needed: dict[str, frozenset[str]] = {}
    for name, pattern in _context_cues().items():
        needs = needed_words(parse(pattern))
        if not needs:
            raise ValueError(f"numbers.toml: nothing that stands in every match of the cue {name}")
        for word in needs[0]:
            needed[word] = needed.get(word, frozenset()) | {name}
    return AhoCorasick(needed), [(names, names - _NEAR) for names in needed.values()]


@cache
def _context_cues() -> dict[str, re.Pattern[str]]:
    return _cues("measure") | _cues("period") | {"a_year": _YEAR}


class _Said:
    """What the words before a number say: which cues they hold, each looked for only where it can be."""

    def __init__(self, words: str, tail: str, possible: set[str]) -> None:
        self.words = words
        self.tail = tail  # since the last comma, forty characters at most
        self.possible = possible
        self._clauses: list[str] = []

    def holds(self, cue: str, words: str) -> bool:
        """True if `words`, the end of what was said, holds a cue."""
        return cue in self.possible and _context_cues()[cue].search(words) is not None

    def clauses(self) -> list[str]:
        """The words between commas, in order."""
        if not self._clauses:
            self._clauses = _CLAUSE.split(self.words)
        return self._clauses


_MEASURES = frozenset(("target", "change", "limit", "within"))


def _measure(printed: str, said: _Said, number: Number) -> str:
    """Measure by the words before a number: as `printed`, and without those of degree."""
    by_unit = _unit_measure(number)
    if said.possible.isdisjoint(_MEASURES):
        return by_unit
    tail = said.tail
    if said.holds("target", tail) and not said.holds("no_target", tail):
        return "target"
    if by_unit == "change":
        return by_unit
    if said.holds("change", tail) and not said.holds("to_level", tail):
        return "change"
    if said.holds("limit", printed[-40:]):
        return "limit"
    if number.unit in _TIME_UNITS and number.post and said.holds("within", tail):
        return "limit"
    return by_unit


def _unit_measure(number: Number) -> str:
    """Measure of a number about which the words before it say nothing."""
    if number.unit_raw in ("个百分点", "百分点") or number.unit == "倍":
        return "change"
    return "share" if number.unit == "%" else "level"


_NAMED_TIMES = ("as_of_date", "cumulative", "part_year", "summed", "this_year", "a_year")  # in this order
_TIMES = frozenset(
    (*_NAMED_TIMES, "to_level", "from_level", "prior", "each", "as_of", "there_is")
)  # without one it is the year's
_BESIDE_OTHERS = frozenset(("to_level", "no_target"))  # cues that say nothing where no other can be


def _period(said: _Said, after: str, measure: str, number: Number, report_year: int | None) -> str:
    """Period of a number by what stands round it in its sentence.

    The number's own clause decides: a year, 上年, 本年度, 目前. Only 累计 and the like, and a year that is all of its clause,
    reach over commas to the numbers after them, until another clause names a time of its own.
    """
    if measure == "target":
        return "next_year"
    if said.possible.isdisjoint(_TIMES) or said.holds("to_level", said.tail):
        return "year"  # 由上年的12件降至5件: the second is this year's
    if said.holds("from_level", said.words) and _LEVEL_AFTER.match(after):
        return "prior_year"
    clauses = said.clauses()
    own = clauses[-1]
    years = [int(y) for y in _YEAR.findall(own)] if "a_year" in said.possible else []
    if measure != "change" and (said.holds("prior", own) or (report_year and years and years[-1] == report_year - 1)):
        return "prior_year"
    if said.holds("each", own):
        return "year"
    is_as_of = said.holds("as_of", own) or (said.holds("there_is", own) and not _happened().match(after))
    if named := [cue for cue in _NAMED_TIMES if cue in said.possible]:
        for clause in reversed(clauses) if number.unit != "%" else (own,):
            cue = next((cue for cue in named if said.holds(cue, clause)), None)
            if cue == "as_of_date":
                return "as_of"
            if cue == "summed":
                return "year" if _names_the_year(said, report_year) else "cumulative"
            if cue in ("this_year", "a_year"):
                year = _BARE_YEAR.fullmatch(clause)  # 2022年,受理30件: the year goes on until another is named
                if year and report_year and int(year[1]) == report_year - 1 and measure != "change":
                    return "prior_year"
                return "as_of" if clause is own and is_as_of else "year"
            if cue:
                return cue
    return "as_of" if is_as_of else "year"


def _names_the_year(said: _Said, report_year: int | None) -> bool:
    """True if a sentence names the year reported on before a number."""
    years = _YEAR.findall(said.words) if "a_year" in said.possible else []
    return said.holds("this_year", said.words) or (report_year is not None and str(report_year) in years)


def _subject(item: str, words: str, end: int) -> str | None:
    """The words counted: what stands right before a number in its item, or what follows it at `end` up to the clause's end."""
    first, last = _NOT_COUNTED_ENDS
    if item[:1] in first or item[-1:] in last:
        item = _NOT_COUNTED.sub("", item)
    item = item[-20:]
    if len(item) >= 2:
        return item
    behind = _COUNTED_AFTER.match(words, end, end + 24)
    return behind[1] if behind else item or None
