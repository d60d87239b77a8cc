"""Every number with a measure that a body states, as spans of its text.

Numbers inside 《》 titles, short quotations, dates, ordinals, document numbers and list markers are names, not
measures, and are left out. Values are multiplied out with Decimal (3.2万 → 32000).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from knowledge.text import plain
from knowledge.units import canonical_unit, unit_pattern

_SCALE = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_HAN_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN = "零〇一二两三四五六七八九十百千万"
_DIGITS = r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,6})?|\d{1,15}(?:\.\d{1,6})?"
_SCALES = "十万|百万|千万|万|亿|千|百"
_NUMBER = re.compile(
    rf"(?<![第\dA-Za-z.〔\[·])(?P<a>{_DIGITS})(?P<more1>[余多几])?(?P<s1>{_SCALES})?(?P<more2>[余多几])?"
    rf"(?:(?P<b>{_DIGITS})(?P<s2>万|千|百))?"
    rf"(?:[-—–~至到]{{1,2}}(?P<to>{_DIGITS})(?P<s3>{_SCALES})?)?"
    rf"(?P<more3>[余多几])?\s?(?P<unit>{unit_pattern()})(?P<post>以上|以下|以内|左右|上下|之多)?"
)
_HAN_NUMBER = re.compile(
    rf"(?<![第其之{_HAN}\d])(?P<a>(?=[{_HAN}]*[十百千万])[{_HAN}]{{2,}}|百|千|[两三四五六七八九十](?=[余多几次场期起份名]|件(?!事))|两(?=项|部|家|条|起))"
    rf"(?P<more1>[余多几])?(?P<s1>万|亿)?(?P<more2>)(?P<more3>)(?P<unit>{unit_pattern()})(?P<post>以上|以下|以内|左右|上下)?"
)
_PERCENT_WORDS = re.compile(rf"百分之(?P<a>[{_HAN}]+(?:点[{_HAN}]+)?|{_DIGITS})(?P<post>以上|以下|以内|左右)?")
# a number whose classifier was lost in print: after a verb that counts, before a noun (完成3市政府…文件)
_BARE = re.compile(
    r"(?:(?<=达)|(?<=达到)|(?<=总量达)|(?<=共计))(?P<big>\d{3,})(?![\d.,年月日号+%万亿])|"
    r"(?:(?<=完成)|(?<=审查)|(?<=审核)|(?<=制定)|(?<=清理)|(?<=出台))(?P<small>\d{1,3})(?=[\u4e00-\u9fff])(?!年|月|日|号|点|万|亿)"
)
_DATE = re.compile(
    r"(?:20|19)\d\d\s?(?:年|[-—–~至到]{1,2}\s?(?:20|19)\d\d\s?年?)(?:度|\s?\d{1,2}\s?月(?:份|底|\s?\d{1,2}\s?日)?)?|"
    r"\d{1,2}\s?月(?:份|底|末|初|中旬|上旬|下旬|\s?\d{1,2}\s?日)?(?:[-—–~至到]{1,2}\d{1,2}\s?[月日])?|(?<!\d)20\d{4,6}日"
)
_NAMED = re.compile(
    r"《[^》\n]{1,120}》|“[^”\n]{1,20}”|\[\d{4}\]\s?\d+号|第\s?[\d一二三四五六七八九十百]+[^\s,。;、]|(?<!\d)\d{1,6}号|[\d一二三四五六七八九十]+[·・.]\d+(?=国家|宪法|禁毒|消费)"
)
_TITLE = re.compile(r"《[^》\n]{1,120}》")
_BEFORE = (
    ("approx", re.compile(r"(约|大约|近|接近|将近|大概)$")),
    ("over", re.compile(r"(超过|超|逾|突破|多达|高达.{0,1}超)$")),
    ("at_least", re.compile(r"(至少|不少于|不低于|最少)$")),
    ("under", re.compile(r"(不足|不到|低于)$")),
    ("at_most", re.compile(r"(不超过|不多于|至多|最多|不高于)$")),
)
_AFTER = {"以上": "at_least", "以内": "at_most", "以下": "at_most", "左右": "approx", "上下": "approx", "之多": "exact"}
_CHANGE = re.compile(
    r"((同比|环比)[^,;。]{0,8}|(较|(?<![占对])比(?=[上去前同\d])|与(?=[上去\d]))[^,;。]{1,12}(相比)?[^,;。]{0,6}|"
    r"(增长|增加|增幅|增速|上升|上涨|提高|提升|下降|降低|减少|降幅|压缩|压减|缩短|缩减|精简|增长率|下降率|翻)(了|率|幅度)?(为|达|约|近|超过|超)?(到|至)?(?P<to>))$"
)
_TO_LEVEL = re.compile(
    r"(降|增|升|增长|增加|上升|提高|提升|下降|降低|减少|压缩|压减|缩短|缩减|精简)(到|至|为)(约|近)?$"
)
# bare 将 is mostly 把 (将4万户纳入名录库): only 将 before a verb of the future is a plan
_TARGET = re.compile(
    r"(力争|确保(?!了)|计划(?!.{0,4}[检抽]查)|预计|目标(?!任务)|拟(?![定订])|打算|争取(?!到|资)|"
    r"将(继续|进一步|于|力争|新增|新建|达到|完成|开展|组织))[^,。;]{0,20}$"
)
_LIMIT = re.compile(r"(控制在|限制在|不得(超过|少于|低于)|应当?(不少于|不超过|在))[^,。;]{0,6}$")
_CUMULATIVE = re.compile(
    r"(累计|历年|近[两二三四五六七八九十\d]+年|[两三四五六七八九十]年来|以来|至今|自.{2,12}(以来|起|至))"
)
_AS_OF = re.compile(r"(截至|截止|目前|现有|现共有|实有|在册|共有|总数)")
_AS_OF_DATE = re.compile(r"(截至|截止)")
_THIS_YEAR = re.compile(r"(本年度?|全年|今年|年内)")
_CLAUSE = re.compile(r"[,;:()]")
_PART_YEAR = re.compile(r"(上半年|下半年|[一二三四]季度|前三季度|每(月|季度|年|周)|1-\d{1,2}月|\d月份)")
_PRIOR = re.compile(r"(上年|去年|上一年)(度)?(?!结转|.{0,6}(相比|同期))")
_BREAK = re.compile(r"[。;!?\n]")


@dataclass(slots=True)
class Quantity:
    """One number: offsets in code points of the text; value in canonical `unit` (None where the unit was lost)."""

    char_start: int
    char_end: int
    quote: str
    value: float
    value_max: float | None
    unit: str | None
    unit_raw: str | None
    modifier: str
    measure: str
    period: str
    subject: str | None
    year: int | None


def read(text: str, report_year: int | None, planned: Iterable[tuple[int, int]] = ()) -> list[Quantity]:
    """All quantities of a body, in order. `planned` are spans (next year's part) whose numbers are targets."""
    folded = plain(text)
    names = _Spans([m.span() for p in (_DATE, _NAMED) for m in p.finditer(folded)])
    plans = _Spans(list(planned))
    # a year inside a title says nothing about the number after it
    context = _TITLE.sub(lambda m: "《" + "□" * (len(m[0]) - 2) + "》", folded)
    found: list[Quantity] = []
    for m in sorted(_matches(folded), key=lambda m: (m.start(), -m.end())):
        if (found and m.start() < found[-1].char_end) or names.touches(m.start(), m.end()):
            continue
        if q := _quantity(text, context, m, report_year, plans.touches(m.start(), m.end())):
            found.append(q)
    return found


class _Spans:
    """Membership in a set of spans that may overlap."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for a, b in sorted(spans):
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        self._spans = merged
        self._starts = [a for a, _ in merged]

    def touches(self, start: int, end: int) -> bool:
        i = bisect_right(self._starts, start) - 1
        if i >= 0 and start < self._spans[i][1]:
            return True
        return i + 1 < len(self._spans) and self._spans[i + 1][0] < end


def _matches(folded: str) -> Iterable[re.Match[str]]:
    for pattern in (_NUMBER, _HAN_NUMBER, _PERCENT_WORDS, _BARE):
        yield from pattern.finditer(folded)


def _quantity(text: str, folded: str, m: re.Match[str], report_year: int | None, planned: bool) -> Quantity | None:
    groups = m.groupdict()
    unit_raw = groups.get("unit") or ("%" if m.re is _PERCENT_WORDS else None)
    printed = groups.get("a") or groups.get("big") or groups.get("small")
    value = number_value(printed or "")
    if value is None or (unit_raw == "年" and value >= 1900):
        return None
    # 3至5万元: the scale after the range holds for both ends
    scale = _SCALE[groups["s1"]] if groups.get("s1") else 1
    top = number_value(groups["to"]) if groups.get("to") else None
    top_scale = _SCALE[groups["s3"]] if groups.get("s3") else scale
    if top is not None and scale == 1:
        scale = top_scale
    value *= scale
    if groups.get("b"):
        value += (number_value(groups["b"]) or 0) * _SCALE[groups["s2"]]
    sentence = max(
        (x.end() for x in _BREAK.finditer(folded, max(0, m.start() - 160), m.start())), default=max(0, m.start() - 160)
    )
    before = folded[sentence : m.start()]
    modifier = _modifier(groups, before)
    for _, pattern in _BEFORE:
        bare = pattern.sub("", before)
        if bare != before:
            break
    measure = _measure(bare, folded[m.end() : m.end() + 4], unit_raw, planned)
    period = _period(bare, measure, report_year)
    return Quantity(
        char_start=m.start(),
        char_end=m.end(),
        quote=text[m.start() : m.end()],
        value=float(value),
        value_max=float(top * top_scale) if top is not None else None,
        unit=canonical_unit(unit_raw) if unit_raw else None,
        unit_raw=unit_raw,
        modifier=modifier,
        measure=measure,
        period=period,
        subject=_subject(bare, folded[m.end() : m.end() + 24]),
        year=None if report_year is None else report_year + {"prior_year": -1, "next_year": 1}.get(period, 0),
    )


def number_value(printed: str) -> Decimal | None:
    """Value of a printed number: 1,245 · 3.2 · 二十三 · 两千三百 · 九十八点五; None if it is none."""
    if not printed:
        return None
    if printed[0].isdigit():
        return Decimal(printed.replace(",", ""))
    whole, _, fraction = printed.partition("点")
    total = section = digit = 0
    for char in whole:
        if char in _HAN_DIGIT:
            digit = _HAN_DIGIT[char]
        elif char == "万":
            total, section, digit = (total + section + digit) * 10**4, 0, 0
        elif char in _SCALE:
            section += (digit or 1) * _SCALE[char]
            digit = 0
        else:
            return None
    value = Decimal(total + section + digit)
    if fraction:
        value += Decimal("0." + "".join(str(_HAN_DIGIT.get(c, "")) for c in fraction))
    return value


def _modifier(groups: dict[str, str | None], before: str) -> str:
    for name, pattern in _BEFORE:
        if pattern.search(before):
            return name
    if post := groups.get("post"):
        return _AFTER[post]
    return "over" if groups.get("more1") or groups.get("more2") or groups.get("more3") else "exact"


def _measure(before: str, after: str, unit: str | None, planned: bool) -> str:
    tail = before[-24:]
    if unit in ("个百分点", "百分点"):
        return "change"
    if _CHANGE.search(tail) and not _TO_LEVEL.search(tail):
        return "change"
    if planned or _TARGET.search(before[-40:]):
        return "target"
    if _LIMIT.search(tail):
        return "limit"
    return "share" if unit == "%" else "level"


def _period(before: str, measure: str, report_year: int | None) -> str:
    """Period of a number by what stands before it in its sentence.

    The number's own clause decides: a year, 上年, 本年度, 目前. Only 累计 and the like reach over commas to the numbers
    after them, until another clause names a time of its own.
    """
    if measure == "target":
        return "next_year"
    if _TO_LEVEL.search(before):
        return "year"  # 由上年的12件降至5件: the second is this year's
    clauses = _CLAUSE.split(before)
    own = clauses[-1]
    year = [int(y) for y in re.findall(r"(20[0-3]\d)年(?!以来|至)", own)]
    if measure != "change" and (_PRIOR.search(own) or (report_year and year and year[-1] == report_year - 1)):
        return "prior_year"
    for clause in (own, *reversed(clauses[:-1])):
        if _AS_OF_DATE.search(clause):
            return "as_of"
        if _CUMULATIVE.search(clause):
            return "cumulative"
        if _PART_YEAR.search(clause):
            return "part_year"
        if _THIS_YEAR.search(clause) or re.search(r"20[0-3]\d年", clause):
            return "as_of" if clause is own and _AS_OF.search(own) else "year"
    return "as_of" if _AS_OF.search(own) else "year"


def _subject(before: str, after: str) -> str | None:
    """The words counted: what follows a number up to the clause's end, or what stands right before it."""
    clause = re.split(r"[,;:、()]", before)[-1]
    behind = re.match(r"(?:的)?([\u4e00-\u9fff“”]{2,20})", after)
    words = re.sub(r"^(全年|年内|今年|共|累计)+|(共|共计|累计|达到?|为|约|近|总数|数量|实施数量)+$", "", clause)[-20:]
    return words if len(words) >= 2 else behind[1] if behind else words or None
