"""What a person put right: applied on every rebuild, followed by what depends on it, refused where it does not fit."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from knowledge.console import Problem
from tests.test_warehouse import next_year, page, rows, run
from warehouse import correct, corrections
from warehouse.build import build

HEAD = "table,key,column,value,who,why,on\n"
PENALTIES = "SELECT quantity_id, indicator_id FROM indicators JOIN documents USING (document_id) WHERE indicator_code = 'administrative_penalties' AND url = 'file:{}'"
Cell = tuple[str, str, str, str]  # table, key, column, value


def write(folder: Path, cells: Iterable[Cell]) -> None:
    """corrections.csv, by an invented person."""
    text = HEAD + "".join(f"{','.join(cell)},李四,与原件核对,2026-03-01\n" for cell in cells)
    (folder / "corrections.csv").write_text(text, encoding="utf-8")


def document(data: Path, name: str) -> str:
    ((key,),) = rows(data, f"SELECT document_id FROM documents WHERE url = 'file:{name}'")
    return key


def penalties(data: Path, name: str) -> tuple[str, str]:
    """Keys of a page's number and figure of penalties."""
    ((number, figure),) = rows(data, PENALTIES.format(name))
    return number, figure


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder without corrections: a county's report of 2023 with a copy, and other counties' for each kind of mistake."""
    source, data = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("data")
    texts = {
        "a.txt": page(),
        "copy.txt": page().replace("发布时间:2024-02-18\n", ""),
        "figure.txt": page("白杨县"),
        "number.txt": page("乌杨县"),
        "both.txt": page("金杨县"),
        "code.txt": page("垂杨县"),
        "year.txt": next_year().replace("青杨", "小杨"),
        "name.txt": page("清杨县"),  # misread: it is 小叶县's
        "named.txt": page("小叶县"),
        "place.txt": page("绿杨县"),
        "plan.txt": page("大杨县"),
        "apart.txt": page("胡杨县"),
        "apart2.txt": page("胡杨县").replace("全年", "一年来"),
        "file.txt": page("红杨县").replace("发布时间:2024-02-18\n", ""),
        "undated.txt": page("黄杨县").replace("发布时间:2024-02-18\n", ""),
    }
    for name, text in texts.items():
        (source / name).write_text(text, encoding="utf-8")
    run("crawler.ingest", "--data", data, "--src", source)
    run("transform.run", "--data", data, "--jobs", 1)
    build(data)
    return data


@pytest.fixture(scope="module")
def corrected(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after one rebuild with a correction of each kind."""
    data = tmp_path_factory.mktemp("corrected")
    (data / "transform").symlink_to(plain / "transform")
    ((counted,),) = rows(plain, "SELECT url FROM reports WHERE url IN ('file:a.txt', 'file:copy.txt')")
    cells = [
        ("indicators", penalties(plain, "figure.txt")[1], "value", "331"),
        ("quantities", penalties(plain, "number.txt")[0], "value", "1330"),
        ("quantities", penalties(plain, "both.txt")[0], "value", "1330"),
        ("indicators", penalties(plain, "both.txt")[1], "value", "7"),
        ("indicators", penalties(plain, "code.txt")[1], "indicator_code", "law_study_sessions"),
        ("indicators", penalties(plain, "code.txt")[1], "period", "prior_year"),
        ("documents", document(plain, "year.txt"), "report_year", "2022"),
        ("documents", document(plain, "name.txt"), "issuer_name", "小叶县人民政府"),
        ("documents", document(plain, "place.txt"), "region_code", "441204"),
        ("documents", document(plain, "plan.txt"), "doc_type", "work_points"),
        ("documents", document(plain, "apart2.txt"), "duplicate_group", document(plain, "apart2.txt")),
        ("documents", document(plain, "file.txt"), "parent_document_id", document(plain, "a.txt")),
        ("documents", document(plain, "undated.txt"), "parent_document_id", document(plain, "a.txt")),
        ("documents", document(plain, "undated.txt"), "published_on", ""),
        ("documents", document(plain, "a.txt"), "published_on", "2024-02-20"),
        ("documents", document(plain, "copy.txt" if counted == "file:a.txt" else "a.txt"), "is_canonical", "true"),
    ]
    write(data, cells)
    build(data)
    return data


