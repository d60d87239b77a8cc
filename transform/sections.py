"""The section tree of a report, cut from its text.

Numbering is a state machine: a marker counts where its sequence can continue, so that a reference inside a sentence is
no heading. Markers that lost a character in print are recovered from the sequence, with a flag; the text is never
changed. Levels: 一、 = 1, (一) = 2, 1. = 3, (1) = 4; points (一是 …) are one deeper than what holds them.

In steps: heading marks → tree → parts without a heading → points → roles and topics.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from knowledge.sections import lost_point, section_cues
from knowledge.text import plain

_HAN = "一二三四五六七八九十"
_STOP = "[、丶.,]"  # what follows a number; 丶 is a stroke that converters put for 、
# Each level: the whole marker, then damaged forms that count only as the very next number of a running sequence.
_MARKERS = (
    (1, re.compile(rf"第(?P<n>[{_HAN}]{{1,3}})(?:部分|章)[、. :]?|(?P<n2>[{_HAN}]{{1,3}})\s?(?:[、丶]|[.,](?!\d))")),
    (2, re.compile(rf"[(\[]\s?(?P<n>[{_HAN}]{{1,3}}|[—–-])\s?[)\]]{_STOP}?|(?P<c>[\u3220-\u3229]){_STOP}?")),
    (3, re.compile(rf"(?P<d>[\dO]{{1,2}})\s?{_STOP}(?!\d)|(?P<c>[\u2488-\u249b])")),
    (4, re.compile(rf"[(]\s?(?P<d>\d{{1,2}})\s?[)]{_STOP}?|(?P<d2>\d{{1,2}})[)]|(?P<c>[\u2460-\u2487]){_STOP}?")),
)
_DAMAGED = (
    (2, re.compile(rf"[(\[]\s?(?P<n>[{_HAN}]{{1,3}})(?=[\u4e00-\u9fff])|(?P<n2>[{_HAN}]{{1,3}})\s?[)\]]")),
    (2, re.compile(r"(?P<lost>\(\s?\)|\))(?=\s*[\u4e00-\u9fff])")),
    (1, re.compile(r"(?P<lost>、|[—–-]、)(?=\s*[\u4e00-\u9fff\d])")),
)
# what a marker can begin with: nearly all lines and sentences are done with after one look
_MARKER_SIGNS = frozenset(
    _HAN + "第([)、—–-O0123456789" + "".join(map(chr, [*range(0x3220, 0x322A), *range(0x2460, 0x249C)]))
)
_STOP_BEFORE_MARKER = re.compile("[。:](?=[" + re.escape("".join(sorted(_MARKER_SIGNS))) + "])")
_FIRST_PART = re.compile(rf"^[ \t]*(?:第[{_HAN}]+(?:部分|章)|[{_HAN}]{{1,3}}[、丶]|[—–]、|、)", re.M)
_FIRST_CODE = {2: 0x3220, 3: 0x2488}
_HEADING_END = re.compile(r"[。:\n]")
_POINT_END = re.compile(r"[。:;\n]")
_POINT = re.compile(
    rf"(?P<n>[{_HAN}]{{1,3}}|[—–](?=是))(?:是|要)(?P<again>(?P=n)(?:是|要))?(?![否不一二三])|(?P<o>首先|其次|再次|最后)(?:是|,|、)"
)
_FIRST_POINT = re.compile("一[是要]|[—–]是|首先")
_ANY_POINT = re.compile(f"[{_HAN}][是要]|其次|再次|最后|(?:^|(?<=[。;\n]))[{_HAN}是]")
_ORDINALS = ("首先", "其次", "再次", "最后")
_NOT_BEFORE_POINT = "第之唯统同专单均惟十百千万零〇0123456789一二三四五六七八九"
_CLASSIFIERS = "个项类级年月日季次届种名批期大方家是要"
_BOUNDARY = "。;:,、!?”)》 \n\t"
_SENTENCE = re.compile(r"[^。!?\n]*[。!?\n]?")
_BARE_HEADING = 24  # characters: a line that is a heading without a number is no longer
_SIGNATURE_LINES = 6


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
    if not text:
        return []
    folded = plain(text)
    paragraphs = list(_paragraphs(folded))
    marks = list(_heading_marks(folded, paragraphs))
    tops = _tree(text, folded, marks)
    _open_and_close(tops, folded, paragraphs, marks)
    _end(tops, len(text))
    _split_merged(tops, folded)
    _add_points(tops, text, folded)
    for top in tops:
        top.role = top.role or section_cues().role_of_heading(top.cue) or "measures"
        _label(top, folded, "other")
    return tops


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a numbered heading begins: offsets of its start and of its marker's both ends."""

    start: int
    marker_start: int
    marker_end: int
    depth: int
    number: int
    flags: tuple[str, ...] = ()


