"""How often rows of a kind of rule are right: measured precision on gold (confidence.toml)."""

from __future__ import annotations

from functools import cache

from knowledge.cues import load


@cache
def confidence(kind: str) -> float | None:
    """Precision of the rows that a kind of rule makes, 0–1; None where it was not measured."""
    row = load("confidence.toml").get(kind)
    return float(row["precision"]) if row else None
