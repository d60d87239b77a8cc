"""Two releases of the sample, before and after ten known edits: the difference is those ten, and what follows from them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.sample_data import sample
from tests.test_warehouse import next_year, page, rows, run
from warehouse.diff import diff
from warehouse.release import release

REPORTS = {"reclassified": "苇川县教育局", "demoted": "荷砚镇人民政府", "renamed": "梧坪乡人民政府"}
GONE = ("霁州市民政局", 2022)


def ingest(data: Path, pages: Path, **texts: str) -> None:
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir()
    for name, text in texts.items():
        (pages / f"{name}.txt").write_text(text, encoding="utf-8")
    run("crawler.ingest", "--data", data, "--src", pages)


def rebuild(data: Path) -> None:
    run("transform.run", "--data", data, "--jobs", 1)
    run("warehouse.build", "--data", data)


def asked_in_vain(data: Path, url: str) -> None:
    """A run some weeks later that asks for one address and is told that it is not there."""
    ((last,),) = rows(data, "SELECT max(fetched_at) FROM fetches")
    at: datetime = last + timedelta(days=40)
    folder = data / "raw" / f"{at:%Y%m%dT%H%M%SZ}-crawl"
    folder.mkdir()
    line = {"run_id": folder.name, "method": "GET", "url": url, "fetched_at": at.isoformat(), "outcome": "not_found",
            "http_status": 404, "purpose": "article"}  # fmt: skip
    (folder / "fetches.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    facts = {"run_id": folder.name, "started_at": at.isoformat(), "finished_at": at.isoformat(), "outcome": "finished"}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")


def with_last_year(text: str) -> str:
    """The report of 2024, which says what last year's figure was."""
    return text.replace("行政处罚133件", "行政处罚133件,上年作出行政处罚120件")


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The releases, and what was edited between them."""
    home = tmp_path_factory.mktemp("diff")
    data, pages = home / "data", home / "pages"
    shutil.copytree(sample(), data, symlinks=True)
    ingest(data, pages, revised=page(), follower=with_last_year(next_year()))
    rebuild(data)
    before = release(data, home / "a")
    keys = {what: rows(data, f"SELECT document_id FROM reports WHERE issuer_name = '{name}'")[0][0] for what, name in REPORTS.items()}  # fmt: skip
    ((gone, url),) = rows(data, f"SELECT document_id, url FROM reports WHERE issuer_name = '{GONE[0]}' AND report_year = {GONE[1]}")  # fmt: skip
    figures = rows(
        data,
        "SELECT v.indicator_id, v.indicator_code, v.value, v.document_id FROM indicator_values v JOIN indicators i USING (indicator_id) "
        "WHERE chosen AND issuer_name = '云川县人民政府' AND v.report_year = 2022 AND v.unit = '件' AND v.modifier = 'exact' "
        "AND i.quantity_id IS NOT NULL ORDER BY i.char_start LIMIT 2",
    )
    # the third in a report that is reclassified too
    figures += rows(
        data,
        f"SELECT indicator_id, indicator_code, value, document_id FROM indicator_values "
        f"WHERE chosen AND document_id = '{keys['renamed']}' ORDER BY indicator_id LIMIT 1",
    )
    stated = {code for (code,) in rows(data, f"SELECT DISTINCT indicator_code FROM indicators WHERE document_id = '{figures[0][3]}'")}  # fmt: skip
    free = next(c for (c,) in rows(data, "SELECT indicator_code FROM indicator_catalogue WHERE unit = '件' ORDER BY 1") if c not in stated)  # fmt: skip
    # the ten edits
    ingest(data, pages, revised=page(penalties=126), new=page("白杨县"), newer=page("乌杨县"))
    asked_in_vain(data, url)
    lines = [
        f"documents,{keys['reclassified']},report_year,2021",
        f"documents,{keys['demoted']},doc_type,news",
        f"documents,{keys['renamed']},issuer_name,桐坪乡人民政府",
        f"indicators,{figures[0][0]},value,{figures[0][2] + 1000:.0f}",
        f"indicators,{figures[1][0]},indicator_code,{free}",
        f"indicators,{figures[2][0]},is_part,true",
    ]
    text = "table,key,column,value,who,why,on\n" + "".join(f"{line},李四,与原件核对,2026-03-01\n" for line in lines)
    (data / "corrections.csv").write_text(text, encoding="utf-8")
    rebuild(data)
    after = release(data, home / "b")
    return {"a": before, "b": after, "keys": keys, "gone": gone, "figures": figures, "free": free, "found": diff(before, after), "data": data}  # fmt: skip


def test_the_events_are_the_ten_edits(edited: dict) -> None:
    events = edited["found"]["events"]
    assert Counter(e["kind"] for e in events) == {
        "added": 2,
        "withdrawn": 1,
        "revised": 1,
        "reclassified": 3,
        "value_changed": 3,
    }
    by_kind = {kind: [e for e in events if e["kind"] == kind] for kind in ("added", "withdrawn", "revised", "reclassified", "value_changed")}  # fmt: skip
    assert {(e["issuer_name"], e["report_year"]) for e in by_kind["added"]} == {
        ("白杨县人民政府", 2023),
        ("乌杨县人民政府", 2023),
    }
    assert [e["document_id"] for e in by_kind["withdrawn"]] == [edited["gone"]]
    assert [(e["url"], e["issuer_name"]) for e in by_kind["revised"]] == [("file:revised.txt", "青杨县人民政府")]
    differs = {
        e["document_id"]: {d["column"]: (d["before"], d["after"]) for d in e["differs"]}
        for e in by_kind["reclassified"]
    }
    keys = edited["keys"]
    assert differs.keys() == set(keys.values())
    assert differs[keys["reclassified"]] == {"report_year": ("2024", "2021")}
    assert differs[keys["demoted"]] == {"doc_type": ("annual_report", "news")}
    assert differs[keys["renamed"]]["issuer_name"] == ("梧坪乡人民政府", "桐坪乡人民政府")


def test_values_changed_have_both_quotes(edited: dict) -> None:
    one, two, three = edited["figures"]
    found = {e["indicator_id"]: e for e in edited["found"]["events"] if e["kind"] == "value_changed"}
    assert found.keys() == {one[0], two[0], three[0]}
    assert (found[one[0]]["value_before"], found[one[0]]["value"]) == (one[2], one[2] + 1000)
    assert (found[two[0]]["code_before"], found[two[0]]["code"]) == (two[1], edited["free"])
    assert found[three[0]]["differs"] == [{"column": "is_part", "before": "false", "after": "true"}]
    for e in found.values():
        assert e["quote"] and e["quote"] == e["quote_before"], "a correction leaves the sentence as it is printed"


def test_the_revised_report_says_what_it_says_otherwise(edited: dict) -> None:
    (figure,) = edited["found"]["figures"]
    assert (figure["code"], figure["value_before"], figure["value"]) == ("administrative_penalties", 120, 126)
    assert "120件" in figure["quote_before"] and "126件" in figure["quote"]


def test_cells_of_the_panel_are_what_the_panels_differ_in(edited: dict) -> None:
    found = {
        (c["issuer_id"], c["report_year"], c["code"]): (c["value_before"], c["value"]) for c in edited["found"]["cells"]
    }
    panels = []
    for folder in (edited["a"], edited["b"]):
        with duckdb.connect() as con:
            con.execute(f"CREATE VIEW panel AS FROM '{folder}/tables/indicator_panel.parquet'")
            long = "UNPIVOT panel ON COLUMNS(* EXCLUDE (issuer_name, issuer_kind, issuer_level, region_code, region_name, issuer_id, report_year, document_id)) INTO NAME code VALUE value"
            panels.append(
                {
                    (i, y, c): v
                    for i, y, c, v in con.execute(
                        f"SELECT issuer_id, report_year, code, value FROM ({long})"
                    ).fetchall()
                }
            )
    a, b = panels
    assert found == {k: (a.get(k), b.get(k)) for k in a.keys() | b.keys() if a.get(k) != b.get(k)}
    assert all(c["by_report"] or c["by_figure"] for c in edited["found"]["cells"]), "nothing changed by itself"
    assert all((c["quote"] is None) == (c["value"] is None) for c in edited["found"]["cells"])


def test_a_figure_of_the_year_before_that_no_longer_matches(edited: dict) -> None:
    (finding,) = edited["found"]["checks"]["no_longer_match"]
    assert (
        finding["check_name"] == "prior_year_differs" and "120" in finding["quote"] and "126" in finding["other_quote"]
    )


def test_what_was_withdrawn_and_edited_stands_in_the_views(edited: dict) -> None:
    data = edited["data"]
    sql = "SELECT document_id, missed_at > last_seen_at FROM withdrawn"
    assert rows(data, sql) == [(edited["gone"], True)]
    sql = (
        "SELECT issuer_name, addresses, addresses_removed, versions_changed, sentences_added, sentences_removed, "
        "sentences_edited, figures_edited FROM quiet_edits ORDER BY 1"
    )
    assert rows(data, sql) == [("霁州市民政局", 1, 1, 0, 0, 0, 0, 0), ("青杨县人民政府", 1, 0, 1, 0, 0, 1, 1)]
    assert (edited["b"] / "withdrawn.csv").read_text(encoding="utf-8-sig").count(edited["gone"]) == 1


def test_a_person_reads_it_in_a_minute(edited: dict) -> None:
    said = run("warehouse.diff", edited["a"], edited["b"])
    lines = said.splitlines()
    cells = len(edited["found"]["cells"])
    assert lines[0] == f"{edited['a'].name} → {edited['b'].name}"
    assert (
        lines[1].startswith("报告:新增 2,撤下 1,改版 1,重新归类 3;数值:改动 3,")
        and f"面板单元格变动 {cells};" in lines[1]
    )
    assert lines[2].startswith("Reports: 2 added, 1 withdrawn, 1 revised, 3 reclassified; values: 3 changed,")
    assert lines[3].endswith("存档 archive, 更正 corrections")
    assert "2023 青杨县人民政府 file:revised.txt: 行政处罚数 120件 → 126件" in said
    assert "report_year 2024 → 2021" in said and "李四, 与原件核对, 2026-03-01" in said
    assert len(lines) < 60


def test_json_is_all_of_it(edited: dict) -> None:
    said = json.loads(run("warehouse.diff", edited["a"], edited["b"], "--json"))
    assert said == json.loads(json.dumps(edited["found"], default=str))


def test_backwards_it_is_undone(edited: dict) -> None:
    back = diff(edited["b"], edited["a"])
    kinds = Counter(e["kind"] for e in back["events"])
    assert kinds == {"withdrawn": 2, "revised": 1, "reclassified": 3, "value_changed": 3}
    assert {(c["code"], c["value"], c["value_before"]) for c in back["cells"]} == {(c["code"], c["value_before"], c["value"]) for c in edited["found"]["cells"]}  # fmt: skip


def test_a_release_does_not_differ_from_itself(edited: dict) -> None:
    same = diff(edited["a"], edited["a"])
    assert not any((same["events"], same["figures"], same["cells"], same["made_from"], same["checks"]["came"], same["checks"]["went"]))  # fmt: skip


def test_a_folder_that_is_no_release_is_named(tmp_path: Path) -> None:
    said = run("warehouse.diff", tmp_path, tmp_path, ok=False)
    assert said == f"error: {tmp_path} is no release: it has no certificate.json (make release writes one).\n"
