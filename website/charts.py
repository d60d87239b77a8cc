"""Small charts as inline SVG: no script, no file of others. What a chart shows stands in the table beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from website.markup import Html, el
from website.words import computed, number

_WIDE, _HIGH, _EDGE = 132, 30, 4


def course(own: Mapping[int, float], peers: Mapping[int, float], years: Sequence[int], label: str) -> Html:
    """Own values as dots, the peers' medians as a dashed line, from years[0] to years[-1]; zero is in the picture.

    Lines join years that follow each other: over a year without a number there is none.
    """
    top = max(0.0, *own.values(), *peers.values())
    bottom = min(0.0, *own.values(), *peers.values())

    def place(year: int, value: float) -> str:
        share = (year - years[0]) / (years[-1] - years[0]) if years[-1] > years[0] else 0.5
        height = (value - bottom) / ((top - bottom) or 1)
        x, y = _EDGE + share * (_WIDE - 2 * _EDGE), _HIGH - _EDGE - height * (_HIGH - 2 * _EDGE)
        return f"{x:.0f},{y:.0f}"

    def line(values: Mapping[int, float], kind: str) -> Html | None:
        runs = [" ".join(place(y, values[y]) for y in run) for run in _runs(values) if len(run) > 1]
        return el("path", d="".join(f"M{run}" for run in runs), _class=kind) if runs else None

    dots = "".join(f"M{place(*at)}h0" for at in sorted(own.items()))  # a round line of no length is a dot
    return el(
        "svg",
        line(peers, "peers"),
        line(own, "own"),
        el("path", d=dots, _class="dots"),
        viewBox=f"0 0 {_WIDE} {_HIGH}",
        role="img",
        aria_label=label,
        _class="course",
    )


def _runs(years: Mapping[int, float]) -> Iterator[list[int]]:
    """Years that follow each other, together, in order."""
    run: list[int] = []
    for year in sorted(years):
        if run and year != run[-1] + 1:
            yield run
            run = []
        run.append(year)
    if run:
        yield run


def bars(counts: Sequence[int], labels: Sequence[str], label: str) -> Html:
    """A histogram: one bar per class, its count above it, its class below."""
    step = max(60, 8 * max(map(len, labels), default=0) + 8)
    wide, high = step * len(counts), 160
    top = max(counts, default=0) or 1
    out = []
    for i, (count, name) in enumerate(zip(counts, labels, strict=True)):
        tall = round(110 * count / top, 1)
        middle = i * step + step / 2
        out.append(el("rect", x=i * step + 4, y=f"{130 - tall:.1f}", width=step - 8, height=tall or 0.5, _class="bar"))
        out.append(el("text", number(count), x=middle, y=f"{126 - tall:.1f}", text_anchor="middle"))
        out.append(el("text", name, x=middle, y=148, text_anchor="middle"))
    drawing = el("svg", out, viewBox=f"0 0 {wide} {high}", width=wide, height=high, role="img", aria_label=label)
    return el("div", drawing, _class="scroll", tabindex=0)


def classes(values: Sequence[float], most: int = 10) -> tuple[list[int], list[float]]:
    """Counts of `values` (sorted, not empty) in at most so many classes, and the classes' edges, one more than classes.

    Edges are round numbers. The last class holds everything above the 98th percentile's, so that one giant does not
    flatten the rest; its upper edge is infinite if it holds more than its width.
    """
    low, high = values[0], values[min(len(values) - 1, int(len(values) * 0.98))]
    step = _round_step((high - low) / most)
    first = low // step
    edges = [computed_edge((first + i) * step) for i in range(int(high // step - first) + 2)]
    counts = [0] * (len(edges) - 1)
    for value in values:
        counts[min(int(value // step - first), len(counts) - 1)] += 1
    if values[-1] >= edges[-1]:
        edges[-1] = float("inf")
    return counts, edges


def computed_edge(value: float) -> float:
    """An edge without a computer's noise: 0.30000000000000004 → 0.3."""
    return float(computed(value).replace(",", ""))


def _round_step(width: float) -> float:
    """The next of 1, 2, 5 × a power of ten that is not below a width."""
    if width <= 0:
        return 1.0
    power = 10.0 ** (len(f"{int(width)}") - 1) if width >= 1 else 1.0
    while power > width:
        power /= 10
    return next(power * m for m in (1, 2, 5, 10) if power * m >= width)
