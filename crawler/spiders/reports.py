"""From a portal's report columns to its articles and the files they carry."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response

from crawler import families
from crawler.archive import ArchiveError
from crawler.families.page import ATTACHMENT_ENDINGS, PAGE_ENDINGS, Row, attachments, decode, ending
from crawler.history import History
from crawler.registry import Portal
from knowledge.families import family_of
from knowledge.urls import host_key

# A column of reports has few pages; a pager that never ends is a trap or a calendar.
MAX_LIST_PAGES = 200

# Within a host: what a page carries before the next page, documents before further lists. So a run cut short has
# whole documents, and MAX_PAGES buys documents rather than lists.
_PRIORITY = {"list": 0, "article": 10, "attachment": 20}

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_CHINESE_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


def years_named(title: str) -> set[int]:
    """Years that a title names, ranges filled in (2018—2022); years inside 〔 〕 number a paper and are no year."""
    plain = re.sub(r"〔[^〕]*〕", "", title)
    plain = re.sub(r"二[〇○零一二三四五六七八九]{3}(?=年)", lambda m: m[0].translate(_CHINESE_DIGITS), plain)
    years = {int(y) for y in _YEAR.findall(plain)}
    for first, last in re.findall(r"(?<!\d)(20\d\d)年?\s*[-—–―~至到]+\s*(20\d\d)(?!\d)", plain):
        years.update(range(int(first), int(last) + 1))
    return years


class ReportsSpider(Spider):
    """Walks the entry_urls of the given portals; started by crawler.run, which says what is known already.

    `years`: only rows whose titles name one of them, or none at all; `recheck_days`: see History.settled.
    After the crawl, `parsed` holds the ids of the portals of which at least one list was understood.
    """

    name = "reports"

    def __init__(
        self,
        portals: Sequence[Portal] = (),
        history: History | None = None,
        years: frozenset[int] = frozenset(),
        recheck_days: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.portals = portals
        self.history = history
        self.years = years
        self.recheck_days = recheck_days
        self.now = datetime.now(UTC)
        self.parsed: set[str] = set()
        self.portal_of = {host: p.portal_id for p in reversed(portals) for host in p.hosts}

    async def start(self) -> AsyncIterator[Any]:
        for portal in self.portals:
            for url in portal.entry_urls:
                yield self._ask(url, "list", portal, found_on=None, page=1, first_rows=frozenset())

    def parse_list(self, response: Response, portal: Portal, page: int, first_rows: frozenset[str]) -> Iterator[Any]:
        """Rows of a list page → articles and files not known yet; then the next page."""
        body = self._body(response)
        if body is None:
            yield self._unconditional(response)
            return
        html = decode(body)
        family = families.choose(portal.cms, response.url, html)
        rows = family.rows(response.url, html)
        if not rows or rows[0].url in first_rows:  # past the end many portals show the last page again
            return
        self.parsed.add(portal.portal_id)
        for row in rows:
            yield from self._row(row, portal, response.url)
        following = family.next_page(response.url, html)
        if following and page < MAX_LIST_PAGES:
            seen = first_rows | {rows[0].url}
            yield self._ask(following, "list", portal, found_on=response.url, page=page + 1, first_rows=seen)

    def _row(self, row: Row, portal: Portal, found_on: str) -> Iterator[Any]:
        named = years_named(row.title)
        if self.years and named and not named & self.years:
            return
        kind = ending(row.url)
        if kind in ATTACHMENT_ENDINGS:
            yield from self._file(row, portal, found_on)
        elif kind in PAGE_ENDINGS:
            if not self._settled(row.url):
                yield self._ask(row.url, "article", portal, found_on, row.title, row.date)
            else:
                # What an earlier run did not come to (it was stopped, the file's host was down) is still due.
                try:
                    html = decode(self.history.body(row.url)) if self.history else ""
                except (KeyError, ArchiveError):
                    return
                yield from self._files(row.url, html, portal)

    def parse_article(self, response: Response, portal: Portal) -> Iterator[Any]:
        """Files that an article carries."""
        body = self._body(response)
        if body is None:
            yield self._unconditional(response)
        elif b"\0" not in body[:1024]:  # an address without ending may turn out to be a file itself
            yield from self._files(response.url, decode(body), portal)

    def parse_file(self, response: Response, portal: Portal) -> None:
        """A file is archived when it arrives; there is nothing to follow."""

    def _files(self, url: str, html: str, portal: Portal) -> Iterator[Any]:
        for row in attachments(url, html, family_of(url, html).body):
            yield from self._file(row, portal, url)

    def _file(self, row: Row, portal: Portal, found_on: str) -> Iterator[Any]:
        if not self._settled(row.url):
            yield self._ask(row.url, "attachment", portal, found_on, row.title, row.date)

    def _settled(self, url: str) -> bool:
        return self.history is not None and self.history.settled(url, self.recheck_days, self.now)

    def _ask(
        self,
        url: str,
        purpose: str,
        portal: Portal,
        found_on: str | None,
        title: str | None = None,
        date: str | None = None,
        **context: Any,
    ) -> Request:
        headers = {}
        held = self.history.held.get(url) if self.history else None
        if held and held.etag:
            headers["If-None-Match"] = held.etag
        if held and held.last_modified:
            headers["If-Modified-Since"] = held.last_modified
        callbacks: dict[str, Callable[..., Any]] = {
            "list": self.parse_list,
            "article": self.parse_article,
            "attachment": self.parse_file,
        }
        return Request(
            url,
            callback=callbacks[purpose],
            cb_kwargs={"portal": portal, **context},
            headers=headers,
            priority=_PRIORITY[purpose],
            meta={
                "portal_id": portal.portal_id,
                "purpose": purpose,
                "found_on_url": found_on,
                "link_text": title or None,
                "link_date": date,
                "download_slot": host_key(url),  # the queue sorts by it before the guard sees the request
                "handle_httpstatus_list": [304] if headers else [],
            },
        )

    def _body(self, response: Response) -> bytes | None:
        """Body of a response; of one that says "not modified", what the archive holds; None if that is lost."""
        if response.status != 304:
            return response.body
        assert self.history is not None and response.request is not None
        try:
            return self.history.body(response.request.url)
        except (KeyError, ArchiveError) as e:
            self.logger.warning("%s: not modified, but the archive cannot give it back: %s", response.url, e)
            return None

    def _unconditional(self, response: Response) -> Request:
        assert response.request is not None
        request = response.request.replace(dont_filter=True)
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)
        request.meta["handle_httpstatus_list"] = []  # a server that says 304 all the same is not asked for ever
        return request
