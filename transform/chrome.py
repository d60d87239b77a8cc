"""Line filter: page furniture out, metadata kept, the document's own lines left in order.

Works on lines of visible text, whatever cut them: a family's selector, the general extractor, or a text file that
was flattened before it reached us. The cues are data (knowledge/chrome.toml).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from knowledge.cues import chrome_cues
from knowledge.text import plain
from knowledge.titles import fold, reads_as_title

# A furniture line is short; a paragraph that happens to begin like one (来源:…) is not dropped.
_SENTENCE = re.compile(r"[。;!].*[。;!]$")
_HEAD_LINES = 60  # titles and metadata stand within so many lines of the start
_LONG = 60  # a body sentence; furniture after the body has none


@dataclass(slots=True)
class Cleaned:
    """Lines of the body, what the page said of itself, and the title if it stood among the lines."""

    lines: list[str]
    title: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)


def is_furniture(line: str) -> bool:
    """True if the whole line is page furniture."""
    line = plain(line)
    return not _SENTENCE.search(line) and chrome_cues().whole.fullmatch(line) is not None


def metadata(text: str) -> dict[str, str]:
    """Fields of the 政府信息公开 table and the info line, in their table, list and inline forms.

    A label counts at a line's start or after white space; its value ends at the next label or line. A doubled label
    (文 号: 文 号:无) and 无 mean no value. The first value of a field wins.
    """
    cues = chrome_cues()
    found: dict[str, str] = {}
    folded = plain(text)
    marks = list(cues.label.finditer(folded))
    for mark, after in zip(marks, [*marks[1:], None], strict=False):
        stop = after.start() if after else len(text)
        # one line break may stand between label and value, where a table was flattened cell by cell
        value = text[mark.end() : stop].strip(" \t:")
        value = value.lstrip("\n").split("\n", 1)[0].strip(" \t:|")
        name = cues.field_of[re.sub(r"\s", "", mark["label"])]
        if value and value not in ("无", "-", "/", "暂无") and len(value) <= 200:
            found.setdefault(name, value)
    return found


def residual(lines: list[str]) -> float:
    """Share (0–1) of the characters in lines that still carry a word of page furniture."""
    total = sum(map(len, lines))
    bad = sum(len(x) for x in lines if len(x) < 200 and chrome_cues().suspicious.search(x))
    return bad / total if total else 0.0


def clean(raw: list[str], title: str | None = None) -> Cleaned:
    """Separate body lines from furniture. `title`, if known, marks where the body begins."""
    lines = [x for x in (_trim(line) for line in raw) if x]
    out = Cleaned([])
    start, found = _after_title(lines, title)
    out.title = title or found
    out.metadata = metadata("\n".join(lines[: max(start, 12)]))
    end = _tail(lines, start)
    opening = True
    for line in lines[start:end]:
        if is_furniture(line):
            continue
        if opening and len(line) < 80 and any(p.fullmatch(plain(line)) for p in chrome_cues().delivered):
            out.delivered.append(line)
            continue
        opening = False
        out.lines.append(line)
    return out


def _trim(line: str) -> str:
    return line.replace("\ufeff", "").replace("\u200b", "").strip(" \t\r\n\u3000\xa0\u2002\u2003")


def _after_title(lines: list[str], title: str | None) -> tuple[int, str | None]:
    """Index of the first line after the last printing of the title, and the title.

    A title may be printed twice, the second time over two or three lines; the body begins after the last.
    """
    head = lines[:_HEAD_LINES]
    if title is None:
        title = next((x for x in head if reads_as_title(x) and not is_furniture(x)), None)
    if title is None:
        return 0, None
    want = fold(title)
    after = 0
    for i in range(len(head)):
        joined = ""
        for j in range(i, min(i + 4, len(head))):
            joined += fold(head[j])
            if joined == want:
                after = j + 1
            if len(joined) >= len(want):
                break
        if len(head[i]) > 200:  # body text: no title stands after a paragraph
            break
    return after, title


def _tail(lines: list[str], start: int) -> int:
    """Index of the first line of the furniture after the body."""
    cues = chrome_cues()
    end = len(lines)
    for i in range(len(lines) - 1, start, -1):
        if len(lines[i]) >= _LONG and "。" in lines[i] and not is_furniture(lines[i]):
            break
        if cues.tail.match(plain(lines[i])):
            end = i
    return end
