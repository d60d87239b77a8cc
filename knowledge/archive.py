"""Layout of the archive, $(DATA)/raw: what the crawler writes and the transform reads.

    raw/<run_id>/            a run; never changed once finished
        run.json             one crawl_runs row; outcome "running" until the run ends
        portals.csv          the registry rows this run worked from (ingest: of the portals whose pages came in WARC files)
        fetches.jsonl        the crawl log: a line per attempt, fields of table `fetches`; of what came in a WARC file also
                             where it stood: source_file (below SRC), source_offset, source_record (its WARC-Record-ID),
                             source_payload (a revisit's: id of the record that has its payload)
        00000.warc.gz …      WARC 1.1, one gzip member per record
        *.warc.gz.torn       what a kill left of a last record, set aside by the next run
        discovery.jsonl      every page that was read for lists: score, reasons, family, rows (crawl)
        scrapy.log           what Scrapy said, for whoever looks into a failed crawl (absent for ingest)
    raw/last_successful      id of the last run that finished

A run id is its start in UTC and its kind, 20260211T063000Z-crawl, so that names sort by time. Paths in tables
(archive_file) are relative to raw/. A run that was killed keeps outcome "running"; its complete records count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

RUN_FILE = "run.json"
PORTALS_FILE = "portals.csv"
LOG_FILE = "fetches.jsonl"
LISTS_FILE = "discovery.jsonl"
POINTER = "last_successful"
WARC_ENDING = ".warc.gz"


def run_id(started: datetime, kind: str) -> str:
    """Id of a run that began at `started` (UTC); kind is crawl or ingest."""
    return f"{started:%Y%m%dT%H%M%SZ}-{kind}"


def runs(raw: Path) -> Iterator[Path]:
    """Folders of all runs, oldest first. An absent archive has none."""
    if raw.is_dir():
        yield from sorted(p.parent for p in raw.glob(f"*/{RUN_FILE}"))


def warc_files(run: Path) -> list[Path]:
    """WARC files of one run in the order they were written."""
    return sorted(run.glob(f"*{WARC_ENDING}"))


def digest(payload: bytes) -> str:
    """Payload digest as tables and WARC headers print it: sha256:<hex>."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def json_lines(path: Path, start: int = 0, end: int | None = None) -> Iterator[dict[str, Any]]:
    """Objects of a JSON-lines file that a run wrote, of its bytes start … end-1 only; an absent file has none.

    A kill tears the last line, in the middle of a character too: what is no whole object is passed over.
    """
    return (row for _, _, row in json_lines_at(path, start, end))


def json_lines_at(path: Path, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """As json_lines, each object with the offsets at which its line begins and ends."""
    try:
        with path.open("rb") as lines:
            lines.seek(start)
            for line in lines:
                at, start = start, start + len(line)
                if end is not None and at >= end:
                    return
                try:
                    row = json.loads(line.decode("utf-8", "replace"))
                except json.JSONDecodeError:
                    continue
                if isinstance(row, dict):
                    yield at, start, row
    except FileNotFoundError:
        return
