"""Every exchange into the archive, every attempt into the crawl log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response

from crawler.archive import CrawlLog, WarcWriter, stamp
from crawler.families.page import decode, key_of
from crawler.outcomes import body_start, outcome, plain_headers
from crawler.policy import NotAsked, Refused, row_logged
from crawler.rows import report_title
from crawler.spiders.reports import ReportsSpider
from knowledge.archive import digest
from knowledge.nesting import shallow
from knowledge.urls import canonical_url, host_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


def request_bytes(request: Request) -> bytes:
    """A request as it goes out: request line, headers, body."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = f"{request.method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n".encode()
    return head + _lines(request.headers) + b"\r\n" + request.body


def response_head(response: Response) -> bytes:
    """Head of a response as received, less Transfer-Encoding: the body is archived without its chunk marks."""
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:  # the portals' own codes: 468, 521 …
        reason = ""
    head = f"{response.protocol or 'HTTP/1.1'} {response.status} {reason}\r\n".encode()
    return head + _lines(response.headers, without=b"transfer-encoding") + b"\r\n"


def _lines(headers: Headers, without: bytes = b"") -> bytes:
    return b"".join(
        name + b": " + value + b"\r\n"
        for name, values in headers.items()
        for value in values
        if name.lower() != without
    )


class Recorder:
    """Downloader middleware, nearest to the wire: below redirects, retries and decompression.

    Settings: FAZHI_RUN_DIR (folder of the run), FAZHI_WARCINFO (fields of the warcinfo record). The spider brings
    `history` and `portal_of` (host:port → portal_id, for robots.txt). What a request is for comes in its meta:
    portal_id, purpose, found_on_url, link_text, link_date (robots.txt has none); how it ended too: outcome, elapsed_ms.
    """

    def __init__(self, crawler: Crawler):
        settings = crawler.settings
        if not settings.get("FAZHI_RUN_DIR"):
            raise NotConfigured("FAZHI_RUN_DIR is not set: there is no run to record")
        spider = crawler.spider
        if not isinstance(spider, ReportsSpider) or spider.history is None:
            raise NotConfigured("the spider brings no history: start crawls with python -m crawler.run")
        run_dir = Path(settings["FAZHI_RUN_DIR"])
        self.crawler = crawler
        self.run_id = run_dir.name
        self.history = spider.history
        self.portal_of = spider.portal_of
        self.max_redirects = settings.getint("REDIRECT_MAX_TIMES")
        self.warc = WarcWriter(run_dir, settings["FAZHI_WARCINFO"])
        self.log = CrawlLog(run_dir)
        self._refused: set[str] = set()
        self._answers_all: set[tuple[str, str]] = set()  # host, digest
        self._stopping: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        recorder = cls(crawler)
        crawler.signals.connect(recorder.engine_stopped, signal=signals.engine_stopped)
        return recorder

    def engine_stopped(self) -> None:
        self.warc.close()
        self.log.close()

    async def process_response(self, request: Request, response: Response) -> Response:
        url = canonical_url(request.url)
        headers = plain_headers(response.headers.items())
        ended = request.meta["outcome"]
        if ended == "redirected":
            ended = self._judge_redirect(request, headers["location"])
        payload_digest = digest(response.body)
        start = body_start(response.body, headers.get("content-encoding", ""))
        if self._is_for_everything(request, url, ended, payload_digest, start):
            ended = "soft_404"
        held = self.history.held.get(key_of(url, digest(request.body) if request.body else None))
        same_as = held if ended == "ok" and held and held.payload_digest == payload_digest else None
        if same_as:
            ended = "unchanged"
        listed = ended in ("ok", "unchanged") and request.meta.get("purpose") == "list"
        # a menu's entry may lead to the report itself instead of to a list of reports
        if listed and (title := report_title(shallow(decode(start)))):
            request.meta.update(purpose="article", link_text=title)
        fetched_at = stamp(datetime.now(UTC))
        ip_address = str(response.ip_address) if response.ip_address else None
        try:
            location = self.warc.exchange(
                url,
                fetched_at,
                request_bytes(request),
                response_head(response),
                response.body,
                ip_address,
                same_as,
            )
            row = self._row(request, url, fetched_at, ended) | {
                "http_status": response.status,
                "media_type": headers.get("content-type", "").partition(";")[0].strip().lower() or None,
                "byte_count": len(response.body),
                "payload_digest": payload_digest,
                "archive_file": location.file,
                "archive_offset": location.offset,
                "etag": headers.get("etag"),
                "last_modified": headers.get("last-modified"),
            }
            self._log(row, request)
        except OSError as e:
            # A crawl that cannot be archived must end: what it fetches would be lost and asked for again.
            self.crawler.stats.set_value("fazhi/archive_error", f"{self.warc.directory}: {e.strerror or e}")
            # Not awaited: stopping waits for the requests under way, of which this is one.
            self._stopping = asyncio.ensure_future(self.crawler.stop_async())
            raise
        return response

    def _is_for_everything(self, request: Request, url: str, ended: str, payload_digest: str, start: bytes) -> bool:
        """True if a document's address was answered with what the host gives for any address: its home page, or the page
        that it gives for robots.txt."""
        host, purpose = host_key(url), request.meta.get("purpose", "robots")
        if ended != "ok":
            return False
        if purpose == "home" or (purpose == "robots" and start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")):
            self._answers_all.add((host, payload_digest))
        if purpose not in ("article", "attachment"):
            return False
        home = urlsplit(url).path == "/" and not urlsplit(url).query
        return (host, payload_digest) in self._answers_all or (home and bool(request.meta.get("redirect_urls")))

    async def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, NotAsked):
            return
        try:
            url = canonical_url(request.url)
        except ValueError:
            url = request.url
        fetched_at = stamp(datetime.now(UTC))
        if isinstance(exception, Refused):
            if url not in self._refused:  # a row per address and run, however many links lead there
                self._refused.add(url)
                row = self._row(request, url, fetched_at, exception.outcome)
                self._log(row | {"elapsed_ms": None}, request)
            return
        self._log(self._row(request, url, fetched_at, outcome(None, {}, b"", exception)), request)

    def _row(self, request: Request, url: str, fetched_at: str, ended: str) -> dict[str, Any]:
        meta = request.meta
        hops = meta.get("redirect_urls")
        try:
            host = host_key(url)
        except ValueError:
            host = ""
        return {
            "run_id": self.run_id,
            "portal_id": meta.get("portal_id") or self.portal_of.get(host),
            "method": request.method,
            "url": url,
            "request_body_digest": digest(request.body) if request.body else None,
            "fetched_at": fetched_at,
            "outcome": ended,
            "http_status": None,
            "media_type": None,
            "byte_count": None,
            "payload_digest": None,
            "archive_file": None,
            "archive_offset": None,
            "found_on_url": canonical_url(hops[-1]) if hops else meta.get("found_on_url"),
            "elapsed_ms": meta.get("elapsed_ms"),
            "purpose": meta.get("purpose", "robots"),
            "link_text": meta.get("link_text"),
            "link_date": meta.get("link_date"),
            "etag": None,
            "last_modified": None,
        }

    def _log(self, row: dict[str, Any], request: Request) -> None:
        self.log.append(row)
        self.history.note(row)
        self.crawler.stats.inc_value(f"fazhi/outcome/{row['outcome']}")
        host = request.meta.get("download_slot", "")
        self.crawler.signals.send_catch_log(signal=row_logged, row=row, host=host)

    def _judge_redirect(self, request: Request, location: str) -> str:
        """Outcome of a redirect; one that leads in a circle, too far or nowhere is not followed."""
        been = {canonical_url(u) for u in (request.url, *request.meta.get("redirect_urls", ()))}
        try:
            target = canonical_url(location, request.url)
        except ValueError:
            request.meta["dont_redirect"] = True
            return "broken_response"
        if target in been or request.meta.get("redirect_times", 0) >= self.max_redirects:
            request.meta["dont_redirect"] = True
            return "redirect_loop"
        return "redirected"
