"""What a hostile or broken server may send: a host per fault, each with one list, one bad address and one good report.

Served on loopback beside well-behaved portals (`python -m samples serve --hostile …`), so that a crawl can be shown to
finish, to say of each bad address what happened, and to lose nothing of the others. Everything here is invented.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from .server import HOST

BAD, GOOD, LIST, HOME = "/t20240301_1.html", "/t20240301_2.html", "/list.html", "/"
SECONDS = 600.0  # a server that stalls holds the line so long; whoever waits has left by then
REPORT = "示例县(虚构)坚持依法行政,全年办理行政复议案件89件,审结76件;办理行政处罚案件2317件。存在的问题是执法人员能力有待提高。"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave. outcome: how the attempt at BAD must end; pieces: what is sent, a break between them;
    every: for every address but LIST and GOOD, robots.txt and home page included; found: its list is not in the
    registry; last: what comes behind the pieces: close · reset · stall."""

    name: str
    outcome: str
    pieces: Callable[[str], list[bytes]]
    last: str = "close"
    every: bool = False
    found: bool = False
    pause: float = 0.0


def page(title: str, text: str = REPORT) -> bytes:
    """A report as a page."""
    return f"<html><head><meta charset='utf-8'><title>{title}</title></head><body><div id='zoom'><p>{text * 3}</p></div></body></html>".encode()


