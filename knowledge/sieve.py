"""A sieve before many patterns: which of them can match a text at all.

A pattern can match only where one of certain words stands; one pass of an Aho-Corasick automaton finds those words,
and only the patterns that they belong to are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]  # the only way to read a pattern's structure
from typing import Any

from ahocorasick_rs import AhoCorasick

_FEW = 6  # signs; one of many says little
_NEEDS = 3  # sets of words of a pattern that are looked for, beside its key: all_met folds four bits to one
_FIELD = _NEEDS + 1  # bits of a pattern: of each of its needs and its key, whether it is met
Parsed = list[tuple[Any, Any]]


class Sieve:
    """Numbers of the patterns that can match a text, in their order.

    given: a sign that stands in every text that will be looked at, so that to need it says nothing. breaks: signs at
    which texts are cut before they are looked at piece by piece (met), so that no needed word holds one. keys: for each
    pattern a set of signs one of which must be among those that come with a text, None for a pattern that does not mind.
    """

    def __init__(
        self,
        patterns: Sequence[Parsed],
        given: str = "",
        breaks: str = "",
        keys: Sequence[frozenset[str] | None] | None = None,
    ) -> None:
        met: dict[str, int] = {}
        self._signs: dict[str, int] = {}
        self._free = 0  # what is met by any text, as nothing is asked for
        self._firsts = 0
        for number, pattern in enumerate(patterns):
            self._firsts |= 1 << number * _FIELD
            needs = [w for w in needed_words(pattern, breaks) if given not in w][:_NEEDS]
            wanted = (*needs, *[None] * (_NEEDS - len(needs)), keys[number] if keys else None)
            for place, words in enumerate(wanted):
                bit, bits = 1 << number * _FIELD + place, self._signs if place == _NEEDS else met
                if words is None:
                    self._free |= bit
                for word in words or ():
                    bits[word] = bits.get(word, 0) | bit
        self._words, self._bits = AhoCorasick(met), list(met.values())

    def met(self, text: str, signs: Iterable[str] = ()) -> int:
        """The needs of patterns that a text meets, as bits: those of a text's pieces joined (|) are those of the text."""
        bits = self._free
        for word, _, _ in self._words.find_matches_as_indexes(text, overlapping=True):
            bits |= self._bits[word]
        for sign in signs:
            bits |= self._signs.get(sign, 0)
        return bits

    def all_met(self, bits: int) -> list[int]:
        """Patterns of which every need is among those met."""
        bits &= bits >> 1
        bits = bits & bits >> 2 & self._firsts
        found = []
        while bits:
            last = bits.bit_length() - 1
            found.append(last // _FIELD)
            bits ^= 1 << last
        found.reverse()
        return found

    def candidates(self, text: str) -> list[int]:
        """Patterns whose needed words stand in `text`, and those that need none."""
        return self.all_met(self.met(text))


def parse(pattern: str | re.Pattern[str]) -> Parsed:
    """A regular expression as its parts, for needed_words and signs_before."""
    return list(parser.parse(pattern if isinstance(pattern, str) else pattern.pattern))


def needed_words(pattern: Parsed, breaks: str = "") -> list[frozenset[str]]:
    """Sets of words of each of which every match of `pattern` holds at least one, the sharpest first.

    Read off the parsed pattern: a run of literals is needed, of an alternation one branch's words, of an optional
    part nothing. The set with the longest shortest word is the sharpest. Of a word that holds one of `breaks` the longest
    piece between them is taken.
    """
    needs = set(_needed(pattern))
    if breaks:
        needs = {frozenset(max(re.split(f"[{breaks}]", word), key=len) for word in words) for words in needs}
    return sorted((words for words in needs if "" not in words), key=_sharpness, reverse=True)


def _sharpness(words: frozenset[str]) -> tuple[int, int, list[str]]:
    return min(map(len, words)), -len(words), sorted(words)


def _needed(parsed: Iterable[tuple[Any, Any]]) -> list[frozenset[str]]:
    needs: list[frozenset[str]] = []
    run = ""
    for op, value in [*parsed, (None, None)]:
        if op is constants.LITERAL:
            run += chr(value)
            continue
        if op is constants.SUBPATTERN and all(o is constants.LITERAL for o, _ in value[-1]):
            run += "".join(chr(v) for _, v in value[-1])
            continue
        if run:
            needs.append(frozenset((run,)))
            run = ""
        if op is constants.IN and len(value) <= _FEW and all(o is constants.LITERAL for o, _ in value):
            needs.append(frozenset(chr(v) for _, v in value))  # what the parser makes of 由|从
        elif op is constants.SUBPATTERN:
            needs += _needed(value[-1])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and value[0] > 0:
            needs += _needed(value[2])
        elif op is constants.BRANCH:
            branches = [_needed(branch) for branch in value[1]]
            if all(branches):
                needs.append(frozenset().union(*(max(b, key=_sharpness) for b in branches)))
    return needs


def signs_before(pattern: Parsed, sign: str, skipped: int) -> frozenset[str] | None:
    """Signs one of which stands before the first group of `pattern` that is `sign` and nothing else.

    `skipped` parts right before that sign are left out. None where anything may stand there: a gap, a class of signs, the
    pattern's beginning.
    """
    at = next((i for i, item in enumerate(pattern) if _is_group_of(item, ord(sign))), 0)
    signs, may_be_empty = _last_signs(pattern[: max(0, at - skipped)])
    return None if signs is None or may_be_empty else frozenset(signs)


def _is_group_of(item: tuple[Any, Any], sign: int) -> bool:
    op, value = item
    return op is constants.SUBPATTERN and list(value[-1]) == [(constants.LITERAL, sign)]


def _last_signs(parsed: Iterable[tuple[Any, Any]]) -> tuple[set[str] | None, bool]:
    """Signs that a match may end in (None: any), and whether it may be empty."""
    out: set[str] = set()
    for op, value in reversed(list(parsed)):
        signs: set[str] | None = set()
        may_be_empty = True
        if op is constants.LITERAL:
            signs, may_be_empty = {chr(value)}, False
        elif op is constants.IN and all(o is constants.LITERAL for o, _ in value):
            signs, may_be_empty = {chr(v) for _, v in value}, False
        elif op is constants.SUBPATTERN:
            signs, may_be_empty = _last_signs(value[-1])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            signs, may_be_empty = _last_signs(value[2])
            may_be_empty = may_be_empty or value[0] == 0
        elif op is constants.BRANCH:
            branches = [_last_signs(branch) for branch in value[1]]
            signs = None if any(s is None for s, _ in branches) else set().union(*(s for s, _ in branches if s))
            may_be_empty = any(empty for _, empty in branches)
        elif op not in (constants.ASSERT, constants.ASSERT_NOT):
            signs = None
        if signs is None:
            return None, False
        out |= signs
        if not may_be_empty:
            return out, False
    return out, True
