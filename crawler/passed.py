"""What an ingest of WARC files passed over, and why: counts for the run's record and for a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crawler.replies import MAX_BODY

# Why a record was passed over, in the order in which the reasons are told.
REASONS = {
    "host": "of hosts that the registry does not know (HOSTS=all takes them)",
    "status": "answered with another status than 200",
    "triage": "no report by title or text",
    "file": "files that no page kept links to",
    "media": "neither page nor document",
    "not_page": "missing, blocked or hijacked pages",
    "truncated": "cut short by the tool that archived them",
    "too_large": f"larger than {MAX_BODY // 2**20} MiB",
    "broken": "not encoded as they say",
    "revisit": "revisits whose payload is not in the source",
    "not_modified": "answers without a payload (not modified)",
    "not_http": "no HTTP responses",
    "date": "without a date, or of the future",
    "moment": "other pages under the same address and time",
}
_MOST_DETAILS = 9  # of a reason; the rest is told together


@dataclass(slots=True)
class PassedOver:
    """Counts by reason (REASONS) and detail, "" where a reason has none."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, reason: str, detail: str = "", count: int = 1) -> None:
        """Count a record."""
        self.counts[reason, detail] += count

    def as_json(self) -> dict[str, Any]:
        """{reason: count}, or {reason: {detail: count}} where there are details; of many the commonest."""
        out: dict[str, Any] = {}
        for reason in REASONS:
            details = {d: n for (r, d), n in self.counts.most_common() if r == reason}
            if rest := sum(list(details.values())[_MOST_DETAILS:]):
                details = dict(list(details.items())[:_MOST_DETAILS]) | {"others": rest}
            if details:
                out[reason] = details[""] if set(details) == {""} else details
        return out

    def line(self) -> str:
        """All of it for a person, on one line; "" if nothing was passed over."""
        parts = []
        for reason, counts in self.as_json().items():
            details = counts if isinstance(counts, dict) else {}
            total = sum(details.values()) if details else counts
            shown = ", ".join(f"{detail} {count}" for detail, count in details.items())
            parts.append(f"{total} {REASONS[reason]}" + (f" ({shown})" if shown else ""))
        return "passed over: " + "; ".join(parts) if parts else ""
