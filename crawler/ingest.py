"""`make ingest`: local files into the archive, as if they had been fetched.

For pages that a person saved by hand (portals that block crawlers), collections from elsewhere, and other tools'
WARC files, whose responses keep their own address and date. Of WARC files that hold more than somebody's collection, a
crawl of the open web, the reports of the registry's hosts are taken (crawler.foreign).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler import __version__
from crawler.archive import CrawlLog, Location, WarcWriter, stamp
from crawler.foreign import Item, Source, Unreadable, is_collection
from crawler.history import logged_rows
from crawler.hosts import Hosts
from crawler.registry import Portal, read_portals, write_portals
from crawler.runs import Run, RunError, archive_lock, start_run
from knowledge import storage
from knowledge.archive import PORTALS_FILE, digest
from knowledge.console import guard, inert, names, progress, summary

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
_MOST_LOST = 1000  # addresses that a run's record lists
WARC_ENDINGS = (".warc", ".warc.gz", ".warc.zst")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. What a person can put right is raised as a Problem."""
    parser = argparse.ArgumentParser(prog="python -m crawler.ingest", description=__doc__)
    parser.add_argument("--data", type=storage.data_folder, required=True, help="data folder")
    parser.add_argument("--src", type=Path, required=True, help="folder or file to take in")
    parser.add_argument(
        "--portals", type=Path, help="portal registry: whose pages to take of WARC files (without: all)"
    )
    parser.add_argument(
        "--hosts",
        help="WARC files: reports of the hosts of the registry, or of all (without: the registry's, unless the files are a "
        "collection of few hosts that it does not know, which is taken whole)",
    )
    given = parser.parse_args(arguments)
    if not given.src.exists():
        raise RunError(f"SRC={given.src}: no such file or folder")
    if given.hosts not in (None, "registry", "all"):
        raise RunError(f"HOSTS={given.hosts}: must be registry or all")
    if given.hosts == "registry" and given.portals is None:
        raise RunError("HOSTS=registry: say which registry, PORTALS=…")
    return _ingest(given.data / "raw", given.src, given.portals, given.hosts)


def _ingest(raw: Path, src: Path, portals: Path | None, choice: str | None) -> int:
    with archive_lock(raw):
        known = {(row["url"], row["payload_digest"]) for row in logged_rows(raw) if row.get("archive_file")}
        files, skipped = _files(src, raw)
        warcs = [(name, path) for name, path in files if _is_warc(path)]
        registry = Hosts(read_portals(portals)) if portals and warcs else None
        source = _source(warcs, registry, choice)
        counts: Counter[str] = Counter()
        moments: set[tuple[str, str]] = set()
        unreadable: list[str] = []
        stopped = False
        with _lazy_run(raw, registry) as session, progress("ingest", len(files)) as step:

            def take(item: Item) -> None:
                key, moment = (item.url, digest(item.payload)), (item.url, item.fetched_at)
                if key in known:
                    counts["already archived"] += 1
                elif moment in moments:  # the crawl log knows a row of a run by these
                    source.passed.add("moment")
                else:
                    known.add(key)
                    moments.add(moment)
                    session.archive(item)
                    counts["archived"] += 1

            try:
                for name, path in files:
                    damage: list[str] = []
                    try:
                        for item in source.pages(name, path, damage) if _is_warc(path) else [_file(name, path)]:
                            take(item)
                    except Unreadable as e:
                        damage.append(str(e))
                    unreadable += [f"{name} ({what})" for what in damage]
                    step(name)
                for item in source.rest(warcs):
                    take(item)
            except KeyboardInterrupt:
                stopped = True
            session.finish("stopped" if stopped else "finished", counts["archived"], source)
    return _report(src, session.run, counts, [*_said(source, warcs), *_notes(skipped, unreadable)], unreadable, stopped)


def _source(warcs: list[tuple[str, Path]], registry: Hosts | None, choice: str | None) -> Source:
    """What is taken of WARC files: see --hosts."""
    if registry is None:
        return Source(None, whole=choice is None)
    if choice is None and is_collection((path for _, path in warcs), registry):
        return Source(None, whole=True)
    return Source(None if choice == "all" else registry)


def _said(source: Source, warcs: list[tuple[str, Path]]) -> list[str]:
    line = source.passed.line()
    said = [f"WARC files: {source.responses} responses in {len(warcs)} files; {line}"] if line else []
    if source.lost:
        said.append(f"revisits without their payload: {names(source.lost)}")
    return said


