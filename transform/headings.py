"""Where numbered headings begin: a state machine over 一、 (一) 1. (1) and their printed variants.

A marker counts where its sequence can continue, so that a reference inside a sentence is no heading. Markers that lost
a character, or the line break before them, count only as the very next number of a running sequence, with a flag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.sections import role_of_heading, section_cues

HAN = "一二三四五六七八九十"
_STOP = "[、丶.,]"  # what follows a number; 丶 is a stroke that converters put for 、
# Each level: the whole marker, then damaged forms that count only as the very next number of a running sequence.
_MARKERS = (
    (1, re.compile(rf"第(?P<n>[{HAN}]{{1,3}})(?:部分|章)[、. :]?|(?P<n2>[{HAN}]{{1,3}})\s?(?:[、丶]|[.,](?!\d))")),
    (2, re.compile(rf"[(\[]\s?(?P<n>[{HAN}]{{1,3}}|[—–-])\s?[)\]]{_STOP}?|(?P<c>[\u3220-\u3229]){_STOP}?")),
    (3, re.compile(rf"(?P<d>[0-9O]{{1,2}})\s?{_STOP}(?!\d)|(?P<c>[\u2488-\u249b])")),
    (4, re.compile(rf"[(]\s?(?P<d>[0-9]{{1,2}})\s?[)]{_STOP}?|(?P<d2>[0-9]{{1,2}})[)]|(?P<c>[\u2460-\u2487]){_STOP}?")),
)
_DAMAGED = (
    (2, re.compile(rf"[(\[]\s?(?P<n>[{HAN}]{{1,3}})(?=[\u4e00-\u9fff])|(?P<n2>[{HAN}]{{1,3}})\s?[)\]]")),
    (2, re.compile(r"(?P<lost>\(\s?\)|\))(?=\s*[\u4e00-\u9fff])")),
    (1, re.compile(r"(?P<lost>、|[—–-]、)(?=\s*[\u4e00-\u9fff\d])")),
)
# what each sign can begin: nearly all lines and sentences are done with after one look
_CIRCLED = {(0x3220, 10): 2, (0x2488, 20): 3, (0x2460, 20): 4, (0x2474, 20): 4}  # first code, how many: depth
_CAN_BEGIN = (
    dict.fromkeys(HAN + "第", (1,))
    | dict.fromkeys("0123456789", (3, 4))
    | {"(": (2, 4), "[": (2,), "O": (3,), ")": (), "、": (), "—": (), "–": (), "-": ()}
    | {chr(first + i): (depth,) for (first, count), depth in _CIRCLED.items() for i in range(count)}
)
_MARKERS_BY_SIGN = {sign: tuple(m for m in _MARKERS if m[0] in depths) for sign, depths in _CAN_BEGIN.items()}
_DAMAGED_BY_SIGN = (
    dict.fromkeys(HAN + "[", _DAMAGED[:1])
    | {"(": _DAMAGED[:2], ")": _DAMAGED[1:2]}
    | dict.fromkeys("、—–-", _DAMAGED[2:])
)
# A stop inside a line, and what looks like a marker behind it: 。二是 is a point, 。2023年 no heading. A search for one sign
# is several times as fast as one for either.
_LOOKS_LIKE_MARKER = (
    rf"[{HAN}]{{1,3}}\s?[、丶.,)\]]|第[{HAN}]|[\dO]{{1,2}}\s?[、丶.,)]|"
    rf"[{re.escape(''.join(sorted(_CAN_BEGIN.keys() - set(f'{HAN}第0123456789O'))))}]"
)
_STOPS_BEFORE_MARKER = tuple(re.compile(f"{stop}(?={_LOOKS_LIKE_MARKER})") for stop in "。:")
_FIRST_PART = re.compile(rf"^[ \t]*(?:第[{HAN}]+(?:部分|章)|[{HAN}]{{1,3}}[、丶]|[—–]、|、)", re.M)
_CONTENTS = re.compile(r"目\s*录\s*\n")
_BLANK = frozenset(" \t")
_NO_TITLE = frozenset("\n,。;、:") | {""}
_BARE_HEADING = 24  # characters: a line that is a heading without a number is no longer


_TENS = ["", "十", *(f"{tens}十" for tens in HAN[1:9])]
_NUMBERS = {tens + ones: n * 10 + i for n, tens in enumerate(_TENS) for i, ones in enumerate(["", *HAN[:9]])}
_NUMBERS |= {f"一十{ones}": 10 + i for i, ones in enumerate(["", *HAN[:9]])}
del _NUMBERS[""]


# what stands in a marker: numerals, digits (O printed for 0), circled numbers, a dash that converters make of 一
_VALUES = (
    _NUMBERS
    | {f"{a}{b}": int(f"{a}{b}".replace("O", "0")) for a in ["", *"0123456789O"] for b in "0123456789O" if a + b != "O"}
    | {chr(first + i): i + 1 for first, count in _CIRCLED for i in range(count)}
    | dict.fromkeys("—–-", 1)
)


def han_number(printed: str) -> int | None:
    """1–99 for 一 … 九十九; None for anything else."""
    return _NUMBERS.get(printed)


@dataclass(slots=True)
class Mark:
    """Where a numbered heading begins: offsets of its start and of its marker's both ends."""

    start: int
    marker_start: int
    marker_end: int
    depth: int
    number: int
    flags: tuple[str, ...] = ()


_NONE_DEEPER = (0, 0, 0, 0)


