"""Records of WARC files, whole or damaged: what can be read is read, what cannot be read is named.

A damaged record costs only itself: reading goes on at the next place where a record begins. Nothing is believed of a
record that its file does not bear out: its length, its digest.
"""

from __future__ import annotations

import io
import mmap
import re
import zlib
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastwarc.stream_io import ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

# Far above what a crawl takes (64 MiB); a length beyond it is a lie, and believing it would take the memory.
MAX_RECORD = 256 * 2**20
_DIGESTS = ("sha1:", "sha256:", "sha512:")
_GZIP = b"\x1f\x8b\x08"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # a frame, or one to skip: a dictionary
_BARE = re.compile(rb"WARC/1\.[01]\n")
_PLAIN = re.compile(rb"WARC/1\.[01]\r?\n")
_SWALLOWED = re.compile(rb"\n\r?\nWARC/1\.[01]\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^Content-Length: *(\d{1,18})\r?$", re.I | re.M)
_CHUNK = 2**16
_DICTIONARY = 2**24  # a zstd dictionary and the first frame behind it are within so many bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that hold no readable record: where they begin, and what is wrong with them."""

    offset: int
    detail: str


def records(
    path: Path,
    kinds: WarcRecordType,
    start: int = 0,
    unread: Collection[int] = (),
    wanted: Callable[[WarcRecord], bool] | None = None,
) -> Iterator[WarcRecord | Damage]:
    """Records of these kinds from offset `start` on, in file order, each read whole and not yet parsed as HTTP.

    Plain, gzip (a member per record, or one for all) and zstd, with or without a dictionary; lines of a head may end
    in a bare line feed. `wanted` is shown the head of each record of these kinds, once: what it does not want is passed
    over, its content neither read nor checked.
    A Damage stands for each stretch that cannot be read, except where a record of another kind is known to lie there,
    and for each record whose offset is `unread`: it is passed over. Behind damage a file in one piece (zstd, or one gzip
    member for all) is not read on.
    Raises OSError if the file cannot be opened.
    """
    if path.stat().st_size <= start:
        return
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if _is_one_piece(data):
            yield from _one_piece(stream, data, kinds, wanted)
            return
        at: int | None = start
        while at is not None:
            at = yield from _stretch(stream, data, at, kinds, unread, wanted)


def _stretch(
    stream: BinaryIO,
    data: mmap.mmap,
    at: int,
    kinds: WarcRecordType,
    unread: Collection[int],
    wanted: Callable[[WarcRecord], bool] | None,
) -> Generator[WarcRecord | Damage, None, int | None]:
    """Records from `at` to the first damage, which is named; returns where to go on, None at the end of the file."""
    bare = _has_bare_lines(data, at)
    stream.seek(at)
    last: int | None = None  # where the last record begins that was met
    held: WarcRecord | None = None  # without a digest it is sure only once the next one begins where it ends
    fault = broken = ""
    try:
        # quirks_mode reads bare line feeds, and takes more damage for records than it should
        for record in ArchiveIterator(stream, WarcRecordType.any_type, parse_http=False, quirks_mode=bare):
            if held is not None:
                yield held
            held, last = None, record.stream_pos
            if not record.record_type & kinds:
                continue
            if last in unread:
                yield Damage(last, "passed over")
                continue
            if wanted is not None and not wanted(record):
                continue
            if fault := _fault(record, data):
                break
            if _has_digest(record):
                yield record
            else:
                held = record
    except (OSError, ValueError, RuntimeError, OverflowError) as e:  # fastwarc reports damage as any of these
        broken = str(e) or type(e).__name__
    if fault or last is None:
        yield Damage(at if last is None else last, fault or broken or "no record begins here")
        return _next(data, (at if last is None else last) + 1)
    end, fits = _end(data, last)
    if held is not None and broken and not fits:
        yield Damage(last, f"its length is not the one it states ({broken})")
    elif held is not None:
        yield held
    if end == len(data) or (end is None and not broken):
        return None
    following = _next(data, last + 1)
    if end is not None and fits and (following is None or end < following):
        yield Damage(end, broken or "the file ends in the middle of a record")
    return following


def _one_piece(
    stream: BinaryIO, data: mmap.mmap, kinds: WarcRecordType, wanted: Callable[[WarcRecord], bool] | None
) -> Iterator[WarcRecord | Damage]:
    """Records of a file that can be read only from its beginning; behind damage it is not read on.

    Offsets are not the records' own in one gzip member for all.
    """
    last, held = 0, None
    try:
        for record in ArchiveIterator(
            stream, WarcRecordType.any_type, parse_http=False, quirks_mode=_has_bare_lines(data, 0)
        ):
            if held is not None:
                yield held
            held, last = None, record.stream_pos
            if not record.record_type & kinds or (wanted is not None and not wanted(record)):
                continue
            if fault := _fault(record, data):
                yield Damage(last, fault)
            elif _has_digest(record):
                yield record
            else:
                held = record
    except (OSError, ValueError, RuntimeError, OverflowError) as e:
        yield Damage(last, f"nothing behind it can be read ({str(e) or type(e).__name__})")
    else:
        if held is not None:
            yield held


