"""Documents that resemble yearly reports and are none (lookalikes.toml): what a crawler meets in the same columns."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from .dice import Dice
from .figures import Figures
from .naming import numbers, title_of, words
from .phrasing import Voice, speak
from .places import GOVERNMENT, Issuer, Place, issuer


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A document beside the reports. `lines` is its body; in the row of a table cells are separated by a tab."""

    title: str
    doc_type: str
    issuer_name: str
    region_code: str
    published_on: date
    index_number: str
    document_number: str | None
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The body: lines joined by a line break."""
        return "\n".join(self.lines)


@cache
def kinds() -> tuple[dict[str, Any], ...]:
    """The kinds of look-alikes, in the order of lookalikes.toml; a doc_type may have several."""
    raw = tomllib.loads((Path(__file__).parent / "lookalikes.toml").read_text(encoding="utf-8"))
    return tuple(raw["document"])


@dataclass(frozen=True, slots=True)
class Draft:
    """A look-alike before it is written: enough for lists."""

    seed: int
    kind: int
    year: int
    issuer: Issuer
    title: str
    published_on: date


def draft(seed: int, place: Place, kind: int, year: int) -> Draft:
    """The look-alike of that kind (index into kinds()) in `place`, about report year `year`."""
    spec = kinds()[kind]
    body = issuer(place, spec["by"])
    dice = Dice(seed, place.code, kind, year, "look-alike")
    first, last = spec["month"]
    published = date(year + 1, dice.whole(first, last), dice.whole(8, 28))
    return Draft(seed, kind, year, body, _speak(seed, place, body, year, dice.pick(spec["titles"]), dice), published)


def _speak(seed: int, place: Place, body: Issuer, year: int, pattern: str, dice: Dice) -> str:
    speaker = issuer(place, GOVERNMENT)
    own = words(speaker, year, dice)
    voice = Voice(own | {"R": title_of(seed, speaker, year)}, "件", False)
    return speak(pattern, voice, Figures(seed, body, year), dice).text


def _row(line: str) -> str:
    """A table's row as printed: numbers without their unit word, Σ as the sum of those before it."""
    cells = [re.sub(r"^(\d+)\D+$", r"\1", cell) for cell in line.split("\t")]
    total = str(sum(int(cell) for cell in cells if cell.isdecimal()))
    return "\t".join(total if cell == "Σ" else cell for cell in cells)


def write(d: Draft) -> LookAlike:
    """The full document. Pure."""
    dice = Dice(d.seed, d.issuer.region_code, d.kind, d.year, "body")
    lines: list[str] = []
    for variants in kinds()[d.kind]["lines"]:
        spoken = _speak(d.seed, d.issuer.place, d.issuer, d.year, dice.pick(variants), dice).split("\n")
        lines += [_row(line) if "\t" in line else line for line in spoken]
    index, number = numbers(d.seed, d.issuer, d.published_on, f"look-alike {d.kind}")
    return LookAlike(
        title=d.title,
        doc_type=kinds()[d.kind]["doc_type"],
        issuer_name=d.issuer.printed,
        region_code=d.issuer.region_code,
        published_on=d.published_on,
        index_number=index,
        document_number=number,
        lines=tuple(line for line in lines if line),
    )
