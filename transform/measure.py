"""A report's text to its section tree, numbers and indicators: the three readings in their order."""

from __future__ import annotations

from dataclasses import dataclass

from transform import indicators, quantities, sections


@dataclass(frozen=True, slots=True)
class Issuer:
    """What the numbers of a report depend on: whose they are and of which year.

    `area_wide`: a government's figures cover its area unless it says otherwise; `upper`: signs of the areas above it
    (省市国 for a county: 全市 is another body's there).
    """

    report_year: int | None
    area_wide: bool = False
    upper: str = "国"


@dataclass(frozen=True, slots=True)
class Reading:
    """Top sections, quantities and indicators, each in order of the text."""

    tops: list[sections.Section]
    numbers: list[quantities.Quantity]
    found: list[indicators.Found]


def measure(text: str, issuer: Issuer) -> Reading:
    """Read a report's body."""
    tops = sections.cut(text, issuer.report_year)
    nodes = sections.walk(tops)
    planned = [(n.char_start, n.char_end) for n in nodes if n.role == "next_year"]
    numbers = quantities.read(text, issuer.report_year, planned)
    headings = [(n.char_start, n.cue) for n in nodes if n.cue]
    found = indicators.read(text, numbers, headings, issuer.area_wide, issuer.upper, issuer.report_year)
    return Reading(tops, numbers, found)
