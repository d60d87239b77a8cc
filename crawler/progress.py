"""What a crawl shows while it runs: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from scrapy import signals
from scrapy.exceptions import NotConfigured

from crawler.policy import row_logged
from crawler.spiders.reports import ReportsSpider
from knowledge.console import on_terminal

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Progress:
    """Scrapy extension: one line that says what the crawl is doing, on a terminal only."""

    def __init__(self, crawler: Crawler):
        if not on_terminal():
            raise NotConfigured("standard output is no terminal")
        self._bar = Bar(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True)
        self._task = self._bar.add_task("starting", total=None)
        self._crawler = crawler
        self._rows = self._documents = self._blocked = 0

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
        self._documents += row["outcome"] == "ok" and row["purpose"] in ("article", "attachment")
        self._blocked += row["outcome"] == "blocked"
        spider = self._crawler.spider
        visits = f"{spider.done} of {len(spider.visits)} portals" if isinstance(spider, ReportsSpider) else ""
        about = row["link_text"] or row["url"]
        counts = f"{visits}  {self._rows} requests  {self._documents} documents  {self._blocked} blocked"
        text = f"{counts}  {row['portal_id'] or host}  {row['outcome']}  {about[:40]}"
        self._bar.update(self._task, description=text.replace("[", r"\["))

    def closed(self) -> None:
        self._bar.stop()
