"""A crawl: one run over the portals of a registry, into the archive; with ENGINE=ray one for each part of them."""

from __future__ import annotations

import io
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from twisted.logger import globalLogBeginner

from crawler import __version__, parts, settings
from crawler.archive import ArchiveError, Location, read_exchange
from crawler.changes import same_text
from crawler.families import FAMILIES
from crawler.history import History, read_history, rows_of_run
from crawler.learnt import DiscoveryLog, read_learnt
from crawler.policy import TargetGuard, in_window, is_loopback
from crawler.registry import Portal, read_portals, select, write_portals
from crawler.repair import set_aside_torn
from crawler.runs import Run, RunError, archive_lock, bring_runs, start_run
from crawler.spiders.reports import ReportsSpider
from knowledge import storage
from knowledge.archive import PORTALS_FILE
from knowledge.console import Problem, names, summary

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
    engine: str
    jobs: int
    debug: bool


def crawl(options: Options) -> int:
    """Crawl, and print what came of it; returns the exit status. What a person can put right is raised as a Problem."""
    registry, chosen = _portals(options)
    hosts = frozenset(host for portal in registry for host in portal.hosts)
    if not options.contact and not all(map(is_loopback, hosts)):
        raise RunError("CONTACT is missing: give a mail address or page that portals can write to, CONTACT=…")
    if not in_window(options.night, datetime.now(UTC)) and not all(map(is_loopback, hosts)):
        raise RunError(f"it is not the time of the day to crawl (NIGHT={options.night} in China); run again then")
    with archive_lock(options.data / "raw"):
        notes = _notes(options, chosen, hosts) + _repaired(options.data / "raw")
        if options.engine == "ray":
            return _crawl_in_parts(options, chosen, hosts, notes)
        return _crawl(options, chosen, hosts, notes)


def _portals(options: Options) -> tuple[list[Portal], list[Portal]]:
    """All portals of the registry, and those to crawl."""
    registry = read_portals(options.portals)
    if not registry:
        raise RunError(f"{options.portals} lists no portal; add a row or choose another file with PORTALS=…")
    return registry, select(registry, options.only)


def _repaired(raw: Path) -> list[str]:
    torn = set_aside_torn(raw)
    return [f"set aside what a killed run left unfinished: {names(torn)}"] if torn else []


def _crawl(
    options: Options,
    chosen: list[Portal],
    hosts: frozenset[str],
    notes: list[str],
    may_ask: Callable[[str], bool] | None = None,
    elsewhere: set[str] | None = None,
) -> int:
    """One run over the portals; the archive must be held. Returns the exit status.

    `may_ask`: whether a host is this run's to ask; `elsewhere` is given the portals that met one that is not.
    """
    raw = options.data / "raw"
    began = time.monotonic()
    history = read_history(raw)
    before = Before(history)
    run = start_run(raw, "crawl", len(chosen))
    try:
        write_portals(run.directory / PORTALS_FILE, chosen)
        # Twisted prints tracebacks of bad certificates to stderr until it is told where to log: Scrapy's log has them.
        globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
        process = AsyncCrawlerProcess(_settings(options, run, hosts, before, may_ask))
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
    targets = crawler.get_downloader_middleware(TargetGuard) if crawler._engine else None
    if elsewhere is not None and targets:
        elsewhere |= targets.elsewhere
    return _report(run, crawler, before, chosen, notes, time.monotonic() - began)


def _crawl_in_parts(options: Options, chosen: list[Portal], hosts: frozenset[str], notes: list[str]) -> int:
    """A run for each part of the portals, then one over those that met hosts of no part's or another's domain."""
    some = parts.split(chosen, options.jobs)
    share = replace(options, max_pages=-(-options.max_pages // len(some)))
    where = storage.place(options.data).address
    task = partial(_crawl_part, share, where, hosts)
    elsewhere: set[str] = set()
    statuses = []
    print("\n".join([f"crawl: {len(chosen)} portals in {len(some)} parts", *notes]), flush=True)
    for ended in parts.crawl(some, task):
        print(ended.said, end="", flush=True)
        elsewhere |= ended.elsewhere
        statuses.append(ended.status)
    rest = [portal for portal in chosen if portal.portal_id in elsewhere]
    if rest and 130 not in statuses:
        print(f"crawl: {len(rest)} portals lead to hosts that no part may ask: one more run over these", flush=True)
        bring_runs(options.data / "raw")
        statuses.append(_crawl(share, rest, hosts, []))
    if parts.LOST in statuses:
        raise RunError(
            f"{statuses.count(parts.LOST)} of {len(some)} parts were lost with their workers; run again to go on"
        )
    if all(status == 1 for status in statuses):
        raise RunError("no part of the crawl read a list; each says above why")
    return 130 if 130 in statuses else min(statuses)


def _crawl_part(options: Options, where: str, hosts: frozenset[str], number: int, portals: list[Portal]) -> parts.Ended:
    """A part, in a process of its own, on whichever machine."""
    apart = where.startswith(storage.SCHEME)  # else the archive is shared, and held by who shares it out
    data = storage.data_folder(where, f"-part-{number}") if apart else Path(where)
    mine, elsewhere, said = parts.domains(portals), set[str](), io.StringIO()
    with redirect_stdout(said):
        try:
            with archive_lock(data / "raw") if apart else nullcontext():
                notes = _repaired(data / "raw") if apart else []
                may_ask = partial(parts.may_ask, mine)
                status = _crawl(replace(options, data=data), portals, hosts, notes, may_ask, elsewhere)
        except Problem as e:
            print(f"error: {e}")
            status = 1
    return parts.Ended(status, said.getvalue(), frozenset(elsewhere))


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


def _settings(
    options: Options, run: Run, hosts: frozenset[str], before: Before, may_ask: Callable[[str], bool] | None
) -> Settings:
    own = Settings()
    own.setmodule(settings, priority="project")
    agent = settings.USER_AGENT + (f" (+{options.contact})" if options.contact else "")
    values: dict[str, Any] = {
        "USER_AGENT": agent,
        "FAZHI_RUN_DIR": str(run.directory),
        "FAZHI_NAMED_HOSTS": sorted(hosts),
        "FAZHI_MAX_PAGES": options.max_pages,
        "FAZHI_RESTING": sorted(before.resting),
        "FAZHI_MAY_ASK": may_ask,
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
        logging.raiseExceptions = False  # where the disk has no room for the log either, the run's own line says so
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
