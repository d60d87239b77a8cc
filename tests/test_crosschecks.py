"""Numbers that disagree: composed cases (tests/gold/checks), the rules as data, and the checks in a real build."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from knowledge import console
from knowledge.cues import load
from knowledge.indicators import catalogue
from knowledge.regions import rows as region_rows
from knowledge.schema import tables, vocabulary
from tests.test_warehouse import bring_up, page, rows, run
from warehouse import crosschecks

FOLDER = Path(__file__).parent / "gold" / "checks"
CASES = [case for path in sorted(FOLDER.glob("*.toml")) for case in tomllib.loads(path.read_text("utf-8"))["case"]]
RANGES = {"reconsideration_cases_accepted": (0, 1200), "administrative_penalties": (10, 500_000)}
YEARLY = ("annual_report", "npc_report", "self_check")
Row = dict[str, Any]


def warehouse(documents: list[Row]) -> duckdb.DuckDBPyConnection:
    """The tables that the checks read, with documents as the cases give them."""
    con = duckdb.connect()
    for name in ("documents", "quantities", "indicators", "indicator_catalogue", "regions", "checks"):
        con.execute(tables()[name].ddl())
    con.execute("ALTER TABLE indicator_catalogue ADD COLUMN IF NOT EXISTS plausible_min DOUBLE")
    con.execute("ALTER TABLE indicator_catalogue ADD COLUMN IF NOT EXISTS plausible_max DOUBLE")
    insert(con, "regions", [_slots(r) | {"region_code": r.code} for r in region_rows() if r.code.startswith("44")])
    insert(con, "indicator_catalogue", [_slots(i) for i in catalogue().values()])
    con.execute("UPDATE indicator_catalogue SET plausible_min = NULL, plausible_max = NULL")
    for code, (low, high) in RANGES.items():
        sql = "UPDATE indicator_catalogue SET plausible_min = $1, plausible_max = $2 WHERE indicator_code = $3"
        con.execute(sql, [low, high, code])
    parts = [rows_of(document) for document in documents]
    insert(con, "documents", [row for row, _, _ in parts])
    insert(con, "quantities", [row for _, some, _ in parts for row in some])
    insert(con, "indicators", [row for _, _, some in parts for row in some])
    return con


def _slots(item: object) -> Row:
    return {name: getattr(item, name) for name in type(item).__slots__ if name != "code"}  # type: ignore[attr-defined]


def insert(con: duckdb.DuckDBPyConnection, table: str, some: list[Row]) -> None:
    """Insert rows, if there are any; columns that a row does not name are NULL."""
    if not some:
        return
    names = sorted({name for row in some for name in row})
    con.register("incoming", pa.table({name: [row.get(name) for row in some] for name in names}))
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    con.unregister("incoming")


def rows_of(given: Row) -> tuple[Row, list[Row], list[Row]]:
    """The rows of a document of a case: document, quantities, indicators, its numbers found in its text in order."""
    key, text = given["id"], given["text"]
    document = {
        "document_id": key, "url": f"file:{key}.txt", "fetched_at": "2024-03-01T00:00:00+00:00", "doc_type": "annual_report",
        "report_year": 2023, "issuer_id": "990101:government:云川县", "issuer_kind": "government", "issuer_level": "county",
        "region_code": "990101", "is_canonical": True,
    } | {k: v for k, v in given.items() if k not in ("id", "facts")}  # fmt: skip
    document["fetched_at"] = datetime.fromisoformat(document["fetched_at"])
    kind = "" if document["doc_type"] in YEARLY else f":{document['doc_type']}"
    document["duplicate_group"] = f"{document['issuer_id']}:{document['report_year']}{kind}"
    quantities, indicators, at = [], [], 0
    for fact in given["facts"]:
        at = text.index(fact["number"], at)
        end = at + len(fact["number"])
        clause = max(text.rfind(c, 0, at) for c in ",。、;\n") + 1
        said = fact.get("quote", text[clause:end])
        assert said in text, said
        row = {
            "quantity_id": f"{key}.q{at}", "document_id": key, "char_start": at, "char_end": end, "quote": fact["number"],
            "value": float(fact.get("value", re.sub(r"[^\d.]", "", fact["number"]))), "modifier": fact.get("modifier", "exact"),
            "unit_raw": re.sub(r"^[\d.余万]+|以[上内]$", "", fact["number"]), "measure": fact.get("measure", "level"),
            "period": fact.get("period", "year"), "subject": re.sub("^(全年|共)+", "", text[clause:at]) or None,
        }  # fmt: skip
        quantities.append(row)
        if code := fact.get("code"):
            indicators.append(
                {k: row[k] for k in ("quantity_id", "document_id", "value", "modifier", "measure", "period", "char_end")}
                | {"indicator_id": f"{key}.i{at}.{code}", "indicator_code": code, "unit": catalogue()[code].unit,
                   "year": fact.get("year", document["report_year"] - (row["period"] == "prior_year")),
                   "scope": fact.get("scope", "own"), "is_part": fact.get("is_part", False), "quote": said, "char_start": clause}
            )  # fmt: skip
        at = end
    return document, quantities, indicators


def apart(number: int, document: Row) -> Row:
    """A case's document in a country of its own, so that all cases fit into one warehouse."""
    moved = dict(document) | {"id": f"{number:03}.{document['id']}"}
    for key in ("issuer_id", "region_code"):
        moved[key] = document.get(key, {"issuer_id": "990101:government:云川县", "region_code": "990101"}[key])
        moved[key] = re.sub("^99", f"{chr(65 + number // 26)}{chr(65 + number % 26)}", moved[key])
    return moved | ({"url": f"{number}:{document['url']}"} if "url" in document else {})


