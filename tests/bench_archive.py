"""The archive's writer and reader beside warcio's: the same exchanges, a gzip member for each record, digests on both sides.

warcio compresses at level 9, ours at 6: the size of what each writes stands beside the speed.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path

from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import WarcWriter
from knowledge import warc
from samples.load import LoadPage, pages
from tests.measuring import Rows, faster, turns

PAGES = 150
SEED = 7
_AT = "2026-05-04T00:00:00.000000Z"
_ANSWER = (("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"))
_ASKED = (("User-Agent", "Fazhi"), ("Accept", "text/html"))


def write_ours(run: Path, some: Sequence[LoadPage]) -> Path:
    """Requests and responses by the crawler's writer; returns the file."""
    run.mkdir()
    request, head = _head("GET / HTTP/1.1", _ASKED), _head("HTTP/1.1 200 OK", _ANSWER)
    with WarcWriter(run, {"software": "bench"}) as writer:
        for page in some:
            writer.exchange(page.url, _AT, request, head, page.body)
    return run / "00000.warc.gz"


def _head(first: str, fields: Sequence[tuple[str, str]]) -> bytes:
    return "".join(f"{line}\r\n" for line in (first, *(f"{k}: {v}" for k, v in fields), "")).encode()


def write_warcio(path: Path, some: Sequence[LoadPage]) -> Path:
    """The same by warcio."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for page in some:
            response = writer.create_warc_record(
                page.url, "response", payload=io.BytesIO(page.body), length=len(page.body),
                http_headers=StatusAndHeaders("200 OK", list(_ANSWER), protocol="HTTP/1.1"),
            )  # fmt: skip
            asked = StatusAndHeaders("GET / HTTP/1.1", list(_ASKED), is_http_request=True)
            request = writer.create_warc_record(page.url, "request", http_headers=asked)
            writer.write_request_response_pair(request, response)
    return path


def read_ours(path: Path) -> int:
    """Bytes of all responses, each read whole, its digest verified."""
    size = 0
    for record in warc.records(path, WarcRecordType.response):
        if isinstance(record, warc.Damage):
            raise AssertionError(record)
        record.parse_http(auto_decode="content")
        size += len(record.reader.read())
    return size


def read_warcio(path: Path) -> int:
    """The same by warcio, with its digests verified."""
    size = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            if record.rec_type == "response":
                size += len(record.content_stream().read())
    return size


def measure(rounds: int = 5) -> Rows:
    """Rows for writing and for reading, in records per second of processor time."""
    some = [page for _, page in pages(SEED, range(PAGES))]
    with tempfile.TemporaryDirectory() as name:
        folder, numbers = Path(name), count()
        written = turns(
            rounds,
            lambda: write_ours(folder / f"run{next(numbers)}", some),
            lambda: write_warcio(folder / "warcio.warc.gz", some),
        )
        mine, theirs = folder / "run0" / "00000.warc.gz", folder / "warcio.warc.gz"
        whole = sum(len(page.body) for page in some)
        if not read_ours(mine) == read_warcio(mine) == read_ours(theirs) == whole:
            raise AssertionError("the two sides do not read the same")
        read = turns(rounds, partial(read_ours, mine), partial(read_warcio, mine))
        mb = [path.stat().st_size / 1e6 for path in (mine, theirs)]
    facts = {"part": "archive", "peer": "warcio"}
    return [
        {**facts, "what": "write responses and requests", **faster(*written, len(some))},
        {**facts, "what": "read responses, digests verified", **faster(*read, len(some))},
        {
            **facts,
            "what": "size of what is written",
            "unit": "MB",
            "ours": mb[0],
            "theirs": mb[1],
            "ratio": mb[1] / mb[0],
        },
    ]
