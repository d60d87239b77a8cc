"""kill -9 at random moments, a full disk, a folder that cannot be written, two of everything at once.

Afterwards every record that the crawl log acknowledges is there, tables are the old or the new ones, and the next run
completes by itself. The moments are drawn from a seed; `make test-slow` prints how many there were.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_crawl import Site, article, list_page, site
from test_hostile_crawl import HEADER, ROOT

from crawler.archive import Location, read_exchange
from knowledge.archive import digest, json_lines
from transform.shard import shards

__all__ = ["site"]
SEED = 20261123
REPORTS = 24
POINTS = {"crawl": 24, "transform": 20, "warehouse": 20}
BODY = (
    "示例县(虚构)坚持依法行政,全年办理行政复议案件{n}件,审结76件。一、存在的问题是执法人员能力有待提高。二、下一步加强培训。"
    * 4
)


@pytest.fixture
def portal(site: Site, tmp_path: Path) -> Site:
    """A portal of reports whose answers take a little while, and its registry."""
    site.pause = 0.01
    rows = [(f"/t20240101_{i}.html", f"示例县{1990 + i}年法治政府建设年度报告") for i in range(REPORTS)]
    site.add("/list.html", list_page(rows))
    for i in range(REPORTS):
        site.add(f"/t20240101_{i}.html", article(BODY.format(n=i)) + os.urandom(3000).hex().encode())
    registry = f"demo,示例县,{site.base}/,990101,{site.base}/list.html,,\n"
    (tmp_path / "portals.csv").write_text(HEADER + registry, encoding="utf-8")
    return site


def command(stage: str, folder: Path) -> list[str]:
    data = ["--data", str(folder / "data")]
    if stage == "crawl":
        return [sys.executable, "-m", "crawler.run", *data, "--portals", str(folder / "portals.csv"), "--delay", "0"]
    module = {"transform": "transform.run", "warehouse": "warehouse.build"}[stage]
    return [sys.executable, "-m", module, *data]


def run(stage: str, folder: Path, code: int = 0) -> str:
    done = subprocess.run(command(stage, folder), cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def killed(stage: str, folder: Path, after: float) -> bool:
    """Start a stage and kill it with all its children after so many seconds; True if it was still at work."""
    process = subprocess.Popen(
        command(stage, folder), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def acknowledged(data: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of all crawl logs that name a record, by address and digest."""
    out = {}
    for log in sorted((data / "raw").glob("*/fetches.jsonl")):
        out |= {(r["url"], r["payload_digest"]): r for r in json_lines(log) if r.get("archive_file")}
    return out