class _Counters:
    """Last number seen at each heading level."""

    def __init__(self) -> None:
        self.last = [0, 0, 0, 0, 0]

    def take(self, depth: int, number: int) -> None:
        self.last[depth] = number
        for deeper in range(depth + 1, 5):
            self.last[deeper] = 0

    def continues(self, depth: int, number: int) -> bool:
        """A number counts if it starts a sequence or continues it; one lost heading in between is forgiven."""
        last = self.last[depth]
        if number == 1:
            # 一、 again would start the report anew: only believed at deeper levels
            return depth > 1 or last == 0
        return last < number <= last + 2 and (last > 0 or number == 2)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines; a line break belongs to the line before it."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _heading_marks(folded: str, paragraphs: list[tuple[int, int]]) -> Iterator[_Mark]:
    """Headings at the start of lines, and those that lost the line break before them, in text order."""
    counters = _Counters()
    body, annexes = _contents_end(folded), _annexes_start(folded, paragraphs)
    numbered = _FIRST_PART.search(folded, body) is not None
    for start, end in paragraphs:
        if start < body or start >= annexes:
            continue
        at = _indent(folded, start)
        mark = _marker(folded, at, counters)
        if mark is None and not numbered:
            mark = _bare_heading(folded, at, end, counters)
        if mark:
            counters.take(mark.depth, mark.number)
            yield _Mark(start, at, mark.marker_end, mark.depth, mark.number, mark.flags)
            at = mark.marker_end
        # inside the line, after a stop: only the very next number of a running sequence, or the first part's
        for stop in _STOP_BEFORE_MARKER.finditer(folded, at, end - 1):
            inside = stop.end()
            glued = _marker(folded, inside, counters)
            if glued and glued.number == counters.last[glued.depth] + 1 and _can_be_glued(glued, stop[0], counters):
                counters.take(glued.depth, glued.number)
                yield glued


def _can_be_glued(mark: _Mark, stop: str, counters: _Counters) -> bool:
    if mark.depth == 1:
        return (mark.number > 1 and stop == "。") or mark.number == 1
    return stop == "。" and (mark.number > 1 or (mark.depth == 2 and counters.last[1] > 0))


def _indent(folded: str, start: int) -> int:
    while start < len(folded) and folded[start] in " \t":
        start += 1
    return start


def _marker(folded: str, at: int, counters: _Counters) -> _Mark | None:
    """The heading marker at `at`, if its number can stand there."""
    if at >= len(folded) or folded[at] not in _MARKER_SIGNS:
        return None
    for depth, pattern in _MARKERS:
        if m := pattern.match(folded, at):
            number = _number(m, depth)
            end = m.end()
            if again := pattern.match(folded, end):  # printed twice: 二、二、
                end = again.end() if _number(again, depth) == number else end
            if number is not None and counters.continues(depth, number) and _is_followed(folded, end):
                return _Mark(at, at, end, depth, number)
    for depth, pattern in _DAMAGED:
        if (m := pattern.match(folded, at)) and _is_followed(folded, m.end()):
            expected = counters.last[depth] + 1
            if "lost" in m.groupdict():
                if (depth == 2 and counters.last[1]) or (depth == 1 and (m["lost"] == "、" or expected == 1)):
                    return _Mark(at, at, m.end(), depth, expected, ("marker_restored",))
            elif _number(m, depth) == expected and (expected > 1 or counters.last[1]):
                return _Mark(at, at, m.end(), depth, expected, ("marker_restored",))
    return None


