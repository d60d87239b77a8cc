"""`make portals`: the registry of the whole country, portals.csv, from the known addresses and today's regions.

    python -m crawler.build_portals [--check]

Reads portals_source.tsv (facts: which region, which address, what was seen there; see portals.SOURCE.md) and
knowledge/regions.csv, writes portals.csv, and prints what could not be joined. Fetches nothing. With --check nothing
is written, and a registry that differs is an error.

A row belongs to the region whose whole path is the row's (province/prefecture/county): bare names belong to several
places, and a path's depth tells a prefecture from the county-level city it grew out of (毕节市).
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from crawler.registry import Portal, read_portals, write_portals
from knowledge import regions
from knowledge.console import Problem, guard, summary
from knowledge.urls import canonical_url

_HERE = Path(__file__).parent
SOURCE = _HERE / "portals_source.tsv"
REGISTRY = _HERE / "portals.csv"
COLUMNS = ("path", "homepage", "listed_as", "access", "checked_on", "seen", "note")

# The cities of the Corps lie directly below 新疆 in GB/T 2260; lists of portals put the Corps between.
_NO_LEVEL = "新疆生产建设兵团"

# What a person who reads the registry should know about how the home page answered.
_ACCESS = {
    "direct": "",
    "protocol-switch": "answered here only, not at {listed_as} ({checked_on})",
    "ua-mobile": "answered a telephone's User-Agent only ({checked_on})",
    "none": "no answer to a script ({checked_on})",
    "unchecked": "not checked",
}

# Addresses that tell the software behind a portal and nothing else. Not among them: /col/col<id>/ (two products of
# one maker), list.shtml (several makers) and /gkmlpt/ (a part beside static pages; the word in the registry would
# hold for every list of the portal).
_SOFTWARE = {
    "trs": re.compile(r"/t\d{8}_\d+\.s?html?$"),
    "lonsun": re.compile(r"/public/column/\d+\?"),
}
# Article addresses that begin with the address of their column: 拓尔思 TRS, and the static pages of 南方网 NFCMS.
_IN_COLUMN = (
    re.compile(r"(?P<column>.*/)\d{6}/t\d{8}_\d+\.s?html?"),
    re.compile(r"(?P<column>.*/)content/post_\d+\.html"),
)
# A report may also stand among the notices; a column is one of reports if its slug says so, fa zhi zheng fu … bao
# gao. The crawler looks no further where a row names columns, so a doubtful one would hide the right one.
_REPORT_COLUMN = re.compile(r"fzzf\w*bg(?:/|$)")


@dataclass(frozen=True, slots=True)
class Known:
    """A row of portals_source.tsv.

    `path` is province/prefecture/county; `listed_as` the address in the list it came from, if another; `access` a key
    of `_ACCESS`, as found on `checked_on` (ISO date); `seen` addresses of pages of this government; `note` for people,
    or why the row is no region of GB/T 2260.
    """

    path: str
    homepage: str
    listed_as: str
    access: str
    checked_on: str
    seen: tuple[str, ...]
    note: str


def read_source(path: Path = SOURCE) -> list[Known]:
    """All rows of the source in file order; raises Problem naming file, line and field."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise Problem(f"{path}:1: the columns must be {', '.join(COLUMNS)}, separated by tabs")
        known: dict[str, Known] = {}
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise Problem(f"{where}: must have {len(COLUMNS)} fields, separated by tabs")
            if row["path"] in known:
                raise Problem(f"{where}: path: {row['path']} has two rows; keep one")
            if row["access"] not in _ACCESS:
                raise Problem(f"{where}: access: {row['access']!r} is none of {', '.join(_ACCESS)}")
            try:
                homepage = canonical_url(row["homepage"])
                seen = tuple(map(canonical_url, row["seen"].split()))
            except ValueError as e:
                raise Problem(f"{where}: {e}") from None
            known[row["path"]] = Known(
                row["path"], homepage, row["listed_as"], row["access"], row["checked_on"], seen, row["note"]
            )
    return list(known.values())


@cache
def _code_of() -> dict[str, str]:
    """Path → code, for the regions of today."""
    today = (row for row in regions.rows() if row.valid_to is None)
    return {"/".join(step.name for step in regions.chain(row.code)): row.code for row in today}


def region_of(path: str) -> str | None:
    """Code of today's region with exactly this path; None if there is none."""
    return _code_of().get(path.replace(f"/{_NO_LEVEL}/", "/"))


