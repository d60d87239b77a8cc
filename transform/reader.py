"""Documents are read in a process of its own, which may die of one: it is set aside, and reading goes on behind it.

The parent sends a Task; transform.reading answers with messages: ("at", offset) before a document, ("free",) behind it,
("rows", offset, tables) for all documents up to that offset, ("done",) or ("error", exception). Time and memory are
bounded by the kernel, so that no parser's loop can keep the reader alive: it dies of SIGPROF or SIGALRM, or ends with
OUT_OF_MEMORY; its last message tells which document it was. Rows travel as Arrow, which is made anyway.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from knowledge import console
from transform.shard import Shard, crawl_log

TABLES = ("documents", "sections", "quantities", "indicators", "quarantine")
# Of the processor's time, so that a busy machine changes no row; the longest real reports take a tenth of a second.
MAX_SECONDS = 30.0
# Of the clock: converters of old Word files run beside, each within its own bounds (transform.files.read).
MAX_WAIT = 300
# Beyond what the reader needs itself; the largest real files take a quarter of it.
MAX_MEMORY = 2 * 2**30
OUT_OF_MEMORY = 77  # exit status

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Task:
    """What the reader is to read: the documents of a shard behind offset `after`.

    culprits: offset → (reason, detail) of documents that a reader died of; seen: ids of documents that were read
    already; blind: the WARC file itself cannot be read on.
    """

    shard: Shard
    version: str
    after: int = -1
    culprits: dict[int, tuple[str, str]] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    blind: bool = False


class Reader:
    """A reader process; it is started when it is needed and anew when it died. Bounds are for one document."""

    def __init__(self, seconds: float = MAX_SECONDS, memory: int = MAX_MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # a task that was not sent whole
                        pipe.close()
            self._process = None

    def read(self, shard: Shard, version: str) -> dict[str, pa.Table]:
        """The tables of one shard; what the reader died of is a row of quarantine. Raises what the reader raised."""
        got: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
        task = Task(shard, version)
        deaths = 0  # in a row that told nothing
        while True:
            at, free, began = task.after, True, False
            for message in self._answers(task):
                began = True
                match message:
                    case ("at", offset):
                        at, free = offset, False
                    case ("free",):
                        free = True
                    case ("rows", offset, parts):
                        for name, part in parts.items():
                            got[name].append(pa.ipc.open_stream(part).read_all())
                        task = replace(task, after=offset)
                    case ("error", error):
                        raise error
                    case ("done",):
                        return {name: pa.concat_tables(parts) for name, parts in got.items()}
            if self._closed:
                raise console.Problem("stopped.")
            cause = self._cause()
            deaths = 0 if began else deaths + 1
            if deaths > 2:
                raise console.Problem(
                    f"the process that reads documents does not work ({cause[1]}); DEBUG=1 shows why."
                )
            seen = frozenset(i for part in got["documents"] for i in part["document_id"].to_pylist())
            culprit = _following(shard, at) if free else at
            if culprit is not None and culprit not in task.culprits:
                task = replace(task, seen=seen, culprits={**task.culprits, culprit: cause})
            else:
                task = replace(task, seen=seen, blind=True)

    def _answers(self, task: Task) -> Iterator[tuple[Any, ...]]:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            while True:
                yield pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):  # it died, maybe in the middle of a message
            return

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            debug = os.environ.get("DEBUG") == "1"
            path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "transform.reading", str(self.seconds), str(self.memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if debug else subprocess.DEVNULL,  # what parsers print when they die is no line for people
                # a backtrace made when memory has run out may wait for ever
                env={**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"},
            )
        return self._process

    def _cause(self) -> tuple[str, str]:
        """(reason, detail) of the reader's death."""
        assert self._process is not None
        status = self._process.wait()
        self._stop()
        if status == -signal.SIGPROF:
            return "time_limit", f"it took more than {self.seconds:g} s of the processor's time"
        if status == -signal.SIGALRM:
            return "time_limit", f"it took more than {MAX_WAIT} s"
        if status == OUT_OF_MEMORY:
            return "memory_limit", f"it took more than {self.memory // 2**20} MiB of memory"
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"status {status}"
        return "crashed", f"the process that read it ended with {name}"


def _following(shard: Shard, offset: int) -> int | None:
    """The record behind `offset` that the crawl log names."""
    behind = (r["archive_offset"] for r in crawl_log(shard) if (r.get("archive_offset") or -1) > offset)
    return min(behind, default=None)
