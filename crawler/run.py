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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from twisted.logger import globalLogBeginner

from crawler import __version__, settings
from crawler.archive import ArchiveError, Location, read_exchange
from crawler.changes import same_text
from crawler.families import FAMILIES
from crawler.history import History, read_history, rows_of_run
from crawler.learnt import DiscoveryLog, read_learnt
from crawler.policy import TargetGuard, in_window, is_loopback
from crawler.registry import Portal, read_portals, select, write_portals
from crawler.repair import set_aside_torn
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
    night: str
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
    parser.add_argument("--night", default="", help="window of the day in China for public hosts: 22:00-06:30")
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
    if not in_window(options.night, datetime.now(UTC)) and not all(map(is_loopback, hosts)):
        raise RunError(f"it is not the time of the day to crawl (NIGHT={options.night} in China); run again then")
    notes = _notes(options, chosen, hosts)
    raw = options.data / "raw"
    with archive_lock(raw):
        began = time.monotonic()
        notes += [
            f"set aside what a killed run left unfinished: {names(torn)}" for torn in [set_aside_torn(raw)] if torn
        ]
        history = read_history(raw)
        before = Before(history)
        run = start_run(raw, "crawl", len(chosen))
        try:
            write_portals(run.directory / PORTALS_FILE, chosen)
            # Twisted prints tracebacks of bad certificates to stderr until it is told where to log: Scrapy's log has them.
            globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
            process = AsyncCrawlerProcess(_settings(options, run, hosts, before))
            crawler = process.create_crawler(ReportsSpider)
            process.crawl(
                crawler,
                portals=chosen,
                history=history,
                learnt=read_learnt(raw),
                log=DiscoveryLog(run.directory),
                years=options.years,
                recheck_days=options.recheck,
            )
            process.start()
        except BaseException:
            run.finish("failed")
            raise
        return _report(run, crawler, before, chosen, notes, time.monotonic() - began)


class Before:
    """What was known before a run, which the run's rows are compared with."""

    def __init__(self, history: History):
        self.raw = history.raw
        self.held = {url: history.held[url].location for url in history.documents if url in history.held}
        self.gone = frozenset(url for url in history.documents if history.gone(url))
        self.resting = {host: f"{until:%Y-%m-%d}" for host, until in history.blocked_hosts(datetime.now(UTC)).items()}

    def differs(self, url: str, row: dict[str, Any]) -> bool:
        """True if a known document came with another text (or one of its copies cannot be read)."""
        try:
            old = read_exchange(self.raw, self.held[url]).body
            new = read_exchange(self.raw, Location(row["archive_file"], row["archive_offset"])).body
        except ArchiveError:
            return True
        return not same_text(url, old, new)


def _notes(options: Options, chosen: list[Portal], hosts: frozenset[str]) -> list[str]:
    notes = []
    for portal in chosen:
        if portal.cms and portal.cms not in FAMILIES:
            known = ", ".join(FAMILIES)
            notes.append(f"{portal.portal_id}: cms {portal.cms!r} is no family known here ({known}); detected instead")
    if options.delay is not None and options.delay < settings.DOWNLOAD_DELAY and not all(map(is_loopback, hosts)):
        notes.append(
            f"DELAY={options.delay:g} holds for loopback hosts only; others kept {settings.DOWNLOAD_DELAY:g} s"
        )
    return notes


def _settings(options: Options, run: Run, hosts: frozenset[str], before: Before) -> Settings:
    own = Settings()
    own.setmodule(settings, priority="project")
    agent = settings.USER_AGENT + (f" (+{options.contact})" if options.contact else "")
    values: dict[str, Any] = {
        "USER_AGENT": agent,
        "FAZHI_RUN_DIR": str(run.directory),
        "FAZHI_NAMED_HOSTS": sorted(hosts),
        "FAZHI_MAX_PAGES": options.max_pages,
        "FAZHI_RESTING": sorted(before.resting),
        "NIGHT_WINDOW": options.night,
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


def _report(run: Run, crawler: Crawler, before: Before, visited: list[Portal], notes: list[str], seconds: float) -> int:
    stats = crawler._stats.get_stats() if crawler._stats else {}
    tally = Tally(before)
    for row in rows_of_run(run.directory):
        tally.add(row)
    error = stats.get("fazhi/archive_error")
    reason = stats.get("finish_reason")
    visits = crawler.spider.visits if isinstance(crawler.spider, ReportsSpider) else {}
    failed = {}
    for portal in visited:
        visit = visits.get(portal.portal_id)
        if visit is None or not visit.parsed:
            until = next((before.resting[host] for host in portal.hosts if host in before.resting), None)
            rests = f"blocked lately, not asked before {until}" if until else None
            searched = "no column known, searched for lately" if visit and visit.learnt.searched_at else "not asked"
            failed[portal.portal_id] = rests or tally.trouble.get(portal.portal_id, searched)
    bounded = stats.get("fazhi/dropped/max_pages", 0)
    cut = bounded or stats.get("fazhi/dropped/night", 0)
    if error or reason is None:
        outcome = "failed"
    elif reason != "finished":
        outcome = "stopped"
    else:
        outcome = "failed" if len(failed) == len(visited) and not cut else "finished"
    run.finish(outcome, pages=tally.responses, new_documents=len(tally.new), blocked=tally.outcomes["blocked"])

    facts: dict[str, Any] = {
        "portals": len(visited),
        "requests": sum(tally.outcomes.values()) - tally.refused,
        **{f"  {name}": count for name, count in tally.outcomes.most_common()},
        "new documents": len(tally.new),
        **({"changed": len(tally.changed)} if tally.changed else {}),
        **({"vanished": len(tally.vanished)} if tally.vanished else {}),
        "seconds": f"{seconds:.1f}",
    }
    notes = list(notes)
    if tally.changed:
        notes.append(f"changed since they were archived: {names(list(tally.changed))}")
    if tally.vanished:
        notes.append(f"not there any more, their last copies stay: {names(list(tally.vanished))}")
    if bounded:
        notes.append("MAX_PAGES was used up; the next run goes on from here")
    if stats.get("fazhi/dropped/night"):
        notes.append("the night window is over; the next run goes on from here")
    if before.resting:
        resting = [f"{host} (until {until})" for host, until in sorted(before.resting.items())]
        notes.append(f"left alone because they blocked us: {names(resting)}")
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
    """Counts over the rows of one crawl log; `new`, `changed` and `vanished` hold documents' addresses."""

    def __init__(self, before: Before) -> None:
        self._before = before
        self.outcomes: Counter[str] = Counter()
        self.responses = self.refused = 0
        self.new: dict[str, None] = {}
        self.changed: dict[str, None] = {}
        self.vanished: dict[str, None] = {}
        self.trouble: dict[str, str] = {}  # portal_id → how its last home or list request ended

    def add(self, row: dict[str, Any]) -> None:
        """Count one row."""
        ended, url, known = row["outcome"], row["url"], row["url"] in self._before.held
        self.outcomes[ended] += 1
        self.responses += row["http_status"] is not None
        self.refused += ended in ("robots_denied", "forbidden_target", "trap")
        if ended == "ok" and row["purpose"] in _DOCUMENTS:
            if not known:
                self.new[url] = None
            elif self._before.differs(url, row):
                self.changed[url] = None
        if ended in ("not_found", "soft_404") and known and url not in self._before.gone:
            self.vanished[url] = None
        if row["purpose"] in ("home", "list") and row["portal_id"]:
            self.trouble[row["portal_id"]] = (
                "no list recognised" if ended in ("ok", "unchanged", "not_modified") else ended
            )


if __name__ == "__main__":
    guard(main)
