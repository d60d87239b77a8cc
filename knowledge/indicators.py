"""The indicator catalogue (indicators.csv) and how its facts are worded (indicator_rules.toml).

Rules run on a template of a sentence: each number is replaced by one and the same private-use character, so that a
pattern can say where the number stands and which others stand between, and equal wordings look equal.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from knowledge.cues import HERE, load
from knowledge.sieve import Sieve, parse, signs_before

NUMBER = "\ue000"  # what stands for a number in a template
_GAP = f"([^,;:。!?\n{NUMBER}]{{0,20}}?)"
_FILLER = "[》)]?(?:(?:均|分别|总计|合计|共计|共有|总数量|总数|总次数|总人数|总量|共|累计|达到|达|实现|为|仅|约|了|有|数量|次数|人数|件数|量)*)"
_FILLER_SIGNS = "".join(sorted(set(re.sub(r"[\[\](?:|*]", "", _FILLER)) | {")"}))
_WITH_FILLER = re.compile(f"[{_FILLER_SIGNS}]*{NUMBER}")
BREAKS = ",;:"  # signs that end a clause
_GROUP = re.compile(r"(?<!\\)\((?!\?)(.)")
_GAP_AFTER = _GAP.replace("[^", "[^、")  # a list's next item has its own number


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the catalogue."""

    indicator_code: str
    short_code: str
    name_zh: str
    kind: str
    unit: str
    topic: str
    definition_zh: str
    plausible_min: float
    plausible_max: float


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One way of wording a fact: regular expressions whose groups are gaps and claimed numbers, and their conditions.

    `kind` is what its code counts, `codes` are that code and those that the same number states too. A rule for facts in words has a `value`, or the codes whose number it repeats (`same`).
    """

    name: str
    code: str
    kind: str
    frame: str | None
    patterns: tuple[str, ...]
    unless: str | None
    units: frozenset[str] | None
    part: bool
    change: bool
    codes: tuple[str, ...]
    value: float | None = None
    same: frozenset[str] = frozenset()


@cache
def catalogue() -> dict[str, Indicator]:
    """All indicators by code."""
    with (HERE / "indicators.csv").open(encoding="utf-8", newline="") as f:
        return {row["indicator_code"]: _indicator(row) for row in csv.DictReader(f)}


def _indicator(row: dict[str, str]) -> Indicator:
    low, high = float(row.pop("plausible_min")), float(row.pop("plausible_max"))
    return Indicator(**row, plausible_min=low, plausible_max=high)


@cache
def plausible_times() -> dict[str, float]:
    """How much larger than a county's plausible range a figure may be at each issuer level (checks.toml)."""
    return dict(load("checks.toml")["plausible_times"])


def is_plausible(code: str, value: float, issuer_level: str | None) -> bool:
    """True if a value lies in its code's plausible range for an issuer of that level; rates have one range for all."""
    low, high = _plausible_range(code, issuer_level)
    return low <= value <= high


@cache
def _plausible_range(code: str, issuer_level: str | None) -> tuple[float, float]:
    indicator, times = catalogue()[code], plausible_times()
    factor = 1.0 if indicator.kind == "ratio" else times.get(issuer_level or "", max(times.values()))
    return indicator.plausible_min, indicator.plausible_max * factor


@cache
def _raw() -> dict[str, Any]:
    return load("indicator_rules.toml")


def _expression(pattern: str) -> str:
    """Regular expression of a rule's pattern: N a claimed number, # any other, … a gap, <word> a list of words.

    Only gaps and claimed numbers are groups, so that what a match explains can be told from what it skips.
    """
    pattern = re.sub(r"<([a-z]+)>", lambda m: f"({_raw()['words'][m[1]]})", pattern)
    pattern = re.sub(r"\[\^[^\]]*\]", lambda m: m[0].replace("N", "").replace("#", NUMBER), pattern)
    pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)
    pattern = pattern.replace("N…", "N" + _GAP_AFTER).replace("…", _GAP).replace("#", NUMBER)
    # filler before a pattern's beginning says nothing, and would be tried for at every place
    return pattern.replace("N", f"{_FILLER}({NUMBER})").removeprefix(_FILLER)


def _read(table: str) -> Iterator[Rule]:
    for code, rows in _raw()[table].items():
        if code not in catalogue():
            raise ValueError(f"indicator_rules.toml: [{table}] has the unknown code {code}")
        for i, raw in enumerate(rows, 1):
            yield Rule(
                name=f"{code}/{i}" if table == "rules" else f"{code}/words/{i}",
                code=code,
                kind=catalogue()[code].kind,
                frame=raw.get("frame"),
                patterns=tuple(_expression(p) for p in raw["patterns"]),
                unless=_expression(raw["unless"]) if "unless" in raw else None,
                units=frozenset(raw["units"]) if "units" in raw else None,
                part=raw.get("part", False),
                change=raw.get("change", False),
                codes=(code, *raw.get("also", ())),
                value=raw.get("value"),
                same=frozenset(raw.get("same", ())),
            )


