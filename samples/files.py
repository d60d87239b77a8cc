"""Attached files made in memory: a PDF with a text layer and a DOCX, small but real, the same bytes everywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

HANGING = "。，；：、？！）》”"  # no line begins with one of these
WIDTH, HEIGHT, MARGIN = 595, 842, 72  # A4 in points
SIZE, LEADING = 16, 28  # 三号, as official documents are set
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _wrapped(text: str, indent: int) -> list[str]:
    """A paragraph broken into printed lines, the first indented by full-width blanks."""
    room = (WIDTH - 2 * MARGIN) // SIZE
    lines, current, used = [], "　" * indent, float(indent)
    for sign in text:
        wide = 0.5 if sign < "\x80" else 1.0
        if used + wide > room and sign not in HANGING:
            lines.append(current)
            current, used = "", 0.0
        current, used = current + sign, used + wide
    return [*lines, current]


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """A PDF of the title and lines, broken into pages, each with its number at the foot.

    Codes are UTF-16 units of a font that is not embedded, with a ToUnicode map: what a reader extracts is exact.
    """
    printed = [(True, part) for part in _wrapped(title, 0)]
    printed += [(False, part) for line in lines for part in _wrapped(line.replace("\t", "　"), 2)]
    per_page = (HEIGHT - 2 * MARGIN) // LEADING
    sheets = [printed[i : i + per_page] for i in range(0, len(printed), per_page)]
    ranges = [f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(256)]
    blocks = [ranges[i : i + 100] for i in range(0, 256, 100)]
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        + "".join(f"{len(b)} beginbfrange\n" + "\n".join(b) + "\nendbfrange\n" for b in blocks)
        + "endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    first = 7  # objects 1–6: catalogue, page tree, font, its descendant, descriptor, ToUnicode map
    kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(sheets)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /FangSong /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /FangSong /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 5 0 R /DW 1000 /W [32 126 500] >>",
        b"<< /Type /FontDescriptor /FontName /FangSong /Flags 4 /FontBBox [0 -141 1000 859] /ItalicAngle 0 /Ascent 859 /Descent -141 /CapHeight 683 /StemV 80 >>",
        _stream(cmap.encode()),
    ]
    for i, sheet in enumerate(sheets):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {first + 2 * i + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(_stream(_sheet(sheet, i + 1)))
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def _stream(data: bytes) -> bytes:
    # Not compressed: builds of zlib differ, and the same seed must give the same bytes everywhere.
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def _sheet(lines: Sequence[tuple[bool, str]], number: int) -> bytes:
    parts = [f"BT /F1 {SIZE} Tf"]
    top = HEIGHT - MARGIN - SIZE
    for i, (centred, text) in enumerate(lines):
        blank = len(text) - len(text.lstrip("　"))
        x = MARGIN + blank * SIZE
        if centred:
            x = (WIDTH - SIZE * len(text)) // 2
        code = text.lstrip("　").encode("utf-16-be").hex()
        parts.append(f"1 0 0 1 {x} {top - i * LEADING} Tm <{code}> Tj")
    foot = f"— {number} —".encode("utf-16-be").hex()
    parts.append(f"1 0 0 1 {WIDTH // 2 - 24} {MARGIN // 2} Tm <{foot}> Tj ET")
    return "\n".join(parts).encode()


def docx(title: str, lines: Sequence[str]) -> bytes:
    """A DOCX of the title (centred) and lines, a paragraph each; cells of a table's row stay separated by tabs."""
    head = f'<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>{escape(title)}</w:t></w:r></w:p>'
    indent = '<w:pPr><w:ind w:firstLineChars="200" w:firstLine="640"/></w:pPr>'
    body = "".join(
        f"<w:p>{indent}" + "<w:r><w:tab/></w:r>".join(f'<w:r><w:t xml:space="preserve">{escape(cell)}</w:t></w:r>' for cell in line.split("\t")) + "</w:p>"
        for line in lines
    )  # fmt: skip
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    start = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": f'{start}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'{start}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'{start}<w:document xmlns:w="{word}"><w:body>{head}{body}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            # Stored, and dated to the format's first day: compression differs between builds of zlib.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode())
    return out.getvalue()


WRITERS: dict[str, Callable[[str, Sequence[str]], bytes]] = {".pdf": pdf, ".docx": docx}
