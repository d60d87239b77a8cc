"""Units as printed and their canonical forms (units.toml)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from knowledge.cues import load


@cache
def canonical_units() -> dict[str, str]:
    """Printed unit → canonical unit (宗 → 件)."""
    return {form: unit for unit, forms in load("units.toml").items() for form in forms}


def pattern_of(printed: Iterable[str]) -> str:
    """Regular expression for some printed units, of two that begin alike the longer first.

    By their first signs, so that a search looks at one sign to pass over nearly all of them.
    """
    by_first: dict[str, list[str]] = {}
    for unit in sorted(printed, key=len, reverse=True):
        by_first.setdefault(unit[0], []).append(re.escape(unit[1:]))
    single = "".join(re.escape(first) for first, rest in by_first.items() if rest == [""])
    longer = [f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items() if rest != [""]]
    return "(?:" + "|".join([f"[{single}]"] * bool(single) + longer) + ")"


@cache
def unit_pattern() -> str:
    """Regular expression for every printed unit."""
    return pattern_of(canonical_units())
