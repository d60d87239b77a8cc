"""The house: data flows one way, stages meet only in files, what is documented is what is built."""

import ast
from pathlib import Path

import pytest

from knowledge import indicators
from warehouse.dictionary import markdown
from warehouse.layout import VIEWS

ROOT = Path(__file__).parent.parent
STAGES = ("crawler", "transform", "warehouse", "samples")


def imported(path: Path) -> set[str]:
    """Top-level packages that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_imports_another(stage: str) -> None:
    for path in (ROOT / stage).rglob("*.py"):
        assert not imported(path) & (set(STAGES) - {stage}), path


def test_knowledge_imports_no_stage() -> None:
    for path in (ROOT / "knowledge").glob("*.py"):
        assert not imported(path) & set(STAGES), path


def test_table_documentation_is_up_to_date() -> None:
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == markdown(), "run make docs"


def test_base_tables_are_defined_once() -> None:
    for sql in VIEWS.glob("*.sql"):
        assert "CREATE TABLE" not in sql.read_text(encoding="utf-8").upper(), sql


def test_catalogue() -> None:
    codes = indicators.catalogue().values()
    short = [i.short_code for i in codes]
    assert len(set(short)) == len(short) >= 160
    assert all(len(s) <= 32 for s in short)
    assert {i.kind for i in codes} == {"count", "ratio", "money"}
    assert {r.code for r in indicators.rules()} <= set(indicators.catalogue())


def test_pins_name_no_index() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and "--hash=sha256:" in text
