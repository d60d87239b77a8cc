"""Writing the archive: WARC files and the crawl log of one run; reading one exchange back.

The archive is the only thing that cannot be made again, so it is plain: WARC 1.1, one gzip member per record, each
flushed whole. A kill leaves at most one torn record, at the end of the last file of that run.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from knowledge import storage
from knowledge.archive import LOG_FILE, digest

# Large enough that a county's portal is one file, small enough to copy and to lose.
ROTATE_AT = 256 * 1024 * 1024
# Level 9 costs about twice the time of 6 for 1 % on portal pages.
COMPRESSION_LEVEL = 6
REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_IDS = uuid.UUID("5f0c5a56-6f0e-5d3b-9a52-0d4b6b1f7c11")


class ArchiveError(Exception):
    """A record that should be in the archive is missing, torn or no HTTP response."""


class Location(NamedTuple):
    """Where a record is: file relative to raw/, and the byte offset of its gzip member."""

    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Held:
    """The archived response with the payload that a URL had last; what a revisit record points to."""

    fetched_at: str
    payload_digest: str
    location: Location
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An archived response: lower-case header names, body with Content-Encoding undone."""

    status: int
    headers: dict[str, str]
    body: bytes


def stamp(moment: datetime) -> str:
    """ISO 8601 UTC with microseconds, as log and WARC-Date both print it (equal strings name equal records)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record_id(kind: str, url: str, fetched_at: str, payload_digest: str) -> str:
    """Record id of a capture, made from what the crawl log knows, so that a later revisit can name it."""
    return f"uuid:{uuid.uuid5(_IDS, ' '.join((kind, url, fetched_at, payload_digest)))}"


class WarcWriter:
    """WARC files 00000.warc.gz … of one run.

    `info` becomes the warcinfo record that begins each file (software, operator, …).
    """

    def __init__(self, run_dir: Path, info: Mapping[str, str], rotate_at: int = ROTATE_AT):
        self.directory = run_dir
        self._info = {"format": "WARC File Format 1.1", **info}
        self._rotate_at = rotate_at
        self._count = 0
        self._open()

    def _open(self) -> None:
        path = self.directory / f"{self._count:05d}.warc.gz"
        self._name = f"{self.directory.name}/{path.name}"
        self._file = path.open("xb")  # a run's files are never reopened: what is complete stays complete
        self._gzip = GzipWriter(self._file, compression_level=COMPRESSION_LEVEL)
        self._count += 1
        now = stamp(datetime.now(UTC))
        body = "".join(f"{k}: {v}\r\n" for k, v in self._info.items()).encode()
        headers = {"WARC-Filename": path.name, "WARC-Date": now, "Content-Type": "application/warc-fields"}
        self._write(WarcRecordType.warcinfo, record_id("warcinfo", self._name, now, ""), headers, body)

    def exchange(
        self,
        url: str,
        fetched_at: str,
        request: bytes,
        response_head: bytes,
        payload: bytes,
        ip_address: str | None = None,
        same_as: Held | None = None,
    ) -> Location:
        """Write a request and its response; returns where the response is.

        `request` and `response_head` are whole HTTP heads with their empty line (the request with its body);
        `payload` is the body as received. With `same_as`, a revisit record without payload takes the response's
        place. Raises OSError when the disk does.
        """
        payload_digest = digest(payload)
        kind = "response" if same_as is None else "revisit"
        response_id = record_id(kind, url, fetched_at, payload_digest)
        common = {"WARC-Target-URI": url, "WARC-Date": fetched_at}
        if ip_address:
            common["WARC-IP-Address"] = ip_address
        headers = {
            **common,
            "Content-Type": "application/http; msgtype=response",
            "WARC-Payload-Digest": payload_digest,
        }
        self._rotate()
        if same_as is None:
            location = self._write(WarcRecordType.response, response_id, headers, response_head + payload)
        else:
            headers["WARC-Profile"] = REVISIT_PROFILE
            original = record_id("response", url, same_as.fetched_at, same_as.payload_digest)
            headers["WARC-Refers-To"] = f"<urn:{original}>"
            headers["WARC-Refers-To-Target-URI"] = url
            headers["WARC-Refers-To-Date"] = same_as.fetched_at
            location = self._write(WarcRecordType.revisit, response_id, headers, response_head)
        asked = {
            **common,
            "Content-Type": "application/http; msgtype=request",
            "WARC-Concurrent-To": f"<urn:{response_id}>",
        }
        self._write(WarcRecordType.request, record_id("request", url, fetched_at, payload_digest), asked, request)
        return location

    def response(self, url: str, fetched_at: str, response_head: bytes, payload: bytes) -> Location:
        """Write a response that another tool archived, its request unknown; returns where it is."""
        payload_digest = digest(payload)
        headers = {
            "WARC-Target-URI": url,
            "WARC-Date": fetched_at,
            "Content-Type": "application/http; msgtype=response",
            "WARC-Payload-Digest": payload_digest,
        }
        self._rotate()
        identity = record_id("response", url, fetched_at, payload_digest)
        return self._write(WarcRecordType.response, identity, headers, response_head + payload)

    def resource(self, url: str, fetched_at: str, media_type: str, payload: bytes) -> Location:
        """Write a file that came without HTTP; returns where it is.

        A file's name may hold blanks and Chinese: WARC-Target-URI has it percent-encoded, the crawl log as it is.
        """
        payload_digest = digest(payload)
        headers = {
            "WARC-Target-URI": quote(url, safe=":/?#[]@!$&'()*+,;=%~"),
            "WARC-Date": fetched_at,
            "Content-Type": media_type,
            "WARC-Payload-Digest": payload_digest,
        }
        self._rotate()
        identity = record_id("resource", url, fetched_at, payload_digest)
        return self._write(WarcRecordType.resource, identity, headers, payload)

    def _rotate(self) -> None:
        if self._file.tell() >= self._rotate_at:
            self.close()
            self._open()

    def _write(self, kind: WarcRecordType, identity: str, headers: Mapping[str, str], block: bytes) -> Location:
        record = WarcRecord()
        record.init_headers(kind, identity.encode())
        for name, value in headers.items():
            record.headers.set(name, value)
        record.headers.set("WARC-Block-Digest", digest(block))
        record.set_bytes_content(block)
        offset = self._file.tell()
        record.write(self._gzip)
        self._gzip.finish()
        self._file.flush()
        return Location(self._name, offset)

    def close(self) -> None:
        """Close the file; further writing raises ValueError."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class CrawlLog:
    """The crawl log of one run: a JSON line per attempt, fields of table `fetches`, on disk when written."""

    def __init__(self, run_dir: Path):
        self._file = (run_dir / LOG_FILE).open("a", encoding="utf-8")

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row; fields without a value may be left out."""
        self._file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_exchange(raw: Path, location: Location) -> Exchange:
    """Read one archived response back; raises ArchiveError if it is not there whole."""
    try:
        with storage.present(raw / location.file).open("rb") as f:
            f.seek(location.offset)
            records = ArchiveIterator(f, WarcRecordType.response, auto_decode="content", verify_digests=True)
            record = next(iter(records), None)  # a torn record fails its digest and is passed over
            if record is None or record.stream_pos != location.offset or not record.is_http_parsed:
                raise ArchiveError(f"{location.file}: no response at offset {location.offset}")
            headers = {k.lower(): v for k, v in record.http_headers.to_tuples()}
            return Exchange(record.http_headers.status_code or 0, headers, record.reader.read())
    except OSError as e:
        raise ArchiveError(f"{location.file}: {e}") from e
    except (ValueError, RuntimeError) as e:  # what the decoders raise on torn data
        raise ArchiveError(f"{location.file} at offset {location.offset}: {e}") from e
