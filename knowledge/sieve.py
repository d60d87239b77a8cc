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

Parsed = list[tuple[Any, Any]]


class Sieve:
    """Numbers of the patterns that can match a text, in their order."""

    def __init__(self, patterns: Sequence[Parsed]) -> None:
        needed = [needed_words(pattern) for pattern in patterns]
        self._always = [number for number, needs in enumerate(needed) if not needs]
        # the sharpest need proposes a pattern, the next must hold too; more would cost more than they save
        self._proposes: dict[str, list[tuple[int, frozenset[str] | None]]] = {}
        self._words = ahocorasick.Automaton()
        for number, needs in enumerate(needed):
            for word in needs[0] if needs else ():
                self._proposes.setdefault(word, []).append((number, needs[1] if len(needs) > 1 else None))
            for word in frozenset().union(*needs[:2]):
                self._words.add_word(word, word)
        if len(self._words):
            self._words.make_automaton()

    def candidates(self, text: str) -> list[int]:
        """Patterns whose needed words stand in `text`, and those that need none."""
        if not len(self._words):
            return self._always
        words = {word for _, word in self._words.iter(text)}
        found = set(self._always)
        for word in words:
            for number, other in self._proposes.get(word, ()):
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
        if run:
            needs.append(frozenset((run,)))
            run = ""
        if op is constants.SUBPATTERN:
            needs += _needed(value[-1])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and value[0] > 0:
            needs += _needed(value[2])
        elif op is constants.BRANCH:
            branches = [_needed(branch) for branch in value[1]]
            if all(branches):
                needs.append(frozenset().union(*(max(b, key=_sharpness) for b in branches)))
    return needs


def signs_before(pattern: Parsed, low: str, high: str, skipped: int) -> frozenset[str] | None:
    """Signs one of which stands before the first sign between `low` and `high` that `pattern` demands.

    `skipped` parts right before that sign are left out. None where anything may stand there: a gap, a class of signs, the
    pattern's beginning.
    """
    at = next((i for i, item in enumerate(pattern) if _is_range(item, ord(low), ord(high))), 0)
    signs, may_be_empty = _last_signs(pattern[: max(0, at - skipped)])
    return None if signs is None or may_be_empty else frozenset(signs)


def _is_range(item: tuple[Any, Any], low: int, high: int) -> bool:
    op, value = item
    if op is not constants.SUBPATTERN or len(value[-1]) != 1:
        return False
    op, value = value[-1][0]
    return op is constants.IN and value == [(constants.RANGE, (low, high))]


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
