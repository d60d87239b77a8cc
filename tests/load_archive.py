"""The archive of a load (samples/load.py), through the crawler's own writer: runs of many WARC files, written side by side.

Each run covers RUN_PAGES pages of some portals and asks again for some pages of the run before it: for a hundred new ones, for
two that are as they were and two with another figure.
"""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from crawler.archive import CrawlLog, Held, Location, WarcWriter, stamp
from crawler.registry import Portal, write_portals
from knowledge import archive
from samples.load import LoadPage, pages
from samples.places import Place

RUN_PAGES = 10_000
FILE_PAGES = 1_000
LEAST_FILE = 105  # a run of a hundred new pages is one file
PAGE_BYTES = 18_500  # of a page in the archive, about: what a file is cut by
AGAIN = 50  # every so many pages of a run one is asked for again as it was, and one edited
_FIRST_RUN = datetime(2026, 5, 4, tzinfo=UTC)
_SECONDS = 0.5  # between two pages
_REQUEST = "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Fazhi\r\n\r\n"
_LIST = "<html><head><title>{0}</title></head><body><ul>{1}</ul><p>示例（虚构）</p></body></html>"


@dataclass(frozen=True, slots=True)
class Part:
    """What one run fetches: pages first … last-1 of the load, or each `step`-th of them; `number` of the run, from 0."""

    number: int
    first: int
    last: int
    step: int = 1

    @property
    def pages(self) -> range:
        """Their numbers."""
        return range(self.first, self.last, self.step)

    @property
    def started(self) -> datetime:
        """Runs follow one another by a day."""
        return _FIRST_RUN + timedelta(days=self.number)

    def at(self, page: int) -> str:
        """When a page was fetched."""
        return stamp(self.started + timedelta(seconds=_SECONDS * (page - self.first)))


def parts(count: int) -> list[Part]:
    """The runs of a load of `count` pages."""
    return [Part(i, at, min(at + RUN_PAGES, count)) for i, at in enumerate(range(0, count, RUN_PAGES))]


def write(raw: Path, seed: int, some: list[Part], jobs: int) -> int:
    """Write runs into `raw`, `jobs` at a time; returns how many WARC files there are."""
    raw.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool:
        return sum(pool.map(partial(_write_run, raw, seed), some))


def _write_run(raw: Path, seed: int, part: Part) -> int:
    run = raw / archive.run_id(part.started, "crawl")
    run.mkdir()
    # of a thousand pages two files, so that two processes have something to do
    per_file = min(FILE_PAGES, max(LEAST_FILE, -(-len(part.pages) // 2)))
    log = CrawlLog(run)
    portals: dict[str, Portal] = {}
    lists = []
    with WarcWriter(run, {"software": "Fazhi, a load (invented)"}, rotate_at=per_file * PAGE_BYTES) as warc:
        for number, (place, page) in zip(part.pages, pages(seed, part.pages), strict=True):
            if place.code not in portals:
                portals[place.code] = portal = _portal(place)
                lists.append(_read_lists(warc, log, portal, part.at(number)))
            _fetch(warc, log, portals[place.code], page, part.at(number))
        if part.number:
            before = Part(part.number - 1, (part.number - 1) * RUN_PAGES, part.first)
            for number in range(before.first, before.first + part.last - part.first, AGAIN // 2):
                edited = bool(number % AGAIN)
                ((place, page),) = pages(seed, [number], edited=edited)
                later = part.at(part.last + number - before.first)
                _fetch(warc, log, _portal(place), page, later, None if edited else before.at(number))
    log.close()
    write_portals(run / archive.PORTALS_FILE, portals.values())
    (run / archive.LISTS_FILE).write_text("".join(json.dumps(row) + "\n" for row in lists), encoding="utf-8")
    record = {
        "run_id": run.name, "started_at": stamp(part.started), "finished_at": part.at(part.last + RUN_PAGES), "outcome": "finished",
        "portals": len(portals), "pages": len(part.pages), "new_documents": len(part.pages), "blocked": 0,
        "code_version": "load",
    }  # fmt: skip
    (run / archive.RUN_FILE).write_text(json.dumps(record) + "\n", encoding="utf-8")
    return len(archive.warc_files(run))


def _portal(place: Place) -> Portal:
    home = f"http://www.{place.slug}.gov.example/"
    return Portal(
        f"load-{place.slug}", f"{place.name}人民政府", home, place.code, (home + "fzzf/",), "", "示例（虚构）"
    )


def _fetch(
    warc: WarcWriter, log: CrawlLog, portal: Portal, page: LoadPage, at: str, unchanged_since: str | None = None
) -> None:
    """Archive and log a page; if it is as it was then, as a revisit."""
    payload = gzip.compress(page.body, compresslevel=1, mtime=0)
    held = Held(unchanged_since, archive.digest(payload), Location("", 0)) if unchanged_since else None
    facts = {
        "outcome": "unchanged" if held else "ok",
        "purpose": "article",
        "link_text": page.title,
        "link_date": f"{page.published_on}",
    }
    _archive(warc, log, portal, page.url, at, page.content_type, payload, facts, held)


def _read_lists(warc: WarcWriter, log: CrawlLog, portal: Portal, at: str) -> dict[str, Any]:
    """Archive and log a portal's home page and its list; returns the row of discovery.jsonl."""
    (column,) = portal.entry_urls
    for url, purpose in ((portal.homepage, "home"), (column, "list")):
        payload = gzip.compress(
            _LIST.format(portal.name, f'<li><a href="{column}">法治政府建设</a></li>').encode(), 1, mtime=0
        )
        _archive(warc, log, portal, url, at, "text/html; charset=utf-8", payload, {"outcome": "ok", "purpose": purpose})
    seen = {"portal_id": portal.portal_id, "url": column, "column": column, "at": at, "outcome": "ok"}
    return {**seen, "rows": 20, "wanted": 20, "of_reports": True}


def _archive(
    warc: WarcWriter, log: CrawlLog, portal: Portal, url: str, at: str, content_type: str, payload: bytes,
    facts: dict[str, Any], held: Held | None = None,
) -> None:  # fmt: skip
    host, path = url.removeprefix("http://").split("/", 1)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Encoding: gzip\r\nContent-Length: {len(payload)}\r\n\r\n"
    request = _REQUEST.format(f"/{path}", host).encode()
    location = warc.exchange(url, at, request, head.encode(), payload, None, held)
    log.append(
        {
            "run_id": warc.directory.name,
            "portal_id": portal.portal_id,
            "method": "GET",
            "url": url,
            "fetched_at": at,
            "http_status": 200,
            "media_type": "text/html",
            "byte_count": len(payload),
            "payload_digest": archive.digest(payload),
            "archive_file": location.file,
            "archive_offset": location.offset,
            "elapsed_ms": 40,
            **facts,
        }
    )
