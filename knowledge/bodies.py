"""The bodies that report: from a printed name to kind, level and region.

A name is read from its ending (局, 镇人民政府, 街道办事处 …) and from the region path at its start. Where a bare name
(区司法局, 朝阳区) does not tell the region, the caller's context does: the portal's region or the site code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from knowledge import regions
from knowledge.cues import load
from knowledge.text import plain

_BARE = re.compile(r"^(省|自治区|市|州|盟|地区|县|区|旗|本)(?=[\u4e00-\u9fff]{2,})")
_JOINT = re.compile(r"^(中共.{2,20}?委(?:员会)?)[、和 ]?(.{2,20}(?:人民政府|政府))$")
_COMPLETE = {"township": "人民政府", "subdistrict": "办事处", "zone": "管委会"}
_FINISHED = {
    "township": ("政府", "党委"),
    "subdistrict": ("办事处", "街道办", "党工委"),
    "zone": ("管委会", "管理委员会"),
}


@dataclass(frozen=True, slots=True)
class Body:
    """A reporting body: `name` completed (高要区 → 高要区人民政府), `kind`, `level`, `region_code` (None if unknown)."""

    name: str
    kind: str
    level: str | None
    region_code: str | None


def issuer_id(body: Body) -> str:
    """Region, kind and folded name: one body under all the ways its name is printed."""
    code = body.region_code or "000000"  # an unknown place: the name alone tells bodies apart
    name = re.sub(r"[\s、()]", "", body.name)
    if body.kind == "government" and body.region_code:
        return f"{code}:government"
    for upper in regions.chain(code):
        name = name.removeprefix(upper.name)
    return f"{code}:{body.kind}:{name}"


@cache
def _endings() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((b["kind"], re.compile(b["ends"] + "$")) for b in load("titles.toml")["body"])


@cache
def _national() -> frozenset[str]:
    return frozenset(load("titles.toml")["national"]["names"])


def kind_of(name: str) -> str | None:
    """Kind of the body with this name, or None if the name ends like no body's."""
    return next((kind for kind, ends in _endings() if ends.search(name)), None)


@dataclass(frozen=True, slots=True)
class Place:
    """A region as bodies need it: code, own name (高要区), full name, level."""

    code: str
    name: str
    full_name: str
    level: str


def place(code: str, portal_name: str | None = None) -> Place | None:
    """Today's place for a region code. A code that the tables do not know (an invented place) keeps the portal's name."""
    today = regions.current(code)
    region = regions.by_code(today) if today else None
    if region:
        return Place(region.code, region.name, region.full_name, region.level)
    if regions.by_code(code) or not portal_name:
        return None
    name = re.sub(r"(人民)?政府?(门户)?(网站|网|政务网)?$", "", portal_name)
    level = "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"
    return Place(code, name, portal_name, level)


def read_body(printed: str, home: Place | None = None, extra: tuple[Place, ...] = ()) -> Body | None:
    """The body named `printed`; None if the words name no body.

    `home` is the place whose portal published it; `extra` are places that the region tables do not know. A region
    is left unknown rather than guessed among namesakes.
    """
    name = re.sub(r"\s+", "", plain(printed))
    if not name:
        return None
    if name in _national():
        return Body(name, "department", "national", None)
    if joint := _JOINT.match(name):
        government = read_body(joint[2], home, extra)
        if government:
            return Body(f"{joint[1]} {joint[2]}", "government", government.level, government.region_code)
    length, where = _place(name, home, extra)
    rest = name[length:]
    if where and length == 1:  # 区司法局, 县政府: say which
        name = where.name + rest
    if where and rest in ("", "人民政府", "政府"):
        return Body(name.removesuffix(rest) + "人民政府", "government", where.level, where.code)
    kind = kind_of(rest or name)
    if kind is None:
        return None
    if kind == "government":  # a government whose place is unknown, or one of several namesakes
        return Body(name, kind, where.level if where else _level_of_suffix(name), where.code if where else None)
    if kind in _COMPLETE and not name.endswith(_FINISHED[kind]):
        name += _COMPLETE[kind]
    where = where or home
    level = "township" if kind in ("township", "subdistrict") else where.level if where else None
    return Body(name, kind, level, where.code if where else None)


def _place(name: str, home: Place | None, extra: tuple[Place, ...]) -> tuple[int, Place | None]:
    """Length of the region path at the start of `name`, and the place if only one can be meant."""
    known = (home, *extra) if home and regions.by_code(home.code) is None else extra
    if hit := max((p for p in known if name.startswith(p.name)), key=lambda p: len(p.name), default=None):
        return len(hit.name), hit
    if home and (bare := _BARE.match(name)):
        for region in reversed(regions.chain(home.code)):
            if region.name.endswith(bare[1]):
                return len(bare[1]), place(region.code)
        if home.name.endswith(bare[1]):
            return len(bare[1]), home
    length, found = regions.prefix(name, home.code) if home else (0, ())
    if not found:
        length, found = regions.prefix(name)
    # 铜仁市 is a prefecture today and was a county-level city: today's bearer of the name is meant
    exact = [r for r in found if name[:length].endswith(r.name)]
    meant = exact if len(exact) == 1 else found
    return length, place(meant[0].code) if len(meant) == 1 else None


def _level_of_suffix(name: str) -> str | None:
    """Level that the name's ending proves; 市 alone proves none."""
    m = re.search(r"(省|自治区|自治州|州|盟|地区|县|区|旗)(?=人民政府|政府)", name)
    if not m:
        return None
    upper = {"省": "province", "自治区": "province", "自治州": "prefecture", "州": "prefecture", "盟": "prefecture"}
    return upper.get(m[1], "prefecture" if m[1] == "地区" else "county")
