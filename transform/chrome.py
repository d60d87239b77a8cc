"""Line filter: page furniture out, metadata kept, the document's own lines left in order.

Works on lines of visible text, whatever cut them: a family's selector, the general extractor, or a text file that
was flattened before it reached us. The cues are data (knowledge/chrome.toml).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from knowledge.cues import chrome_cues
from knowledge.text import plain
from knowledge.titles import fold, reads_as_title, squash

# A furniture line is short; a paragraph that happens to begin like one (来源:…) is not dropped.
_SENTENCE = re.compile(r"[。;!].*[。;!]$")
_HEAD_LINES = 60  # titles and metadata stand within so many lines of the start
_LONG = 60  # a body sentence; furniture after the body has none
_LABELLED = 130  # of longer lines only metadata, which begins with its label, can be furniture
_INFO_LINES = 8  # the info line stands before the title or right after it
_PARAGRAPH = 200
_FURNITURE_CHARS = 420  # metadata on one line can be long; anything longer is text


@dataclass(slots=True)
class Cleaned:
    """Lines of the body, what the page said of itself, and the title if it stood among the lines."""

    lines: list[str]
    title: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)


def is_furniture(line: str) -> bool:
    """True if the whole line is page furniture. `line` as patterns see it (knowledge.text.plain)."""
    cues = chrome_cues()
    if len(line) > _FURNITURE_CHARS or (len(line) > _LABELLED and line[0] not in cues.label_starts):
        return False
    return not _SENTENCE.search(line) and cues.covers(line)


def metadata(text: str) -> dict[str, str]:
    """Fields of the 政府信息公开 table and the info line, in their table, list and inline forms.

    A label counts at a line's start or after white space; its value ends at the next label or line. A doubled label
    (文 号: 文 号:无) and 无 mean no value. The first value of a field wins.
    """
    cues = chrome_cues()
    found: dict[str, str] = {}
    text = _near_labels(text)
    marks = list(cues.label.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=False):
        stop = after.start() if after else len(text)
        # one line break may stand between label and value, where a table was flattened cell by cell
        value = text[mark.end() : stop].strip(" \t:：\u3000")
        value = value.lstrip("\n").split("\n", 1)[0].strip(" \t:：|\u3000")
        name = cues.field_of["".join(mark["label"].split())]
        if value and value not in ("无", "-", "/", "暂无") and len(value) <= 200:
            found.setdefault(name, value)
    return found


def _near_labels(text: str) -> str:
    """The lines that begin like a label or have cells, each with the line after it, where a value may stand."""
    text = f"\n{text}"
    kept: list[str] = []
    done = 0
    for m in chrome_cues().label_line("\t" in text).finditer(text):
        start = m.start() + 1
        first = text.find("\n", start)
        stop = len(text) if first < 0 else text.find("\n", first + 1)
        stop = len(text) if stop < 0 else stop
        if stop > done:
            kept.append(text[max(done, start) : stop])
            done = stop
    return "\n".join(kept)


def residual(lines: list[str]) -> float:
    """Share (0–1) of the characters in lines that still carry a word of page furniture."""
    total = sum(map(len, lines))
    bad = sum(len(x) for x in lines if len(x) < 200 and chrome_cues().suspicious.search(x))
    return bad / total if total else 0.0


def clean(raw: list[str], title: str | None = None, with_metadata: bool = True) -> Cleaned:
    """Separate body lines from furniture. `title`, if known, marks where the body begins.

    `with_metadata`: the lines are all there is of the page; of a page in HTML the whole visible text is read for it.
    """
    lines = [x for x in (_trim(line) for line in raw) if x]
    folded = plain("\n".join(lines)).split("\n") if lines else []
    start, found = _after_title(lines, folded, title)
    end = _tail(folded, start)
    info = [x for x in lines[: start + _INFO_LINES] if len(x) <= _FURNITURE_CHARS] if with_metadata else []
    out = Cleaned([], title or found, metadata("\n".join(info)) if info else {})
    for line, seen in zip(lines[start:end], folded[start:end], strict=True):
        if is_furniture(seen):
            continue
        if not out.lines and len(seen) < 80 and any(p.fullmatch(seen) for p in chrome_cues().delivered):
            out.delivered.append(line)
            continue
        out.lines.append(line)
    return out


def _trim(line: str) -> str:
    return line.replace("\ufeff", "").replace("\u200b", "").strip(" \t\r\n\u3000\xa0\u2002\u2003")


def _after_title(lines: list[str], folded: list[str], title: str | None) -> tuple[int, str | None]:
    """Index of the first line after the last printing of the title, and the title.

    A title may be printed twice, the second time over two or three lines; the body begins after the last. No title
    stands after a paragraph.
    """
    long = (i for i, line in enumerate(folded[:_HEAD_LINES]) if len(line) > _PARAGRAPH)
    head = folded[: next(long, _HEAD_LINES)]
    if title is None:
        title = next((lines[i] for i, x in enumerate(head) if reads_as_title(x) and not is_furniture(x)), None)
    if title is None:
        return 0, None
    want, after = fold(title), 0
    for i, line in enumerate(head):
        if want[:1] not in line:
            continue
        joined = ""
        for j, part in enumerate(head[i : i + 4], i):
            joined += squash(part)
            if joined == want:
                after = j + 1
            if not want.startswith(joined) or joined == want:
                break
    return after, title


def _tail(folded: list[str], start: int) -> int:
    """Index of the first line of the furniture after the body."""
    end = len(folded)
    for i in range(len(folded) - 1, start, -1):
        if len(folded[i]) >= _LONG and "。" in folded[i] and not is_furniture(folded[i]):
            break
        if chrome_cues().tail.match(folded[i]):
            end = i
    return end