def test_a_corrected_figure_counts_and_shows_who_put_it_right(plain: Path, corrected: Path) -> None:
    key = penalties(plain, "figure.txt")[1]
    assert rows(corrected, f"SELECT value, flags FROM indicators WHERE indicator_id = '{key}'") == [
        (331.0, ["corrected:value"])
    ]
    assert rows(corrected, f"SELECT * FROM corrections WHERE \"key\" = '{key}'")[0][:7] == (
        "indicators", key, "value", "331", "120.0", "李四", "与原件核对",
    )  # fmt: skip
    panel = "SELECT administrative_penalties FROM indicator_panel WHERE issuer_name = '白杨县人民政府'"
    assert (rows(plain, panel), rows(corrected, panel)) == ([(120.0,)], [(331.0,)])
    assert rows(corrected, "SELECT count(*) FROM corrections") == [(16,)]


def test_an_indicator_follows_its_number_unless_a_line_of_its_own_says_otherwise(plain: Path, corrected: Path) -> None:
    sql = "SELECT value, flags FROM indicators WHERE indicator_id = '{}'"
    assert rows(corrected, sql.format(penalties(plain, "number.txt")[1])) == [(1330.0, ["corrected:value"])]
    assert rows(corrected, sql.format(penalties(plain, "both.txt")[1])) == [(7.0, ["corrected:value"])]


def test_another_code_brings_its_unit_and_another_period_its_year(plain: Path, corrected: Path) -> None:
    sql = f"SELECT indicator_code, unit, year FROM indicators WHERE indicator_id = '{penalties(plain, 'code.txt')[1]}'"
    assert rows(corrected, sql) == [("law_study_sessions", "次", 2022)]


def test_a_corrected_year_moves_the_report_and_its_figures(plain: Path, corrected: Path) -> None:
    key = document(plain, "year.txt")
    sql = f"SELECT report_year_basis, duplicate_group, flags FROM documents WHERE document_id = '{key}'"
    assert rows(corrected, sql) == [
        ("corrected", "000000:government:小杨县人民政府:2022", ["corrected:report_year", "late_or_migrated"])
    ]
    years = f"SELECT DISTINCT period, year FROM indicators WHERE document_id = '{key}' ORDER BY 1"
    assert rows(plain, years) == [("next_year", 2025), ("year", 2024)]
    assert rows(corrected, years) == [("next_year", 2023), ("year", 2022)]
    assert rows(corrected, "SELECT administrative_penalties FROM indicator_panel WHERE report_year = 2022") == [
        (133.0,)
    ]
    assert rows(corrected, f"SELECT days_late > 365 FROM timeliness WHERE document_id = '{key}'") == [(True,)]


def test_a_corrected_issuer_joins_its_other_copies(plain: Path, corrected: Path) -> None:
    sql = "SELECT count(DISTINCT duplicate_group), count(*) FILTER (is_canonical) FROM documents WHERE url IN ('file:name.txt', 'file:named.txt')"
    assert (rows(plain, sql), rows(corrected, sql)) == ([(2, 2)], [(1, 1)])


def test_a_corrected_region_is_spelt_out(plain: Path, corrected: Path) -> None:
    sql = f"SELECT region_name, issuer_id FROM documents WHERE document_id = '{document(plain, 'place.txt')}'"
    assert rows(corrected, sql) == [("广东省肇庆市高要区", "441204:government")]


def test_what_is_found_to_be_no_report_is_no_longer_counted(plain: Path, corrected: Path) -> None:
    key = document(plain, "plan.txt")
    for table in ("sections", "quantities", "indicators"):
        sql = f"SELECT count(*) > 0 FROM {table} WHERE document_id = '{key}'"
        assert (rows(plain, sql), rows(corrected, sql)) == ([(True,)], [(False,)])
    assert rows(corrected, f"SELECT is_canonical FROM documents WHERE document_id = '{key}'") == [(False,)]