def _is_followed(folded: str, end: int) -> bool:
    """True if a title can follow: some text on the line, not beginning with a stop."""
    at = _indent(folded, end)
    return at < len(folded) and folded[at] not in "\n,。;、:"


def _number(m: re.Match[str], depth: int) -> int | None:
    groups = m.groupdict()
    if printed := groups.get("n") or groups.get("n2"):
        return 1 if printed in "—–-" else han_number(printed)  # a dash is what some converters make of 一
    if printed := groups.get("d") or groups.get("d2"):
        return int(printed.replace("O", "0")) if printed != "O" else None
    code = ord(groups["c"])
    if depth in _FIRST_CODE:
        return code - _FIRST_CODE[depth] + 1
    return code - (0x2460 if code < 0x2474 else 0x2474) + 1


def _bare_heading(folded: str, at: int, end: int, counters: _Counters) -> _Mark | None:
    """A part's heading without a number: a short line of its own that names a role, in a report without 一、."""
    line = folded[at:end].strip()
    if 4 <= len(line) <= _BARE_HEADING and not re.search(r"[。;:,!]", line) and section_cues().role_of_heading(line):
        return _Mark(at, at, at, 1, counters.last[1] + 1)
    return None


def _annexes_start(folded: str, paragraphs: list[tuple[int, int]]) -> int:
    """Where the list of annexes at the end begins: its numbered lines are no headings. The text's length if there is none."""
    start = len(folded)
    for a, b in reversed(paragraphs):
        line = folded[a:b].strip()
        if len(line) > 80 or "。" in line:
            return start
        if section_cues().attachment.match(line):
            start = a
    return start


def _contents_end(folded: str) -> int:
    """End of a table of contents at the start, or 0. Its lines are headings that the body repeats."""
    m = re.search(r"(?:^|\n)\s*目\s*录\s*\n", folded[:2000])
    if not m:
        return 0
    first = folded[m.end() : folded.find("\n", m.end())]
    key = re.sub(r"[\s.…·\d]+$", "", first)
    again = folded.find("\n" + key, m.end() + len(first)) if key else -1
    return again + 1 if again > 0 else 0


def _tree(text: str, folded: str, marks: list[_Mark]) -> list[Section]:
    tops: list[Section] = []
    stack: list[Section] = []
    for mark in marks:
        title = _title_span(folded, mark.marker_end, len(folded), _HEADING_END)
        marker = text[mark.marker_start : mark.marker_end].strip() or None
        node = Section(
            "heading", mark.depth, marker, mark.number, text[title], folded[title], mark.start, flags=list(mark.flags)
        )
        while stack and stack[-1].depth >= node.depth:
            stack.pop()
        (stack[-1].children if stack else tops).append(node)
        stack.append(node)
    return tops


def _title_span(folded: str, start: int, end: int, stop: re.Pattern[str]) -> slice:
    """Where the title stands: from the marker to the first stop sign, white space at both ends left out."""
    m = stop.search(folded, start, end)
    printed = folded[start : m.start() if m else end]
    start += len(printed) - len(printed.lstrip())
    return slice(start, start + len(printed.strip()))


def _unheaded(start: int, role: str, depth: int = 0) -> Section:
    return Section("unheaded", depth, None, None, None, "", start, role=role)


