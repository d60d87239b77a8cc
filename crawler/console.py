"""What runs print: progress and summary with rich on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from scrapy import signals
from scrapy.exceptions import NotConfigured

from crawler.policy import row_logged

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_NAMES_SHOWN = 5


def on_terminal() -> bool:
    """True if a person watches standard output."""
    return sys.stdout.isatty()


def bar(total: int | None) -> Bar:
    """Progress display; with a bar if the total is known. Shows nothing when nobody watches."""
    measure = (BarColumn(), MofNCompleteColumn()) if total else ()
    return Bar(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        *measure,
        TimeElapsedColumn(),
        transient=True,
        disable=not on_terminal(),
    )


class Progress:
    """Scrapy extension: one line that says what the crawl is doing, on a terminal only."""

    def __init__(self, crawler: Crawler):
        if not on_terminal():
            raise NotConfigured("standard output is no terminal")
        self._bar = bar(None)
        self._task = self._bar.add_task("starting", total=None)
        self._rows = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        progress = cls(crawler)
        crawler.signals.connect(progress.opened, signal=signals.spider_opened)
        crawler.signals.connect(progress.logged, signal=row_logged)
        crawler.signals.connect(progress.closed, signal=signals.spider_closed)
        return progress

    def opened(self) -> None:
        self._bar.start()

    def logged(self, row: Mapping[str, Any], host: str) -> None:
        self._rows += 1
        about = row["link_text"] or row["url"]
        text = f"{self._rows} requests  {row['portal_id'] or host}  {row['outcome']}  {about[:60]}"
        self._bar.update(self._task, description=text.replace("[", r"\["))

    def closed(self) -> None:
        self._bar.stop()


def names(items: Sequence[str]) -> str:
    """Up to five names and how many more there are."""
    more = len(items) - _NAMES_SHOWN
    return ", ".join(items[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def summary(title: str, facts: Mapping[str, Any], notes: Sequence[str]) -> None:
    """Print the facts of a run (a table on a terminal, one line each elsewhere) and its notes."""
    if on_terminal():
        console = Console()
        table = Table(show_header=False)
        for name, value in facts.items():
            table.add_row(name, str(value))
        console.print(title, markup=False, highlight=False)
        console.print(table)
        for note in notes:
            console.print(note, markup=False, highlight=False)
        return
    print(title)
    for name, value in facts.items():
        print(f"  {name}: {value}")
    for note in notes:
        print(note)
