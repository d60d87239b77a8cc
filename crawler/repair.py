"""What a killed run left unfinished: torn records are set aside, so that every archive file reads to its end.

The crawl log is written after its records: what follows the last record that it names (and that record's request)
never counted. It goes into a file of its own beside, 00000.warc.gz.torn, and the run is closed as interrupted.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from crawler.history import rows_of_run
from crawler.runs import open_runs
from knowledge.archive import warc_files

_CHUNK = 1 << 20
_KIND = re.compile(rb"^WARC-Type: *(\w+)", re.M)


def set_aside_torn(raw: Path) -> list[str]:
    """Repair the runs of `raw` that were killed; returns the files that lost a tail. The lock must be held."""
    torn = []
    for run in open_runs(raw):
        rows = list(rows_of_run(run.directory))
        for path in warc_files(run.directory):
            name = f"{run.directory.name}/{path.name}"
            last = max((r["archive_offset"] for r in rows if r.get("archive_file") == name), default=-1)
            if _cut(path, _end(path, last)):
                torn.append(name)
        run.interrupt(
            pages=sum(r["http_status"] is not None for r in rows),
            new_documents=sum(r["outcome"] == "ok" and r["purpose"] in ("article", "attachment") for r in rows),
            blocked=sum(r["outcome"] == "blocked" for r in rows),
        )
    return torn


def _end(path: Path, last: int) -> int:
    """Offset behind the last record that counts; `last`: offset of the last response that the log names, -1: none."""
    end = 0
    before = -1
    for start, stop, head in _members(path):
        found = _KIND.search(head)
        kind = found[1] if found else b""
        if not (start <= last or start == 0 or (kind == b"request" and before == last)):
            break
        before, end = start, stop
    return end


def _members(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, how it begins) of the whole gzip members of a file, until one is torn."""
    with path.open("rb") as f:
        start, rest = 0, b""
        while True:
            unpack, head = zlib.decompressobj(31), b""
            while not unpack.eof:
                data = rest or unpack.unconsumed_tail or f.read(_CHUNK)
                rest = b""
                if not data:
                    return
                try:
                    head += unpack.decompress(data, _CHUNK)
                except zlib.error:
                    return
                head = head[:512]
            rest = unpack.unused_data
            stop = f.tell() - len(rest)
            yield start, stop, head
            start = stop


def _cut(path: Path, end: int) -> bool:
    if end >= path.stat().st_size:
        return False
    with path.open("r+b") as f:
        f.seek(end)
        path.with_name(path.name + ".torn").write_bytes(f.read())
        f.truncate(end)
    if end == 0:
        path.unlink()
    return True
