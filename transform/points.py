"""Where points begin: 一是 … 二是 …, 首先 … 其次 …, at the start of a line or inside a paragraph."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from knowledge.sections import lost_point
from transform.headings import HAN, han_number

_POINT = re.compile(
    rf"(?P<n>[{HAN}]{{1,3}}|[—–](?=是))(?:是|要)(?P<again>(?P=n)(?:是|要))?(?![否不一二三])|(?P<o>首先|其次|再次|最后)(?:是|,|、)"
)
# the last sign of a marker, and what may stand before it
_LAST_SIGNS = (
    ("是", frozenset(f"{HAN}—–")),
    ("要", frozenset(HAN)),
    ("先", frozenset("首")),
    ("次", frozenset("其再")),
    ("后", frozenset("最")),
)
_BARE = re.compile(f"[。;\n][{HAN}是]")
_ORDINALS = ("首先", "其次", "再次", "最后")
_NOT_BEFORE_POINT = "第之唯统同专单均惟十百千万零〇0123456789一二三四五六七八九"
_CLASSIFIERS = "个项类级年月日季次届种名批期大方家是要"
_BOUNDARY = "。;:,、!?”)》 \n\t"
_MAX_NUMERAL = 3  # characters: 二十一


class PointSigns:
    """All that may mark a point in a folded text, found in one pass over the whole of it."""

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._markers = [marker for at in _candidates(folded) if (marker := _marker(folded, at))]
        self._starts = [m[0] for m in self._markers]
        self._firsts = [m[0] for m in self._markers if m[2] == 1]

    def may_begin(self, start: int, end: int) -> bool:
        """True if a sequence of points may begin between start and end."""
        i = bisect_left(self._firsts, start)
        return i < len(self._firsts) and self._firsts[i] < end

    def marks(self, start: int, end: int, last: int) -> Iterator[tuple[int, int, int, list[str]]]:
        """(start, end of marker, number, flags) of each point marker in a span; `last`: number of the point before it."""
        folded, at = self._folded, start
        while True:
            i = bisect_left(self._starts, at)
            best: tuple[int, int, int, list[str]] | None = None
            while i < len(self._markers) and best is None:
                begin, stop, number, is_last = self._markers[i]
                if stop > end:
                    break
                if is_last and last:
                    number = last + 1
                before = folded[begin - 1] if begin > start else "\n"
                if number == 1 and before in _BOUNDARY:
                    best = begin, stop, 1, []
                elif number and last and last < number <= last + 2 and before not in _NOT_BEFORE_POINT:
                    best = begin, stop, number, [] if before in _BOUNDARY else ["marker_restored"]
                else:
                    i += 1
            if 0 < last < 10 and (best is None or best[2] != last + 1):
                best = self._lost(at, best[0] if best else end, last + 1) or best
            if best is None:
                return
            yield best
            at, last = best[1], best[2]

    def _lost(self, at: int, limit: int, number: int) -> tuple[int, int, int, list[str]] | None:
        """Point `number` between at and limit, whose marker lost a character: a numeral or 是 is alone after a stop."""
        folded = self._folded
        for m in _BARE.finditer(folded, max(0, at - 1), limit):
            b = m.end() - 1
            if b < at:
                continue
            lost = lost_point(number).match(folded, b, limit)
            if lost is None and (lost := _numeral_alone(number).match(folded, b, limit)):
                # a bare numeral is this point where the one after it stands in the same paragraph
                paragraph_end = folded.find("\n", b)
                after = _after(number).search(folded, at, paragraph_end if paragraph_end > 0 else len(folded))
                lost = lost if after else None
            if lost:
                return lost.start("m"), lost.end("m"), number, ["marker_restored"]
        return None


def _candidates(folded: str) -> list[int]:
    """Where a marker's last numeral may stand. To look for one sign after another takes a third of a search for all."""
    found = []
    for sign, before in _LAST_SIGNS:
        at = folded.find(sign, 1)
        while at > 0:
            if folded[at - 1] in before:
                found.append(at - 1)
            at = folded.find(sign, at + 1)
    return sorted(found)


def _marker(folded: str, at: int) -> tuple[int, int, int | None, bool] | None:
    """(start, end, number, is 最后) of the point marker whose last numeral stands at `at`."""
    start = at
    if folded[at] in HAN:
        while start > 0 and folded[start - 1] in HAN and at - start < _MAX_NUMERAL - 1:
            start -= 1
    m = _POINT.match(folded, start)
    if m is None:
        return None
    if m.lastgroup == "o":
        return start, m.end(), _ORDINALS.index(m["o"]) + 1, m["o"] == "最后"
    return start, m.end(), 1 if m["n"] in "—–" else han_number(m["n"]), False


@cache
def _after(number: int) -> re.Pattern[str]:
    """The marker of the point after point `number`."""
    return re.compile(f"{HAN[number % 10]}[是要]")


@cache
def _numeral_alone(number: int) -> re.Pattern[str]:
    """The numeral of point `number` after a stop, before a word that it does not count."""
    return re.compile(rf"(?<=[。;\n])(?P<m>{HAN[number - 1]})(?=[\u4e00-\u9fff])(?![{_CLASSIFIERS}])")
