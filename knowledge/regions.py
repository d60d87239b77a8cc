"""Regions of China by code and by printed name, with their history, from ``regions.csv``.

Codes are the six digits of GB/T 2260 as text. A region is province, prefecture or county; districts of a
municipality and counties directly below a province are counties whose parent is the province. Where the data
come from and what is wrong in them: ``regions.SOURCE.md``. All functions are pure; the file is read once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("regions.csv")

# Names that went out of use earlier cannot stand over a report (the duty to report dates from 2004) and
# would only make today's names ambiguous: half the cities once had a 郊区.
NAMES_SINCE = 2004

# Ranks of a name: as in force today, as in force before, shortened (恩施州, 玉屏县).
_TODAY, _FORMER, _SHORT = 0, 1, 2

# Districts named by a common word. 城区管理局 is an office that manages the built-up area, 东区街道 a street.
_COMMON_WORD = re.compile(r"(?:.*[省市])?(?:城区|郊区|矿区|东区|西区|新城区)")
_NOT_A_DISTRICT = ("管理", "管委", "街道", "办事处")

# 族 may be missing only after the long names (哈萨克自治州); otherwise 融水苗族 would lose its 水.
_PEOPLES = (
    r"(?:蒙古|哈萨克|维吾尔|柯尔克孜|锡伯|塔吉克)族?"
    r"|(?:土家|布依|朝鲜|哈尼|傈僳|拉祜|东乡|纳西|景颇|达斡尔|仫佬|布朗|撒拉|毛南|仡佬|普米|裕固|保安|独龙"
    r"|回|藏|苗|彝|壮|满|侗|瑶|白|傣|黎|佤|畲|水|土|羌|怒|各)族"
)
_AUTONOMOUS = re.compile(rf"(.{{2,}}?)(?:(?:{_PEOPLES})*自治|(?:{_PEOPLES})+)([区州县旗])")
# Everyday forms that no rule gives.
_CONTRACTED = {
    "巴音郭楞蒙古自治州": "巴州",
    "博尔塔拉蒙古自治州": "博州",
    "克孜勒苏柯尔克孜自治州": "克州",
    "前郭尔罗斯蒙古族自治县": "前郭县",
    "喀喇沁左翼蒙古族自治县": "喀左县",
    "杜尔伯特蒙古族自治县": "杜蒙县",
}
# 林区 and 新区 are kinds in few names only: 碑林区 is 碑林, 清新区 is 清新.
_KIND = re.compile(r"(?:特别行政区|地区|特区|联合旗|(?<=神农架)林区|(?<=浦东|滨海|沈北|两江)新区|[省市县区盟旗])$")


@dataclass(frozen=True, slots=True)
class Region:
    """One row: a place under one code, name and path.

    ``valid_from`` and ``valid_to`` are years, both inclusive; 1980 means 1980 or earlier, ``valid_from``
    None that the year is unknown, ``valid_to`` None that the row is in force.
    """

    code: str
    name: str
    full_name: str
    level: str  # province | prefecture | county
    parent_code: str  # "" for a province
    valid_from: int | None
    valid_to: int | None
    successor_code: str | None  # a code of today; None: in force, unknown, or split among several


@cache
def rows() -> tuple[Region, ...]:
    """Every row of the file, in its order (code, then year). Raises OSError if the file is missing."""
    with _FILE.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        next(lines)
        return tuple(
            Region(code, name, full_name, level, parent, _year(first), _year(last), successor or None)
            for code, name, full_name, level, parent, first, last, successor in lines
        )


def _year(cell: str) -> int | None:
    return int(cell) if cell else None


@cache
def _newest() -> dict[str, Region]:
    # The rows of a code stand in the order of their years, so the last one wins.
    return {row.code: row for row in rows()}


def by_code(code: str) -> Region | None:
    """The newest row of a code, in force or not; None for an unknown code."""
    return _newest().get(code)


def current(code: str) -> str | None:
    """The code in force today for a code of any year: itself, or of the region that took its place.

    None if the code is unknown or nothing took its place as a whole.
    """
    row = by_code(code)
    if row is None:
        return None
    return code if row.valid_to is None else row.successor_code


def chain(code: str) -> tuple[Region, ...]:
    """Province → … → the region itself, as of today; an old code is first brought to today. () if unknown."""
    path: list[Region] = []
    step = current(code)
    while step:
        region = _newest()[step]
        path.append(region)
        step = region.parent_code
    return tuple(reversed(path))


def contains(outer: str, inner: str) -> bool:
    """Does ``inner`` lie in ``outer``, or equal it, by today's tree? Old codes count as their successors."""
    target = current(outer)
    return target is not None and any(region.code == target for region in chain(inner))


def _stem(name: str) -> str:
    """The name without its kind and peoples: 高要区 → 高要, 恩施土家族苗族自治州 → 恩施."""
    if match := _AUTONOMOUS.fullmatch(name):
        return match[1].removesuffix("族")  # 东乡族自治县 has nothing before its people
    return _KIND.sub("", name)


