"""Numbers as printed: where they stand in a text and what they are worth.

Arabic and Chinese numerals with 万 and 亿, ranges, percentages and shares in words (三分之二, 八成, 过半, 翻一番). Numbers
inside 《》 titles and short quotations, dates, ordinals, document numbers and set phrases are names, and are left out.
Values are exact (whole numbers or decimals) until they leave this module.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import attrgetter

from knowledge.cues import load, union
from knowledge.units import canonical_units, pattern_of, unit_pattern

SCALE = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_HAN_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN = "零〇一二两三四五六七八九十百千万"
_SMALL = "一两二三四五六七八九十"
# A pattern begins with one class of signs, so that a search leaps from candidate to candidate; what may not stand
# before it is looked at afterwards.
_DIGITS = (
    r"\d(?:\d{0,3}OO{0,2}|\d{0,2},\d{3}(?:,\d{3}){0,4}(?:\.\d{1,6})?|\d{0,2} \d{3}(?: \d{3}){0,4}(?!\d)|"
    r"\d{0,14}(?:\.\d{1,6})?)"
)
_NO_NUMBER_AFTER = frozenset("第0123456789.〔[·") | frozenset(map(chr, [*range(65, 91), *range(97, 123)]))
_NO_NUMERAL_AFTER = frozenset("第其之分点零〇一二两三四五六七八九十百千万0123456789")
_SCALES = "十万|百万|千万|万|亿|千|百"
_POST = "以上|以下|以内|之内|内(?!部|容|外|设|控|审|地|在)|左右|上下|之多|有余"
_NUMBER = re.compile(
    rf"(?P<a>{_DIGITS})\s?(?P<more1>[余多几])?(?P<s1>{_SCALES})?(?P<more2>[余多几])?"
    rf"(?:(?P<b>{_DIGITS})(?P<s2>万|千|百))?"
    rf"(?:(?P<u1>%|元|件|人|天|日|次|户)?[-—–~～至到]{{1,2}}(?P<to>{_DIGITS})(?P<s3>{_SCALES})?)?"
    rf"(?P<more3>[余多几])?\s?(?P<unit>{unit_pattern()})(?P<post>{_POST})?"
)
_HAN_NUMBER = re.compile(  # not from within a run of numerals
    rf"(?P<a>[{_HAN}](?<![{_HAN}]{{2}})[{_HAN}]*)(?P<more1>[余多几])?(?P<s1>万|亿)?(?:[至到](?P<to>[一二三四五六七八九十]{{1,3}}))?(?P<unit>{unit_pattern()})(?P<post>{_POST})?"
)
_PERCENT = re.compile(rf"百分之(?P<a>[{_HAN}]+(?:点[{_HAN}]+)?|{_DIGITS})(?P<post>{_POST})?")
_FRACTION = re.compile(rf"(?P<of>[{_HAN}][{_HAN}]{{0,2}})分之(?P<a>[{_HAN}]{{1,3}})(?P<post>{_POST})?")
_TENTHS = re.compile(
    rf"(?P<a>[一二三四五六七八九])成(?P<half>半|[一二三四五六七八九])?(?P<post>多|{_POST})?(?![本员功果立效熟交])"
)
_HALF = re.compile(r"过半(?![天年月])|半数(?P<post>以上)?|一半(?P<post2>以上)?|近半(?!年|月|个|数)")
_DOUBLED = re.compile("翻(?:了)?(?P<a>[一两二三四])?番")
# a number whose classifier was lost in print: after a verb that counts, before a noun (完成3市政府…文件)
_AFTER_TOTAL = re.compile(r"\d{3,15}(?![\d.,年月日号+%万亿])")
_TOTALS = ("达到", "达", "共计")
_AFTER_VERB = re.compile(r"\d{1,3}(?=[\u4e00-\u9fff])(?!年|月|日|号|点|万|亿)")
_VERBS = ("完成", "审查", "审核", "制定", "清理", "出台")
_BIG = re.compile(r"(?P<a>\d\d{0,4}(?:\.\d{1,4})?)(?P<s1>万|亿)(?P<more1>[余多])?(?=[,;。、)]|$)")
# Numbers that are names: titles, quotations, document numbers, ordinals, years in Chinese numerals.
_NAMES = (
    re.compile(r"《[^》\n]{1,120}》|“[^”\n]{1,20}”|\[\d{4}\]\s?\d+号|第\s?[\d一二三四五六七八九十百]+[^\s,。;、]"),
    re.compile(
        r"二[O〇○0零][一二三四五六七八九〇O零]{2}年(?:[一二三四五六七八九十]{1,2}月(?:[一二三四五六七八九十]{1,3}日)?)?"
    ),
)
# and those that begin with a run of digits: dates, 12号, 1+N
_DATE = re.compile(
    r"(?:20|19)\d\d\s?(?:年|[-—–~至到]{1,2}\s?(?:20|19)\d\d\s?年?)(?:度|\s?\d{1,2}\s?月(?:份|底|\s?\d{1,2}\s?日)?)?|"
    r"\d*?\d{1,2}\s?月(?:份|底|末|初|中旬|上旬|下旬|\s?\d{1,2}\s?日)?(?:[-—–~至到]{1,2}\d{1,2}\s?[月日])?|20\d{4,6}日|"
    r"(?:\d{3,4}|3[2-9]|[4-9]\d)日(?!内|以内|之内)|"  # 814日 is 8月14日 without its sign
    r"\d{1,6}号|\d+\+[\dN]"
)
# A run of digits, and what makes it a number where that leaves no doubt: no date, range, thousands apart, smaller scale.
_PLAIN_UNIT = pattern_of(unit for unit in canonical_units() if unit[0] not in "年日千百")
_RUN = re.compile(
    r"(\d+)(?:(\.\d{1,6})?([余多几])?([万亿])?([余多几])?"
    rf"(?!{_PLAIN_UNIT}[-—–~～至到])({_PLAIN_UNIT})({_POST})?)?"
)
# what may follow the first digits of a date, or of a number that has a unit or 万, 亿; and spaces
_DATE_GOES_ON = frozenset("年月日号+-—–~～至到")
_NUMBER_GOES_ON = frozenset(",.O余多几十百千万亿-—–~～至到") | frozenset(unit[0] for unit in canonical_units())
_MOST_DIGITS = 15
Value = Decimal | int
_SPAN_OF_YEARS = ("近", "连续", "过去", "前")  # 近三年 is a period


@dataclass(slots=True)
class Number:
    """A printed number: offsets, value in `unit` (canonical; None where it is lost), upper end of a range, words of degree."""

    start: int
    end: int
    value: Value
    top: Value | None
    unit: str | None
    unit_raw: str | None
    is_over: bool = False  # 余, 多, 几
    post: str | None = None  # 以上, 以内, 左右 …


def find(folded: str) -> list[Number]:
    """All numbers with a measure in a folded text, in order, none inside another."""
    names = Spans([m.span() for p in _NAMES for m in p.finditer(folded)])
    numbers = _arabic_numbers(folded)
    if chinese := sorted(_chinese_numbers(folded), key=lambda n: -n.end):  # of two that begin together the longer
        numbers = sorted([*numbers, *chinese], key=attrgetter("start"))
    out: list[Number] = []
    done = 0
    for number in numbers:
        if number.start >= done and not names.touches(number.start, number.end):
            out.append(number)
            done = number.end
    return out


class Spans:
    """Membership in a set of spans that may overlap, asked in the order of the text."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        starts: list[int] = []
        ends: list[int] = []
        for a, b in sorted(spans):
            if ends and a <= ends[-1]:
                ends[-1] = max(b, ends[-1])
            else:
                starts.append(a)
                ends.append(b)
        self._starts = [*starts, sys.maxsize]
        self._ends = [*ends, sys.maxsize]
        self._at = 0

    def touches(self, start: int, end: int) -> bool:
        """True if one of the spans overlaps start…end; `start` is none before that of the last question."""
        while self._ends[self._at] <= start:
            self._at += 1
        return self._starts[self._at] < end


