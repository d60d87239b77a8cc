"""Text of DOCX and of Word's XML: paragraphs, tables, and the list markers that Word counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from transform.files.filetext import (
    MIN_CHARS,
    FileText,
    Parts,
    Unreadable,
    attribute,
    first_below,
    local_name,
    parse_xml,
    tidy,
    value_below,
)


def read_docx(payload: bytes) -> FileText:
    """Paragraphs and table rows of a DOCX in the order of its body; headers, footers, notes and deletions are left out.

    Markers of numbered lists are not in a DOCX's text. They are counted as Word counts them, from numbering.xml and
    styles.xml: lists that share a definition run on, a deeper level starts anew after a higher one, startOverride
    starts anew once. That is sure for the usual lists of headings (一、 (一) 1.); lvlRestart and picture bullets are
    not followed, and a number format that is not known here leaves the paragraph without marker rather than guess.
    """
    parts = Parts(payload)
    main = next((p for p in parts if re.fullmatch(r"word/document\d*\.xml", p)), "word/document.xml")
    extra = [parts.xml(p) if p in parts else None for p in ("word/numbering.xml", "word/styles.xml")]
    return _body_text(parts.xml(main), _Numbering(*extra), "docx")


def read_wordml(payload: bytes) -> FileText:
    """Text of Word's XML in one file; the Word 2003 kind states its list markers itself."""
    root = parse_xml(payload)
    parts = {attribute(p, "name"): first_below(p, "xmlData") for p in root if local_name(p) == "part"}
    numbering, styles = (first_below(parts.get(f"/word/{x}.xml"), x) for x in ("numbering", "styles"))
    main = parts.get("/word/document.xml", root)
    if main is None:
        raise Unreadable("damaged", "the main part is empty")
    return _body_text(main, _Numbering(numbering, styles), "wordml")


def _body_text(root: ET.Element, numbering: _Numbering, how: str) -> FileText:
    body = next((n for n in root.iter() if local_name(n) == "body"), None)
    if body is None:
        raise Unreadable("damaged", "the document has no body")
    lines = list(_blocks(body, numbering))
    pictured = any(local_name(n) in ("drawing", "pict") for n in body.iter())
    scan = pictured and sum(len(x.strip()) for x in lines) < MIN_CHARS
    return FileText(lines, scan, f"{how}:numbered" if numbering.used else how)


def _blocks(parent: ET.Element, numbering: _Numbering) -> Iterator[str]:
    """Lines of the paragraphs and tables below an element, through wrappers (content controls, sections, revisions)."""
    for node in parent:
        tag = local_name(node)
        if tag == "p":
            yield from _paragraph(node, numbering)
        elif tag == "tbl":
            yield from _table(node, numbering)
        elif tag not in ("del", "moveFrom", "sectPr", "sdtPr", "tblPr", "trPr", "tcPr"):
            yield from _blocks(node, numbering)


def _paragraph(node: ET.Element, numbering: _Numbering) -> Iterator[str]:
    text: list[str] = []
    boxes: list[ET.Element] = []
    _runs(node, text, boxes)
    lines = "".join(text).split("\n")
    # a paragraph that holds nothing but its mark is counted by Word as well, but prints a marker without text
    yield numbering.marker(node) + lines[0]
    yield from lines[1:]
    for box in boxes:
        yield from _blocks(box, numbering)


def _runs(node: ET.Element, text: list[str], boxes: list[ET.Element]) -> None:
    """Append the visible text below a paragraph; text boxes are collected, to follow it."""
    for child in node:
        tag = local_name(child)
        if tag == "t":
            text.append(child.text or "")
        elif tag in ("tab", "ptab"):
            text.append(" ")
        elif tag in ("br", "cr"):
            text.append("\n")
        elif tag == "noBreakHyphen":
            text.append("-")
        elif tag in ("txbxContent", "tbl"):
            boxes.append(child if tag == "txbxContent" else _wrapped(child))
        elif (
            tag == "r"
            and (hidden := first_below(child, "rPr", "vanish")) is not None
            and attribute(hidden, "val") != "0"
        ):
            continue
        # Fallback repeats what Choice says; pPr and rPr hold tabs and breaks that are settings, not text
        elif tag not in ("del", "moveFrom", "Fallback", "pPr", "rPr", "instrText", "rt"):
            _runs(child, text, boxes)


