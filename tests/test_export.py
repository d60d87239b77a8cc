"""Exported files, read back by other people's readers and compared with the warehouse cell by cell."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyreadstat
import pytest

from knowledge.indicators import catalogue
from knowledge.schema import tables
from tests.sample_data import sample
from tests.test_warehouse import run
from warehouse import export, layout, stata

LONG = "长" * 3000  # 9,000 bytes: a strL
HOSTILE = ["=1+1", "+86", "-5", "-5%", "@a", "\tx", "\rx", "\n=x", "'=x", "''", "", "a,\"b\"\nc", "＝1", "𠀀🌾", " x ", LONG, None]  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, exported by the command."""
    folder = tmp_path_factory.mktemp("export")
    said = run("warehouse.export", "--data", sample(), "--out", folder)
    assert re.search(r"tables and views, \d+ rows", said)
    return folder


def kept(name: str) -> tuple[list[str], list[str], list[tuple[Any, ...]]]:
    """Names, types and rows of a relation as the warehouse holds them, in the order of the files."""
    with export.opened(sample() / "warehouse.duckdb") as con:
        names = [c.name for c in export.columns(con, name)]
        types = [c.type for c in export.columns(con, name)]
        return names, types, con.execute(export.ordered(name, [f't."{c}"' for c in names])).fetchall()


def all_relations() -> list[str]:
    with export.opened(sample() / "warehouse.duckdb") as con:
        return export.relations(con)


def unmarked(cell: str | None) -> str | None:
    """A CSV cell without the apostrophe that keeps spreadsheets from computing it."""
    return cell[1:] if cell is not None and re.match(r"'+[=+\-@\t\r\n＝＋－＠]", cell) else cell


def as_text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case list():
            return "|".join(map(str, value))
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return str(value)


def test_every_table_is_there_in_every_format(out: Path) -> None:
    assert set(all_relations()) >= set(tables()) | {"reports", "timeliness", "completeness", "portal_health"}
    for folder, ending in (("csv", "csv"), ("stata", "dta"), ("parquet", "parquet")):
        assert {p.name for p in (out / folder).iterdir()} == {f"{name}.{ending}" for name in all_relations()}


def test_csv_cell_by_cell(out: Path) -> None:
    for name in all_relations():
        names, types, rows = kept(name)
        path = out / "csv" / f"{name}.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf" + names[0].encode())
        got = pl.read_csv(path, infer_schema=False)
        assert got.columns == names
        assert got.height == len(rows), name
        for row, due in zip(got.iter_rows(), rows, strict=True):
            for cell, value, kind in zip(row, due, types, strict=True):
                if kind == "DOUBLE" and cell is not None:
                    assert float(cell) == value
                elif value != [] and value != "":  # polars does not tell an empty text from none
                    assert unmarked(cell) == as_text(value), name


def test_parquet_cell_by_cell(out: Path) -> None:
    for name in all_relations():
        names, types, rows = kept(name)
        path = out / "parquet" / f"{name}.parquet"
        got = pl.read_parquet(path)
        assert got.columns == names
        assert [tuple(r) for r in got.rows()] == rows, name
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            assert [r[1] for r in con.execute(f"DESCRIBE FROM '{path}'").fetchall()] == types
            assert con.execute(f"FROM '{path}'").fetchall() == rows


def read_dta(path: Path) -> tuple[pl.DataFrame, Any]:
    """A Stata file as ReadStat reads it, a C library of its own, and what it says of the variables."""
    frame, meta = pyreadstat.read_dta(str(path), output_format="polars")
    return frame, meta