def response(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole response that closes its connection; headers with _ for -, an empty value takes a header away."""
    given = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
    given |= {k.replace("_", "-"): v for k, v in headers.items()}
    head = "".join(f"{k}: {v}\r\n" for k, v in given.items() if v)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def _sent(*pieces: bytes) -> Callable[[str], list[bytes]]:
    return lambda origin: list(pieces)


def _to(location: str) -> Callable[[str], list[bytes]]:
    return lambda origin: [response(b"", "302 Found", Location=location.replace("{port}", origin.rpartition(":")[2]))]


_TITLE = "示例县2023年法治政府建设年度报告"
_GZIPPED = gzip.compress(page(_TITLE), mtime=0)
_CHUNKED = {"Transfer_Encoding": "chunked", "Content_Length": ""}
_ODD_CHUNKS = b"5\r\nabcde\r\nXYZ\r\n" + b"a" * 90


def _bomb() -> bytes:
    """A quarter of a gigabyte of blanks, packed into a quarter of a megabyte."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    blanks = b" " * 2**20
    return b"".join([*(pack.compress(blanks) for _ in range(256)), pack.flush()])


_NUMBER = b"00000000"  # in its place stands how many requests there were before
_SESSIONS = f"""<html><title>示例县人民政府</title><ul><li><a href='/s/a{_NUMBER.decode()}/zwgk/'>政府信息公开</a></li>
<li><a href='/s/a{_NUMBER.decode()}/fz/'>法治政府建设</a></li><li><a href='{LIST}'>法治政府建设年度报告</a></li></ul></html>""".encode()


FAULTS = (
    Fault("stall", "timeout", _sent(), "stall"),
    Fault("stall_in_head", "timeout", _sent(b"HTTP/1.1 200 OK\r\nContent-Ty"), "stall"),
    Fault("stall_in_body", "timeout", _sent(response(page(_TITLE), Content_Length="99999")), "stall"),
    Fault("a_byte_a_second", "timeout", lambda o: [bytes([b]) for b in response(page(_TITLE))], pause=1.0),
    Fault("reset", "connection_error", _sent(), "reset"),
    Fault("reset_in_body", "broken_response", _sent(response(page(_TITLE), Content_Length="99999")), "reset"),
    Fault("closed_at_once", "connection_error", _sent()),
    Fault("no_http", "broken_response", _sent(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)),
    Fault("length_too_long", "broken_response", _sent(response(page(_TITLE), Content_Length="99999"))),
    Fault("length_no_number", "broken_response", _sent(response(page(_TITLE), Content_Length="many"))),
    Fault("length_too_short", "ok", _sent(response(page(_TITLE) + b"<p>more</p>", Content_Length=str(len(page(_TITLE)))))),
    Fault("bad_chunks", "broken_response", _sent(response(_ODD_CHUNKS, **_CHUNKED))),
    Fault("chunks_cut", "broken_response", _sent(response(b"ff\r\nabc", **_CHUNKED))),
    Fault("head_without_end", "broken_response", lambda o: [b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"b" * 4000 + b"\r\n"] * 200]),
    Fault("broken_gzip", "broken_response", _sent(response(_GZIPPED[:20] + b"\xff" * 200, Content_Encoding="gzip"))),
    Fault("no_gzip", "broken_response", _sent(response(page(_TITLE), Content_Encoding="gzip"))),
    Fault("gzip_bomb", "too_large", lambda o: [response(_bomb(), Content_Encoding="gzip")]),
    Fault("nested_tags", "ok", lambda o: [response(page(_TITLE)[:-14] + b"<div><b>" * (50 * 2**20 // 8))]),
    Fault("too_large", "too_large", lambda o: [response(b"", Content_Length=str(2**40))], "stall"),
    Fault("nul_bytes", "ok", _sent(response(page(_TITLE).replace(b"<p>", b"<p>\0\0")))),
    Fault("lying_charset", "ok", _sent(response(page(_TITLE).decode().encode("gb18030"), Content_Type="text/html; charset=big5"))),
    Fault("report_as_image", "ok", _sent(response(page(_TITLE), Content_Type="image/jpeg"))),
    Fault("image_as_page", "unsupported_media", _sent(response(b"\xff\xd8\xff\xe0" + bytes(900), Content_Type="image/jpeg"))),
    Fault("challenge_412", "blocked", _sent(response(b"<script>$_ts={}</script>", "412 Precondition Failed"))),
    Fault("challenge_521", "blocked", _sent(response(b"<script>document.cookie='__jsl_clearance=1'</script>", "521 "))),
    Fault("error_with_status_200", "soft_404", _sent(response("<html><title>页面不存在</title></html>".encode()))),
    Fault("hijacked", "hijacked", _sent(response(page("澳门新葡京娱乐城-百家乐-时时彩官网", "注册送彩金,百家乐在线投注。")))),
    Fault("home_for_everything", "soft_404", _sent(response(page("示例县人民政府", "欢迎访问。"))), every=True),
    Fault("sessions", "ok", _sent(response(_SESSIONS)), every=True, found=True),
    Fault("to_itself", "redirect_loop", _to(BAD)),
    Fault("to_file", "broken_response", _to("file:///etc/passwd")),
    Fault("to_loopback", "redirected", _to("http://127.0.0.1:9/x")),
    Fault("to_localhost", "redirected", _to("http://localhost:9/x")),
    Fault("to_loopback_as_number", "redirected", _to("http://2130706433:9/x")),
    Fault("to_ipv6_loopback", "redirected", _to("http://[::1]:9/x")),
    Fault("to_private", "redirected", _to("http://10.0.0.1/x")),
    Fault("to_link_local", "redirected", _to("http://169.254.169.254/latest/meta-data")),
    Fault("to_mapped", "redirected", _to("http://[::ffff:10.0.0.1]/x")),
    Fault("endless_path", "redirected", _to("http://127.0.0.1:{port}/a/b/a/b/a/b/a/b/a/b/t.html")),
)  # fmt: skip


class Hostile:
    """A host with one fault; remembers what it was asked."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self._pieces: list[bytes] = []

    @property
    def portal_id(self) -> str:
        """Its row of the registry."""
        return "hostile-" + self.fault.name.replace("_", "-")

    async def start(self, port: int = 0) -> None:
        """Listen on `port`, 0: a free one."""
        self._server = await asyncio.start_server(self._talk, HOST, port)
        self.origin = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"
        self._pieces = self.fault.pieces(self.origin)

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        if self._server is not None:
            self._server.close()
            for talk in list(self._talks):
                talk.cancel()
            for writer in list(self._open):
                writer.transport.abort()
            await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        if talk := asyncio.current_task():
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode("latin-1")
            self.asked.append(target)
            async for piece in self._answer(target):
                writer.write(piece)
                await writer.drain()
            if target == BAD:
                await self._last(writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, target: str) -> AsyncIterator[bytes]:
        if target == LIST:
            rows = ((BAD, _TITLE), (GOOD, "示例县2022年法治政府建设年度报告"))
            items = "".join(f'<li><a href="{path}">{title}</a><span>2024-03-01</span></li>' for path, title in rows)
            yield response(f"<html><body><ul class='list'>{items}</ul></body></html>".encode())
        elif target == GOOD:
            yield response(page(self.fault.name))
        elif target == BAD or self.fault.every:
            for piece in self._pieces:
                yield piece.replace(_NUMBER, f"{len(self.asked):08}".encode()) if self.fault.found else piece
                await asyncio.sleep(self.fault.pause)
        else:
            yield response(b"no", "404 Not Found")

    async def _last(self, writer: asyncio.StreamWriter) -> None:
        if self.fault.last == "stall":
            await asyncio.sleep(SECONDS)
        elif self.fault.last == "reset":
            line: socket.socket = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
