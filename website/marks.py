"""A report's text with its sections as headings and its numbers as marks that show what was read from them."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from website.markup import Html, Node, el, text
from website.source import Row, indicator_path
from website.words import both, english, stated, word


@dataclass(slots=True)
class Mark:
    """A span [start, end) of the text and the facts read from it: rows of quantities and of indicators."""

    start: int
    end: int
    quantity: Row | None
    facts: list[Row] = field(default_factory=list)


def marks(quantities: Sequence[Row], indicators: Sequence[Row]) -> list[Mark]:
    """One mark for each number and each fact stated in words, in order, none over another.

    Words that begin inside another span are told with it; words that run into a number end before it.
    """
    by_quantity = {q["quantity_id"]: Mark(q["char_start"], q["char_end"], q) for q in quantities}
    spans = list(by_quantity.values())
    for row in indicators:
        if mark := by_quantity.get(row["quantity_id"]):
            mark.facts.append(row)
        else:
            spans.append(Mark(row["char_start"], row["char_end"], None, [row]))
    out: list[Mark] = []
    for mark in sorted(spans, key=lambda m: (m.start, m.quantity is None, m.end)):
        last = out[-1] if out else None
        if last and mark.start < last.end and (mark.quantity is None or mark.start == last.start):
            last.facts.extend(mark.facts)
            continue
        if last:
            last.end = min(last.end, mark.start)
        out.append(mark)
    return out


def article(body: str, sections: Sequence[Row], spans: Sequence[Mark]) -> Html:
    """The text in its lines. Sections have anchors `s<ordinal>`, marks `n<start>`; spans are code points of `body`."""
    headings = {s["char_start"]: s for s in sections if s["kind"] == "heading"}
    anchors: dict[int, list[int]] = {}
    for s in sections:
        anchors.setdefault(s["char_start"], []).append(s["ordinal"])
    out: list[Html] = []
    start = 0
    for line in body.split("\n"):
        end = start + len(line)
        if line.strip() or any(start <= at < end for at in anchors):
            out.append(_line(body, start, end, headings.get(start), anchors, spans))
        start = end + 1
    return Html("".join(out))


def _line(
    body: str, start: int, end: int, heading: Row | None, anchors: dict[int, list[int]], spans: Sequence[Mark]
) -> Html:
    def inline(low: int, high: int) -> Html:
        return Html("".join(_inline(body, low, high, anchors, spans)))

    if heading is None:
        return el("p", inline(start, end))
    title = heading["title"] or ""
    at = body.find(title, start, end)
    cut = at + len(title) if at >= 0 else end
    if end - cut <= 2:  # nothing behind the title but its full stop
        return el(f"h{min(heading['depth'] + 2, 6)}", inline(start, end))
    return el("p", el("b", inline(start, cut)), inline(cut, end))


def _inline(body: str, low: int, high: int, anchors: dict[int, list[int]], spans: Sequence[Mark]) -> Iterator[Html]:
    """Pieces of body[low:high]: plain text, anchors where sections begin, marks."""
    first = max(bisect_right(spans, low, key=lambda m: m.start) - 1, 0)
    last = bisect_left(spans, high, key=lambda m: m.start)
    inside = [m for m in spans[first:last] if m.end > low]
    starts = {max(m.start, low): m for m in inside}
    stops = sorted({*starts, *(min(m.end, high) for m in inside), *(a for a in anchors if low <= a < high), low, high})
    covered = None
    for at, until in itertools.pairwise(stops):
        yield from (el("span", id=f"s{ordinal}") for ordinal in anchors.get(at, ()))
        covered = starts.get(at, covered if covered and at < covered.end else None)
        piece = body[at:until]
        yield _marked(covered, piece, is_first=at == covered.start) if covered else text(piece)


def _marked(mark: Mark, piece: str, is_first: bool) -> Html:
    kind = "known" if mark.facts else "other"
    if not is_first:  # the rest of a span that a line's end or a section's start cuts in two
        return el("mark", piece, _class=kind)
    return el("mark", piece, tip(mark), _class=kind, id=f"n{mark.start}", tabindex=0)


def tip(mark: Mark) -> Html:
    """What was read from a mark; the style sheet shows it while the mark is pointed at or has the focus."""
    if mark.facts:
        lines = [_fact(row, mark.quantity) for row in mark.facts]
    else:
        assert mark.quantity is not None
        q = mark.quantity
        lines = [
            el(
                "span", both("目录以外的数字", "not in the catalogue"), " ",
                el("strong", stated(q["value"], q["value_max"], q["modifier"]), " ", q["unit"]), " · ",
                word("measure", q["measure"]), " · ", word("period", q["period"]),
                f" · {q['subject']}" if q["subject"] else None,
            )
        ]  # fmt: skip
    return el("span", lines, _class="tip")


def _fact(row: Row, quantity: Row | None) -> Html:
    code = row["indicator_code"]
    top = quantity["value_max"] if quantity else None
    return el(
        "span", el("a", name(row), href=f"../../{indicator_path(code)}"), " ",
        el("strong", stated(row["value"], top, row["modifier"]), " ", row["unit"]), " · ", qualities(row),
        " · ", el("span", confidence(row["confidence"]), _class="precision"),
    )  # fmt: skip


def name(row: Row) -> Html:
    """An indicator's name in both languages."""
    return _name(row["indicator_code"], row["name_zh"])


@cache
def _name(code: str, name_zh: str | None) -> Html:
    return both(name_zh or code, english(code))


def qualities(row: Row) -> Html:
    """How a fact is meant: measure, period with its year, whose, part or whole, in figures or in words."""
    parts: list[Node] = [word("measure", row["measure"]), " · ", word("period", row["period"])]
    if row["year"]:
        parts.append(f" {row['year']}")
    parts += [" · ", word("scope", row["scope"])]
    if row["is_part"]:
        parts += [" · ", both("其中一部分", "a part")]
    if row["is_derived"]:
        parts += [" · ", both("以文字表述", "stated in words")]
    return text(parts)


def confidence(value: float | None) -> Node:
    """The measured precision of the rule that made a row, 0–1, or that there is none."""
    return f"{value:.3f}" if value is not None else both("未测", "not measured")
