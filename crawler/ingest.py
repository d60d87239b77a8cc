"""`make ingest`: local files into the archive, as if they had been fetched.

For pages that a person saved by hand (portals that block crawlers), collections from elsewhere, and other tools'
WARC files, whose responses keep their own address and date.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastwarc.stream_io import ChunkedReader
from fastwarc.warc import WarcRecord, WarcRecordType

from crawler import __version__
from crawler.archive import CrawlLog, Location, WarcWriter, stamp
from crawler.history import logged_rows
from crawler.outcomes import body_start, outcome, plain_headers
from crawler.runs import Run, RunError, archive_lock, start_run
from knowledge import warc
from knowledge.archive import digest
from knowledge.console import guard, names, progress, summary
from knowledge.urls import canonical_url

MEDIA_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".txt": "text/plain",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".doc": "application/msword",
    ".wps": "application/vnd.ms-works",
    ".ofd": "application/ofd",
}
WARC_ENDINGS = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to archive. `head` is the HTTP head of a response from a WARC file; empty for a plain file."""

    url: str
    fetched_at: str
    media_type: str | None
    payload: bytes
    outcome: str = "ok"
    status: int | None = None
    head: bytes = b""


class Unreadable(Exception):
    """A file of a known ending that cannot be read as what it says it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. What a person can put right is raised as a Problem."""
    parser = argparse.ArgumentParser(prog="python -m crawler.ingest", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--src", type=Path, required=True, help="folder or file to take in")
    given = parser.parse_args(arguments)
    if not given.src.exists():
        raise RunError(f"SRC={given.src}: no such file or folder")
    return _ingest(given.data / "raw", given.src)


def _ingest(raw: Path, src: Path) -> int:
    with archive_lock(raw):
        known = {(row["url"], row["payload_digest"]) for row in logged_rows(raw) if row.get("archive_file")}
        files, skipped = _files(src, raw)
        counts: Counter[str] = Counter()
        unreadable: list[str] = []
        stopped = False
        with _lazy_run(raw) as session, progress("ingest", len(files)) as step:
            try:
                for name, path in files:
                    damage: list[str] = []
                    try:
                        for item in _items(name, path, damage):
                            key = (item.url, digest(item.payload))
                            if key in known:
                                counts["already archived"] += 1
                                continue
                            known.add(key)
                            session.archive(item)
                            counts["archived"] += 1
                    except Unreadable as e:
                        damage.append(str(e))
                    unreadable += [f"{name} ({what})" for what in damage]
                    step(name)
            except KeyboardInterrupt:
                stopped = True
            session.finish("stopped" if stopped else "finished", counts["archived"])
    return _report(src, session.run, counts, skipped, unreadable, stopped)


def _report(
    src: Path, run: Run | None, counts: Counter[str], skipped: Counter[str], unreadable: list[str], stopped: bool
) -> int:
    notes = []
    if skipped:
        endings = ", ".join(f"{ending} {n}" for ending, n in skipped.most_common())
        notes.append(f"skipped, no kind of file that is read here: {endings}")
    if unreadable:
        notes.append(f"not readable: {names(unreadable)}")
    if run is None:
        print("\n".join([f"ingest: nothing new in {src} ({counts['already archived']} already archived)", *notes]))
    else:
        summary(f"ingest {run.directory.name}: {run.record['outcome']}", dict(counts), notes)
    if stopped:
        print("ingest: stopped; what was read is archived, run again to go on", file=sys.stderr)
        return 130
    if unreadable and not counts:
        raise RunError(f"none of the files in {src} could be read: {names(unreadable)}")
    return 0


def _files(src: Path, raw: Path) -> tuple[list[tuple[str, Path]], Counter[str]]:
    """Files to read as (name relative to `src`, path), and how many others there are by ending."""
    if src.is_file():
        found = [(src.name, src)]
    else:
        found = []
        for folder, folders, files in os.walk(src):
            # The archive itself may lie below SRC: it is no source for itself.
            folders[:] = sorted(f for f in folders if not (Path(folder) / f).samefile(raw))
            paths = (Path(folder) / f for f in sorted(files))
            found += [(p.relative_to(src).as_posix(), p) for p in paths]
    chosen, skipped = [], Counter[str]()
    for name, path in found:
        lower = path.name.lower()
        if lower.endswith(WARC_ENDINGS) or path.suffix.lower() in MEDIA_TYPES:
            chosen.append((name, path))
        else:
            skipped[path.suffix.lower() or "(no ending)"] += 1
    return chosen, skipped


def _items(name: str, path: Path, damage: list[str]) -> Iterator[Item]:
    if path.name.lower().endswith(WARC_ENDINGS):
        yield from _responses(path, damage)
        return
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        payload = path.read_bytes()
    except OSError as e:
        raise Unreadable(e.strerror or str(e)) from None
    # A name is bytes: what is no UTF-8 or would break a header line must not get into one.
    printable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = re.sub(r"[\x00-\x1f\x7f]", lambda m: f"%{ord(m[0]):02X}", printable)
    yield Item(f"file:{printable}", stamp(modified), MEDIA_TYPES[path.suffix.lower()], payload)


def _responses(path: Path, damage: list[str]) -> Iterator[Item]:
    """HTTP responses of a WARC file; what cannot be read is added to `damage`. Raises Unreadable if nothing can."""
    count = 0
    try:
        for record in warc.records(path, WarcRecordType.response):
            if isinstance(record, warc.Damage):
                damage.append(f"at byte {record.offset}: {record.detail}")
                continue
            count += 1
            item = _response(record)
            if item is not None:
                yield item
    except OSError as e:
        raise Unreadable(e.strerror or str(e)) from None
    if not count:
        raise Unreadable(damage.pop(0) if damage else "holds no HTTP response")


def _response(record: WarcRecord) -> Item | None:
    if not record.is_http:
        return None
    record.parse_http()
    payload = record.reader.read()
    try:
        url = canonical_url((record.headers.get("WARC-Target-URI") or "").strip("<>"))
    except ValueError:  # dns: and the like
        return None
    raw_headers = [(k, v) for k, v in record.http_headers.items_bytes()]
    headers = plain_headers([(k, [v]) for k, v in raw_headers])
    status = record.http_headers.status_code or 0
    ended = outcome(status, headers, body_start(payload, headers.get("content-encoding", "")))
    if "chunked" in headers.get("transfer-encoding", "").lower() and re.match(rb"[0-9A-Fa-f]+[^\r\n]*\r\n", payload):
        try:  # some tools keep the chunk marks, this archive does not
            payload = ChunkedReader(io.BytesIO(payload)).read()
            ended = outcome(status, headers, body_start(payload, headers.get("content-encoding", "")))
        except (OSError, ValueError, RuntimeError):
            ended = "broken_response"  # kept as it is: nobody can say where its body ends
    head = (record.http_headers.status_line_bytes or b"HTTP/1.1 200 OK") + b"\r\n"
    head += b"".join(k + b": " + v + b"\r\n" for k, v in raw_headers if k.lower() != b"transfer-encoding")
    return Item(
        url=url,
        fetched_at=stamp(record.record_date),
        media_type=headers.get("content-type", "").partition(";")[0].strip().lower() or None,
        payload=payload,
        outcome=ended,
        status=status,
        head=head + b"\r\n",
    )


class _Session:
    """The run of this ingest, begun with its first new item: an ingest without news leaves no trace."""

    def __init__(self, raw: Path):
        self.raw = raw
        self.run: Run | None = None
        self._warc: WarcWriter | None = None
        self._log: CrawlLog | None = None

    def archive(self, item: Item) -> None:
        """Write one item and its row of the crawl log."""
        if self.run is None:
            self.run = start_run(self.raw, "ingest", 0)
            self._warc = WarcWriter(self.run.directory, {"software": f"Fazhi/{__version__}"})
            self._log = CrawlLog(self.run.directory)
        assert self._warc is not None and self._log is not None
        if item.head:
            location = self._warc.response(item.url, item.fetched_at, item.head, item.payload)
        else:
            location = self._warc.resource(item.url, item.fetched_at, item.media_type or "", item.payload)
        self._log.append(self._row(item, location))

    def _row(self, item: Item, location: Location) -> dict[str, Any]:
        assert self.run is not None
        return {
            "run_id": self.run.directory.name,
            "portal_id": None,
            "method": "INGEST",
            "url": item.url,
            "request_body_digest": None,
            "fetched_at": item.fetched_at,
            "outcome": item.outcome,
            "http_status": item.status,
            "media_type": item.media_type,
            "byte_count": len(item.payload),
            "payload_digest": digest(item.payload),
            "archive_file": location.file,
            "archive_offset": location.offset,
            "found_on_url": None,
            "elapsed_ms": None,
            "purpose": "file",
            "link_text": None,
            "link_date": None,
            "etag": None,
            "last_modified": None,
        }

    def finish(self, outcome: str, archived: int) -> None:
        """Close the run, if there was anything to run for."""
        if self.run is not None and self._warc is not None and self._log is not None:
            self._warc.close()
            self._log.close()
            self.run.finish(outcome, pages=archived, new_documents=archived)


@contextmanager
def _lazy_run(raw: Path) -> Iterator[_Session]:
    session = _Session(raw)
    try:
        yield session
    except BaseException:
        session.finish("failed", 0)
        raise


if __name__ == "__main__":
    guard(main)