def _wrapped(node: ET.Element) -> ET.Element:
    holder = ET.Element("box")
    holder.append(node)
    return holder


def _table(node: ET.Element, numbering: _Numbering) -> Iterator[str]:
    """A row per line, cells joined by tabs; a row of one cell is layout, and its paragraphs are lines."""
    for row in (n for n in _below(node, "tr", ("tbl",))):
        cells = [[x for x in map(tidy, _blocks(cell, numbering)) if x] for cell in _below(row, "tc", ("tbl",))]
        if len(cells) == 1:
            yield from cells[0]
        else:
            yield "\t".join(" ".join(lines).replace("\t", " ") for lines in cells)


def _below(node: ET.Element, tag: str, closed: tuple[str, ...]) -> Iterator[ET.Element]:
    """Elements `tag` below `node` in order, not inside one another, nor inside those named by `closed`."""
    for child in node:
        if local_name(child) == tag:
            yield child
        elif local_name(child) not in closed:
            yield from _below(child, tag, closed)


_HAN = "一二三四五六七八九"


def _han(n: int) -> str:
    """1–99 in Chinese characters."""
    tens, ones = divmod(n, 10)
    if not 0 < n < 100:
        raise ValueError(n)
    return (_HAN[tens - 1] if tens > 1 else "") + ("十" if tens else "") + (_HAN[ones - 1] if ones else "")


_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def _roman(n: int) -> str:
    out = ""
    for value, sign in _ROMAN:
        out += sign * (n // value)
        n %= value
    return out


def _signs(first: int, count: int) -> Callable[[int], str]:
    """Number to sign for a row of `count` code points from `first`; beyond it ValueError."""

    def sign(n: int) -> str:
        if not 1 <= n <= count:
            raise ValueError(n)
        return chr(first + n - 1)

    return sign


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": lambda n: f"{n:02}",
    "decimalHalfWidth": str,
    "decimalFullWidth": lambda n: "".join(chr(ord(c) + 0xFEE0) for c in str(n)),
    "decimalFullWidth2": lambda n: "".join(chr(ord(c) + 0xFEE0) for c in str(n)),
    "chineseCounting": _han,
    "chineseCountingThousand": _han,
    "japaneseCounting": _han,
    "taiwaneseCounting": _han,
    "taiwaneseCountingThousand": _han,
    "ideographTraditional": lambda n: "甲乙丙丁戊己庚辛壬癸"[n - 1],
    "decimalEnclosedCircle": _signs(0x2460, 20),
    "decimalEnclosedCircleChinese": _signs(0x2460, 20),
    "decimalEnclosedParen": _signs(0x2474, 20),
    "decimalEnclosedFullstop": _signs(0x2488, 20),
    "ideographEnclosedCircle": _signs(0x3280, 10),
    "upperLetter": _signs(ord("A"), 26),
    "lowerLetter": _signs(ord("a"), 26),
    "upperRoman": _roman,
    "lowerRoman": lambda n: _roman(n).lower(),
}


@dataclass(slots=True)
class _Level:
    """One level of a list: first number, number format, and the marker's pattern (%1、)."""

    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    plain: bool = False  # isLgl: numbers of all levels in Arabic figures


