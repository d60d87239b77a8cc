"""Cue words and patterns, compiled once from the data files beside this module."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.sieve import Sieve, parse

HERE = Path(__file__).parent


def load(name: str) -> dict[str, Any]:
    """Contents of a TOML data file of this package."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def union(patterns: list[str]) -> re.Pattern[str]:
    """One pattern that matches where any of `patterns` does."""
    return re.compile("|".join(f"(?:{p})" for p in patterns))


@dataclass(frozen=True, slots=True)
class ChromeCues:
    """Page furniture (chrome.toml); `label` finds metadata labels, `field_of` names their field."""

    whole: tuple[re.Pattern[str], ...]
    whole_sieve: Sieve
    tail: re.Pattern[str]
    suspicious: re.Pattern[str]
    delivered: tuple[re.Pattern[str], ...]
    label: re.Pattern[str]
    label_line: re.Pattern[str]
    label_starts: frozenset[str]
    field_of: dict[str, str]

    def covers(self, line: str) -> bool:
        """True if one of the furniture patterns matches a line from its start to its end."""
        return any(self.whole[i].fullmatch(line) for i in self.whole_sieve.candidates(line))


@cache
def chrome_cues() -> ChromeCues:
    """The furniture cues of chrome.toml."""
    raw = load("chrome.toml")
    field_of = {label: name for name, labels in raw["labels"].items() for label in labels}
    spaced = (r"\s*".join(label) for label in sorted(field_of, key=len, reverse=True))
    label = re.compile(
        r"(?:^|(?<=[\s\]】|;:；：]))[\[【]?(?P<label>" + "|".join(spaced) + r")[\]】]?\s*[:：\t\n]", re.M
    )
    whole = tuple(map(re.compile, raw["whole"]))
    return ChromeCues(
        whole=whole,
        whole_sieve=Sieve(list(map(parse, whole))),
        tail=union(raw["tail"]),
        suspicious=union(raw["suspicious"]),
        delivered=tuple(map(re.compile, raw["delivered"])),
        label=label,
        label_line=re.compile(
            rf"^[ \t\u3000\[【|]*(?:[{''.join(sorted({name[0] for name in field_of}))}]|[^\n\t]*\t)", re.M
        ),
        label_starts=frozenset(name[0] for name in field_of),
        field_of=field_of,
    )