def stata_cell(value: Any) -> Any:
    """A cell as the reader gives it back, code words for codes; texts that are absent are empty in Stata."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "|".join(map(str, value))
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def test_stata_cell_by_cell(out: Path) -> None:
    for name in all_relations():
        names, types, rows = kept(name)
        got, meta = read_dta(out / "stata" / f"{name}.dta")
        left_out = export.WITHOUT_IN_STATA.get(name, ())
        places = [i for i, c in enumerate(names) if c not in left_out]
        called = [catalogue()[c].short_code if c in catalogue() else c for c in (names[i] for i in places)]
        assert got.columns == called and got.height == len(rows) == meta.number_rows, name
        for place, column in zip(places, called, strict=True):
            worded = meta.variable_value_labels.get(column, {})
            for read, due in zip(got[column].to_list(), (row[place] for row in rows), strict=True):
                value, cell = stata_cell(due), worded.get(read, read) if worded else read
                if value is None:
                    assert cell in ("", None) or cell != cell, (name, column)
                elif types[place] == "TIMESTAMP WITH TIME ZONE":
                    assert abs((cell - value).total_seconds()) < 0.002
                else:
                    assert cell == value, (name, column)


def test_stata_files_speak_chinese(out: Path) -> None:
    labels = read_dta(out / "stata/indicator_panel.dta")[1].column_names_to_labels
    assert labels["issuer_name"] == "报告单位"
    accepted = catalogue()["reconsideration_cases_accepted"]
    assert labels[accepted.short_code] == f"{accepted.name_zh}({accepted.unit})"
    documents = read_dta(out / "stata/documents.dta")[1]
    assert documents.column_names_to_labels["published_on"] == "发布日期"
    assert documents.variable_value_labels["doc_type"][1] == "annual_report"
    assert documents.variable_value_labels["needs_ocr"] == {0: "否", 1: "是"}
    assert documents.file_label == "法治年报库 documents"


def test_every_column_has_a_chinese_label_and_a_name_that_stata_takes() -> None:
    with export.opened(sample() / "warehouse.duckdb") as con:
        for name in export.relations(con):
            for column in export.columns(con, name):
                if known := catalogue().get(column.name):
                    assert stata.is_name(known.short_code)
                else:
                    assert stata.is_name(column.name)
                    assert export.label(column.name) != column.name or column.name == "etag", (name, column.name)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A table whose texts are what files of that kind choke on, in all formats."""
    rows = [{"table": "t", "key": f"{i:02}", "column": "c", "value": v, "value_before": v, "on": date(1959, 12, 30)} for i, v in enumerate(HOSTILE)]  # fmt: skip
    with duckdb.connect() as con:
        layout.create_tables(con)
        layout.create_views(con)
        con.register("incoming", pa.Table.from_pylist(rows))
        con.execute("INSERT INTO corrections BY NAME FROM incoming")
        con.execute(
            "INSERT INTO indicators BY NAME SELECT 'inf' AS indicator_id, 'infinity'::DOUBLE AS value, 'no word' AS period"
        )
        export.export(con, tmp_path)
    return tmp_path


def test_no_cell_of_a_csv_file_is_a_formula(hostile: Path) -> None:
    with (hostile / "csv/corrections.csv").open(encoding="utf-8-sig", newline="") as f:
        cells = [row["value"] for row in csv.DictReader(f, strict=True)]
    assert cells[:9] == ["'=1+1", "+86", "-5", "'-5%", "'@a", "'\tx", "'\rx", "'\n=x", "''=x"]
    assert [unmarked(c) for c in cells] == [v or "" for v in HOSTILE]
    assert b',"",' in (hostile / "csv/corrections.csv").read_bytes(), "an empty text is quoted, NULL is not"


def test_stata_takes_any_text(hostile: Path) -> None:
    got, _ = read_dta(hostile / "stata/corrections.dta")
    assert got["value"].to_list() == [v or "" for v in HOSTILE]
    assert got["value_before"].to_list() == got["value"].to_list(), "two columns of long texts"
    assert set(got["on"]) == {date(1959, 12, 30)}, "a day before Stata's day 0"
    odd, meta = read_dta(hostile / "stata/indicators.dta")
    assert [meta.variable_value_labels["period"][n] for n in odd["period"]] == ["no word"]
    assert [v is None or v != v for v in odd["value"]] == [True], "infinity is missing"


def test_equal_tables_make_equal_files(tmp_path: Path, out: Path) -> None:
    with export.opened(sample() / "warehouse.duckdb") as con:
        con.execute("SET threads = 1")
        export.export(con, tmp_path)
    for path in sorted(p for p in out.rglob("*.*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / path.relative_to(out)).read_bytes(), path


def test_rows_that_do_not_come_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 rows came where 1"):
        stata.write(tmp_path / "x.dta", "", [stata.Variable("a", "double")], [], 1)


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    said = run("warehouse.export", "--data", sample(), "--out", tmp_path, "--formats", "csv,sas", ok=False)
    assert said.strip() == "error: no such format: sas; known are csv, stata, parquet."
