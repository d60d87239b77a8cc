"""The section tree of a report, cut from its text.

Numbering is a state machine: a marker counts where its sequence can continue, so that a reference inside a sentence is
no heading. Markers that lost a character in print are recovered from the sequence, with a flag; the text is never
changed. Levels: 一、 = 1, (一) = 2, 1. = 3, (1) = 4; points (一是 …) are one deeper than what holds them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge.sections import lost_point, section_cues
from knowledge.text import plain

_HAN = "一二三四五六七八九十"
_MARKERS = (
    (
        1,
        re.compile(
            rf"(?P<m>第(?P<n>[{_HAN}]{{1,3}})(?:部分|章)[、. :]?|(?P<n2>[{_HAN}]{{1,3}})\s?(?:、|[.,](?!\d)))\s*"
        ),
    ),
    (2, re.compile(rf"(?P<m>[(\[]\s?(?P<n>[{_HAN}]{{1,3}})\s?[)\]][、.]?|(?P<c>[\u3220-\u3229])[、.]?)\s*")),
    (3, re.compile(r"(?P<m>(?P<d>\d{1,2})\s?[.、](?![\d])|(?P<c>[\u2488-\u249b]))\s*")),
    (
        4,
        re.compile(
            r"(?P<m>[(]\s?(?P<d>\d{1,2})\s?[)][、.]?|(?P<d2>\d{1,2})[)]|(?P<c>[\u2460-\u2473\u2474-\u2487])[、.]?)\s*"
        ),
    ),
)
_LOST_SECOND = re.compile(r"(?P<m>\(\s?\)|\))\s*(?=[\u4e00-\u9fff])")
_CIRCLED = {3: 0x2488, 2: 0x3220}
_HEADING_END = re.compile(r"[。:\n]")
_POINT_END = re.compile(r"[。:;\n]")
_POINT = re.compile(rf"(?P<n>[{_HAN}]{{1,3}})(?:是|要)(?![否不])")
_NOT_BEFORE_POINT = "第之唯统同专单均惟十百千万零〇0123456789一二三四五六七八九"
_BOUNDARY = "。;:,、!?”)》 \n\t"
_MAX_TITLE = 120  # a "heading" whose first sentence is longer is a paragraph that happens to be numbered


def han_number(printed: str) -> int | None:
    """1–99 for 一 … 九十九; None for anything else."""
    if not printed:
        return None
    tens, ten, ones = printed.partition("十")
    if ten:
        high = _HAN.index(tens) + 1 if tens in _HAN and tens else 1 if not tens else None
        low = 0 if not ones else _HAN.index(ones) + 1 if len(ones) == 1 and ones in _HAN else None
        return None if high is None or low is None else high * 10 + low
    return _HAN.index(printed) + 1 if len(printed) == 1 and printed in _HAN else None


@dataclass(slots=True)
class Section:
    """One node; fields as in table sections, offsets in code points of the document's text."""

    kind: str
    depth: int
    marker: str | None
    number: int | None
    title: str | None
    cue: str  # the title as cue words see it
    char_start: int
    char_end: int = 0
    role: str = ""
    topic: str = "other"
    flags: list[str] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)

    def walk(self) -> Iterator[Section]:
        """This node and all below it in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def own_spans(self) -> list[tuple[int, int]]:
        """The span less the children's spans."""
        spans, at = [], self.char_start
        for child in self.children:
            spans.append((at, child.char_start))
            at = child.char_end
        spans.append((at, self.char_end))
        return [(a, b) for a, b in spans if a < b]


def cut(text: str) -> list[Section]:
    """Top sections of a report's text; together they tile it exactly. An empty text has none."""
    folded = plain(text)
    tops: list[Section] = []
    if not text:
        return tops
    stack: list[Section] = []
    counters = _Counters()
    contents_end = _contents_end(folded)
    for start, end in _paragraphs(folded):
        line = folded[start:end]
        found = None if start < contents_end else _heading(line, counters)
        if found:
            depth, number, marker_end, flags = found
            indent = len(line) - len(line.lstrip())
            title_at = _title_span(folded, start + marker_end, end, _HEADING_END)
            marker = text[start + indent : start + marker_end].strip() or None
            node = Section("heading", depth, marker, number, text[title_at], folded[title_at], start, flags=flags)
            _attach(node, tops, stack)
        elif kind := _unheaded_kind(line, tops, start, folded):
            if not (tops and tops[-1].kind == "unheaded" and tops[-1].role == kind):
                node = Section("unheaded", 0, None, None, None, "", start, role=kind)
                stack.clear()
                tops.append(node)
                counters.points = 0
        elif not tops:
            tops.append(Section("unheaded", 0, None, None, None, "", start, role="preamble"))
        holder = stack[-1] if stack else tops[-1]
        if start >= contents_end:
            holder.children += _points(text, folded, start, end, holder, counters)
    _close(tops, len(text))
    _drop_lone_points(tops)
    _label(tops, folded)
    return tops


