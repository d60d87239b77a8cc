"""`make check` names what is broken: one deliberately broken warehouse per kind of break."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from knowledge.console import Problem
from tests.sample_data import copy_of, sample
from tests.test_warehouse import run
from warehouse import check, publish


@pytest.fixture(scope="module", autouse=True)
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Expected counts of the sample as it is now: what is tested is the comparison, not the figures under expected/."""
    folder = tmp_path_factory.mktemp("expected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "EXPECTED", folder)
        patch.setattr(check, "COUNTS", folder / "sample_counts.csv")
        patch.setattr(check, "PORTALS", folder / "sample_portals.csv")
        with duckdb.connect(str(sample() / "warehouse.duckdb"), read_only=True) as con:
            check.write_counts(con)
        yield folder


def failures(data: Path, only: str = "") -> dict[str, check.Result]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        return {r.name.split(":")[0]: r for r in check.run(con, data, only) if r.broken}


def change(data: Path, sql: str) -> None:
    with duckdb.connect(str(data / "warehouse.duckdb")) as con:
        con.execute(sql)


def test_the_sample_passes() -> None:
    assert failures(sample()) == {}


ONE = "(SELECT min({0}_id) FROM {1})"
A_REPORT = ONE.format("document", "documents")
A_SECTION = "(SELECT min(section_id) FROM sections WHERE parent_id IS NULL AND char_start > 0)"
A_CHILD = "(SELECT min(section_id) FROM sections WHERE parent_id IS NOT NULL)"
A_NUMBER = ONE.format("quantity", "quantities")
A_FIGURE = "(SELECT min(indicator_id) FROM indicators WHERE measure = 'level')"
A_RATIO = "(SELECT min(indicator_id) FROM indicators JOIN indicator_catalogue USING (indicator_code) WHERE kind = 'ratio' AND measure = 'level')"

BROKEN = {
    "key of documents": f"INSERT INTO documents FROM documents WHERE document_id = {A_REPORT}",
    "key of indicators": f"INSERT INTO indicators FROM indicators WHERE indicator_id = {A_FIGURE}",
    "values required in documents": f"UPDATE documents SET title = NULL WHERE document_id = {A_REPORT}",
    "values required in quantities": f"UPDATE quantities SET quantity_id = NULL WHERE quantity_id = {A_NUMBER}",
    "columns of sections": "ALTER TABLE sections DROP COLUMN topic",
    "columns of quantities": "ALTER TABLE quantities ALTER value TYPE VARCHAR",
    "columns of regions": "DROP TABLE regions",
    "reference sections.document_id → documents.document_id": f"UPDATE sections SET document_id = 'gone' WHERE section_id = {A_CHILD}",
    "reference sections.parent_id → sections.section_id": f"UPDATE sections SET parent_id = 'gone' WHERE section_id = {A_CHILD}",
    "reference quantities.section_id → sections.section_id": f"UPDATE quantities SET section_id = 'gone' WHERE quantity_id = {A_NUMBER}",
    "reference indicators.quantity_id → quantities.quantity_id": f"UPDATE indicators SET quantity_id = 'gone' WHERE indicator_id = {A_FIGURE}",
    "reference indicators.indicator_code → indicator_catalogue.indicator_code": f"UPDATE indicators SET indicator_code = 'gone' WHERE indicator_id = {A_FIGURE}",
    "reference documents.portal_id → portals.portal_id": f"UPDATE documents SET portal_id = 'gone' WHERE document_id = {A_REPORT}",
    "reference documents.parent_document_id → documents.document_id": f"UPDATE documents SET parent_document_id = 'gone' WHERE document_id = {A_REPORT}",
    "words of documents.doc_type": f"UPDATE documents SET doc_type = 'report' WHERE document_id = {A_REPORT}",
    "words of sections.kind": f"UPDATE sections SET kind = 'chapter' WHERE section_id = {A_SECTION}",
    "tiling": f"UPDATE sections SET char_start = char_start + 1 WHERE section_id = {A_SECTION}",
    "spans": f"UPDATE indicators SET char_end = 100000000 WHERE indicator_id = {A_FIGURE}",
    "nesting": f"UPDATE sections SET char_end = char_end + 5000 WHERE section_id = {A_CHILD}",
    "ordinals": f"UPDATE sections SET ordinal = ordinal + 1000 WHERE section_id = {A_CHILD}",
    "own_text": f"UPDATE sections SET text = text || '。' WHERE section_id = {A_SECTION}",
    "headings": f"UPDATE sections SET title = NULL WHERE section_id = {A_CHILD}",
    "quotes": f"UPDATE quantities SET quote = '九' WHERE quantity_id = {A_NUMBER}",
    "short_quotes": f"UPDATE indicators SET quote = repeat('九', 61) WHERE indicator_id = {A_FIGURE}",
    "char_count": f"UPDATE documents SET char_count = char_count - 1 WHERE document_id = {A_REPORT}",
    "within": f"UPDATE quantities SET section_id = (SELECT max(section_id) FROM sections) WHERE quantity_id = {A_NUMBER}",
    "one_canonical": "UPDATE documents SET duplicate_group = 'one'",
    "canonical_reports": f"UPDATE documents SET doc_type = 'news' WHERE document_id = {A_REPORT}",
    "reports_only": f"UPDATE documents SET doc_type = 'news', is_canonical = false WHERE document_id = {A_REPORT}",
    "cut_reports": f"DELETE FROM sections WHERE document_id = {A_REPORT}",
    "archived": f"UPDATE documents SET archive_offset = archive_offset + 1 WHERE document_id = {A_REPORT}",
    "regions": f"UPDATE documents SET region_code = '990999' WHERE document_id = {A_REPORT}",
    "units": f"UPDATE indicators SET unit = '万' WHERE indicator_id = {A_FIGURE}",
    "values": f"UPDATE indicators SET value = 101 WHERE indicator_id = {A_RATIO}",
    "shares": f"UPDATE documents SET retention_ratio = 1.5 WHERE document_id = {A_REPORT}",
    "dates": f"UPDATE documents SET published_on = DATE '2924-02-18' WHERE document_id = {A_REPORT}",
    "corrected": """INSERT INTO corrections ("table", "key", "column") SELECT 'documents', document_id, 'title' FROM documents LIMIT 1""",
    "view reports can be read": "DROP VIEW reports; CREATE VIEW reports AS SELECT 1 AS one; CREATE OR REPLACE TABLE t AS SELECT 1 AS a; "
    "CREATE OR REPLACE VIEW reports AS SELECT a FROM t; DROP TABLE t",
    "sample counts": f"DELETE FROM documents WHERE document_id = {A_REPORT}",
}  # fmt: skip


@pytest.fixture(scope="module")
def open_copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = shutil.copy(sample() / "warehouse.duckdb", tmp_path_factory.mktemp("copy"))
    with duckdb.connect(str(path)) as con:
        yield con


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_warehouse_is_named(open_copy: duckdb.DuckDBPyConnection, name: str, tmp_path: Path) -> None:
    open_copy.begin()
    try:
        open_copy.execute(BROKEN[name])
        (found,) = (r for r in check.run(open_copy, tmp_path, name) if r.name.split(":")[0] == name)
    finally:
        open_copy.rollback()
    assert found.broken >= 1 and found.example
    assert found.line().startswith(f"FAIL  {name}")


def test_every_rule_is_broken_once() -> None:
    assert {name.split(":")[0] for name, _ in check.rules()} <= BROKEN.keys()


def test_a_value_out_of_its_range_carries_a_flag(tmp_path: Path) -> None:
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    change(
        tmp_path,
        "UPDATE indicator_catalogue SET plausible_min = 0, plausible_max = 1e15",
    )
    assert failures(tmp_path, "ranges") == {}
    change(tmp_path, f"UPDATE indicators SET value = 1e18 WHERE indicator_id = {A_FIGURE}")
    assert failures(tmp_path, "ranges")["ranges"].broken == 1
    change(tmp_path, f"UPDATE indicators SET flags = ['out_of_range'] WHERE indicator_id = {A_FIGURE}")
    assert failures(tmp_path, "ranges") == {}


def test_spans_count_code_points(tmp_path: Path) -> None:
    """Signs outside the basic plane and combining ones are one code point each, whatever they look like."""
    text = "𠮷野e\u0301县👨\u200d👩\u200d👧办理案件12件。"
    start = text.index("12")
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute(
            "DELETE FROM indicators; DELETE FROM quantities WHERE quantity_id <> (SELECT min(quantity_id) FROM quantities)"
        )
        ((key,),) = con.execute("SELECT document_id FROM quantities").fetchall()
        con.execute("DELETE FROM sections WHERE document_id = ? AND ordinal > 0", [key])
        con.execute(
            "UPDATE sections SET char_start = 0, char_end = $2, text = $3 WHERE document_id = $1",
            [key, len(text), text],
        )
        con.execute("UPDATE documents SET text = $2, char_count = $3 WHERE document_id = $1", [key, text, len(text)])
        con.execute(
            "UPDATE quantities SET char_start = $1, char_end = $2, quote = '12件', section_id = s.section_id "
            "FROM sections s WHERE s.document_id = quantities.document_id",
            [start, start + 3],
        )
    for rule in ("tiling", "spans", "own_text", "quotes", "char_count", "within"):
        assert failures(tmp_path, rule) == {}
    change(tmp_path, "UPDATE quantities SET char_start = char_start + 1")
    assert failures(tmp_path, "quotes")["quotes"].broken == 1


def test_a_partition_that_went_or_came_is_named(tmp_path: Path) -> None:
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    change(tmp_path, "DELETE FROM documents WHERE report_year = 2019")
    found = failures(tmp_path, "sample counts")["sample counts"]
    assert found.example.startswith("documents report_year=2019 province=99: missing, expected ")
    change(tmp_path, "UPDATE documents SET report_year = NULL WHERE report_year = 2020")
    assert failures(tmp_path, "sample counts")["sample counts"].example.startswith(
        "documents report_year=__HIVE_DEFAULT_PARTITION__"
    )


def test_counts_of_other_archives_are_not_compared(tmp_path: Path) -> None:
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    change(tmp_path, "DELETE FROM documents; UPDATE warehouse_info SET value = 'real' WHERE key = 'data'")
    assert failures(tmp_path, "sample counts") == {}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con, pytest.raises(Problem, match="make run"):
        check.write_counts(con)


def test_published_files_are_those_of_the_warehouse(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(sample() / "warehouse.duckdb", data)
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        publish.publish(data, publish.write(con, data, {"made": "for this test"}))
    assert failures(data, "published") == {}
    name, files = "published files have the rows of the warehouse", data / "tables"
    part = next(iter(sorted(files.glob("sections/report_year=2021/*/*.parquet"))))
    kept = part.read_bytes()
    part.unlink()
    assert failures(data, "published")[name].example.startswith("sections report_year=2021 province=99: missing")
    part.write_bytes(kept[:-20])
    assert str(part) in failures(data, "published")["published files can be read"].example
    shutil.copy(next(files.glob("sections/report_year=2022/*/*.parquet")), part)
    assert failures(data, "published")[name].example.startswith("sections report_year=2021 province=99:")
    part.write_bytes(kept)
    (files / "portals.parquet").unlink()
    assert failures(data, "published")[name].example == "portals: missing, expected 4"


def test_the_command_says_which_tests_failed(tmp_path: Path) -> None:
    said = run("warehouse.check", "--data", tmp_path, ok=False)
    assert said.count("\n") == 1 and said.startswith("error: no warehouse at")
    copy_of(sample(), tmp_path / "data")
    change(tmp_path / "data", BROKEN["char_count"])
    lines = run("warehouse.check", "--data", tmp_path / "data", ok=False).splitlines()
    assert any(
        line.startswith("FAIL  char_count: char_count is the length of the text: 1, e.g. document_id=")
        for line in lines
    )
    assert sum(line.startswith("ok ") for line in lines) > 60 and lines[-1].endswith("FAILED.")
