"""`make triage`: what list rows alone tell, a JSON line each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
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


def read_rows(lines: Iterator[str], hosts: dict[str, Place]) -> Iterator[dict[str, Any]]:
    """Readings of JSON lines (url, title, site_or_source, pub_date; any of them null), in order."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            published = date.fromisoformat(row["pub_date"][:10]) if row.get("pub_date") else None
        except (ValueError, TypeError, KeyError, AttributeError) as e:
            raise Problem(f"line {number} is no JSON object with url, title, site_or_source, pub_date: {e}") from None
        host = urlsplit(row.get("url") or "").netloc.lower().removeprefix("www.")
        yield triage(row.get("title"), row.get("site_or_source"), published, hosts.get(host)).row


def main() -> None:
    """Command line of `make triage`."""
    parser = argparse.ArgumentParser(prog="python -m crawler.triage", description=__doc__)
    parser.add_argument("--src", type=Path, required=True, help="JSON lines: url, title, site_or_source, pub_date")
    parser.add_argument("--portals", type=Path, required=True, help="portal registry; tells which place a host belongs to")
    given = parser.parse_args()
    if not given.src.is_file():
        raise Problem(f"SRC={given.src}: no such file; give a file of JSON lines")
    with given.src.open(encoding="utf-8") as lines:
        for reading in read_rows(lines, places_by_host(given.portals)):
            json.dump(reading, sys.stdout, ensure_ascii=False)
            print()


if __name__ == "__main__":
    guard(main)
