"""The transform job: archive → Parquet, one folder of tables per WARC file (shard).

    $(DATA)/transform/<run_id>-<warc stem>/{documents,sections,…}.parquet, done.json

A shard's folder is written beside and renamed, so it is complete or absent. It is kept as long as the archive file
and the code that read it are the same; otherwise it is made again. Memory is bounded by one shard.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from knowledge import archive, console, lock
from knowledge.schema import table_from_rows, tables
from knowledge.version import code_version
from transform.reader import Reader
from transform.shard import Shard, crawl_log, portals, shards


def fingerprint(shard: Shard, version: str) -> dict[str, Any]:
    """What a shard's tables were made from: sizes of its files and the code that read them."""
    files = [shard.warc, shard.run / archive.LOG_FILE, shard.run / archive.RUN_FILE]
    return {"transform_version": version, "bytes": [f.stat().st_size if f and f.exists() else 0 for f in files]}


def transform_shard(shard: Shard, out: Path, version: str, reader: Reader) -> dict[str, int]:
    """Make one shard's folder under `out`; returns rows per table."""
    made = fingerprint(shard, version)
    found = reader.read(shard, version)
    rows = {"fetches": [{**r, "fetched_at": datetime.fromisoformat(r["fetched_at"])} for r in crawl_log(shard)]}
    if shard.first:
        rows["crawl_runs"] = [_run_row(shard.run)]
        rows["lists"] = list(_lists(shard.run))
        rows["portals"] = list({p["portal_id"]: p for p in portals(shard.run)}.values())
    found |= {name: table_from_rows(name, some) for name, some in rows.items()}
    _write(out / shard.key, found, made)
    return {name: len(table) for name, table in found.items()}


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


def _write(folder: Path, found: dict[str, pa.Table], made: dict[str, Any]) -> None:
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, table in found.items():
        pq.write_table(table.combine_chunks(), beside / f"{name}.parquet", compression="zstd")
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
    """Counts of each shard as it is done; a thread per job, each of which waits for a reader process of its own."""
    with ExitStack() as stack:
        idle: SimpleQueue[Reader] = SimpleQueue()
        readers = [stack.enter_context(Reader()) for _ in range(max(1, min(jobs, len(due))))]
        for reader in readers:
            idle.put(reader)

        def make(shard: Shard) -> dict[str, int]:
            reader = idle.get()
            try:
                return transform_shard(shard, out, version, reader)
            finally:
                idle.put(reader)

        pool = ThreadPoolExecutor(max_workers=len(readers))
        try:
            for done in as_completed([pool.submit(make, s) for s in due]):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


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
    with lock.held(args.data / ".transform.lock", "transform"):
        run(args.data, args.jobs)


if __name__ == "__main__":
    console.guard(main)
