"""How an attempt ended: a pure function from what came back to one word of `outcome` (knowledge/vocabulary.toml).

Challenges are recognised so that they are recorded and left alone; nothing here helps to get past one. Where the
marks were learnt: public descriptions of the products named beside them; a mark alone is enough only when the
page shows no text of its own.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

# How much of a decoded body is looked at: challenge pages are smaller, and error pages say so in their head.
BODY_START = 64 * 1024

_WBITS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_HIJACK = Path(__file__).resolve().parent.parent / "knowledge" / "hijack.toml"
_BLOCK_STATUS = {403, 412, 468, 521}
_CHALLENGE = (
    b"$_ts",  # 瑞数: the obfuscated script's own variable
    b"FSSBBIl1UgzbN7N",  # 瑞数: its cookie
    b"__jsl_clearance",  # 加速乐
    b"acw_sc__v2",  # 阿里云 WAF
    b"wzwsconfirm",  # 360 网站卫士
    b"wzwstemplate",
    b"yunsuo_session",  # 云锁
    b"safeline_bot_challenge",  # 雷池
    "创宇盾".encode(),
    "创宇盾".encode("gb18030"),
    "网站防火墙".encode(),
    "网站防火墙".encode("gb18030"),
)
# 瑞数 and 加速乐 set these on every answer, so they only tell what an odd status means.
_CHALLENGE_COOKIES = ("FSSBBIl1UgzbN7N", "__jsluid")
_COOKIE_STATUS = {202, 400, 512}
# A page without a word that sets a cookie and loads itself again is a challenge, whoever made it.
_RELOADS = re.compile(rb"document\.cookie\s*=.{0,2000}?location(?:\.href|\.reload|\.replace|\s*=)", re.S)
_GONE = "页面不存在|页面没有找到|找不到(?:该|此)?页面|页面未找到|页面走丢|页面已(?:被)?删除|内容不存在|信息不存在|无法找到该页|Page Not Found"
_GONE_TITLE = re.compile(rf"<title[^<>]*>[^<]*?(?:(?<!\d)404(?![\d号])|{_GONE})", re.I)
_GONE_TEXT = re.compile(rf"(?:{_GONE})", re.I)
_DOCUMENT_STARTS = (b"<", b"%pdf", b"pk\x03\x04", b"\xd0\xcf\x11\xe0")
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,300})|<meta[^<>]{0,200}?(?:keywords|description)[^<>]{0,400}", re.I)
_NOT_DOCUMENTS = ("image/", "video/", "audio/", "font/", "text/css", "application/javascript", "text/javascript")


def outcome(
    status: int | None, headers: Mapping[str, str], body_start: bytes, error: BaseException | None = None
) -> str:
    """Outcome of one attempt (knowledge/vocabulary.toml).

    `headers` has lower-case names; `body_start` is the first BODY_START bytes of the body with Content-Encoding
    undone (see body_start()). Without a response, `status` is None and `error` is what the attempt raised.
    `unchanged`, `redirect_loop` and refusals by policy need more than one response: the recorder decides them.
    """
    if status is None:
        return _outcome_of_error(error)
    if status == 304:
        return "not_modified"
    if 300 <= status < 400:
        return "redirected" if headers.get("location") else "broken_response"
    if status in (404, 410):
        return "not_found"
    if status == 429 or (status == 503 and "retry-after" in headers):
        return "rate_limited"
    if status in _BLOCK_STATUS or _is_challenge(status, headers, body_start):
        return "blocked"
    if status >= 500:
        return "server_error"
    if status >= 400:
        return "client_error"
    if status < 200:
        return "broken_response"
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith(_NOT_DOCUMENTS) and not body_start.lstrip(_BLANKS).lower().startswith(_DOCUMENT_STARTS):
        return "unsupported_media"
    if _is_hijacked(body_start):
        return "hijacked"
    if (not media_type or media_type.startswith("text/html")) and _is_gone(body_start):
        return "soft_404"
    return "ok"


@cache
def _betting() -> tuple[re.Pattern[str], re.Pattern[str]]:
    raw = tomllib.loads(_HIJACK.read_text(encoding="utf-8"))
    return re.compile("|".join(map(re.escape, raw["selling"])), re.I), re.compile(
        "|".join(map(re.escape, raw["against"]))
    )


def _is_hijacked(body: bytes) -> bool:
    """True if a page's title and meta tags sell what a government's never do: two words of a kind, none against it."""
    selling, against = _betting()
    said = " ".join(m[0] for m in _TITLE.finditer(_text(body[:16384])))
    return len({w.lower() for w in selling.findall(said)}) >= 2 and not against.search(said)


def encoding_fault(body: bytes, content_encoding: str, most: int) -> str | None:
    """broken_response if a body is not encoded as its head says, too_large if it unpacks to more than `most` bytes.

    One that only lacks its end is left to whoever reads it: some servers forget the checksum.
    """
    encoding, size = content_encoding.strip().lower(), 0
    if encoding not in _WBITS or not body:
        return None
    for wbits in _WBITS[encoding]:
        unpack, rest, size = zlib.decompressobj(wbits), body, 0
        try:
            while rest and not unpack.eof:
                size += len(unpack.decompress(rest, BODY_START))
                rest = unpack.unconsumed_tail
                if size > most:
                    return "too_large"
            return None
        except zlib.error:
            continue
    return "broken_response"


def plain_headers(headers: Iterable[tuple[bytes, Sequence[bytes]]]) -> dict[str, str]:
    """Headers as text with lower-case names, whatever their bytes: portals put GBK file names into them.

    Repeated headers are joined as HTTP allows; of several Locations the last counts.
    """
    joined: dict[str, str] = {}
    for name, values in headers:
        key = name.decode("latin-1").lower()
        joined[key] = b", ".join(values[-1:] if key == "location" else values).decode("utf-8", "replace")
    return joined


def body_start(body: bytes, content_encoding: str) -> bytes:
    """First BODY_START bytes of a body as it reads after undoing gzip or deflate; other encodings give b""."""
    encoding = content_encoding.strip().lower()
    if encoding in ("", "identity"):
        return body[:BODY_START]
    for wbits in _WBITS.get(encoding, ()):
        try:
            return zlib.decompressobj(wbits).decompress(body, BODY_START)
        except zlib.error:
            continue
    return b""


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")


def _visible(html: str) -> str:
    html = re.sub(r"(?is)<(script|style|title|noscript)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)|<[^<>]*>", " ", html)
    return re.sub(r"\s+", "", html)


def _is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    if status in _COOKIE_STATUS and any(c in headers.get("set-cookie", "") for c in _CHALLENGE_COOKIES):
        return True
    # A page behind the same product still carries its script after the challenge: then it also has a text.
    if any(mark in body for mark in _CHALLENGE) and len(_visible(_text(body))) < 200:
        return True
    return bool(_RELOADS.search(body)) and len(_visible(_text(body))) < 20 and b"<a " not in body.lower()


def _is_gone(body: bytes) -> bool:
    html = _text(body)
    if _GONE_TITLE.search(html):
        return True
    return len(body) < 4096 and len(shown := _visible(html)) < 200 and bool(_GONE_TEXT.search(shown))


def _outcome_of_error(error: BaseException | None) -> str:
    # By class name along the chain of causes: the classes live in three libraries, and their texts hold the rest.
    chain: list[BaseException] = []
    e = error
    while e is not None and len(chain) < 10:
        chain.append(e)
        e = e.__cause__ or e.__context__
    names = {cls.__name__ for e in chain for cls in type(e).__mro__}
    text = " ".join(f"{type(e).__name__} {e} {getattr(e, 'reasons', '')}" for e in chain)
    if "DownloadCancelledError" in names:
        return "too_large"
    if names & {"CannotResolveHostError", "DNSLookupError", "gaierror"}:
        return "dns_error"
    if re.search(r"OpenSSL|\bSSL\b|\bTLS\b|certificate|VerificationError", text):
        return "tls_error"
    if names & {"DownloadTimeoutError", "TimeoutError"}:
        return "timeout"
    began = any(type(e).__name__ == "ResponseFailed" for e in chain)  # an answer that began and is none
    if (
        began
        or names & {"ResponseDataLossError"}
        or re.search(r"ParseError|BadHeaders|PotentialDataLoss|_DataLoss", text)
    ):
        return "broken_response"
    return "connection_error"
