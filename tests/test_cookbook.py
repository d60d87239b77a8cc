"""Recipes run on the sample; tables of one's own stand beside the warehouse; the page shows the recipes that there are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from knowledge.console import Problem
from tests.sample_data import sample
from tests.test_warehouse import ROOT
from tests.test_warehouse import run as call
from warehouse import extra
from warehouse.cookbook import EXAMPLE, choose, markdown, recipes
from warehouse.query import run

MAY_BE_EMPTY = {"14-numbers-that-disagree"}  # the sample need not contradict itself
POPULATION = {"population": {"region_code": "VARCHAR", "year": "INTEGER", "population": "DOUBLE"}}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(sample() / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def test_the_seventeen_questions_are_there() -> None:
    numbers = [int(name.partition("-")[0]) for name in recipes()]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 17
    for recipe in recipes().values():
        assert re.search("[\u4e00-\u9fff]", recipe.zh) and re.match("[A-Z]", recipe.en), recipe.name


@pytest.mark.parametrize("name", recipes())
def test_recipe(con: duckdb.DuckDBPyConnection, name: str, tmp_path: Path) -> None:
    recipe = choose(name)
    extra.expose(con, EXAMPLE, recipe.extras)
    columns, rows = run(con, recipe.sql, 10)
    assert len({c for c, _ in columns}) == len(columns), "two columns of one name"
    assert rows or name in MAY_BE_EMPTY
    if recipe.extras:  # without the files it answers as far as it can
        extra.expose(con, tmp_path, recipe.extras)
        assert run(con, recipe.sql, 10)[0] == columns
        assert run(con, recipe.sql, 10)[1]


def first(con: duckdb.DuckDBPyConnection, name: str, folder: Path = EXAMPLE) -> list[dict[str, object]]:
    """Rows of a recipe as mappings."""
    recipe = choose(name)
    extra.expose(con, folder, recipe.extras)
    columns, rows = run(con, recipe.sql, 10_000)
    return [dict(zip([c for c, _ in columns], row, strict=True)) for row in rows]


def test_four_kinds_of_missing_numbers_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    rows = first(con, "01")
    assert {r["number"] for r in rows} == {"stated", "not_stated", "no_report"}
    assert all((r["accepted"] is not None) == (r["number"] == "stated") for r in rows)


def test_rates_per_head_need_a_file_of_ones_own(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "population.csv").write_text(
        "\ufeffregion_code,year,population,note\n990121,2024,200000,x\n", encoding="utf-8"
    )
    (row,) = [r for r in first(con, "11", tmp_path) if r["population"]]
    assert row["per_10000"] == pytest.approx(row["penalties"] / 20, abs=0.06)  # type: ignore[operator]
    assert str(int(row["penalties"])) in str(row["quote"])  # type: ignore[call-overload]


def test_offices_are_counted_against_the_list(con: duckdb.DuckDBPyConnection) -> None:
    row = next(r for r in first(con, "03") if r["region_code"] == "990221" and r["report_year"] == 2024)
    assert (row["listed"], row["listed_and_published"], row["silent"]) == (2, 1, ["财政局"])


def test_passages_have_the_place_of_their_paragraph(con: duckdb.DuckDBPyConnection) -> None:
    for row in first(con, "17"):
        sql = "SELECT text[$1 + 1 : $2] FROM documents WHERE document_id = $3"
        assert con.execute(sql, [row["char_start"], row["char_end"], row["document_id"]]).fetchall() == [
            (row["paragraph"],)
        ]
        assert row["topic"] and row["section"]


def test_half_width(con: duckdb.DuckDBPyConnection) -> None:
    printed = "\uff11\uff12345热线\uff082023年\uff09\uff0c\uff21+b〔2023〕5号"
    assert con.execute("SELECT half($1)", [printed]).fetchall() == [("12345热线(2023年),A+b[2023]5号",)]


# ---------------------------------------------------------------- tables of one's own


def test_every_csv_is_a_table_and_codes_are_text(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "gdp.csv").write_text("region_code,year,gdp\n990121,2024,12.5\n", encoding="utf-8")
    extra.expose(con, tmp_path)
    assert con.execute("SELECT * FROM gdp").fetchall() == [("990121", 2024, 12.5)]


def test_a_file_that_cannot_be_used_is_named_and_left_out(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "documents.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "My table.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "broken.csv").write_bytes("地区,人口\n云川县,1\n".encode("gb18030"))
    extra.expose(con, tmp_path)
    said = capsys.readouterr().err
    assert all(name in said for name in ("documents.csv", "My table.csv", "broken.csv")) and "UTF-8" in said
    assert con.execute("SELECT count(*) FROM documents").fetchall() != [(1,)]


def test_a_wanted_file_that_cannot_be_used_is_a_problem(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "population.csv").write_text("region_code,year\n990121,2024\n", encoding="utf-8")
    with pytest.raises(Problem, match="lacks the column population"):
        extra.expose(con, tmp_path, POPULATION)
    (tmp_path / "population.csv").write_bytes("region_code,year,population,地区\n1,1,1,云川\n".encode("gb18030"))
    with pytest.raises(Problem, match="UTF-8"):
        extra.expose(con, tmp_path, POPULATION)


def test_names() -> None:
    assert choose("5") == choose("05") == choose("share-on-problems") == choose("05-share-on-problems")
    for wrong in ("99", "on", "s"):
        with pytest.raises(Problem, match="make recipe lists them"):
            choose(wrong)


def test_command_line(tmp_path: Path) -> None:
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    (tmp_path / "extra").mkdir()
    shutil.copy(EXAMPLE / "population.csv", tmp_path / "extra")
    listed = call("warehouse.cookbook", "--data", tmp_path)
    assert all(r.name in listed and r.zh in listed and r.en in listed for r in recipes().values())
    assert "per_10000" in call("warehouse.cookbook", "--data", tmp_path, "--name", "penalties")
    assert "407300" in call(
        "warehouse.query",
        "--data",
        tmp_path,
        "--sql",
        "SELECT max(population) FROM population WHERE year = 2024 AND region_code = '990121'",
    )
    said = call("warehouse.cookbook", "--data", tmp_path, "--name", "nothing", ok=False)
    assert "no such recipe" in said and len(said.strip().splitlines()) == 1


# ---------------------------------------------------------------- docs/cookbook.md


def shape(page: str) -> list[str]:
    """Headings, questions, SQL and column names of the page: what does not depend on the sample's figures."""
    lines = page.splitlines()
    heads = [line for line, under in pairwise(lines) if under.startswith("|---")]
    return [
        line
        for line in lines
        if line in heads or not (line.startswith(("|", "…", "no rows")) or re.fullmatch(r"\d+ rows", line))
    ]


def test_the_page_is_up_to_date(con: duckdb.DuckDBPyConnection) -> None:
    page = (ROOT / "docs/cookbook.md").read_text(encoding="utf-8")
    assert shape(page) == shape(markdown(con)), "run make docs"
    assert "示例数据均为虚构" in page
    assert not re.search(r"127\.0\.0\.1:\d", page), "ports change from run to run"
