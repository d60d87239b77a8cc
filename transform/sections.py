"""The section tree of a report, cut from its text.

Numbering is a state machine: a marker counts where its sequence can continue, so that a reference inside a sentence is
no heading. Markers that lost a character in print are recovered from the sequence, with a flag; the text is never
changed. Levels: 一、 = 1, (一) = 2, 1. = 3, (1) = 4; points (一是 …) are one deeper than what holds them.

In steps: heading marks → tree → parts without a heading → points → roles and topics.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge.sections import (
    TOPIC_CHARS,
    read_heading,
    role_of_heading,
    said_by_title,
    section_cues,
    topic_of_text,
)
from knowledge.text import plain
from transform.headings import Mark, heading_marks, lines
from transform.points import PointSigns

_HEADING_TITLE = re.compile(r"[^。:\n]*")
_POINT_TITLE = re.compile(r"[^。:;\n]*")
_SENTENCE = re.compile(r"[^。!?\n]*[。!?\n]?")
_SIGNATURE_LINES = 6
_LONGEST_NAME = 40  # characters of a line that signs
_NO_NAME = re.compile(r"[。;!]|:$")
_NAME_END = re.compile(r"(府|局|委|厅|办|处|部|会|院|所|站|心|队|区|镇|乡|街道)\)?$")


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
    named: tuple[str, ...] = ()  # of problems and next_year, what a top heading names, in order
    children: list[Section] = field(default_factory=list)

    def own_spans(self) -> list[tuple[int, int]]:
        """The span less the children's spans."""
        spans, at = [], self.char_start
        for child in self.children:
            spans.append((at, child.char_start))
            at = child.char_end
        spans.append((at, self.char_end))
        return [(a, b) for a, b in spans if a < b]


def walk(tops: list[Section]) -> list[Section]:
    """All sections of a tree in document order."""
    found: list[Section] = []
    for node in tops:
        found.append(node)
        if node.children:
            found += walk(node.children)
    return found


def cut(text: str, report_year: int | None = None) -> list[Section]:
    """Top sections of a report's text; together they tile it exactly. An empty text has none.

    With `report_year` a heading that names that year is not taken for next year's plan.
    """
    if not text:
        return []
    folded = plain(text)
    paragraphs = lines(folded)
    marks = list(heading_marks(folded, paragraphs))
    tops = _tree(text, folded, marks)
    _read_headings(tops, report_year)
    _open_and_close(tops, folded, paragraphs, marks)
    _end(tops, len(text))
    _split_merged(tops, folded)
    _add_points(tops, text, folded)
    for top in tops:
        top.role = top.role or "measures"
        _label(top, folded, "other")
    return tops


def _tree(text: str, folded: str, marks: list[Mark]) -> list[Section]:
    tops: list[Section] = []
    stack: list[Section] = []
    for mark in marks:
        title, cue = _title(text, folded, mark.marker_end, len(folded), _HEADING_TITLE)
        marker = text[mark.marker_start : mark.marker_end].strip() or None
        node = Section("heading", mark.depth, marker, mark.number, title, cue, mark.start, flags=list(mark.flags))
        while stack and stack[-1].depth >= node.depth:
            stack.pop()
        (stack[-1].children if stack else tops).append(node)
        stack.append(node)
    return tops


def _title(text: str, folded: str, start: int, end: int, words: re.Pattern[str]) -> tuple[str, str]:
    """What stands from the marker to the first stop sign: as printed, and as cue words see it."""
    m = words.match(folded, start, end)
    line = m[0] if m else ""
    cue = line.strip()
    if len(cue) < len(line):
        start += len(line) - len(line.lstrip())
    return text[start : start + len(cue)], cue


def _unheaded(start: int, role: str, depth: int = 0) -> Section:
    return Section("unheaded", depth, None, None, None, "", start, role=role)


def _read_headings(tops: list[Section], report_year: int | None) -> None:
    """Roles that the top headings name; none for a heading that names a topic only."""
    for top in tops:
        role, named = read_heading(top.cue, report_year)
        top.role = named[0] if len(named) > 1 else role or ""
        top.named = named


def _open_and_close(tops: list[Section], folded: str, paragraphs: list[tuple[int, int]], marks: list[Mark]) -> None:
    """Add the parts without a heading before the first heading and after the last one."""
    cues = section_cues()
    tail_from = 0
    if marks:
        last = marks[-1].start
        tail_from = folded.find("\n", last) + 1 or len(folded)
        if marks[0].start > 0:
            tops.insert(0, _unheaded(0, "preamble"))
    else:
        first_end = paragraphs[0][1]
        tops.append(_unheaded(0, "preamble"))
        if cues.announces.search(folded[:first_end]) and first_end < len(folded):
            tops.append(_unheaded(first_end, "measures"))
        tail_from = first_end
    headings = [top for top in tops if top.kind == "heading"]
    stated = {top.role for top in headings}.union(*(top.named for top in headings))
    within = headings[-1].role if headings else ""
    for start, role in _closing_parts(folded, paragraphs, tail_from, stated, within):
        if tops[-1].kind == "unheaded" and tops[-1].role == role:
            continue
        tops.append(_unheaded(start, role))


