"""Full-length yearly reports of invented bodies, with their exact truth.

compose(seed, issuer, year) draws everything that differs between real reports: heading words and their order, depth,
brackets, points inside a paragraph or at a line's start, which facts are stated and how.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .dice import Dice
from .figures import KINDS, Figures, Unsayable, book
from .naming import dates, numbers, title_of, words
from .phrasing import Fact, Sentence, Voice, fill, holds, speak
from .places import Issuer, phrases

HAN = "一二三四五六七八九十"
OUTLINE_2021 = ["leadership", "functions", "institutions", "decisions", "enforcement", "emergency", "disputes", "supervision", "technology", "legal_literacy"]  # fmt: skip
TASKS_2015 = [
    "functions",
    "institutions",
    "decisions",
    "enforcement",
    "supervision",
    "disputes",
    "legal_literacy",
    "leadership",
]
TOPICS_BY_KIND = {
    "g": OUTLINE_2021,
    "d": [
        "leadership",
        "functions",
        "institutions",
        "decisions",
        "enforcement",
        "disputes",
        "supervision",
        "technology",
        "legal_literacy",
    ],
    "t": [
        "leadership",
        "functions",
        "decisions",
        "enforcement",
        "emergency",
        "disputes",
        "supervision",
        "legal_literacy",
    ],
}
TOPIC_COUNT = {"g": (9, 10), "d": (6, 8), "t": (5, 7)}
MOST_PER_TOPIC = 7
# Characters that a report is aimed at; what comes out is a little longer.
LENGTH = {"g": (3500, 5200), "d": (2050, 3000), "t": (1200, 1700)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report.

    kind: heading, paragraph, signature or table; depth, marker, title: of a heading only (1 for 一、, 2 for (一),
    3 for 1.); role, topic: words of table `sections`, topic None where a line has none of its own; points: markers
    and titles of the 一是… that begin in this line, in order.
    """

    text: str
    kind: str
    depth: int | None
    marker: str | None
    title: str | None
    role: str
    topic: str | None
    facts: tuple[Fact, ...] = ()
    points: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A yearly report and what is true of it. issuer_name as printed, region_code of the county or prefecture."""

    title: str
    doc_type: str
    report_year: int
    issuer_name: str
    issuer_kind: str
    issuer_level: str
    region_code: str
    published_on: date
    signed_on: date | None
    index_number: str
    document_number: str | None
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The body: lines joined by a line break."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Style:
    """How one report is laid out."""

    bracket: str
    arabic: str
    layout: str
    direct: bool  # topics are the top-level parts, without a part 主要举措和成效 above them
    responsible_inside: bool
    responsible_first: bool
    leads_in_points: bool


def cut_title(text: str, *, point: bool = False) -> str:
    """A heading's or point's title: up to the first 。 or colon (points: also ；), or the line's end."""
    return re.split("[。:：;；]" if point else "[。:：]", text, maxsplit=1)[0]


def _han(number: int) -> str:
    """1–19 as 一 … 十九."""
    return HAN[number - 1] if number <= 10 else "十" + HAN[number - 11]


def pool(table: dict[str, list[str]], kind: str) -> list[str]:
    """The phrases of a table that a body of this kind (g, d, t) may use."""
    return [phrase for users, some in table.items() if kind in users and set(users) <= set("gdt") for phrase in some]


