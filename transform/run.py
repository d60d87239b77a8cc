"""The transform job: archive → Parquet, one folder of tables per WARC file (shard).

    $(DATA)/transform/<run_id>-<warc stem>/{documents,sections,…}.parquet, done.json

A shard's folder is written beside and renamed, so it is complete or absent. It is kept as long as the archive file
and the code that read it are the same; otherwise it is made again. Memory is bounded by one shard.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from knowledge import archive, console
from knowledge.schema import table_from_rows, tables
from knowledge.version import code_version
from transform.document import Capture, Registry, Rows, failed, list_date, read

_SKIPPED_PURPOSES = {"robots", "home", "list"}
_PER_DOCUMENT = ("documents", "sections", "quantities", "indicators", "quarantine")


@dataclass(frozen=True, slots=True)
class Shard:
    """One WARC file of a run, or a run that has none (then `warc` is None); `first` also carries the run's own rows."""

    run: Path
    warc: Path | None
    first: bool

    @property
    def key(self) -> str:
        """Name of the shard's folder."""
        return f"{self.run.name}-{self.warc.name.split('.')[0] if self.warc else 'none'}"


def shards(raw: Path) -> list[Shard]:
    """All shards of the archive, oldest run first."""
    out = []
    for run in archive.runs(raw):
        files: list[Path | None] = [*archive.warc_files(run)] or [None]
        out += [Shard(run, warc, i == 0) for i, warc in enumerate(files)]
    return out


def fingerprint(shard: Shard, version: str) -> dict[str, Any]:
    """What a shard's tables were made from: sizes of its files and the code that read them."""
    files = [shard.warc, shard.run / archive.LOG_FILE, shard.run / archive.RUN_FILE]
    return {"transform_version": version, "bytes": [f.stat().st_size if f and f.exists() else 0 for f in files]}


def captures(shard: Shard, log: dict[int, dict[str, Any]]) -> Iterator[Capture | tuple[int, str, str]]:
    """Responses and files of a shard that may be documents; (offset, reason, detail) for a record that cannot be read."""
    if shard.warc is None:
        return
    name = f"{shard.run.name}/{shard.warc.name}"
    wanted = WarcRecordType.response | WarcRecordType.resource
    offset = 0
    try:
        with shard.warc.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=wanted, parse_http=False):
                offset = record.stream_pos
                row = log.get(offset, {})
                if row.get("purpose") in _SKIPPED_PURPOSES or row.get("outcome", "ok") != "ok":
                    continue
                # a kill tears the last record: what is left of it reads without an error, only the digest tells
                if record.headers.get("WARC-Block-Digest") and not record.verify_block_digest():
                    yield offset, "torn_record", "the record does not have the digest it was written with"
                    continue
                try:
                    if record.is_http:
                        record.parse_http(auto_decode="content")
                        if record.http_headers.status_code != 200:
                            continue
                    capture = _capture(record, row, shard.run.name, name)
                except Exception as e:  # a body that is not encoded as its header says; the next records can be read
                    yield offset, "broken_content", f"{type(e).__name__}: {e}"
                    continue
                yield capture
    except Exception as e:  # nothing behind a broken gzip member can be read; what was read before it stands
        yield offset, "torn_record", f"{type(e).__name__}: {e}"


def _capture(record: WarcRecord, row: dict[str, Any], run_id: str, name: str) -> Capture:
    said = record.http_content_type if record.is_http else record.headers.get("Content-Type")
    payload = record.reader.read()
    return Capture(
        url=row.get("url") or record.headers.get("WARC-Target-URI") or "",
        fetched_at=datetime.fromisoformat(row["fetched_at"]) if row.get("fetched_at") else record.record_date,
        payload=payload,
        payload_digest=row.get("payload_digest")
        or record.headers.get("WARC-Payload-Digest")
        or archive.digest(payload),
        media_type=said.split(";")[0].strip().lower() if said else None,
        header_charset=record.http_charset if record.is_http else None,
        run_id=run_id,
        archive_file=name,
        archive_offset=record.stream_pos,
        portal_id=row.get("portal_id"),
        purpose=row.get("purpose"),
        link_text=row.get("link_text"),
        link_date=list_date(row.get("link_date")),
    )


def transform_shard(shard: Shard, out: Path, version: str) -> dict[str, int]:
    """Make one shard's folder under `out`; returns rows per table."""
    made = fingerprint(shard, version)
    logged = list(_log(shard))
    registry = Registry(_portals(shard.run))
    by_offset = {r["archive_offset"]: r for r in logged if r.get("archive_offset") is not None}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _PER_DOCUMENT}
    seen: set[str] = set()
    for capture in captures(shard, by_offset):
        got = _read(capture, shard, registry, version)
        ids = {d["document_id"] for d in got.documents}
        if ids & seen:  # the same bytes at the same address twice in one shard
            continue
        seen |= ids
        for name in _PER_DOCUMENT:
            rows[name] += getattr(got, name)
    rows["fetches"] = [{**r, "fetched_at": datetime.fromisoformat(r["fetched_at"])} for r in logged]
    if shard.first:
        rows["crawl_runs"] = [_run_row(shard.run)]
        rows["lists"] = list(_lists(shard.run))
        rows["portals"] = list(registry.rows.values())
    _write(out / shard.key, rows, made)
    return {name: len(r) for name, r in rows.items()}


