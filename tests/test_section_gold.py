"""Section trees of composed reports against trees written by hand before and apart from the code; floors are pinned."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.section_gold import Gold, Score, load, score
from transform.sections import cut, walk

FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text(encoding="utf-8"))["section_gold"]


@cache
def scored() -> Score:
    return score(load())


def test_there_are_forty_reports_ten_of_them_damaged() -> None:
    assert len(load()) >= 40
    assert sum(g.damaged for g in load()) >= 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("heading_f1", lambda s: s.f1(s.headings)),
        ("point_f1", lambda s: s.f1(s.points)),
        ("role", lambda s: s.share(s.roles)),
        ("topic", lambda s: s.share(s.topics)),
    ],
)
def test_floor(name: str, value) -> None:
    got = value(scored())
    print(f"{name}: {got:.4f} (floor {FLOORS[name]})")
    assert got >= FLOORS[name], "\n".join(scored().misses)


@pytest.mark.parametrize("gold", load(), ids=lambda g: g.name)
def test_tree_tiles_the_text(gold: Gold) -> None:
    tops = cut(gold.text)
    assert [t.char_start for t in tops] == [0, *[t.char_end for t in tops[:-1]]]
    assert tops[-1].char_end == len(gold.text)
    for node in walk(tops):
        assert all(node.char_start <= c.char_start <= c.char_end <= node.char_end for c in node.children)
