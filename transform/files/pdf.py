"""Placed characters of a PDF, by PDFium."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from time import monotonic

import pypdfium2
from pypdfium2 import raw as pdfium

from transform.files.filetext import MAX_PAGES, MAX_SECONDS, FileText, Unreadable
from transform.files.layout import Char, Sheet, layout_text, wide

MAX_PAGE_CHARS = 100_000


def read_pdf(payload: bytes) -> FileText:
    start = monotonic()
    try:
        document = pypdfium2.PdfDocument(payload)
    except pypdfium2.PdfiumError as e:
        if e.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise Unreadable("encrypted", "a password is needed") from e
        raise Unreadable("damaged", str(e)) from e
    try:
        if len(document) > MAX_PAGES:
            raise Unreadable("too_large", f"{len(document)} pages; at most {MAX_PAGES} are read")
        sheets: list[Sheet] = []
        unmapped = 0
        for number in range(len(document)):
            sheet, bad = _pdf_sheet(document[number])
            sheets.append(sheet)
            unmapped += bad
            if monotonic() - start > MAX_SECONDS:
                raise Unreadable("too_slow", f"{number + 1} of {len(document)} pages took {MAX_SECONDS:.0f} s")
    finally:
        document.close()
    if unmapped > 0.3 * (unmapped + sum(len(s.chars) for s in sheets)):
        return FileText([], True, "pdf")  # the fonts do not say which characters they draw
    return layout_text(sheets, "pdf")


def _pdf_sheet(page: pypdfium2.PdfPage) -> tuple[Sheet, int]:
    """A page as a reader sees it, turned upright, and how many of its characters no font table explains."""
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, abs((right - left) * (top - bottom)))
    covered = drawn = 0.0
    bounds = [ctypes.c_float() for _ in range(4)]
    for item in page.get_objects(max_depth=3):
        drawn = 1.0
        if item.type in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_TEXT):
            pdfium.FPDFPageObj_GetBounds(item, *bounds)
            x0, y0, x1, y1 = (b.value for b in bounds)
            if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
                covered += abs((x1 - x0) * (y1 - y0)) / area
            elif x1 - x0 < 0.01:
                _widen(item)
    text = page.get_textpage()
    count = pdfium.FPDFText_CountChars(text)
    if count > MAX_PAGE_CHARS:
        raise Unreadable("too_large", f"a page with {count} characters")
    angles = [pdfium.FPDFText_GetCharAngle(text, i) for i in range(count)]
    # most of the page says which way is up, whether or not the page says that it is to be turned
    quarters = Counter(round(angle / (math.pi / 2)) % 4 for angle in angles)
    upright = quarters.most_common(1)[0][0] if quarters else 0
    turn = -upright % 4
    _, page_top, _, page_bottom = _turned(turn, left, bottom, right, top)
    chars: list[Char] = []
    bad = 0
    spaced = False
    x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    for i, angle in enumerate(angles):
        code = pdfium.FPDFText_GetUnicode(text, i)
        if pdfium.FPDFText_IsGenerated(text, i) == 1:
            continue
        if code in (0, 0xFFFD) or 0xE000 <= code <= 0xF8FF or pdfium.FPDFText_HasUnicodeMapError(text, i) == 1:
            bad += 1
            continue
        sign = chr(code)
        if sign.isspace() or code in (2, 0xAD, 0xFFFE):
            spaced = True
            continue
        if abs(math.remainder(angle - upright * math.pi / 2, 2 * math.pi)) > 0.2:
            continue  # watermarks and the like run across the page
        pdfium.FPDFText_GetCharOrigin(text, i, x, y)
        pdfium.FPDFText_GetLooseCharBox(text, i, box)
        x0, y0, x1, y1 = _turned(turn, box.left, box.bottom, box.right, box.top)
        em = x1 - x0 if wide(sign) else y1 - y0
        _, base, _, _ = _turned(turn, x.value, y.value, x.value, y.value)
        chars.append(Char(sign, x0, x1, base, em or 1.0, spaced))
        spaced = False
    text.close()
    page.close()
    return Sheet(chars, page_top, page_bottom, min(1.0, covered), bool(drawn)), bad


def _widen(item: pypdfium2.PdfObject) -> None:
    """Give a text object without extent one, in memory.

    A character of a font that is neither in the file nor on the machine has no outline; where it stands alone its
    object has no width, and PDFium passes over objects without width when it collects the text. Outlined letters are
    half a line's width larger, so they have one.
    """
    pdfium.FPDFTextObj_SetTextRenderMode(item, pdfium.FPDF_TEXTRENDERMODE_STROKE)
    pdfium.FPDFPageObj_SetStrokeWidth(item, 1.0)
    pdfium.FPDFPageObj_Transform(item, 1, 0, 0, 1, 0, 0)  # measures it anew


def _turned(turn: int, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
    """A box of PDF's axes as (x0, y0, x1, y1) with y growing downwards, after `turn` quarter turns clockwise."""
    for _ in range(turn):
        left, bottom, right, top = bottom, -right, top, -left
    return left, -top, right, -bottom
