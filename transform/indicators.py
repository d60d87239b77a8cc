"""From quantities to indicators: which of a report's numbers the catalogue knows.

A sentence's numbers are replaced by placeholders and the rules of indicator_rules.toml are matched against what is
left. Of the rules that claim a number the one that explains the most words wins; a number serves one code. What a
sentence states in words (全部办结, 未发生) becomes a row of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.indicators import (
    MAX_NUMBERS,
    NUMBER_0,
    Rule,
    area_codes,
    bodies_named,
    catalogue,
    clause_patterns,
    compiled,
    frames,
    frames_unless,
    patterns_in_words,
    sentence_patterns,
    signs_before_numbers,
    subjects,
)
from knowledge.text import plain
from transform.quantities import Quantity
from transform.templates import template as make_template

_STOP = re.compile(r"[。!?\n]")
_NEGATED = re.compile(r"(未|没有|不予)(能)?(审结|受理|办结|结案|立案|化解|调解)")
_MAX_MEMBERS = 60  # numbers in one sentence; a longer list without a full stop is read in pieces
_CLAUSE_START = re.compile(r"[,;:\ue000-\uf7ff]")
_CLAUSE_END = re.compile(r"[,;:、\ue000-\uf7ff]")  # after a number the list's next item begins
_CLAUSE_WITH_NUMBER = re.compile(r"[^,;:\ue000-\uf7ff]*[\ue000-\uf7ff][^,;:]*")
_MEMORY = 160  # characters: how far back the subject of a sentence may have been named
_HEADING_LINE = 30  # characters of a line that may be a heading
_QUOTE = 60  # longest quote
_AREA = re.compile(r"(全市|全县|全区|全省|全州|全旗|全系统|各(地|级|部门|镇|街道|乡)|辖区|两级|三级)")
_EXAMPLE = re.compile(r"(一案|某(公司|企业|某|店|厂|食品|超市)|典型案|当事人|处以|被(处|罚)|责令其|(如|例如|比如)[,:])")
_PART = re.compile(r"其中[^。;)]{0,40}$")
_OF_IT = re.compile("其中|含")
_NOT_OF_IT = re.compile("不计|不含|另有|另外|除外")
_ITSELF = re.compile("(市|县|区|州|省)(人民)?政府(主要|作为|为被告|法律顾问)|本级|本机关")
_WORDS = re.compile("未|无|零|没有|全部|均|悉数|都|一律|全员|全覆盖|全数")


@dataclass(slots=True)
class Found:
    """One indicator: the number it stands on (None: stated in words), what it means, and the rule that made it.

    `anchor` is where the number, or the words, stand; char_start and char_end are those of the quote. `kind` is the
    kind of rule: explicit, context, memory, part, table or words.
    """

    code: str
    quantity: Quantity | None
    value: float
    unit: str
    modifier: str
    measure: str
    period: str
    year: int | None
    scope: str
    is_part: bool
    anchor: int
    char_start: int
    char_end: int
    kind: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Claim:
    weight: float
    rule: Rule
    kind: str
    is_part: bool = False


def read(text: str, quantities: list[Quantity], headings: list[tuple[int, str]], area_wide: bool,
         upper: str = "国", report_year: int | None = None) -> list[Found]:  # fmt: skip
    """Indicators among `quantities` of one report, in order of their numbers.

    `headings`: (offset, title as cue words see it) of headings and points, in order: what a sentence without a subject of its own is
    about. `area_wide`: the issuer is a government, whose figures cover its area unless it says otherwise;
    `upper`: signs of the areas above it (省市国 for a county: 全市 is another body's there).
    """
    folded = plain(text)
    out: list[Found] = []
    before: dict[str, float] = {}  # what the sentence before states, for 均已答复
    titles = ([offset for offset, _ in headings], [cue for _, cue in headings])
    for start, end, members in _sentences(folded, quantities):
        memory = _memory(folded, start, *titles)
        claims: dict[int, _Claim] = {}
        sentence = ""
        if members:
            sentence, began = make_template(folded, start, end, members)
            claims = _claims_of(sentence, memory, members)
            for source, target in began.items():
                if target in claims and source not in claims:
                    claims[source] = claims[target]
            _inherit(claims, sentence, members)
        stated: dict[str, float] = {}
        for index in sorted(claims):
            claim, q = claims[index], members[index]
            for code in (claim.rule.code, *claim.rule.also):
                has_total = any(_is_total(claims[i].rule, claim.rule) for i in claims if i < index)
                out.append(_found(code, claim, has_total, folded, start, end, members, index, area_wide, upper))
                stated.setdefault(code, q.value)
        if _WORDS.search(folded, start, end):
            out += _in_words(folded, start, end, sentence, memory, stated, before, area_wide, upper, report_year)
        before = stated or before
    return out


def _sentences(folded: str, quantities: list[Quantity]) -> Iterator[tuple[int, int, list[Quantity]]]:
    """Sentences that hold numbers, or words that may state a fact: start, end, numbers.

    A cell of a table is a sentence of its own; a list of very many numbers is read in pieces.
    """
    i = start = 0
    ends = [m.end() for m in _STOP.finditer(folded)]
    words = [m.start() for m in _WORDS.finditer(folded)]
    w = 0
    for end in [*ends, len(folded)]:
        if end <= start:
            continue
        members: list[Quantity] = []
        while i < len(quantities) and quantities[i].char_start < end:
            q = quantities[i]
            if members and (q.label is not None or members[-1].label is not None or len(members) == _MAX_MEMBERS):
                yield start, end if q.label is not None else q.char_start, members
                start, members = (start, []) if q.label is not None else (q.char_start, [])
            members.append(q)
            end = max(end, q.char_end)
            i += 1
        while w < len(words) and words[w] < start:
            w += 1
        if members or (w < len(words) and words[w] < end):
            yield start, end, members
        start = end


def _memory(folded: str, start: int, offsets: list[int], cues: list[str]) -> str:
    """What was said before a sentence: a line with the titles above, a line with the nearest title and its paragraph."""
    line = folded.rfind("\n", 0, start) + 1
    said = folded[max(line, start - _MEMORY) : start]
    above_line = folded[folded.rfind("\n", 0, max(0, line - 1)) + 1 : max(0, line - 1)]
    if len(above_line) <= _HEADING_LINE and "。" not in above_line:  # a heading without a number
        said = f"{above_line}。{said}"
    last = bisect_right(offsets, start)
    above = cues[max(0, last - 3) : last]
    return "。".join(above[:-1]) + "\n" + "。".join([*above[-1:], said])


def _claims_of(sentence: str, memory: str, members: list[Quantity]) -> dict[int, _Claim]:
    """The strongest claim on each number of a sentence."""
    is_table = members[0].label is not None
    if is_table:
        sentence = f"{members[0].label}{chr(NUMBER_0)}"
    claims: dict[int, _Claim] = {}

    def consider(rule: Rule, pattern: re.Pattern[str], start: int, end: int) -> None:
        for index, weight, kind in _claims(rule, pattern, sentence, start, end, memory):
            if weight > claims.get(index, _NOTHING).weight and _fits(rule, members[index]):
                claims[index] = _Claim(weight, rule, "table" if is_table else kind)

    for m in _CLAUSE_WITH_NUMBER.finditer(sentence):
        for rule, pattern in clause_patterns().candidates(m[0], signs_before_numbers(m[0])):
            if pattern.search(sentence, m.start(), m.end()):
                consider(rule, pattern, m.start(), m.end())
    for rule, pattern in sentence_patterns().candidates(sentence):
        if pattern.search(sentence):
            consider(rule, pattern, 0, len(sentence))
    return claims


def _claims(
    rule: Rule, pattern: re.Pattern[str], template: str, start: int, end: int, memory: str
) -> Iterator[tuple[int, float, str]]:
    """(index of the number, weight, kind of rule) for each number a pattern claims between start and end of a sentence."""
    for m in pattern.finditer(template, start, end):
        if rule.unless and compiled(rule.unless).search(_clause(template, m.start(), m.end())):
            continue
        if _NEGATED.search(template, max(0, m.start() - 2), m.end()) and "不予" not in m[0]:
            continue
        nearness, kind = 0.0, "explicit"
        if rule.frame:
            nearness = _frame_weight(rule.frame, template, m.start(), m.end(), memory)
            if not nearness:
                continue
            kind = "explicit" if nearness == 9 else "context" if nearness >= 4 else "memory"
        numbers = [g for g in m.groups() if g and len(g) == 1 and NUMBER_0 <= ord(g) < NUMBER_0 + MAX_NUMBERS]
        skipped = sum(len(g) for g in m.groups() if g) - len(numbers)
        for number in numbers:
            yield ord(number) - NUMBER_0, 10 * (m.end() - m.start() - skipped) + nearness - skipped, kind


def _clause(template: str, start: int, end: int) -> str:
    """The words from the comma or number before a match to the one after it."""
    low = start
    while low > 0 and not _CLAUSE_START.match(template, low - 1):
        low -= 1
    m = _CLAUSE_END.search(template, end)
    return template[low : m.start() if m else len(template)]


def _frame_weight(name: str, template: str, start: int, end: int, memory: str) -> float:
    """How surely the subject is a frame: named in the match or before it in the sentence, or in what was just said."""
    frame, ruled_out = frames()[name], frames_unless().get(name)
    if ruled_out and ruled_out.search(template, 0, end):
        return 0
    if frame.search(template[start:end]):
        return 9
    before = [m.end() for m in frame.finditer(template, 0, start)]
    if _another_subject(frame, template, before[-1] if before else 0, end):
        return 0
    if before:
        return max(4, 8 - (start - before[-1]) // 12)
    # the paragraph so far and the heading right above say more than what comes after, and that more than the part's title
    near = memory.rpartition("\n")[2]
    said = 0
    for m in frame.finditer(near):
        said = m.end()
    if said:
        # of two subjects the one named last, unless the rest of the sentence names the other again
        return 3 + said / (len(near) + 1) + (frame.search(template, end) is not None)
    if frame.search(template, end, end + 30):
        return 2
    return 1 if frame.search(memory) else 0


def _another_subject(frame: re.Pattern[str], template: str, start: int, end: int) -> bool:
    """True if between the last mention of `frame` and a number's words the sentence turned to something else."""
    return any(not frame.search(m[0]) for m in subjects().finditer(template, start, end))


def _fits(rule: Rule, q: Quantity) -> bool:
    """Unit and measure agree with what the code counts."""
    kind = catalogue()[rule.code].kind
    if (q.measure == "change" and not rule.change) or q.is_each:
        return False
    if kind == "ratio":
        return q.unit == "%" and 0 <= q.value <= 100 and q.unit_raw == "%"
    if kind == "money":
        return q.unit == "元"
    if q.unit in _NO_COUNTS or q.value % 1:  # 户均0.8次 is a mean
        return False
    if rule.units is not None:
        return (q.unit or "bare") in rule.units or (q.unit is None and q.char_end - q.char_start <= 3)
    return True


_NO_COUNTS = frozenset(
    (
        "%",
        "元",
        "倍",
        "天",
        "小时",
        "分钟",
        "年",
        "月",
        "公里",
        "亩",
        "平方米",
        "平方公里",
        "米",
        "吨",
        "千克",
        "升",
        "分",
        "头",
        "株",
    )
)
_NOTHING = _Claim(-(10**6), None, "")  # type: ignore[arg-type]


def _inherit(claims: dict[int, _Claim], sentence: str, members: list[Quantity]) -> None:
    """其中: a number that nothing else claims is a part of the claimed total of the same unit before it."""
    if not _OF_IT.search(sentence):
        return
    for index in range(1, len(members)):
        if index in claims:
            continue
        here = sentence.find(chr(NUMBER_0 + index))
        total = next((j for j in range(index - 1, -1, -1) if j in claims and not claims[j].is_part), None)
        if here < 0 or total is None or members[total].unit != members[index].unit or members[index].measure != "level":
            continue
        since = sentence[sentence.find(chr(NUMBER_0 + total)) : here]
        clause = _clause(sentence, here, here + 1)
        if (
            _OF_IT.search(since)
            and ";" not in since
            and not _NOT_OF_IT.search(clause)
            and catalogue()[claims[total].rule.code].kind != "ratio"
        ):
            claims[index] = _Claim(0, claims[total].rule, "part", True)


def _is_total(whole: Rule, part: Rule) -> bool:
    """True if `whole` counts what `part` is a part of: the same family of codes, and no part itself."""
    return part.part and not whole.part and whole.code.split("_")[0] == part.code.split("_")[0]


def _found(
    code: str,
    claim: _Claim,
    has_total: bool,
    folded: str,
    start: int,
    end: int,
    members: list[Quantity],
    index: int,
    area_wide: bool,
    upper: str,
) -> Found:
    indicator, q, rule = catalogue()[code], members[index], claim.rule
    low = max(start, members[index - 1].char_end if index else start)
    high = min(end, members[index + 1].char_start if index + 1 < len(members) else end)
    before = folded[start : q.char_start]
    is_level = q.measure == "share" or (rule.change and q.measure == "change")
    if is_level:
        q.measure = "level"
    quote_start, quote_end = (q.char_start, q.char_end) if q.label is not None else _quote(folded, low, high, q)
    is_part = claim.is_part or q.is_part or _PART.search(before) is not None or (rule.part and has_total)
    return Found(
        code=code,
        quantity=q,
        value=q.value,
        unit=indicator.unit,
        modifier=q.modifier,
        measure=q.measure,
        period=q.period,
        year=q.year,
        scope=_scope(code, before, area_wide, upper),
        is_part=indicator.kind != "ratio" and is_part,
        anchor=q.char_start,
        char_start=quote_start,
        char_end=quote_end,
        kind=claim.kind,
        rule=rule.name,
    )


def _in_words(
    folded: str,
    start: int,
    end: int,
    sentence: str,
    memory: str,
    stated: dict[str, float],
    before: dict[str, float],
    area_wide: bool,
    upper: str,
    report_year: int | None,
) -> Iterator[Found]:
    """Facts that a sentence states in words: none, all, or all of a number named just before."""
    words = re.sub(r"[“”]", "□", folded[start:end])
    for rule, pattern in patterns_in_words().candidates(words):
        m = pattern.search(words)
        if (
            m is None
            or rule.code in stated
            or (rule.unless and compiled(rule.unless).search(_clause(words, m.start(), m.end())))
        ):
            continue
        if rule.frame and not _frame_weight(rule.frame, words, m.start(), m.end(), memory):
            continue
        value = rule.value
        if rule.same:
            value = next((v for said in (stated, before) for c, v in said.items() if c in rule.same), None)
        if value is None:
            continue
        for code in (rule.code, *rule.also):
            stated[code] = value
        here = start + m.start()
        low = max(
            (i + 1 for i in range(max(start, here - 20), here) if folded[i] in ",;:"), default=max(start, here - 20)
        )
        for code in (rule.code, *rule.also):
            yield Found(
                code=code, quantity=None, value=float(value), unit=catalogue()[code].unit, modifier="exact",
                measure="level", period="year", year=report_year, scope=_scope(code, folded[start:here], area_wide, upper),
                is_part=False, anchor=here, char_start=low, char_end=min(start + m.end(), low + _QUOTE), kind="words",
                rule=rule.name,
            )  # fmt: skip


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


def _scope(code: str, before: str, area_wide: bool, upper: str) -> str:
    """Whose figure it is, by the last words before it in its sentence that name a body or an area."""
    clause = _CLAUSE_START.split(before)[-1]
    if _EXAMPLE.search(clause):
        return "example"
    anybody, other = bodies_named(upper)
    named = [m[0] for m in anybody.finditer(before[-60:])]
    if named and other.match(named[-1]):
        return "other_body"
    if area_wide and (code in area_codes() or _AREA.search(clause) or (named and named[-1][0] in "全我")):
        return "own" if _ITSELF.search(clause) else "area"
    return "own"