def _read(capture: Capture | tuple[int, str, str], shard: Shard, registry: Registry, version: str) -> Rows:
    if isinstance(capture, tuple):
        offset, reason, detail = capture
        name = f"{shard.run.name}/{shard.warc.name}" if shard.warc else shard.run.name
        row = {"archive_file": name, "archive_offset": offset, "stage": "archive", "reason": reason}
        return Rows(quarantine=[{**row, "document_url": None, "detail": detail, "code_version": version}])
    try:
        return read(capture, registry, version)
    except Exception as e:  # one document must not end the run
        if os.environ.get("DEBUG") == "1":
            raise
        return failed(capture, e, version)


def _log(shard: Shard) -> Iterator[dict[str, Any]]:
    """Crawl log rows whose response lies in this shard; the first shard also takes those without a response."""
    path = shard.run / archive.LOG_FILE
    if not path.exists():
        return
    mine = f"{shard.run.name}/{shard.warc.name}" if shard.warc else None
    known = {c.name for c in tables()["fetches"].columns}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except json.JSONDecodeError:  # the torn last line of a run that was killed
                continue
            where = row.get("archive_file")
            if where == mine or (where is None and shard.first):
                yield {k: v for k, v in row.items() if k in known}


def _portals(run: Path) -> list[dict[str, str]]:
    path = run / archive.PORTALS_FILE
    if not path.exists():
        return []
    names = [c.name for c in tables()["portals"].columns]
    with path.open(encoding="utf-8-sig", newline="") as f:
        return [{k: row.get(k, "") for k in names} for row in csv.DictReader(f)]


def _lists(run: Path) -> Iterator[dict[str, Any]]:
    """Pages that the run read for lists; an ingest has none."""
    path = run / archive.LISTS_FILE
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except json.JSONDecodeError:  # the torn last line of a run that was killed
                continue
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


def _write(folder: Path, rows: dict[str, list[dict[str, Any]]], made: dict[str, Any]) -> None:
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, table_rows in rows.items():
        pq.write_table(table_from_rows(name, table_rows), beside / f"{name}.parquet", compression="zstd")
    (beside / "done.json").write_text(json.dumps(made), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _is_done(shard: Shard, out: Path, version: str) -> bool:
    try:
        made = json.loads((out / shard.key / "done.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(made == fingerprint(shard, version))


def run(data: Path, jobs: int) -> int:
    """Bring $(DATA)/transform up to date with the archive; returns the number of shards made."""
    raw, out = data / "raw", data / "transform"
    if not raw.is_dir():
        raise console.Problem(f"no archive at {raw}: run make crawl or make ingest first (or make run for the sample).")
    version = code_version("transform", "knowledge")
    known = shards(raw)
    due = [s for s in known if not _is_done(s, out, version)]
    out.mkdir(parents=True, exist_ok=True)
    keys = {s.key for s in known}
    for stale in [p for p in out.iterdir() if p.name not in keys]:
        shutil.rmtree(stale)
    if not due:
        print(f"transform: nothing to do, {len(known)} archive files are up to date.")
        return 0
    started = time.monotonic()
    total: dict[str, int] = {}
    with console.progress("transform", len(due)) as step:
        for counts in _results(due, out, version, jobs):
            for name, n in counts.items():
                total[name] = total.get(name, 0) + n
            step(f"{total.get('documents', 0)} documents")
    seconds = time.monotonic() - started
    print(
        f"transform: {len(due)} of {len(known)} archive files read in {seconds:.1f} s: {total['documents']} documents, "
        f"{total['sections']} sections, {total['quantities']} quantities, {total['indicators']} indicators, "
        f"{total['quarantine']} set aside."
    )
    return len(due)


def _results(due: list[Shard], out: Path, version: str, jobs: int) -> Iterator[dict[str, int]]:
    if jobs <= 1 or len(due) == 1:
        yield from (transform_shard(s, out, version) for s in due)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        for done in as_completed([pool.submit(transform_shard, s, out, version) for s in due]):
            yield done.result()


def main() -> None:
    """Command line of `make transform`."""
    parser = argparse.ArgumentParser(
        description="Read the archive into Parquet tables; only what is new or whose code changed."
    )
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="worker processes (default: one per core)"
    )
    args = parser.parse_args()
    run(args.data, args.jobs)


if __name__ == "__main__":
    console.guard(main)
