"""WARC files that other tools wrote, as a source: from a folder of saved pages to a crawl of the open web.

Of a large crawl little is wanted, so each record is asked the cheapest question first: its host from the WARC head alone,
then status and kind from the HTTP head, then its title and text (crawler.sift). What is passed over is counted with the
reason. Two things can be had only when all files were read once, and cost a second pass over them if there are any:
files (PDF, Word …), taken where a page that is kept links to them or their own name is a report's title; and payloads of
revisit records, which stand in the record that they refer to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastwarc.warc import WarcRecord, WarcRecordType

from crawler.archive import stamp
from crawler.families.page import attachments
from crawler.hosts import Hosts, printed_host
from crawler.outcomes import BODY_START, outcome, plain_headers
from crawler.passed import PassedOver
from crawler.replies import MAX_BODY, BrokenBody, Reply, head_of, readable, split, unchunked, without
from crawler.sift import decode, file_says_report, is_file, page_fault
from knowledge import warc
from knowledge.families import family_of
from knowledge.nesting import shallow
from knowledge.urls import canonical_url

# A source of no more hosts than these, none of them in the registry, was put together by somebody who wants it.
FEW_HOSTS = 20
_KINDS = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.revisit
_HTML = ("text/html", "application/xhtml+xml")
_NO_TEXT = ("image/", "video/", "audio/", "font/")
_FEED = re.compile(rb"<(?:rss|feed|urlset|sitemapindex)\b")
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}")
# where a record's own head names it, and where a revisit's head names the record with its payload
_OWN = ("WARC-Record-ID", "WARC-Target-URI", "WARC-Date")
_REFERRED = ("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
_SECONDS = 19  # characters of a date up to its seconds: tools differ in what follows


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to archive. `head` is the HTTP head of a response from a WARC file; empty for a plain file.

    source: for what came from a WARC file, source_file, source_offset and source_record of the crawl log.
    """

    url: str
    fetched_at: str
    media_type: str | None
    payload: bytes
    outcome: str = "ok"
    status: int | None = None
    head: bytes = b""
    purpose: str = "file"
    found_on_url: str | None = None
    link_text: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)


class Unreadable(Exception):
    """A file of a known ending that cannot be read as what it says it is."""


@dataclass(slots=True)
class _Revisit:
    """A revisit record of a wanted host: what it is a capture of, and the payload digest that it states ("" if none)."""

    url: str
    fetched_at: datetime
    digest: str
    source: Mapping[str, Any]
    is_found: bool = False


@dataclass(frozen=True, slots=True)
class _Capture:
    """A record's block under the address and date that it is archived with."""

    url: str
    fetched_at: datetime
    is_http: bool
    media_type: str
    block: bytes
    source: Mapping[str, Any]


