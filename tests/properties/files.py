"""What holds of the pure functions of transform/files/."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from tests.properties.drawn import (
    BYTES,
    TEXT,
    URL,
    of,
)
from transform.files import filetext, layout, ofd, ooxml, pdf, read

_XML = st.recursive(
    st.sampled_from(("<w:t>甲</w:t>", "乙", '<a:p w:val="1"/>')),
    lambda inner: st.lists(inner, max_size=3).map(lambda xs: f"<w:p>{''.join(xs)}</w:p>"),
    max_leaves=8,
).map(lambda inner: f'<w:r xmlns:w="urn:w" xmlns:a="urn:a">{inner}</w:r>')


@of(filetext.tidy, TEXT)
def _(line: str) -> None:
    kept = filetext.tidy(line)
    assert filetext.tidy(kept) == kept
    kept.encode("utf-8")


@of(filetext.parse_xml, _XML)
def _(xml: str) -> None:
    assert "".join(filetext.parse_xml(xml.encode()).itertext()).replace("甲", "").replace("乙", "") == ""
    try:
        filetext.parse_xml(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + xml.encode())
    except filetext.Unreadable:
        return
    raise AssertionError("a document type was read")


@of(filetext.local_name, _XML)
def _(xml: str) -> None:
    assert {filetext.local_name(node) for node in ET.fromstring(xml).iter()} <= {"r", "p", "t"}


@of(filetext.attribute, _XML)
def _(xml: str) -> None:
    assert {filetext.attribute(node, "val") for node in ET.fromstring(xml).iter()} <= {None, "1"}


@of(filetext.first_below, _XML)
def _(xml: str) -> None:
    root = ET.fromstring(xml)
    found = filetext.first_below(root, "p", "t")
    assert found is None or (filetext.local_name(found) == "t" and filetext.first_below(None, "p") is None)


@of(filetext.value_below, _XML)
def _(xml: str) -> None:
    assert filetext.value_below(ET.fromstring(xml), "p") in (None, "1")


@of(layout.wide, st.characters())
def _(sign: str) -> None:
    assert layout.wide("法") and not layout.wide("a") and layout.wide(sign) in (True, False)


_CHAR = st.builds(layout.Char, st.sampled_from("法治政府建设。2一、 ,a"), st.floats(0, 500), st.floats(0, 600), st.floats(0, 800), st.floats(0, 40), st.booleans())  # fmt: skip


@of(layout.layout_text, st.lists(st.builds(layout.Sheet, st.lists(_CHAR, max_size=30), st.just(0.0), st.just(842.0), st.floats(0, 1), st.booleans()), max_size=3))  # fmt: skip
def _(sheets: list[layout.Sheet]) -> None:
    try:
        got = layout.layout_text(sheets, "pdf")
    except filetext.Unreadable as e:
        assert e.detail
        return
    given = sorted(c.text for s in sheets for c in s.chars if c.text.strip())
    kept = sorted(c for c in "".join(got.lines) if c.strip())
    assert len(kept) <= len(given) and set(kept) <= set(given)  # nothing is invented


def _readable(reader: Callable[[bytes], filetext.FileText], payload: bytes) -> None:
    """Lines, or what read_file makes a reason of: any Exception; what ends a process or loops is none."""
    try:
        got = reader(payload)
    except MemoryError:
        raise
    except Exception:
        return
    assert got.needs_ocr or all("\n" not in line for line in got.lines)


def _zipped(part: str) -> Callable[[str], bytes]:
    def make(xml: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as whole:
            whole.writestr(part, xml)
        return out.getvalue()

    return make


of(ooxml.read_docx, BYTES | _XML.map(_zipped("word/document.xml")))(lambda payload: _readable(ooxml.read_docx, payload))
of(ooxml.read_wordml, BYTES | _XML.map(str.encode))(lambda payload: _readable(ooxml.read_wordml, payload))
of(ofd.read_ofd, BYTES | _XML.map(_zipped("OFD.xml")))(lambda payload: _readable(ofd.read_ofd, payload))
of(pdf.read_pdf, BYTES.map(lambda payload: b"%PDF-1.7\n" + payload))(lambda payload: _readable(pdf.read_pdf, payload))


@of(read.sniff, BYTES, URL)
def _(payload: bytes, url: str) -> None:
    assert "/" in read.sniff(payload, url)


@of(read.read_file, BYTES, st.sampled_from(("text/html", "text/plain", "application/pdf", "application/rtf", "application/zip", "image/jpeg", "x/y")), TEXT)  # fmt: skip
def _(payload: bytes, kind: str, name: str) -> None:
    try:
        got = read.read_file(payload, kind, name)
    except filetext.Unreadable as e:
        assert e.reason and e.detail
        return
    assert bool(got.lines) != got.needs_ocr