class _Numbering:
    """Counts the list markers of one document; marker() must see its paragraphs in order."""

    def __init__(self, numbering: ET.Element | None, styles: ET.Element | None) -> None:
        self.used = False
        self._lists: dict[str, tuple[str, dict[int, _Level], dict[int, int]]] = {}
        self._styles: dict[str, tuple[str | None, ET.Element | None]] = {}
        self._count: dict[str, dict[int, int]] = {}
        self._restarted: set[tuple[str, int]] = set()
        for style in (n for n in styles if local_name(n) == "style") if styles is not None else ():
            props = first_below(style, "pPr", "numPr")
            self._styles[attribute(style, "styleId") or ""] = (value_below(style, "basedOn"), props)
            if attribute(style, "type") == "paragraph" and attribute(style, "default") in ("1", "true", "on"):
                self._styles.setdefault("", (None, props))
        abstracts: dict[str, ET.Element] = {}
        for node in numbering if numbering is not None else ():
            if local_name(node) == "abstractNum":
                abstracts[attribute(node, "abstractNumId") or ""] = node
            elif local_name(node) == "num":
                self._add(attribute(node, "numId") or "", node, abstracts)

    def _add(self, key: str, node: ET.Element, abstracts: dict[str, ET.Element]) -> None:
        abstract = value_below(node, "abstractNumId") or ""
        source = abstracts.get(abstract)
        levels = (
            {int(attribute(x, "ilvl") or 0): _level(x) for x in source if local_name(x) == "lvl"}
            if source is not None
            else {}
        )
        starts: dict[int, int] = {}
        for override in (x for x in node if local_name(x) == "lvlOverride"):
            depth = int(attribute(override, "ilvl") or 0)
            if (own := first_below(override, "lvl")) is not None:
                levels[depth] = _level(own)
            if (start := value_below(override, "startOverride")) is not None:
                starts[depth] = int(start)
        self._lists[key] = (abstract, levels, starts)

    def _place(self, paragraph: ET.Element) -> tuple[str, int] | None:
        """(numId, level) that the paragraph, or the first of its styles to speak of it, names."""
        props = first_below(paragraph, "pPr", "numPr")
        style = value_below(paragraph, "pPr", "pStyle") or ""
        key, depth = value_below(props, "numId"), value_below(props, "ilvl")
        for _ in range(20):  # styles are based on one another; a damaged file may do so in a circle
            if key is not None or style not in self._styles:
                break
            style, props = self._styles[style][0] or "\0", self._styles[style][1]
            key, depth = value_below(props, "numId"), depth or value_below(props, "ilvl")
        return (key, int(depth or 0)) if key is not None else None

    def marker(self, paragraph: ET.Element) -> str:
        """Marker that Word prints before the paragraph, "" if it has none or its format is not known."""
        listed = first_below(paragraph, "pPr", "listPr", "t")  # Word 2003 wrote the marker beside the list's number
        if listed is not None and re.search(r"\w", stated := attribute(listed, "val") or ""):
            self.used = True
            return stated
        place = self._place(paragraph)
        key, levels, starts = self._lists.get(place[0], ("", {}, {})) if place else ("", {}, {})
        level = levels.get(place[1]) if place else None
        if place is None or level is None:
            return ""
        count, depth = self._count.setdefault(key, {}), place[1]
        for above in range(depth):
            if above in levels:
                count.setdefault(above, levels[above].start)
        if depth in starts and (place[0], depth) not in self._restarted:
            self._restarted.add((place[0], depth))
            count[depth] = starts[depth]
        else:
            count[depth] = count.get(depth, level.start - 1) + 1
        for deeper in [d for d in count if d > depth]:
            del count[deeper]
        return self._printed(level, levels, count)

    def _printed(self, level: _Level, levels: dict[int, _Level], count: dict[int, int]) -> str:
        if "%" not in level.pattern or level.form in ("bullet", "none"):
            return ""

        def number(m: re.Match[str]) -> str:
            other = int(m[1]) - 1
            form = "decimal" if level.plain else levels[other].form
            return "" if form == "none" else _FORMATS[form](count[other])

        try:
            printed = re.sub(r"%([1-9])", number, level.pattern)
        except (KeyError, ValueError, IndexError):
            return ""
        self.used = True
        return printed + (" " if printed[-1:].isalnum() else "")


def _level(node: ET.Element) -> _Level:
    return _Level(
        start=int(value_below(node, "start") or 1),
        form=value_below(node, "numFmt") or "decimal",
        pattern=value_below(node, "lvlText") or "",
        plain=first_below(node, "isLgl") is not None,
    )
