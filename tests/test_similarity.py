"""Sentences taken over: from one's own earlier reports, from neighbours, and the templates of a province."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.sample_data import sample
from tests.test_warehouse import rows
from warehouse import layout, similarity

OWN = "全县持续推进乡镇综合执法队伍规范化建设"
OTHER = "组织开展涉企行政执法专项监督检查活动"
THIRD = "建立府院联动和行政争议实质化解会商机制"
FOURTH = "完善重大行政决策合法性审查和评估制度"
SHORT = "加强组织领导"


def report(key: str, issuer: str, year: int, *sentences: str, **other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document and its one section; an issuer is a region's code, six digits."""
    text = "".join(f"{s}。" for s in sentences)
    document = {
        "document_id": key, "doc_type": "annual_report", "report_year": year, "issuer_id": f"{issuer}:government",
        "issuer_name": issuer, "region_code": issuer, "published_on": date(year + 1, 3, 1), "is_canonical": True, "text": text,
        "char_count": len(text), "flags": [],
    }  # fmt: skip
    section = {
        "section_id": f"{key}.s",
        "document_id": key,
        "ordinal": 0,
        "role": "measures",
        "text": text,
        "flags": [],
    }
    names = ("role",)
    return document | {k: v for k, v in other.items() if k not in names}, section | {
        k: v for k, v in other.items() if k in names
    }


def filled(*reports: tuple[dict[str, Any], dict[str, Any]], **rules: Any) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    layout.create_tables(con)
    layout.create_views(con)
    for table, some in zip(("documents", "sections"), zip(*reports, strict=True), strict=True):
        con.register("incoming", pa.Table.from_pylist(list(some)))
        con.execute(f"INSERT INTO {table} BY NAME FROM incoming")
        con.unregister("incoming")
    similarity.fill(con, rules)
    return con