class _Pen:
    """Writes one report: hands out sentences so that no figure is stated twice and no lead recurs."""

    def __init__(self, seed: int, issuer: Issuer, year: int) -> None:
        self.issuer, self.year, self.kind = issuer, year, KINDS[issuer.kind]
        self.dice = Dice(seed, issuer.region_code, issuer.key, year)
        self.figures = Figures(seed, issuer, year)
        case_word = Dice(seed, issuer.region_code, "cases").pick(phrases()["words"]["cases"])
        self.voice = Voice(words(issuer, year, self.dice), case_word, self.dice.chance(0.15))
        self.style = self._style()
        self._said: set[str] = set()
        self._leads: set[str] = set()

    def _style(self) -> _Style:
        d = self.dice
        return _Style(
            bracket=d.pick(("（{}）", "（{}）", "({})")),
            arabic=d.pick(("{}.", "{}.", "{}．", "{}、")),
            layout=d.pick(("flat", "inline", "items", "points")),
            direct=(self.kind == "t" and d.chance(0.6)) or (self.kind == "d" and d.chance(0.2)),
            responsible_inside=d.chance(0.2),
            responsible_first=d.chance(0.5),
            leads_in_points=d.chance(0.7),
        )

    def words(self, options: Sequence[str]) -> str:
        return fill(self.dice.pick(options), self.voice, self.dice)

    def say(self, options: Iterable[str], *, plans: bool = False) -> Iterable[Sentence]:
        """Sentences of `options` in chance order, each only when it repeats neither a figure nor a lead."""
        for pattern in self.dice.shuffled([p for p in options if holds(p, self.year)]):
            try:
                sentence = speak(pattern, self.voice, self.figures, self.dice, plans=plans)
            except Unsayable:
                continue
            codes = {f.code for f in sentence.facts if f.code and f.measure != "change"}
            nil = {f.code for f in sentence.facts if f.value == 0}
            shut = {c for n in nil for c in book()["rules_out"].get(n, ())} | (codes - nil)
            if sentence.lead in self._leads or (not plans and (codes | shut) & self._said):
                continue
            if not plans:
                self._said |= codes | shut
            self._leads.add(sentence.lead)
            yield sentence


def _heading(pen: _Pen, depth: int, ordinal: int, title: str, role: str, topic: str | None, tail: str = "",
             facts: tuple[Fact, ...] = ()) -> Line:  # fmt: skip
    han = _han(ordinal + 1)
    marker = (han + "、", pen.style.bracket.format(han), pen.style.arabic.format(ordinal + 1))[depth - 1]
    text = marker + title + (f"。{tail}" if tail else "")
    return Line(text, "heading", depth, marker, cut_title(title), role, topic, facts)


def _paragraph(text: str, role: str, topic: str | None = None, facts: tuple[Fact, ...] = ()) -> Line:
    return Line(text, "paragraph", None, None, None, role, topic, facts)


def _plain(sentences: Sequence[Sentence], role: str, topic: str | None) -> Line:
    return _paragraph("".join(s.text for s in sentences), role, topic, tuple(f for s in sentences for f in s.facts))


def _points(pen: _Pen, sentences: Sequence[Sentence], role: str, topic: str | None, lead_in: str = "") -> list[Line]:
    """The sentences as 一是… 二是…: all in one paragraph, or each at the start of its own line."""
    with_leads = pen.style.leads_in_points
    bodies = [f"{s.lead}。{s.text}" if with_leads and s.lead else s.text for s in sentences]
    marks = [f"{HAN[i]}是" for i in range(len(bodies))]
    if pen.dice.chance(0.3):
        lines = [_paragraph(lead_in, role, topic)] if lead_in else []
        for mark, body, s in zip(marks, bodies, sentences, strict=True):
            title = cut_title(body, point=True)
            lines.append(Line(mark + body, "paragraph", None, None, None, role, topic, s.facts, ((mark, title),)))
        return lines
    if not with_leads and all(b.count("。") == 1 for b in bodies):
        bodies = [b.removesuffix("。") + ("；" if b is not bodies[-1] else "。") for b in bodies]
    text = lead_in + "".join(m + b for m, b in zip(marks, bodies, strict=True))
    titles = tuple((m, cut_title(b, point=True)) for m, b in zip(marks, bodies, strict=True))
    facts = tuple(f for s in sentences for f in s.facts)
    return [Line(text, "paragraph", None, None, None, role, topic, facts, titles)]


