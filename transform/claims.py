"""Which numbers of a sentence the catalogue's rules claim.

What a clause's own words claim does not depend on anything round it, and offices word many facts alike: it is worked
out once for each wording and kept. What a rule demands beyond its words - that the sentence is about 行政复议 - is looked
at only where the answer can matter: the strongest wording first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import attrgetter

from knowledge.indicators import (
    BREAKS,
    NUMBER,
    Pattern,
    Rule,
    clause_patterns,
    frames,
    sentence_patterns,
    signs_before_numbers,
    subjects,
)
from transform.quantities import Quantity

_NEGATED = re.compile(r"(未|没有|不予)(能)?(审结|受理|办结|结案|立案|化解|调解)")
_UP_TO_CLAUSE = re.compile(f"(?s:.*)[,;:{NUMBER}]")  # greedy: to the last sign
_CLAUSE_END = re.compile(rf"[,;:、{NUMBER}]")  # after a number the list's next item begins
_BREAK = re.compile(f"[{BREAKS}]")
_NO_COUNTS = frozenset([
    "%", "元", "倍", "天", "小时", "分钟", "年", "月", "公里", "亩", "平方米", "平方公里", "米", "吨", "千克", "升", "分", "头", "株",
])  # fmt: skip
_OWN_WORDS = 9  # nearness of a subject that the claiming words themselves name: the greatest there is
_NEARBY = 4  # the least nearness of one that the sentence names
_WORDINGS_KEPT = 2**15  # clauses; about 25 MB
_LONGEST_KEPT = 200  # characters; a longer clause is no set wording


@dataclass(slots=True, eq=False)
class Claim:
    """What a rule says of one number: `weight` is how much of the words it explains, `kind` where its subject stands."""

    weight: float
    rule: Rule
    kind: str
    is_part: bool = False


class _Match:
    """Words from `start` to `end` that claim a number for a rule, if the subject is the rule's; `most`: its greatest weight.

    `is_wide`: the words are a sentence's, else those of a clause.
    """

    __slots__ = ("_is_allowed", "_unless", "_words", "end", "is_wide", "most", "rule", "start", "weight")

    def __init__(self, pattern: Pattern, words: str, start: int, end: int, weight: int, is_wide: bool) -> None:
        self.rule, self.start, self.end, self.weight, self.is_wide = pattern.rule, start, end, weight, is_wide
        self.most = weight + _OWN_WORDS if pattern.rule.frame else weight
        self._words, self._unless = words, pattern.unless
        self._is_allowed = True if pattern.unless is None else None

    @property
    def is_allowed(self) -> bool:
        """True unless the clause holds what the rule rules out."""
        if self._is_allowed is None:
            clause = clause_round(self._words, self.start, self.end)
            self._is_allowed = self._unless is None or self._unless.search(clause) is None
        return self._is_allowed


class Sentence:
    """A sentence as rules see it, and what was said before it (`recall`, asked for only where it matters).

    `recall` gives two lines: the titles above; the nearest title and the paragraph so far.
    """

    def __init__(self, words: str, recall: Callable[[], str]) -> None:
        self.words = words
        self._recall = recall
        self._memory: str | None = None
        self._named: dict[str, list[int]] = {}
        self._said: dict[str, float] = {}
        self._subjects: list[tuple[int, int, str]] | None = None

    def nearness(self, frame: str, start: int, end: int) -> float:
        """How surely the words from start to end are about a frame: named in them or before, or in what was just said."""
        pattern, unless = frames()[frame]
        if unless and unless.search(self.words, 0, end):
            return 0
        if pattern.search(self.words, start, end):
            return _OWN_WORDS
        before = self._last_named(frame, start)
        if self._turned_away(frame, before or 0, end):
            return 0
        if before:
            return max(_NEARBY, _OWN_WORDS - 1 - (start - before) // 12)
        # the paragraph so far and the heading right above say more than what comes after, and that more than the part's title
        said = self._share_said(frame)
        if said:
            # of two subjects the one named last, unless the rest of the sentence names the other again
            return 3 + said + (pattern.search(self.words, end) is not None)
        if pattern.search(self.words, end, end + 30):
            return 2
        return 1 if pattern.search(self.memory) else 0

    @property
    def memory(self) -> str:
        """What was said before the sentence."""
        if self._memory is None:
            self._memory = self._recall()
        return self._memory

    def _last_named(self, frame: str, start: int) -> int:
        """Where the last mention of a frame before `start` ends; 0 if there is none."""
        if frame not in self._named:
            self._named[frame] = [m.end() for m in frames()[frame].named.finditer(self.words)]
        return max([end for end in self._named[frame] if end <= start], default=0)

    def _share_said(self, frame: str) -> float:
        """How late the paragraph so far names a frame, as a share of it; 0 if it does not."""
        if frame not in self._said:
            near, last = self.memory.rpartition("\n")[2], 0
            for m in frames()[frame].named.finditer(near):
                last = m.end()
            self._said[frame] = last / (len(near) + 1)
        return self._said[frame]

    def _turned_away(self, frame: str, start: int, end: int) -> bool:
        """True if between the last mention of a frame and a number's words the sentence turned to something else."""
        if self._subjects is None:
            self._subjects = [(m.start(), m.end(), m[0]) for m in subjects().finditer(self.words)]
        return any(a >= start and b <= end and not _is_about(subject, frame) for a, b, subject in self._subjects)


