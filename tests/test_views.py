"""Views and derived tables on small tables written by hand: coverage, panel, values, timeliness; and what they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from knowledge.indicators import catalogue
from knowledge.schema import tables, vocabulary
from warehouse import coverage, layout, panel

HOME = "http://127.0.0.1:1/"
COUNTY = "990121"
ACCEPTED, PENALTIES = "reconsideration_cases_accepted", "administrative_penalties"


@pytest.fixture
def con() -> Any:
    with duckdb.connect() as connection:
        layout.create_tables(connection)
        layout.create_views(connection)
        yield connection


def insert(con: duckdb.DuckDBPyConnection, table: str, *rows: dict[str, Any]) -> None:
    con.register("incoming", pa.Table.from_pylist([{k: v for k, v in row.items() if v is not None} for row in rows]))
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    con.unregister("incoming")


def at(day: str) -> datetime:
    """Noon of a day in China."""
    return datetime.fromisoformat(day).replace(hour=4, tzinfo=UTC)


def document(key: str, year: int = 2023, **other: Any) -> dict[str, Any]:
    """A yearly report of the county's government."""
    return {
        "document_id": key,
        "url": f"{HOME}{key}.html",
        "doc_type": "annual_report",
        "report_year": year,
        "issuer_id": f"{COUNTY}:government",
        "issuer_name": "云川县人民政府",
        "issuer_kind": "government",
        "issuer_level": "county",
        "region_code": COUNTY,
        "region_name": "云川县",
        "published_on": date(year + 1, 2, 1),
        "published_on_basis": "meta",
        "text": "文" * 300,
        "char_count": 300,
        "needs_ocr": False,
        "flags": [],
        "is_canonical": True,
        "fetched_at": at("2024-06-01"),
    } | other


# ---------------------------------------------------------------- coverage


def asked(con: duckdb.DuckDBPyConnection, day: str, *, purpose: str = "home", outcome: str = "ok", url: str = HOME,
          title: str | None = None, found_on: str | None = None, place: int | None = None) -> None:  # fmt: skip
    """A request of that day, and for a page or file the title that the list gave it."""
    row = {
        "run_id": f"{day.replace('-', '')}T040000Z-crawl",
        "portal_id": "yunchuan",
        "method": "GET",
        "url": url,
        "fetched_at": at(day),
        "outcome": outcome,
        "purpose": purpose,
        "link_text": title,
        "found_on_url": found_on,
        "archive_file": "a.warc.gz" if place is not None else None,
        "archive_offset": place,
    }
    insert(con, "fetches", row)


def listed(con: duckdb.DuckDBPyConnection, day: str, rows: int = 5, *, of_reports: bool = True) -> None:
    """A list page of a column that was read on that day."""
    column = f"{HOME}reports/" if of_reports else f"{HOME}news/"
    asked(con, day, purpose="list", url=column)
    row = {"run_id": "r", "portal_id": "yunchuan", "url": column, "column_url": column, "at": at(day), "outcome": "ok"}
    insert(con, "lists", row | {"row_count": rows, "wanted_count": 0, "of_reports": of_reports})


def set_aside(con: duckdb.DuckDBPyConnection, url: str, place: int, reason: str) -> None:
    row = {
        "document_url": url,
        "archive_file": "a.warc.gz",
        "archive_offset": place,
        "stage": "extract",
        "reason": reason,
    }
    insert(con, "quarantine", row | {"code_version": "v"})


def portal(con: duckdb.DuckDBPyConnection, portal_id: str = "yunchuan", code: str = COUNTY) -> None:
    row = {"portal_id": portal_id, "name": "云川县人民政府", "homepage": HOME, "region_code": code}
    insert(con, "portals", row | {"entry_urls": "", "cms": "", "notes": ""})


