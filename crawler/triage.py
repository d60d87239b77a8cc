"""`make triage`: what list rows alone tell, a JSON line each."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.registry import read_portals
from knowledge.bodies import Place, place
from knowledge.console import Problem, guard
from knowledge.triage import triage


def places_by_host(portals: Path) -> dict[str, Place]:
    """Place of each portal host of a registry; hosts that stand for several places are left out."""
    found: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for row in read_portals(portals) if portals.exists() else ():
        host = urlsplit(row.homepage).netloc.lower().removeprefix("www.")
        found.setdefault(host, set()).add(row.region_code)
        names[host] = row.name
    known = {host: place(next(iter(codes)), names[host]) for host, codes in found.items() if len(codes) == 1}
    return {host: where for host, where in known.items() if where}


def read_rows(lines: Iterable[str], hosts: dict[str, Place]) -> Iterator[dict[str, Any]]:
    """Readings of JSON lines (url, title, site_or_source, pub_date; any of them null), in order.

    A line that is no JSON object, and a value that is no text or date, tell nothing: there is still a reading per line.
    """
    for line in lines:
        if not line.strip():
            continue
        try:
            row = json.loads(line.lstrip("\ufeff"))
        except ValueError:
            row = {}
        said = {k: v for k, v in row.items() if isinstance(v, str)} if isinstance(row, dict) else {}
        yield triage(
            said.get("title"), said.get("site_or_source"), _date(said.get("pub_date")), hosts.get(_host(said))
        ).row


def _host(said: dict[str, str]) -> str:
    try:
        return urlsplit(said.get("url", "")).netloc.lower().removeprefix("www.")
    except ValueError:
        return ""


def _date(printed: str | None) -> date | None:
    m = re.search(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", printed or "")
    try:
        return date(*map(int, m.groups())) if m else None
    except ValueError:
        return None


def main() -> None:
    """Command line of `make triage`."""
    parser = argparse.ArgumentParser(prog="python -m crawler.triage", description=__doc__)
    parser.add_argument("--src", type=Path, required=True, help="JSON lines: url, title, site_or_source, pub_date")
    parser.add_argument(
        "--portals", type=Path, required=True, help="portal registry; tells which place a host belongs to"
    )
    given = parser.parse_args()
    if not given.src.is_file():
        raise Problem(f"SRC={given.src}: no such file; give a file of JSON lines")
    with given.src.open(encoding="utf-8-sig", errors="replace") as lines:
        for reading in read_rows(lines, places_by_host(given.portals)):
            json.dump(reading, sys.stdout, ensure_ascii=False)
            print()


if __name__ == "__main__":
    guard(main)
