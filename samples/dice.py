"""Chance that is the same on every machine and Python.

Only `random.Random.random` is promised to give the same sequence in every Python version for the same seed;
`choice`, `sample` or `randint` are not. So everything is made from it here.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A source of chance named by its seed parts: Dice(7, "云川县", 2023) always rolls the same."""

    def __init__(self, *seed: object) -> None:
        self._random = random.Random("\x1f".join(str(s) for s in seed)).random

    def chance(self, probability: float) -> bool:
        """True with the given probability (0–1)."""
        return self._random() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random() * (high - low + 1))

    def real(self, low: float, high: float) -> float:
        """A real number between low and high."""
        return low + self._random() * (high - low)

    def spread(self, low: float, high: float) -> float:
        """A number between low and high whose logarithm is uniform: small bodies are many, large ones few."""
        if low <= 0:
            return self.real(low, high)
        return math.exp(self.real(math.log(low), math.log(high)))

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self._random() * len(options))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All items in a new order (Fisher–Yates)."""
        out = list(items)
        for i in range(len(out) - 1, 0, -1):
            j = int(self._random() * (i + 1))
            out[i], out[j] = out[j], out[i]
        return out