def _open_and_close(tops: list[Section], folded: str, paragraphs: list[tuple[int, int]], marks: list[_Mark]) -> None:
    """Add the parts without a heading before the first heading and after the last one."""
    cues = section_cues()
    tail_from = 0
    if marks:
        last = marks[-1].start
        tail_from = next(b for a, b in paragraphs if a <= last < b)
        if marks[0].start > 0:
            tops.insert(0, _unheaded(0, "preamble"))
    else:
        first_end = paragraphs[0][1]
        tops.append(_unheaded(0, "preamble"))
        if cues.announces.search(folded[:first_end]) and first_end < len(folded):
            tops.append(_unheaded(first_end, "measures"))
        tail_from = first_end
    stated = {cues.role_of_heading(top.cue) for top in tops if top.kind == "heading"}
    for top in tops:
        stated |= set(cues.roles_of_heading(top.cue))
    within = next((cues.role_of_heading(t.cue) for t in reversed(tops) if t.kind == "heading"), None)
    for start, role in _closing_parts(folded, paragraphs, tail_from, stated, within):
        if tops[-1].kind == "unheaded" and tops[-1].role == role:
            continue
        tops.append(_unheaded(start, role))


def _closing_parts(
    folded: str, paragraphs: list[tuple[int, int]], tail_from: int, stated: set[str | None], within: str | None
) -> Iterator[tuple[int, str]]:
    """(start, role) of the parts after the last heading: what no heading states, closing words, signature, attachment.

    `stated`: roles that have a heading; `within`: the role of the last one.
    """
    cues = section_cues()
    rest = [(a, b) for a, b in paragraphs if a >= tail_from]
    role = within if within in ("problems", "next_year") else None
    for i, (start, end) in enumerate(rest):
        line = folded[start:end].strip()
        after = [folded[a:b].strip() for a, b in rest[i:]]
        if role == "signature" or _is_signature(line, after):
            role = "attachment" if cues.attachment.match(line) else "signature"
            yield start, role
        elif role == "attachment" or cues.attachment.match(line):
            role = "attachment"
            yield start, role
        elif cues.closing.search(line) and (i > 0 or not line.startswith(("各位", "主任"))):
            role = "closing"
            yield start, role
        elif role != "closing":
            for at, sentence in _sentences(folded, start, end):
                found = cues.role_of_sentence(sentence)
                is_new = found is not None and found not in stated and found != role
                # a part begins with its paragraph; inside one that began so, the role may change with a sentence
                if found and is_new and (at == start or role in ("problems", "next_year")):
                    role = found
                    yield at, role


def _is_signature(line: str, after: list[str]) -> bool:
    """True if the report ends here with a name and a date: few short lines, the first no sentence."""
    if len(line) > 40 or len(after) > _SIGNATURE_LINES or re.search(r"[。;!]|:$", line) or not line:
        return False
    dates = [bool(section_cues().signature_date.match(re.sub(r"\s", "", x))) for x in after]
    return any(dates[:4]) and (
        dates[0] or bool(re.search(r"(府|局|委|厅|办|处|部|会|院|所|站|心|队|区|镇|乡|街道)\)?$", line))
    )


