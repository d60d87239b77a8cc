"""Dates as Chinese portals print them.

Own patterns first; dateparser (Chinese only, strict) for the rest. Without those two settings it reads 11月8日 as
2011-08-22 and fills a missing day with today's.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from knowledge.text import half

_HAN = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0", "O": "0", "О": "0"}
_PLAIN = re.compile(r"((?:19|20)\d\d)\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_WRITTEN = re.compile(
    r"(二[〇○零OО][一二三四五六七八九〇○零]{2})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_DAMAGED = re.compile(r"^\s*(20\d\d)(\d{3,4})日?\s*$")
# a signature stands at most so long before its page is put online
_SIGNED_WITHIN = timedelta(days=120)


def find_date(text: str) -> date | None:
    """The first full date in a short text, or None; a year and month without a day is no date."""
    text = half(text)
    for pattern in (_PLAIN, _COMPACT):
        for m in pattern.finditer(text):
            if day := _day(int(m[1]), int(m[2]), int(m[3])):
                return day
    if written := _WRITTEN.search(text):
        year = 2000 + int("".join(_HAN[c] for c in written[1][1:]))
        return _day(year, _han(written[2]), _han(written[3]))
    return _parsed(text.strip()) if 6 <= len(text.strip()) <= 30 and re.search(r"\d", text) else None


def restore_date(text: str, published: date) -> date | None:
    """Date printed without its signs (2023118): the one reading that lies shortly before publication, else None."""
    if not (m := _DAMAGED.match(half(text))):
        return None
    year, digits = int(m[1]), m[2]
    readings = {
        _day(year, int(digits[:i]), int(digits[i:])) for i in (1, 2) if (digits[i:] and digits[i] != "0") or i == 2
    }
    fitting = [d for d in readings if d and timedelta(0) <= published - d <= _SIGNED_WITHIN]
    return fitting[0] if len(fitting) == 1 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _han(printed: str) -> int:
    tens, ten, ones = printed.partition("十")
    if not ten:
        return int(_HAN[printed])
    return (int(_HAN[tens]) if tens else 1) * 10 + (int(_HAN[ones]) if ones else 0)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> date | None:
    import dateparser  # slow to import and seldom needed

    found = dateparser.parse(text, languages=["zh"], settings={"STRICT_PARSING": True})
    return found.date() if found else None
