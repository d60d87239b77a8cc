"""The process that reads documents: `python -m transform.reading SECONDS BYTES`, started by transform.reader."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from knowledge.schema import Columns, one_row, table_of
from transform.captures import Lost, captures
from transform.document import Capture, Registry, Rows, failed, read
from transform.reader import MAX_WAIT, OUT_OF_MEMORY, TABLES, Task
from transform.shard import portals

# Documents whose rows are sent together; what a dying reader had not sent is read again.
_BATCH = 50
_BATCH_BYTES = 8 * 2**20
# An invented report that needs all that is loaded once.
_TEXT = """示例县2023年法治政府建设年度报告
2023年,示例县坚持依法行政。现将有关情况报告如下:
一、主要举措和成效
(一)全年办理行政复议案件89件,审结76件,同比增长3%。全年办理行政处罚案件2317件。
二、存在的问题
执法人员能力有待提高。
示例县人民政府
2024年1月30日
"""


def _serve(tasks: IO[bytes], answers: IO[bytes], seconds: float, memory: int) -> None:
    """Carry out tasks until the parent closes the pipe or is gone."""
    _warm_up()
    gc.collect()
    gc.freeze()  # rules are no garbage: the collector need not go through them again and again
    _bound_memory(memory)
    while True:
        try:
            task = pickle.load(tasks)
        except EOFError:
            return
        try:
            for message in _messages(task, seconds):
                pickle.dump(message, answers)
                answers.flush()
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except BrokenPipeError:
            return
        except Exception as e:
            pickle.dump(("error", _portable(e)), answers)
            answers.flush()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)


def _warm_up() -> None:
    """Load what is loaded once: else it would count as the first document's time and memory."""
    import_module("pypdfium2")
    page = (
        f"<html><head><title>示例县2023年法治政府建设年度报告</title></head><body><p>{_TEXT}</p></body></html>".encode()
    )
    for payload, kind in ((page, "text/html"), (_TEXT.encode(), "text/plain")):
        at = datetime(2024, 1, 1, tzinfo=UTC)
        rows = read(Capture("http://a.example/", at, payload, "", kind, None, "", "", 0), Registry(), "")
        _packed({"documents": [rows.documents]})


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # some errors cannot be sent as they are
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _messages(task: Task, seconds: float) -> Iterator[tuple[Any, ...]]:
    registry = Registry(portals(task.shard.run))
    seen = set(task.seen)
    rows: dict[str, list[Columns]] = {name: [] for name in TABLES}
    count = size = 0
    offset = task.after
    _bound_time(seconds)
    yield ("free",)  # whatever it dies of now, it is no fault of the process itself
    for capture in captures(task.shard, max(0, task.after), task.culprits, blind=task.blind):
        offset = capture.offset if isinstance(capture, Lost) else capture.archive_offset
        if offset <= task.after:
            continue
        yield "at", offset
        got = _read(capture, task, registry)
        ids = set(got.documents.by_name.get("document_id", ()))
        if not ids & seen:  # else the same bytes at the same address twice in one shard
            seen |= ids
            for name in TABLES:
                rows[name].append(getattr(got, name))
        count, size = count + 1, size + (len(capture.payload) if isinstance(capture, Capture) else 0)
        if count >= _BATCH or size >= _BATCH_BYTES:
            yield "rows", offset, _packed(rows)
            rows, count, size = {name: [] for name in TABLES}, 0, 0
        yield ("free",)
        _bound_time(seconds)
    yield "rows", offset, _packed(rows)
    yield ("done",)


def _read(capture: Capture | Lost, task: Task, registry: Registry) -> Rows:
    if isinstance(capture, Lost):
        row = {"document_url": capture.url, "archive_file": task.shard.archive_file, "archive_offset": capture.offset}
        row |= {
            "stage": capture.stage,
            "reason": capture.reason,
            "detail": capture.detail,
            "code_version": task.version,
        }
        return Rows(quarantine=one_row(row))
    try:
        return read(capture, registry, task.version)
    except MemoryError:
        raise
    except Exception as e:  # one document must not end the run
        if os.environ.get("DEBUG") == "1":
            raise
        return failed(capture, e, task.version)


def _packed(rows: dict[str, list[Columns]]) -> dict[str, bytes]:
    """Tables as Arrow streams."""
    out = {}
    for name, parts in rows.items():
        table = table_of(name, parts)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        out[name] = sink.getvalue().to_pybytes()
    return out


def _bound_time(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(MAX_WAIT)


def _bound_memory(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux: address space says nothing there, the machine's memory is the bound
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = own + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def main() -> None:
    """The reader process: tasks on standard input, answers on what was its standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends its readers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the messages
    _serve(sys.stdin.buffer, answers, float(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