def _sentences(folded: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for m in _SENTENCE.finditer(folded, start, end):
        if m[0].strip():
            yield m.start(), m[0].strip()


def _end(sections: list[Section], end: int) -> None:
    """Give every heading and unheaded part its end."""
    for here, after in zip(sections, [*sections[1:], None], strict=False):
        here.char_end = after.char_start if after else end
        _end(here.children, here.char_end)


def _split_merged(tops: list[Section], folded: str) -> None:
    """Under a heading of two roles (存在的问题及下一步打算) what differs in role becomes a part one deeper."""
    cues = section_cues()
    for top in tops:
        roles = cues.roles_of_heading(top.cue) if top.kind == "heading" else []
        if len(roles) < 2:
            continue
        top.role = roles[0]
        if top.children:
            turned = False
            for child in top.children:
                own = cues.role_of_heading(child.cue)
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
    for top in tops:
        for node in list(top.walk()):
            last = 0
            points: list[Section] = []
            for a, b in node.own_spans():
                begin = a + len(node.marker or "") if a == node.char_start else a
                for start, end in _paragraphs_of(folded, begin, b):
                    found = _points(text, folded, start, end, node.depth + 1, last)
                    last = found[-1].number or 0 if found else last
                    points += found
            # 一是 without a 二是 is ordinary language, not an enumeration
            if len(points) > 1 or (points and points[0].number != 1):
                node.children = sorted([*node.children, *points], key=lambda n: n.char_start)


def _paragraphs_of(folded: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = folded.find("\n", start, end) + 1 or end
        yield start, stop
        start = stop


def _points(text: str, folded: str, start: int, end: int, depth: int, last: int) -> list[Section]:
    """Points of one paragraph; `last` is the number of the point before it."""
    out: list[Section] = []
    marks = list(_point_marks(folded, start, end, last))
    for (at, marker_end, number, flags), after in zip(marks, [*marks[1:], None], strict=False):
        stop = after[0] if after else end
        title = _title_span(folded, marker_end, stop, _POINT_END)
        out.append(
            Section("point", depth, text[at:marker_end], number, text[title], folded[title], at, stop, flags=flags)
        )
    return out


def _point_marks(folded: str, start: int, end: int, last: int) -> Iterator[tuple[int, int, int, list[str]]]:
    """(start, end of marker, number, flags) of each point marker between start and end."""
    at = start
    while at < end:
        if not (_ANY_POINT if last else _FIRST_POINT).search(folded, at, end):
            return
        expected = last + 1
        best: tuple[int, int, int, list[str]] | None = None
        for m in _POINT.finditer(folded, at, end):
            number = _ORDINALS.index(m["o"]) + 1 if m["o"] else 1 if m["n"] in "—–" else han_number(m["n"])
            if m["o"] == "最后" and last:
                number = expected
            before = folded[m.start() - 1] if m.start() > start else "\n"
            if number == 1 and before in _BOUNDARY:
                best = (m.start(), m.end(), 1, [])
                break
            if number is not None and last and last < number <= last + 2 and before not in _NOT_BEFORE_POINT:
                best = (m.start(), m.end(), number, [] if before in _BOUNDARY else ["marker_restored"])
                break
        limit = best[0] if best else end
        if 0 < last < 10 and (best is None or best[2] != expected):
            lost = lost_point(expected).search(folded, at, limit)
            if lost is None and _after(expected).search(folded, at, end):
                # the one after it stands there, so a bare numeral after a stop is this one
                lost = _numeral_alone(expected).search(folded, at, limit)
            if lost:
                best = (lost.start("m"), lost.end("m"), expected, ["marker_restored"])
        if best is None:
            return
        yield best
        at, last = best[1], best[2]


@cache
def _after(number: int) -> re.Pattern[str]:
    """The marker of the point after point `number`."""
    return re.compile(f"{_HAN[number % 10]}[是要]")


@cache
def _numeral_alone(number: int) -> re.Pattern[str]:
    """The numeral of point `number` after a stop, before a word that it does not count."""
    return re.compile(rf"(?<=[。;\n])(?P<m>{_HAN[number - 1]})(?=[\u4e00-\u9fff])(?![{_CLASSIFIERS}])")


def _label(node: Section, folded: str, topic_above: str) -> None:
    """Role and topic: roles come from the top part, topics from the part's own words."""
    cues = section_cues()
    if node.role == "measures" and node.depth > 1 and cues.is_first_responsible(node.cue):
        node.role = "first_responsible"
    node.topic = cues.topic(node.cue, folded[node.char_start : node.char_end], node.role, topic_above)
    for child in node.children:
        child.role = child.role or node.role
        _label(child, folded, node.topic)


def deepest(tops: list[Section]) -> tuple[list[int], list[Section]]:
    """Starts and sections such that the section at bisect(starts, offset) - 1 is the deepest that holds offset."""
    pieces = sorted((a, node) for top in tops for node in top.walk() for a, _ in node.own_spans())
    return [a for a, _ in pieces], [node for _, node in pieces]


def at(index: tuple[list[int], list[Section]], offset: int) -> Section:
    """The deepest section that holds `offset`."""
    return index[1][bisect_right(index[0], offset) - 1]
