"""One archived response to rows: decode, strip chrome, identify, cut sections, measure.

A pure function of its input, so that a rebuild from the archive gives the same rows. What cannot be understood comes
back as a quarantine row with its reason, never as an empty document.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from knowledge.bodies import place
from knowledge.nesting import too_deep
from knowledge.regions import by_code
from knowledge.schema import NO_ROWS, Columns, one_row
from knowledge.text import plain
from knowledge.titles import REPORT_TYPES
from transform.columns import columns_of
from transform.dates import find_date
from transform.decode import UndecodableError, decode
from transform.extract import Page, extract_html, extract_lines, extract_text
from transform.files.filetext import Unreadable
from transform.files.read import read_file, sniff
from transform.identify import Identity, identify, points_to_file
from transform.measure import Issuer, measure

CANONICALISER = "c1"  # version of what content_digest is taken over; a new version makes new digests, not new documents
MIN_TEXT = 50  # characters; less is no document
MAX_RESIDUAL = 0.2  # share of furniture beyond which the body was cut wrongly
MAX_LINK_SHARE = 0.6  # a page that is mostly links and has no sentences is a list
MIN_STOPS = 5  # full stops in the body; the menu of a page with a text may be longer than the text

SKETCH = 32
MIN_SENTENCE = 12  # characters; shorter ones are headings that all reports share
_END, _ENDS = "。", ";!?\n"  # of sentences

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Capture:
    """One archived response or file, with what the crawl log says of it."""

    url: str
    fetched_at: datetime
    payload: bytes  # content-decoded
    payload_digest: str  # of the bytes as received
    media_type: str | None  # as the server said
    header_charset: str | None
    run_id: str
    archive_file: str
    archive_offset: int
    portal_id: str | None = None
    purpose: str | None = None
    link_text: str | None = None
    link_date: date | None = None


class Registry:
    """The registry rows that a run worked from, and the places among them that the region tables do not know."""

    def __init__(self, portals: Iterable[Row] = ()) -> None:
        self.rows = {p["portal_id"]: p for p in portals}
        unknown = (p for p in self.rows.values() if by_code(p["region_code"]) is None)
        self.invented = tuple(where for p in unknown if (where := place(p["region_code"], p["name"])))

    def portal(self, portal_id: str | None) -> tuple[str, str] | None:
        """(region code, name) of a portal, if the registry has it."""
        row = self.rows.get(portal_id or "")
        return (row["region_code"], row["name"]) if row else None


@dataclass(slots=True)
class Rows:
    """Rows of one capture by table: of a document, or one row of quarantine."""

    documents: Columns = NO_ROWS
    sections: Columns = NO_ROWS
    quantities: Columns = NO_ROWS
    indicators: Columns = NO_ROWS
    quarantine: Columns = NO_ROWS


def media_type(payload: bytes, said: str | None, url: str) -> str:
    """Media type as the bytes show it; between HTML fragments and text the server's word decides."""
    seen = sniff(payload, url)
    return "text/html" if seen == "text/plain" and said in ("text/html", "application/xhtml+xml") else seen


def read(capture: Capture, registry: Registry, version: str) -> Rows:
    """Rows of one capture; `version` is the transform_version that they carry."""
    kind = media_type(capture.payload, capture.media_type, capture.url)
    charset: str | None = None
    flags: list[str] = []
    needs_ocr = False
    if kind in ("text/html", "text/plain"):
        try:
            decoded = decode(capture.payload, capture.header_charset)
        except UndecodableError as e:
            return set_aside(capture, "decode", "undecodable", str(e), version)
        charset = decoded.charset
        flags = ["characters_replaced"] if decoded.replaced else []
        if kind == "text/html" and (place := too_deep(decoded.text)) is not None:
            detail = f"elements nest without end from character {place} on"
            return set_aside(capture, "extract", "too_deep", detail, version)
        is_loose = capture.purpose not in ("article", "attachment")
        page = (
            extract_text(decoded.text)
            if kind == "text/plain"
            else extract_html(decoded.text, capture.url, with_links=is_loose)
        )
        if is_loose and page.link_share > MAX_LINK_SHARE and page.text.count("。") < MIN_STOPS:
            detail = f"{page.link_share:.2f} of the page is link text"
            return set_aside(capture, "extract", "list_page", detail, version)
    else:
        try:
            file = read_file(capture.payload, kind, capture.link_text or capture.url.rpartition("/")[2])
        except Unreadable as e:
            return set_aside(capture, "extract", e.reason, e.detail, version)
        page = extract_lines(file.lines)
        needs_ocr = file.needs_ocr
        flags = [note for note in ("over_image", "partly_scanned", "numbered") if note in file.how]
    text = page.text
    if len(text) < MIN_TEXT and not (needs_ocr or points_to_file(page)):
        return set_aside(capture, "extract", "no_body", f"{len(text)} characters under {page.title!r}", version)
    if page.residual_chrome > MAX_RESIDUAL:
        return set_aside(capture, "extract", "residual_chrome", f"{page.residual_chrome:.2f} of the body", version)
    portal, listed = registry.portal(capture.portal_id), (capture.link_text, capture.link_date)
    identity = identify(page, capture.url, portal, listed, registry.invented)
    identity.flags += flags
    document = _document(capture, kind, charset, page, text, identity, version)
    document["needs_ocr"] = needs_ocr
    out = Rows(documents=one_row(document))
    if identity.doc_type in REPORT_TYPES and text and "text_in_attachment" not in identity.flags:
        _measure(document, identity, out)
    return out


