"""What is fuzzed: functions that meet bytes of any origin, and what must hold of them whatever the bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fastwarc.warc import WarcRecordType

from crawler import families
from crawler.discovery import links
from crawler.families import Fetched
from crawler.outcomes import body_start, encoding_fault, outcome
from knowledge import warc
from knowledge.nesting import shallow
from knowledge.urls import canonical_url
from transform import quantities, sections
from transform.decode import UndecodableError, decode
from transform.document import Capture, Registry, read
from transform.extract import extract_html, extract_text
from transform.files.filetext import Unreadable
from transform.files.read import read_file, sniff

_SCRATCH = Path(tempfile.mkdtemp(prefix="fazhi-fuzz-")) / "x.warc"
_REGISTRY = Registry()


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def decoding(data: bytes) -> None:
    """Text without lone surrogates, or UndecodableError."""
    label, _, payload = data.partition(b"\n")
    try:
        decode(payload, label.decode("latin-1")).text.encode("utf-8")
    except UndecodableError:
        return


def extraction(data: bytes) -> None:
    """Ratios between 0 and 1, lines without breaks, and no more text than the page has."""
    html = shallow(text_of(data))
    page = extract_html(html, "http://a.example/art/2024/1/1/art_1.html")
    assert page.retention_ratio >= 0 and 0 <= page.residual_chrome <= 1
    assert all(line and "\n" not in line for line in page.lines)
    assert len(page.text) <= 4 * len(html) + 100
    flat = extract_text(text_of(data))
    assert 0 <= flat.residual_chrome <= 1 and len(flat.text) <= len(data)


def cutting(data: bytes) -> None:
    """Parts that tile the text, children inside their parents."""
    text = text_of(data).replace("\r", "")
    tops = sections.cut(text, 2023)
    assert "".join(text[t.char_start : t.char_end] for t in tops) == text
    for node in sections.walk(tops):
        assert all(node.char_start <= c.char_start <= c.char_end <= node.char_end for c in node.children)


def measuring(data: bytes) -> None:
    """Quotes that stand where they are said to stand."""
    text = text_of(data).replace("\r", "")
    for q in quantities.read(text, 2023, []):
        assert text[q.char_start : q.char_end] == q.quote and q.value == q.value


def archives(data: bytes) -> None:
    """Records or damage in the order of the file, never an error."""
    _SCRATCH.write_bytes(data)
    before = -1
    for record in warc.records(_SCRATCH, WarcRecordType.response | WarcRecordType.resource):
        offset = record.offset if isinstance(record, warc.Damage) else record.stream_pos
        assert before <= offset <= len(data)
        before = offset


def attachments(data: bytes) -> None:
    """Lines or a reason."""
    kind = sniff(data, "a.docx")
    if kind == "application/msword":
        return  # a converter's business
    try:
        got = read_file(data, kind, "a.docx")
    except Unreadable as e:
        assert e.detail
        return
    assert bool(got.lines) != got.needs_ocr


def crawled(data: bytes) -> None:
    """A page of a portal: an outcome, and rows and links whose addresses can be asked for."""
    head = {"content-type": "text/html", "content-encoding": "gzip" if data[:2] == b"\x1f\x8b" else ""}
    outcome(200, head, body_start(data, head["content-encoding"]))
    encoding_fault(data, head["content-encoding"], 2**20)
    html = shallow(text_of(data))
    page = Fetched("http://a.example/zwgk/list.html", html, "")
    family = families.choose("", page.url, html)
    for row in family.rows(page):
        assert canonical_url(row.url) == row.url
    family.next_page(page)
    for link in links(page):
        assert link.address.startswith(("http://", "https://"))


def documents(data: bytes) -> None:
    """A document or a row of quarantine."""
    at = datetime(2024, 1, 1, tzinfo=UTC)
    capture = Capture(
        "http://a.example/a.html", at, data, "sha256:0", "text/html", None, "r", "f", 0, purpose="article"
    )
    rows = read(capture, _REGISTRY, "v")
    assert len(rows.documents) + len(rows.quarantine) == 1


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decoding": decoding, "extraction": extraction, "cutting": cutting, "measuring": measuring,
    "archives": archives, "attachments": attachments, "crawled": crawled, "documents": documents,
}  # fmt: skip
