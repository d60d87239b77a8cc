"""Files as portals attach them, made in memory: typeset pages as PDF and OFD, DOCX with Word's lists, scans.

All texts are invented. Pages are set as official documents are: A4, 28 characters to a line, 22 lines to a page, an
indent of two characters, page numbers between dashes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 595.0, 842.0  # A4 in points
LEFT, TOP, SIZE, PITCH = 73.5, 105.0, 16.0, 28.5
MEASURE, PER_PAGE = 28, 22  # characters to a line, lines to a page
_NEVER_FIRST = "，。、；：！？）》」』”%"


class Placed(NamedTuple):
    """A run of text on a page: left edge and baseline in points from the top left corner, size in points."""

    x: float
    y: float
    size: float
    text: str


Sheet = list[Placed]


def width(text: str) -> float:
    """Width of a run in em: 1 for a Chinese sign, ½ for an ASCII one."""
    return sum(0.5 if c.isascii() else 1.0 for c in text)


def broken(paragraph: str, indent: int = 2, measure: int = MEASURE) -> list[str]:
    """Lines of one paragraph: no number is broken, no line begins with a closing sign."""
    lines = [""]
    room = measure - indent
    for piece in re.findall(r"[0-9A-Za-z.%]+|.", paragraph):
        if width(lines[-1] + piece) > room and piece not in _NEVER_FIRST:
            lines.append("")
            room = measure
        elif width(lines[-1] + piece) > room + 1:  # one sign may hang; before a second one, a character is carried over
            lines[-1], carried = lines[-1][:-1], lines[-1][-1]
            lines.append(carried)
            room = measure
        lines[-1] += piece
    return lines


def typeset(title: str, paragraphs: Iterable[str], *, header: str = "", indent: int = 2) -> list[Sheet]:
    """Pages of a report: centred title, paragraphs, a running head if given, page numbers between dashes."""
    lines = [Placed(LEFT + (MEASURE * SIZE - width(title) * 22) / 2, 0, 22, title)]
    for paragraph in paragraphs:
        for i, line in enumerate(broken(paragraph, indent)):
            lines.append(Placed(LEFT + (0 if i else indent * SIZE), 0, SIZE, line))
    sheets: list[Sheet] = []
    for start in range(0, len(lines), PER_PAGE):
        page = [line._replace(y=TOP + i * PITCH) for i, line in enumerate(lines[start : start + PER_PAGE])]
        if header:
            page.append(Placed(LEFT, 60, 10.5, header))
        number = f"— {len(sheets) + 1} —"
        page.append(Placed(WIDTH / 2 - 20, 775, 14, number))
        sheets.append(page)
    return sheets


# ---- PDF ----


def _text(run: Placed, slant: str = "1 0 0 1") -> str:
    code = run.text.encode("utf-16-be").hex()
    return f"BT /F1 {run.size} Tf {slant} {run.x:.2f} {HEIGHT - run.y:.2f} Tm <{code}> Tj ET"


def pdf(
    sheets: Sequence[Sheet], *, scan: Iterable[int] = (), slanted: str = "", rotate: bool = False, locked: bool = False
) -> bytes:
    """A PDF of the pages, with a predefined Chinese font.

    scan: numbers of the pages under which a picture lies that fills them; slanted: a watermark across every page;
    rotate: pages lie on their side and say so; locked: a password is needed.
    """
    font = (
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [<< /Type /Font "
        "/Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
        "/DW 1000 /W [1 95 500] /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox "
        "[-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"
    )
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", font, _stream("<< /Type /XObject /Subtype /Image /Width 2 /Height 2 "
               "/ColorSpace /DeviceGray /BitsPerComponent 8", "\x10\xf0\xf0\x10")]  # fmt: skip
    kids: list[str] = []
    pictured = set(scan)
    for number, sheet in enumerate(sheets):
        content = [f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /I1 Do Q"] if number in pictured else []
        content += [_text(run) for run in sheet]
        if slanted:
            content.append(_text(Placed(120, 600, 40, slanted), "0.7 0.7 -0.7 0.7"))
        box = f"[0 0 {WIDTH} {HEIGHT}]"
        if rotate:
            content = [f"q 0 1 -1 0 {HEIGHT} 0 cm", *content, "Q"]
            box = f"[0 0 {HEIGHT} {WIDTH}] /Rotate 90"
        objects.append(_stream("<<", "\n".join(content)))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> /XObject << /I1 4 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    lock = "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >> /ID [<00> <00>]".format("ab" * 32)
    out = b"%PDF-1.4\n"
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{at:010} 00000 n \n" for at in places)
    end = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(places) + 1} /Root 1 0 R {lock if locked else ''} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode("latin-1")


def _stream(head: str, content: str) -> str:
    return f"{head} /Length {len(content)} >>\nstream\n{content}\nendstream"


# ---- ZIP ----


def packed(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP of the parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# ---- OFD ----

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_MM = 25.4 / 72


def ofd(sheets: Sequence[Sheet], *, scan: Iterable[int] = (), slanted: str = "") -> bytes:
    """An OFD of the pages, by GB/T 33190: a TextObject per run, advances in DeltaX. Arguments as of pdf()."""
    pictured = set(scan)
    parts: dict[str, str | bytes] = {
        "OFD.xml": f'<?xml version="1.0"?><ofd:OFD {_OFD}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>',
        "Doc_0/Document.xml": f'<?xml version="1.0"?><ofd:Document {_OFD}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>'
        + "".join(f'<ofd:Page ID="{n + 1}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(sheets)))
        + "</ofd:Pages></ofd:Document>",
    }
    for number, sheet in enumerate(sheets):
        runs = [_text_object(run) for run in reversed(sheet)]  # order of drawing is not order of reading
        if number in pictured:
            runs.insert(0, '<ofd:ImageObject ID="9" Boundary="0 0 210 297" ResourceID="1"/>')
        if slanted:
            runs.append(_text_object(Placed(120, 600, 40, slanted), 'CTM="0.7 0.7 -0.7 0.7 0 0"'))
        parts[f"Doc_0/Pages/Page_{number}/Content.xml"] = (
            f'<?xml version="1.0"?><ofd:Page {_OFD}><ofd:Content><ofd:Layer ID="3">{"".join(runs)}</ofd:Layer></ofd:Content></ofd:Page>'
        )
    return packed(parts)


def _text_object(run: Placed, extra: str = "") -> str:
    size = run.size * _MM
    steps = [f"{size * width(c):.3f}" for c in run.text[:-1]]
    even = len(set(steps)) == 1 and len(steps) > 2
    delta = f"g {len(steps)} {steps[0]}" if even else " ".join(steps)
    place = f"{run.x * _MM:.3f} {(run.y - run.size) * _MM:.3f} {size * width(run.text):.3f} {size * 1.2:.3f}"
    return (
        f'<ofd:TextObject ID="7" Boundary="{place}" Font="1" Size="{size:.3f}" {extra}>'
        f'<ofd:TextCode X="0" Y="{size:.3f}" DeltaX="{delta}">{escape(run.text)}</ofd:TextCode></ofd:TextObject>'
    )


# ---- DOCX ----

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
# Lists as Word's Chinese edition defines them: 0 = 一、 (一) 1. (1); 7 = the same list from anew; 8 = ①; 9 = a format
# that no reader here knows. The style 标题2 carries level 2 of the first list.
_NUMBERING = f"""<?xml version="1.0"?><w:numbering {_W}>
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="japaneseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
<w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%3.%4"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimalEnclosedCircle"/><w:lvlText w:val="%1"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="hebrew1"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="3"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="●"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="7"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
<w:num w:numId="8"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="9"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="10"><w:abstractNumId w:val="3"/></w:num>
</w:numbering>"""
_STYLES = f"""<?xml version="1.0"?><w:styles {_W}>
<w:style w:type="paragraph" w:styleId="a"><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="b"><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="c"><w:basedOn w:val="c"/></w:style>
</w:styles>"""


def para(text: str, *, num: int | None = None, level: int = 0, style: str = "", run: str = "") -> str:
    """A paragraph's XML; num and level name its list, style its style, run stands before the text as XML."""
    listed = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>' if num is not None else ""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return (
        f"<w:p><w:pPr>{styled}{listed}<w:tabs><w:tab/></w:tabs></w:pPr>{run}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table's XML; a line break in a cell begins a new paragraph."""
    cells = ["".join(f"<w:tc>{''.join(map(para, cell.split(chr(10))))}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def docx(body: str, **parts: str | bytes) -> bytes:
    """A DOCX around a body's XML, with lists and styles as above; `parts` replace or add to those in word/."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f'<?xml version="1.0"?><w:document {_W}><w:body>{body}<w:sectPr/></w:body></w:document>',
        "word/numbering.xml": _NUMBERING,
        "word/styles.xml": _STYLES,
    }
    return packed(files | {f"word/{name}.xml": content for name, content in parts.items()})


def wordml(body: str) -> bytes:
    """The same body as flat OPC: all parts in one XML file, as Word saves it under .xml or .doc."""
    package = 'xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"'
    inner = {
        "/word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
        "/word/numbering.xml": _NUMBERING.split("?>", 1)[1],
        "/word/styles.xml": _STYLES.split("?>", 1)[1],
    }
    parts = "".join(f'<pkg:part pkg:name="{n}"><pkg:xmlData>{x}</pkg:xmlData></pkg:part>' for n, x in inner.items())
    return f'<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package {package}>{parts}</pkg:package>'.encode()


def ole(*streams: str) -> bytes:
    """What a Word file of the old kind begins like, with names of streams; no converter could read it."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"".join(s.encode("utf-16-le") + bytes(64) for s in streams)
    )
