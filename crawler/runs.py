"""A run: its folder, its row of crawl_runs, and the lock that keeps two runs out of one archive."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.archive import stamp
from knowledge import storage
from knowledge.archive import POINTER, RUN_FILE, WARC_ENDING, run_id, runs
from knowledge.console import Problem
from knowledge.version import code_version


class RunError(Problem):
    """A run that cannot start or go on; one line that says what to do."""


@dataclass(slots=True)
class Run:
    """A run under way; `directory` is raw/<run_id>."""

    directory: Path
    record: dict[str, Any]

    def finish(self, outcome: str, **counts: int) -> None:
        """Close the run: outcome and counts into run.json; a finished run becomes raw/last_successful."""
        self.record |= {"finished_at": stamp(datetime.now(UTC)), "outcome": outcome, **counts}
        _replace(self.directory / RUN_FILE, _json(self.record))
        if outcome == "finished":
            _replace(self.directory.parent / POINTER, self.record["run_id"] + "\n")

    def interrupt(self, **counts: int) -> None:
        """Close a run that was killed: when it ended is not known."""
        self.record |= {"outcome": "interrupted", **counts}
        _replace(self.directory / RUN_FILE, _json(self.record))


def open_runs(raw: Path) -> Iterator[Run]:
    """Runs that never ended. With the lock held, these were killed."""
    for directory in runs(raw):
        try:
            record = json.loads((directory / RUN_FILE).read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            continue
        if record.get("outcome") == "running":
            yield Run(directory, record)


@contextmanager
def archive_lock(raw: Path) -> Iterator[None]:
    """Hold the archive for one run; raises RunError if another holds it or the folder cannot be written.

    The archive of a copy is brought up to date with its object store before, and what is new in it is stored after.
    """
    try:
        raw.mkdir(parents=True, exist_ok=True)
        lock = (raw / ".lock").open("a+")
    except OSError as e:
        raise RunError(f"{raw}: cannot be written ({e.strerror}); choose another folder with DATA=…") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise RunError(f"{raw}: another run (process {holder}) is writing here; wait until it ends") from None
        # The lock goes with the process, however it dies; the number only tells whom to look for.
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        bring_runs(raw)
        try:
            yield
        finally:
            _store_runs(raw)


def start_run(raw: Path, kind: str, portals: int) -> Run:
    """Make the folder of a new run of `kind` (crawl or ingest) and its run.json; the lock must be held.

    Two runs that begin within one second have different ids; in an object store, where machines cannot see each other's
    runs, ids end in four random digits.
    """
    if storage.store_of(raw.parent):
        kind += f"-{secrets.token_hex(2)}"
    while True:
        started = datetime.now(UTC)
        directory = raw / run_id(started, kind)
        try:
            directory.mkdir()
            break
        except FileExistsError:
            time.sleep(0.1)
    record: dict[str, Any] = {
        "run_id": directory.name,
        "started_at": stamp(started),
        "finished_at": None,
        "outcome": "running",
        "portals": portals,
        "pages": 0,
        "new_documents": 0,
        "blocked": 0,
        "code_version": code_version("crawler", "knowledge"),
    }
    _replace(directory / RUN_FILE, _json(record))
    return Run(directory, record)


def bring_runs(raw: Path) -> None:
    """Into a copy of an object store, the runs of other machines, but for their WARC files: these come when asked for."""
    if store := storage.store_of(raw.parent):
        store.bring("raw", raw, RUN_FILE, without=WARC_ENDING, keep=True)


def _store_runs(raw: Path) -> None:
    """Store the runs that lie in a copy alone and have ended."""
    store = storage.store_of(raw.parent)
    if store is None:
        return
    under_way = {run.directory for run in open_runs(raw)}
    there = store.sizes("raw")
    try:
        for run in runs(raw):
            if run not in under_way and f"raw/{run.name}/{RUN_FILE}" not in there:
                store.put(run, f"raw/{run.name}", RUN_FILE)
                print(f"{run.name}: stored at {store.address}.")
        if (raw / POINTER).exists():
            store.upload({f"raw/{POINTER}": raw / POINTER})
    except storage.StorageError as e:
        raise RunError(f"{e}: what is not stored yet is kept in {raw}; run again to store it") from None


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
