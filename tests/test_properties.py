"""Every public pure function has a property that is tried on inputs of all kinds, or stands below with the reason why not."""

from __future__ import annotations

import inspect
import os
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties import PROPERTIES

# Inputs for each: few and always the same in the suite, many and new ones where EXAMPLES says how many (make fuzz).
EXAMPLES = int(os.environ.get("EXAMPLES", "0"))

# Modules without reading or writing of files (but for the data beside them), network, clock or process.
PURE = {
    "knowledge": "archive bodies confidence console cues families indicators nesting regions schema sections sieve text titles "
    "triage units urls years",
    "transform": "chrome claims columns dates decode density document explain extract headings identify indicators markup measure numbers "
    "periods points quantities sections tables templates",
    "transform.files": "filetext layout ofd ooxml pdf read",
    "crawler": "circles outcomes policy rows",
}

WITHIN_MEASURE = "a step of transform.measure.measure, whose property looks at what it makes"
EXCUSED = {
    "knowledge.archive.runs": "reads folders: tests/test_archive.py",
    "knowledge.archive.warc_files": "reads folders: tests/test_archive.py",
    "knowledge.archive.json_lines": "reads a file: tests/test_archive.py",
    "knowledge.archive.json_lines_at": "reads a file: tests/test_archive.py",
    "knowledge.console.progress": "prints",
    "knowledge.console.summary": "prints: tests/test_hostile_text.py",
    "knowledge.console.guard": "ends the process: tests/test_hostile_text.py",
    "knowledge.cues.load": "reads the data files",
    "transform.claims.claims_of": WITHIN_MEASURE,
    "transform.claims.clause_round": WITHIN_MEASURE,
    "transform.columns.columns_of": "a step of transform.document.read, whose property looks at what it makes",
    "transform.indicators.read": WITHIN_MEASURE,
    "transform.explain.show": "prints",
}


def public(module: str) -> set[str]:
    """Functions that a module defines, by full name; those that take nothing have nothing to vary."""
    members = vars(import_module(module))
    functions = {name: inspect.unwrap(f) for name, f in members.items() if callable(f) and not name.startswith("_")}
    return {
        f"{module}.{name}"
        for name, f in functions.items()
        if inspect.isfunction(f) and f.__module__ == module and inspect.signature(f).parameters and name != "main"
    }


def test_every_public_function_has_a_property() -> None:
    there = {f for package, names in PURE.items() for name in names.split() for f in public(f"{package}.{name}")}
    missing = there - PROPERTIES.keys() - EXCUSED.keys()
    assert not missing, f"add what holds of {sorted(missing)} to tests/properties, or a reason to EXCUSED"
    assert not PROPERTIES.keys() & EXCUSED.keys()
    gone = PROPERTIES.keys() - there
    assert not gone, f"no public functions of a pure module any more: {sorted(gone)}"
    assert len(PROPERTIES) > 80


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_it_holds(name: str) -> None:
    strategies, holds = PROPERTIES[name]
    bounds = settings(
        max_examples=EXAMPLES or 20,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    bounds(given(st.tuples(*strategies))(lambda drawn: holds(*drawn)))()