ALL = [apart(i, d) for i, case in enumerate(CASES) for d in case["document"]]


@pytest.fixture(scope="module")
def findings() -> list[Row]:
    """What the checks say of all cases at once."""
    con = warehouse(ALL)
    count = crosschecks.fill(con)
    assert count == len(found(con))
    left = con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    assert left == [], "temporary tables stay behind"
    return found(con)


def found(con: duckdb.DuckDBPyConnection) -> list[Row]:
    cursor = con.execute("SELECT * FROM checks ORDER BY check_name, indicator_code, check_id")
    names = [c[0] for c in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[c["name"] for c in CASES])
def test_composed_case(number: int, findings: list[Row]) -> None:
    case, left = CASES[number], [row for row in findings if row["document_id"].startswith(f"{number:03}.")]
    first = case["document"][0]["id"]
    for expected in case.get("finding", ()):
        document = expected.get("document", first)
        other = None if expected["check"] == "implausible_value" else expected.get("other", document)
        said = (expected["check"], expected["severity"], f"{number:03}.{document}", other and f"{number:03}.{other}")
        match = [
            row
            for row in left
            if (row["check_name"], row["severity"], row["document_id"], row["other_document_id"]) == said
            and expected.get("code", row["indicator_code"]) == row["indicator_code"]
        ]
        assert match, f"not found: {expected}; found: {left}"
        assert expected.get("quote", "") in match[0]["quote"]
        assert expected.get("other_quote", "") in (match[0]["other_quote"] or "")
        left.remove(match[0])
    assert not left, f"found though nobody would say so: {left}"


def test_every_check_has_two_cases_for_it_and_two_against_its_group() -> None:
    names = [f["check"] for case in CASES for f in case.get("finding", ())]
    assert {n for n in vocabulary()["check_name"] if names.count(n) < 2} == set()
    for path in FOLDER.glob("*.toml"):
        assert sum("finding" not in case for case in tomllib.loads(path.read_text("utf-8"))["case"]) >= 2, path


def test_quotes_are_verbatim_and_words_are_known(findings: list[Row]) -> None:
    texts = {d["id"]: d["text"] for d in ALL}
    for row in findings:
        assert row["quote"] in texts[row["document_id"]]
        assert row["other_document_id"] is None or row["other_quote"] in texts[row["other_document_id"]]
        assert row["check_name"] in vocabulary()["check_name"] and row["severity"] in vocabulary()["severity"]
        assert row["detail"]
    assert len({row["check_id"] for row in findings}) == len(findings)


def test_findings_do_not_depend_on_the_order_of_rows(findings: list[Row]) -> None:
    con = warehouse(ALL[::-1])
    crosschecks.fill(con)
    assert found(con) == findings


def test_rows_with_nothing_in_them_are_no_finding_and_no_error() -> None:
    con = warehouse([])
    bare = {"document_id": "a", "doc_type": "annual_report", "url": "file:a"}
    insert(con, "documents", [bare | {"is_canonical": True}, bare | {"document_id": "b"}])
    insert(con, "indicators", [{"indicator_id": f"i{i}", "document_id": "a", "indicator_code": c, "measure": "level"}
                               for i, c in enumerate(catalogue())])  # fmt: skip
    insert(con, "quantities", [{"quantity_id": "q", "document_id": "a"}])
    assert crosschecks.fill(con) == 0


