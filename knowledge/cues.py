"""Cue words and patterns, compiled once from the data files beside this module."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.sieve import Sieve, needed_words, parse

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
    unsifted: re.Pattern[str]
    tail: re.Pattern[str]
    suspicious: re.Pattern[str]
    delivered: tuple[re.Pattern[str], ...]
    label: re.Pattern[str]
    label_starts: frozenset[str]
    field_of: dict[str, str]

    def covers(self, line: str) -> bool:
        """True if one of the furniture patterns matches a line from its start to its end."""
        return self.unsifted.fullmatch(line) is not None or any(
            self.whole[i].fullmatch(line) for i in self.whole_sieve.candidates(line)
        )

    def label_line(self, with_cells: bool) -> re.Pattern[str]:
        """Beginnings of lines, the line break before them included, that a label begins, or that have cells."""
        return _label_line(self.label_starts, with_cells)


@cache
def _label_line(starts: frozenset[str], with_cells: bool) -> re.Pattern[str]:
    cells = "|[^\n\t]*\t" if with_cells else ""
    return re.compile(rf"\n[ \t\u3000\[【|]*(?:[{''.join(sorted(starts))}]{cells})")


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
    parsed = list(map(parse, whole))
    is_sifted = [bool(needed_words(p)) for p in parsed]  # the others are tried on every line, so in one go
    return ChromeCues(
        whole=tuple(p for p, sifted in zip(whole, is_sifted, strict=True) if sifted),
        whole_sieve=Sieve([p for p, sifted in zip(parsed, is_sifted, strict=True) if sifted]),
        unsifted=union([p.pattern for p, sifted in zip(whole, is_sifted, strict=True) if not sifted]),
        tail=union(raw["tail"]),
        suspicious=union(raw["suspicious"]),
        delivered=tuple(map(re.compile, raw["delivered"])),
        label=label,
        label_starts=frozenset(name[0] for name in field_of),
        field_of=field_of,
    )
