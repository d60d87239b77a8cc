"""Mining a web archive for reports: what a page costs that is passed over, beside what the transform takes to read one.

The archive is invented, in the layout of the large public crawls (a request, a response and a metadata record for each page, a
gzip member each, SHA-1 digests): 95 of 100 pages on hosts that the registry does not know, 4 other pages of portals, 1 report.
Processor time of one process. As a whole: the command from the file to the archive, beside warcio reading it through.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from crawler.foreign import Source
from crawler.hosts import Hosts
from crawler.ingest import main as ingest
from crawler.registry import Portal, write_portals
from samples.farm import FAMILIES, build
from samples.load import pages
from samples.places import places
from samples.reports import Report
from tests.measuring import Rows, faster, medians
from transform.captures import Lost, captures
from transform.document import Registry, read
from transform.shard import portals, shards

PAGES = 20_000
OF_PORTALS, REPORTS = 25, 100  # one in so many
SEED = 7
_POOL = 150  # pages of other hosts that are written; their addresses all differ
_BEGAN = datetime(2024, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """The archive and parts of it: only foreign hosts (some of them), only other pages of portals; and the registry."""

    all: Path
    foreign: Path
    others: Path
    registry: Path
    portals: tuple[Portal, ...]
    counts: dict[str, int]


def make(folder: Path, count: int = PAGES) -> Made:
    """Write an archive of `count` pages."""
    dice = random.Random(SEED)
    every = {place.slug: (place, page) for place, page in pages(SEED, range(0, count, REPORTS))}
    rows = tuple(
        Portal(f"mine-{slug}", place.name, f"http://www.{slug}.gov.example/", place.code, (), "", "示例（虚构）")
        for slug, (place, _) in every.items()
    )
    made = Made(
        *(folder / f"{name}.warc.gz" for name in ("all", "foreign", "others")), folder / "portals.csv", rows,
        dict.fromkeys(("foreign", "others", "reports"), 0),
    )  # fmt: skip
    write_portals(made.registry, rows)
    away, beside = _away(dice), _beside()
    reports = (page for _, page in pages(SEED, range(0, count, REPORTS)))
    with ExitStack() as stack:
        out, foreign, others = (stack.enter_context(p.open("wb")) for p in (made.all, made.foreign, made.others))
        for number in range(count):
            if number % REPORTS == 0:
                page = next(reports)
                kind, url, body = "reports", page.url, page.body
            elif number % OF_PORTALS == 1:
                slug = dice.choice(rows).homepage
                kind, url, body = "others", f"{slug}x/{number}.html", dice.choice(beside)
            else:
                kind, url, body = "foreign", f"http://www.h{number}.example.org/{number}.html", dice.choice(away)
            made.counts[kind] += 1
            exchange = b"".join(_exchange(number, url, body))
            out.write(exchange)
            if kind == "others" or (kind == "foreign" and number % 10 == 2):
                (others if kind == "others" else foreign).write(exchange)
    return made


def _away(dice: random.Random) -> list[bytes]:
    """Pages of other hosts: some 60 kB of running text and links."""
    text = "".join(page.body.decode("utf-8", "ignore") for _, page in pages(SEED, range(3)))
    text = "".join(sign for sign in text if sign > "\u4e00").replace("法治", "天气").replace("依法", "旅游")
    out = []
    for _ in range(_POOL):
        parts, size = ["<html><head><title>示例</title></head><body>"], 0
        while size < 60_000:
            at = dice.randrange(len(text) - 200)
            parts.append(
                f'<div class="c{dice.randrange(999)}"><a href="/a/{dice.randrange(10**6)}.html">{text[at : at + 9]}</a>'
            )
            parts.append(f"<p>{text[at : at + dice.randrange(20, 200)]}。</p></div>")
            size += len(parts[-1].encode()) + 60
        out.append("".join(parts).encode())
    return out


def _beside() -> list[bytes]:
    """Pages of sample portals that are no reports: lists, news, plans, notices; most name lawful government somewhere."""
    place = next(p for p in places().values() if p.reports)
    out = []
    for family in sorted(FAMILIES):
        for page in build(SEED, family, place, ()).pages.values():
            if page.body[:1] == b"<" and not isinstance(page.document, Report):
                out.append(page.body)
    return out


def _exchange(number: int, url: str, body: bytes) -> Iterator[bytes]:
    date = f"{_BEGAN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Crawler-Content-Encoding: gzip\r\n\r\n" + body
    for kind, block, media in (
        ("request", b"GET / HTTP/1.1\r\nUser-Agent: bench\r\n\r\n", "application/http; msgtype=request"),
        ("response", http, "application/http; msgtype=response"),
        ("metadata", b"fetchTimeMs: 40\r\n", "application/warc-fields"),
    ):
        head = {
            "WARC-Type": kind, "WARC-Date": date, "WARC-Record-ID": f"<urn:uuid:{number:08}-{len(kind):04}-4000-8000-000000000000>",
            "Content-Length": str(len(block)), "Content-Type": media, "WARC-Target-URI": url, "WARC-Block-Digest": _sha1(block),
        }  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        yield gzip.compress(f"WARC/1.0\r\n{lines}\r\n".encode() + block + b"\r\n\r\n", 6, mtime=0)


def _sha1(block: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode()


def passed_over(path: Path, hosts: Hosts, expected: int) -> None:
    """Read a file of which nothing is to be kept."""
    source = Source(hosts)
    kept = list(source.pages(path.name, path, []))
    if kept or sum(source.passed.counts.values()) != expected:
        raise AssertionError(f"{len(kept)} kept, passed over: {source.passed.line()}")


def _read_through(path: Path) -> None:
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            record.content_stream().read()


def _transformed(data: Path) -> int:
    """Read everything that was kept; returns the reports."""
    (shard,) = shards(data / "raw")
    registry, found = Registry(portals(shard.run)), 0
    for capture in captures(shard):
        if isinstance(capture, Lost):
            raise AssertionError(capture)
        found += len(read(capture, registry, "bench").documents)
    return found


def measure(rounds: int = 3, count: int = PAGES) -> Rows:
    """Rows of the table, of an archive of `count` pages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = make(folder, count)
        hosts = Hosts(made.portals)
        some = sum(number % 10 == 2 and number % OF_PORTALS != 1 for number in range(count))
        began = time.process_time()
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            given = ["--data", str(folder / "data"), "--src", str(made.all), "--portals", str(made.registry)]
            ingest([*given, "--hosts", "registry"])
        whole = time.process_time() - began
        began = time.process_time()
        _read_through(made.all)
        theirs = time.process_time() - began
        if (found := _transformed(folder / "data")) != made.counts["reports"]:  # also warms up
            raise AssertionError(f"{found} reports of {made.counts['reports']}")
        foreign, others, read_ = medians(
            rounds,
            lambda: passed_over(made.foreign, hosts, some),
            lambda: passed_over(made.others, hosts, made.counts["others"]),
            lambda: _transformed(folder / "data"),
        )
    ms = [1000 * t / n for t, n in ((foreign, some), (others, made.counts["others"]), (read_, found))]
    facts = {"part": "mining", "peer": "transform, per page kept", "unit": "ms a page"}
    return [
        {**facts, "what": "passed over, host not in the registry", "ours": ms[0], "theirs": ms[2], "ratio": ms[2] / ms[0]},
        {**facts, "what": "passed over, a portal's other page", "ours": ms[1], "theirs": ms[2], "ratio": ms[2] / ms[1]},
        {
            "part": "mining", "peer": "warcio, read through", "what": f"archive of {count:,} pages, {found} reports kept",
            **faster([whole], [theirs], count, "pages/s"),
        },
    ]  # fmt: skip


if __name__ == "__main__":
    for row in measure():
        print(row)
