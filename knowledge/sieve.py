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


class Sieve:
    """Numbers of the patterns that can match a text, in their order."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        by_word: dict[str, list[int]] = {}
        self._always: list[int] = []
        for number, pattern in enumerate(patterns):
            words = needed_words(pattern.pattern)
            for word in words:
                by_word.setdefault(word, []).append(number)
            if not words:
                self._always.append(number)
        self._words = ahocorasick.Automaton()
        for word, numbers in by_word.items():
            self._words.add_word(word, numbers)
        self._words.make_automaton()

    def candidates(self, text: str) -> list[int]:
        """Patterns of whose words one stands in `text`, and those that need none."""
        numbers = set(self._always)
        for _, found in self._words.iter(text):
            numbers.update(found)
        return sorted(numbers)


def needed_words(pattern: str) -> frozenset[str]:
    """Words of which every match of `pattern` holds at least one; empty if there are none to name.

    Read off the parsed pattern: a run of literals is needed, of an alternation one branch's words, of an optional
    part nothing. The choice with the longest shortest word is the sharpest sieve.
    """
    return _needed(parser.parse(pattern)) or frozenset()


def _needed(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    choices: list[frozenset[str]] = []
    run = ""
    for op, value in [*parsed, (None, None)]:
        if op is constants.LITERAL:
            run += chr(value)
            continue
        if run:
            choices.append(frozenset((run,)))
            run = ""
        inner: frozenset[str] | None = None
        if op is constants.SUBPATTERN:
            inner = _needed(value[-1])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and value[0] > 0:
            inner = _needed(value[2])
        elif op is constants.BRANCH:
            branches = [_needed(branch) for branch in value[1]]
            if all(branches):
                inner = frozenset().union(*(b for b in branches if b))
        if inner:
            choices.append(inner)
    return max(choices, key=lambda words: (min(map(len, words)), -len(words)), default=None)
