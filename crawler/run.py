"""`make crawl`: one run over the portals of a registry, into the archive."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from twisted.logger import globalLogBeginner

from crawler import __version__, settings
from crawler.families import FAMILIES
from crawler.history import read_history, rows_of_run
from crawler.policy import TargetGuard, is_loopback
from crawler.registry import Portal, read_portals, select, write_portals
from crawler.runs import Run, RunError, archive_lock, start_run
from crawler.spiders.reports import ReportsSpider
from knowledge.archive import PORTALS_FILE
from knowledge.console import guard, names, summary

_DOCUMENTS = ("article", "attachment")
# What Scrapy said, beside the archive: for whoever looks into a failed run.
SCRAPY_LOG = "scrapy.log"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for, checked."""

    data: Path
    portals: Path
    only: str
    years: frozenset[int]
    max_pages: int
    contact: str
    delay: float | None
    recheck: float | None
    debug: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. What a person can put right is raised as a Problem."""
    return _crawl(_options(arguments, os.environ.get("DEBUG") == "1"))


def _options(arguments: Sequence[str] | None, debug: bool) -> Options:
    parser = argparse.ArgumentParser(prog="python -m crawler.run", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--portals", type=Path, required=True, help="portal registry (CSV)")
    parser.add_argument("--only", default="", help="region codes or prefixes, comma-separated")
    parser.add_argument("--years", default="", help="years or ranges, comma-separated: 2019-2021,2023")
    parser.add_argument("--max-pages", default="", help="at most so many requests in this run")
    parser.add_argument("--contact", default="", help="mail address or page for the User-Agent")
    parser.add_argument("--delay", default="", help="seconds between requests to one host")
    parser.add_argument("--recheck", default="", help="days after which a known page is fetched again; 0: all are due")
    given = parser.parse_args(arguments)
    contact = given.contact.strip()
    if contact and not re.fullmatch(r"[^\s@()]+@[^\s@()]+\.[^\s@()]+|https?://[^\s()]+", contact):
        raise RunError(f"CONTACT={contact}: must be a mail address or the address of a page")
    max_pages = _number("MAX_PAGES", given.max_pages)
    return Options(
        data=given.data,
        portals=given.portals,
        only=given.only,
        years=parse_years(given.years),
        max_pages=int(max_pages or 0),
        contact=contact,
        delay=_number("DELAY", given.delay),
        recheck=_number("RECHECK", given.recheck),
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


def _crawl(options: Options) -> int:
    registry = read_portals(options.portals)
    if not registry:
        raise RunError(f"{options.portals} lists no portal; add a row or choose another file with PORTALS=…")
    chosen = select(registry, options.only)
    hosts = frozenset(host for portal in registry for host in portal.hosts)
    if not options.contact and not all(map(is_loopback, hosts)):
        raise RunError("CONTACT is missing: give a mail address or page that portals can write to, CONTACT=…")
    visited = [p for p in chosen if p.entry_urls]
    if not visited:
        raise RunError(f"none of the {len(chosen)} chosen portals has entry_urls; nothing to crawl")
    notes = _notes(options, chosen, hosts)
    raw = options.data / "raw"
    with archive_lock(raw):
        began = time.monotonic()
        history = read_history(raw)
        run = start_run(raw, "crawl", len(visited))
        try:
            write_portals(run.directory / PORTALS_FILE, chosen)
            # Twisted prints tracebacks of bad certificates to stderr until it is told where to log: Scrapy's log has them.
            globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
            process = AsyncCrawlerProcess(_settings(options, run, hosts))
            crawler = process.create_crawler(ReportsSpider)
            process.crawl(
                crawler,
                portals=visited,
                history=history,
                years=options.years,
                recheck_days=options.recheck,
            )
            process.start()
        except BaseException:
            run.finish("failed")
            raise
        return _report(run, crawler, visited, notes, time.monotonic() - began)


def _notes(options: Options, chosen: list[Portal], hosts: frozenset[str]) -> list[str]:
    notes = []
    if skipped := [p.portal_id for p in chosen if not p.entry_urls]:
        notes.append(f"{len(skipped)} portals without entry_urls were not visited: {names(skipped)}")
    for portal in chosen:
        if portal.cms and portal.cms not in FAMILIES:
            known = ", ".join(FAMILIES)
            notes.append(f"{portal.portal_id}: cms {portal.cms!r} is no family known here ({known}); detected instead")
    if options.delay is not None and options.delay < settings.DOWNLOAD_DELAY and not all(map(is_loopback, hosts)):
        notes.append(
            f"DELAY={options.delay:g} holds for loopback hosts only; others kept {settings.DOWNLOAD_DELAY:g} s"
        )
    return notes


def _settings(options: Options, run: Run, hosts: frozenset[str]) -> Settings:
    own = Settings()
    own.setmodule(settings, priority="project")
    agent = settings.USER_AGENT + (f" (+{options.contact})" if options.contact else "")
    values: dict[str, Any] = {
        "USER_AGENT": agent,
        "FAZHI_RUN_DIR": str(run.directory),
        "FAZHI_NAMED_HOSTS": sorted(hosts),
        "FAZHI_MAX_PAGES": options.max_pages,
        "FAZHI_WARCINFO": {
            "software": f"Fazhi/{__version__}",
            "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "http-header-user-agent": agent,
            "robots": "obey",
            **({"operator": options.contact} if options.contact else {}),
        },
    }
    if options.delay is not None:
        public = max(options.delay, settings.DOWNLOAD_DELAY)
        # Not quite 0: without any delay Scrapy 2.19 lets a host's whole queue go before it counts the first one.
        own_delay = max(options.delay, 0.001)
        values |= {
            "DOWNLOAD_DELAY": public,
            "AUTOTHROTTLE_START_DELAY": public,
            "AUTOTHROTTLE_MAX_DELAY": max(public, settings.AUTOTHROTTLE_MAX_DELAY),
            "DOWNLOAD_SLOTS": {host: {"concurrency": 1, "delay": own_delay} for host in hosts if is_loopback(host)},
        }
    if options.debug:
        values["LOG_LEVEL"] = "DEBUG"
    else:
        values["LOG_FILE"] = str(run.directory / SCRAPY_LOG)
    own.setdict(values, priority="cmdline")
    return own


def _report(run: Run, crawler: Crawler, visited: list[Portal], notes: list[str], seconds: float) -> int:
    stats = crawler._stats.get_stats() if crawler._stats else {}
    tally = Tally()
    for row in rows_of_run(run.directory):
        tally.add(row)
    error = stats.get("fazhi/archive_error")
    reason = stats.get("finish_reason")
    parsed = crawler.spider.parsed if isinstance(crawler.spider, ReportsSpider) else set()
    missed = (p.portal_id for p in visited if p.portal_id not in parsed)
    failed = {portal_id: tally.trouble.get(portal_id, "not asked") for portal_id in missed}
    bounded = stats.get("fazhi/dropped/max_pages", 0)
    if error or reason is None:
        outcome = "failed"
    elif reason != "finished":
        outcome = "stopped"
    else:
        outcome = "failed" if len(failed) == len(visited) and not bounded else "finished"
    run.finish(outcome, pages=tally.responses, new_documents=tally.new, blocked=tally.outcomes["blocked"])

    facts: dict[str, Any] = {
        "portals": len(visited),
        "requests": sum(tally.outcomes.values()) - tally.refused,
        **{f"  {name}": count for name, count in tally.outcomes.most_common()},
        "new documents": tally.new,
        "seconds": f"{seconds:.1f}",
    }
    notes = list(notes)
    if bounded:
        notes.append(f"MAX_PAGES was used up: {bounded} known addresses are left for the next run")
    targets = crawler.get_downloader_middleware(TargetGuard) if crawler._engine else None
    for host, why in sorted(targets.left.items()) if targets else ():
        notes.append(f"{host}: {why}; not asked any more in this run")
    if errors := sum(count for name, count in stats.items() if name.startswith("spider_exceptions/")):
        notes.append(f"{errors} pages could not be read by the crawler's own fault; see {run.directory / SCRAPY_LOG}")
    if failed and outcome == "finished":
        notes.append(f"{len(failed)} portals gave no list: {_why(failed)}")
    if outcome == "finished" and not tally.new:
        notes.append("Nothing new came in this run.")
    summary(f"crawl {run.directory.name}: {outcome}", facts, notes)

    if error:
        raise RunError(f"the archive cannot be written ({error}); make room and run again")
    if outcome == "stopped":
        print("crawl: stopped; what had come is archived, run again to go on", file=sys.stderr)
        return 130
    if outcome == "failed":
        if reason is None:
            raise RunError(f"the crawl could not start; see {run.directory / SCRAPY_LOG} or run again with DEBUG=1")
        raise RunError(f"no list could be read on any portal: {_why(failed)}")
    return 0


def _why(failed: dict[str, str]) -> str:
    return names([f"{portal_id} ({why})" for portal_id, why in failed.items()])


class Tally:
    """Counts over the rows of one crawl log."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.responses = self.new = self.refused = 0
        self.trouble: dict[str, str] = {}  # portal_id → how its last list request ended

    def add(self, row: dict[str, Any]) -> None:
        """Count one row."""
        ended = row["outcome"]
        self.outcomes[ended] += 1
        self.responses += row["http_status"] is not None
        self.refused += ended in ("robots_denied", "forbidden_target")
        self.new += ended == "ok" and row["purpose"] in _DOCUMENTS
        if row["purpose"] == "list" and row["portal_id"]:
            self.trouble[row["portal_id"]] = (
                "no list recognised" if ended in ("ok", "unchanged", "not_modified") else ended
            )


if __name__ == "__main__":
    guard(main)