def test_a_catalogue_without_ranges_is_no_error() -> None:
    con = warehouse([next(c for c in CASES if c["name"] == "too many, and too few")["document"][0]])
    con.execute("ALTER TABLE indicator_catalogue DROP COLUMN plausible_min")
    assert crosschecks.fill(con) == 0


def test_a_rule_is_a_line_of_data(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = load("checks.toml")
    raw["order"].append({"less": "case_files_reviewed", "more": "administrative_penalties", "severity": "error"})
    monkeypatch.setattr(crosschecks, "load", lambda name: raw)
    document = {"id": "a", "text": "作出行政处罚30件。评查案卷60宗。", "facts": [
        {"code": "administrative_penalties", "number": "30件"}, {"code": "case_files_reviewed", "number": "60宗"}]}  # fmt: skip
    con = warehouse([document])
    assert crosschecks.fill(con) == 1
    assert (found(con)[0]["check_name"], found(con)[0]["severity"]) == ("stages_out_of_order", "error")


@pytest.mark.parametrize(
    ("part", "change", "names"),
    [
        ("order", {"less": "no_such_code"}, "no_such_code"),
        ("order", {"severity": "fatal"}, "severity"),
        ("partition", {"parts": ["nothing_known"]}, "nothing_known"),
        ("rate", {"of": ["unheard_of"]}, "unheard_of"),
        ("rate", {"numerator": None}, "numerator"),
    ],
)
def test_a_mistake_in_a_rule_is_named(part: str, change: Row, names: str) -> None:
    raw = load("checks.toml")
    raw[part][0] = {k: v for k, v in (raw[part][0] | change).items() if v is not None}
    with pytest.raises(console.Problem, match=names):
        crosschecks.rule_tables(raw)


def test_a_misspelt_fact_of_a_code_is_named() -> None:
    raw = load("checks.toml")
    raw["codes"]["litigation_cases"] = {"singel": True}
    with pytest.raises(console.Problem, match="singel"):
        crosschecks.rule_tables(raw)


def test_the_rules_of_the_project_are_sound() -> None:
    assert crosschecks.rule_tables(load("checks.toml"))["rule_codes"].num_rows > 50


def test_contradictions_on_pages_reach_the_warehouse(tmp_path: Path) -> None:
    source = tmp_path / "pages"
    source.mkdir()
    stated = "收到行政复议申请31件,受理28件"
    (source / "a.txt").write_text(page().replace(stated, "收到行政复议申请31件,受理38件"), "utf-8")
    later = page(penalties=133).replace("2024", "2025").replace("2023", "2024")
    (source / "b.txt").write_text(later.replace(stated, "收到行政复议申请35件,受理33件,上年受理26件"), "utf-8")
    told = "关于2023年度法治政府建设情况的报告\n——2024年3月20日在青杨县第十八届人民代表大会常务委员会第九次会议上"
    congress = (
        page(penalties=150)
        .replace("关于2023年度法治政府建设情况的报告", told)
        .replace(stated, "收到行政复议申请41件,受理38件")
    )
    (source / "c.txt").write_text(congress.replace("首页 > 政务公开", "首页 > 人大工作"), "utf-8")
    data = tmp_path / "data"
    bring_up(data, source)
    sql = "SELECT check_name, indicator_code, c.value, other_value, d.url FROM checks c JOIN documents d USING (document_id) ORDER BY ALL"
    assert rows(data, sql) == [
        ("prior_year_differs", "reconsideration_cases_accepted", 26.0, 38.0, "file:b.txt"),
        ("stages_out_of_order", "reconsideration_cases_accepted", 38.0, 31.0, "file:a.txt"),
        ("versions_differ", "administrative_penalties", 120.0, 150.0, "file:a.txt"),
        ("versions_differ", "reconsideration_applications_received", 31.0, 41.0, "file:a.txt"),
    ]
    ((key,),) = rows(data, "SELECT indicator_id FROM checks WHERE check_name = 'stages_out_of_order'")
    line = f"indicators,{key},value,28,李四,核对原文,2026-03-01\n"
    (data / "corrections.csv").write_text("table,key,column,value,who,why,on\n" + line, "utf-8")
    run("warehouse.build", "--data", data)
    assert rows(data, sql.replace("ORDER", "WHERE check_name <> 'versions_differ' ORDER")) == [
        ("prior_year_differs", "reconsideration_cases_accepted", 26.0, 28.0, "file:b.txt")
    ]
