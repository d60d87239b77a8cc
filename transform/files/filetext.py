"""What reading a file gives, and the parts that several file formats share: bounds, XML, ZIP."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

MAX_PAGES = 300
MAX_SECONDS = 60.0  # for one PDF, and for one run of a converter
MAX_PART = 64 * 2**20  # bytes of one unpacked part of a ZIP
MAX_UNPACKED = 256 * 2**20  # bytes of all parts read from one ZIP
MIN_CHARS = 20  # a page with less has no text layer to speak of; a file with less has no text
_KANGXI = re.compile(r"[\u2e80-\u2fd5\uf900-\ufaff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u200b\ufffe\uffff]")
_BLANK = " \t\r\n\u3000\xa0"


class Unreadable(ValueError):
    """A file without text that could be had.

    reason: encrypted, damaged, empty, too_large, too_deep, too_slow, no_converter, undecodable or unsupported_media;
    detail: a sentence.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FileText:
    """What one file holds.

    lines: paragraphs and table rows in order, none empty; [] if needs_ocr. needs_ocr: the file is (mostly) pictures of
    text. how: the reader (pdf, docx, ofd, wordml, rtf, html, text, image, doc:<program>), and after a second colon what
    is to be known of it: numbered (list markers were restored from their definitions), over_image (the text layer
    lies over pictures of the pages, so it was itself read by OCR), partly_scanned (some pages are pictures and
    missing from the lines).
    """

    lines: list[str]
    needs_ocr: bool
    how: str


def tidy(line: str) -> str:
    """A line without control signs; radicals and compatibility forms, an artefact of fonts, as the characters meant."""
    line = _KANGXI.sub(lambda m: unicodedata.normalize("NFKC", m[0]), _CONTROLS.sub("", line))
    if any("\ud800" <= c <= "\udfff" for c in line):
        line = line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return re.sub(r"[ \xa0]*\t[ \xa0]*", "\t", line).strip(_BLANK)


class _NoDoctype(ET.TreeBuilder):
    """Builds a tree unless a document type is declared: no part of a DOCX or OFD has one, and entities need one."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise Unreadable("damaged", f"a part declares a document type ({name})")


def parse_xml(data: bytes) -> ET.Element:
    return ET.fromstring(data, ET.XMLParser(target=_NoDoctype()))


def local_name(node: ET.Element) -> str:
    """Local name: the namespaces of a format differ by edition, the names do not."""
    return node.tag.rpartition("}")[2]


def attribute(node: ET.Element, name: str) -> str | None:
    return next((v for k, v in node.attrib.items() if k.rpartition("}")[2] == name), None)


def first_below(node: ET.Element | None, *path: str) -> ET.Element | None:
    for name in path:
        node = next((c for c in node if local_name(c) == name), None) if node is not None else None
    return node


def value_below(node: ET.Element | None, *path: str) -> str | None:
    """Attribute val of the element at the path below `node`."""
    found = first_below(node, *path)
    return None if found is None else attribute(found, "val")


class Parts:
    """Parts of a ZIP by path, whatever the case of letters and the kind of slash; sizes are bounded."""

    def __init__(self, payload: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(payload))
        self._infos = {i.filename.replace("\\", "/").lower().lstrip("/"): i for i in self._zip.infolist()}
        self._left = MAX_UNPACKED

    def __contains__(self, path: str) -> bool:
        return path.lower().lstrip("/") in self._infos

    def __iter__(self) -> Iterator[str]:
        return iter(self._infos)

    def xml(self, path: str) -> ET.Element:
        """Root element of a part; raises Unreadable if it is missing, encrypted or too large."""
        info = self._infos.get(path.lower().lstrip("/"))
        if info is None:
            raise Unreadable("damaged", f"part {path} is missing")
        if info.flag_bits & 1:
            raise Unreadable("encrypted", f"part {path} is encrypted")
        if info.file_size > min(MAX_PART, self._left):
            raise Unreadable("too_large", f"part {path} has {info.file_size} bytes")
        data = self._zip.read(info)
        self._left -= len(data)
        return parse_xml(data)
