"""The indicator catalogue (indicators.csv) and how its facts are worded (indicator_rules.toml).

Rules run on a template of a sentence: each number is replaced by one private-use character, so that a pattern can
say where the number stands and which others stand between.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]  # the only way to read a pattern's structure
from typing import Any

import ahocorasick

from knowledge.cues import HERE, load

NUMBER_0 = 0xE000  # the template character of a sentence's first number; the next follow
MAX_NUMBERS = 0x1800  # private-use characters there are for one sentence
_ANY = "[\ue000-\uf7ff]"
_GAP = "[^,;:。!?\n\ue000-\uf7ff]{0,20}?"
_FILLER = "(?:(?:均|分别|总计|合计|共计|共有|总数|共|累计|达到|达|实现|为|仅|约)*)"
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


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One way of wording a fact: compiled patterns whose groups are the claimed numbers, and their conditions."""

    name: str
    code: str
    frame: str | None
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    units: frozenset[str] | None
    part: bool
    change: bool
    also: tuple[str, ...]


@cache
def catalogue() -> dict[str, Indicator]:
    """All indicators by code."""
    with (HERE / "indicators.csv").open(encoding="utf-8", newline="") as f:
        return {row["indicator_code"]: Indicator(**row) for row in csv.DictReader(f)}


def _compile(pattern: str) -> re.Pattern[str]:
    """Regular expression of a rule's pattern: N a claimed number, # any other, … a gap within the clause."""
    pattern = pattern.replace("N…", "N" + _GAP_AFTER).replace("…", _GAP).replace("#", _ANY)
    return re.compile(pattern.replace("N", f"{_FILLER}({_ANY})"))


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in file order. A rule for a code outside the catalogue raises ValueError."""
    out = []
    for i, raw in enumerate(load("indicator_rules.toml")["rule"]):
        if raw["code"] not in catalogue():
            raise ValueError(f"indicator_rules.toml: rule {i + 1} has the unknown code {raw['code']}")
        out.append(
            Rule(
                name=f"{raw['code']}/{i + 1}",
                code=raw["code"],
                frame=raw.get("frame"),
                patterns=tuple(_compile(p) for p in raw["patterns"]),
                unless=_compile(raw["unless"]) if "unless" in raw else None,
                units=frozenset(raw["units"]) if "units" in raw else None,
                part=raw.get("part", False),
                change=raw.get("change", False),
                also=tuple(raw.get("also", ())),
            )
        )
    return tuple(out)


@cache
def _automaton() -> ahocorasick.Automaton:
    """Words that patterns cannot do without → numbers of the patterns (see patterns_for)."""
    automaton = ahocorasick.Automaton()
    by_word: dict[str, list[int]] = {}
    for number, (_, pattern) in enumerate(_numbered()):
        for word in needed_words(pattern.pattern) or (chr(NUMBER_0),):  # none: every sentence has a first number
            by_word.setdefault(word, []).append(number)
    for word, numbers in by_word.items():
        automaton.add_word(word, numbers)
    automaton.make_automaton()
    return automaton


@cache
def _numbered() -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    return tuple((rule, pattern) for rule in rules() for pattern in rule.patterns)


def patterns_for(template: str) -> list[tuple[Rule, re.Pattern[str]]]:
    """The patterns that can match a sentence, with their rules, in file order: those of whose words one stands in it."""
    numbers = {n for _, found in _automaton().iter(template) for n in found}
    return [_numbered()[n] for n in sorted(numbers)]


def needed_words(pattern: str) -> frozenset[str]:
    """Words of which every match of `pattern` holds at least one; empty if there are none to name.

    Read off the parsed pattern: a run of literals is needed, of an alternation one branch's words, of an optional
    part nothing. The choice with the longest shortest word is the sharpest sieve.
    """
    return _needed(parser.parse(pattern)) or frozenset()


def _needed(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    choices: list[frozenset[str]] = []
    run = ""
    for op, value in [*parsed, (None, None)]:
        if op is constants.LITERAL:
            run += chr(value)
            continue
        if run:
            choices.append(frozenset((run,)))
            run = ""
        inner: frozenset[str] | None = None
        if op is constants.SUBPATTERN:
            inner = _needed(value[-1])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and value[0] > 0:
            inner = _needed(value[2])
        elif op is constants.BRANCH:
            branches = [_needed(branch) for branch in value[1]]
            if all(branches):
                inner = frozenset().union(*(b for b in branches if b))
        if inner:
            choices.append(inner)
    return max(choices, key=lambda words: (min(map(len, words)), -len(words)), default=None)


@cache
def subjects() -> re.Pattern[str]:
    """Words that begin another subject: what follows them is not about the frame named before."""
    return re.compile(load("indicator_rules.toml")["subjects"]["others"])


@cache
def frames() -> dict[str, re.Pattern[str]]:
    """Patterns of the subjects that a sentence can be about."""
    return {name: re.compile(p) for name, p in load("indicator_rules.toml")["frames"].items()}
