"""A load: a hundred thousand pages in a minute or two, to measure how the job scales. It is no evidence of accuracy.

Some hundreds of reports are written and put on portals of all families as farm.py does it, and each page is taken apart
once. A page of the load is one of them with the names of another invented place and body, and with every count
multiplied by a whole number of that body's own: pages differ, sums still add up, years still follow one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from .builder import charset
from .dice import Dice
from .families import FAMILIES
from .farm import build
from .places import COUNTIES, GOVERNMENT, Issuer, Place, invented, issuer, phrases
from .reports import Report

FIRST_YEAR, LAST_YEAR = 2015, 2025
YEARS = LAST_YEAR - FIRST_YEAR + 1
GROUP = COUNTIES + 1  # a prefecture and its counties; each has a family of its own, the same in every group
LARGEST_FACTOR = 60
# Of how many townships pages are written; those of a place take turns, so that 镇 stays 镇 and 街道 stays 街道.
WRITTEN_TOWNSHIPS = 3
_COUNT = re.compile(r"(?<![\d.,:/〔第-])[1-9]\d{0,5}(?=余?(?:件|人|名|场|次|份|个|项|条|部|家|起|户|处|期|篇|万元|元))")


@dataclass(frozen=True, slots=True)
class LoadPage:
    """A page of the load as a portal would give it; `url` is that of the body's own host."""

    url: str
    title: str
    published_on: date
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Template:
    """A page taken apart: `parts` are bytes as they are, names to be put in (str) and counts (int)."""

    path: str
    title: str
    published_on: date
    content_type: str
    encoding: str
    parts: tuple[bytes | str | int, ...]


def bodies(place: Place) -> list[Issuer]:
    """The bodies of a generated place that report: its government, departments and townships."""
    return [issuer(place, key) for key in (GOVERNMENT, *phrases()["departments"], *place.townships)]


def place_of(page: int) -> tuple[int, int]:
    """Number of the place that a page of the load belongs to, and which of the place's pages it is."""
    group, rest = divmod(page, sum(_sizes()))
    for i, size in enumerate(_sizes()):
        if rest < size:
            return group * GROUP + i, rest
        rest -= size
    raise AssertionError("a remainder is less than the whole")


@cache
def _sizes() -> tuple[int, ...]:
    """Pages of each place of a group."""
    return tuple(len(bodies(invented(i))) * YEARS for i in range(GROUP))


def pages(seed: int, numbers: Iterable[int], *, edited: bool = False) -> Iterator[tuple[Place, LoadPage]]:
    """These pages of the load of `seed`, counted from 0, each with its place. edited: the same with one figure changed.

    Raises ValueError past the last invented place, at some 130,000 pages.
    """
    for page in numbers:
        number, nth = place_of(page)
        place = _place(number)
        family = sorted(FAMILIES)[number % GROUP % len(FAMILIES)]
        yield place, _page(seed, place, family, nth, edited)


_place = cache(invented)


def _page(seed: int, place: Place, family: str, nth: int, edited: bool) -> LoadPage:
    which, since = divmod(nth, YEARS)
    body, model = bodies(place)[which], _models()[place.word]
    department = next(iter(phrases()["departments"]))  # the one whose reports are written
    key, townships = body.key, list(place.townships)
    if body.kind == "department":
        key = department
    elif key in townships:  # the township that reports takes the place of the one whose report was written
        at = townships.index(key)
        written = at % WRITTEN_TOWNSHIPS
        townships[at], townships[written] = townships[written], townships[at]
        key = model.townships[written]
    template = _templates(seed, model, family)[issuer(model, key).printed, FIRST_YEAR + since]
    names = {model.name[:-1]: place.name[:-1], model.slug: place.slug, model.code: place.code}
    names |= dict(zip(model.townships, townships, strict=True))
    names[department] = body.key if body.kind == "department" else department
    encoded = {old: new.encode(template.encoding) for old, new in names.items()}
    factor = Dice(seed, place.code, body.key).whole(1, LARGEST_FACTOR)
    host = f"www.{place.slug}.gov.example" if body.key == GOVERNMENT else f"b{which}.{place.slug}.gov.example"
    return LoadPage(
        url=f"http://{host}{template.path}",
        title=re.sub("|".join(map(re.escape, names)), lambda m: names[m[0]], template.title),
        published_on=template.published_on,
        content_type=template.content_type,
        body=b"".join(_filled(template.parts, encoded, factor, edited)),
    )


def _filled(
    parts: tuple[bytes | str | int, ...], names: dict[str, bytes], factor: int, edited: bool
) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        elif isinstance(part, str):
            yield names[part]
        else:
            yield b"%d" % (part * factor + edited)
            edited = False  # one figure


@cache
def _models() -> dict[str, Place]:
    """By what a place calls its area, the place whose pages are written."""
    return {p.word: p for p in (invented(i) for i in reversed(range(GROUP)))}


@cache
def _templates(seed: int, model: Place, family: str) -> dict[tuple[str, int], _Template]:
    """Pages of a model on a portal of `family`, by issuer as printed and year."""
    keys = (GOVERNMENT, next(iter(phrases()["departments"])), *model.townships[:WRITTEN_TOWNSHIPS])
    place = replace(model, reports=tuple((key, FIRST_YEAR, LAST_YEAR) for key in keys))
    faults = ("gbk",) if sorted(FAMILIES).index(family) % 3 == 1 else ()
    portal = build(seed, family, place, faults)
    encoding = charset(frozenset(faults))[1]
    names = (model.slug, model.code, *model.townships, model.name[:-1], keys[1])
    out = {}
    for path in portal.articles:
        page = portal.pages[path]
        if isinstance(page.document, Report):
            told = page.document
            parts = tuple(_taken_apart(page.body.decode(encoding), names, encoding))
            out[told.issuer_name, told.report_year] = _Template(
                path, told.title, told.published_on, page.content_type, encoding, parts
            )
    return out


def _taken_apart(text: str, names: Iterable[str], encoding: str) -> Iterator[bytes | str | int]:
    """The parts of a page."""
    at = 0
    for found in re.finditer(f"({'|'.join(map(re.escape, names))})|{_COUNT.pattern}", text):
        yield text[at : found.start()].encode(encoding)
        yield found[0] if found[1] else int(found[0])
        at = found.end()
    yield text[at:].encode(encoding)
