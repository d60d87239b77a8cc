"""The indicator catalogue (indicators.csv) and how its facts are worded (indicator_rules.toml).

Rules run on a template of a sentence: each number is replaced by one private-use character, so that a pattern can
say where the number stands and which others stand between.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache

from knowledge.cues import HERE, load
from knowledge.sieve import Sieve

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
def _numbered() -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    return tuple((rule, pattern) for rule in rules() for pattern in rule.patterns)


@cache
def _sieve() -> Sieve:
    return Sieve([pattern for _, pattern in _numbered()])


def patterns_for(template: str) -> list[tuple[Rule, re.Pattern[str]]]:
    """The patterns that can match a sentence, with their rules, in file order."""
    return [_numbered()[n] for n in _sieve().candidates(template)]


@cache
def subjects() -> re.Pattern[str]:
    """Words that begin another subject: what follows them is not about the frame named before."""
    return re.compile(load("indicator_rules.toml")["subjects"]["others"])


@cache
def frames() -> dict[str, re.Pattern[str]]:
    """Patterns of the subjects that a sentence can be about."""
    return {name: re.compile(p) for name, p in load("indicator_rules.toml")["frames"].items()}
