"""When something known is due again: knowledge/schedule.toml as a question. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from knowledge.cues import load


@dataclass(frozen=True, slots=True)
class Schedule:
    """Intervals in days; `report` are (age until which, interval) in order."""

    report: tuple[tuple[float, float], ...]
    missing: float
    vanished: float
    discovery: float
    blocked: float

    def due(
        self, outcome: str, last: datetime, first_held: datetime | None, now: datetime, recheck: float | None
    ) -> bool:
        """True if an address that was answered for good is to be asked for again.

        `outcome` and `last`: how and when the last attempt ended; `first_held`: when its content first came, None if
        it never did; `recheck`: the operator's interval in days, which overrides the schedule.
        """
        if recheck is not None:
            every = recheck
        elif outcome in ("not_found", "soft_404"):
            every = self.missing if first_held is None else self.vanished
        else:
            age = (now - (first_held or last)).total_seconds() / 86400
            every = next((days for until, days in self.report if age < until), self.report[-1][1])
        return now - last >= timedelta(days=every)


@cache
def schedule() -> Schedule:
    """The schedule of schedule.toml."""
    raw = load("schedule.toml")
    return Schedule(
        report=tuple((step["until"], step["every"]) for step in raw["report"]["steps"]),
        missing=raw["missing"]["every"],
        vanished=raw["vanished"]["every"],
        discovery=raw["discovery"]["every"],
        blocked=raw["blocked"]["every"],
    )
