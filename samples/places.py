"""Invented places and the bodies that report on their portals: those of places.toml and as many more as asked for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .dice import Dice

HERE = Path(__file__).parent
GOVERNMENT = "government"
COUNTIES = 9  # generated counties under a generated prefecture
PROVINCE = "990000"
FIRST_PREFECTURE = 10  # places.toml uses 9901 and 9902


@dataclass(frozen=True, slots=True)
class Place:
    """An invented region. `word` is how it calls its area (县), `upper` how the level above does (市), `reports` which
    body publishes for which years."""

    code: str
    name: str
    level: str
    word: str
    upper: str
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
            upper=raw[p["parent"]]["word"] if "parent" in p else "国",
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
def issuer(place: Place, key: str) -> Issuer:
    """The body `key` of a place. Raises KeyError for a body that the place does not have."""
    code = place.code
    if key == GOVERNMENT:
        return Issuer(key, f"{place.name}人民政府", "government", place.level, code, place, place.word)
    if key in place.townships:
        if key.endswith("街道"):
            return Issuer(key, f"{key}办事处", "subdistrict", "township", code, place, "街道")
        return Issuer(key, f"{key}人民政府", "township", "township", code, place, key[-1])
    if key in phrases()["departments"]:
        return Issuer(key, f"{place.name}{key}", "department", place.level, code, place, "局")
    raise KeyError(f"{place.name} has no body called {key}")


@cache
def _names() -> dict[str, Any]:
    return tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))


def invented(number: int) -> Place:
    """The number-th generated place, from 0: a prefecture, then its nine counties, then the next prefecture.

    Codes and names are unique among all places, and in no use outside. Raises ValueError past the last one.
    """
    names = _names()
    pairs = [head + tail for tail in names["tails"] for head in names["heads"] if head + tail not in names["taken"]]
    rounds, at = divmod(number, len(pairs))
    group, inside = divmod(number, COUNTIES + 1)
    if rounds >= len(names["before"]) or FIRST_PREFECTURE + group > 99:
        raise ValueError(f"there are no {number + 1} invented places; ask for fewer portals")
    stem = names["before"][rounds] + pairs[at]
    word = "市" if inside == 0 else ("县", "区", "县")[inside % 3]
    prefecture = f"99{FIRST_PREFECTURE + group}"
    dice = Dice("place", number)
    towns = dice.shuffled([a + b for a in names["town_heads"] for b in names["town_tails"]])[:6]
    kinds = ("街道", "镇", "镇") if word == "区" else ("镇", "镇", "乡")
    return Place(
        code=f"{prefecture}00" if inside == 0 else f"{prefecture}{(1 if word == '区' else 20) + inside:02d}",
        name=stem + word,
        level="prefecture" if inside == 0 else "county",
        word=word,
        upper="省" if inside == 0 else "市",
        slug="".join(names["latin"][sign] for sign in stem) + str(number),
        parent=PROVINCE if inside == 0 else f"{prefecture}00",
        icp=places()[PROVINCE].icp,
        townships=() if inside == 0 else tuple(town + kinds[i % 3] for i, town in enumerate(towns)),
        reports=(),
    )
