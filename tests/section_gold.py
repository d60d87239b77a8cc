"""Composed reports with hand-made section trees (tests/gold/sections), and how well a cut agrees with them."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.text import half
from transform import sections

FOLDER = Path(__file__).parent / "gold" / "sections"


@dataclass(slots=True)
class Gold:
    """One report: its text, the nodes as written, and the role of every character."""

    name: str
    damaged: bool
    nodes: list[dict[str, Any]]
    text: str = ""
    roles: list[str] = field(default_factory=list)
    starts: dict[int, int] = field(default_factory=dict)  # node number → offset

    @property
    def characters(self) -> int:
        return len(self.text)


def load() -> list[Gold]:
    """All gold reports in name order."""
    out = []
    for path in sorted(FOLDER.glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        gold = Gold(path.stem, raw["damaged"], raw["node"])
        _emit(gold, 0, -1)
        out.append(gold)
    return out


def _emit(gold: Gold, at: int, above: int) -> int:
    """Append nodes from number `at` that are deeper than `above`; returns the number of the first that is not."""
    while at < len(gold.nodes) and gold.nodes[at]["depth"] > above:
        node = gold.nodes[at]
        gold.starts[at] = len(gold.text)
        _add(gold, node["text"], node["role"])
        at_children = at + 1
        # a heading never hangs under an unheaded part at depth 0, which holds points at most
        if node["kind"] == "unheaded" and node["depth"] == 0:
            while (
                at_children < len(gold.nodes)
                and gold.nodes[at_children]["kind"] == "point"
                and gold.nodes[at_children]["depth"] == 1
            ):
                gold.starts[at_children] = len(gold.text)
                _add(gold, gold.nodes[at_children]["text"], gold.nodes[at_children]["role"])
                at_children += 1
            at = at_children
        else:
            at = _emit(gold, at_children, node["depth"])
        _add(gold, node.get("tail", ""), node["role"])
    return at


def _add(gold: Gold, text: str, role: str) -> None:
    gold.text += text
    gold.roles += [role] * len(text)


def key(title: str | None, length: int) -> str:
    """The start of a title without layout and punctuation."""
    return "".join(c for c in half(title or "") if c.isalnum())[:length]


@dataclass(slots=True)
class Score:
    """Counts over reports: (right, wanted, found) for headings and points; (right, all) for characters and topics."""

    headings: list[int] = field(default_factory=lambda: [0, 0, 0])
    points: list[int] = field(default_factory=lambda: [0, 0, 0])
    roles: list[int] = field(default_factory=lambda: [0, 0])
    topics: list[int] = field(default_factory=lambda: [0, 0])
    misses: list[str] = field(default_factory=list)

    @staticmethod
    def f1(counts: list[int]) -> float:
        return 2 * counts[0] / (counts[1] + counts[2]) if counts[1] + counts[2] else 1.0

    @staticmethod
    def share(counts: list[int]) -> float:
        return counts[0] / counts[1] if counts[1] else 1.0


def score(reports: list[Gold]) -> Score:
    """Cut every report and compare."""
    out = Score()
    for gold in reports:
        tops = sections.cut(gold.text)
        found = sections.walk(tops)
        for kind, counts, length in (("heading", out.headings, 10), ("point", out.points, 6)):
            want = Counter(
                (n["depth"] if kind == "heading" else None, key(n.get("title"), length))
                for n in gold.nodes
                if n["kind"] == kind
            )
            got = Counter(
                (n.depth if kind == "heading" else None, key(n.title, length)) for n in found if n.kind == kind
            )
            both = want & got
            counts[0] += sum(both.values())
            counts[1] += sum(want.values())
            counts[2] += sum(got.values())
            if want != got:
                out.misses.append(f"{gold.name} {kind}: missed {list(want - got)}, extra {list(got - want)}")
        holders = {at: node.role for node in sections.walk(tops) for a, b in node.own_spans() for at in range(a, b)}
        wrong: Counter[tuple[str, str, str]] = Counter()
        for offset, role in enumerate(gold.roles):
            got_role = holders[offset]
            out.roles[0] += got_role == role
            if got_role != role:
                line = gold.text[gold.text.rfind("\n", 0, offset) + 1 :][:24]
                wrong[(role, got_role, line.split("\n")[0])] += 1
        out.roles[1] += len(gold.roles)
        out.misses += [
            f"{gold.name} role: {n} characters are {want}, not {got}: {line}" for (want, got, line), n in wrong.items()
        ]
        by_start = {n.char_start: n for n in found if n.kind == "heading"}
        for number, node in enumerate(gold.nodes):
            if node["kind"] == "heading" and "topic" in node:
                cut = by_start.get(gold.starts[number])
                right = cut is not None and cut.topic in node["topic"]
                out.topics[0] += right
                out.topics[1] += 1
                if not right:
                    out.misses.append(
                        f"{gold.name} topic: {node.get('title', '')[:20]} is {node['topic']}, not {cut and cut.topic}"
                    )
    return out