def _topic_part(pen: _Pen, depth: int, ordinal: int, topic: str, said: list[Sentence]) -> list[Line]:
    """One topic's heading and what stands under it, in the report's layout."""
    era = "tasks_2015" if pen.year <= 2020 else "outline_2021"
    title = pen.words(phrases()["headings"][era][topic])
    layout = pen.style.layout if pen.dice.chance(0.75) else pen.dice.pick(("flat", "points"))
    if layout == "inline" and depth == 2:
        line = _plain(said, "measures", topic)
        return [_heading(pen, depth, ordinal, title, "measures", topic, line.text, line.facts)]
    lines = [_heading(pen, depth, ordinal, title, "measures", topic)]
    if layout == "items" and len(said) > 1:
        for i, s in enumerate(said):
            lines.append(_heading(pen, 3, i, s.lead, "measures", topic, s.text, s.facts))
    elif layout == "points" and len(said) > 1:
        opener = said[0] if len(said) > 2 and not said[0].facts else None
        lines += _points(pen, said[1:] if opener else said, "measures", topic, opener.text if opener else "")
    else:
        cut = len(said) // 2 if len(said) > 3 else len(said)
        lines += [_plain(part, "measures", topic) for part in (said[:cut], said[cut:]) if part]
    return lines


def _topics(pen: _Pen) -> list[str]:
    order = TASKS_2015 if pen.year <= 2020 else OUTLINE_2021
    allowed = [t for t in order if t in TOPICS_BY_KIND[pen.kind]]
    count = min(pen.dice.whole(*TOPIC_COUNT[pen.kind]), len(allowed))
    dropped = [t for t in pen.dice.shuffled(allowed) if t not in ("leadership", "enforcement", "disputes")]
    gone = set(dropped[: len(allowed) - count])
    topics = [t for t in allowed if t not in gone]
    if pen.dice.chance(0.4):
        i = pen.dice.whole(1, len(topics) - 2)
        topics[i], topics[i + 1] = topics[i + 1], topics[i]
    return topics


def _measures(pen: _Pen, budget: int) -> list[tuple[str, list[Sentence]]]:
    """Topics with their sentences, together about `budget` characters long."""
    topics = _topics(pen)
    tables = phrases()["measures"]
    streams = {t: iter(pen.say(pool(tables[t], pen.kind))) for t in topics}
    said: dict[str, list[Sentence]] = {t: [] for t in topics}
    length = 0
    while streams and (length < budget or any(len(said[t]) < 2 for t in streams)):
        for topic in pen.dice.shuffled(list(streams)):
            sentence = next(streams[topic], None)
            if sentence is None:
                del streams[topic]
                continue
            said[topic].append(sentence)
            length += len(sentence.text) + len(sentence.lead)
            if len(said[topic]) == MOST_PER_TOPIC:
                del streams[topic]
            if length >= budget and all(len(said[t]) >= 2 for t in streams):
                break
    return [(t, said[t]) for t in topics if said[t]]


def _role_part(pen: _Pen, role: str, said: list[Sentence], lead_in: str, after: str) -> list[Line]:
    """Body of the parts 不足, 第一责任人, 下一年度: points, sub-headings or plain paragraphs."""
    topic = "leadership" if role == "first_responsible" else None
    manner = pen.dice.pick(("points", "points", "headings", "plain") if pen.kind != "t" else ("points", "plain"))
    if manner == "headings":
        lines = [_paragraph(lead_in, role, topic)] if lead_in else []
        lines += [_heading(pen, 2, i, s.lead, role, topic, s.text, s.facts) for i, s in enumerate(said)]
    elif manner == "points":
        lines = _points(pen, said, role, topic, lead_in)
    else:
        lines = [_paragraph(lead_in, role, topic)] if lead_in else []
        lines.append(_plain(said, role, topic))
    return lines + ([_paragraph(after, role, topic)] if after else [])


def _some(stream: Iterable[Sentence], count: int) -> list[Sentence]:
    return [s for _, s in zip(range(count), stream, strict=False)]


def _preamble(pen: _Pen) -> list[Line]:
    book_, dice = phrases(), pen.dice
    lines = []
    if dice.chance(0.35):
        lines.append(_paragraph(pen.words(book_["salutations"][pen.kind]), "preamble"))
    opening = pen.words(book_["preamble"][pen.kind])
    if pen.kind == "g":
        opening += pen.words(book_["preamble"]["more"])
    end = pen.words(book_["preamble"]["end"])
    if dice.chance(0.2):
        return [*lines, _paragraph(opening, "preamble"), _paragraph(end, "preamble")]
    return [*lines, _paragraph(opening + end, "preamble")]


