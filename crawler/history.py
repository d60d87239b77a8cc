"""What earlier runs left behind. The crawl logs are the crawler's only state: no database that could disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crawler.archive import ArchiveError, Held, Location, read_exchange
from crawler.families.page import key_of
from crawler.schedule import schedule
from knowledge.archive import LOG_FILE, json_lines, runs
from knowledge.urls import canonical_url, host_key

# Ends that another attempt may well change: asked again by the next run. Refusals by policy cost no request.
_TRANSIENT = frozenset(
    [
        "blocked",
        "rate_limited",
        "server_error",
        "timeout",
        "dns_error",
        "tls_error",
        "connection_error",
        "broken_response",
    ]
)
_REFUSED = frozenset(("robots_denied", "forbidden_target", "trap"))
_MAX_HOPS = 5


_DOCUMENTS = frozenset(("article", "attachment"))
_GONE = frozenset(("not_found", "soft_404"))
_GOOD = frozenset(("ok", "unchanged", "not_modified"))
# As many block pages in one run say that a host does not want to be asked, whatever else it answered.
_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt at a URL; `location` is None without a response."""

    outcome: str
    fetched_at: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class Known:
    """A document that the archive holds: what it was asked for as, when it first came, and where it was found."""

    purpose: str
    first_held: str
    portal_id: str | None
    title: str | None
    date: str | None
    found_on: str | None


@dataclass(slots=True)
class _Host:
    """What a host did in the last run that asked it."""

    run_id: str
    blocks: int = 0
    answers: int = 0
    blocked_at: str = ""


@dataclass(slots=True)
class History:
    """Last attempt and last archived payload of every URL in the archive `raw`, and the documents it holds."""

    raw: Path
    last: dict[str, Attempt] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    documents: dict[str, Known] = field(default_factory=dict)
    _hosts: dict[str, _Host] = field(default_factory=dict)

    def note(self, row: Mapping[str, Any]) -> None:
        """Take in one row of the crawl log; rows must come in the order in which they were written."""
        file, offset = row.get("archive_file"), row.get("archive_offset")
        location = Location(file, offset) if file is not None and offset is not None else None
        url, outcome = row["url"], row["outcome"]
        key = key_of(url, row.get("request_body_digest"))
        seen = self.last.get(key)
        if row.get("method") == "INGEST" and seen is not None and seen.fetched_at > row["fetched_at"]:
            return  # a page out of an old web archive says nothing of what the address answers since
        self.last[key] = Attempt(outcome, row["fetched_at"], location)
        if outcome == "ok" and location is not None:
            self.held[key] = Held(
                row["fetched_at"], row["payload_digest"], location, row.get("etag"), row.get("last_modified")
            )
            if row.get("purpose") in _DOCUMENTS and url not in self.documents:
                self.documents[url] = Known(
                    row["purpose"],
                    row["fetched_at"],
                    row.get("portal_id"),
                    row.get("link_text"),
                    row.get("link_date"),
                    row.get("found_on_url"),
                )
        if row.get("http_status") is not None and row.get("method") != "INGEST":
            self._note_host(row)

    def _note_host(self, row: Mapping[str, Any]) -> None:
        name, run_id = host_key(row["url"]), row.get("run_id", "")
        host = self._hosts.get(name)
        if host is None or host.run_id != run_id:
            host = self._hosts[name] = _Host(run_id)
        if row["outcome"] == "blocked":
            host.blocks += 1
            host.blocked_at = row["fetched_at"]
        elif row.get("purpose") != "robots":  # some challenges let robots.txt pass
            host.answers += 1

    def blocked_hosts(self, now: datetime) -> dict[str, datetime]:
        """Hosts (host:port) that sent us away and are to be left alone, and until when."""
        pause = timedelta(days=schedule().blocked)
        found = {}
        for name, host in self._hosts.items():
            if host.blocks >= _BLOCKS or (host.blocks and not host.answers):
                until = datetime.fromisoformat(host.blocked_at) + pause
                if until > now:
                    found[name] = until
        return found

    def settled(self, url: str, recheck_days: float | None, now: datetime) -> bool:
        """True if there is no reason to ask for `url` again: it was answered for good and is not due.

        `recheck_days` overrides the schedule; 0: everything is due. A redirect is settled when its target is.
        """
        for hop in range(_MAX_HOPS):
            seen = self.last.get(url)
            if seen is None or seen.outcome in _TRANSIENT:
                return False
            if seen.outcome in _REFUSED:
                return hop > 0  # refused itself: judged anew each run; as a target: nothing to gain by going there
            known = self.documents.get(url)
            first = datetime.fromisoformat(known.first_held) if known else None
            if schedule().due(seen.outcome, datetime.fromisoformat(seen.fetched_at), first, now, recheck_days):
                return False
            if seen.outcome != "redirected" or seen.location is None:
                return True
            try:
                url = self._target(url, seen.location)
            except (ArchiveError, ValueError):
                return False
        return True

    def _target(self, url: str, location: Location) -> str:
        return canonical_url(read_exchange(self.raw, location).headers.get("location", ""), url)

    def final(self, url: str) -> tuple[str, bytes]:
        """(address, body) that the archive holds for a page, redirects followed; raises as body does."""
        for _ in range(_MAX_HOPS):
            seen = self.last.get(url)
            if seen is None or seen.outcome != "redirected" or seen.location is None:
                break
            try:
                url = self._target(url, seen.location)
            except ValueError as e:
                raise ArchiveError(str(e)) from None
        return url, self.body(url)

    def gone(self, url: str) -> bool:
        """True if the last attempt found that a document is not there any more."""
        seen = self.last.get(url)
        return seen is not None and seen.outcome in _GONE

    def has(self, url: str) -> bool:
        """True if the archive holds a good copy of `url` and the last attempt did not find it gone."""
        seen = self.last.get(url)
        return url in self.held and seen is not None and seen.outcome in _GOOD

    def body(self, key: str) -> bytes:
        """Body that the archive holds for a key (key_of); raises ArchiveError (KeyError if it never had one)."""
        return read_exchange(self.raw, self.held[key].location).body


def rows_of_run(run: Path) -> Iterator[dict[str, Any]]:
    """Rows of one run's crawl log. A line torn by a kill is passed over; a run killed before its first has none."""
    return json_lines(run / LOG_FILE)


def logged_rows(raw: Path) -> Iterator[dict[str, Any]]:
    """All rows of all crawl logs, oldest run first."""
    for run in runs(raw):
        yield from rows_of_run(run)


def read_history(raw: Path) -> History:
    """History of the archive `raw`; empty if there is none."""
    history = History(raw)
    for row in logged_rows(raw):
        history.note(row)
    return history
