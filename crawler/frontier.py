"""Which page of a portal is asked for next: the most promising one, within a budget. Pure; no I/O."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from crawler.discovery import bounds
from crawler.families.page import Page

# Above all links, whose scores end near 110.
ENTRY = 1000  # what the registry names
LEARNT = 500  # what an earlier run found to hold reports
HOME = 200
# A score from which a list is taken for a column of reports: its name or its address says so.
OF_REPORTS = 70


@dataclass(frozen=True, slots=True)
class Item:
    """A page to ask for. `first`: the page that begins its list; `number`: its place in it, from 1.

    `patience`: pages without a report after which the list is left, `barren`: how many came since the last report;
    `of_reports`: it is expected to hold reports, so that even a row whose title says little is one of them;
    `seen`: addresses that earlier pages of the list held; `rows_on_first`: how many rows its first page held.
    """

    page: Page
    score: int
    role: str = "list"  # home · list · sitemap
    reasons: tuple[str, ...] = ()
    depth: int = 0
    found_on: str | None = None
    first: Page | None = None
    number: int = 1
    patience: int = 0
    of_reports: bool = False
    barren: int = 0
    seen: frozenset[str] = frozenset()
    rows_on_first: int = 0

    @property
    def column(self) -> Page:
        """The page that begins the list."""
        return self.first or self.page

    def continued(self, page: Page) -> Item:
        """The same page's list, where a script has it fetched from another address."""
        return replace(self, page=page, first=self.column, found_on=self.page.url, number=self.number + 1)

    def following(self, page: Page, rows: Iterable[str], wanted: int) -> Item | None:
        """The list's next page, after this one held `rows` of which `wanted` may be reports; None if it is left."""
        held = list(rows)
        barren = 0 if wanted else self.barren + 1
        if barren > self.patience or self.number >= bounds()["list_pages"]:
            return None
        return replace(
            self,
            page=page,
            score=self.score - 1,
            reasons=(f"page {self.number + 1} of the list",),
            found_on=self.page.url,
            first=self.column,
            number=self.number + 1,
            barren=barren,
            seen=self.seen | set(held),
            rows_on_first=self.rows_on_first or len(held),
        )


def patience(score: int) -> int:
    """Pages without a report that a list with this score is walked on for."""
    return max(0, (min(score, 100) - bounds()["threshold"]) // bounds()["barren"])


@dataclass(slots=True)
class Frontier:
    """Pages of one portal that wait, best first; of equals the one found first. `budget` counts only what is sought:
    entries and learnt columns are asked for in any case."""

    budget: int = field(default_factory=lambda: bounds()["pages"])
    threshold: int = field(default_factory=lambda: bounds()["threshold"])
    spent: int = 0
    _heap: list[tuple[int, int, Item]] = field(default_factory=list)
    _best: dict[str, int] = field(default_factory=dict)  # key → score it waits or was asked with
    _asked: set[str] = field(default_factory=set)
    _count: int = 0

    def push(self, item: Item) -> bool:
        """Let a page wait; False if it is not worth it, or waits or was asked for already."""
        key = _key(item.page)
        if item.score < self.threshold or key in self._asked or self._best.get(key, -1) >= item.score:
            return False
        self._best[key] = item.score
        self._count += 1
        heapq.heappush(self._heap, (-item.score, self._count, item))
        return True

    def pop(self) -> Item | None:
        """The best page that waits; None if there is none or the budget is spent."""
        while self._heap:
            sought = self._heap[0][2].score < LEARNT - bounds()["list_pages"]
            if sought and self.spent >= self.budget:
                return None
            item = heapq.heappop(self._heap)[2]
            if _key(item.page) in self._asked:
                continue
            self._asked.add(_key(item.page))
            self.spent += sought
            return item
        return None

    def put_back(self, item: Item) -> None:
        """A page that was not asked for after all."""
        self._asked.discard(_key(item.page))
        self._count += 1
        heapq.heappush(self._heap, (-item.score, self._count, item))

    def waiting(self) -> list[Item]:
        """What waits, best first."""
        best: dict[str, Item] = {}
        for _, _, item in sorted(self._heap, key=lambda entry: entry[:2]):
            if _key(item.page) not in self._asked:
                best.setdefault(_key(item.page), item)
        return list(best.values())

    def met(self, url: str) -> None:
        """A page that came by way of a redirect: it need not be asked for again."""
        self._asked.add(_key(Page(url)))


def _key(page: Page) -> str:
    # /zfxxgk/ and /zfxxgk/index.html are one page on every server met so far
    return page.key if page.form else re.sub(r"/(?:index|default)\.(?:s?html?|jsp|aspx|php)$", "/", page.url)