def _forms(name: str) -> set[str]:
    """A name and its everyday forms, if it has peoples in it: 恩施州, 玉屏县, 管城区, 巴州."""
    forms = {name, _CONTRACTED.get(name, name)}
    match = _AUTONOMOUS.fullmatch(name)
    if match and not name.endswith("自治区"):
        forms.add(match[1].removesuffix("族") + match[2])
    return forms


def _parts(row: Region) -> tuple[str, str]:
    """Names of the province and of the prefecture above a row, as they were then; "" where there is none."""
    if row.level == "province":
        return "", ""
    province = _newest()[row.code[:2] + "0000"].name
    return province, row.full_name[len(province) : -len(row.name)]


def _printed(row: Region) -> Iterator[tuple[str, bool]]:
    """Every way to print a row with its kind, and whether the way is a short one.

    The province may be short (广东肇庆市高要区) or left out, the prefecture left out.
    """
    province, prefecture = _parts(row)
    own_names = _forms(row.name)
    middles = {"", *_forms(prefecture)}
    for head in {"", province, _stem(province)}:
        for middle in middles:
            for own in own_names:
                yield head + middle + own, own != row.name or middle not in ("", prefecture)
        # 济南市市中区 is also written 济南市中区.
        if row.name.startswith("市") and prefecture.endswith("市"):
            yield head + prefecture[:-1] + row.name, True


def _rank(row: Region) -> int:
    return _TODAY if row.valid_to is None else _FORMER


def _named_rows() -> Iterator[tuple[Region, str]]:
    """The rows whose names may stand over a report, each with today's code, "" if it has none."""
    for row in rows():
        if row.valid_to is None:
            yield row, row.code
        elif row.valid_to >= NAMES_SINCE:
            yield row, row.successor_code or ""


# A name leads to today's codes, each with the best rank under which it has that name. The code "" is a former
# region that has no place today.
_Index = dict[str, dict[str, int]]


def _note(index: _Index, name: str, code: str, rank: int) -> None:
    codes = index.setdefault(name, {})
    if rank < codes.get(code, rank + 1):
        codes[code] = rank


@cache
def _names() -> _Index:
    index: _Index = {}
    for row, code in _named_rows():
        for name, short in _printed(row):
            _note(index, name, code, _SHORT if short else _rank(row))
    return index


@cache
def _stems() -> _Index:
    index: _Index = {}
    for row, code in _named_rows():
        own = _stem(row.name)
        if len(own) < 2:
            continue
        province, prefecture = _parts(row)
        for head in {"", _stem(province)}:
            for middle in {"", _stem(prefecture)}:
                _note(index, head + middle + own, code, _rank(row))
    return index


@cache
def _longest_name() -> int:
    return max(map(len, _names()))


def _look_up(index: _Index, name: str, within: str | None) -> tuple[Region, ...]:
    codes = index.get(name, {})
    ordered = sorted(codes, key=lambda code: (codes[code], code))
    return tuple(_newest()[code] for code in ordered if code and (within is None or contains(within, code)))


def find(name: str, within: str | None = None) -> tuple[Region, ...]:
    """Regions of today that a printed name or path can mean; () if none.

    Takes a full path (广东省肇庆市高要区), any path that leaves out the province, the prefecture or
    both, a former name or path since ``NAMES_SINCE`` (高要市, 襄樊市襄城区), and the everyday form of an
    autonomous region (恩施州). Blanks do not count. What has that name today comes first, then what had
    it, then everyday forms; by code within each: 铜仁市 is the prefecture and, until 2010, today's 碧江区.
    ``within`` is a code; only what lies in it is kept.
    """
    return _look_up(_names(), "".join(name.split()), within)


def find_stem(name: str, within: str | None = None) -> tuple[Region, ...]:
    """Regions of today by a name without its kind (高要, 肇庆高要), two characters or more; () if none.

    A last resort: 朝阳 is a city, a county and two districts. Order and ``within`` as in ``find``.
    """
    return _look_up(_stems(), "".join(name.split()), within)


def prefix(text: str, within: str | None = None) -> tuple[int, tuple[Region, ...]]:
    """The longest region path at the start of ``text``: its length in characters and what it can mean.

    肇庆市高要区人民政府 → (6, 高要区); 朝阳区人民政府 → (3, both 朝阳区); (0, ()) if no region stands there.
    A length without regions tells a former region that was split (石家庄市桥东区): the text is not about
    石家庄市. Only names with their kind count, in the order of ``find``. A district whose name is a common
    word is not read out of an office's name (城区管理局).
    """
    names = _names()
    for length in range(min(len(text), _longest_name()), 1, -1):
        start = text[:length]
        if start not in names:
            continue
        if _COMMON_WORD.fullmatch(start) and text.startswith(_NOT_A_DISTRICT, length):
            continue
        found = _look_up(names, start, within)
        if found or "" in names[start]:
            return length, found
    return 0, ()
