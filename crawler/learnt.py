"""What earlier runs learnt about portals: their list pages, and which of them held reports.

Each run writes discovery.jsonl into its folder as it goes, a line per page read and a line per portal at its end, so
that a killed run leaves what it learnt. The lines explain every choice (score and reasons) and say whether a list
still parses; the next run reads them first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crawler.families.page import Page
from crawler.frontier import LEARNT, Item
from crawler.schedule import schedule
from knowledge.archive import LISTS_FILE, json_lines, runs

# A portal's end line names at most so many pages that the budget left waiting.
_LEFT_KEPT = 100


class DiscoveryLog:
    """Writer of one run's discovery.jsonl; every line is on disk when written."""

    def __init__(self, run_dir: Path):
        self._file = (run_dir / LISTS_FILE).open("a", encoding="utf-8")

    def page(
        self, portal_id: str, item: Item, family: str | None, rows: int, wanted: int, outcome: str, at: str
    ) -> None:
        """A page that was read, or could not be: `family` is None then. `rows`, `wanted`: rows held, and fetched."""
        self._write(
            {
                "portal_id": portal_id,
                "url": item.page.url,
                **({"form": item.page.form} if item.page.form else {}),
                "column": item.column.url,
                **({"column_form": item.column.form} if item.column.form else {}),
                "role": item.role,
                "page": item.number,
                "score": item.score,
                "patience": item.patience,
                "of_reports": item.of_reports,
                "reasons": list(item.reasons),
                "depth": item.depth,
                "found_on": item.found_on,
                "family": family,
                "rows": rows,
                "wanted": wanted,
                "outcome": outcome,
                "at": at,
            }
        )

    def end(self, portal_id: str, searched: bool, spent: int, waiting: list[Item], at: str, why: str | None) -> None:
        """A portal's end: whether its columns were searched for, what that cost and what is left waiting.

        `why`: what ended it before its time, None if it came to its own end.
        """
        left = [
            {
                "url": i.page.url,
                "score": i.score,
                "patience": i.patience,
                "of_reports": i.of_reports,
                "depth": i.depth,
                "reasons": list(i.reasons),
                "found_on": i.found_on,
            }
            for i in waiting
            if not i.page.form and i.score < LEARNT and i.number == 1
        ]
        self._write(
            {
                "portal_id": portal_id,
                "end": True,
                "searched": searched,
                "spent": spent,
                "left": left[:_LEFT_KEPT],
                "left_count": len(left),
                "why": why,
                "at": at,
            }
        )

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(slots=True)
class Column:
    """A list that held reports: its first page and family, the last run's score for it, when it last did."""

    page: Page
    family: str
    score: int
    patience: int
    of_reports: bool
    depth: int
    at: str

    def item(self) -> Item:
        """As a page to ask for, before all that is searched for."""
        reasons = (f"held reports on {self.at[:10]}",)
        return Item(
            self.page,
            LEARNT + min(self.score, LEARNT // 2),
            reasons=reasons,
            depth=self.depth,
            patience=max(1, self.patience),
            of_reports=self.of_reports,
        )


@dataclass(slots=True)
class Learnt:
    """What is known of one portal. `searched_at`: when its columns were last searched for to the end."""

    columns: dict[str, Column] = field(default_factory=dict)
    searched_at: str | None = None
    left: list[Item] = field(default_factory=list)

    def search_due(self, now: datetime) -> bool:
        """True if its columns are to be searched for, anew or for the first time."""
        if self.searched_at is None:
            return True
        return now - datetime.fromisoformat(self.searched_at) >= timedelta(days=schedule().discovery)


def read_learnt(raw: Path) -> dict[str, Learnt]:
    """What all runs of the archive `raw` learnt, by portal_id."""
    learnt: dict[str, Learnt] = {}
    for run in runs(raw):
        for line in json_lines(run / LISTS_FILE):
            _note(learnt.setdefault(line["portal_id"], Learnt()), line)
    return learnt


def _note(portal: Learnt, line: Mapping[str, Any]) -> None:
    if line.get("end"):
        if line["searched"]:
            portal.searched_at = line["at"]
        if line["searched"] or portal.left:
            portal.left = [
                Item(
                    Page(i["url"]),
                    i["score"],
                    reasons=tuple(i["reasons"]),
                    depth=i["depth"],
                    found_on=i["found_on"],
                    patience=i["patience"],
                    of_reports=i["of_reports"],
                )
                for i in line["left"]
            ]
        return
    page = Page(line["column"], line.get("column_form", ""))
    known = portal.columns.get(page.key)
    if line["role"] != "list":
        return
    if line["wanted"]:
        portal.columns[page.key] = Column(
            page,
            line["family"] or "",
            line["score"] if known is None else known.score,
            line["patience"],
            line["of_reports"],
            line["depth"],
            line["at"],
        )
    elif line["page"] == 1 and known is not None and line["outcome"] in ("not_found", "soft_404"):
        del portal.columns[page.key]