def _body(pen: _Pen) -> list[Line]:
    book_, dice, kind = phrases(), pen.dice, pen.kind
    count = {"g": (4, 5), "d": (3, 4), "t": (2, 3)}[kind]
    # Shortcomings speak first: they may state a figure that the measures must then leave alone.
    problems = _some(pen.say(pool(book_["problems"], kind)), dice.whole(*count))
    responsible = _some(pen.say(pool(book_["first_responsible"], kind)), dice.whole(*count))
    plans = _some(pen.say(pool(book_["next_year"], kind), plans=True), dice.whole(count[0], count[1] + 1))
    causes = pen.words(book_["problems"]["causes"])
    lead_in = pen.words(book_["problems"]["lead_in"]) if dice.chance(0.6) else ""
    rest = sum(len(s.text) for s in (*problems, *responsible, *plans)) + len(causes) + 300
    measures = _measures(pen, dice.whole(*LENGTH[kind]) - rest)

    own_parts: dict[str, list[Line]] = {
        "problems": _role_part(pen, "problems", problems, lead_in, causes),
        "first_responsible": _role_part(pen, "first_responsible", responsible, "", ""),
        "next_year": _role_part(pen, "next_year", plans, "", ""),
    }
    order = ["first_responsible", "problems", "next_year"] if pen.style.responsible_first else list(own_parts)
    if pen.style.responsible_inside:
        order.remove("first_responsible")
    if not pen.style.direct and dice.chance(0.15):
        order.append("other_matters")
        own_parts["other_matters"] = [_paragraph(f"{pen.year}年无其他需要报告的情况。", "other_matters")]

    lines: list[Line] = []
    if pen.style.direct:
        for i, (topic, said) in enumerate(measures):
            lines += _topic_part(pen, 1, i, topic, said)
        top = len(measures)
    else:
        lines.append(_heading(pen, 1, 0, pen.words(book_["parts"]["measures"]), "measures", None))
        for i, (topic, said) in enumerate(measures):
            lines += _topic_part(pen, 2, i, topic, said)
        top = 1
    if pen.style.responsible_inside:
        title = pen.words(book_["parts"]["first_responsible"])
        under = (1, top) if pen.style.direct else (2, len(measures))
        lines.append(_heading(pen, *under, title, "first_responsible", "leadership"))
        lines.append(_plain(responsible, "first_responsible", "leadership"))
        top += pen.style.direct
    for i, role in enumerate(order, start=top):
        own_topic = "leadership" if role == "first_responsible" else None
        lines.append(_heading(pen, 1, i, pen.words(book_["parts"][role]), role, own_topic))
        lines += own_parts[role]
    return lines


def compose(seed: int, issuer: Issuer, year: int) -> Report:
    """The yearly report of `issuer` on `year`, with its truth. Pure: the same arguments give the same report."""
    pen = _Pen(seed, issuer, year)
    signed, published = dates(seed, issuer, year)
    index, number = numbers(seed, issuer, published, "report")
    lines = [*_preamble(pen), *_body(pen)]
    if pen.dice.chance(0.2):
        lines.append(_paragraph(pen.dice.pick(phrases()["closing"]["lines"]), "closing"))
    title = title_of(seed, issuer, year)
    # A title that does not name the body is only ever used with a signature that does.
    is_signed = issuer.printed not in title or pen.dice.chance(0.85)
    if is_signed:
        day = f"{signed.year}年{signed.month}月{signed.day}日"
        lines += [Line(t, "signature", None, None, None, "signature", None) for t in (issuer.printed, day)]
    return Report(
        title=title,
        doc_type="annual_report",
        report_year=year,
        issuer_name=issuer.printed,
        issuer_kind=issuer.kind,
        issuer_level=issuer.level,
        region_code=issuer.region_code,
        published_on=published,
        signed_on=signed if is_signed else None,
        index_number=index,
        document_number=number,
        lines=tuple(lines),
    )