class _Counters:
    """Last number seen at each heading level."""

    def __init__(self) -> None:
        self.last = [0, 0, 0, 0, 0]

    def take(self, depth: int, number: int) -> None:
        self.last = [*self.last[:depth], number, *_NONE_DEEPER[depth:]]

    def continues(self, depth: int, number: int) -> bool:
        """A number counts if it starts a sequence or continues it; one lost heading in between is forgiven."""
        last = self.last[depth]
        if number == 1:
            # 一、 again would start the report anew: only believed at deeper levels
            return depth > 1 or last == 0
        return last < number <= last + 2 and (last > 0 or number == 2)


def lines(text: str) -> list[tuple[int, int]]:
    """Spans of the lines of a text; a line break belongs to the line before it."""
    spans, start = [], 0
    for line in text.split("\n"):
        end = start + len(line) + 1
        spans.append((start, end))
        start = end
    last, _ = spans.pop()
    return [*spans, (last, len(text))] if last < len(text) else spans


def heading_marks(folded: str, paragraphs: list[tuple[int, int]]) -> Iterator[Mark]:
    """Headings at the start of lines, and those that lost the line break before them, in text order."""
    counters = _Counters()
    body, annexes = _contents_end(folded), _annexes_start(folded, paragraphs)
    numbered = _FIRST_PART.search(folded, body) is not None
    # the text's end stops the search
    stops = iter([*sorted(m.start() for p in _STOPS_BEFORE_MARKER for m in p.finditer(folded)), len(folded)])
    stop = next(stops)
    for start, end in paragraphs:
        if start < body or start >= annexes:
            continue
        at = _indent(folded, start) if folded[start] in " \t" else start
        mark = _marker(folded, at, counters)
        if mark is None and not numbered:
            mark = _bare_heading(folded, at, end, counters)
        if mark:
            counters.take(mark.depth, mark.number)
            mark.start, at = start, mark.marker_end
            yield mark
        # inside the line, after a stop: only the very next number of a running sequence, or the first part's
        while stop + 1 < end:
            glued = _marker(folded, stop + 1, counters) if stop >= at else None
            if (
                glued
                and glued.number == counters.last[glued.depth] + 1
                and _can_be_glued(glued, folded[stop], counters)
            ):
                counters.take(glued.depth, glued.number)
                yield glued
            stop = next(stops)


def _can_be_glued(mark: Mark, stop: str, counters: _Counters) -> bool:
    if mark.depth == 1:
        return (mark.number > 1 and stop == "。") or mark.number == 1
    return stop == "。" and (mark.number > 1 or (mark.depth == 2 and counters.last[1] > 0))


def _indent(folded: str, start: int) -> int:
    while folded[start : start + 1] in _BLANK:
        start += 1
    return start


def _marker(folded: str, at: int, counters: _Counters) -> Mark | None:
    """The heading marker at `at`, if its number can stand there."""
    sign = folded[at : at + 1]
    for depth, pattern in _MARKERS_BY_SIGN.get(sign, ()):
        if m := pattern.match(folded, at):
            number = _number(m)
            if number is None or not counters.continues(depth, number):
                continue
            end = m.end()
            behind = folded[end : end + 1]
            if behind in _MARKERS_BY_SIGN and (again := pattern.match(folded, end)) and _number(again) == number:
                end = again.end()  # printed twice: 二、二、
                behind = folded[end : end + 1]
            if behind not in _NO_TITLE and (behind not in _BLANK or _is_followed(folded, end)):
                return Mark(at, at, end, depth, number)
    for depth, pattern in _DAMAGED_BY_SIGN.get(sign, ()):
        if (m := pattern.match(folded, at)) and _is_followed(folded, m.end()):
            expected = counters.last[depth] + 1
            if m.lastgroup == "lost":
                if (depth == 2 and counters.last[1]) or (depth == 1 and (m["lost"] == "、" or expected == 1)):
                    return Mark(at, at, m.end(), depth, expected, ("marker_restored",))
            elif _number(m) == expected and (expected > 1 or counters.last[1]):
                return Mark(at, at, m.end(), depth, expected, ("marker_restored",))
    return None


def _is_followed(folded: str, end: int) -> bool:
    """True if a title can follow: some text on the line, not beginning with a stop."""
    at = _indent(folded, end)
    return folded[at : at + 1] not in _NO_TITLE


def _number(m: re.Match[str]) -> int | None:
    """The number in a marker: the one group that matched."""
    return _VALUES.get(m[m.lastindex or 0])


def _bare_heading(folded: str, at: int, end: int, counters: _Counters) -> Mark | None:
    """A part's heading without a number: a short line of its own that names a role, in a report without 一、."""
    line = folded[at:end].strip()
    if 4 <= len(line) <= _BARE_HEADING and not re.search(r"[。;:,!]", line) and role_of_heading(line):
        return Mark(at, at, at, 1, counters.last[1] + 1)
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


def _is_line_start(folded: str, at: int) -> bool:
    while at > 0 and folded[at - 1] in " \t":
        at -= 1
    return at == 0 or folded[at - 1] == "\n"


def _contents_end(folded: str) -> int:
    """End of a table of contents at the start, or 0. Its lines are headings that the body repeats."""
    m = next((m for m in _CONTENTS.finditer(folded, 0, 2000) if _is_line_start(folded, m.start())), None)
    if not m:
        return 0
    first = folded[m.end() : folded.find("\n", m.end())]
    key = re.sub(r"[\s.…·\d]+$", "", first)
    again = folded.find("\n" + key, m.end() + len(first)) if key else -1
    return again + 1 if again > 0 else 0
