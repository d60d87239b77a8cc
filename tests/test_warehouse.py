"""From local files to the warehouse: rebuilt beside, idempotent, resolved across documents, readable by others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.attachment_files import docx, para
from warehouse import build as warehouse_build

ROOT = Path(__file__).parent.parent
BODY = """一、主要举措和成效
(一)规范行政执法。全年作出行政处罚{penalties}件,开展联合执法12次。
(二)化解矛盾纠纷。全年收到行政复议申请31件,受理28件。
二、存在的不足
执法力量有待加强,基层法治工作人员不足,专业能力还需要进一步提升。个别部门运用法治思维解决问题的能力不强。
普法宣传的针对性和实效性有待提高,新媒体普法的方式还不够丰富。合法性审查的质量和效率还需要继续提升。
三、2024年工作安排
计划开展执法培训6期。
"""


def page(name: str = "青杨县", penalties: int = 120, title: str | None = None) -> str:
    """A flattened page of an invented county."""
    title = title or f"{name}人民政府关于2023年度法治政府建设情况的报告"
    return f"首页 > 政务公开\n{title}\n发布时间:2024-02-18\n2023年,全县认真推进法治政府建设,现报告如下:\n{BODY.format(penalties=penalties)}"


def next_year() -> str:
    """The same county's report a year later: copied, with other years and figures."""
    return page(penalties=133).replace("31件", "35件").replace("2024", "2025").replace("2023", "2024")


def run(module: str, *args: object, ok: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, args)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout + done.stderr


def bring_up(data: Path, source: Path) -> str:
    """ingest, transform, warehouse; what they printed."""
    said = run("crawler.ingest", "--data", data, "--src", source)
    said += run("transform.run", "--data", data, "--jobs", 1)
    return said + run("warehouse.build", "--data", data)