def test_copies_can_be_told_apart(plain: Path, corrected: Path) -> None:
    key = document(plain, "apart2.txt")
    sql = "SELECT duplicate_group, is_canonical FROM documents WHERE url = 'file:{}'"
    before = rows(plain, sql.format("apart2.txt"))[0][0]
    assert rows(corrected, sql.format("apart2.txt")) == [(key, True)]
    assert rows(corrected, sql.format("apart.txt")) == [(before, True)]
    assert rows(corrected, f"SELECT value_before FROM corrections WHERE \"key\" = '{key}'") == [(before,)]


def test_a_file_given_to_its_page_takes_the_date_that_it_has_not(plain: Path, corrected: Path) -> None:
    sql = "SELECT published_on::VARCHAR, published_on_basis, parent_document_id FROM documents WHERE url = 'file:{}'"
    parent = document(plain, "a.txt")
    assert rows(corrected, sql.format("file.txt")) == [("2024-02-20", "corrected", parent)]
    assert rows(corrected, sql.format("undated.txt")) == [(None, None, parent)], "a person said that it is not known"


def test_the_one_to_count_can_be_chosen(plain: Path, corrected: Path) -> None:
    sql = "SELECT url FROM reports WHERE url IN ('file:a.txt', 'file:copy.txt')"
    assert len(rows(plain, sql)) == len(rows(corrected, sql)) == 1 and rows(plain, sql) != rows(corrected, sql)


def test_the_file_is_part_of_what_a_warehouse_is_made_from(plain: Path, corrected: Path, tmp_path: Path) -> None:
    data = shutil.copytree(corrected, tmp_path / "data", symlinks=True)
    assert not build(data)
    counted = rows(corrected, "SELECT document_id FROM reports WHERE url IN ('file:a.txt', 'file:copy.txt')")
    write(data, [("documents", counted[0][0], "is_canonical", "false")])
    assert build(data), "another file: another warehouse"
    sql = "SELECT document_id FROM reports WHERE url IN ('file:a.txt', 'file:copy.txt')"
    assert len(rows(data, sql)) == 1 and rows(data, sql) != counted, "the next best takes its place"
    figure = "SELECT value, flags FROM indicators WHERE indicator_id = '{}'".format(penalties(plain, "figure.txt")[1])
    assert rows(data, figure) == [(120.0, [])], "what the file says no more is as it was read"


def test_a_refused_line_stops_the_build_and_the_old_warehouse_stays(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "transform").symlink_to(plain / "transform")
    shutil.copy(plain / "warehouse.duckdb", tmp_path)
    a, copy = document(plain, "a.txt"), document(plain, "copy.txt")
    write(tmp_path, [("documents", a, "is_canonical", "true"), ("documents", copy, "is_canonical", "true")])
    said = run("warehouse.build", "--data", tmp_path, ok=False)
    assert said.startswith("error: ") and said.count("\n") == 1 and "it cannot be the one to count" in said
    assert (tmp_path / "warehouse.duckdb").read_bytes() == (plain / "warehouse.duckdb").read_bytes()


