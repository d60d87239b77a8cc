"""Invented places and the bodies that report on their portals (places.toml, departments of phrases.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GOVERNMENT = "government"


@dataclass(frozen=True, slots=True)
class Place:
    """An invented region. `word` is how it calls its area (县), `reports` which body publishes for which years."""

    code: str
    name: str
    level: str
    word: str
    slug: str
    parent: str | None
    icp: str
    townships: tuple[str, ...]
    reports: tuple[tuple[str, int, int], ...]

    @property
    def domain(self) -> str:
        """Domain name that pages print; .example exists nowhere."""
        return f"www.{self.slug}.gov.example"


@dataclass(frozen=True, slots=True)
class Issuer:
    """A body that reports.

    key: `government`, a department's or a township's own name; printed: its name under a report;
    region_code: of the county or prefecture it belongs to; area: what it calls what it governs (县, 局, 镇, 街道).
    """

    key: str
    printed: str
    kind: str
    level: str
    region_code: str
    place: Place
    area: str


@cache
def places() -> dict[str, Place]:
    """All invented places by code."""
    raw: dict[str, dict[str, Any]] = tomllib.loads((HERE / "places.toml").read_text(encoding="utf-8"))
    icp = {code[:2]: p["icp"] for code, p in raw.items() if "icp" in p}
    return {
        code: Place(
            code=code,
            name=p["name"],
            level=p["level"],
            word=p["word"],
            slug=p["slug"],
            parent=p.get("parent"),
            icp=icp[code[:2]],
            townships=tuple(p.get("townships", ())),
            reports=tuple((who, first, last) for who, (first, last) in p.get("reports", {}).items()),
        )
        for code, p in raw.items()
    }


@cache
def phrases() -> dict[str, Any]:
    """The phrase book (phrases.toml)."""
    return tomllib.loads((HERE / "phrases.toml").read_text(encoding="utf-8"))


@cache
def issuer(code: str, key: str) -> Issuer:
    """The body `key` of place `code`. Raises KeyError for a body that the place does not have."""
    place = places()[code]
    if key == GOVERNMENT:
        return Issuer(key, f"{place.name}人民政府", "government", place.level, code, place, place.word)
    if key in place.townships:
        if key.endswith("街道"):
            return Issuer(key, f"{key}办事处", "subdistrict", "township", code, place, "街道")
        return Issuer(key, f"{key}人民政府", "township", "township", code, place, key[-1])
    if key in phrases()["departments"]:
        return Issuer(key, f"{place.name}{key}", "department", place.level, code, place, "局")
    raise KeyError(f"{place.name} has no body called {key}")


def upper_word(place: Place) -> str:
    """What the level above calls its area: 市 for a county, 省 for a prefecture."""
    return places()[place.parent].word if place.parent else "国"
