"""Bytes to text, deciding the charset from the bytes themselves.

Headers and meta tags of Chinese portals are often wrong (GBK pages labelled utf-8 and the reverse), so a label
only breaks ties. gb2312 and gbk are read as gb18030, which contains both.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass

import cchardet

# Above this share of replacement characters the text is not the page any more but noise.
MAX_REPLACED = 0.01
MIN_REFUSED = 5  # a short page may have a few

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.I)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_WINDOW = 4096  # bytes
_SAME = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "big5-hkscs": "big5"}
_CHARSETS = re.compile(r"ascii|utf-(8|16|32)|gb|big5|cp\d|euc_|shift_jis|iso8859|iso2022|koi8|mac_|hz$")
_TRUSTED_GUESSES = {"gb18030", "big5", "utf-8"}


class UndecodableError(ValueError):
    """The bytes are no text in any charset considered."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text`, the `charset` it was read in, and how many characters had to be replaced."""

    text: str
    charset: str
    replaced: int


def charset_name(label: str | None) -> str | None:
    """Python codec name for a label as printed in a header or meta tag; None if there is no such charset.

    Python also calls compression, escapes and name encodings codecs; some take the square of their input's length.
    """
    if not label:
        return None
    label = label.strip().strip("\"'").lower()
    try:
        name = _SAME.get(label) or _SAME.get(name := codecs.lookup(label).name, name)
    except (LookupError, ValueError):  # ValueError: a NUL in the label
        return None
    return name if _CHARSETS.match(name) else None


def _utf8(payload: bytes) -> Decoded | None:
    """Text of valid UTF-8 (a character cut off at the end is forgiven), else None."""
    try:
        return Decoded(payload.decode("utf-8"), "utf-8", 0)
    except UnicodeDecodeError as e:
        if e.start < len(payload) - 3 or e.reason != "unexpected end of data":
            return None
        cut = e.start
    return Decoded(payload[:cut].decode("utf-8") + "\ufffd", "utf-8", 1)


def decode(payload: bytes, header_charset: str | None = None) -> Decoded:
    """Read `payload`; raises UndecodableError when more than 1 % of the characters would be replaced.

    Order of evidence: byte order mark; valid UTF-8 (GBK text practically never is); gb18030 where the page is whole in it,
    not in Big5, and no label names another; the detector's guess where it is a Chinese charset; then header and meta labels;
    gb18030 last, the commonest charset of old portals.
    """
    for bom, charset in _BOMS:
        if payload.startswith(bom):
            return _read(payload[len(bom) :], charset)
    if payload.isascii():
        return Decoded(payload.decode("ascii"), "ascii", 0)
    if found := _utf8(payload):
        return found
    meta = _META.search(payload[:4096])
    labels = [charset_name(header_charset), charset_name(meta[1].decode("ascii") if meta else None)]
    if found := _plainly_gb18030(payload, labels):
        return found
    guess = charset_name((cchardet.detect(_text_window(payload)) or {}).get("encoding"))
    order = [guess] if guess in _TRUSTED_GUESSES else []
    # text of two or four bytes a character has NULs between its marks; without them such a label is a lie
    wide = b"\0" in payload[:_WINDOW]
    order += [x for x in labels if x and (wide or not x.startswith(("utf-16", "utf-32")))] + ["gb18030", "utf-8"]
    best = _best(payload, list(dict.fromkeys(order)))
    if best.replaced > max(MIN_REFUSED, len(best.text) * MAX_REPLACED):
        raise UndecodableError(f"{best.replaced} of {len(best.text)} characters unreadable as {best.charset}")
    return best


def _plainly_gb18030(payload: bytes, labels: Collection[str | None]) -> Decoded | None:
    """Text in gb18030 where no guess could make it another, else None: it is whole, and neither big5 nor a label's.

    Most pages that are no UTF-8 are known so; the detector would take half a millisecond to say the same.
    """
    if not _TRUSTED_GUESSES.issuperset(filter(None, labels)) or _is_whole(payload, "big5"):
        return None
    got = _try(payload, "gb18030")
    return None if got.replaced else got


def _is_whole(payload: bytes, charset: str) -> bool:
    try:
        payload.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _best(payload: bytes, charsets: list[str]) -> Decoded:
    """The first reading without replaced characters, else the one with the fewest."""
    readings = []
    for charset in charsets:
        got = _try(payload, charset)
        if not got.replaced:
            return got
        readings.append(got)
    return min(readings, key=lambda d: d.replaced)


def _text_window(payload: bytes) -> bytes:
    """Enough of the page for the detector, from its first character that is no ASCII: reading all costs 2 ms a page."""
    first = _NOT_ASCII.search(payload)
    start = first.start() if first else 0
    return payload[start : start + _WINDOW]


def _try(payload: bytes, charset: str) -> Decoded:
    text = payload.decode(charset, errors="replace")
    return Decoded(text, charset, text.count("\ufffd"))


def _read(payload: bytes, charset: str) -> Decoded:
    got = _try(payload, charset)
    if got.replaced > max(MIN_REFUSED, len(got.text) * MAX_REPLACED):
        raise UndecodableError(f"{got.replaced} of {len(got.text)} characters unreadable as {charset}")
    return got
