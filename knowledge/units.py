"""Units as printed and their canonical forms (units.toml)."""

from __future__ import annotations

import re
from functools import cache

from knowledge.cues import load


@cache
def _canonical() -> dict[str, str]:
    return {form: unit for unit, forms in load("units.toml").items() for form in forms}


def canonical_unit(printed: str) -> str:
    """Canonical unit of a printed one: 宗 → 件. Unknown units raise KeyError."""
    return _canonical()[printed]


@cache
def unit_pattern() -> str:
    """Regular expression for every printed unit, longest first."""
    return "|".join(map(re.escape, sorted(_canonical(), key=len, reverse=True)))
