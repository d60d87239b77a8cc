"""Portals on loopback: one process, a port per portal, HTTP/1.1 as a plain web server speaks it.

Keep-alive, HEAD, POST of form fields, conditional GET (ETag, Last-Modified → 304), gzip on request, an HTML page for
404. Python's own http.server makes a thread per connection and parses slowly; a farm of hundreds of portals needs
neither.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from .portal import KEPT, Page, Portal, origin

HOST = "127.0.0.1"
FIRST_PORT = 18470
IDLE_SECONDS = 75
LONGEST_FORM = 64 * 1024
REASONS = {
    200: "OK", 301: "Moved Permanently", 304: "Not Modified", 400: "Bad Request", 404: "Not Found",
    405: "Method Not Allowed", 412: "Precondition Failed",
}  # fmt: skip


class PortTaken(OSError):
    """A port that a portal must have is in use by someone else."""


class Server:
    """Serves one portal. neighbours: portal_id → origin of all portals that its pages may link to, filled as they start;
    pages write these addresses by name (portal.origin)."""

    def __init__(self, portal: Portal, neighbours: dict[str, str] | None = None) -> None:
        self.portal = portal
        self.port = 0
        self._neighbours: dict[str, str] = {} if neighbours is None else neighbours
        self._gzipped: dict[bytes, bytes] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int, *, exactly: bool) -> None:
        """Listen on `port`, or on a free one if it is busy; raises PortTaken if it must be `exactly` that one."""
        try:
            listener = socket.create_server((HOST, port), backlog=256)
        except OSError as busy:
            if exactly:
                raise PortTaken(f"port {port} of portal {self.portal.portal_id} is taken") from busy
            listener = socket.create_server((HOST, 0), backlog=256)
        self.port = listener.getsockname()[1]
        self._neighbours[self.portal.portal_id] = self.origin
        self._server = await asyncio.start_server(self._talk, sock=listener, limit=64 * 1024)

    async def stop(self) -> None:
        """Stop listening and drop idle connections."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.close()
            await asyncio.sleep(0)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
                reply, keep = self._answer(head, await self._form(head, reader))
                writer.write(reply)
                await writer.drain()
                if not keep:
                    return
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            return  # the client went away, fell silent or does not speak HTTP
        finally:
            self._open.discard(writer)
            writer.close()

    async def _form(self, head: bytes, reader: asyncio.StreamReader) -> str:
        """The body that follows a request head, as text; raises LimitOverrunError for one that is far too long."""
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.strip().lower() == "content-length" and value.strip().isdecimal():
                if int(value) > LONGEST_FORM:
                    raise asyncio.LimitOverrunError("form too long", LONGEST_FORM)
                return (await reader.readexactly(int(value))).decode("utf-8", "replace")
        return ""

    def _answer(self, head: bytes, form: str) -> tuple[bytes, bool]:
        """(response bytes, whether the connection stays open) for one request head and its body."""
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3:
            return _response(400, [("Content-Type", "text/plain")], b"bad request\n"), False
        method, target, version = words
        sent = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        if method not in ("GET", "HEAD") and not (method == "POST" and self.portal.endpoints):
            return _response(
                405, [("Allow", "GET, HEAD"), ("Content-Type", "text/plain")], b"GET and HEAD only\n"
            ), False
        page = self.portal.answer(target, form)
        headers = [(name, self._resolved(value.encode()).decode()) for name, value in page.headers]
        headers.append(("Vary", "Accept-Encoding"))
        keep = version == "HTTP/1.1" and sent.get("connection", "").lower() != "close"
        if not keep:
            headers.append(("Connection", "close"))
        if method != "POST" and _unchanged(page, sent):
            return _response(304, headers, b"", bodiless=True), keep
        headers.append(("Content-Type", page.content_type))
        body = self._resolved(page.body)
        if "gzip" in sent.get("accept-encoding", "") and page.status == 200:
            body = self._compressed(body)
            headers.append(("Content-Encoding", "gzip"))
        return _response(page.status, headers, body, bodiless=method == "HEAD"), keep

    def _resolved(self, text: bytes) -> bytes:
        """`text` with the addresses of the farm's portals as they are now."""
        if b".portal.example" in text:
            for portal_id, here in self._neighbours.items():
                text = text.replace(origin(portal_id).encode(), here.encode())
        return text

    def _compressed(self, body: bytes) -> bytes:
        if body not in self._gzipped:
            if len(self._gzipped) >= KEPT:
                del self._gzipped[next(iter(self._gzipped))]
            self._gzipped[body] = gzip.compress(body, compresslevel=3, mtime=0)
        return self._gzipped[body]


def _unchanged(page: Page, sent: Mapping[str, str]) -> bool:
    """Whether the client's copy is current: ETag decides when it was sent, else the time (RFC 9110, 13.2.2)."""
    have = dict(page.headers)
    if "ETag" not in have:
        return False
    if "if-none-match" in sent:
        tags = [t.strip().removeprefix("W/") for t in sent["if-none-match"].split(",")]
        return have["ETag"] in tags or "*" in tags
    try:
        since = parsedate_to_datetime(sent.get("if-modified-since", ""))
        return parsedate_to_datetime(have["Last-Modified"]) <= since
    except (TypeError, ValueError):
        return False


def _response(status: int, headers: list[tuple[str, str]], body: bytes, *, bodiless: bool = False) -> bytes:
    if status != 304:
        headers = [*headers, ("Content-Length", str(len(body)))]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {REASONS[status]}\r\n{head}\r\n".encode("latin-1") + (b"" if bodiless else body)
