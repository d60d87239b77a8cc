"""`make crawl`: the command line."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler import settings
from crawler.crawl import Options, crawl
from crawler.policy import in_window
from crawler.runs import RunError
from knowledge import cluster, storage
from knowledge.console import guard


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. What a person can put right is raised as a Problem."""
    return crawl(_options(arguments, os.environ.get("DEBUG") == "1"))


def _options(arguments: Sequence[str] | None, debug: bool) -> Options:
    parser = argparse.ArgumentParser(prog="python -m crawler.run", description=__doc__)
    parser.add_argument("--data", type=storage.data_folder, required=True, help="data folder")
    parser.add_argument("--portals", type=Path, required=True, help="portal registry (CSV)")
    parser.add_argument("--only", default="", help="region codes or prefixes, comma-separated")
    parser.add_argument("--years", default="", help="years or ranges, comma-separated: 2019-2021,2023")
    parser.add_argument("--max-pages", default="", help="at most so many requests in this run")
    parser.add_argument("--contact", default="", help="mail address or page for the User-Agent")
    parser.add_argument("--delay", default="", help="seconds between requests to one host")
    parser.add_argument("--recheck", default="", help="days after which a known page is fetched again; 0: all are due")
    parser.add_argument("--night", default="", help="window of the day in China for public hosts: 22:00-06:30")
    parser.add_argument("--engine", type=cluster.engine, default="local", help="local, or ray: parts on a cluster")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="parts of a crawl on a cluster")
    given = parser.parse_args(arguments)
    contact = given.contact.strip()
    if contact and not re.fullmatch(r"[^\s@()]+@[^\s@()]+\.[^\s@()]+|https?://[^\s()]+", contact):
        raise RunError(f"CONTACT={contact}: must be a mail address or the address of a page")
    max_pages = _number("MAX_PAGES", given.max_pages)
    night = given.night.strip() or settings.NIGHT_WINDOW
    try:
        in_window(night, datetime.now(UTC))
    except ValueError as e:
        raise RunError(f"NIGHT={night}: {e}") from None
    return Options(
        data=given.data,
        portals=given.portals,
        only=given.only,
        years=parse_years(given.years),
        max_pages=int(max_pages or 0),
        contact=contact,
        delay=_number("DELAY", given.delay),
        recheck=_number("RECHECK", given.recheck),
        night=night,
        engine=given.engine,
        jobs=given.jobs,
        debug=debug,
    )


def _number(name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise RunError(f"{name}={text}: must be a number, 0 or more")
    return value


def parse_years(text: str) -> frozenset[int]:
    """Years of `2019-2021,2023`; empty for an empty text. Raises RunError for anything else."""
    years: set[int] = set()
    for part in filter(None, re.split(r"[,\s]+", text)):
        match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", part)
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise RunError(f"YEARS={text}: {part!r} is no year or range of years (2019-2021,2023)")
        years.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(years)


if __name__ == "__main__":
    guard(main)
