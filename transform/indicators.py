"""From quantities to indicators: which of a report's numbers the catalogue knows.

A sentence's numbers are replaced by placeholders and the rules of indicator_rules.toml are matched against what is
left. Of the rules that claim a number the one that explains the most words wins; a number serves one code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.indicators import MAX_NUMBERS, NUMBER_0, Rule, catalogue, frames, patterns_for, subjects
from knowledge.text import plain
from transform.quantities import Quantity

_SENTENCE = re.compile(r"[^。!?\n]*[。!?\n]?")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")  # glyphs of private fonts in the text must not pass for placeholders
_NEGATED = re.compile(r"(未|没有|不予)(能)?(审结|受理|办结|结案|立案|化解|调解)")
_MAX_MEMBERS = 60  # numbers in one sentence; a longer list without a full stop is read in pieces
_CLAUSE_START = re.compile(r"[,;:\ue000-\uf7ff]")
_MEMORY = 160  # characters: how far back the subject of a sentence may have been named
_QUOTE = 60  # longest quote
_AREA = re.compile(r"(全市|全县|全区|全省|全州|全旗|全系统|各(地|级|部门|镇|街道|乡)|辖区|两级|三级)")
_EXAMPLE = re.compile(r"(一案|某(公司|企业|某|店|厂|食品|超市)|典型案|当事人|处以$|(如|例如|比如)[,:])")
_PART = re.compile(r"其中[^。;)]{0,40}$")
_OWN_AREA = "我[省市县区州旗镇乡局]|本[省市县区州旗]|[全各][县区旗镇乡]"


@dataclass(slots=True)
class Found:
    """One indicator: offsets of its quote in the text, the number it stands on, and the rule that made it."""

    code: str
    quantity: Quantity
    value: float
    unit: str
    measure: str
    scope: str
    is_part: bool
    char_start: int
    char_end: int
    rule: str


def read(text: str, quantities: list[Quantity], headings: list[tuple[int, str]], area_wide: bool,
         upper: str = "国") -> list[Found]:  # fmt: skip
    """Indicators among `quantities` of one report, in order of their numbers.

    `headings`: (offset, title as cue words see it) of headings and points, in order: what a sentence without a subject of its own is
    about. `area_wide`: the issuer is a government, whose figures cover its area unless it says otherwise;
    `upper`: signs of the areas above it (省市国 for a county: 全市 is another body's there).
    """
    folded = plain(text)
    out: list[Found] = []
    for start, end, members in _sentences(folded, quantities):
        template = _template(folded, start, end, members)
        memory = _memory(folded, start, headings)
        claims: dict[int, tuple[int, Rule]] = {}
        for rule, pattern in patterns_for(template):
            for index, weight in _claims(rule, pattern, template, memory):
                q = members[index]
                if _fits(rule, q) and weight > claims.get(index, (0,))[0]:
                    claims[index] = (weight, rule)
        for index in sorted(claims):
            rule = claims[index][1]
            for code in (rule.code, *rule.also):
                out.append(_found(code, rule, folded, start, end, members, index, area_wide, upper))
    return out


def _sentences(folded: str, quantities: list[Quantity]) -> Iterator[tuple[int, int, list[Quantity]]]:
    """Sentences that hold numbers: start, end, numbers."""
    i = previous_end = 0
    while i < len(quantities):
        at = quantities[i].char_start
        start = max(folded.rfind(c, 0, at) for c in "。!?\n") + 1
        m = _SENTENCE.match(folded, at)
        end = m.end() if m else len(folded)
        members: list[Quantity] = []
        while i < len(quantities) and quantities[i].char_start < end and len(members) < _MAX_MEMBERS:
            members.append(quantities[i])
            end = max(end, quantities[i].char_end)
            i += 1
        if len(members) == _MAX_MEMBERS and i < len(quantities):
            end = min(end, quantities[i].char_start)
        yield max(start, previous_end), end, members
        previous_end = end if len(members) == _MAX_MEMBERS else 0


def _template(folded: str, start: int, end: int, members: list[Quantity]) -> str:
    """The sentence with one placeholder per number; words of degree before it (约, 超过) fold into it."""
    parts, at = [], start
    for i, q in enumerate(members):
        before = re.sub(r"(大约|约|近|超过|超|逾|突破|至少|不少于|不足|将近|接近)$", "", folded[at : q.char_start])
        parts += [_PRIVATE.sub("□", before), chr(NUMBER_0 + i)]
        at = q.char_end
    parts.append(_PRIVATE.sub("□", folded[at:end]))
    return re.sub(r"[ “”]", "", "".join(parts))


def _memory(folded: str, start: int, headings: list[tuple[int, str]]) -> str:
    """What was said just before a sentence: its paragraph so far, and the titles above it."""
    line = folded.rfind("\n", 0, start) + 1
    said = folded[max(line, start - _MEMORY) : start]
    above = [cue for offset, cue in headings if offset <= start][-3:]
    return "。".join([*above, said])


def _claims(rule: Rule, pattern: re.Pattern[str], template: str, memory: str) -> Iterator[tuple[int, int]]:
    """(index of the number, weight) for each number a pattern claims in a sentence."""
    for m in pattern.finditer(template):
        if rule.unless and rule.unless.search(_clause(template, m.start(), m.end())):
            continue
        if _NEGATED.search(template, max(0, m.start() - 2), m.end()) and "不予" not in m[0]:
            continue
        nearness = 0
        if rule.frame:
            nearness = _frame_weight(frames()[rule.frame], template, m.start(), m.end(), memory)
            if not nearness:
                continue
        for group in m.groups():
            if group and len(group) == 1 and NUMBER_0 <= ord(group) < NUMBER_0 + MAX_NUMBERS:
                yield ord(group) - NUMBER_0, 10 * (m.end() - m.start()) + nearness


def _clause(template: str, start: int, end: int) -> str:
    """The words from the comma or number before a match to the comma after it."""
    low = max((m.end() for m in _CLAUSE_START.finditer(template, 0, start)), default=0)
    high = min((i for c in ",;:" if (i := template.find(c, end)) >= 0), default=len(template))
    return template[low:high]


def _frame_weight(frame: re.Pattern[str], template: str, start: int, end: int, memory: str) -> int:
    """How surely the subject is `frame`: named in the match or before it in the sentence, or in what was just said."""
    if frame.search(template[start:end]):
        return 9
    before = [m.end() for m in frame.finditer(template, 0, start)]
    if _another_subject(frame, template, before[-1] if before else 0, end):
        return 0
    if before:
        return max(1, 8 - (start - before[-1]) // 12)
    if frame.search(template, end, end + 30):
        return 4
    return 1 if frame.search(memory) else 0


def _another_subject(frame: re.Pattern[str], template: str, start: int, end: int) -> bool:
    """True if between the last mention of `frame` and a number's words the sentence turned to something else."""
    return any(not frame.search(m[0]) for m in subjects().finditer(template, start, end))


def _fits(rule: Rule, q: Quantity) -> bool:
    """Unit and measure agree with what the code counts."""
    kind = catalogue()[rule.code].kind
    if q.measure == "change" and not rule.change:
        return False
    if kind == "ratio":
        return q.unit == "%" and q.value <= 100 and q.unit_raw == "%"
    if kind == "money":
        return q.unit == "元"
    if q.unit in ("%", "元", "倍", "天", "小时", "分钟", "年", "月", "公里", "亩", "平方米", "吨", "千克"):
        return False
    if rule.units is not None:
        return (q.unit or "bare") in rule.units or (q.unit is None and q.char_end - q.char_start <= 3)
    return True


def _found(
    code: str,
    rule: Rule,
    folded: str,
    start: int,
    end: int,
    members: list[Quantity],
    index: int,
    area_wide: bool,
    upper: str,
) -> Found:
    indicator, q = catalogue()[code], members[index]
    low = max(start, members[index - 1].char_end if index else start)
    high = min(end, members[index + 1].char_start if index + 1 < len(members) else end)
    before = folded[start : q.char_start]
    measure = "level" if q.measure == "share" or rule.change else q.measure
    q.measure = measure
    quote_start, quote_end = _quote(folded, low, high, q)
    return Found(
        code=code,
        quantity=q,
        value=q.value,
        unit=indicator.unit,
        measure=measure,
        scope=_scope(before, area_wide, upper),
        is_part=indicator.kind == "count" and (rule.part or _PART.search(before) is not None),
        char_start=quote_start,
        char_end=quote_end,
        rule=rule.name,
    )


def _quote(folded: str, low: int, high: int, q: Quantity) -> tuple[int, int]:
    """Span of the clause round a number, at most 60 characters, between `low` and `high`."""
    start = q.char_start
    while start > low and folded[start - 1] not in ",;:。!?\n" and q.char_end - start < _QUOTE - 12:
        start -= 1
    end = q.char_end
    while end < high and folded[end] not in ",;:。!?\n、" and end - start < _QUOTE:
        end += 1
    while start < q.char_start and folded[start] in " 、":
        start += 1
    return start, end


def _scope(before: str, area_wide: bool, upper: str) -> str:
    """Whose figure it is, by the last words before it in its sentence that name a body or an area."""
    clause = _CLAUSE_START.split(before)[-1]
    if _EXAMPLE.search(clause):
        return "example"
    named = [
        m[0] for m in re.finditer(f"{_OWN_AREA}|全[省市州盟国]|上级|省级|部级|其他(?:省|市|县|区)|各省", before[-60:])
    ]
    if named and re.match(f"全[{upper}]|上级|省级|部级|其他|各省", named[-1]):
        return "other_body"
    return "area" if area_wide and (_AREA.search(clause) or (named and named[-1][0] in "全我")) else "own"