def rows(data: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.txt").write_text(page(), encoding="utf-8")
    return folder


def test_a_text_file_becomes_rows(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    assert rows(data, "SELECT url, doc_type, report_year, issuer_name, published_on::VARCHAR FROM reports") == [
        ("file:a.txt", "annual_report", 2023, "青杨县人民政府", "2024-02-18")
    ]
    facts = dict(rows(data, "SELECT indicator_code, value FROM indicators WHERE measure = 'level'"))
    assert facts["administrative_penalties"] == 120
    assert facts["reconsideration_applications_received"] == 31
    assert rows(data, "SELECT administrative_penalties FROM indicator_panel") == [(120.0,)]
    assert rows(data, "SELECT days_late FROM timeliness") == [(-43,)]
    assert rows(data, "SELECT count(*) FROM indicators i JOIN documents d USING (document_id) "
                      "WHERE d.text[i.char_start + 1 : i.char_end] <> i.quote") == [(0,)]  # fmt: skip


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    before = {
        p: (p.stat().st_mtime_ns, p.stat().st_size)
        for p in data.rglob("*")
        if p.is_file() and not p.name.endswith(".lock")
    }
    said = bring_up(data, source)
    assert said.count("nothing") == 3
    assert {
        p: (p.stat().st_mtime_ns, p.stat().st_size)
        for p in data.rglob("*")
        if p.is_file() and not p.name.endswith(".lock")
    } == before


def test_rebuilding_from_the_archive_gives_the_same_rows(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    dump = (
        "SELECT * FROM documents ORDER BY ALL",
        "SELECT * FROM sections ORDER BY ALL",
        "SELECT * FROM indicators ORDER BY ALL",
    )
    before = [rows(data, sql) for sql in dump]
    for path in sorted((data / "transform").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    run("transform.run", "--data", data)
    (data / "warehouse.duckdb").unlink()
    run("warehouse.build", "--data", data)
    assert [rows(data, sql) for sql in dump] == before


def test_a_reader_with_the_old_file_open_is_not_disturbed(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(data / "warehouse.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert reader.stdout and reader.stdin
    assert reader.stdout.readline() == "1\n"
    (source / "b.txt").write_text(page("白杨县"), encoding="utf-8")
    bring_up(data, source)
    answers, _ = reader.communicate("go\n", timeout=60)
    assert answers.split() == ["1", "2"]  # its open connection keeps the old file; a new one sees the new
    assert not list(data.glob(".warehouse.new*"))


READER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
print(con.execute("SELECT count(*) FROM reports").fetchall()[0][0], flush=True)
sys.stdin.readline()
print(con.execute("SELECT count(*) FROM reports").fetchall()[0][0])
con.close()
con = duckdb.connect(sys.argv[1], read_only=True)
print(con.execute("SELECT count(*) FROM reports").fetchall()[0][0])
"""


def test_a_copy_is_counted_once_and_a_look_alike_never(tmp_path: Path, source: Path) -> None:
    (source / "copy.txt").write_text(page(), encoding="utf-8")
    (source / "plan.txt").write_text(page(title="青杨县2024年法治政府建设工作要点"), encoding="utf-8")
    data = tmp_path / "data"
    bring_up(data, source)
    assert rows(data, "SELECT count(*) FROM documents") == [(3,)]
    assert rows(
        data, "SELECT count(*), count(DISTINCT duplicate_group) FROM documents WHERE doc_type = 'annual_report'"
    ) == [(2, 1)]
    assert rows(data, "SELECT url FROM reports") == [("file:a.txt",)]
    assert rows(
        data, "SELECT count(*) FROM sections JOIN documents USING (document_id) WHERE doc_type = 'work_points'"
    ) == [(0,)]


def test_an_edited_page_is_a_new_version_and_the_latest_counts(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    (source / "a.txt").write_text(page(penalties=121), encoding="utf-8")
    bring_up(data, source)
    assert rows(
        data, "SELECT count(*), count(DISTINCT duplicate_group), count(*) FILTER (is_canonical) FROM documents"
    ) == [(2, 1, 1)]
    assert rows(data, "SELECT administrative_penalties FROM indicator_panel") == [(121.0,)]


def test_a_page_that_goes_back_to_its_first_text_shows_that_text(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    for penalties in (120, 121, 120):
        (source / "a.txt").write_text(page(penalties=penalties) + f"\n浏览量:{penalties}", encoding="utf-8")
        run("crawler.ingest", "--data", data, "--src", source)
    run("transform.run", "--data", data)
    run("warehouse.build", "--data", data)
    assert rows(data, "SELECT count(*) FROM documents") == [(2,)]


def test_changes_between_versions_are_listed_by_sentence(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    assert rows(data, "SELECT count(*) FROM document_changes") == [(0,)]
    changed = page(penalties=121).replace("全年收到行政复议申请31件,受理28件。", "") + "全县法治建设考核结果为优秀。\n"
    (source / "a.txt").write_text(changed, encoding="utf-8")
    bring_up(data, source)
    found = rows(data, "SELECT kind, sentence_before, sentence_after FROM document_changes ORDER BY kind")
    assert found == [
        ("added", None, "全县法治建设考核结果为优秀。"),
        ("edited", "全年作出行政处罚120件,开展联合执法12次。", "全年作出行政处罚121件,开展联合执法12次。"),
        ("removed", "全年收到行政复议申请31件,受理28件。", None),
    ]


def test_near_duplicates_join_but_years_and_issuers_stay_apart(tmp_path: Path, source: Path) -> None:
    reprint = page(title="青杨县法治政府建设情况").replace("2023年,全县", "转载:2023年,全县")
    (source / "reprint.txt").write_text(reprint, encoding="utf-8")  # no year in its title, other furniture
    (source / "next.txt").write_text(next_year(), encoding="utf-8")
    (source / "other.txt").write_text(page("白杨县").replace("全年", "白杨县今年"), encoding="utf-8")
    data = tmp_path / "data"
    bring_up(data, source)
    groups = dict(rows(data, "SELECT url, duplicate_group FROM documents"))
    assert groups["file:a.txt"] == groups["file:reprint.txt"]
    assert len({groups["file:a.txt"], groups["file:next.txt"], groups["file:other.txt"]}) == 3
    assert rows(data, "SELECT count(*) FROM reports") == [(3,)]


def test_an_address_reused_next_year_holds_two_reports(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    (source / "a.txt").write_text(next_year(), encoding="utf-8")
    bring_up(data, source)
    assert rows(data, "SELECT report_year FROM reports ORDER BY 1") == [(2023,), (2024,)]


def test_layout_alone_is_no_new_version(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    key = rows(data, "SELECT document_id FROM documents")
    (source / "a.txt").write_text(page().replace("\n", "\n\n  ").replace(",", ","), encoding="utf-8")
    bring_up(data, source)
    assert rows(data, "SELECT document_id FROM documents") == key


def test_what_cannot_be_read_is_set_aside_with_its_reason(tmp_path: Path, source: Path) -> None:
    (source / "empty.html").write_text("<html><body><div id='zoom'>正在加载</div></body></html>", encoding="utf-8")
    (source / "scan.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    (source / "noise.txt").write_bytes(bytes(range(128, 256)) * 40 + b"\xff\xfe\x80" * 300)
    data = tmp_path / "data"
    bring_up(data, source)
    assert rows(data, "SELECT document_url, stage, reason FROM quarantine ORDER BY 1") == [
        ("file:empty.html", "extract", "no_body"),
        ("file:noise.txt", "decode", "undecodable"),
        ("file:scan.pdf", "extract", "damaged"),
    ]
    assert rows(data, "SELECT count(*) FROM reports") == [(1,)]


def test_a_torn_archive_file_keeps_its_complete_records(tmp_path: Path, source: Path) -> None:
    (source / "b.txt").write_text(page("白杨县"), encoding="utf-8")
    data = tmp_path / "data"
    run("crawler.ingest", "--data", data, "--src", source)
    (warc,) = (data / "raw").rglob("*.warc.gz")
    warc.write_bytes(warc.read_bytes()[:-40])
    run("transform.run", "--data", data)
    run("warehouse.build", "--data", data)
    assert rows(data, "SELECT count(*) FROM reports") == [(1,)]
    assert rows(data, "SELECT stage, reason FROM quarantine") == [("archive", "torn_record")]


def test_errors_are_one_line(tmp_path: Path) -> None:
    for module, args in (
        ("transform.run", ["--data", tmp_path]),
        ("warehouse.build", ["--data", tmp_path]),
        ("crawler.ingest", ["--data", tmp_path, "--src", tmp_path / "absent"]),
        ("warehouse.query", ["--data", ROOT / "tests", "--sql", "selec 1"]),
    ):
        said = run(module, *args, ok=False)
        assert len(said.strip().splitlines()) <= 2 and "Traceback" not in said, said


def test_the_file_explains_itself(tmp_path: Path, source: Path) -> None:
    data = tmp_path / "data"
    bring_up(data, source)
    info = dict(rows(data, "SELECT key, value FROM warehouse_info"))
    assert info["data"] == "real" and info["contract_version"] == warehouse_build.CONTRACT_VERSION
    comments = rows(
        data,
        "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'documents' AND comment IS NULL AND NOT internal",
    )
    assert comments == [(0,)]
    assert rows(data, "SELECT count(*) FROM indicator_catalogue")[0][0] >= 160
    assert rows(
        data, "SELECT successor_code FROM regions WHERE region_code = '441283' ORDER BY valid_to DESC LIMIT 1"
    ) == [("441204",)]
    assert json.loads(next((data / "transform").glob("*/done.json")).read_text())["transform_version"]


def test_a_page_that_only_says_see_the_file_has_its_report_in_the_file(tmp_path: Path) -> None:
    source = tmp_path / "pages"
    source.mkdir()
    (source / "page.html").write_text(
        "<html><head><title>青杨县人民政府关于2023年度法治政府建设情况的报告</title></head>"
        "<body><div id='zoom'><p>详见附件:青杨县2023年度法治政府建设年度报告.docx</p></div></body></html>",
        encoding="utf-8",
    )
    (source / "report.docx").write_bytes(docx("".join(para(line) for line in page().split("\n")[1:] if line)))
    data = tmp_path / "data"
    bring_up(data, source)
    assert rows(data, "SELECT url, extraction FROM reports") == [("file:report.docx", "attachment")]
    assert rows(data, "SELECT flags FROM documents WHERE url = 'file:page.html'")[0][0] == ["text_in_attachment"]
    assert rows(data, "SELECT administrative_penalties FROM indicator_panel") == [(120.0,)]
