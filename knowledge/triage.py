"""What a list row alone tells of a document: title, address, the site's name and the date printed beside it.

The same knowledge decides what the crawler fetches and, later, what the transform believes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge import regions
from knowledge.bodies import Body, Place, place, read_body
from knowledge.text import plain
from knowledge.titles import TitleReading, read_title

_SITE_NOISE = re.compile(
    r"(门户|政务)?(网站?|平台|在线|信息公开|客户端|本网|[（(].*|-.*|转载|repost|mirror of).*$", re.I
)
# the latest month in which a report on the year before is usually put online
_LATE_MONTH = 9


@dataclass(frozen=True, slots=True)
class Triage:
    """The reading of one row; None where it tells nothing. Codes and words as in table documents."""

    doc_type: str
    report_year: int | None
    issuer_name: str | None
    issuer_kind: str | None
    issuer_level: str | None
    region_code: str | None

    @property
    def row(self) -> dict[str, Any]:
        """As a plain mapping, fields in order."""
        return {name: getattr(self, name) for name in self.__slots__}


def triage(
    title: str | None, site: str | None = None, published: date | None = None, home: Place | None = None
) -> Triage:
    """Read one row. `home`: the place whose portal lists it; `site`: the site's or source's name as printed."""
    reading = read_title(title or "")
    home = home or site_place(site)
    body = _issuer(reading, site, home)
    return Triage(
        doc_type=reading.doc_type,
        report_year=_year(reading, published),
        issuer_name=body.name if body else None,
        issuer_kind=body.kind if body else None,
        issuer_level=body.level if body else None,
        region_code=body.region_code if body else None,
    )


def site_place(site: str | None) -> Place | None:
    """The one place that a site's or source's name begins with, if any: 龙岗区政府在线 → 深圳市龙岗区."""
    name = plain(re.sub(r"\s+", "", site or ""))
    _, found = regions.prefix(name)
    if not found:
        return None
    exact = [r for r in found if name.find(r.name) >= 0]
    return place(exact[0].code) if len(exact) == 1 else None


def _issuer(reading: TitleReading, site: str | None, home: Place | None) -> Body | None:
    """The body in the title; for a report whose title names none, the site's own body."""
    if reading.subject and (body := read_body(reading.subject, home)):
        return body
    if not reading.is_report:
        return None
    source = _SITE_NOISE.sub("", plain(re.sub(r"\s+", "", site or "")))
    body = read_body(source, home) if source else None
    if (
        body
        and body.kind == "department"
        and body.name.endswith(("司法局", "政府办公室", "政府办", "司法厅", "办公室"))
        and home
    ):
        return read_body(home.name, home)  # the office that drafts and publishes the government's report
    return body


def _year(reading: TitleReading, published: date | None) -> int | None:
    """Year in the title; else, for a report put online early in a year, the year before."""
    if reading.report_year or not (reading.is_report and published):
        return reading.report_year
    return published.year - 1 if published.month <= _LATE_MONTH else None
