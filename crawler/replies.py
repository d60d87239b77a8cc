"""HTTP responses as other tools archived them: head and body parted, the body as it can be read later.

Tools differ in what they leave of the transfer: chunk marks kept or gone, content decoded under a head that still calls
it compressed, bare line feeds. Payloads stay as they were received wherever the reader of the archive can undo their
coding; what is changed is the head that does not fit them.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from fastwarc.stream_io import BrotliReader, GzipReader, WarcReader, ZstdReader

# As much as a crawl takes of one response.
MAX_BODY = 64 * 2**20
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)[^\r\n]*")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_MAX_HEAD = 2**16
_MAX_CHUNKS = 2**19
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_IDENTITY = frozenset(("", "identity"))
_DOCUMENT_STARTS = (b"<", b"%pdf", b"pk\x03\x04", b"\xd0\xcf\x11\xe0", b"{", b"[")
_BLANKS = b"\xef\xbb\xbf \t\r\n"

Headers = list[tuple[bytes, bytes]]


class BrokenBody(ValueError):
    """A body that is not what its head says; its text is broken_response or too_large."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: status line and headers as received, and the body, with its chunk marks if the tool kept them."""

    line: bytes
    status: int
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> bytes:
        """Values of a header, joined; b"" without one."""
        return b", ".join(value for key, value in self.headers if key.lower() == name)


def split(block: bytes) -> Reply | None:
    """The response in a record's block; None if it begins with no status line, or its head does not end."""
    line = _STATUS.match(block)
    if line is None:
        return None
    end = _HEAD_END.search(block, 0, _MAX_HEAD)
    if end is None and len(block) > _MAX_HEAD:
        return None
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers: Headers = []
    for printed in head[line.end() :].replace(b"\r\n", b"\n").split(b"\n"):
        if printed[:1] in (b" ", b"\t") and headers:  # the line before goes on
            headers[-1] = headers[-1][0], headers[-1][1] + b" " + printed.strip()
            continue
        name, colon, value = printed.partition(b":")
        if colon and name.strip():
            headers.append((name.strip(), value.strip()))
    return Reply(line[0].strip(), int(line[1]), headers, body)


def unchunked(reply: Reply) -> Reply:
    """The response without chunk marks and without Transfer-Encoding. Raises BrokenBody where the marks are wrong."""
    body = reply.body
    if b"chunked" in reply.header(b"transfer-encoding").lower() and (mark := _CHUNK.match(body)):
        parts: list[bytes] = []
        while mark and (size := int(mark[1], 16)):
            part = body[mark.end() : mark.end() + size]
            if len(part) < size or len(parts) > _MAX_CHUNKS:
                raise BrokenBody("broken_response")
            parts.append(part)
            after = mark.end() + size
            after += 2 if body[after : after + 2] == b"\r\n" else 1 if body[after : after + 1] == b"\n" else 0
            mark = _CHUNK.match(body, after)
            if mark is None and after < len(body):
                raise BrokenBody("broken_response")
        body = b"".join(parts)
    return Reply(reply.line, reply.status, without(reply.headers, b"transfer-encoding"), body)


def readable(reply: Reply) -> tuple[Reply, bytes]:
    """(the response as it is to be archived, its content decoded); the response is without chunk marks.

    A Content-Encoding that the body does not have is dropped. What the reader of the archive cannot undo (deflate
    without its frame, gzip with something behind it) is archived decoded. Raises BrokenBody.
    """
    printed = reply.header(b"content-encoding").decode("latin-1").lower().replace(" ", "")
    codings = [coding for coding in printed.split(",") if coding not in _IDENTITY]
    plain = Reply(reply.line, reply.status, without(reply.headers, b"content-encoding"), reply.body)
    if not codings or not reply.body or not all(c in _DECODERS for c in codings):
        return plain, reply.body
    content, is_kept = reply.body, True
    try:
        for coding in reversed(codings):
            content, known = _DECODERS[coding](content)
            is_kept = is_kept and known
    except (OSError, ValueError, zlib.error) as e:
        if isinstance(e, BrokenBody):
            raise
        if reply.body.lstrip(_BLANKS)[:4].lower().startswith(_DOCUMENT_STARTS):
            return plain, reply.body  # decoded by the tool that archived it
        raise BrokenBody("broken_response") from None
    if not is_kept:
        return Reply(reply.line, reply.status, plain.headers, content), content
    names = ", ".join(codings).replace("x-gzip", "gzip").encode()
    return Reply(reply.line, reply.status, [*plain.headers, (b"Content-Encoding", names)], reply.body), content


def head_of(reply: Reply) -> bytes:
    """The head as bytes, with its empty line."""
    return reply.line + b"\r\n" + b"".join(k + b": " + v + b"\r\n" for k, v in reply.headers) + b"\r\n"


def without(headers: Headers, name: bytes) -> Headers:
    """Headers less those of one name."""
    return [(key, value) for key, value in headers if key.lower() != name]


def _read(reader: WarcReader) -> bytes:
    content = reader.read(MAX_BODY + 1)
    if len(content) > MAX_BODY:
        raise BrokenBody("too_large")
    return content


def _gzip(body: bytes) -> tuple[bytes, bool]:
    if body[:2] != b"\x1f\x8b":
        raise ValueError("no gzip")
    try:
        return _read(GzipReader(io.BytesIO(body))), True
    except OSError:
        return _unpacked(body, 31), False


def _deflate(body: bytes) -> tuple[bytes, bool]:
    try:
        return _read(GzipReader(io.BytesIO(body), zlib=True)), True
    except OSError:
        return _unpacked(body, -15), False


def _unpacked(body: bytes, wbits: int) -> bytes:
    """What comes before anything that does not belong there."""
    unpack = zlib.decompressobj(wbits)
    content = unpack.decompress(body, MAX_BODY + 1)
    if len(content) > MAX_BODY:
        raise BrokenBody("too_large")
    if not unpack.eof:
        raise BrokenBody("broken_response")
    return content


# Each gives the content, and whether the reader of the archive undoes this coding too.
_DECODERS: dict[str, Callable[[bytes], tuple[bytes, bool]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": lambda body: (_read(BrotliReader(io.BytesIO(body))), True),
    "zstd": lambda body: (_read(ZstdReader(io.BytesIO(body))), True),
}