def why_not(known: Known) -> str:
    """Why a row has no region, with what its path meant before, if anything: a person decides, not this program."""
    if known.note:
        return known.note
    meant = [f"{r.code} {r.full_name}" for r in regions.find(known.path.replace("/", ""))]
    return "no region of today has this path" + (f"; it may be {' or '.join(meant)}" if meant else "")


def portal(known: Known, code: str) -> Portal:
    """Registry row of a region's government. Its id comes from the code: readable, unique, outlives the host."""
    region = regions.chain(code)[-1]
    # 地区 and 盟 have no people's government of their own but an office of the province's.
    body = "行政公署" if region.level == "prefecture" and region.name.endswith(("地区", "盟")) else "人民政府"
    own = [at for url in known.seen if (at := _at_home(url, known.homepage))]
    software = {name for url in own for name, form in _SOFTWARE.items() if form.search(url)}
    columns = dict.fromkeys(c for url in known.seen if (c := report_column(_at_home(url, known.homepage) or url)))
    access = _ACCESS[known.access].format(listed_as=known.listed_as, checked_on=known.checked_on)
    return Portal(
        portal_id=f"r{code}",
        name=region.name + body,
        homepage=known.homepage,
        region_code=code,
        entry_urls=tuple(columns),
        cms=software.pop() if len(software) == 1 else "",
        notes="; ".join(filter(None, (access, known.note))),
    )


def report_column(url: str) -> str | None:
    """Address of the column of reports that an article lies in; None where its address does not give one."""
    found = next((m for form in _IN_COLUMN if (m := form.fullmatch(url))), None)
    return found["column"] if found and _REPORT_COLUMN.search(found["column"]) else None


def _at_home(url: str, homepage: str) -> str | None:
    """The address as the home page's host writes it, with or without www.; None if it lies on another host.

    One portal under two spellings would be two hosts to the crawler, each asked on its own.
    """
    there, home = urlsplit(url), urlsplit(homepage)
    if there.netloc.removeprefix("www.") != home.netloc.removeprefix("www."):
        return None
    return there._replace(scheme=home.scheme, netloc=home.netloc).geturl()


def join(rows: Sequence[Known]) -> tuple[list[Portal], list[Known]]:
    """Portals in the order of their codes, and the rows that belong to no region of today."""
    found = {row.path: region_of(row.path) for row in rows}
    portals: dict[str, Portal] = {}
    for row in rows:
        if code := found[row.path]:
            if code in portals:
                raise Problem(f"{SOURCE}: {row.path} and another row are both {code}; keep one")
            portals[code] = portal(row, code)
    return [portals[code] for code in sorted(portals)], [row for row in rows if not found[row.path]]


def _notes(portals: Sequence[Portal], left: Sequence[Known]) -> Iterator[str]:
    """What a person should look at, a line each."""
    for row in left:
        yield f"not joined: {row.path} {row.homepage} - {why_not(row)}"
    hosts = Counter(urlsplit(p.homepage).netloc for p in portals)
    for p in portals:
        if hosts[urlsplit(p.homepage).netloc] > 1:
            yield f"shared home page: {p.portal_id} {p.name} {p.homepage}"
    held = {p.region_code for p in portals}
    if missing := [path for path, code in sorted(_code_of().items(), key=lambda x: x[1]) if code not in held]:
        yield f"regions without a known portal: {', '.join(missing)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m crawler.build_portals", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the registry would change")
    check = parser.parse_args(arguments).check
    rows = read_source()
    portals, left = join(rows)
    fresh = REGISTRY.with_name(REGISTRY.name + ".new")
    try:
        write_portals(fresh, portals)
        read_portals(fresh)  # what is written is valid, or an error says where it is not
        same = REGISTRY.exists() and REGISTRY.read_bytes() == fresh.read_bytes()
        if check and not same:
            raise Problem(f"{REGISTRY} is not what its sources give; run make portals")
        if not same:
            fresh.replace(REGISTRY)
    finally:
        fresh.unlink(missing_ok=True)
    levels = Counter(regions.chain(p.region_code)[-1].level for p in portals)
    facts = {
        "known addresses": len(rows),
        "joined to a region of today": len(portals),
        **{f"  {level}": levels[level] for level in ("province", "prefecture", "county")},
        "not joined": len(left),
        "with entry_urls": sum(bool(p.entry_urls) for p in portals),
        "with cms": sum(bool(p.cms) for p in portals),
    }
    summary(f"{REGISTRY}: {'unchanged' if same else 'written'}", facts, list(_notes(portals, left)))
    return 0


if __name__ == "__main__":
    guard(main)
