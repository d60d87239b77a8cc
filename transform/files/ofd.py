"""Placed characters of an OFD (GB/T 33190)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from transform.files.filetext import MAX_PAGES, FileText, Parts, Unreadable, attribute, first_below, local_name
from transform.files.layout import Char, Sheet, layout_text, wide


def read_ofd(payload: bytes) -> FileText:
    """Text of an OFD by page; templates (forms, running heads) are part of their pages, annotations and seals not."""
    parts = Parts(payload)
    if "encryptions.xml" in parts:
        raise Unreadable("encrypted", "the file is protected (Encryptions.xml)")
    sheets: list[Sheet] = []
    for root in (n.text or "" for n in parts.xml("OFD.xml").iter() if local_name(n) == "DocRoot"):
        path = _ofd_path(parts, root.strip(), "")
        document = parts.xml(path)
        places = {attribute(n, "ID"): _ofd_path(parts, attribute(n, "BaseLoc") or "", path)
                  for n in document.iter() if local_name(n) in ("Page", "TemplatePage")}  # fmt: skip
        pages = [attribute(n, "ID") for n in first_below(document, "Pages") or () if local_name(n) == "Page"]
        if len(sheets) + len(pages) > MAX_PAGES:
            raise Unreadable("too_large", f"{len(pages)} pages; at most {MAX_PAGES} are read")
        usual = first_below(document, "CommonData", "PageArea", "PhysicalBox")
        for key in pages:
            page = parts.xml(places[key])
            used = [attribute(n, "TemplateID") for n in page if local_name(n) == "Template"]
            layers = [page, *(parts.xml(places[t]) for t in used if t in places)]
            own = first_below(page, "Area", "PhysicalBox")
            sheets.append(_ofd_sheet(layers, _numbers((own if own is not None else usual), 4)))
    return layout_text(sheets, "ofd")


def _ofd_path(parts: Parts, printed: str, base: str) -> str:
    """Path of a part named in `base`: from the root, or from the folder of `base`, or, against the standard, neither."""
    printed = printed.replace("\\", "/")
    folder = posixpath.dirname(base)
    tried = [posixpath.normpath(posixpath.join(folder, printed)), posixpath.normpath(printed)]
    return next((p.lstrip("/") for p in tried if p in parts), tried[0])


def _numbers(node: ET.Element | str | None, count: int) -> list[float]:
    """`count` numbers of a space-separated list; zeros where it is missing or short."""
    printed = node if isinstance(node, str) else (node.text or "") if node is not None else ""
    values = [float(x) for x in printed.split()[:count]]
    return values + [0.0] * (count - len(values))


def _ofd_sheet(layers: list[ET.Element], box: list[float]) -> Sheet:
    chars: list[Char] = []
    covered = 0.0
    drawn = False
    for node in (n for layer in layers for n in layer.iter()):
        tag = local_name(node)
        if tag in ("TextObject", "ImageObject", "PathObject", "CompositeObject"):
            drawn = True
        if tag == "TextObject" and attribute(node, "Visible") != "false":
            chars += _ofd_chars(node)
        elif tag == "ImageObject":
            _, _, width, height = _numbers(attribute(node, "Boundary") or "", 4)
            covered += width * height / max(1.0, box[2] * box[3])
    bottom = box[1] + box[3] or max((c.y for c in chars), default=1.0)
    return Sheet(chars, box[1], bottom, min(1.0, covered), drawn)


def _ofd_chars(node: ET.Element) -> Iterator[Char]:
    """Placed characters of a TextObject; slanted text (watermarks) is left out."""
    left, top, _, _ = _numbers(attribute(node, "Boundary") or "", 4)
    a, b, c, d, e, f = _numbers(attribute(node, "CTM") or "1 0 0 1 0 0", 6)
    if abs(b) > 0.2 * abs(a):
        return
    size = float(attribute(node, "Size") or 1.0)
    em = size * abs(d) or 1.0
    stretch = float(attribute(node, "HScale") or 1.0)
    x = y = 0.0
    spaced = False
    for code in (n for n in node if local_name(n) == "TextCode"):
        x, y = float(attribute(code, "X") or x), float(attribute(code, "Y") or y)
        text = code.text or ""
        right, down = (_deltas(attribute(code, name) or "", len(text)) for name in ("DeltaX", "DeltaY"))
        for i, sign in enumerate(text):
            width = (size if wide(sign) else size / 2) * stretch
            if i < len(right):
                width = min(right[i], 1.3 * width) if right[i] > 0 else width
            if sign.isspace():
                spaced = True
            else:
                at = left + a * x + c * y + e
                yield Char(sign, at, at + abs(a) * width, top + b * x + d * y + f, em, spaced)
                spaced = False
            x += right[i] if i < len(right) else 0.0 if down else width
            y += down[i] if i < len(down) else 0.0


def _deltas(printed: str, most: int) -> list[float]:
    """Advances of a DeltaX or DeltaY: numbers, of which `g n v` stands for n times v; no more than `most`."""
    out: list[float] = []
    words = iter(printed.split())
    for word in words:
        if word == "g":
            count, value = int(next(words, "0")), float(next(words, "0"))
            out += [value] * max(0, min(count, most))
        else:
            out.append(float(word))
    return out
