"""From a portal's home page or report columns to its reports and the files they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, Spider, signals
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import families
from crawler.archive import ArchiveError, stamp
from crawler.discovery import (
    Site,
    bounds,
    links,
    looks_like_article,
    names_a_column,
    original,
)
from crawler.families import Fetched, ListFamily, Page
from crawler.families.page import ATTACHMENT_ENDINGS, PAGE_ENDINGS, Row, as_get, attachments, decode, ending
from crawler.frontier import ENTRY, LEARNT, Item
from crawler.history import History, Known
from crawler.learnt import DiscoveryLog, Learnt
from crawler.policy import ELSEWHERE, NotAsked
from crawler.registry import Portal
from crawler.rows import wanted, years_named
from crawler.visit import SITEMAP_SCORE, Visit
from knowledge.families import family_of
from knowledge.nesting import shallow
from knowledge.urls import canonical_url, host_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Within a host: what a page carries before the next page, documents before further lists. So a run cut short has
# whole documents, and MAX_PAGES buys documents rather than lists.
_PRIORITY = {"home": 0, "list": 0, "article": 10, "attachment": 20}
# A further page as full as the first may not be the last, whatever the pager counts; lists have no shorter pages.
_PAGE_SIZE = 5
# Of a page, so much is read for links: the largest lists met have a tenth of it, and while one page is read no other
# portal is answered. The archive keeps it whole.
MAX_READ = 4 * 2**20


def _html(body: bytes) -> str:
    return shallow(decode(body[:MAX_READ]))


class ReportsSpider(Spider):
    """Walks the given portals; started by crawler.run, which says what is known already.

    `learnt`: what earlier runs learnt, by portal_id; `log`: where this one writes what it learns; `years`: only rows
    whose titles name one of them, or none at all; `recheck_days`: see History.settled. After the crawl, `visits` tell
    how each portal went.
    """

    name = "reports"

    def __init__(
        self,
        portals: Sequence[Portal] = (),
        history: History | None = None,
        learnt: Mapping[str, Learnt] | None = None,
        log: DiscoveryLog | None = None,
        years: frozenset[int] = frozenset(),
        recheck_days: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.history = history
        self.journal = log
        self.years = years
        self.recheck_days = recheck_days
        self.now = datetime.now(UTC)
        self.asked: set[str] = set()  # documents
        self.done = 0  # portals
        self.portal_of = {host: p.portal_id for p in reversed(portals) for host in p.hosts}
        self.known: defaultdict[str, list[tuple[str, Known]]] = defaultdict(list)
        for url, document in history.documents.items() if history else ():
            self.known[document.portal_id or ""].append((url, document))
        homes = {p.portal_id: host_key(p.homepage) for p in portals}
        owners = {host: homes[portal_id] for host, portal_id in self.portal_of.items()}
        self.visits: dict[str, Visit] = {}
        for portal in portals:
            past = (learnt or {}).get(portal.portal_id) or Learnt()
            search = not portal.entry_urls and past.search_due(self.now)
            self.visits[portal.portal_id] = Visit(portal, Site(portal.homepage, owners), past, search)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._dropped, signal=signals.request_dropped)
        crawler.signals.connect(spider._closed, signal=signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        for visit in self.visits.values():
            for url in visit.portal.entry_urls:
                page = Page(url)
                whole = bounds()["list_pages"]
                visit.frontier.push(
                    Item(page, ENTRY, reasons=("named by the registry",), patience=whole, of_reports=True)
                )
            if not visit.portal.entry_urls:
                for column in visit.learnt.columns.values():
                    visit.frontier.push(column.item())
                for item in visit.learnt.left:
                    visit.frontier.push(item)
                if visit.search:
                    visit.start_search()
            for request in self._next(visit):
                yield request

    # ---------------------------------------------------------------- one page after another

    def _next(self, visit: Visit) -> Iterator[Request]:
        """The portal's next page; at its end what is due there besides."""
        if visit.closed:
            return
        item = visit.frontier.pop() if visit.why is None else None
        if item is None and visit.why is None and visit.stale and not visit.search and not visit.portal.entry_urls:
            visit.start_search()  # a column has gone: where to?
            item = visit.frontier.pop()
        if item is not None:
            yield self._request(visit, item)
            return
        visit.closed = True
        self.done += 1
        yield from self._due(visit)
        if self.journal:
            waiting = visit.frontier.waiting()
            self.journal.end(
                visit.portal.portal_id,
                visit.search and visit.home_read and visit.why is None and not visit.elsewhere,
                visit.frontier.spent,
                waiting,
                stamp(datetime.now(UTC)),
                visit.why,
            )

    def parse_page(self, response: Response, visit: Visit, item: Item) -> Iterator[Any]:
        """A home page, a list, or a menu on the way to one: its documents, then the portal's next page."""
        body = self._body(response)
        if body is None:
            yield self._unconditional(response)
            return
        try:
            found = list(self._read(response, _html(body), visit, item))
        except Exception as error:  # a page that cannot be read must not end its portal
            self.logger.error("%s: %r", response.url, error, exc_info=True)
            if self.crawler.stats:
                self.crawler.stats.inc_value(f"spider_exceptions/{type(error).__name__}")
            found = []
        yield from found
        yield from self._next(visit)

    def failed(self, failure: Failure) -> Iterator[Any]:
        """A page that did not come."""
        request: Request = failure.request  # type: ignore[attr-defined]
        visit, item = request.cb_kwargs["visit"], request.cb_kwargs["item"]
        if isinstance(failure.value, NotAsked):
            host = failure.value.host
            visit.elsewhere = visit.elsewhere or failure.value.why == ELSEWHERE
            if host is None or host == host_key(visit.portal.homepage):
                visit.why = failure.value.why
                visit.frontier.put_back(item)
            else:  # a sub-site that sent us away; the others may still be asked
                visit.site = replace(visit.site, shut=visit.site.shut | {host})
        else:
            self._note(visit, item, None, 0, 0)
            last = self.history.last.get(item.page.key) if self.history else None
            if last and last.outcome in ("not_found", "client_error") and (plain := as_get(item.page)):
                visit.frontier.push(replace(item, page=plain))
            if LEARNT <= item.score < ENTRY:
                visit.stale = True
        yield from self._next(visit)

    def _dropped(self, request: Request) -> None:
        """Signal handler: a page that was asked for already, by another portal or under another name."""
        visit, item = request.cb_kwargs.get("visit"), request.cb_kwargs.get("item")
        if visit is not None and item is not None and self.crawler.engine:
            visit.home_read = visit.home_read or item.role == "home"
            for following in self._next(visit):
                self.crawler.engine.crawl(following)

    def _closed(self) -> None:
        if self.journal:
            self.journal.close()

    # ---------------------------------------------------------------- what a page says

    def _read(self, response: Response, html: str, visit: Visit, item: Item) -> Iterator[Any]:
        url = canonical_url(response.url)
        if url != item.page.url:
            visit.frontier.met(url)
            if item.role == "home" or item.score >= LEARNT:
                visit.site = replace(visit.site, also=visit.site.also | {host_key(url)})
        if item.role == "sitemap":
            visit.follow_sitemap(html, item)
            self._note(visit, item, None, 0, 0)
            return
        page = Fetched(url, html, item.page.form)
        family = families.choose(visit.portal.cms, url, html)
        rows = family.rows(page)
        page = replace(page, full=item.number > 1 and _PAGE_SIZE <= item.rows_on_first == len(rows))
        fresh = [row for row in rows if item.page.again or row.url not in item.seen]
        visit.parsed = visit.parsed or bool(rows)
        count = 0
        for row in fresh:
            if not row.date and names_a_column(row.title) and not looks_like_article(row.url):
                continue  # a menu's entry
            if wanted(row, item.of_reports):
                count += 1
                yield from self._row(row, visit, url)
        if response.meta["purpose"] == "article" or (self.history and url in self.history.documents):
            count += 1  # it is itself a report
            self.asked.add(url)
            yield from self._files(url, html, visit.portal)
        self._note(visit, item, family, len(rows), count)
        following = family.next_page(page) if item.role == "list" else None
        if rows or not following:  # else the list itself comes from another address
            visit.circles.note(url, html)
        if LEARNT <= item.score < ENTRY and item.number == 1 and not (rows or count or following):
            visit.stale = True
        if following:
            if self._known_gone(following):
                pass  # a pager that counts too far was found out already
            elif following.again:
                visit.frontier.push(item.continued(following))
            elif fresh and (more := item.following(following, [row.url for row in rows], count)):
                visit.frontier.push(more)
        if item.role == "home":
            visit.home_read = True
            visit.home_links = {link.address for link in links(page)}
            sitemap = Page(canonical_url("/sitemap.xml", url))
            visit.frontier.push(Item(sitemap, SITEMAP_SCORE, "sitemap", ("sitemap",)))
        if visit.search and item.score < LEARNT and (item.number == 1 or item.page.again):
            visit.follow(page, family, item)

    def _known_gone(self, page: Page) -> bool:
        return self.history is not None and self.history.gone(page.key) and self._settled(page.key)

    def _note(self, visit: Visit, item: Item, family: ListFamily | None, rows: int, count: int) -> None:
        if self.journal and self.history:
            last = self.history.last.get(item.page.key)
            ended = last.outcome if last else ""
            name = family.name if family else None
            self.journal.page(visit.portal.portal_id, item, name, rows, count, ended, stamp(datetime.now(UTC)))

    # ---------------------------------------------------------------- documents

    def _row(self, row: Row, visit: Visit, found_on: str) -> Iterator[Any]:
        named = years_named(row.title)
        if self.years and named and not named & self.years:
            return
        if original(row.url):
            visit.mirrors.setdefault(row.url, (row, found_on))
            return
        kind = ending(row.url)
        if kind in ATTACHMENT_ENDINGS:
            yield from self._file(row, visit.portal, found_on)
        elif kind in PAGE_ENDINGS:
            if not self._settled(row.url):
                yield self._ask(row.url, "article", visit.portal, found_on, row.title, row.date)
            else:
                # What an earlier run did not come to (it was stopped, the file's host was down) is still due.
                try:
                    url, body = self.history.final(row.url) if self.history else (row.url, b"")
                except (KeyError, ArchiveError):
                    return
                yield from self._files(url, _html(body), visit.portal)

    def _due(self, visit: Visit) -> Iterator[Any]:
        """At a portal's end: mirrors whose original could not be had, and known documents that are due."""
        for url, (row, found_on) in visit.mirrors.items():
            target = original(url) or url
            known = target in self.asked or (self.history is not None and self.history.has(target))
            if not known and not self._settled(url):
                yield self._ask(url, "article", visit.portal, found_on, row.title, row.date)
        for url, document in self.known[visit.portal.portal_id]:
            title = document.title or ""
            named = years_named(title)
            if url in self.asked or (self.years and named and not named & self.years) or self._settled(url):
                continue
            if not title or document.purpose == "attachment" or wanted(Row(url, title, document.date), True):
                yield self._ask(url, document.purpose, visit.portal, document.found_on, title, document.date)

    def parse_article(self, response: Response, portal: Portal) -> Iterator[Any]:
        """Files that an article carries."""
        body = self._body(response)
        if body is None:
            yield self._unconditional(response)
        elif b"\0" not in body[:1024]:  # an address without ending may turn out to be a file itself
            yield from self._files(response.url, _html(body), portal)

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

    # ---------------------------------------------------------------- requests

    def _ask(
        self, url: str, purpose: str, portal: Portal, found_on: str | None, title: str | None, date: str | None
    ) -> Request:
        self.asked.add(url)
        callbacks: dict[str, Callable[..., Any]] = {"article": self.parse_article, "attachment": self.parse_file}
        return self._conditional(
            Request(
                url,
                callback=callbacks[purpose],
                cb_kwargs={"portal": portal},
                priority=_PRIORITY[purpose],
                meta=self._meta(url, purpose, portal, found_on) | {"link_text": title or None, "link_date": date},
            ),
            url,
        )

    def _request(self, visit: Visit, item: Item) -> Request:
        purpose = "home" if item.role == "home" else "list"
        page = item.page
        posted = {"Content-Type": "application/x-www-form-urlencoded"} if page.form else {}
        return self._conditional(
            Request(
                page.url,
                method="POST" if page.form else "GET",
                body=page.form,
                headers=posted,
                callback=self.parse_page,
                errback=self.failed,
                cb_kwargs={"visit": visit, "item": item},
                priority=_PRIORITY[purpose],
                meta=self._meta(page.url, purpose, visit.portal, item.found_on)
                | {"in_circles": item.score < LEARNT and visit.circles.closed(page.url)},
            ),
            page.key,
        )

    def _meta(self, url: str, purpose: str, portal: Portal, found_on: str | None) -> dict[str, Any]:
        host = host_key(url)
        self.portal_of.setdefault(host, portal.portal_id)
        return {
            "portal_id": portal.portal_id,
            "purpose": purpose,
            "found_on_url": found_on,
            "download_slot": host,  # the queue sorts by it before the guard sees the request
        }

    def _conditional(self, request: Request, key: str) -> Request:
        held = self.history.held.get(key) if self.history else None
        if held and held.etag:
            request.headers["If-None-Match"] = held.etag
        if held and held.last_modified:
            request.headers["If-Modified-Since"] = held.last_modified
        if held and (held.etag or held.last_modified):
            request.meta["handle_httpstatus_list"] = [304]
        return request

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
