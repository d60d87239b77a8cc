"""Releases: dated by the archive, immutable, complete, checkable; and the certificate that a rebuild gives again."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from fastwarc.warc import ArchiveIterator

from knowledge.console import Problem
from knowledge.schema import tables
from tests.sample_data import sample, small
from tests.test_warehouse import page, rows, run
from warehouse import certificate, export
from warehouse.release import check_current, release


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the sample."""
    out = tmp_path_factory.mktemp("releases")
    said = run("warehouse.release", "--data", sample(), "--out", out)
    (made,) = out.iterdir()
    assert str(made) in said and "certificate" in said
    return made


def rebuilt(data: Path, to: Path, jobs: int) -> Path:
    """The same archive transformed and loaded anew, in another folder."""
    to.mkdir(parents=True)
    (to / "raw").symlink_to(data / "raw")
    run("transform.run", "--data", to, "--jobs", jobs)
    run("warehouse.build", "--data", to)
    return to


def certified(data: Path) -> dict:
    with export.opened(data / "warehouse.duckdb") as con:
        return certificate.certificate(con, data)


def test_the_day_is_the_archives(folder: Path) -> None:
    ((last,),) = rows(sample(), "SELECT max(fetched_at) AT TIME ZONE 'Asia/Shanghai' FROM fetches")
    assert folder.name == f"fazhi-{last:%Y-%m-%d}"