class _Counters:
    """Last number seen at each heading level and in the running sequence of points."""

    def __init__(self) -> None:
        self.last = [0, 0, 0, 0, 0]
        self.points = 0

    def take(self, depth: int, number: int) -> None:
        self.last[depth] = number
        for deeper in range(depth + 1, 5):
            self.last[deeper] = 0
        self.points = 0


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines; a line break belongs to the line before it."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _heading(line: str, counters: _Counters) -> tuple[int, int, int, list[str]] | None:
    """(depth, number, length of indent and marker, flags) if the line begins a numbered part."""
    body = line.lstrip()
    indent = len(line) - len(body)
    for depth, pattern in _MARKERS:
        if not (m := pattern.match(body)):
            continue
        number = _number(m, depth)
        if number is None or not _continues(depth, number, counters):
            continue
        rest = body[m.end() :].strip()
        if not rest or re.match(r"[,。;、]", rest):
            continue
        counters.take(depth, number)
        return depth, number, indent + m.end(), []
    if (m := _LOST_SECOND.match(body)) and counters.last[1]:
        number = counters.last[2] + 1
        counters.take(2, number)
        return 2, number, indent + m.end(), ["marker_restored"]
    return None


def _number(m: re.Match[str], depth: int) -> int | None:
    groups = m.groupdict()
    if printed := groups.get("n") or groups.get("n2"):
        return han_number(printed)
    if printed := groups.get("d") or groups.get("d2"):
        return int(printed)
    code = ord(groups["c"])
    if depth in _CIRCLED:
        return code - _CIRCLED[depth] + 1
    return code - (0x2460 if code < 0x2474 else 0x2474) + 1


def _continues(depth: int, number: int, counters: _Counters) -> bool:
    """A number counts if it starts a sequence or continues it; one lost heading in between is forgiven."""
    last = counters.last[depth]
    if number == 1:
        # 一、 again would start the report anew: only believed at deeper levels
        return depth > 1 or last == 0
    return last < number <= last + 2 and (last > 0 or number == 2)


def _title_span(folded: str, start: int, end: int, stop: re.Pattern[str]) -> slice:
    """Where the title stands: from the marker to the first stop sign, white space at both ends left out."""
    m = stop.search(folded, start, end)
    printed = folded[start : m.start() if m else end]
    start += len(printed) - len(printed.lstrip())
    return slice(start, start + len(printed.strip()))


def _attach(node: Section, tops: list[Section], stack: list[Section]) -> None:
    while stack and stack[-1].depth >= node.depth:
        stack.pop()
    (stack[-1].children if stack else tops).append(node)
    stack.append(node)


def _unheaded_kind(line: str, tops: list[Section], start: int, folded: str) -> str | None:
    """Role of an unheaded closing part that this line begins, or None."""
    cues = section_cues()
    body = line.strip()
    if cues.attachment.match(body) and start > len(folded) * 0.5:
        return "attachment"
    if not tops or (tops[-1].kind == "unheaded" and tops[-1].role == "preamble"):
        return None
    if cues.closing.search(body) and len(body) < 120:
        return "closing"
    after = folded[start:].strip().split("\n")
    if len(body) <= 40 and len(after) <= 6 and not re.search(r"[。;:!]", body):
        tail = [x.strip() for x in after]
        if any(cues.signature_date.match(re.sub(r"\s", "", x)) for x in tail[:4]) or (
            len(after) == 1 and cues.signature_date.match(body)
        ):
            return "signature"
    return None


