"""From quantities to indicators: which of a report's numbers the catalogue knows.

A sentence's numbers are replaced by placeholders and the rules of indicator_rules.toml are matched against what is
left. Of the rules that claim a number the one that explains the most words wins; a number serves one code. What a
sentence states in words (全部办结, 未发生) becomes a row of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
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
_NAMED = 60  # characters before a number in which a body is named
_AREA = re.compile(r"(全市|全县|全区|全省|全州|全旗|全系统|各(地|级|部门|镇|街道|乡)|辖区|两级|三级)")
_EXAMPLE = re.compile(r"(一案|某(公司|企业|某|店|厂|食品|超市)|典型案|当事人|处以|被(处|罚)|责令其|(如|例如|比如)[,:])")
_UP_TO_CLAUSE = re.compile(r"(?s:.*)[,;:]")  # greedy: to the last sign
_UP_TO_QUOTE = re.compile(r"(?s:.*)[,;:。!?\n]")
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
    whose = _Whose(area_wide, upper)
    out: list[Found] = []
    before: dict[str, float] = {}  # what the sentence before states, for 均已答复
    titles = ([offset for offset, _ in headings], [cue for _, cue in headings])
    for start, end, members in _sentences(folded, quantities):
        recall = partial(_memory, folded, start, *titles)
        stated: dict[str, float] = {}
        claims = _claims(folded, start, end, members, recall) if members else {}
        for index in sorted(claims):
            claim, q = claims[index], members[index]
            rule = claim.rule
            has_total = rule.part and any(_is_total(claims[i].rule, rule) for i in claims if i < index)
            low = max(start, members[index - 1].char_end) if index else start
            high = min(end, members[index + 1].char_start) if index + 1 < len(members) else end
            for code in rule.codes:
                out.append(_found(code, claim, has_total, whose, folded, start, low, high, q))
                stated.setdefault(code, q.value)
        if not members or _WORDS.search(folded, start, end):
            out += _in_words(folded, start, end, recall, stated, before, whose, report_year)
        before = stated or before
    return out


def _claims(folded: str, start: int, end: int, members: list[Quantity], recall: Callable[[], str]) -> dict[int, Claim]:
    """The claims on the numbers of one sentence, or of one cell of a table."""
    label = members[0].label
    if label is not None:
        return claims_of(Sentence(_PRIVATE.sub("□", label) + NUMBER, recall), members, [0], in_table=True)
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
    ends = [m.end() for m in _STOP.finditer(folded)] + [len(folded)]
    words = [m.start() for m in _WORDS.finditer(folded)]
    i = w = start = 0
    while i < len(quantities) or w < len(words):
        if i == len(quantities) or (w < len(words) and words[w] < quantities[i].char_start):
            nearest = bisect_right(ends, words[w])
        else:
            nearest = bisect_right(ends, quantities[i].char_start)
        start, end = max(start, ends[nearest - 1] if nearest else 0), ends[nearest]
        members: list[Quantity] = []
        while i < len(quantities) and quantities[i].char_start < end:
            q = quantities[i]
            if members and (q.label is not None or members[-1].label is not None or len(members) == _MAX_MEMBERS):
                yield start, end if q.label is not None else q.char_start, members
                start, members = (start, []) if q.label is not None else (q.char_start, [])
            members.append(q)
            end = max(end, q.char_end)
            i += 1
        yield start, end, members
        start = end
        w = bisect_left(words, start, w)


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
    """其中: a number that nothing else claims, or a rule of the same code, is a part of the claimed total before it."""
    at = [i for i, sign in enumerate(words) if sign == NUMBER]
    where = dict(zip(order, at, strict=True))
    whole = -1  # the last claimed number that is no part
    for index, member in enumerate(members):
        if index not in where:
            continue
        here, claim = where[index], claims.get(index)
        since = words[where.get(whole, -1) : here] if whole >= 0 else ""
        is_of_it = ";" not in since and _OF_IT.search(since) is not None
        if claim and not claim.is_part:
            if is_of_it and claim.rule.code == claims[whole].rule.code:
                claim.is_part = True
            else:
                whole = index
        elif (
            not claim
            and is_of_it
            and member.measure == "level"
            and member.unit == members[whole].unit
            and claims[whole].rule.kind != "ratio"
            and not _NOT_OF_IT.search(clause_round(words, here, here + 1))
        ):
            claims[index] = Claim(0, claims[whole].rule, "part", True)


def _is_total(whole: Rule, part: Rule) -> bool:
    """True if `whole` counts what `part` is a part of: the same family of codes, and no part itself."""
    return part.part and not whole.part and whole.code.split("_")[0] == part.code.split("_")[0]


def _is_after_of_which(folded: str, start: int, end: int) -> bool:
    """True if 其中 stands before a number in its part of the sentence."""
    at = folded.rfind("其中", max(start, end - _PART_REACH - 2), end)
    return at >= 0 and not any(sign in folded[at:end] for sign in "。;)")


def _found(
    code: str, claim: Claim, has_total: bool, whose: _Whose, folded: str, start: int, low: int, high: int, q: Quantity
) -> Found:
    """The indicator that a number is; `start`: where its sentence begins; low, high: how far a quote may reach."""
    indicator, rule, at = catalogue()[code], claim.rule, q.char_start
    if q.measure == "share" or (q.measure == "change" and rule.change):
        q.measure = "level"
    quote_start, quote_end = (at, q.char_end) if q.label is not None else _quote(folded, low, high, q)
    is_part = (
        (rule.part and has_total) or claim.is_part or q.is_part or _is_after_of_which(folded, start, at)
    ) and indicator.kind != "ratio"
    return Found(
        code=code,
        quantity=q,
        value=q.value,
        unit=indicator.unit,
        modifier=q.modifier,
        measure=q.measure,
        period=q.period,
        year=q.year,
        scope=whose.scope(code, folded, start, at),
        is_part=is_part,
        anchor=at,
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
    whose: _Whose,
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
        for code in rule.codes:
            stated[code] = value
        here = start + m.start()
        low = max(
            (i + 1 for i in range(max(start, here - 20), here) if folded[i] in ",;:"), default=max(start, here - 20)
        )
        for code in rule.codes:
            yield Found(
                code=code, quantity=None, value=float(value), unit=catalogue()[code].unit, modifier="exact",
                measure="level", period="year", year=report_year, scope=whose.scope(code, folded, start, here),
                is_part=False, anchor=here, char_start=low, char_end=min(start + m.end(), low + _QUOTE), kind="words",
                rule=rule.name,
            )  # fmt: skip


def _quote(folded: str, low: int, high: int, q: Quantity) -> tuple[int, int]:
    """Span of the clause round a number, at most 60 characters, between `low` and `high`."""
    low = max(low, q.char_end - _QUOTE + 12)
    m = _UP_TO_QUOTE.match(folded, low, q.char_start)
    start = m.end() if m else low
    while start < q.char_start and folded[start] in " 、":
        start += 1
    m = _ITEM_END.search(folded, q.char_end, high)
    return start, max(q.char_end, min(m.start() if m else high, start + _QUOTE))


class _Whose:
    """Whose the figures of a report are, by the last words before each that name a body or an area."""

    def __init__(self, area_wide: bool, upper: str) -> None:
        self._area_wide = area_wide
        self._bodies, self._others = bodies_named(upper)
        self._area_codes = area_codes()

    def scope(self, code: str, folded: str, start: int, at: int) -> str:
        """Scope of a figure that stands at `at` in a sentence from `start`."""
        m = _UP_TO_CLAUSE.match(folded, start, at)
        clause = m.end() if m else start
        if _EXAMPLE.search(folded, clause, at):
            return "example"
        named = ""
        for m in self._bodies.finditer(folded, max(start, at - _NAMED), at):
            named = m[0]
        if named and self._others.match(named):
            return "other_body"
        if not self._area_wide or _ITSELF.search(folded, clause, at):
            return "own"
        if named[:1] in ("全", "我") or code in self._area_codes or _AREA.search(folded, clause, at):
            return "area"
        return "own"