class Source:
    """Reads WARC files. `hosts`: take only theirs (None: all); `whole`: take every response, as a crawl would.

    `responses` counts the responses, resources and revisits met; `lost`: addresses of the revisits whose payload is not there,
    known after the second pass.
    """

    def __init__(self, hosts: Hosts | None, whole: bool = False) -> None:
        self.passed = PassedOver()
        self.responses = 0
        self.lost: list[str] = []
        self._hosts, self._whole = hosts, whole
        self._latest = datetime.now(UTC) + timedelta(days=1)
        self._revisits: list[_Revisit] = []
        self._refers: dict[tuple[str, ...], list[_Revisit]] = {}
        self._files: dict[str, bool] = {}  # addresses of files met: is its name a report's title?
        self._links: dict[str, tuple[str, str]] = {}  # address of a file: the page that links to it, and as what

    def pages(self, name: str, path: Path, damage: list[str]) -> Iterator[Item]:
        """First pass over a file; what cannot be read is added to `damage`. Raises Unreadable if nothing can."""
        before = self.responses
        for record in _records(path, lambda record: self._is_wanted(name, record), damage):
            url, moment = _url(record), self._moment(record)
            if url is None or moment is None:
                self.passed.add("date" if url else "not_http")
            elif item := self._judge(_capture(record, url, moment, _source(name, record))):
                yield item
        if self.responses == before:
            raise Unreadable(damage.pop(0) if damage else "holds no HTTP response")

    def rest(self, files: Iterable[tuple[str, Path]]) -> Iterator[Item]:
        """Second pass over the same files: linked and named files, payloads of revisits. Ends what is counted."""
        due = {url for url, named in self._files.items() if named or url in self._links}
        if due or self._revisits:
            for name, path in files:
                try:
                    yield from self._rest_of(name, path, due)
                except Unreadable:  # as the first pass has said
                    continue
        self.lost = [revisit.url for revisit in self._revisits if not revisit.is_found]
        for reason, count in (("file", len(self._files) - len(due)), ("revisit", len(self.lost))):
            if count:
                self.passed.add(reason, count=count)

    def _rest_of(self, name: str, path: Path, due: set[str]) -> Iterator[Item]:
        def is_wanted(record: WarcRecord) -> bool:
            if record.record_type == WarcRecordType.revisit or record.headers.get("WARC-Truncated"):
                return False
            return any(key in self._refers for key in _names(record, _OWN)) or (bool(due) and _url(record) in due)

        for record in _records(path, is_wanted, []):
            url, moment = _url(record), self._moment(record)
            source = _source(name, record)
            stated = record.headers.get("WARC-Payload-Digest") or ""
            capture = _capture(record, url or "", moment or self._latest, source)
            if url in due and moment and (item := self._judge(capture, is_last=True)):
                yield item
            for revisit in (r for key in _names(record, _OWN) for r in self._refers.get(key, ())):
                # another digest: the address had another payload by then, which is not what is referred to
                if revisit.is_found or _differ(revisit.digest, stated):
                    continue
                revisit.is_found = True
                came_from = {**revisit.source, "source_payload": source["source_record"]}
                again = replace(capture, url=revisit.url, fetched_at=revisit.fetched_at, source=came_from)
                if item := self._judge(again, is_last=True):
                    yield item

    def _is_wanted(self, name: str, record: WarcRecord) -> bool:
        """Told from the WARC head alone; notes revisits."""
        self.responses += 1
        host = printed_host(_address(record))
        if host is None:
            self.passed.add("not_http")
            return False
        if self._hosts is not None and not self._hosts.has(host):
            self.passed.add("host")
            return False
        if record.headers.get("WARC-Truncated") or record.headers.get("WARC-Segment-Number"):
            self.passed.add("truncated")
            return False
        if record.record_type == WarcRecordType.revisit:
            self._note(name, record)
            return False
        if MAX_BODY < record.content_length <= warc.MAX_RECORD:  # what lies is left to whoever reads it
            self.passed.add("too_large")
            return False
        identified = (record.headers.get("WARC-Identified-Payload-Type") or "").lower()
        if identified.startswith(_NO_TEXT) and not self._whole:
            self.passed.add("media", identified if _MEDIA_TYPE.fullmatch(identified) else "unknown")
            return False
        return True

    def _note(self, name: str, record: WarcRecord) -> None:
        headers = record.headers
        url, moment = _url(record), self._moment(record)
        if "not-modified" in (headers.get("WARC-Profile") or ""):
            self.passed.add("not_modified")
        elif url is None or moment is None:
            self.passed.add("date" if url else "not_http")
        else:
            revisit = _Revisit(url, moment, headers.get("WARC-Payload-Digest") or "", _source(name, record))
            self._revisits.append(revisit)
            for key in _names(record, _REFERRED):
                self._refers.setdefault(key, []).append(revisit)

    def _moment(self, record: WarcRecord) -> datetime | None:
        """WARC-Date; None if there is none that can be believed."""
        moment: datetime | None = record.record_date
        return moment if moment and moment < self._latest else None

    def _judge(self, capture: _Capture, is_last: bool = False) -> Item | None:
        """What is to be archived of a capture; None if nothing is: counted, or a file that waits for the last pass."""
        if not capture.is_http:
            return _item(capture, None, "ok") if self._whole else self._weigh(capture, None, capture.block, is_last)
        reply = split(capture.block)
        if reply is None:
            return self._no("not_http")
        if self._whole:
            return _as_it_came(capture, reply)
        if reply.status != 200:
            return self._no("status", str(reply.status))
        if _is_short(reply):
            return self._no("truncated")
        try:
            reply, content = readable(unchunked(reply))
        except BrokenBody:
            return self._no("broken")
        return self._weigh(capture, reply, content, is_last)

    def _weigh(self, capture: _Capture, reply: Reply | None, content: bytes, is_last: bool) -> Item | None:
        """The same for a whole page or file whose content is known: the cheap questions first."""
        if is_file(content, capture.url):
            return self._file(_item(capture, reply, "ok"), reply, is_last)
        media = _media_type(capture, reply)
        is_html = media in _HTML or content[:512].lstrip(_BLANKS).startswith(b"<")
        if (not is_html and media != "text/plain") or _FEED.search(content, 0, 1024):
            return self._no("media", media if _MEDIA_TYPE.fullmatch(media) else "unknown")
        if fault := page_fault(content, is_html):
            return self._no("triage", fault)
        if reply is not None and (ended := _outcome(reply, content)) != "ok":
            return self._no("not_page", ended)
        if is_html:
            html = shallow(decode(content))
            for row in attachments(capture.url, html, family_of(capture.url, html).body):
                self._links.setdefault(row.url, (capture.url, row.title))
        return _item(capture, reply, "ok")

    def _no(self, reason: str, detail: str = "") -> Item | None:
        self.passed.add(reason, detail)
        return None

    def _file(self, item: Item, reply: Reply | None, is_last: bool) -> Item | None:
        """A file waits for the second pass, where all pages that may link to it are known."""
        named = file_says_report(item.url, reply.header(b"content-disposition") if reply else b"")
        if not is_last:
            self._files[item.url] = self._files.get(item.url, False) or named
            return None
        page, title = self._links.get(item.url, (None, None))
        if page is None and not named:
            return self._no("file")
        return replace(item, purpose="attachment" if page else "file", found_on_url=page, link_text=title)


