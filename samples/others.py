"""Pages that are neither reports nor look-alikes (others.toml): what a portal mostly consists of."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from .dice import Dice
from .lookalikes import LookAlike
from .naming import numbers
from .places import GOVERNMENT, Place, issuer

_CHOICE = re.compile(r"<([^<>]*)>")
_WORD = re.compile(r"\{(#(\d+)-(\d+)|[^{}]+)\}")


@cache
def topics() -> dict[str, list[dict[str, Any]]]:
    """The topics of every kind of page."""
    raw = tomllib.loads((Path(__file__).parent / "others.toml").read_text(encoding="utf-8"))
    out: dict[str, list[dict[str, Any]]] = {}
    for topic in raw["topic"]:
        out.setdefault(topic["kind"], []).append(topic)
    return out


def _said(pattern: str, place: Place, day: date, town: str, dice: Dice) -> str:
    words = {"名": place.name, "镇": town, "域": place.word, "Y": str(day.year), "M": str(day.month)}
    text = _CHOICE.sub(lambda m: dice.pick(m[1].split("|")), pattern)
    return _WORD.sub(lambda m: str(dice.whole(int(m[2]), int(m[3]))) if m[2] else words[m[1]], text)


def _chosen(seed: int, kind: str, place: Place, day: date, ordinal: int) -> tuple[dict[str, Any], str, str]:
    """(topic, township, title) of a page."""
    dice = Dice(seed, place.code, kind, ordinal, "title")
    topic, town = dice.pick(topics()[kind]), dice.pick(place.townships or (place.name,))
    return topic, town, _said(dice.pick(topic["titles"]), place, day, town, dice)


def title_of(seed: int, kind: str, place: Place, day: date, ordinal: int) -> str:
    """Title of the ordinal-th page of a kind on a portal, published on `day`."""
    return _chosen(seed, kind, place, day, ordinal)[2]


def write(seed: int, kind: str, place: Place, day: date, ordinal: int) -> LookAlike:
    """The page, in the shape of a look-alike of type `other`."""
    topic, town, title = _chosen(seed, kind, place, day, ordinal)
    dice = Dice(seed, place.code, kind, ordinal, "body")
    body = issuer(place, GOVERNMENT)
    index, number = numbers(seed, body, day, f"{kind} {ordinal}")
    lines = [_said(line, place, day, town, dice) for line in topic["sentences"]]
    return LookAlike(
        title=title,
        doc_type="other",
        issuer_name=body.printed,
        region_code=place.code,
        published_on=day,
        index_number=index,
        document_number=number,
        lines=tuple(lines),
    )