def test_a_release_is_never_written_over(folder: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    said = run("warehouse.release", "--data", sample(), "--out", folder.parent, ok=False)
    assert "a release never changes" in said
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before
    assert not any(p.stat().st_mode & 0o222 for p in before if p.is_file())
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_checksums_hold_and_leave_nothing_out(folder: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--strict", "checksums.sha256"], cwd=folder, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout
    named = {line.split("  ")[1] for line in (folder / "checksums.sha256").read_text().splitlines()}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert named == there - {"checksums.sha256"}


def test_every_table_is_in_it_and_described(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    resources = {r["name"]: r for r in package["resources"]}
    assert {name.replace("_", "-") for name in tables()} <= resources.keys()
    assert package["version"] == folder.name.removeprefix("fazhi-")
    with duckdb.connect() as con:
        for resource in resources.values():
            path = folder / resource["path"]
            assert resource["hash"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
            assert resource["bytes"] == path.stat().st_size
            assert con.execute(f"SELECT count(*) FROM '{path}'").fetchall() == [(resource["rowcount"],)]
            columns = [r[0] for r in con.execute(f"DESCRIBE FROM '{path}'").fetchall()]
            assert [f["name"] for f in resource["schema"]["fields"]] == columns
            for key in resource["schema"].get("foreignKeys", []):
                other = resources[key["reference"]["resource"] or resource["name"]]
                assert set(key["reference"]["fields"]) <= {f["name"] for f in other["schema"]["fields"]}
        info = dict(con.execute(f"FROM '{folder}/tables/warehouse_info.parquet'").fetchall())
    assert "built_at" not in info and info["data"] == "sample"
    assert "均为虚构" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_codebook_counts_and_measures(folder: Path) -> None:
    with (folder / "codebook.csv").open(encoding="utf-8-sig", newline="") as f:
        book = {r["indicator_code"]: r for r in csv.DictReader(f)}
    assert len(book) == 160
    sql = "SELECT count(*), count(*) FILTER (chosen) FROM indicator_values WHERE indicator_code = 'administrative_penalties'"
    ((stated, chosen),) = rows(sample(), sql)
    found = book["administrative_penalties"]
    assert (int(found["statements"]), int(found["panel_values"])) == (stated, chosen) and stated
    assert 0 < float(found["mean_precision"]) <= 1 and found["definition_zh"]
    page = (folder / "codebook.md").read_text(encoding="utf-8")
    assert "| explicit |" in page and "| unseen |" in page and "行政处罚数" in page


@pytest.fixture(scope="module")
def rebuilds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two rebuilds of one archive of three runs (the sample's crawl, local files in UTF-8 and in GB 18030): by one worker
    and by two, in different folders."""
    home = tmp_path_factory.mktemp("rebuilds")
    shutil.copytree(sample() / "raw", home / "raw")
    for name, charset in (("青杨县", "utf-8"), ("白杨县", "gb18030")):
        (home / charset).mkdir()
        (home / charset / "a.txt").write_text(page(name), encoding=charset)
        run("crawler.ingest", "--data", home, "--src", home / charset)
    return rebuilt(home, home / "one", 1), rebuilt(home, home / "another place" / "two", 2)


def test_two_rebuilds_carry_the_same_certificate(rebuilds: tuple[Path, Path]) -> None:
    one, two = map(certified, rebuilds)
    assert certificate.differences(one, two) == [] and one == two
    assert one["tables"]["crawl_runs"]["rows"] == 3 and one["tables"]["documents"]["rows"] > 25


def test_releases_of_two_rebuilds_have_the_same_bytes(rebuilds: tuple[Path, Path], tmp_path: Path) -> None:
    one, two = (release(data, tmp_path / str(n)) for n, data in enumerate(rebuilds))
    assert one.name == two.name
    assert (one / "checksums.sha256").read_bytes() == (two / "checksums.sha256").read_bytes()


def test_threads_and_order_of_rows_do_not_matter(tmp_path: Path) -> None:
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        for name in ("indicators", "documents", "fetches"):
            con.execute(f"CREATE TEMP TABLE t AS FROM {name} ORDER BY hash({tables()[name].key[0]})")
            con.execute(f"DELETE FROM {name}; INSERT INTO {name} FROM t; DROP TABLE t")
        assert certificate.certificate(con, sample())["tables"] == certified(sample())["tables"]


def test_a_changed_cell_changes_the_certificate(tmp_path: Path, folder: Path) -> None:
    shutil.copy(sample() / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(
            "UPDATE indicators SET value = value + 1 WHERE indicator_id = (SELECT min(indicator_id) FROM indicators)"
        )
        con.execute("UPDATE warehouse_info SET value = 'now' WHERE key = 'built_at'")
        changed = certificate.certificate(con, sample())
    kept = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    assert certificate.differences(changed, kept) == ["table indicators"]
    assert changed["digest"] != kept["digest"]


def test_the_archives_digest_is_of_what_it_holds_not_of_its_files(tmp_path: Path) -> None:
    """The records of a run in two files, in another order; then one byte of a page changed."""
    (run_folder,) = (p.parent for p in (sample() / "raw").glob("*/run.json"))
    due = certificate.archive_facts(sample() / "raw")
    copy = tmp_path / "raw" / run_folder.name
    shutil.copytree(run_folder, copy)
    (warc,) = copy.glob("*.warc.gz")
    data = warc.read_bytes()
    with warc.open("rb") as f:
        starts = [r.stream_pos for r in ArchiveIterator(f, parse_http=False)]
    cut = starts[len(starts) // 2]
    (copy / "00001.warc.gz").write_bytes(data[:cut])
    warc.write_bytes(data[cut:])
    assert certificate.archive_facts(tmp_path / "raw") == due
    log = copy / "fetches.jsonl"
    log.write_text(log.read_text(encoding="utf-8").replace('"ok"', '"soft_404"', 1), encoding="utf-8")
    assert certificate.archive_facts(tmp_path / "raw")["digest"] != due["digest"]


def test_a_rebuild_is_compared_with_a_release(folder: Path, tmp_path: Path) -> None:
    said = run("warehouse.release", "--data", sample(), "--against", folder / "certificate.json")
    assert "the same archive, code and tables" in said
    said = run("warehouse.release", "--data", small(), "--against", folder / "certificate.json", ok=False)
    assert "not the same: archive" in said and "table documents" in said


def test_a_warehouse_that_is_behind_is_not_released(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(small(), data, symlinks=True)
    check_current(data)
    (data / "corrections.csv").write_text("table,key,column,value,who,why,on\n", encoding="utf-8")
    with pytest.raises(Problem, match="older than its code or corrections"):
        check_current(data)
    (data / "corrections.csv").unlink()
    (log,) = data.glob("raw/*/fetches.jsonl")
    with log.open("a", encoding="utf-8") as f:
        f.write("{}\n")
    with pytest.raises(Problem, match="has grown since"):
        release(data, tmp_path / "out")
    shutil.copytree(log.parent, data / "raw" / "20990101T000000Z-ingest")
    with pytest.raises(Problem, match=r"was not transformed|has grown"):
        check_current(data)
    assert not (tmp_path / "out").exists()


def test_no_clock_is_read_where_tables_are_made() -> None:
    """What would make two rebuilds differ: only the facts of the file itself may know the time of the build."""
    root = Path(__file__).parent.parent
    for stage in ("transform", "warehouse", "knowledge"):
        for path in (root / stage).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            clocks = [w for w in ("datetime.now", "date.today", "time.time(", "random.", "os.getpid") if w in text]
            allowed = {"build.py": ["datetime.now"], "lock.py": ["os.getpid"]}
            assert clocks == allowed.get(path.name, []), path
        for path in (root / stage).rglob("*.sql"):
            sql = path.read_text(encoding="utf-8").lower()
            assert not any(w in sql for w in ("now()", "current_date", "current_timestamp", "random()", "uuid()")), path