def is_collection(paths: Iterable[Path], hosts: Hosts) -> bool:
    """True if the files hold few hosts (FEW_HOSTS) and none that the registry knows; read as far as it takes to tell."""
    met: set[str] = set()

    def decides(record: WarcRecord) -> bool:
        host = printed_host(_address(record))
        if host is not None:
            met.add(host)
        return host is not None and (len(met) > FEW_HOSTS or hosts.has(host))

    for path in paths:
        try:
            for _ in warc.records(path, _KINDS, wanted=decides):
                if len(met) > FEW_HOSTS or any(map(hosts.has, met)):
                    return False
        except OSError:
            continue
    return not any(map(hosts.has, met))


def _records(path: Path, wanted: Callable[[WarcRecord], bool], damage: list[str]) -> Iterator[WarcRecord]:
    try:
        for record in warc.records(path, _KINDS, wanted=wanted):
            if isinstance(record, warc.Damage):
                damage.append(f"at byte {record.offset}: {record.detail}")
            else:
                yield record
    except OSError as e:
        raise Unreadable(e.strerror or str(e)) from None


def _capture(record: WarcRecord, url: str, fetched_at: datetime, source: Mapping[str, Any]) -> _Capture:
    kind = (record.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    is_http = record.record_type != WarcRecordType.resource
    return _Capture(url, fetched_at, is_http, kind, record.reader.read(), source)


def _media_type(capture: _Capture, reply: Reply | None) -> str:
    """As the server said, "" if it did not."""
    if reply is None:
        return capture.media_type
    return reply.header(b"content-type").decode("latin-1").partition(";")[0].strip().lower()


def _item(capture: _Capture, reply: Reply | None, ended: str) -> Item:
    return Item(
        url=capture.url,
        fetched_at=stamp(capture.fetched_at),
        media_type=_media_type(capture, reply) or None,
        payload=capture.block if reply is None else reply.body,
        outcome=ended,
        status=reply.status if reply else None,
        head=head_of(reply) if reply else b"",
        source=capture.source,
    )


def _as_it_came(capture: _Capture, reply: Reply) -> Item:
    """Any response, with how it ended."""
    try:
        reply, content = readable(unchunked(reply))
    except BrokenBody as e:  # kept as it is: nobody can say where its body ends
        return _item(capture, replace(reply, headers=without(reply.headers, b"transfer-encoding")), str(e))
    return _item(capture, reply, _outcome(reply, content))


def _outcome(reply: Reply, content: bytes) -> str:
    headers = plain_headers([(name, [value]) for name, value in reply.headers])
    return outcome(reply.status, headers, content[:BODY_START])


def _source(name: str, record: WarcRecord) -> dict[str, Any]:
    identity = _bare(record.headers.get("WARC-Record-ID"))
    return {"source_file": name, "source_offset": record.stream_pos, "source_record": identity}


def _bare(printed: str | None) -> str:
    return (printed or "").strip().removeprefix("<").removesuffix(">")


def _address(record: WarcRecord) -> str:
    return _bare(record.headers.get("WARC-Target-URI"))


def _url(record: WarcRecord) -> str | None:
    try:
        return canonical_url(_address(record))
    except ValueError:
        return None


def _is_short(reply: Reply) -> bool:
    """True if the body ends before the length that its head states."""
    length = reply.header(b"content-length")
    coded = reply.header(b"content-encoding") or reply.header(b"transfer-encoding")
    return not coded and length.isdigit() and int(length) > len(reply.body)


def _differ(digest: str, other: str) -> bool:
    """True if two digests, "" where none is stated, are of different payloads; of two algorithms nobody can tell."""
    return bool(digest and other) and digest.partition(":")[0] == other.partition(":")[0] and digest != other


def _names(record: WarcRecord, fields: tuple[str, str, str]) -> list[tuple[str, ...]]:
    """What a revisit can call a record by: its id, its address and date (in the `fields` of a head), its payload's digest."""
    identity, address, date = (record.headers.get(name) for name in fields)
    digest = record.headers.get("WARC-Payload-Digest")
    names: list[tuple[str, ...]] = []
    if identity:
        names.append((_bare(identity),))
    if address and date:
        names.append((_bare(address), date[:_SECONDS]))
    if digest:
        names.append(("digest", digest, ""))
    return names