@cache
def _is_about(subject: str, frame: str) -> bool:
    return frames()[frame].named.search(subject) is not None


def claims_of(sentence: Sentence, members: list[Quantity], order: list[int], *, in_table: bool) -> dict[int, Claim]:
    """The strongest claim on each of `members`; `order`: which of them each number of the sentence's words stands for."""
    words, start, met = sentence.words, 0, 0
    clauses = []
    for clause in _BREAK.split(words):
        of_clause, numbers = (_wording if len(clause) <= _LONGEST_KEPT else _wording.__wrapped__)(clause)
        met |= of_clause
        if numbers:
            clauses.append((start, numbers))
        start += len(clause) + 1
    beyond: dict[int, list[_Match]] = {}  # what claims a number over a comma
    if wide := sentence_patterns().all_met(met):
        for i, match in _matches(wide, words, is_wide=True):
            beyond.setdefault(i, []).append(match)
    claims, number = {}, 0
    for start, numbers in clauses:
        for matches in numbers:
            if number in beyond:
                matches = [*matches, *beyond[number]]
                matches.sort(key=_most, reverse=True)
            if matches and (claim := _strongest(matches, start, members[order[number]], sentence)):
                claims[order[number]] = claim
                if in_table:
                    claim.kind = "table"
            number += 1
    return claims


@lru_cache(maxsize=_WORDINGS_KEPT)
def _wording(clause: str) -> tuple[int, tuple[Sequence[_Match], ...]]:
    """What a clause has of what patterns over several clauses need; for each of its numbers what claims it by the
    clause's own words, the strongest first.
    """
    count = clause.count(NUMBER)
    if not count:
        return sentence_patterns().met(clause, ()), ()
    signs = signs_before_numbers(clause)
    found: tuple[list[_Match], ...] = tuple([] for _ in range(count))
    near = clause_patterns()
    for i, match in _matches(near.all_met(near.met(clause, signs)), clause):
        found[i].append(match)
    for matches in found:
        if len(matches) > 1:
            matches.sort(key=_most, reverse=True)
    return sentence_patterns().met(clause, signs), found


_most = attrgetter("most")


def _matches(patterns: Iterable[Pattern], words: str, *, is_wide: bool = False) -> Iterator[tuple[int, _Match]]:
    """(which number, what claims it) for each number that one of `patterns` claims, in their order."""
    is_negated = _NEGATED.search(words) is not None
    last = words.rfind(NUMBER)
    for pattern in patterns:
        search, end = pattern.regex.search, 0
        while end <= last and (m := search(words, end)):
            start, end = m.span()
            if is_negated and _NEGATED.search(words, max(0, start - 2), end) and "不予" not in m[0]:
                continue
            skipped = 0
            for gap in pattern.gaps:
                skipped += len(m[gap] or "")
            match = _Match(pattern, words, start, end, 10 * (end - start - skipped) - skipped, is_wide)
            for group in pattern.numbers:
                at = m.start(group)
                if at >= 0:
                    yield words.count(NUMBER, 0, at), match


def clause_round(words: str, start: int, end: int) -> str:
    """The words from the comma or number before a match to the one after it."""
    before, after = _UP_TO_CLAUSE.match(words, 0, start), _CLAUSE_END.search(words, end)
    return words[before.end() if before else 0 : after.start() if after else len(words)]


def _strongest(matches: Sequence[_Match], offset: int, q: Quantity, sentence: Sentence) -> Claim | None:
    """Of the matches on a number the one of the greatest weight whose rule takes it; of equal ones the first.

    `offset`: where the number's clause begins in the sentence.
    """
    best, weight, kind = None, 0.0, ""
    for match in matches:
        if best and match.most <= weight:
            break
        rule = match.rule
        if not _fits(rule, q) or not match.is_allowed:
            continue
        if not rule.frame:
            best, weight, kind = rule, match.weight, "explicit"
            continue
        at = 0 if match.is_wide else offset
        nearness = sentence.nearness(rule.frame, at + match.start, at + match.end)
        if nearness and (best is None or match.weight + nearness > weight):
            best, weight = rule, match.weight + nearness
            kind = "explicit" if nearness == _OWN_WORDS else "context" if nearness >= _NEARBY else "memory"
    return Claim(weight, best, kind) if best else None


def _fits(rule: Rule, q: Quantity) -> bool:
    """Unit and measure agree with what the code counts."""
    if (q.measure == "change" and not rule.change) or q.is_each:
        return False
    kind = rule.kind
    if kind == "ratio":
        return q.unit == "%" and 0 <= q.value <= 100 and q.unit_raw == "%"
    if kind == "money":
        return q.unit == "元"
    if q.unit in _NO_COUNTS or q.value % 1:  # 户均0.8次 is a mean
        return False
    if rule.units is not None:
        return (q.unit or "bare") in rule.units or (q.unit is None and q.char_end - q.char_start <= 3)
    return True