def _notes(skipped: Counter[str], unreadable: list[str]) -> list[str]:
    notes = []
    if skipped:
        endings = ", ".join(f"{ending} {n}" for ending, n in skipped.most_common())
        notes.append(f"skipped, no kind of file that is read here: {endings}")
    if unreadable:
        notes.append(f"not readable: {names(unreadable)}")
    return notes


def _report(
    src: Path, run: Run | None, counts: Counter[str], notes: list[str], unreadable: list[str], stopped: bool
) -> int:
    if run is None:
        print(f"ingest: nothing new in {src} ({counts['already archived']} already archived)")
        for note in notes:
            print(inert(note))
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
    inside = src.resolve()
    for name, path in found:
        lower = path.name.lower()
        if not path.is_file():  # a pipe would be waited for without end
            skipped["(no regular file)"] += 1
        elif path.is_symlink() and not path.resolve().is_relative_to(
            inside
        ):  # whoever filled SRC may not name what is read
            skipped["(a link out of SRC)"] += 1
        elif lower.endswith(WARC_ENDINGS) or path.suffix.lower() in MEDIA_TYPES:
            chosen.append((name, path))
        else:
            skipped[path.suffix.lower() or "(no ending)"] += 1
    return chosen, skipped


def _is_warc(path: Path) -> bool:
    return path.name.lower().endswith(WARC_ENDINGS)


def _file(name: str, path: Path) -> Item:
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        payload = path.read_bytes()
    except OSError as e:
        raise Unreadable(e.strerror or str(e)) from None
    # A name is bytes: what is no UTF-8 or would break a header line must not get into one.
    printable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = re.sub(r"[\x00-\x1f\x7f]", lambda m: f"%{ord(m[0]):02X}", printable)
    return Item(f"file:{printable}", stamp(modified), MEDIA_TYPES[path.suffix.lower()], payload)


class _Session:
    """The run of this ingest, begun with its first new item: an ingest without news leaves no trace."""

    def __init__(self, raw: Path, registry: Hosts | None):
        self.raw = raw
        self.run: Run | None = None
        self._registry = registry
        self._portals: list[Portal] = []  # those whose pages were archived
        self._warc: WarcWriter | None = None
        self._log: CrawlLog | None = None

    def archive(self, item: Item) -> None:
        """Write one item and its row of the crawl log."""
        if self.run is None:
            self.run = start_run(self.raw, "ingest", 0)
            self._warc = WarcWriter(self.run.directory, {"software": f"Fazhi/{__version__}"})
            self._log = CrawlLog(self.run.directory)
        assert self._warc is not None and self._log is not None
        portal = self._registry.portal(item.url) if self._registry and item.source else None
        if portal and portal not in self._portals:
            self._portals.append(portal)
            write_portals(self.run.directory / PORTALS_FILE, self._portals)
        if item.head:
            location = self._warc.response(item.url, item.fetched_at, item.head, item.payload)
        else:
            location = self._warc.resource(item.url, item.fetched_at, item.media_type or "", item.payload)
        self._log.append(self._row(item, location, portal.portal_id if portal else None))

    def _row(self, item: Item, location: Location, portal_id: str | None) -> dict[str, Any]:
        assert self.run is not None
        return {
            "run_id": self.run.directory.name,
            "portal_id": portal_id,
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
            "found_on_url": item.found_on_url,
            "elapsed_ms": None,
            "purpose": item.purpose,
            "link_text": item.link_text,
            "link_date": None,
            "etag": None,
            "last_modified": None,
            **item.source,
        }

    def finish(self, outcome: str, archived: int, source: Source | None = None) -> None:
        """Close the run, if there was anything to run for; what `source` passed over goes into its record."""
        if self.run is not None and self._warc is not None and self._log is not None:
            if source is not None and source.responses:
                self.run.record |= {"warc_responses": source.responses, "passed_over": source.passed.as_json()}
                self.run.record |= {"revisits_lost": source.lost[:_MOST_LOST]} if source.lost else {}
            self._warc.close()
            self._log.close()
            self.run.finish(outcome, pages=archived, new_documents=archived)


@contextmanager
def _lazy_run(raw: Path, registry: Hosts | None) -> Iterator[_Session]:
    session = _Session(raw, registry)
    try:
        yield session
    except BaseException:
        session.finish("failed", 0)
        raise


if __name__ == "__main__":
    guard(main)