@cache
def _words(name: str) -> re.Pattern[str]:
    patterns: list[str] = load("numbers.toml")[name]
    return union(patterns)


@cache
def _set_phrases() -> re.Pattern[str]:
    """Set phrases that begin with a small numeral; one class of signs at the front keeps the search fast."""
    return re.compile(f"[{_SMALL}](?:{'|'.join(load('numbers.toml')['names'])})")


def _arabic_numbers(folded: str) -> list[Number]:
    """Numbers that begin with a run of digits, and are no date."""
    out: list[Number] = []
    done = 0
    not_unit, unit_of = _not_unit(), canonical_units()
    for run in _RUN.finditer(folded):
        start, end = run.span()
        if start < done:
            continue
        digits, fraction, more1, scale, more2, unit, post = run.groups()
        before = folded[start - 1] if start else ""
        if unit and len(digits) <= _MOST_DIGITS and before not in _MINUS:
            other = not_unit.get(unit)
            if before in _NO_NUMBER_AFTER or (other and other.match(folded, run.start(6))):
                continue
            value = Decimal(digits + fraction) if fraction else int(digits)
            if scale:
                value *= SCALE[scale]
            out.append(Number(start, end, value, None, unit_of[unit], unit, bool(more1 or more2), post))
            continue
        sign = folded[run.end(1) : run.end(1) + 1]
        is_space = sign.isspace()
        goes_on = is_space or sign in _NUMBER_GOES_ON
        if (is_space or sign in _DATE_GOES_ON) and (date := _DATE.match(folded, start)):
            done = date.end()
        elif before in _NO_NUMBER_AFTER:
            continue
        elif goes_on and (m := _NUMBER.match(folded, start)):
            done = m.end()
            if number := _arabic(folded, m):
                out.append(number)
        elif goes_on and (m := _BIG.match(folded, start)):
            out.append(Number(start, m.end(), Decimal(m["a"]) * SCALE[m["s1"]], None, None, None, bool(m["more1"])))
        elif m := _without_unit(folded, start):
            out.append(Number(start, m.end(), int(m[0]), None, None, None))
    return out