def _is_one_piece(data: mmap.mmap) -> bool:
    """True for zstd, and for gzip whose first member holds more than one record."""
    if _ZSTD.match(data):
        return True
    if data[:3] != _GZIP:
        return False
    unpack, got, at, end = zlib.decompressobj(31), bytearray(), 0, _CHUNK
    try:
        while len(got) < end and not unpack.eof and (at < len(data) or unpack.unconsumed_tail):
            rest = unpack.unconsumed_tail or data[at : (at := at + _CHUNK)]
            got += unpack.decompress(rest, _CHUNK)
            if end == _CHUNK and (head := _HEAD_END.search(got)) and (length := _LENGTH.search(got, 0, head.end())):
                end = min(MAX_RECORD, head.end() + int(length[1])) + 16
    except zlib.error:
        return False
    return b"WARC/1." in got[end - 16 : end]


def _is_plain(data: mmap.mmap) -> bool:
    return data[:3] != _GZIP and not _ZSTD.match(data)


def _has_bare_lines(data: mmap.mmap, at: int) -> bool:
    """True if the record at `at` says that its lines end in a bare line feed."""
    try:
        if _ZSTD.match(data):
            first = ZstdReader(io.BytesIO(data[:_DICTIONARY])).read(16)
        elif data[at : at + 3] == _GZIP:
            first = zlib.decompressobj(31).decompress(data[at : at + 512], 16)
        else:
            first = data[at : at + 16]
    except (OSError, zlib.error):
        return False
    return _BARE.match(first) is not None


def _has_digest(record: WarcRecord) -> bool:
    return (record.headers.get("WARC-Block-Digest") or "").lower().startswith(_DIGESTS)


def _fault(record: WarcRecord, data: mmap.mmap) -> str:
    """What is wrong with a record, "" if nothing is; reads it whole."""
    length = record.content_length
    if length > MAX_RECORD:
        return f"it states a length of {length} bytes"
    if _has_digest(record):
        return "" if record.verify_block_digest() else "the record does not have the digest it was written with"
    content = record.reader.read()
    if len(content) != length:
        return f"it holds {len(content)} bytes of {length}"
    if b"\nWARC/1." in content and _SWALLOWED.search(content):
        return "its length takes in the record behind it"
    head = _HEAD_END.search(data, record.stream_pos) if _is_plain(data) else None
    if head and _PLAIN.search(data, record.stream_pos + 1, head.end()):
        return "its head runs into the record behind it"
    record.set_bytes_content(content)
    return ""


def _end(data: mmap.mmap, start: int) -> tuple[int | None, bool]:
    """(where the record at `start` ends, whether it is as long as it says); None if it does not end."""
    if data[start : start + 3] != _GZIP:
        head = _HEAD_END.search(data, start)
        length = _LENGTH.search(data, start, head.end()) if head else None
        if head is None or length is None:
            return None, False
        end = head.end() + int(length[1])
        fits = data[end : end + 4] == b"\r\n\r\n"
        return (end + 4 if end + 4 <= len(data) else None), fits
    unpack, first, size, position = zlib.decompressobj(31), b"", 0, start
    try:
        while not unpack.eof:
            chunk = unpack.unconsumed_tail or data[position : position + _CHUNK]
            if not chunk:
                return None, False
            if not unpack.unconsumed_tail:
                position += len(chunk)
            got = unpack.decompress(chunk, _CHUNK)
            size += len(got)
            first = first if len(first) >= _CHUNK else first + got
    except zlib.error:
        return None, False
    head = _HEAD_END.search(first)
    length = _LENGTH.search(first, 0, head.end()) if head else None
    fits = head is not None and length is not None and size == head.end() + int(length[1]) + 4
    return position - len(unpack.unused_data), fits


def _next(data: mmap.mmap, start: int) -> int | None:
    """Offset of the next place from `start` on where a record plainly begins."""
    if data[:3] != _GZIP:
        found = _PLAIN.search(data, start)
        return found.start() if found else None
    while (start := data.find(_GZIP, start)) >= 0:
        try:
            if zlib.decompressobj(31).decompress(data[start : start + 512], 16).startswith(b"WARC/1."):
                return start
        except zlib.error:
            pass
        start += 1
    return None
