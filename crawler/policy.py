"""What may be asked, when, and how often: everything that stands between a request and a portal.

A refusal is raised as `Refused` (a row of the crawl log, no request) or `NotAsked` (no row: the address stays as
unknown as it was); the recorder sees both.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.defer import maybe_deferred_to_future

from crawler.outcomes import body_start, encoding_fault, outcome, plain_headers
from knowledge.urls import host_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# Signal of the recorder after each row, with `row` (dict) and `host` (host:port): for displays.
row_logged = object()

# Why a host that belongs to another part of a crawl is not asked: one more run will do it.
ELSEWHERE = "another part of this crawl asks it"

# A block page may be a hiccup; three are an answer.
BLOCKS_BEFORE_LEAVING = 3

# Real addresses of reports stay below half of each.
LONGEST_URL = 2000
DEEPEST_PATH = 20
SAME_PART = 3

_WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
_CHINA = timezone(timedelta(hours=8))


class Refused(IgnoreRequest):
    """A request that policy forbids; `outcome` is robots_denied, forbidden_target or trap."""

    def __init__(self, outcome: str):
        super().__init__(outcome)
        self.outcome = outcome


class NotAsked(IgnoreRequest):
    """A request dropped for this run: its host sent us away, or the run's bounds are reached.

    `host`: the host that is not asked any more; None if none is.
    """

    def __init__(self, why: str, host: str | None = None):
        super().__init__(f"{host}: {why}" if host else why)
        self.why = why
        self.host = host


def in_window(window: str, moment: datetime) -> bool:
    """True if `moment` lies in a window of the day in China, like 22:00-06:30; an empty window is the whole day.

    Raises ValueError for what is no window.
    """
    if not window:
        return True
    found = _WINDOW.fullmatch(window)
    if found is None:
        raise ValueError(f"{window!r} is no window of the day, such as 22:00-06:30")
    local = moment.astimezone(_CHINA)
    now, start, end = (
        h * 60 + m for h, m in ((local.hour, local.minute), *((int(found[i]), int(found[i + 1])) for i in (1, 3)))
    )
    return start <= now < end if start <= end else now >= start or now < end


def is_public(address: str) -> bool:
    """True if an IP address is one that anybody on the internet may be asked at."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