def _without_unit(folded: str, start: int) -> re.Match[str] | None:
    if folded.endswith(_TOTALS, 0, start):
        return _AFTER_TOTAL.match(folded, start)
    return _AFTER_VERB.match(folded, start) if folded.endswith(_VERBS, 0, start) else None


def _chinese_numbers(folded: str) -> Iterator[Number]:
    """Numbers in Chinese numerals, and shares in words."""
    for m in _HAN_NUMBER.finditer(folded):
        if number := _han(folded, m):
            yield number
    for sign, pattern, read in _IN_WORDS:
        for m in pattern.finditer(folded) if sign.search(folded) else ():
            if m.start() and folded[m.start() - 1] in _NO_NUMERAL_AFTER and m[0][0] in _HAN:
                continue
            value, unit = read(m)
            if value is not None:
                groups = m.groupdict()
                post = groups.get("post") or groups.get("post2")
                is_over = m[0].startswith("过半") or post == "多"
                yield Number(m.start(), m.end(), value, None, unit, unit, is_over, None if post == "多" else post)


def _arabic(folded: str, m: re.Match[str]) -> Number | None:
    printed, more1, s1, more2, b, s2, u1, to, s3, more3, unit_raw, post = m.groups()
    start = m.start()
    value = number_value(printed)
    if (
        value is None
        or _is_other_word(folded, unit_raw, m.start("unit"))
        or (unit_raw == "年" and _is_span(folded, start, value))
    ):
        return None
    top = number_value(to) if to else None
    if u1 and u1 != unit_raw:
        return None
    # 3至5万元: the scale after the range holds for both ends
    scale = SCALE[s1] if s1 else 1
    top_scale = SCALE[s3] if s3 else scale
    if top is not None and scale == 1:
        scale = top_scale
    if scale != 1:
        value *= scale
    if b:
        value += (number_value(b) or 0) * SCALE[s2]
    if unit_raw == "%" and folded[start - 1 : start] in _MINUS and folded[start - 2 : start - 1] in _BEFORE_MINUS:
        start, value = start - 1, -value
    top = top * top_scale if top is not None else None
    return Number(
        start, m.end(), value, top, canonical_units()[unit_raw], unit_raw, bool(more1 or more2 or more3), post
    )


_MINUS = frozenset("-—−–")
_BEFORE_MINUS = frozenset("为是至到,、和及与达:(") | {""}


def _is_span(folded: str, start: int, years: Decimal) -> bool:
    """True for 2023年 and 近3年: a date, a period."""
    return years >= 1900 or folded.endswith(_SPAN_OF_YEARS, 0, start)


def _is_other_word(folded: str, unit: str, at: int) -> bool:
    """True if what follows the digits is no unit but the beginning of a word (图3所示, 30处理)."""
    other = _not_unit().get(unit)
    return other is not None and other.match(folded, at) is not None


@cache
def _not_unit() -> dict[str, re.Pattern[str]]:
    by_unit: dict[str, list[str]] = {}
    for pattern in load("numbers.toml")["not_unit"]:
        by_unit.setdefault(pattern[0], []).append(pattern)
    return {unit: union(patterns) for unit, patterns in by_unit.items()}


