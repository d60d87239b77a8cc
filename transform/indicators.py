"""From quantities to indicators: which of a report's numbers the catalogue knows.

A sentence's numbers are replaced by placeholders and the rules of indicator_rules.toml are matched against what is
left. Of the rules that claim a number the one that explains the most words wins; a number serves one code. What a
sentence states in words (全部办结, 未发生) becomes a row of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from knowledge.indicators import NUMBER, Rule, area_codes, bodies_named, catalogue, patterns_in_words
from knowledge.text import plain
from transform.claims import Claim, Sentence, claims_of, clause_round
from transform.quantities import Quantity
from transform.templates import template as make_template

_PRIVATE = re.compile(r"[\ue000-\uf8ff]")  # glyphs of private fonts in the text must not pass for placeholders
_STOP = re.compile(r"[。!?\n]")
_MAX_MEMBERS = 60  # numbers in one sentence; a longer list without a full stop is read in pieces
_MEMORY = 160  # characters: how far back the subject of a sentence may have been named
_HEADING_LINE = 30  # characters of a line that may be a heading
_QUOTE = 60  # longest quote
_AREA = re.compile(r"(全市|全县|全区|全省|全州|全旗|全系统|各(地|级|部门|镇|街道|乡)|辖区|两级|三级)")
_EXAMPLE = re.compile(r"(一案|某(公司|企业|某|店|厂|食品|超市)|典型案|当事人|处以|被(处|罚)|责令其|(如|例如|比如)[,:])")
_CLAUSE_SIGNS = ",;:。!?\n"
_ITEM_END = re.compile(r"[,;:。!?\n、]")
_PART_REACH = 40  # characters from 其中 to the number that is a part
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


def read(text: str, quantities: list[Quantity], headings: list[tuple[int, str]], area_wide: bool,
         upper: str = "国", report_year: int | None = None) -> list[Found]:  # fmt: skip
    """Indicators among `quantities` of one report, in order of their numbers.

    `headings`: (offset, title as cue words see it) of headings and points, in order: what a sentence without a subject of its own is
    about. `area_wide`: the issuer is a government, whose figures cover its area unless it says otherwise;
    `upper`: signs of the areas above it (省市国 for a county: 全市 is another body's there).
    """
    folded = _PRIVATE.sub("□", plain(text))
    out: list[Found] = []
    before: dict[str, float] = {}  # what the sentence before states, for 均已答复
    titles = ([offset for offset, _ in headings], [cue for _, cue in headings])
    for start, end, members in _sentences(folded, quantities):
        recall = partial(_memory, folded, start, *titles)
        stated: dict[str, float] = {}
        claims = _claims(folded, start, end, members, recall) if members else {}
        for index in sorted(claims):
            claim, q = claims[index], members[index]
            for code in (claim.rule.code, *claim.rule.also):
                has_total = claim.rule.part and any(_is_total(claims[i].rule, claim.rule) for i in claims if i < index)
                out.append(_found(code, claim, has_total, folded, start, end, members, index, area_wide, upper))
                stated.setdefault(code, q.value)
        if _WORDS.search(folded, start, end):
            out += _in_words(folded, start, end, recall, stated, before, area_wide, upper, report_year)
        before = stated or before
    return out


def _claims(folded: str, start: int, end: int, members: list[Quantity], recall: Callable[[], str]) -> dict[int, Claim]:
    """The claims on the numbers of one sentence, or of one cell of a table."""
    label = members[0].label
    if label is not None:
        return claims_of(Sentence(label + NUMBER, recall), members, [0], in_table=True)
    words, order, began = make_template(folded, start, end, members)
    claims = claims_of(Sentence(words, recall), members, order, in_table=False)
    for source, target in began.items():
        if target in claims and source not in claims:
            claims[source] = claims[target]
    if _OF_IT.search(words):
        _inherit(claims, words, members, order)
    return claims


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


def _inherit(claims: dict[int, Claim], words: str, members: list[Quantity], order: list[int]) -> None:
    """其中: a number that nothing else claims is a part of the claimed total of the same unit before it."""
    at = [i for i, sign in enumerate(words) if sign == NUMBER]
    where = dict(zip(order, at, strict=True))
    for index in range(1, len(members)):
        if index in claims or index not in where:
            continue
        total = next((j for j in range(index - 1, -1, -1) if j in claims and not claims[j].is_part), None)
        if total is None or members[total].unit != members[index].unit or members[index].measure != "level":
            continue
        here = where[index]
        since = words[where.get(total, -1) : here]
        clause = clause_round(words, here, here + 1)
        if (
            _OF_IT.search(since)
            and ";" not in since
            and not _NOT_OF_IT.search(clause)
            and catalogue()[claims[total].rule.code].kind != "ratio"
        ):
            claims[index] = Claim(0, claims[total].rule, "part", True)


def _is_total(whole: Rule, part: Rule) -> bool:
    """True if `whole` counts what `part` is a part of: the same family of codes, and no part itself."""
    return part.part and not whole.part and whole.code.split("_")[0] == part.code.split("_")[0]


def _is_after_of_which(folded: str, start: int, end: int) -> bool:
    """True if 其中 stands before a number in its part of the sentence."""
    at = folded.rfind("其中", start, end)
    return at >= 0 and end - at - 2 <= _PART_REACH and not any(sign in folded[at:end] for sign in "。;)")


def _found(
    code: str,
    claim: Claim,
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
    is_part = claim.is_part or q.is_part or _is_after_of_which(folded, start, q.char_start) or (rule.part and has_total)
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
    recall: Callable[[], str],
    stated: dict[str, float],
    before: dict[str, float],
    area_wide: bool,
    upper: str,
    report_year: int | None,
) -> Iterator[Found]:
    """Facts that a sentence states in words: none, all, or all of a number named just before."""
    words = folded[start:end].replace("“", "□").replace("”", "□")
    sentence = Sentence(words, recall)
    for pattern in patterns_in_words().candidates(words):
        rule, m = pattern.rule, pattern.regex.search(words)
        if (
            m is None
            or rule.code in stated
            or (pattern.unless and pattern.unless.search(clause_round(words, m.start(), m.end())))
        ):
            continue
        if rule.frame and not sentence.nearness(rule.frame, m.start(), m.end()):
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
    low = max(low, q.char_end - _QUOTE + 12)
    start = max(low, *(folded.rfind(sign, low, q.char_start) + 1 for sign in _CLAUSE_SIGNS))
    while start < q.char_start and folded[start] in " 、":
        start += 1
    m = _ITEM_END.search(folded, q.char_end, high)
    return start, max(q.char_end, min(m.start() if m else high, start + _QUOTE))


def _scope(code: str, before: str, area_wide: bool, upper: str) -> str:
    """Whose figure it is, by the last words before it in its sentence that name a body or an area."""
    clause = before[max(map(before.rfind, ",;:")) + 1 :]
    if _EXAMPLE.search(clause):
        return "example"
    anybody, other = bodies_named(upper)
    named = [m[0] for m in anybody.finditer(before[-60:])]
    if named and other.match(named[-1]):
        return "other_body"
    if area_wide and (code in area_codes() or _AREA.search(clause) or (named and named[-1][0] in "全我")):
        return "own" if _ITSELF.search(clause) else "area"
    return "own"