@pytest.mark.parametrize(
    ("table", "name", "column", "value", "said"),
    [
        ("documents", "", "report_year", "2023", "documents has no such row (any more)"),
        ("quantities", "", "value", "1", "quantities has no such row (any more)"),
        ("documents", "a.txt", "parent_document_id", "gone", "documents.document_id has no 'gone'"),
        ("documents", "a.txt", "region_code", "441283", "its successor is 441204"),
        ("documents", "a.txt", "region_code", "123456", "no region has the code 123456"),
        ("documents", "a.txt", "duplicate_group", "nowhere", "there is no group 'nowhere'"),
    ],
)
def test_what_is_not_there_is_refused(
    plain: Path, tmp_path: Path, table: str, name: str, column: str, value: str, said: str
) -> None:
    key = document(plain, name) if name else "gone"
    write(tmp_path, [(table, key, column, value)])
    shutil.copy(plain / "warehouse.duckdb", tmp_path)
    by_hand = corrections.read(tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con, pytest.raises(Problem) as e:
        correct.apply(con, by_hand)
        con.execute("CREATE TEMP TABLE groups AS SELECT document_id, duplicate_group FROM documents")
        correct.regroup(con, by_hand)
    assert said in str(e.value) and f"corrections.csv, line 2, key {key}: " in str(e.value)


def test_a_file_that_excel_saved_is_read(tmp_path: Path) -> None:
    text = (
        "\ufefftable,key,column,value,who,why,on,\r\n"
        'documents,k,published_on,2024/2/19,"李四","列表写""19日"",\r\n正文写18日",2026/3/1,\r\n'
        ",,,,,,,\r\n"
        "documents,k,needs_ocr,FALSE,李四,可读,2026-03-01,\r\n"
    )
    (tmp_path / "corrections.csv").write_bytes(text.encode())
    first, second = corrections.read(tmp_path)
    assert (first.value, first.on, first.line) == (date(2024, 2, 19), date(2026, 3, 1), 2)
    assert first.why == '列表写"19日",\r\n正文写18日'
    assert (second.value, second.line) == (False, 5)


REFUSED = [
    ("portals,sample,name,x", "no table 'portals' to correct"),
    ("documents,k,document_id,x", "document_id is the key of documents"),
    ("documents,k,text,x", "documents.text cannot be corrected"),
    ("documents,k,reportyear,2023", "documents.reportyear cannot be corrected"),
    ("documents,k,report_year,二〇二三", "expected is a whole number"),
    ("documents,k,report_year,2023.5", "expected is a whole number"),
    ("documents,k,published_on,2023-02-30", "expected is a day"),
    ("documents,k,is_canonical,是", "expected is true or false"),
    ("documents,k,is_canonical,", "must have a value"),
    ("documents,k,doc_type,report", "words are annual_report"),
    ("documents,k,region_code,4412", "six digits"),
    ("indicators,k,value,1 200", "expected is a number"),
    ("indicators,k,value,nan", "expected is a number"),
    ("sections,k,role,intro", "words are preamble"),
    ("documents,,report_year,2023", "nothing under 'key'"),
]


@pytest.mark.parametrize(("line", "said"), REFUSED)
def test_a_line_that_cannot_hold_is_refused(tmp_path: Path, line: str, said: str) -> None:
    text = HEAD + "documents,first,report_year,2023,李四,核对,2026-03-01\n" + line + ",李四,核对,2026-03-01\n"
    (tmp_path / "corrections.csv").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as e:
        corrections.read(tmp_path)
    assert said in str(e.value) and "corrections.csv, line 3, key" in str(e.value) and "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.replace("why", "reason").encode(), "line 1: the first line must be table,key,column"),
        (HEAD.replace(",", ";").encode(), "line 1: the first line must be"),
        ((HEAD + "documents,k,title,标题,李四,核对,2026-03-01\n").encode("gbk"), "line 2: no UTF-8"),
        ((HEAD + 'documents,k,title,"标题,李四,核对,2026-03-01\n').encode(), "line 2: unexpected end of data"),
        ((HEAD + "documents,k,title,标,题,李四,核对,2026-03-01\n").encode(), "line 2: 7 cells expected"),
        ((HEAD + "documents,k,title,x,,核对,2026-03-01\n").encode(), "line 2, key k: nothing under 'who'"),
        ((HEAD + "documents,k,title,x,李四,核对,昨天\n").encode(), "'昨天' under 'on' is no day"),
        (
            (HEAD + "documents,k,title,x,李,核,2026-03-01\n" * 2).encode(),
            "line 3, key k: documents.title is corrected in line 2",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "corrections.csv").write_bytes(text)
    with pytest.raises(Problem) as e:
        corrections.read(tmp_path)
    assert said in str(e.value) and "\n" not in str(e.value)
