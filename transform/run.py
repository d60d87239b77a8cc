"""The transform job: archive → Parquet, one folder of tables per WARC file (shard).

A shard's folder (make.py) is complete or absent. It is kept as long as the archive file and the code that read it are
the same; otherwise it is made again. Memory is bounded by one shard. Who does the work: engines.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from knowledge import cluster, console, lock, storage
from knowledge.version import code_version
from transform.engines import ENGINES, Engine
from transform.make import DONE, FOLDER, Job, ShardFailed, fingerprint, make, set_aside
from transform.reader import Reader
from transform.shard import named

# Exit status where all is done but for shards that were set aside: what comes next can go on with the rest.
SET_ASIDE = 3
_SHOWN = 200  # characters of the reason


def due_and_known(place: storage.Place, data: Path, *, anew: bool) -> tuple[list[Job], list[Job]]:
    """(shards that are to be made, all shards of the archive), oldest run first.

    A shard is due if its done.json does not say just what it would be made from: it is new, its archive file or the
    code changed, or it was set aside. With `anew` all are. Raises Problem if there is no archive.
    """
    sizes = place.sizes("raw")
    if not sizes and not (data / "raw").is_dir():
        raise console.Problem(
            f"no archive at {place.address}/raw: run make crawl or make ingest first (or make run for the sample)."
        )
    version = code_version("transform", "knowledge")
    known = [Job(place.address, s, fingerprint(s, version, sizes)) for s in named(sizes, data / "raw")]
    done = {} if anew else place.read(f"{FOLDER}/{job.shard.key}/{DONE}" for job in known)
    return [j for j in known if _said(done.get(f"{FOLDER}/{j.shard.key}/{DONE}")) != j.made], known


def _said(done: bytes | None) -> object:
    try:
        return json.loads(done or b"null")
    except ValueError:
        return None


def run(data: Path, jobs: int, engine: Engine, *, anew: bool = False) -> int:
    """Bring the tables up to date with the archive; returns the exit status."""
    place = storage.place(data)
    due, known = due_and_known(place, data, anew=anew)
    place.clear()
    keys = {job.shard.key for job in known}
    for stale in {name.split("/")[1] for name in place.sizes(FOLDER)} - keys:
        place.remove(f"{FOLDER}/{stale}")
    if not due:
        print(f"transform: nothing to do, {len(known)} archive files are up to date.")
        return 0
    started = time.monotonic()
    total: dict[str, int] = {}
    failed: dict[str, str] = {}
    with console.progress("transform", len(due)) as step:
        for job, result in engine(due, jobs):
            if isinstance(result, str):
                failed[job.shard.key] = result
                result = set_aside(job, result)
            for name, n in result.items():
                total[name] = total.get(name, 0) + n
            step(f"{total.get('documents', 0)} documents")
    seconds = time.monotonic() - started
    print(
        f"transform: {len(due) - len(failed)} of {len(known)} archive files read in {seconds:.1f} s: "
        f"{total['documents']} documents, {total['sections']} sections, {total['quantities']} quantities, "
        f"{total['indicators']} indicators, {total['quarantine']} set aside."
    )
    return _told(failed)


def run_one(data: Path, key: str) -> int:
    """Make one shard's folder, due or not; returns the exit status. Raises Problem if there is no such shard."""
    place = storage.place(data)
    _, known = due_and_known(place, data, anew=True)
    job = next((job for job in known if job.shard.key == key), None)
    if job is None:
        names = console.names([j.shard.key for j in known])
        raise console.Problem(f"no shard {key}: a run's name and an archive file's, such as {names}")
    try:
        with Reader() as reader:
            counts = make(job, reader)
    except ShardFailed as e:
        set_aside(job, str(e))
        return _told({key: str(e)})
    print(f"transform: {key}: {counts['documents']} documents, {counts['quarantine']} set aside.")
    return 0


def _told(failed: Mapping[str, str]) -> int:
    """Say which shards failed; returns the exit status."""
    if not failed:
        return 0
    why = console.names([f"{key} ({reason[:_SHOWN]})" for key, reason in failed.items()])
    print(
        f"error: {len(failed)} archive files could not be read and are set aside (table quarantine, shard_failed), to be "
        f"tried again next time: {why}",
        file=sys.stderr,
    )
    return SET_ASIDE


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of `make transform`; returns the exit status."""
    parser = argparse.ArgumentParser(
        description="Read the archive into Parquet tables; only what is new or whose code changed."
    )
    parser.add_argument("--data", type=storage.data_folder, required=True, help="data folder")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="worker processes (default: one per core)"
    )
    parser.add_argument("--engine", type=cluster.engine, default="local", help="who does the work: local or ray")
    parser.add_argument("--anew", action="store_true", help="make all tables again")
    parser.add_argument("--shard", help="make just this one: the name of its folder")
    args = parser.parse_args(arguments)
    # those who make one shard each do not wait for each other; who reads the tables, or makes all, waits for them
    with lock.held(args.data / ".transform.lock", "transform", shared=args.shard is not None):
        if args.shard is not None:
            return run_one(args.data, args.shard)
        return run(args.data, args.jobs, ENGINES[args.engine], anew=args.anew)


if __name__ == "__main__":
    console.guard(main)
