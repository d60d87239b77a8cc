"""What a report's body holds, as columns of the tables sections, quantities and indicators."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from knowledge.confidence import confidence
from knowledge.indicators import is_plausible
from knowledge.schema import Columns
from transform.indicators import Found
from transform.measure import Reading
from transform.quantities import Quantity
from transform.sections import Section

# Columns that are attributes of what was read.
_OF_SECTION = ("depth", "kind", "marker", "title", "char_start", "char_end", "role", "topic", "flags")
_OF_QUANTITY = ("char_start", "char_end", "quote", "value", "value_max", "unit", "unit_raw", "modifier", "measure", "period",
                "period_start", "period_end", "subject")  # fmt: skip
_OF_INDICATOR = ("value", "unit", "modifier", "measure", "period", "year", "scope", "is_part", "char_start", "char_end")
Holding = Callable[[Iterable[int]], list[str]]

_MARK_END = re.compile(r"[\s、.,]+$")


def columns_of(got: Reading, text: str, key: str, level: str | None) -> tuple[Columns, Columns, Columns]:
    """Sections, quantities and indicators of the report with document_id `key`; `level` is its issuer's."""
    parts, pieces = _sections(got.tops, text, key)
    pieces.sort()  # the later pieces of a section were met before those of its parts
    starts, holders = [start for start, _ in pieces], [section for _, section in pieces]

    def holding(offsets: Iterable[int]) -> list[str]:
        """Of each offset the id of the deepest section that holds it."""
        return [holders[bisect_right(starts, offset) - 1] for offset in offsets]

    return parts, _quantities(got.numbers, key, holding), _indicators(got.found, text, key, level, holding)


def _sections(tops: list[Section], text: str, key: str) -> tuple[Columns, list[tuple[int, str]]]:
    """All sections in order; and of each piece of text that is a section's own, its offset and that section's id."""
    nodes: list[Section] = []
    rows: list[tuple[str, str | None, str, str | None]] = []
    pieces: list[tuple[int, str]] = []

    def add(node: Section, parent: str | None, path: str) -> None:
        start = node.char_start
        own = f"{key}.s{start}.{node.depth}"
        mark = _mark(node.marker, node.number)
        path = f"{path}/{mark}" if path and mark else path or mark
        if node.children:
            spans = node.own_spans()
            pieces.extend([(a, own) for a, _ in spans])
            words = "".join([text[a:b] for a, b in spans])
        else:
            if start < node.char_end:
                pieces.append((start, own))
            words = text[start : node.char_end]
        nodes.append(node)
        rows.append((own, parent, words, path or None))
        for child in node.children:
            add(child, own, path)

    for top in tops:
        add(top, None, "")
    ids, parents, texts, paths = zip(*rows, strict=True)
    columns = {
        "section_id": ids,
        "document_id": [key] * len(ids),
        "parent_id": parents,
        "ordinal": range(len(ids)),
        "text": texts,
        "path": paths,
        **_attributes(_OF_SECTION, nodes),
    }
    return Columns(columns), pieces


def _quantities(numbers: list[Quantity], key: str, holding: Holding) -> Columns:
    own = _attributes(_OF_QUANTITY, numbers)
    starts = own["char_start"]
    return Columns(
        {
            "quantity_id": [f"{key}.q{start}" for start in starts],
            "document_id": [key] * len(numbers),
            "section_id": holding(starts),
            "flags": [[]] * len(numbers),
            **own,
        }
    )


def _indicators(found: list[Found], text: str, key: str, level: str | None, holding: Holding) -> Columns:
    return Columns(
        {
            "indicator_id": [f"{key}.i{f.anchor}.{f.code}" for f in found],
            "quantity_id": [f"{key}.q{f.quantity.char_start}" if f.quantity else None for f in found],
            "document_id": [key] * len(found),
            "section_id": holding([f.anchor for f in found]),
            "indicator_code": [f.code for f in found],
            "is_derived": [f.quantity is None for f in found],
            "confidence": [confidence(f.kind) for f in found],
            "quote": [text[f.char_start : f.char_end] for f in found],
            "flags": [[] if is_plausible(f.code, f.value, level) else ["out_of_range"] for f in found],
            **_attributes(_OF_INDICATOR, found),
        }
    )


def _attributes(names: tuple[str, ...], items: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
    """Attributes of these names of all items, as columns."""
    columns = zip(*map(attrgetter(*names), items), strict=True) if items else [()] * len(names)
    return dict(zip(names, columns, strict=True))


@lru_cache(maxsize=1024)  # all reports count alike
def _mark(marker: str | None, number: int | None) -> str:
    """A section's part of the path: its marker without what ends it, else its number."""
    return _MARK_END.sub("", marker or "") or (str(number) if number else "")
