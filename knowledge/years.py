"""What follows from the year that a report is about."""

from __future__ import annotations

from datetime import date

# Year of a figure less the year reported on, by its period; 0 where the period is not named here.
YEARS_OFF = {"prior_year": -1, "next_year": 1}
DATE_FLAGS = ("in_year", "late_or_migrated")


def date_flag(report_year: int | None, published_on: date | None) -> str | None:
    """Flag of a report that was not put online in the year after the one reported on; None for one that was."""
    if not (report_year and published_on):
        return None
    late = published_on.year - report_year
    return None if late == 1 else DATE_FLAGS[0] if late == 0 else DATE_FLAGS[1]