def lost(data: Path, rows: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """Addresses of acknowledged records that the archive does not give back with their digest."""
    out = []
    for (url, wanted), row in rows.items():
        if row["outcome"] in ("unchanged", "not_modified"):
            continue
        got = read_exchange(data / "raw", Location(row["archive_file"], row["archive_offset"]))
        if digest(got.body) != wanted:
            out.append(url)
    return out


def moments(stage: str, seconds: float) -> Iterator[float]:
    dice = random.Random(f"{SEED} {stage}")
    yield from (dice.uniform(0.05, 0.9) * seconds for _ in range(POINTS[stage]))


def duration(stage: str, folder: Path) -> float:
    began = time.monotonic()
    run(stage, folder)
    return time.monotonic() - began


@pytest.mark.slow
def test_kill_at_any_moment(portal: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures: dict[str, int] = {}
    trial = tmp_path / "trial"
    trial.mkdir()
    (trial / "portals.csv").write_bytes((tmp_path / "portals.csv").read_bytes())
    seconds = {stage: duration(stage, trial) for stage in POINTS}
    data = tmp_path / "data"

    # crawl: what was acknowledged before a kill is there after it, and is not asked for again
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for after in moments("crawl", seconds["crawl"]):
        figures["crawl"] = figures.get("crawl", 0) + killed("crawl", tmp_path, after)
        now = acknowledged(data)
        assert seen.keys() <= now.keys() and not lost(data, now)
        seen = now
    portal.asked.clear()
    had = {url for url, _ in seen if "/t2024" in url}
    run("crawl", tmp_path)
    assert not {portal.base + path for path in portal.paths() if "/t2024" in path} & had
    everything = acknowledged(data)
    reports = {url for url, _ in everything if "/t2024" in url}
    assert len(reports) == REPORTS and not lost(data, everything) and seen.keys() <= everything.keys()

    # transform: a shard's folder is whole or absent; warehouse: the old file or the new one
    for after in moments("transform", seconds["transform"]):
        for made in (data / "transform").glob("[0-9]*"):
            if random.Random(f"{SEED} {after} {made.name}").random() < 0.5:
                (made / "done.json").write_text("{}")  # is due again
        figures["transform"] = figures.get("transform", 0) + killed("transform", tmp_path, after)
        for made in (data / "transform").glob("[0-9]*"):
            json.loads((made / "done.json").read_text())
            assert {p.stem for p in made.glob("*.parquet")} >= {"documents", "fetches", "quarantine"}
    run("transform", tmp_path)
    assert {p.name for p in (data / "transform").iterdir()} == {s.key for s in shards(data / "raw")}
    run("warehouse", tmp_path)
    assert documents(data) == reports
    for after in moments("warehouse", seconds["warehouse"]):
        with duckdb.connect(str(data / "warehouse.duckdb")) as con:  # another code version: is due again
            con.execute("UPDATE warehouse_info SET value = 'old' WHERE key = 'code_version'")
        figures["warehouse"] = figures.get("warehouse", 0) + killed("warehouse", tmp_path, after)
        assert documents(data) == reports
    run("warehouse", tmp_path)
    assert documents(data) == reports
    assert sum(POINTS.values()) >= 50
    with capsys.disabled():
        print(
            f"\nkill points: {sum(POINTS.values())}, of them while at work: {figures}; records acknowledged: {len(everything)}; rows lost: 0"
        )


def documents(data: Path) -> set[str]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        return {url for (url,) in con.execute("SELECT url FROM documents").fetchall()}


def limited(stage: str, folder: Path, kilobytes: int) -> subprocess.CompletedProcess[str]:
    """Run a stage that may write no file larger than this: a full disk, as far as a process can tell."""
    whole = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "bash", *command(stage, folder)]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=100)


@pytest.mark.slow
def test_full_disk(portal: Site, tmp_path: Path) -> None:
    """RLIMIT_FSIZE in place of a full disk: one line each, nothing half made, and all is well once there is room."""
    data = tmp_path / "data"
    first = limited("crawl", tmp_path, 40)
    assert first.returncode == 1 and "cannot be written" in first.stderr and len(first.stderr.strip().splitlines()) == 1
    before = acknowledged(data)
    assert 0 < len(before) < REPORTS and not lost(data, before)
    run("crawl", tmp_path)
    assert (
        before.keys() <= acknowledged(data).keys()
        and len({u for u, _ in acknowledged(data) if "/t2024" in u}) == REPORTS
    )
    for stage, room in (("transform", 4), ("warehouse", 64)):
        done = limited(stage, tmp_path, room)
        assert (
            done.returncode == 1 and done.stderr.startswith("error:") and len(done.stderr.strip().splitlines()) == 1
        ), done.stderr
        assert not (data / "warehouse.duckdb").exists()
        run(stage, tmp_path)
    assert len(documents(data)) == REPORTS


class SmallDisk:
    """A file system in memory of a size that can be changed; skips where none can be mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._mount("size=96k")

    def _mount(self, options: str) -> None:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)], capture_output=True, text=True)  # fmt: skip
        if done.returncode:
            pytest.skip(f"no small file system can be mounted here (that takes root): {done.stderr.strip()}")

    def leave(self, kilobytes: int) -> None:
        """Make so much room, no more and no less."""
        of = os.statvfs(self.folder)
        self._mount(f"remount,size={(of.f_blocks - of.f_bfree) * of.f_frsize // 1024 + kilobytes}k")

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False)


@pytest.mark.slow
def test_a_disk_that_is_really_full(portal: Site, tmp_path: Path) -> None:
    """Each stage, on a disk with too little room and then with enough; and a rebuild with an old warehouse in place."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("no small file system can be mounted here (that takes root)")
    data = tmp_path / "data"
    disk = SmallDisk(data)
    try:
        full("crawl", tmp_path)
        before = acknowledged(data)
        assert 0 < len(before) < REPORTS and not lost(data, before)
        disk.leave(4096)
        run("crawl", tmp_path)
        assert before.keys() <= acknowledged(data).keys() and not lost(data, acknowledged(data))
        for stage in ("transform", "warehouse"):
            disk.leave(8)
            full(stage, tmp_path)
            assert not (data / "warehouse.duckdb").exists()
            disk.leave(2**16)
            run(stage, tmp_path)
        reports = documents(data)
        assert len(reports) == REPORTS
        (data / "corrections.csv").write_text(f"table,key,column,value,who,why,on\ndocuments,{key_of(data)},title,改,李四,核对,2026-03-01\n", encoding="utf-8")  # fmt: skip
        disk.leave(8)
        full("warehouse", tmp_path)
        assert documents(data) == reports  # the old one, whole
        disk.leave(2**16)
        run("warehouse", tmp_path)
        assert documents(data) == reports
    finally:
        disk.remove()