def failed(capture: Capture, error: Exception, version: str) -> Rows:
    """Quarantine row for a capture on which the code itself failed."""
    return set_aside(capture, "identify", f"error:{type(error).__name__}", str(error)[:300], version)


def set_aside(capture: Capture, stage: str, reason: str, detail: str, version: str) -> Rows:
    """Quarantine row for a capture."""
    row = {
        "document_url": capture.url,
        "archive_file": capture.archive_file,
        "archive_offset": capture.archive_offset,
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "code_version": version,
    }
    return Rows(quarantine=one_row(row))


def content_digest(text: str) -> str:
    """Digest of the canonical body: half width, without white space, so that layout is no change."""
    canonical = "".join(plain(text).split())
    return f"{CANONICALISER}:{hashlib.sha256(canonical.encode()).hexdigest()}"


def sketch(text: str) -> list[int]:
    """The smallest SKETCH hashes of the text's sentences (white space and script folded): a bottom-k sketch.

    Two texts share about as many of them as of all their sentences, whatever page furniture stands round either.
    """
    marked = plain(text)
    for sign in _ENDS:
        marked = marked.replace(sign, _END)
    sentences = {s for s in "".join(marked.split()).split(_END) if len(s) >= MIN_SENTENCE}
    digests = b"".join([hashlib.blake2b(s.encode(), digest_size=8).digest() for s in sentences])
    return sorted(struct.unpack(f">{len(sentences)}q", digests))[:SKETCH]


def _document(
    capture: Capture, kind: str, charset: str | None, page: Page, text: str, identity: Identity, version: str
) -> Row:
    issuer, where = identity.issuer, identity.place
    return {
        "document_id": hashlib.sha256(f"{capture.url}\0{capture.payload_digest}".encode()).hexdigest()[:20],
        "url": capture.url,
        "portal_id": capture.portal_id,
        "run_id": capture.run_id,
        "fetched_at": capture.fetched_at,
        "archive_file": capture.archive_file,
        "archive_offset": capture.archive_offset,
        "payload_digest": capture.payload_digest,
        "content_digest": content_digest(text),
        "media_type": kind,
        "charset": charset,
        "title": identity.title,
        "doc_type": identity.doc_type,
        "report_year": identity.report_year,
        "report_year_basis": identity.report_year_basis,
        "issuer_id": identity.issuer_id,
        "issuer_name": issuer.name if issuer else None,
        "issuer_kind": issuer.kind if issuer else None,
        "issuer_level": issuer.level if issuer else None,
        "region_code": where.code if where else None,
        "region_name": where.full_name if where else None,
        "published_on": identity.published_on,
        "published_on_basis": identity.published_on_basis,
        "signed_on": identity.signed_on,
        "index_number": identity.index_number,
        "document_number": identity.document_number,
        "text": text,
        "char_count": len(text),
        "extraction": page.extraction,
        "retention_ratio": round(page.retention_ratio, 4),
        "residual_chrome": round(page.residual_chrome, 4),
        "sketch": sketch(text),
        "parent_document_id": None,
        "needs_ocr": False,
        "flags": sorted(set(identity.flags)),
        "transform_version": version,
    }


def _measure(document: Row, identity: Identity, out: Rows) -> None:
    """Add the sections, quantities and indicators of a report."""
    level = identity.issuer.level if identity.issuer else None
    area_wide = identity.issuer is not None and identity.issuer.kind == "government"
    got = measure(document["text"], Issuer(identity.report_year, area_wide, _areas_above(identity)))
    out.sections, out.quantities, out.indicators = columns_of(got, document["text"], document["document_id"], level)


def _areas_above(identity: Identity) -> str:
    """Signs of the areas above the issuer's: in a county's report 全市 is the prefecture's figure."""
    level = identity.issuer.level if identity.issuer else None
    if level in ("county", "township") and identity.place:
        return "省国" if identity.place.name.endswith("市") else "省市州盟国"
    return {"prefecture": "省国", "province": "国"}.get(level or "", "国")


def list_date(printed: str | None) -> date | None:
    """Date of a list row, as the crawl log keeps it."""
    return find_date(printed) if printed else None