@cache
def rules() -> tuple[Rule, ...]:
    """All rules for numbers in file order. A rule for a code outside the catalogue raises ValueError."""
    return tuple(_read("rules"))


class Pattern:
    """One pattern of a rule: what claims numbers, and what must not stand in the clause.

    `numbers`, `gaps`: its groups. It is compiled when first needed: most reports use few, and all take two seconds.
    """

    def __init__(self, rule: Rule, source: str) -> None:
        self.rule, self._source = rule, source
        groups = list(enumerate(_GROUP.findall(source), 1))
        self.numbers = tuple(i for i, inner in groups if inner == NUMBER)
        self.gaps = tuple(i for i, inner in groups if inner != NUMBER)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """What claims numbers."""
        return re.compile(self._source)

    @cached_property
    def unless(self) -> re.Pattern[str] | None:
        """What must not stand in the clause."""
        return compiled(self.rule.unless) if self.rule.unless else None


class Patterns:
    """Patterns in file order, behind a sieve."""

    def __init__(self, patterns: Iterable[tuple[Rule, str]], *, by_sign: bool = False) -> None:
        """by_sign: choose by the signs before numbers too, clause by clause."""
        patterns = list(patterns)
        parsed = [parse(source) for _, source in patterns]
        self._all = [Pattern(rule, source) for rule, source in patterns]
        if by_sign:
            # the filler before a number (two parts) is no part of what a rule says of it
            keys = [signs_before(p, NUMBER, 2) for p in parsed]
            self._sieve = Sieve(parsed, NUMBER, BREAKS, keys)
        else:
            self._sieve = Sieve(parsed)

    def candidates(self, words: str) -> list[Pattern]:
        """Those that can match."""
        return [self._all[n] for n in self._sieve.candidates(words)]

    def met(self, clause: str, signs: Iterable[str]) -> int:
        """What a clause has of what patterns need, as bits: joined (|) over clauses it says what can match them together."""
        return self._sieve.met(clause, signs)

    def all_met(self, bits: int) -> list[Pattern]:
        """Those of which every need is met."""
        return [self._all[n] for n in self._sieve.all_met(bits)]


def signs_before_numbers(clause: str) -> set[str]:
    """The signs that stand before a clause's numbers, and before filler there (共, 达到).

    A number at the clause's beginning counts as standing behind any of BREAKS.
    """
    at = clause.find(NUMBER)
    if at > 0 and clause[at - 1] not in _FILLER_SIGNS and clause.find(NUMBER, at + 1) < 0:
        return {clause[at - 1]}  # as it mostly is
    signs: set[str] = set()
    for m in _WITH_FILLER.finditer(clause):
        signs.update(clause[max(0, m.start() - 1) : m.end() - 1] if m.start() else BREAKS + clause[: m.end() - 1])
    return signs


def _crosses(pattern: str) -> bool:
    """True if a match may reach over a comma."""
    without_counts = re.sub(r"\{\d*,?\d*\}", "", pattern)
    return re.search(r",(?![^\[]*\])|(?<!\\)\.|\[\^(?!,|、,)", without_counts) is not None


compiled = cache(re.compile)


@cache
def clause_patterns() -> Patterns:
    """Patterns for numbers whose matches stay between two commas: most of them, and cheap to try clause by clause."""
    return Patterns(((rule, p) for rule in rules() for p in rule.patterns if not _crosses(p)), by_sign=True)


@cache
def sentence_patterns() -> Patterns:
    """Patterns for numbers whose matches may reach over a comma."""
    return Patterns(((rule, p) for rule in rules() for p in rule.patterns if _crosses(p)), by_sign=True)


@cache
def patterns_in_words() -> Patterns:
    """Patterns of facts in words."""
    return Patterns((rule, p) for rule in _read("stated") for p in rule.patterns)


@cache
def subjects() -> re.Pattern[str]:
    """Words that begin another subject: what follows them is not about the frame named before."""
    return re.compile(_raw()["subjects"]["others"])


class Frame(NamedTuple):
    """A subject that a sentence can be about: what names it, and what rules it out where it stands before a number."""

    named: re.Pattern[str]
    unless: re.Pattern[str] | None


@cache
def frames() -> dict[str, Frame]:
    """The subjects that a sentence can be about, by name."""
    unless = {name: re.compile(p) for name, p in _raw()["frame_unless"].items()}
    return {name: Frame(re.compile(p), unless.get(name)) for name, p in _raw()["frames"].items()}


@cache
def area_codes() -> frozenset[str]:
    """Codes that a government states for its whole area, unless it says otherwise."""
    return frozenset(_raw()["scope"]["area"])


@cache
def bodies_named(upper: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words that name a body or an area, and those of them that name another body; `upper`: signs of the areas above."""
    other = _raw()["scope"]["other_body"].replace("%", upper)
    return re.compile(f"{_raw()['scope']['own_area']}|{other}|全[省市州盟国]"), re.compile(other)
