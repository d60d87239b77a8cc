"""First and last day of the period that a figure is about, where the text or the report year gives them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from knowledge.years import YEARS_OFF
from transform.numbers import number_value

Span = tuple[date | None, date | None]

_UNKNOWN: Span = (None, None)
_HALVES = {"上半年": (1, 6), "下半年": (7, 12), "前三季度": (1, 9)}
_PART = re.compile(
    r"(?:(?P<year>20\d\d)年)?(?:(?P<half>上半年|下半年|前三季度)|第?(?P<quarter>[一二三四])季度|"
    r"(?P<first>\d{1,2})月?[-—–~至到](?P<last>\d{1,2})月|(?P<month>\d{1,2})月份)"
)
_AS_OF = re.compile(
    r"截[至止]到?(?:(?P<year>20\d\d)年(?P<end>底|末)?|(?P<this>今年|本年度?|年)(?P<this_end>底|末)?)?"
    r"(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?)?"
)
_SINCE = re.compile(
    r"(?P<year>20\d\d)年(?:(?P<month>\d{1,2})月)?(?:(?P<day>\d{1,2})日)?(?:以来|起|至今)|近(?P<years>[两三四五六七八九十\d]{1,2})年|"
    r"“?十(?P<plan>[二三四五])五”?(?:期间|以来)"
)
_PLANS = {"二": 2011, "三": 2016, "四": 2021, "五": 2026}  # first years of the five-year plans


def span(period: str, words: str, report_year: int | None) -> Span:
    """First and last day of a period (a word of the vocabulary); `words`: what stands before the number in its sentence.

    A day that neither the words nor the report year give is None: 目前, 累计 without a beginning.
    """
    if period in ("year", "prior_year", "next_year"):
        return _UNKNOWN if report_year is None else _whole_year(report_year + YEARS_OFF.get(period, 0))
    read = {"part_year": _part, "as_of": _as_of, "cumulative": _since}.get(period)
    try:
        return read(words, report_year) if read else _UNKNOWN
    except ValueError:  # 13月, 2月30日: printed wrong
        return _UNKNOWN


def _whole_year(year: int) -> Span:
    return date(year, 1, 1), date(year, 12, 31)


def _part(words: str, report_year: int | None) -> Span:
    m, year = _last(_PART, words, report_year)
    if m is None or year is None:
        return _UNKNOWN
    if m["half"]:
        first, last = _HALVES[m["half"]]
    elif m["quarter"]:
        last = 3 * ("一二三四".index(m["quarter"]) + 1)
        first = last - 2
    else:
        first, last = int(m["first"] or m["month"]), int(m["last"] or m["month"])
    return date(year, first, 1), _month_end(year, last)


def _as_of(words: str, report_year: int | None) -> Span:
    m, year = _last(_AS_OF, words, report_year)
    if m is None or year is None:
        return _UNKNOWN
    if m["month"]:
        month = int(m["month"])
        return None, date(year, month, int(m["day"])) if m["day"] else _month_end(year, month)
    return None, date(year, 12, 31) if m["end"] or m["this_end"] else None


def _since(words: str, report_year: int | None) -> Span:
    m, year = _last(_SINCE, words, None)
    if m is None:
        return _UNKNOWN
    end = date(report_year, 12, 31) if report_year else None
    if year:
        return date(year, int(m["month"] or 1), int(m["day"] or 1)), end
    if m["plan"]:
        return date(_PLANS[m["plan"]], 1, 1), end
    years = number_value(m["years"])
    return (date(report_year - int(years) + 1, 1, 1), end) if report_year and years else _UNKNOWN


def _last(pattern: re.Pattern[str], words: str, report_year: int | None) -> tuple[re.Match[str] | None, int | None]:
    """The last match, and the year that it names or else the one reported on."""
    m = max(pattern.finditer(words), key=re.Match.start, default=None)
    return m, int(m["year"]) if m and m["year"] else report_year


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