def pairs(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute("SELECT document_id, other_document_id, relation, shared_sentences, template_sentences FROM similarity ORDER BY ALL").fetchall()  # fmt: skip


def test_an_issuer_repeats_itself() -> None:
    con = filled(
        report("a", "990121", 2021, OWN, OTHER),
        report("b", "990121", 2022, OWN, THIRD),
        report("c", "990121", 2023, OWN, OTHER, FOURTH, FOURTH),
    )
    assert pairs(con) == [
        ("b", "a", "same_issuer", 1, 0),
        ("c", "a", "same_issuer", 2, 0),
        ("c", "b", "same_issuer", 1, 0),
    ]
    ((share, copied),) = con.execute("SELECT share, copied_characters FROM similarity WHERE document_id = 'c' AND other_document_id = 'a'").fetchall()  # fmt: skip
    assert copied == len(OWN + OTHER) and share == round(copied / len(OWN + OTHER + FOURTH), 4), (
        "a sentence counts once"
    )


def test_width_signs_spaces_and_markers_do_not_count_but_words_and_figures_do() -> None:
    con = filled(
        report("a", "990121", 2022, f"一是{OWN}", "全年办理行政复议案件 35 件,同比有所下降", "全年受理投诉举报线索共1200件办结率98.5%"),
        report("b", "990121", 2023, f"(二)  {OWN}", "3.全年办理行政复议案件３５件，同比有所下降", "全年受理投诉举报线索共1200件办结率9.85%"),
    )  # fmt: skip
    assert pairs(con) == [("b", "a", "same_issuer", 2, 0)]


def test_short_sentences_and_openings_do_not_count() -> None:
    con = filled(report("a", "990121", 2022, SHORT), report("b", "990121", 2023, SHORT))
    assert pairs(con) == []
    con = filled(report("a", "990121", 2022, OWN, role="preamble"), report("b", "990121", 2023, OWN, role="preamble"))
    assert pairs(con) == []


def test_neighbours_are_of_the_same_province_and_time() -> None:
    copied = (OWN, OTHER, THIRD)
    con = filled(
        report("a", "990121", 2022, *copied),
        report("same_year", "990204", 2022, *copied, published_on=date(2023, 5, 1)),
        report("year_after", "990305", 2023, *copied),
        report("long_after", "990406", 2025, *copied),
        report("far_away", "980121", 2022, *copied),
        report("two_sentences", "990507", 2022, OWN, OTHER, FOURTH, published_on=date(2023, 6, 1)),
    )
    assert pairs(con) == [
        ("same_year", "a", "neighbour", 3, 0),
        ("year_after", "a", "neighbour", 3, 0),
        ("year_after", "same_year", "neighbour", 3, 0),
    ]


def template(n: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """`n` issuers of a province, one of another, all with the same three sentences and a long one of their own."""
    some = [
        report(f"t{i:02}", f"9901{i:02}", 2023, OWN, OTHER, THIRD, f"第{i}个县单独部署的年度重点工作任务清单")
        for i in range(n)
    ]
    return [*some, report("far", "980101", 2023, OWN, OTHER, THIRD)]


def test_what_a_province_prints_is_a_template_not_a_copy() -> None:
    con = filled(*template(10))
    assert pairs(con) == []
    assert con.execute("FROM sentence_templates").fetchall() == [("99", s, 10, 10, 2023, 2023) for s in sorted((OWN, OTHER, THIRD))]  # fmt: skip
    nine = filled(*template(9))
    assert len(pairs(nine)) == 36 and nine.execute("SELECT count(*) FROM sentence_templates").fetchall() == [(0,)]


def test_a_pair_that_copied_says_how_much_of_it_is_template() -> None:
    copied = (
        "甲县首创的矛盾纠纷一站式联合调处做法",
        "甲县首创的执法数据共享核查平台做法",
        "甲县首创的行政合同备案审查平台做法",
    )
    more = [
        report("from", "990151", 2023, OWN, OTHER, THIRD, *copied),
        report("to", "990152", 2023, OWN, OTHER, *copied, published_on=date(2024, 5, 1)),
        report("to_before", "990152", 2022, OWN, OTHER, "乙县上一年度独有的一句话说明工作情况"),
    ]
    con = filled(*template(10), *more)
    assert pairs(con) == [("to", "from", "neighbour", 5, 2), ("to", "to_before", "same_issuer", 2, 2)]
    seen = con.execute("SELECT other_issuer_name, other_report_year, own_sentences, verdict FROM copying ORDER BY relation").fetchall()  # fmt: skip
    assert seen == [("990151", 2023, 3, "copied"), ("990152", 2022, 0, "template")]


def test_only_the_report_that_counts_is_compared() -> None:
    con = filled(report("a", "990121", 2022, OWN), report("b", "990121", 2023, OWN, is_canonical=False))
    assert pairs(con) == []


@pytest.fixture
def mixed() -> Iterator[list[tuple[dict[str, Any], dict[str, Any]]]]:
    """Reports of six issuers over four years that share more or less."""
    words = [f"第{n}项工作已经按照年度计划全面部署落实到位" for n in range(12)]
    yield [
        report(f"d{issuer}{year}", f"99012{issuer}", year, *(w for n, w in enumerate(words) if (n * issuer + year) % 3))
        for issuer in range(1, 7)
        for year in range(2020, 2024)
    ]


def test_the_join_finds_what_comparing_every_pair_finds(mixed: list[Any]) -> None:
    con = filled(*mixed, template_issuers=99)
    found = {(a, b): n for a, b, _, n, _ in pairs(con)}
    due = {}
    texts = {d["document_id"]: (d["issuer_id"], d["report_year"], set(d["text"].split("。")) - {""}) for d, _ in mixed}
    for a, (issuer, year, mine) in texts.items():
        for b, (other, before, theirs) in texts.items():
            shared = len(mine & theirs)
            earlier = issuer == other and before < year and shared > 0
            beside = issuer != other and shared >= 3 and year - before in (0, 1) and (before, b) < (year, a)
            if earlier or beside:
                due[a, b] = shared
    assert found == due and len(due) > 50


def test_order_and_threads_do_not_matter(mixed: list[Any]) -> None:
    one, two = filled(*mixed), filled(*reversed(mixed))
    assert one.execute("FROM similarity").fetchall() == two.execute("FROM similarity").fetchall()


def test_the_sample_has_it() -> None:
    sql = "SELECT count(*), count(*) FILTER (share BETWEEN 0 AND 1 AND shared_sentences > 0), count(DISTINCT relation) FROM similarity"  # fmt: skip
    ((pairs_found, sane, relations),) = rows(sample(), sql)
    assert pairs_found == sane > 0 and relations >= 1
    assert rows(sample(), "SELECT count(*) FROM copying") == [(pairs_found,)]
