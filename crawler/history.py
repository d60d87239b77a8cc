"""What earlier runs left behind. The crawl logs are the crawler's only state: no database that could disagree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crawler.archive import ArchiveError, Held, Location, read_exchange
from knowledge.archive import LOG_FILE, runs
from knowledge.urls import canonical_url

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
_REFUSED = frozenset(("robots_denied", "forbidden_target"))
_MAX_HOPS = 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt at a URL; `location` is None without a response."""

    outcome: str
    fetched_at: str
    location: Location | None


@dataclass(slots=True)
class History:
    """Last attempt and last archived payload of every URL in the archive `raw`."""

    raw: Path
    last: dict[str, Attempt] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)

    def note(self, row: Mapping[str, Any]) -> None:
        """Take in one row of the crawl log; rows must come in the order in which they were written."""
        file, offset = row.get("archive_file"), row.get("archive_offset")
        location = Location(file, offset) if file is not None and offset is not None else None
        url, outcome = row["url"], row["outcome"]
        self.last[url] = Attempt(outcome, row["fetched_at"], location)
        if outcome == "ok" and location is not None:
            self.held[url] = Held(
                row["fetched_at"], row["payload_digest"], location, row.get("etag"), row.get("last_modified")
            )

    def settled(self, url: str, recheck_days: float | None, now: datetime) -> bool:
        """True if there is no reason to ask for `url` again: it was answered for good, less than `recheck_days` ago.

        None never asks again, 0 always does. A redirect is settled when its target is.
        """
        for hop in range(_MAX_HOPS):
            seen = self.last.get(url)
            if seen is None or seen.outcome in _TRANSIENT:
                return False
            if seen.outcome in _REFUSED:
                return hop > 0  # refused itself: judged anew each run; as a target: nothing to gain by going there
            oldest = now - timedelta(days=recheck_days) if recheck_days is not None else None
            if oldest is not None and datetime.fromisoformat(seen.fetched_at) <= oldest:
                return False
            if seen.outcome != "redirected" or seen.location is None:
                return True
            try:
                url = canonical_url(read_exchange(self.raw, seen.location).headers.get("location", ""), url)
            except (ArchiveError, ValueError):
                return False
        return True

    def body(self, url: str) -> bytes:
        """Body that the archive holds for `url`; raises ArchiveError (KeyError if it never had one)."""
        return read_exchange(self.raw, self.held[url].location).body


def rows_of_run(run: Path) -> Iterator[dict[str, Any]]:
    """Rows of one run's crawl log. A line torn by a kill is passed over; a run killed before its first has none."""
    try:
        with (run / LOG_FILE).open(encoding="utf-8", errors="replace") as f:
            for line in f:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue
    except FileNotFoundError:
        return


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
