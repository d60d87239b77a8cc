"""The indicator catalogue (indicators.csv) and how its facts are worded (indicator_rules.toml).

Rules run on a template of a sentence: each number is replaced by one private-use character, so that a pattern can
say where the number stands and which others stand between.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from knowledge.cues import HERE, load
from knowledge.sieve import Sieve, parse, signs_before

NUMBER_0 = 0xE000  # the template character of a sentence's first number; the next follow
MAX_NUMBERS = 0x1800  # private-use characters there are for one sentence
_ANY = "[\ue000-\uf7ff]"
_GAP = "([^,;:。!?\n\ue000-\uf7ff]{0,20}?)"
_FILLER = "[》)]?(?:(?:均|分别|总计|合计|共计|共有|总数|共|累计|达到|达|实现|为|仅|约)*)"
_WITH_FILLER = re.compile(_FILLER + _ANY)
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

    A rule for facts in words has a `value`, or the codes whose number it repeats (`same`).
    """

    name: str
    code: str
    frame: str | None
    patterns: tuple[str, ...]
    unless: str | None
    units: frozenset[str] | None
    part: bool
    change: bool
    also: tuple[str, ...]
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
    indicator = catalogue()[code]
    times = (
        1.0 if indicator.kind == "ratio" else plausible_times().get(issuer_level or "", max(plausible_times().values()))
    )
    return indicator.plausible_min <= value <= indicator.plausible_max * times


@cache
def _raw() -> dict[str, Any]:
    return load("indicator_rules.toml")


def _expression(pattern: str) -> str:
    """Regular expression of a rule's pattern: N a claimed number, # any other, … a gap, <word> a list of words.

    Only gaps and claimed numbers are groups, so that what a match explains can be told from what it skips.
    """
    pattern = re.sub(r"<([a-z]+)>", lambda m: f"({_raw()['words'][m[1]]})", pattern)
    pattern = re.sub(r"\[\^[^\]]*\]", lambda m: m[0].replace("N", "").replace("#", "\ue000-\uf7ff"), pattern)
    pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)
    pattern = pattern.replace("N…", "N" + _GAP_AFTER).replace("…", _GAP).replace("#", _ANY)
    return pattern.replace("N", f"{_FILLER}({_ANY})")


def _read(table: str) -> Iterator[Rule]:
    for code, rows in _raw()[table].items():
        if code not in catalogue():
            raise ValueError(f"indicator_rules.toml: [{table}] has the unknown code {code}")
        for i, raw in enumerate(rows, 1):
            yield Rule(
                name=f"{code}/{i}" if table == "rules" else f"{code}/words/{i}",
                code=code,
                frame=raw.get("frame"),
                patterns=tuple(_expression(p) for p in raw["patterns"]),
                unless=_expression(raw["unless"]) if "unless" in raw else None,
                units=frozenset(raw["units"]) if "units" in raw else None,
                part=raw.get("part", False),
                change=raw.get("change", False),
                also=tuple(raw.get("also", ())),
                value=raw.get("value"),
                same=frozenset(raw.get("same", ())),
            )


@cache
def rules() -> tuple[Rule, ...]:
    """All rules for numbers in file order. A rule for a code outside the catalogue raises ValueError."""
    return tuple(_read("rules"))


# Compiled when first needed: most reports use few of the patterns, and compiling them all takes two seconds.
compiled = cache(re.compile)


class Patterns:
    """Patterns with their rules, in file order, behind a sieve."""

    def __init__(self, patterns: Iterable[tuple[Rule, str]]) -> None:
        self._all = tuple(patterns)
        parsed = [parse(pattern) for _, pattern in self._all]
        self._sieve = Sieve(parsed)
        # the filler before a number (two parts) is no part of what a rule says of it
        self._before = [signs_before(p, chr(NUMBER_0), chr(NUMBER_0 + MAX_NUMBERS - 1), 2) for p in parsed]

    def candidates(self, template: str, before: frozenset[str] | None = None) -> list[tuple[Rule, re.Pattern[str]]]:
        """Those that can match a template; `before`: the signs that stand before its numbers (see signs_before_numbers)."""
        numbers = self._sieve.candidates(template)
        if before is None:
            return [self._one(n) for n in numbers]
        ends = self._before
        return [self._one(n) for n in numbers if (end := ends[n]) is None or not end.isdisjoint(before)]

    def _one(self, number: int) -> tuple[Rule, re.Pattern[str]]:
        rule, pattern = self._all[number]
        return rule, compiled(pattern)


def signs_before_numbers(template: str) -> frozenset[str]:
    """The sign before each number of a template, and before each word of filler that stands between (共, 达到)."""
    out: set[str] = set()
    for m in _WITH_FILLER.finditer(template):
        at = m.end() - 1
        out.update(template[max(0, m.start() - 1) : at])
    return frozenset(out)


def _crosses(pattern: str) -> bool:
    """True if a match may reach over a comma."""
    without_counts = re.sub(r"\{\d*,?\d*\}", "", pattern)
    return re.search(r",(?![^\[]*\])|(?<!\\)\.|\[\^(?!,|、,)", without_counts) is not None


@cache
def clause_patterns() -> Patterns:
    """Patterns for numbers whose matches stay between two commas: most of them, and cheap to try clause by clause."""
    return Patterns((rule, p) for rule in rules() for p in rule.patterns if not _crosses(p))


@cache
def sentence_patterns() -> Patterns:
    """Patterns for numbers whose matches may reach over a comma."""
    return Patterns((rule, p) for rule in rules() for p in rule.patterns if _crosses(p))


@cache
def patterns_in_words() -> Patterns:
    """Patterns of facts in words."""
    return Patterns((rule, p) for rule in _read("stated") for p in rule.patterns)


@cache
def subjects() -> re.Pattern[str]:
    """Words that begin another subject: what follows them is not about the frame named before."""
    return re.compile(_raw()["subjects"]["others"])


@cache
def frames() -> dict[str, re.Pattern[str]]:
    """Patterns of the subjects that a sentence can be about."""
    return {name: re.compile(p) for name, p in _raw()["frames"].items()}


@cache
def frames_unless() -> dict[str, re.Pattern[str]]:
    """Words before a number that rule a frame out, by frame."""
    return {name: re.compile(p) for name, p in _raw()["frame_unless"].items()}


@cache
def area_codes() -> frozenset[str]:
    """Codes that a government states for its whole area, unless it says otherwise."""
    return frozenset(_raw()["scope"]["area"])


@cache
def bodies_named(upper: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words that name a body or an area, and those of them that name another body; `upper`: signs of the areas above."""
    other = _raw()["scope"]["other_body"].replace("%", upper)
    return re.compile(f"{_raw()['scope']['own_area']}|{other}|全[省市州盟国]"), re.compile(other)