def full(stage: str, folder: Path) -> None:
    """Run a stage that has no room: one line that says so."""
    said = run(stage, folder, 1).strip()
    last = said.splitlines()[-1]
    assert last.startswith("error:") and said.count("error") == 1, said


def key_of(data: Path) -> str:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        ((key,),) = con.execute("SELECT min(document_id) FROM documents").fetchall()
    return str(key)


def test_a_folder_that_cannot_be_written(portal: Site, tmp_path: Path) -> None:
    """A file stands where a folder should be: binds root as well, for whom permissions do not hold."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "raw").write_text("")
    said = run("crawl", tmp_path, 1)
    assert "error:" in said and str(data / "raw") in said and len(said.strip().splitlines()) == 1
    (data / "raw").unlink()
    run("crawl", tmp_path)
    (data / "transform").write_text("")
    said = run("transform", tmp_path, 1)
    assert "error:" in said and str(data / "transform") in said and len(said.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes whatever the permissions say")
def test_permission_lost(portal: Site, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("crawl", tmp_path)
    data.chmod(0o500)
    try:
        for stage in ("transform", "warehouse"):
            said = run(stage, tmp_path, 1)
            assert "error:" in said and len(said.strip().splitlines()) == 1
    finally:
        data.chmod(0o700)


@pytest.mark.slow
def test_two_at_once(portal: Site, tmp_path: Path) -> None:
    """Of two crawls one stops with a line; of two transforms, and of two builds, both end, and the tables are whole."""
    portal.pause = 0.1
    first = subprocess.Popen(command("crawl", tmp_path), cwd=ROOT, stdout=subprocess.DEVNULL)
    while len(portal.asked) < 3:
        assert first.poll() is None
        time.sleep(0.02)
    said = run("crawl", tmp_path, 1)
    assert "another run" in said and len(said.strip().splitlines()) == 1
    assert first.wait(60) == 0
    for stage in ("transform", "warehouse"):
        both = [subprocess.Popen(command(stage, tmp_path), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]  # fmt: skip
        ends = [(p.communicate(timeout=100), p.returncode) for p in both]
        assert 0 in [code for _, code in ends], ends
        for (_, err), code in ends:
            assert "Traceback" not in err and (code == 0 or len(err.strip().splitlines()) == 1), err
        run(stage, tmp_path)
    assert len(documents(tmp_path / "data")) == REPORTS


@pytest.mark.slow
def test_restore_drill(portal: Site, tmp_path: Path) -> None:
    """What docs/OPERATIONS.md says to back up is enough: from raw/ alone, on another machine, come the same tables."""
    for stage in POINTS:
        run(stage, tmp_path)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tmp_path / "data/raw", elsewhere / "data/raw", ignore=shutil.ignore_patterns(".lock"))
    shutil.copy(tmp_path / "portals.csv", elsewhere)
    for stage in ("transform", "warehouse"):
        run(stage, elsewhere)
    sql = "SELECT * FROM {} ORDER BY ALL"
    for table in ("documents", "sections", "quantities", "indicators", "fetches", "crawl_runs", "quarantine"):
        rows = []
        for folder in (tmp_path, elsewhere):
            with duckdb.connect(str(folder / "data/warehouse.duckdb"), read_only=True) as con:
                rows.append(con.execute(sql.format(table)).fetchall())
        assert rows[0] == rows[1], table
    portal.asked.clear()
    run("crawl", elsewhere)  # and the crawl goes on where it was
    assert not [path for path in portal.paths() if "/t2024" in path]
