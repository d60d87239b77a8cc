"""Is a page of somebody's crawl worth reading as a report? Told from its title and first look, before anything is parsed.

Meant for pages by the hundred thousand of which one in a hundred is wanted: what can be said with a search through the
text is said with that. A page that says too little to tell is let through; the transform reads it again from its bytes.
"""

from __future__ import annotations

import codecs
import html as entities
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from urllib.parse import unquote_to_bytes, urlsplit

from crawler.families.page import ATTACHMENT_ENDINGS, PAGE_ENDINGS, ending
from knowledge.titles import REPORT_TYPES, marks, read_title, reads_as_title

_MOST = 4 * 2**20  # bytes of a page that are looked at
_HEAD = 32 * 1024  # bytes within which the title and the meta tags stand
_SAMPLE = 4096  # bytes from the first that is no ASCII on: enough to tell the charset
_LONGEST_LINE = 3000  # bytes
_FEW = 5  # titles of a page; more are drawings' and the like
_MAX_MARKS = 400  # more places where one mark stands are a menu or worse
_LINK_REACH = 600  # bytes before a text within which the link that it is in begins
_MIN_STOPS = 5  # full stops of a report; a page with fewer is a list, or its text is in a file
_OPENING_LINES = 60  # of a flattened page, within which its title stands
_LITTLE = 10  # characters; a title of no more tells nothing
_ESCAPES = 60  # characters that are written as numbers in a page's first 64 kB; a few are signs like ©
_TELLS_LITTLE = re.compile(r"(?:报告|总结|年报|情况|全文|正文|附件\d*|[.…⋯])$")
# Titles that a page's head holds: the page's, the article's own, and meta tags of either.
_TITLED = re.compile(rb"<(?:title\b[^<>]{0,200}>([^<]{1,600})<|ucaptitle>([^<]{1,600})<|meta\s([^<>]{1,900})>)", re.I)
_META_NAME = re.compile(rb"""(?:name|property)\s*=\s*["']?\s*(articletitle|og:title)\b""", re.I)
_META_CONTENT = re.compile(rb"""content\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_FILE_LINK = re.compile(rb"""\.(?:pdf|docx?|wps|ofd)["'?#\s>]""", re.I)
_FILE_NAME = re.compile(rb"""filename\*?\s*=\s*(?:[\w-]+'[\w-]*')?"?([^";]+)""", re.I)
_SENTENCE_END = re.compile(r"[。;!?:,；！？：，\s]+")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_HIGH = bytes(range(0x80, 0x100))


def page_fault(content: bytes, is_html: bool = True) -> str:
    """Why a page (content decoded) is no report; "" if it may be one.

    Words: no_words (nothing of lawful government in it), no_text (a report's title over neither text nor file), or what
    its title says it is: a doc_type that is no report.
    """
    content = content[:_MOST]
    charset = charset_of(content)
    if not _holds_mark(content, charset):
        content = _direct(content, charset)
        charset = "utf-8"
        if not _holds_mark(content, charset):
            return "no_words"
    if not is_html:
        lines = content.decode(charset, "replace").splitlines()[:_OPENING_LINES]
        return "" if any(reads_as_title(line) and _is_report(line) for line in lines) else "other"
    own, titles = _titles(content, charset)
    if own and not _is_report(own) and (kind := _told_by(own)):
        return kind
    if any(map(_is_report, [own, *titles])) or _says_so(content, charset, bool(own or any(titles))):
        has_text = content.count("。".encode(charset)) >= _MIN_STOPS
        return "" if has_text or _FILE_LINK.search(content) else "no_text"
    kinds = (read_title(title).doc_type for title in titles if _has_mark(title))
    return next((kind for kind in kinds if kind != "other"), "other")


def _holds_mark(content: bytes, charset: str) -> bool:
    return any(mark.search(content) for mark in _marks_in(charset))


def _direct(content: bytes, charset: str) -> bytes:
    """A page whose bytes cannot be searched (UTF-16, or its characters are escaped) as UTF-8; b"" for any other."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    if content.count(b"&#", 0, 2 * _HEAD) > _ESCAPES:
        return entities.unescape(content.decode(charset, "replace")).encode("utf-8", "replace")
    return b""


def _told_by(own: str) -> str:
    """The kind of a page whose article's own title is that of no report; "" where that says too little."""
    if _has_mark(own):
        kind = read_title(own).doc_type
        return "" if kind == "other" or kind in REPORT_TYPES else kind
    return "" if len(own) <= _LITTLE or _TELLS_LITTLE.search(own) else "other"


def is_file(content: bytes, url: str) -> bool:
    """True for a document that is no page (PDF, DOC, WPS, DOCX, OFD), by its bytes."""
    if not content.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        return False
    if content.startswith(b"PK") and b"word/" not in content and b"OFD.xml" not in content:
        return False
    return ending(url) in ATTACHMENT_ENDINGS | PAGE_ENDINGS


def file_says_report(url: str, disposition: bytes = b"") -> bool:
    """True if a file's name, in its address or in its Content-Disposition, is a report's title."""
    names = [unquote_to_bytes(urlsplit(url).path.rpartition("/")[2])]
    names += [unquote_to_bytes(m[1].strip()) for m in _FILE_NAME.finditer(disposition)]
    return any(map(_is_report, map(decode, names)))


def charset_of(body: bytes) -> str:
    """Charset of a page by its bytes alone, as Python calls it: utf-8, gb18030, or big5 where it says so (both hold ASCII).

    A few broken bytes do not make UTF-8 something else.
    """
    first = _NOT_ASCII.search(body)
    if first is None:
        return "utf-8"
    sample = body[first.start() : first.start() + _SAMPLE]
    high = len(sample) - len(sample.translate(None, _HIGH))
    if 10 * (sample.decode("utf-8", "replace").count("\ufffd") - 1) < high:  # the last character may be cut
        return "utf-8"
    return "big5" if b"big5" in body[:2048].lower() else "gb18030"


def decode(body: bytes) -> str:
    """Text of a page by its bytes alone."""
    return body.decode(charset_of(body), "replace")


@cache
def _marks_in(charset: str) -> tuple[re.Pattern[bytes], ...]:
    """The marks as a page in that charset has them, each by itself: one literal is found ten times as fast as one of two."""
    return tuple(re.compile(re.escape(mark.encode(charset))) for mark in marks())


def _has_mark(title: str) -> bool:
    return any(mark in title for mark in marks())


def _is_report(title: str) -> bool:
    title = re.sub(r"\s+", "", title)
    return _has_mark(title) and read_title(title).is_report


def _titles(content: bytes, charset: str) -> tuple[str, list[str]]:
    """(what the article calls itself, "" if it does not; the page's other titles), without blanks."""
    own: list[bytes] = []
    titles: list[bytes] = []
    for title, called, tag in _TITLED.findall(content, 0, _HEAD):
        if tag and (name := _META_NAME.search(tag)) and (said := _META_CONTENT.search(tag)):
            (own if name[1].lower() == b"articletitle" else titles).append(said[1] or said[2] or b"")
        elif called:
            own.append(called)
        elif title:
            titles.append(title)
    clean = [
        [re.sub(r"\s+", "", entities.unescape(x.decode(charset, "replace"))) for x in some[:_FEW]]
        for some in (own, titles)
    ]
    return next(filter(None, clean[0]), ""), clean[1]


def _says_so(content: bytes, charset: str, has_title: bool) -> bool:
    """True if a line of the page that is no link reads as a report's title; without a title a sentence will do."""
    for line, before in _lines(content, charset):
        parts = [line] if has_title else _SENTENCE_END.split(line)
        if any(reads_as_title(part) and _is_report(part) for part in parts):
            link = before.rfind(b"<a ")
            if link < 0 or before.rfind(b"</a") > link:
                return True
    return False


def _lines(content: bytes, charset: str) -> Iterator[tuple[str, bytes]]:
    """Texts between tags in which a mark stands, each with what stands before it.

    Looked for in the bytes: in these charsets no other character holds those of < and >.
    """
    at = 0
    places = sorted(
        found.start() for mark in _marks_in(charset) for found in islice(mark.finditer(content), _MAX_MARKS)
    )
    for place in places:
        if place < at:
            continue
        start, end = content.rfind(b">", 0, place) + 1, content.find(b"<", place)
        at = len(content) if end < 0 else end
        if content.rfind(b"<", start, place) < 0 and at - start <= _LONGEST_LINE:  # else inside a tag, or in a script
            line = entities.unescape(content[start:at].decode(charset, "replace"))
            yield line.strip(), content[max(0, start - _LINK_REACH) : start].lower()
