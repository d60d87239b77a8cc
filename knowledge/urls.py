"""One spelling per address: what the crawler asks for, logs and compares, and what documents.url holds."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urljoin, urlsplit

# Parameters that say where a visitor came from, never what page is meant.
_TRACKING = re.compile(r"^(utm_[a-z_]+|spm|spm_id_from|gclid|fbclid|msclkid|hmsr|hmpl|bd_vid)$", re.I)
# Session ids that Java portals append to the path: a new one per visit, the page is the same.
_SESSION = re.compile(r";jsessionid=[^/;]*", re.I)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = _UNRESERVED | frozenset("!$&'()*+,;=:@/")
_QUERY_SAFE = (_PATH_SAFE | frozenset("?")) - {"'"}  # URL libraries encode an apostrophe in a query
_DEFAULT_PORT = {"http": 80, "https": 443}
_HOST = re.compile(r"^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$")
_IPV6 = re.compile(r"^[0-9a-f:.]+$")


def canonical_url(url: str, base: str | None = None) -> str:
    """Canonical form of an http(s) address, resolved against `base` if given; idempotent.

    Drops fragment, default port, credentials, session ids and tracking parameters; lowers scheme and host
    (punycode for Chinese names); removes dot segments; decodes what needs no percent-encoding and encodes the rest
    as UTF-8. Case of the path and order of the parameters are kept: portals tell pages apart by both.
    Raises ValueError for anything that is not an http(s) address with a host.
    """
    # Browsers ignore line breaks and tabs inside an href; portals' templates are full of them.
    url = re.sub(r"[\t\r\n]", "", url).strip(" \x00\u3000\u00a0")
    head, mark, tail = url.partition("?")
    url = head.replace("\\", "/") + mark + tail  # as browsers read it, also where it hides a host
    if base is not None:
        url = urljoin(base, url)
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORT:
        raise ValueError(f"not an http(s) address: {url!r}")
    host, port = _host(parts.hostname or ""), parts.port  # .port raises ValueError if out of range
    netloc = host if port in (None, _DEFAULT_PORT[scheme]) else f"{host}:{port}"
    path = _SESSION.sub("", _percent(parts.path, _PATH_SAFE))
    query = "&".join(
        p for p in _percent(parts.query, _QUERY_SAFE).split("&") if p and not _TRACKING.match(p.partition("=")[0])
    )
    return f"{scheme}://{netloc}{_dotless(path)}" + (f"?{query}" if query else "")


def host_key(url: str) -> str:
    """Host and port of an http(s) address, always with the port (`example.cn:80`): the unit of politeness."""
    parts = urlsplit(canonical_url(url))
    port = parts.port or _DEFAULT_PORT[parts.scheme]
    return f"[{parts.hostname}]:{port}" if ":" in (parts.hostname or "") else f"{parts.hostname}:{port}"


def _host(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).lower().rstrip(".")
    if ":" in name and _IPV6.match(name):
        return f"[{name}]"
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError(f"not a host name: {name!r}") from None
    if not _HOST.match(name):
        raise ValueError(f"not a host name: {name!r}")
    return name


def _percent(text: str, safe: frozenset[str]) -> str:
    out, i = [], 0
    while i < len(text):
        char = text[i]
        if char == "%" and re.match(r"[0-9A-Fa-f]{2}", text[i + 1 : i + 3]):
            byte = chr(int(text[i + 1 : i + 3], 16))
            out.append(byte if byte in _UNRESERVED else text[i : i + 3].upper())
            i += 3
            continue
        out.append(char if char in safe else "".join(f"%{b:02X}" for b in char.encode("utf-8", "replace")))
        i += 1
    return "".join(out)


def _dotless(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    ends_open = segments[-1] in (".", "..") and bool(kept)
    return "/" + "/".join(kept) + ("/" if ends_open else "")
