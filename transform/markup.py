"""HTML elements as readers see them: which start a line, which are never text; an element's visible lines."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

# Elements that start a new line; anything else is inline.
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 "  # noqa: SIM905
    "h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul ucapcontent".split()
)
SKIPPED = frozenset(
    "script style noscript template iframe object select button input textarea svg head title link meta".split()  # noqa: SIM905
)
CELLS = frozenset(("td", "th"))
LAYOUT_CELL = 200  # a cell of several lines and more characters than this lays out a page; it is no datum
LINE_END = "\x1e"  # source line breaks mean nothing in HTML, so lines are marked by a sign that no page has

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]")


def hide(root: LexborNode) -> None:
    """Take what is styled away out of the tree below `root`: it is no visible text."""
    for node in root.css("[style*=none i], [style*=hidden i]"):
        if _HIDDEN.search(node.attributes["style"] or ""):
            node.decompose()


def lines(root: LexborNode) -> list[str]:
    """Visible text of an element: one line per block, table rows with cells joined by tabs."""
    out: list[str] = []
    _collect(root, out)
    text = "".join(out)
    if "\n" in text or "\r" in text:
        text = _without_source_breaks(text)
    return [line for line in (_cells(x) for x in text.split(LINE_END)) if line]


def _without_source_breaks(text: str) -> str:
    """Line breaks of the source, with the blanks round them, as one blank; as nothing between two Chinese signs."""
    first, *others = text.replace("\r", "\n").split("\n")
    parts = [first.rstrip(" \t")]
    for part in others:
        if part := part.strip(" \t"):
            is_inside = _HAN.match(part) and parts[-1] and _HAN.match(parts[-1], len(parts[-1]) - 1)
            parts += (part,) if is_inside else (" ", part)
    return "".join(parts)


def _cells(line: str) -> str:
    """A line trimmed, and blanks round the tabs between cells taken out."""
    line = line.strip()
    return "\t".join(cell.strip(" ") for cell in line.split("\t")) if "\t" in line else line


def _collect(node: LexborNode, out: list[str]) -> None:
    for child in node.iter(include_text=True):
        tag = child.tag
        if tag == "-text":
            out.append(child.text_content or "")
        elif tag == "br":
            out.append(LINE_END)
        elif tag in SKIPPED:
            continue
        elif tag in CELLS:
            start = len(out)
            _collect(child, out)
            cell = "".join(out[start:]).strip(LINE_END + " \t\r\n")
            if len(cell) > LAYOUT_CELL and LINE_END in cell:
                out[start:] = [LINE_END, cell, LINE_END]
            else:
                out[start:] = [cell.replace(LINE_END, " ").strip(), "\t"]
        elif tag in BLOCKS:
            out.append(LINE_END)
            _collect(child, out)
            out.append(LINE_END)
        else:
            _collect(child, out)
