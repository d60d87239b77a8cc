"""One shard of the archive → its folder of tables: the unit of work, whichever engine does it.

    transform/<run_id>-<warc stem>/{documents,sections,…}.parquet, done.json

done.json says what the tables were made from. It comes last, so a folder without it is not whole. A shard that cannot be
read as a whole (a process that dies of it again and again, an error that no document is to blame for) is set aside: its
folder has what its log tells and a row of quarantine, and done.json holds `failed`, so that it is tried again next time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from knowledge import archive, storage
from knowledge.console import Problem
from knowledge.schema import table_from_rows, tables, words
from transform.reader import TABLES, Reader
from transform.shard import Shard, crawl_log, portals

DONE = "done.json"
_REPEATING = frozenset(
    ("document_id", "section_id", "indicator_code", "unit", "unit_raw", "year", "run_id", "portal_id")
)
FOLDER = "transform"


class ShardFailed(Exception):
    """A shard that cannot be read as a whole; what was seen."""


@dataclass(frozen=True, slots=True)
class Job:
    """A shard to make: in which data folder (an address, as storage.place_at takes it), and what done.json will say."""

    where: str
    shard: Shard
    made: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The code that is to read it."""
        return str(self.made["transform_version"])


def fingerprint(shard: Shard, version: str, sizes: Mapping[str, int]) -> dict[str, Any]:
    """What a shard's tables are made from: sizes of its files (by name, 0 if absent) and the code that reads them."""
    run = f"raw/{shard.run.name}"
    files = [f"{run}/{shard.warc.name}" if shard.warc else "", f"{run}/{archive.LOG_FILE}", f"{run}/{archive.RUN_FILE}"]
    return {"transform_version": version, "bytes": [sizes.get(name, 0) for name in files]}


def make(job: Job, reader: Reader) -> dict[str, int]:
    """Make one shard's folder; returns rows per table.

    Raises ShardFailed if the shard cannot be read; then nothing is written. Whatever fails besides (a full disk, a
    store that cannot be reached, a reader that does not start) is no fault of the shard and raised as it is.
    """
    place = storage.place_at(job.where)
    with place.near(job.shard.files()) as data:
        shard = job.shard.below(data)
        try:
            found = _from_log(shard) | reader.read(shard, job.version)
        except Problem:
            raise
        except Exception as e:
            if os.environ.get("DEBUG") == "1":
                raise
            raise ShardFailed(f"{type(e).__name__}: {e}") from e
    return _write(place, job, found, job.made)


def set_aside(job: Job, why: str) -> dict[str, int]:
    """Make the folder of a shard that cannot be read: what its log tells, and why; returns rows per table."""
    place = storage.place_at(job.where)
    row = {
        "archive_file": job.shard.archive_file,
        "archive_offset": 0,
        "stage": "transform",
        "reason": "shard_failed",
        "detail": why[:300],
        "code_version": job.version,
    }
    found = {name: table_from_rows(name, []) for name in ("fetches", *TABLES)}
    found["quarantine"] = table_from_rows("quarantine", [row])
    files = [n for n in job.shard.files() if not n.endswith(archive.WARC_ENDING)]
    with place.near(files) as data, contextlib.suppress(Exception):  # the log may be what cannot be read
        found |= _from_log(job.shard.below(data))
    return _write(place, job, found, {**job.made, "failed": why[:300]})


def _from_log(shard: Shard) -> dict[str, pa.Table]:
    """Tables that need no document read: the shard's requests, and with its run's first shard the run's own rows."""
    rows = {"fetches": [{**r, "fetched_at": datetime.fromisoformat(r["fetched_at"])} for r in crawl_log(shard)]}
    if shard.first:
        rows["crawl_runs"] = [_run_row(shard.run)]
        rows["lists"] = list(_lists(shard.run))
        rows["portals"] = list({p["portal_id"]: p for p in portals(shard.run)}.values())
    return {name: table_from_rows(name, some) for name, some in rows.items()}


def _lists(run: Path) -> Iterator[dict[str, Any]]:
    """Pages that the run read for lists; an ingest has none."""
    for row in archive.json_lines(run / archive.LISTS_FILE):
        if "url" in row:
            yield {
                "run_id": run.name,
                "portal_id": row["portal_id"],
                "url": row["url"],
                "column_url": row.get("column"),
                "at": datetime.fromisoformat(row["at"]),
                "family": row.get("family"),
                "outcome": row.get("outcome"),
                "row_count": row.get("rows"),
                "wanted_count": row.get("wanted"),
                "of_reports": row.get("of_reports"),
                "score": row.get("score"),
                "reasons": row.get("reasons"),
            }


def _run_row(run: Path) -> dict[str, Any]:
    row = json.loads((run / archive.RUN_FILE).read_text(encoding="utf-8"))
    row = {c.name: row.get(c.name) for c in tables()["crawl_runs"].columns}
    for name in ("started_at", "finished_at"):
        row[name] = datetime.fromisoformat(row[name]) if row[name] else None
    if row["outcome"] == "running":
        row["outcome"] = "interrupted"
    return row


def _write(place: storage.Place, job: Job, found: dict[str, pa.Table], made: Mapping[str, Any]) -> dict[str, int]:
    with place.replacing(f"{FOLDER}/{job.shard.key}", last=DONE) as folder:
        for name, table in found.items():
            write_parquet(name, table, folder / f"{name}.parquet")
        (folder / DONE).write_text(json.dumps(made), encoding="utf-8")
    return {name: len(table) for name, table in found.items()}


def write_parquet(name: str, table: pa.Table, where: Path | IO[bytes]) -> None:
    """Write a table of that name as a Parquet file."""
    # a dictionary of what hardly ever repeats (ids of rows, texts) takes time to make and makes the file larger
    repeating = [c for c in table.column_names if c in _REPEATING or words(name, c)]
    pq.write_table(table, where, compression="zstd", use_dictionary=repeating or False)