def literal_address(host: str) -> str | None:
    """IP address that a host name spells out in any form a resolver accepts (127.1, 0x7f000001, ::1), else None."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def is_loopback(host: str) -> bool:
    """True if a host (name, or host:port) is this machine by its very name."""
    name = host.rsplit(":", 1)[0] if ":" in host.rpartition("]")[2] else host
    address = literal_address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    ip = ipaddress.ip_address(address)
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


async def _resolved(name: str) -> str:
    from twisted.internet import reactor

    resolver: Any = reactor
    return str(await maybe_deferred_to_future(resolver.resolve(name)))


def is_endless(url: str) -> bool:
    """True if an address shows that it was made by following links in a circle: parts that come again and again.

    Relative links on a page that answers under every address add to the path for ever; no portal nests so deep.
    """
    if len(url) > LONGEST_URL:
        return True
    parts = [p for p in urlsplit(url).path.split("/") if p]
    return len(parts) > DEEPEST_PATH or max(Counter(parts).values(), default=0) > SAME_PART


class TargetGuard:
    """Downloader middleware, nearest to the engine: keeps requests away from where they must not go.

    Settings: FAZHI_NAMED_HOSTS (hosts the registry names, host:port: they alone may be private), FAZHI_MAX_PAGES
    (requests per run, 0: no bound), FAZHI_RESTING (hosts that sent us away lately), FAZHI_MAY_ASK (a function that
    says whether a host is this run's to ask; without it all are), HOST_BUDGET, NIGHT_WINDOW. `elsewhere`: portals that
    met a host that is not.
    """

    def __init__(self, crawler: Crawler):
        settings = crawler.settings
        if settings.get("FAZHI_NAMED_HOSTS") is None:
            raise NotConfigured("FAZHI_NAMED_HOSTS is not set: start crawls with python -m crawler.run")
        self.crawler = crawler
        self.named = frozenset(settings.getlist("FAZHI_NAMED_HOSTS"))
        self.max_pages = settings.getint("FAZHI_MAX_PAGES")
        self.ceiling = settings.getfloat("AUTOTHROTTLE_MAX_DELAY")
        self.host_budget = settings.getint("HOST_BUDGET")
        self.window = settings.get("NIGHT_WINDOW") or ""
        self.resting = frozenset(settings.getlist("FAZHI_RESTING"))
        self.may_ask: Callable[[str], bool] | None = settings.get("FAZHI_MAY_ASK")
        self.elsewhere: set[str] = set()
        self.asked = 0
        self.asked_of: Counter[str] = Counter()
        self.left: dict[str, str] = {}  # host → why it is not asked any more in this run
        self._blocks: Counter[str] = Counter()
        self._lookups: dict[str, asyncio.Future[str]] = {}
        # Hosts with a delay of their own, which the automatic one must not change.
        self._own_delay = set(settings.getdict("DOWNLOAD_SLOTS"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        guard = cls(crawler)
        crawler.signals.connect(guard.obey_crawl_delay, signal=signals.robots_parsed)
        return guard

    async def process_request(self, request: Request) -> None:
        try:
            host = host_key(request.url)
        except ValueError:
            raise Refused("forbidden_target") from None
        if is_endless(request.url) or request.meta.get("in_circles"):
            raise Refused("trap")
        if self.may_ask and not self.may_ask(host):
            self.elsewhere.add(request.meta.get("portal_id") or "")
            raise NotAsked(ELSEWHERE, host)
        if host not in self.named and not await self._leads_outside(host):
            raise Refused("forbidden_target")
        # The unit of politeness is host and port; Scrapy's own is the host name alone.
        request.meta["download_slot"] = host
        request.meta["autothrottle_dont_adjust_delay"] = host in self._own_delay
        self._check_welcome(host)

    async def _leads_outside(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0]
        address = literal_address(name)
        if address is None:
            if is_loopback(host):
                return False
            # raises what the look-up raised: a connection that looked it up once more might be led elsewhere
            address = await self._address(name)
        return is_public(address)

    async def _address(self, name: str) -> str:
        """Address of a name, looked up once in a run.

        The crawl's own resolver remembers the answer, so the connection goes to the address judged here; of two look-ups
        at the same time it would remember the one that came last.
        """
        lookup = self._lookups.get(name)
        if lookup is None:
            lookup = self._lookups[name] = asyncio.ensure_future(_resolved(name))
        try:
            return await asyncio.shield(lookup)
        except Exception:
            self._lookups.pop(name, None)
            raise

    def _check_welcome(self, host: str) -> None:
        if not self.crawler.crawling:  # Scrapy would send all that waits in the hosts' queues before it stops
            raise NotAsked("the run is being stopped")
        if host in self.left:
            self.crawler.stats.inc_value("fazhi/dropped/" + self.left[host])
            raise NotAsked(self.left[host], host)
        if host in self.resting:
            raise NotAsked("blocked lately", host)
        if self.asked_of[host] >= self.host_budget:
            self.left[host] = "budget"
            raise NotAsked("budget", host)
        if self.max_pages and self.asked >= self.max_pages:
            self.crawler.stats.inc_value("fazhi/dropped/max_pages")
            raise NotAsked("MAX_PAGES is used up")
        if self.window and not is_loopback(host) and not in_window(self.window, datetime.now(UTC)):
            self.crawler.stats.inc_value("fazhi/dropped/night")
            raise NotAsked("the night window is over")

    def admit(self, request: Request) -> None:
        """Last word, when a request leaves its host's queue: much may have happened since it joined."""
        host = request.meta["download_slot"]
        self._check_welcome(host)
        self.asked += 1
        self.asked_of[host] += 1

    def learn(self, request: Request, response: Response, ended: str) -> None:
        """Draw conclusions from a response for its host, before the host's next request is let go."""
        host = request.meta["download_slot"]
        if ended == "blocked":
            self._blocks[host] += 1
            if self._blocks[host] >= BLOCKS_BEFORE_LEAVING:
                self.left[host] = "blocked"
        elif ended == "rate_limited":
            wait = _seconds(response.headers.get("Retry-After"))
            slot = self.crawler.engine.downloader.slots.get(host)
            if wait > self.ceiling:
                self.left[host] = "rate_limited"  # told to come back later than this run is willing to wait
            elif slot is not None:
                slot.delay = min(max(slot.delay * 2, 1.0), self.ceiling)
                slot.lastseen = time.monotonic() + max(0.0, wait - slot.delay)

    def obey_crawl_delay(self, robotparser: RobotParser, request: Request) -> None:
        """Signal handler: a longer pause asked for in robots.txt is kept, up to the ceiling."""
        host = request.meta["download_slot"]
        wanted = robotparser.crawl_delay(self.crawler.settings["ROBOTSTXT_USER_AGENT"])
        slot = self.crawler.engine.downloader.slots.get(host)
        if wanted and slot is not None and wanted > slot.delay:
            slot.delay = min(wanted, self.ceiling)
            # Idle slots are thrown away after a minute; the next one of this host starts from these settings.
            self.crawler.engine.downloader.per_slot_settings[host] = {"concurrency": 1, "delay": slot.delay}
            self._own_delay.add(host)


def _seconds(retry_after: bytes | None) -> float:
    if not retry_after:
        return 0.0
    text = retry_after.decode("latin-1").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0


class RobotsRules(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware; a refusal names itself so that it becomes a row."""

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raise Refused if the rules of the host forbid the request."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Refused("robots_denied") from None


class RobotsParser(ProtegoRobotParser):
    """Reads robots.txt; what is really a web page (soft 404, homepage, challenge) holds no rules."""

    def __init__(self, robotstxt_body: bytes, spider: Any):
        head = robotstxt_body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith(b"<") or b"<html" in head or b"<script" in head:
            robotstxt_body = b""
        super().__init__(robotstxt_body, spider)


class RobotsStatus:
    """Downloader middleware: what the status of robots.txt means (RFC 9309, 2.3.1).

    Only a success carries rules; without the file (4xx) everything is allowed; while the server cannot say (5xx)
    nothing is.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        if "purpose" in request.meta or 200 <= response.status < 300:
            return response
        return response.replace(body=b"User-agent: *\nDisallow: /" if response.status >= 500 else b"")


class PoliteHandler(HTTP11DownloadHandler):
    """HTTP(S) download handler: asks the guard when a request is about to leave, tells it what came back.

    Puts `outcome` and `elapsed_ms` (from sending to the complete response, or to the failure) into the request's
    meta. Here and not in a middleware, because a host's next request leaves before middlewares see the response.
    """

    async def download_request(self, request: Request) -> Response:
        guard = self._crawler.get_downloader_middleware(TargetGuard)
        if guard is None:
            raise NotConfigured("crawler.policy.TargetGuard is switched off: nothing may be asked without it")
        guard.admit(request)
        started = time.monotonic()
        try:
            response = await super().download_request(request)
        finally:
            request.meta["elapsed_ms"] = round((time.monotonic() - started) * 1000)
        headers = plain_headers(response.headers.items())
        encoding = headers.get("content-encoding", "")
        ended = outcome(response.status, headers, body_start(response.body, encoding))
        if ended == "ok":
            most = self._crawler.settings.getint("DOWNLOAD_MAXSIZE")
            ended = encoding_fault(response.body, encoding, most) or ended
        request.meta["outcome"] = ended
        guard.learn(request, response, ended)
        return response
