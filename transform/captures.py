"""The responses and files of a shard that may be documents, and those that the archive cannot give back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastwarc.warc import WarcRecord, WarcRecordType

from knowledge import archive, warc
from transform.document import Capture, list_date
from transform.shard import Shard, crawl_log

_SKIPPED_PURPOSES = {"robots", "home", "list"}
_WANTED = WarcRecordType.response | WarcRecordType.resource


@dataclass(frozen=True, slots=True)
class Lost:
    """A record that gives no document; url is None where the crawl log does not know it.

    stage and reason: archive and torn_record, broken_content or missing_record; or what `culprits` said.
    """

    offset: int
    url: str | None
    stage: str
    reason: str
    detail: str


def captures(
    shard: Shard, start: int = 0, culprits: Mapping[int, tuple[str, str]] | None = None, *, blind: bool = False
) -> Iterator[Capture | Lost]:
    """Responses and files of a shard that may be documents, from offset `start` on, and what stands there unreadable.

    culprits: offset → (reason, detail) of records that are not to be touched any more; blind: nor is the file itself, so
    that all that its log names is lost.
    """
    culprits = culprits or {}
    if shard.warc is None:
        return
    log = {r["archive_offset"]: r for r in crawl_log(shard) if r.get("archive_offset") is not None}
    due = sorted((offset for offset, row in log.items() if offset >= start and _may_be_document(row)), reverse=True)
    for record in () if blind else warc.records(shard.warc, _WANTED, start, culprits):
        offset = record.offset if isinstance(record, warc.Damage) else record.stream_pos
        while due and due[-1] < offset:
            yield _missing(due.pop(), log)
        if due and due[-1] == offset:
            due.pop()
        row = log.get(offset, {})
        if not _may_be_document(row):
            continue
        if offset in culprits:
            yield Lost(offset, row.get("url"), "read", *culprits[offset])
            continue
        if isinstance(record, warc.Damage):
            yield Lost(offset, row.get("url"), "archive", "torn_record", record.detail)
            continue
        try:
            if record.is_http:
                record.parse_http(auto_decode="content")
                if record.http_headers.status_code != 200:
                    continue
            capture = _capture(record, row, shard)
        except MemoryError:
            raise
        except Exception as e:  # a body that is not encoded as its header says; the next records can be read
            yield Lost(offset, row.get("url"), "archive", "broken_content", f"{type(e).__name__}: {e}")
            continue
        yield capture
    for offset in reversed(due):
        yield _missing(offset, log)


def _missing(offset: int, log: Mapping[int, Mapping[str, Any]]) -> Lost:
    detail = "the crawl log names a record here that the file does not give back"
    return Lost(offset, log[offset].get("url"), "archive", "missing_record", detail)


def _may_be_document(row: dict[str, Any]) -> bool:
    return row.get("purpose") not in _SKIPPED_PURPOSES and row.get("outcome", "ok") == "ok"


def _capture(record: WarcRecord, row: dict[str, Any], shard: Shard) -> Capture:
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
        run_id=shard.run.name,
        archive_file=shard.archive_file,
        archive_offset=record.stream_pos,
        portal_id=row.get("portal_id"),
        purpose=row.get("purpose"),
        link_text=row.get("link_text"),
        link_date=list_date(row.get("link_date")),
    )
