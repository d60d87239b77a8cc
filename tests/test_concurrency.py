"""Readers while a warehouse is built, two builds at once, builds that are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from knowledge import lock
from knowledge.console import Problem
from tests.sample_data import small
from tests.test_warehouse import ROOT, rows, run
from warehouse import check, correct
from warehouse.build import build

READER = """
import sys, time, duckdb
until = time.monotonic() + 60
print("ready", flush=True)
while time.monotonic() < until:
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as con:
            sql = 'SELECT (SELECT count(*) FROM reports), (SELECT count(*) FROM indicators), (SELECT max(value) FROM corrections)'
            print(*con.execute(sql).fetchall()[0], flush=True)
    except BaseException as e:
        print("ERROR", type(e).__name__, e, flush=True)
    time.sleep(0.02)
"""
HOLDER = """
import os, sys, time
from pathlib import Path
from knowledge import lock
with lock.held(Path(sys.argv[1]), "holder"):
    if len(sys.argv) > 2 and os.fork() == 0:
        time.sleep(60)
    print("held", flush=True)
    time.sleep(60)
"""


def start(*args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *map(str, args)], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def correction(data: Path, value: int) -> None:
    """A corrections file that sets one figure, so that the next build has something to do."""
    ((key,),) = rows(data, "SELECT min(indicator_id) FROM indicators")
    line = f"table,key,column,value,who,why,on\nindicators,{key},value,{value},李四,核对,2026-03-01\n"
    (data / "corrections.csv").write_text(line, encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of its own, up to date."""
    return shutil.copytree(small(), tmp_path / "data", symlinks=True)


def leftovers(data: Path) -> list[str]:
    """Files of a data folder that no finished build leaves."""
    known = {"raw", "transform", "warehouse.duckdb", "corrections.csv", "tables", ".warehouse.lock", ".transform.lock"}
    kept = (data / "tables").resolve().name
    return sorted(p.name for p in data.iterdir() if p.name not in known | {kept})


def test_readers_see_the_old_or_the_new_one(data: Path) -> None:
    before = rows(data, "SELECT (SELECT count(*) FROM reports), (SELECT count(*) FROM indicators)")[0]
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as kept:
        reader = start("-c", READER, data / "warehouse.duckdb")
        assert reader.stdout is not None
        try:
            assert reader.stdout.readline() == "ready\n"
            for value in (1, 2):
                correction(data, value)
                assert "built in" in run("warehouse.build", "--data", data)
        finally:
            reader.kill()
        seen = reader.communicate()[0].splitlines()
        assert kept.execute("SELECT count(*) FROM corrections").fetchall() == [(0,)], "an open reader keeps what it has"
    states = [f"{before[0]} {before[1]} {value}" for value in (None, 1, 2)]
    whole = seen[:-1] if seen and seen[-1] not in states else seen  # the kill may cut the last line
    assert set(whole) <= set(states), set(whole) - set(states)
    assert len(set(whole)) >= 2 and whole == sorted(whole, key=states.index), "never an older one after a newer one"


def test_a_second_build_waits_for_the_first(data: Path) -> None:
    correction(data, 5)
    first, second = (start("-m", "warehouse.build", "--data", data) for _ in range(2))
    said = [process.communicate(timeout=60) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    lines = sorted(out.splitlines()[-1].split(str(data))[0] for out, _ in said)
    assert lines == ["warehouse: ", "warehouse: nothing to do, "], said


@pytest.mark.parametrize(
    ("name", "module"),
    [(".transform.lock", "warehouse.build"), (".transform.lock", "transform.run")],
)
def test_who_waits_says_for_whom(data: Path, name: str, module: str) -> None:
    with lock.held(data / name, "test"):
        waiting = start("-m", module, "--data", data)
        assert waiting.stderr is not None
        line = waiting.stderr.readline()
        assert f"waiting for process {os.getpid()}" in line and str(data) in line
        assert waiting.poll() is None
    assert waiting.communicate(timeout=60)[1] == "" and waiting.returncode == 0


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    holder = start("-c", HOLDER, path, "and a child")
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    waiting = start("-c", HOLDER, path)
    assert waiting.stdout is not None and waiting.stderr is not None
    assert f"process {holder.pid}" in waiting.stderr.readline()
    holder.kill()
    assert waiting.stdout.readline() == "held\n", "a worker that outlives its parent holds nothing"
    waiting.kill()
    for process in (holder, waiting):
        process.wait()


def test_readers_of_what_a_lock_guards_share_it(tmp_path: Path) -> None:
    sharing = HOLDER.replace('"holder"', '"reader", shared=True')
    processes = [start("-c", sharing, tmp_path / ".lock") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        process.kill()
        process.communicate()


def test_a_lock_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no data folder"), lock.held(tmp_path / "absent" / ".lock", "test"):
        pass
    said = run("warehouse.build", "--data", tmp_path / "absent", ok=False)
    assert said.count("\n") == 1 and "Traceback" not in said


MOMENTS = [0.4, *(pytest.param(s / 20, marks=pytest.mark.slow) for s in range(26))]


@pytest.mark.parametrize("seconds", MOMENTS)
def test_a_killed_build_leaves_the_old_one_and_the_next_clears_up(data: Path, seconds: float) -> None:
    old = (data / "warehouse.duckdb").read_bytes()
    correction(data, 9)
    building = start("-m", "warehouse.build", "--data", data)
    beside = data / ".warehouse.new.duckdb"
    while not beside.exists() and building.poll() is None:
        time.sleep(0.002)
    time.sleep(seconds)
    building.send_signal(signal.SIGKILL)
    building.communicate()
    now = (data / "warehouse.duckdb").read_bytes()
    assert now == old or rows(data, "SELECT value FROM corrections") == [("9",)], "the old one, or the new one whole"
    build(data)
    assert rows(data, "SELECT value FROM corrections") == [("9",)]
    assert leftovers(data) == []
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        assert [r.line() for r in check.run(con, data) if r.broken] == []


def test_a_build_that_fails_leaves_the_old_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = (data / "warehouse.duckdb").read_bytes()
    correction(data, 11)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(correct, "apply", full)
    with pytest.raises(OSError, match="No space left"):
        build(data)
    assert (data / "warehouse.duckdb").read_bytes() == old