def cell(con: duckdb.DuckDBPyConnection, year: int = 2023, kind: str = "government") -> tuple[Any, ...]:
    """(status, evidence, document_id, evidence_url) of the county's cell."""
    coverage.fill(con)
    sql = "SELECT status, evidence, document_id, evidence_url FROM coverage WHERE region_code = $1 AND report_year = $2 AND issuer_kind = $3"
    (row,) = con.execute(sql, [COUNTY, year, kind]).fetchall()
    return tuple(row)


PAGE = f"{HOME}p.html"
TITLE = "云川县2023年度法治政府建设年度报告"


def test_found(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    insert(con, "documents", document("d1"))
    assert cell(con) == ("found", "document", "d1", f"{HOME}d1.html")
    assert con.execute("SELECT reports, as_of, due_on FROM coverage WHERE status = 'found'").fetchall() == [
        (1, date(2024, 6, 1), date(2024, 4, 1))
    ]


def test_a_scan_needs_ocr(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    insert(con, "documents", document("scan", needs_ocr=True, is_canonical=False, char_count=0, text=""))
    assert cell(con) == ("needs_ocr", "document", "scan", f"{HOME}scan.html")


def test_a_scan_behind_a_page_has_the_identity_of_its_page(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    insert(con, "documents", document("page", is_canonical=False, flags=["text_in_attachment"]))
    scan = document("scan", needs_ocr=True, is_canonical=False, doc_type="other", report_year=2023) | {
        "parent_document_id": "page"
    }
    insert(con, "documents", scan | {"report_year": None, "issuer_kind": None})
    assert cell(con)[:3] == ("needs_ocr", "document", "scan")


def test_a_page_whose_file_is_not_held_is_attachment_only(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    insert(con, "documents", document("page", is_canonical=False, flags=["text_in_attachment"]))
    assert cell(con) == ("attachment_only", "document", "page", f"{HOME}page.html")


@pytest.mark.parametrize("how", ["quarantine", "fetch"])
def test_what_became_of_the_file_is_the_evidence(con: duckdb.DuckDBPyConnection, how: str) -> None:
    portal(con)
    listed(con, "2024-06-01")
    insert(con, "documents", document("page", is_canonical=False, flags=["text_in_attachment"]))
    file, outcome = f"{HOME}a.doc", "ok" if how == "quarantine" else "timeout"
    asked(
        con,
        "2024-06-01",
        purpose="attachment",
        url=file,
        outcome=outcome,
        title="附件",
        found_on=f"{HOME}page.html",
        place=7,
    )
    if how == "quarantine":
        set_aside(con, file, 7, "no_converter")
    assert cell(con) == ("attachment_only", how, "page", file)


def test_a_listed_page_that_could_not_be_read_is_parse_failed(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    asked(con, "2024-06-01", purpose="article", url=PAGE, title=TITLE, place=9)
    set_aside(con, PAGE, 9, "no_body")
    assert cell(con) == ("parse_failed", "quarantine", None, PAGE)


def test_a_column_without_rows_is_parse_failed(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    asked(con, "2024-06-01")
    listed(con, "2024-06-01", rows=0)
    assert cell(con) == ("parse_failed", "list", None, f"{HOME}reports/")


def test_a_blocked_page_or_portal(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    asked(con, "2024-06-01", outcome="blocked")
    assert cell(con) == ("blocked", "fetch", None, HOME)
    con.execute("DROP TABLE unread; DROP TABLE places; DELETE FROM coverage")
    listed(con, "2024-06-02")
    asked(con, "2024-06-02", purpose="article", url=PAGE, title=TITLE, outcome="blocked")
    assert cell(con) == ("blocked", "fetch", None, PAGE)
    assert cell_of(con, 2022) == ("not_found", f"{HOME}reports/")  # the block tells nothing of other years


def cell_of(con: duckdb.DuckDBPyConnection, year: int) -> tuple[Any, ...]:
    """(status, evidence_url) of the county's government in a coverage that is filled already."""
    sql = "SELECT status, evidence_url FROM coverage WHERE region_code = $1 AND report_year = $2 AND issuer_kind = 'government'"
    (row,) = con.execute(sql, [COUNTY, year]).fetchall()
    return tuple(row)


def test_a_block_after_the_deadline_leaves_the_years_before_as_they_were_read(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-01-10")
    asked(con, "2024-06-01", purpose="list", url=f"{HOME}reports/", outcome="blocked")
    assert cell(con)[0] == "blocked"
    assert cell_of(con, 2022)[0] == "not_found"


@pytest.mark.parametrize(
    ("last_fetch", "status"), [("2024-03-31", "not_due"), ("2024-04-01", "not_due"), ("2024-04-02", "not_found")]
)
def test_not_due_until_the_deadline_is_over(con: duckdb.DuckDBPyConnection, last_fetch: str, status: str) -> None:
    portal(con)
    listed(con, last_fetch)
    assert cell(con)[0] == status
    assert cell_of(con, 2022)[0] == "not_found"
    assert con.execute("SELECT min(report_year), max(report_year) FROM coverage").fetchall() == [(2015, 2023)]


def test_before_2018_the_deadline_was_the_end_of_march(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("SELECT due_on(2017)::VARCHAR, due_on(2018)::VARCHAR").fetchall() == [
        ("2018-03-31", "2019-04-01")
    ]


def test_not_found_where_columns_were_read(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    insert(con, "documents", document("old", year=2022))
    assert cell(con) == ("not_found", "list", None, f"{HOME}reports/")
    assert cell_of(con, 2022)[0] == "found"


def test_a_listed_address_that_is_gone_is_not_found(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    listed(con, "2024-06-01")
    asked(con, "2024-06-01", purpose="article", url=PAGE, title=TITLE, outcome="not_found")
    assert cell(con) == ("not_found", "fetch", None, PAGE)


def test_not_located_where_no_column_is_known(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    asked(con, "2024-06-01")
    listed(con, "2024-06-01", of_reports=False)
    assert cell(con) == ("not_located", "fetch", None, f"{HOME}news/")


@pytest.mark.parametrize("outcome", ["timeout", "robots_denied", "dns_error"])
def test_a_portal_that_does_not_answer_is_not_crawled(con: duckdb.DuckDBPyConnection, outcome: str) -> None:
    portal(con)
    asked(con, "2024-06-01", outcome=outcome)
    assert cell(con) == ("not_crawled", "fetch", None, HOME)
    assert con.execute("SELECT DISTINCT detail FROM coverage").fetchall() == [(outcome,)]


def test_a_portal_not_asked_since_the_deadline_is_not_crawled(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    portal(con, "other", "990122")
    listed(con, "2024-01-10")
    insert(con, "fetches", {"run_id": "20240601T000000Z-crawl", "portal_id": "other", "method": "GET", "url": "http://127.0.0.1:2/",
                            "fetched_at": at("2024-06-01"), "outcome": "ok", "purpose": "home"})  # fmt: skip
    assert cell(con)[0] == "not_crawled"
    assert cell_of(con, 2022)[0] == "not_found"


def test_a_portal_never_asked_is_not_crawled_by_the_registry(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    insert(con, "documents", document("d", region_code="990122"))
    assert cell(con) == ("not_crawled", "registry", None, HOME)


def test_all_regions_of_the_projects_registry_count_where_its_portals_were_crawled(
    con: duckdb.DuckDBPyConnection,
) -> None:
    insert(con, "portals", {"portal_id": "r110101", "name": "东城区人民政府", "homepage": "https://www.bjdch.gov.cn/",
                            "region_code": "110101", "entry_urls": "", "cms": "", "notes": ""})  # fmt: skip
    insert(con, "documents", document("d", region_code="110101"))
    coverage.fill(con)
    ((regions,),) = con.execute("SELECT count(DISTINCT region_code) FROM coverage").fetchall()
    assert regions > 3000
    sql = "SELECT DISTINCT region_name, region_level, status, evidence_url LIKE 'http%' FROM coverage WHERE region_code = '440100'"
    assert con.execute(sql).fetchall() == [("广州市人民政府", "prefecture", "not_crawled", True)]


def test_a_registry_of_ones_own_counts_alone_and_files_without_portals_count_their_regions(
    con: duckdb.DuckDBPyConnection,
) -> None:
    insert(con, "documents", document("d"))
    coverage.fill(con)
    assert con.execute("SELECT DISTINCT region_code FROM coverage").fetchall() == [(COUNTY,)]
    assert con.execute("SELECT DISTINCT status, detail FROM coverage WHERE report_year = 2022").fetchall() == [
        ("not_crawled", "no portal of the region in the registry")
    ]


def test_other_kinds_have_cells_where_one_was_found(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    portal(con, "other", "990122")
    listed(con, "2024-06-01")
    office = {"issuer_kind": "department", "issuer_name": "云川县教育局"}
    insert(con, "documents", document("a", issuer_id="x", **office), document("b", issuer_id="y", **office))
    assert cell(con, 2022, "department")[0] == "not_found"
    assert con.execute(
        "SELECT region_code, reports FROM coverage WHERE issuer_kind <> 'government' AND status = 'found'"
    ).fetchall() == [(COUNTY, 2)]


def test_every_yearly_report_is_in_a_cell_and_the_sums_agree(con: duckdb.DuckDBPyConnection) -> None:
    portal(con)
    insert(con, "documents", document("early", year=2012), document("d"))
    coverage.fill(con)
    assert con.execute("SELECT sum(reports) FROM coverage").fetchall() == [(2,)]
    assert (
        con.execute("SELECT sum(cells) FROM coverage_by_year").fetchall()
        == con.execute("SELECT count(*) FROM coverage").fetchall()
    )
    assert {s for (s,) in con.execute("SELECT status FROM coverage").fetchall()} <= set(vocabulary()["coverage.status"])


def test_nine_words_are_nine_states() -> None:
    assert len(vocabulary()["coverage.status"]) == 9


# ---------------------------------------------------------------- panel and values


def stated(document_id: str, value: float, place: int, **other: Any) -> dict[str, Any]:
    code = other.get("indicator_code", ACCEPTED)
    return {
        "indicator_id": f"{document_id}.i{place}.{code}",
        "document_id": document_id,
        "indicator_code": code,
        "value": value,
        "unit": "件",
        "modifier": "exact",
        "measure": "level",
        "period": "year",
        "year": 2023,
        "scope": "own",
        "is_part": False,
        "is_derived": False,
        "char_start": place,
    } | other


def test_the_panel_has_one_row_per_issuer_and_year_and_the_rest_has_a_reason(con: duckdb.DuckDBPyConnection) -> None:
    insert(
        con, "documents", document("annual"), document("npc", doc_type="npc_report", is_canonical=False),
        document("silent", year=2022), document("other", issuer_id=None), document("interim", doc_type="interim_report"),
    )  # fmt: skip
    insert(
        con, "indicators",
        stated("annual", 40, 5, modifier="approx"), stated("annual", 41, 10), stated("annual", 41, 20), stated("annual", 43, 30),
        stated("annual", 9, 1, is_part=True), stated("annual", 12, 2, measure="change"), stated("annual", 30, 3, period="prior_year", year=2022),
        stated("annual", 900, 4, scope="other_body"), stated("npc", 42, 1), stated("interim", 20, 1), stated("other", 1, 1),
        stated("annual", 7, 50, indicator_code=PENALTIES, period="as_of"),
    )  # fmt: skip
    panel.fill(con)
    assert con.execute(f"SELECT report_year, document_id, {ACCEPTED}, {PENALTIES} FROM indicator_panel").fetchall() == [
        (2022, "silent", None, None),
        (2023, "annual", 41, 7),
    ]
    sql = "SELECT rank, value, chosen, choice FROM indicator_values WHERE indicator_code = $1 ORDER BY rank"
    assert con.execute(sql, [ACCEPTED]).fetchall() == [
        (1, 41, True, "chosen"),
        (2, 41, False, "repeated"),
        (3, 43, False, "outranked"),
        (4, 40, False, "outranked"),
        (5, 9, False, "part"),
        (6, 12, False, "not_level"),
        (7, 30, False, "other_period"),
        (8, 900, False, "other_body"),
        (9, 42, False, "other_version"),
    ]
    assert {w for (w,) in con.execute("SELECT choice FROM indicator_values").fetchall()} <= set(vocabulary()["choice"])


def test_two_canonical_reports_of_a_year_still_make_one_row(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "documents", document("npc", doc_type="npc_report", char_count=9000), document("annual"))
    insert(con, "indicators", stated("npc", 42, 1), stated("annual", 41, 1))
    panel.fill(con)
    assert con.execute(f"SELECT document_id, {ACCEPTED} FROM indicator_panel").fetchall() == [("annual", 41)]
    assert con.execute("SELECT count(*) FROM timeliness").fetchall() == [(1,)]


def test_words_give_way_to_a_number(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "documents", document("d"))
    insert(con, "indicators", stated("d", 0, 1, is_derived=True), stated("d", 3, 90))
    panel.fill(con)
    assert con.execute(f"SELECT {ACCEPTED} FROM indicator_panel").fetchall() == [(3,)]


def test_the_panel_begins_with_who_and_when_and_goes_on_in_the_catalogues_order(con: duckdb.DuckDBPyConnection) -> None:
    names = [c for c, *_ in con.execute("DESCRIBE indicator_panel").fetchall()]
    assert names[:2] == ["issuer_name", "report_year"]
    assert names[8:] == list(catalogue())


# ---------------------------------------------------------------- timeliness


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"published_on": date(2024, 4, 1)}, ("on_time", 0, "high", False)),
        ({"published_on": date(2024, 4, 2)}, ("late", 1, "high", False)),
        ({"published_on": date(2024, 4, 2), "published_on_basis": "list"}, ("unknown", 1, "low", True)),
        ({"published_on": date(2024, 3, 1), "published_on_basis": "list"}, ("on_time", -31, "low", True)),
        ({"published_on": date(2026, 4, 2), "flags": ["late_or_migrated"]}, ("unknown", 731, "low", True)),
        ({"published_on": date(2024, 5, 2), "signed_on": date(2024, 6, 2)}, ("unknown", 31, "low", True)),
        ({"published_on": None, "published_on_basis": None}, ("unknown", None, None, True)),
    ],
)  # fmt: skip
def test_timeliness(con: duckdb.DuckDBPyConnection, facts: dict[str, Any], expected: tuple[Any, ...]) -> None:
    insert(con, "documents", document("d", **facts))
    assert con.execute("SELECT status, days_late, date_trust, is_date_doubtful FROM timeliness").fetchall() == [
        expected
    ]


def test_timeliness_of_the_years_before_2018(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "documents", document("d", year=2017, published_on=date(2018, 4, 1)))
    assert con.execute("SELECT status, due_on FROM timeliness").fetchall() == [("late", date(2018, 3, 31))]


# ---------------------------------------------------------------- meanings


def test_every_column_of_every_table_and_view_says_what_it_means(con: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND coalesce(comment, '') = ''"
    assert con.execute(sql).fetchall() == []
    assert (
        con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal AND coalesce(comment, '') = ''").fetchall()
        == []
    )


def test_views_and_tables_do_not_share_names(con: duckdb.DuckDBPyConnection) -> None:
    views = {v for (v,) in con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    assert {"reports", "yearly_reports", "timeliness", "completeness", "portal_health", "coverage_by_year"} <= views
    assert not views & set(tables())