def _han(folded: str, m: re.Match[str]) -> Number | None:
    """A Chinese numeral with a classifier. 一 and bare 十 … 万 count only in certain words."""
    printed, unit_raw = m["a"], m["unit"]
    start = m.start()
    if (
        (start and folded[start - 1] in _NO_NUMERAL_AFTER)
        or _is_other_word(folded, unit_raw, m.start("unit"))
        or printed in ("零", "〇")
    ):
        return None
    if _set_phrases().match(folded, start):
        return None
    if printed == "一" and not any(
        x.start() <= m.start() < x.end() for x in _words("one").finditer(folded, max(0, m.start() - 24), m.end() + 2)
    ):
        return None
    if printed == "万" and not m["more1"]:
        return None
    low, top = printed, None
    if (
        len(printed) >= 2
        and printed[-1] in _HAN_DIGIT
        and printed[-2] in _HAN_DIGIT
        and "〇" not in printed
        and "零" not in printed
    ):
        low, top = printed[:-1], printed[:-2] + printed[-1]  # 两三个, 十五六个
        if len(printed) > 2 and printed[-3] not in SCALE:
            return None  # 二〇二三: digits read one by one
    top = m["to"] or top
    value = number_value(low)
    if value is None or (unit_raw == "年" and _is_span(folded, start, value)):
        return None
    if unit_raw == "位" and len(printed) == 1 and folded[start - 1 : start] in ("前", "后"):
        return None
    scale = SCALE[m["s1"]] if m["s1"] else 1
    high = number_value(top) if top else None
    return Number(
        m.start(), m.end(), value * scale, high * scale if high is not None else None,
        canonical_units()[unit_raw], unit_raw, bool(m["more1"]), m["post"],
    )  # fmt: skip


def _percent(m: re.Match[str]) -> tuple[Decimal | None, str]:
    return number_value(m["a"]), "%"


def _fraction(m: re.Match[str]) -> tuple[Decimal | None, str]:
    of, part = number_value(m["of"]), number_value(m["a"])
    return (round(part / of * 100, 2) if of and part is not None else None), "%"


def _tenths(m: re.Match[str]) -> tuple[Decimal | None, str]:
    more = m["half"]
    return Decimal(_HAN_DIGIT[m["a"]] * 10 + (5 if more == "半" else _HAN_DIGIT[more] if more else 0)), "%"


def _half(m: re.Match[str]) -> tuple[Decimal | None, str]:
    return Decimal(50), "%"


def _doubled(m: re.Match[str]) -> tuple[Decimal | None, str]:
    return Decimal(2) ** (_HAN_DIGIT[m["a"]] if m["a"] else 1), "倍"


# what stands in each of them, a sign or two that a search leaps to
_IN_WORDS = (
    (re.compile("百分之"), _PERCENT, _percent),
    (re.compile(f"分之(?<=[{_HAN}]分之)"), _FRACTION, _fraction),
    (re.compile("成(?<=[一二三四五六七八九]成)"), _TENTHS, _tenths),
    (re.compile("半(?:(?<=[过一近]半)|数)"), _HALF, _half),
    (re.compile("番(?<=[翻了一两二三四]番)"), _DOUBLED, _doubled),
)


def number_value(printed: str) -> Decimal | None:
    """Value of a printed number: 1,245 · 3.2 · 16.4亿 · 二十三 · 两千三百 · 九十八点五; None if it is none."""
    if not printed:
        return None
    if printed.isdecimal():
        return Decimal(printed)
    if printed[0].isdigit():
        scale = next((s for s in ("千万", "百万", "十万", "亿", "万", "千", "百") if printed.endswith(s)), "")
        return Decimal(printed.removesuffix(scale).replace(",", "").replace(" ", "").replace("O", "0")) * (
            SCALE[scale] if scale else 1
        )
    whole, _, fraction = printed.partition("点")
    high = total = section = digit = Decimal(0)  # 亿 and above, 万, below
    for char in whole:
        if char in _HAN_DIGIT:
            digit = Decimal(_HAN_DIGIT[char])
        elif char == "亿":
            high, total, section, digit = (high + total + section + digit) * SCALE[char], *([Decimal(0)] * 3)
        elif char == "万":
            total, section, digit = total + (section + digit) * SCALE[char], Decimal(0), Decimal(0)
        elif char in SCALE:
            section += (digit or 1) * SCALE[char]
            digit = Decimal(0)
        else:
            return None
    value = high + total + section + digit
    if fraction:
        if any(c not in _HAN_DIGIT for c in fraction):
            return None
        value += Decimal("0." + "".join(str(_HAN_DIGIT[c]) for c in fraction))
    return value
