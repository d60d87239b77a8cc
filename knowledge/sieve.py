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

import ahocorasick

_ANY = ("",)  # no sign of its own
_FEW = 6  # signs; one of many says little
Parsed = list[tuple[Any, Any]]


class Sieve:
    """Numbers of the patterns that can match a text, in their order.

    given: a sign that stands in every text that will be looked at, so that to need it says nothing. keys: for each
    pattern a set of signs one of which must be among those that come with a text, None for a pattern that does not mind.
    """

    def __init__(
        self, patterns: Sequence[Parsed], given: str = "", keys: Sequence[frozenset[str] | None] | None = None
    ) -> None:
        self._always: list[int] = []
        # the sharpest need proposes a pattern, the next must hold too; more would cost more than they save
        proposed: dict[str, dict[str, list[tuple[int, frozenset[str] | None]]]] = {}
        for number, pattern in enumerate(patterns):
            needs = [words for words in needed_words(pattern) if given not in words]
            if not needs:
                self._always.append(number)
                continue
            signs = keys[number] if keys else None
            for word in needs[0]:
                for sign in ("",) if signs is None else signs:
                    proposed.setdefault(word, {}).setdefault(sign, []).append(
                        (number, needs[1] if len(needs) > 1 else None)
                    )
            for word in frozenset().union(*needs[1:2]):
                proposed.setdefault(word, {})
        self._words = ahocorasick.Automaton()
        for word, by_sign in proposed.items():
            anyhow = tuple(by_sign.get("", ()))
            with_sign = {sign: (*anyhow, *some) for sign, some in by_sign.items() if sign}
            self._words.add_word(word, (word, with_sign, anyhow))
        if len(self._words):
            self._words.make_automaton()

    def candidates(self, text: str, signs: Iterable[str] = _ANY) -> list[int]:
        """Patterns whose needed words stand in `text` and whose key is among `signs`, and those that need none."""
        if not len(self._words):
            return self._always
        hits = [value for _, value in self._words.iter(text)]
        words = {word for word, _, _ in hits}
        found = set(self._always)
        for _, by_sign, anyhow in hits:
            for sign in signs if by_sign else _ANY:
                for number, other in by_sign.get(sign, anyhow):
                    if other is None or not other.isdisjoint(words):
                        found.add(number)
        return sorted(found)


def parse(pattern: str | re.Pattern[str]) -> Parsed:
    """A regular expression as its parts, for needed_words and signs_before."""
    return list(parser.parse(pattern if isinstance(pattern, str) else pattern.pattern))


def needed_words(pattern: Parsed) -> list[frozenset[str]]:
    """Sets of words of each of which every match of `pattern` holds at least one, the sharpest first.

    Read off the parsed pattern: a run of literals is needed, of an alternation one branch's words, of an optional
    part nothing. The set with the longest shortest word is the sharpest.
    """
    return sorted(set(_needed(pattern)), key=_sharpness, reverse=True)


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