def _points(text: str, folded: str, start: int, end: int, holder: Section, counters: _Counters) -> list[Section]:
    """Points of one paragraph, in order; the sequence may run on from the paragraph before."""
    out: list[Section] = []
    marks = list(_point_marks(folded, max(start, _marker_end(holder, start)), end, counters.points))
    for (at, marker_end, number, flags), after in zip(marks, [*marks[1:], None], strict=False):
        stop = after[0] if after else end
        title_at = _title_span(folded, marker_end, stop, _POINT_END)
        out.append(
            Section(
                "point",
                holder.depth + 1,
                text[at:marker_end],
                number,
                text[title_at],
                folded[title_at],
                at,
                stop,
                flags=flags,
            )
        )
        counters.points = number
    return out


def _marker_end(holder: Section, start: int) -> int:
    if holder.char_start != start or not holder.marker:
        return start
    return start + len(holder.marker)


def _point_marks(folded: str, start: int, end: int, last: int) -> Iterator[tuple[int, int, int, list[str]]]:
    """(start, end of marker, number, flags) of each point marker between start and end."""
    at = start
    while at < end:
        expected = last + 1
        best: tuple[int, int, int, list[str]] | None = None
        for m in _POINT.finditer(folded, at, end):
            number = han_number(m["n"])
            before = folded[m.start() - 1] if m.start() > start else "\n"
            if number == 1 and before in _BOUNDARY:
                best = (m.start(), m.end(), 1, [])
                break
            if number is not None and last and last < number <= last + 2 and before not in _NOT_BEFORE_POINT:
                best = (m.start(), m.end(), number, [] if before in _BOUNDARY else ["marker_restored"])
                break
        limit = best[0] if best else end
        if last and (lost := lost_point(expected).search(folded, at, limit)) and (best is None or best[2] != expected):
            best = (lost.start("m"), lost.end("m"), expected, ["marker_restored"])
        if best is None:
            return
        yield best
        at, last = best[1], best[2]


def _close(sections: list[Section], end: int) -> None:
    """Give every heading and unheaded part its end; points have theirs."""
    for here, after in zip(sections, [*sections[1:], None], strict=False):
        stop = after.char_start if after else end
        if here.kind != "point":
            here.char_end = stop
            _close(here.children, stop)


def _drop_lone_points(sections: list[Section]) -> None:
    """一是 without a 二是 is ordinary language, not an enumeration."""
    for section in sections:
        kept: list[Section] = []
        for child in section.children:
            kept.append(child)
        points = [c for c in kept if c.kind == "point"]
        if len(points) == 1 and points[0].number == 1:
            kept.remove(points[0])
        section.children = kept
        _drop_lone_points(section.children)


def _contents_end(folded: str) -> int:
    """End of a table of contents at the start, or 0. Its lines are headings that the body repeats."""
    m = re.match(r"\s*目\s*录\s*\n", folded)
    if not m:
        return 0
    lines = list(_paragraphs(folded))[:60]
    first = next((folded[a:b].strip() for a, b in lines if a >= m.end()), "")
    key = re.sub(r"[\s.…·\d]+$", "", first)
    again = folded.find("\n" + key, m.end() + len(first)) if key else -1
    return again + 1 if again > 0 else 0


def _label(tops: list[Section], folded: str) -> None:
    """Role and topic of every part: roles come from the top part, topics from the part's own words."""
    cues = section_cues()
    for top in tops:
        if top.kind == "heading":
            top.role = cues.role_of_heading(top.cue) or "measures"
        _label_below(top, folded, "other")


def _label_below(node: Section, folded: str, topic_above: str) -> None:
    cues = section_cues()
    if node.role == "measures" and node.depth > 1 and cues.is_first_responsible(node.cue):
        node.role = "first_responsible"
    node.topic = cues.topic(node.cue, folded[node.char_start : node.char_end], node.role, topic_above)
    for child in node.children:
        child.role = node.role
        _label_below(child, folded, node.topic)


def deepest(tops: list[Section]) -> tuple[list[int], list[Section]]:
    """Starts and sections such that the section at bisect(starts, offset) - 1 is the deepest that holds offset."""
    pieces = sorted((a, node) for top in tops for node in top.walk() for a, _ in node.own_spans())
    return [a for a, _ in pieces], [node for _, node in pieces]


def at(index: tuple[list[int], list[Section]], offset: int) -> Section:
    """The deepest section that holds `offset`."""
    return index[1][bisect_right(index[0], offset) - 1]
