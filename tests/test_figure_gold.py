"""Numbers of composed reports and sentences labelled by hand: floors, and the confidence that rows carry."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from knowledge.confidence import confidence
from knowledge.indicators import catalogue
from tests.figure_gold import Case, Score, by_kind, held_out, phrase_hits, reports, score, share, traps

FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text(encoding="utf-8"))["figures"]
SETS = {"reports": reports, "sentences": traps, "unseen": held_out}


@cache
def measured(name: str) -> Score:
    return score(SETS[name]())


@pytest.mark.parametrize("name", SETS)
def test_floors(name: str) -> None:
    got = measured(name)
    figures = {
        "recall": share(got.recall),
        "precision": share(got.precision),
        "quantities": share(got.numbers),
        "strays": share(got.strays),
        **{attribute: share(counts) for attribute, counts in got.attributes.items()},
    }
    print(f"\n{name}: " + ", ".join(f"{k} {v:.4f}" for k, v in figures.items()))
    below = {k: (round(v, 4), FLOORS[name][k]) for k, v in figures.items() if v < FLOORS[name][k]}
    assert not below  # lowered only with a written reason


def test_the_set_is_large_enough() -> None:
    cases: list[Case] = [*reports(), *traps()]
    assert len(reports()) >= 40
    assert len(traps()) >= 150
    assert sum(len(c.facts) for c in cases) >= 1500


def test_labels_name_codes_of_the_catalogue() -> None:
    for case in [*reports(), *traps(), *held_out()]:
        for fact in case.facts:
            assert frozenset().union(*fact.codes) <= catalogue().keys(), case.name


def test_confidence_is_what_gold_says() -> None:
    for kind, counts in by_kind().items():
        stated = confidence(kind)
        assert stated is not None, f"no confidence for {kind}: python -m tests.figure_gold --write"
        assert stated == pytest.approx(share(counts), abs=0.02), f"{kind}: python -m tests.figure_gold --write"


def test_phrases() -> None:
    """A bank of wordings, eight per code, and three confusable ones that must not get it (tests/gold/phrases)."""
    found, wrong = phrase_hits()
    print(f"\nphrases: {share(found):.4f} of {found[1]} found, {wrong[0]} of {wrong[1]} confusable ones taken")
    assert share(found) >= FLOORS["phrases"]["found"]
    assert share(wrong) <= FLOORS["phrases"]["confused"]