def _closing_parts(
    folded: str, paragraphs: list[tuple[int, int]], tail_from: int, stated: set[str], within: str
) -> Iterator[tuple[int, str]]:
    """(start, role) of the parts after the last heading: what no heading states, closing words, signature, attachment.

    `stated`: roles that have a heading; `within`: the role of the last one.
    """
    cues = section_cues()
    rest = paragraphs[bisect_left(paragraphs, (tail_from,)) :]
    last_lines = [folded[a:b].strip() for a, b in rest[-_SIGNATURE_LINES:]]
    role = within if within in ("problems", "next_year") else None  # of the paragraph before
    for i, (start, end) in enumerate(rest):
        line, ahead = folded[start:end].strip(), len(rest) - i
        if role == "signature" or (ahead <= _SIGNATURE_LINES and _is_signature(last_lines[-ahead:])):
            role = "attachment" if cues.attachment.match(line) else "signature"
            yield start, role
        elif role == "attachment" or cues.attachment.match(line):
            role = "attachment"
            yield start, role
        elif cues.closing.match(line) and (i > 0 or not line.startswith(("各位", "主任"))):
            role = "closing"
            yield start, role
        elif role != "closing" and not cues.content.keys() <= stated:
            for at, sentence in _sentences(folded, start, end):
                found = cues.role_of_sentence(sentence)
                is_new = found is not None and found not in stated and found != role
                # a part begins with its paragraph; inside one that began so, the role may change with a sentence
                if found and is_new and (at == start or role in ("problems", "next_year")):
                    role = found
                    yield at, role


def _is_signature(lines: list[str]) -> bool:
    """True if the report ends here with a name and a date: few short lines, the first no sentence."""
    name = lines[0]
    if not name or len(name) > _LONGEST_NAME or _NO_NAME.search(name):
        return False
    is_date = [section_cues().signature_date.fullmatch(re.sub(r"\s", "", line)) for line in lines[:4]]
    return bool(is_date[0] or (any(is_date) and _NAME_END.search(name)))


def _sentences(folded: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for m in _SENTENCE.finditer(folded, start, end):
        if m[0].strip():
            yield m.start(), m[0].strip()


def _end(sections: list[Section], end: int) -> None:
    """Give every heading and unheaded part its end."""
    for node in reversed(sections):
        node.char_end = end
        if node.children:
            _end(node.children, end)
        end = node.char_start


def _split_merged(tops: list[Section], folded: str) -> None:
    """Under a heading of two roles (存在的问题及下一步打算) what differs in role becomes a part one deeper."""
    cues = section_cues()
    for top in tops:
        if len(top.named) < 2:
            continue
        roles = top.named
        if top.children:
            turned = False
            for child in top.children:
                own = role_of_heading(child.cue)
                first = next(
                    (x for _, x in _sentences(folded, child.char_start + len(child.marker or ""), child.char_end)), ""
                )
                turned = turned or own == roles[1] or cues.role_of_sentence(first) == roles[1]
                if turned:
                    child.role = roles[1]
            continue
        body = folded.find("\n", top.char_start, top.char_end) + 1 or top.char_start
        for at, sentence in _sentences(folded, body, top.char_end):
            if at > top.char_start and cues.role_of_sentence(sentence) == roles[1]:
                part = _unheaded(at, roles[1], top.depth + 1)
                part.char_end = top.char_end
                top.children.append(part)
                break


def _add_points(tops: list[Section], text: str, folded: str) -> None:
    """Points of every part, in order; a sequence runs on from paragraph to paragraph until the next heading."""
    signs = PointSigns(folded)
    if not signs.may_begin(0, len(folded)):
        return
    for node in walk(tops):
        if not signs.may_begin(node.char_start, node.char_end):
            continue
        last = 0
        points: list[Section] = []
        for a, b in node.own_spans():
            begin = a + len(node.marker or "") if a == node.char_start else a
            marks = list(signs.marks(begin, b, last))
            points += _points(text, folded, marks, b, node.depth + 1)
            last = marks[-1][2] if marks else last
        # 一是 without a 二是 is ordinary language, not an enumeration
        if len(points) > 1 or (points and points[0].number != 1):
            node.children = sorted([*node.children, *points], key=lambda n: n.char_start) if node.children else points


def _points(
    text: str, folded: str, marks: list[tuple[int, int, int, list[str]]], end: int, depth: int
) -> list[Section]:
    """Points of a span that ends at `end`; each ends at the next one or at its paragraph's end."""
    out: list[Section] = []
    for i, (at, marker_end, number, flags) in enumerate(marks):
        limit = marks[i + 1][0] if i + 1 < len(marks) else end
        stop = folded.find("\n", marker_end, limit) + 1 or limit
        title, cue = _title(text, folded, marker_end, stop, _POINT_TITLE)
        out.append(Section("point", depth, text[at:marker_end], number, title, cue, at, stop, flags=flags))
    return out


def _label(node: Section, folded: str, topic_above: str) -> None:
    """Role and topic: roles come from the top part, topics from the part's own words."""
    is_first_responsible, topic = said_by_title(node.cue)
    if is_first_responsible and node.role == "measures" and node.depth > 1:
        node.role = "first_responsible"
    node.topic = topic or _topic_of_body(node, folded) or topic_above
    for child in node.children:
        child.role = child.role or node.role
        _label(child, folded, node.topic)


def _topic_of_body(node: Section, folded: str) -> str | None:
    """What a part is about whose title does not say it: a part on the 第一责任人 is about leadership."""
    if node.role == "first_responsible":
        return "leadership"
    return topic_of_text(folded[node.char_start : min(node.char_end, node.char_start + TOPIC_CHARS)])
