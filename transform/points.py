"""Where points begin: 一是 … 二是 …, 首先 … 其次 …, at the start of a line or inside a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from knowledge.sections import lost_point
from transform.headings import HAN, han_number

_POINT = re.compile(
    rf"(?P<n>[{HAN}]{{1,3}}|[—–](?=是))(?:是|要)(?P<again>(?P=n)(?:是|要))?(?![否不一二三])|(?P<o>首先|其次|再次|最后)(?:是|,|、)"
)
_FIRST_POINT = re.compile("一[是要]|[—–]是|首先")
_ANY_POINT = re.compile(f"[{HAN}][是要]|其次|再次|最后|(?:^|(?<=[。;\n]))[{HAN}是]")
_ORDINALS = ("首先", "其次", "再次", "最后")
_NOT_BEFORE_POINT = "第之唯统同专单均惟十百千万零〇0123456789一二三四五六七八九"
_CLASSIFIERS = "个项类级年月日季次届种名批期大方家是要"
_BOUNDARY = "。;:,、!?”)》 \n\t"


def point_marks(folded: str, start: int, end: int, last: int) -> Iterator[tuple[int, int, int, list[str]]]:
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
    return re.compile(f"{HAN[number % 10]}[是要]")


@cache
def _numeral_alone(number: int) -> re.Pattern[str]:
    """The numeral of point `number` after a stop, before a word that it does not count."""
    return re.compile(rf"(?<=[。;\n])(?P<m>{HAN[number - 1]})(?=[\u4e00-\u9fff])(?![{_CLASSIFIERS}])")
