"""Plausible figures of one body in one year, consistent with one another (figures.toml).

A body keeps its own scale over the years, so that a panel drawn from the samples looks like a panel; parts add up
to their totals and rates follow from counts.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from .dice import Dice
from .places import Issuer

FIRST_YEAR = 2019
# A prefecture is several counties; its counts are larger, its rates are not.
PREFECTURE_SCALE = {"government": 4.0, "department": 2.0}
KINDS = {"government": "g", "department": "d", "township": "t", "subdistrict": "t"}
# The revised 行政复议法 (in force 2024-01-01) sent more disputes to reconsideration.
RECONSIDERATION_SHOCK = ("reconsideration_applications_received", 2024, 1.6)


class Unsayable(Exception):
    """This body cannot state that figure: it has none, or it is nil."""


@cache
def book() -> dict[str, Any]:
    """figures.toml as read."""
    return tomllib.loads((Path(__file__).parent / "figures.toml").read_text(encoding="utf-8"))


def unit(code: str) -> str:
    """The catalogue's unit of an indicator. Raises KeyError for an unknown code."""
    return str(book()["figures"][code]["unit"])


def is_ratio(code: str) -> bool:
    """Whether the indicator is a percentage."""
    return unit(code) == "%"


@cache
def _part_of() -> dict[str, str]:
    return {part: total for total, parts in book()["parts"].items() for part, _ in parts}


class Figures:
    """All figures of `issuer` in `year`; drawn when asked for, the same for every asker."""

    def __init__(self, seed: int, issuer: Issuer, year: int) -> None:
        self._base, self._issuer = seed, issuer
        self._seed = (seed, issuer.region_code, issuer.key)
        self._year = year
        self._kind = KINDS[issuer.kind]
        self._scale = PREFECTURE_SCALE.get(issuer.kind, 1.0) if issuer.level == "prefecture" else 1.0
        self._known: dict[str, float] = {}

    def value(self, code: str) -> float:
        """The figure in the catalogue's unit; counts are whole and positive, rates 0–100. Raises Unsayable."""
        if code not in self._known:
            self._known[code] = self._draw(code)
        if self._known[code] <= 0:
            raise Unsayable(code)
        return self._known[code]

    def change(self, code: str) -> float:
        """Change against the year before: percent of a count, percentage points of a ratio. Raises Unsayable for none."""
        before = Figures(self._base, self._issuer, self._year - 1).value(code)
        now = self.value(code)
        size = round(now - before if is_ratio(code) else 100 * (now - before) / before, 1)
        if size == 0:
            raise Unsayable(code)
        return size

    def _draw(self, code: str) -> float:
        if code in _part_of():
            total = _part_of()[code]
            self._split(total)
            return self._known[code]
        if terms := book()["sums"].get(code):
            return float(sum(self._amount(term) for term in terms))
        spec = book()["figures"][code]
        if ratio := spec.get("ratio"):
            above, below = (self._amount(term) for term in ratio)
            return round(100 * above / below, 1) if below else 0.0
        span = spec.get(self._kind)
        dice = Dice(*self._seed, code, self._year)
        if span is None and "share" in spec:
            of, low, high = spec["share"]
            return float(int(self._amount(of) * dice.real(low, high)))
        if span is None:
            return 0.0
        if spec["unit"] == "%":
            if len(span) == 3 and dice.chance(span[2] / 100):
                return 100.0
            return round(dice.real(span[0], span[1]), 1)
        base = Dice(*self._seed, code).spread(span[0], span[1]) * self._scale
        drift = 1 + 0.03 * (self._year - FIRST_YEAR)
        shock_code, shock_year, shock = RECONSIDERATION_SHOCK
        if code == shock_code and self._year >= shock_year:
            drift *= shock
        value = base * drift * (dice.real(0.985, 1.015) if spec.get("steady") else dice.real(0.86, 1.14))
        return round(value, -2) if spec["unit"] == "元" else float(max(1, int(value)))

    def _amount(self, code: str) -> float:
        """The figure or 0, for sums and ratios."""
        try:
            return self.value(code)
        except Unsayable:
            return 0.0

    def _split(self, total: str) -> None:
        whole = int(self._amount(total))
        dice = Dice(*self._seed, total, self._year, "parts")
        left = whole
        parts = book()["parts"][total]
        for part, weight in parts[:-1]:
            self._known[part] = float(min(left, int(whole * weight * dice.real(0.7, 1.2))))
            left -= int(self._known[part])
        self._known[parts[-1][0]] = float(left)
