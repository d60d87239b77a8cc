"""Beyond one machine: a Ray cluster of two nodes and a server of the S3 protocol, both on loopback.

Everything here is compared with one machine and a folder: the same certificate, whoever did the work and wherever the
data lie, also when a node is killed in the middle.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from crawler.registry import COLUMNS
from crawler.runs import bring_runs
from knowledge import storage
from knowledge.archive import json_lines, runs
from tests.test_crawl import Site, article, list_page
from tests.test_engines import archive, break_log
from tests.test_warehouse import ROOT, page, rows
from tests.two_nodes import KEYS, Nodes, environment_of, object_store
from transform.run import SET_ASIDE
from warehouse import certificate, export

pytestmark = pytest.mark.slow
SHARDS, EACH = 10, 25


@pytest.fixture(scope="module", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ray on loopback, silent, with a secret of its own; keys of access; a place for copies."""
    before = dict(os.environ)
    os.environ |= environment_of(tmp_path_factory.mktemp("home"))
    yield
    os.environ.clear()
    os.environ |= before


@pytest.fixture(scope="module")
def nodes(environment: None) -> Iterator[Nodes]:
    made = Nodes()
    yield made
    made.cluster.shutdown()


@pytest.fixture(scope="module")
def bucket(environment: None) -> Iterator[str]:
    """Address of an empty bucket: s3://…{name}?…"""
    with object_store() as address:
        yield address


@pytest.fixture(scope="module")
def one_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of ten files, transformed and loaded by ENGINE=local in a folder."""
    data = tmp_path_factory.mktemp("one") / "data"
    archive(data, SHARDS, EACH)
    command("transform.run", "--data", data, "--jobs", 2)
    command("warehouse.build", "--data", data)
    return data


def command(*arguments: object, status: int = 0, **more: str) -> str:
    whole = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, env=os.environ | more, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    assert "Traceback" not in said and not any(key in said for key in KEYS.values()), said
    return said


def same_archive(data: Path, to: Path) -> Path:
    """Another data folder with the same archive and nothing made of it."""
    to.mkdir()
    (to / "raw").symlink_to(data / "raw")
    return to


def certified(data: Path) -> dict[str, Any]:
    with export.opened(data / "warehouse.duckdb") as con:
        return certificate.certificate(con, data)


def seconds(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"


def test_a_cluster_gives_the_same_tables(nodes: Nodes, one_machine: Path, tmp_path: Path) -> None:
    data = same_archive(one_machine, tmp_path / "data")
    said = command("transform.run", "--data", data, "--engine", "ray", RAY_ADDRESS=nodes.address)
    assert f"{SHARDS} of {SHARDS} archive files read" in said
    assert "nothing to do" in command("transform.run", "--data", data), "made by the same code, whoever made it"
    command("warehouse.build", "--data", data)
    assert certificate.differences(certified(data), certified(one_machine)) == []


def test_a_killed_node_costs_time_and_no_rows(
    nodes: Nodes, one_machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = same_archive(one_machine, tmp_path / "data")
    whole = [sys.executable, "-m", "transform.run", "--data", str(data), "--engine", "ray"]
    began = time.monotonic()
    process = subprocess.Popen(whole, cwd=ROOT, env=os.environ | {"RAY_ADDRESS": nodes.address}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    while len(list(data.glob("transform/*/done.json"))) < 2:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    nodes.kill()
    done = len(list(data.glob("transform/*/done.json")))
    said = process.communicate(timeout=120)[0]
    took = seconds(began)
    nodes.whole()
    assert process.returncode == 0, said
    assert 2 <= done < SHARDS, "it was killed in the middle"
    command("warehouse.build", "--data", data)
    assert certificate.differences(certified(data), certified(one_machine)) == []
    with capsys.disabled():
        print(f"\ncluster: a node killed after {done} of {SHARDS} archive files; all done after {took}, rows lost: 0")


def workers_on(name: str) -> list[int]:
    """Workers of the cluster whose readers have this archive file open."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if name in (process / "maps").read_text():
                    parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
                    if (process.parent / parent / "cmdline").read_bytes().startswith(b"ray::work_there"):
                        found.append(int(parent))
            except OSError:
                continue
    return found


def test_shards_that_fail_are_set_aside_and_the_rest_finishes(nodes: Nodes, one_machine: Path, tmp_path: Path) -> None:
    """One whose task raises, and one whose worker is killed each time, as by the kernel for want of memory."""
    data = tmp_path / "data"
    shutil.copytree(one_machine / "raw", data / "raw")
    archive(data, 1, 150)
    keys = [f"{run.name}-00000" for run in runs(data / "raw")]
    broken, deadly = keys[0], keys[-1]
    break_log(data, broken)
    whole = [sys.executable, "-m", "transform.run", "--data", str(data), "--engine", "ray"]
    process = subprocess.Popen(whole, cwd=ROOT, env=os.environ | {"RAY_ADDRESS": nodes.address}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    killed = set[int]()
    while process.poll() is None:
        for pid in workers_on(f"{deadly.removesuffix('-00000')}/00000.warc.gz"):
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        time.sleep(0.02)
    said = process.communicate()[0]
    assert process.returncode == SET_ASIDE, said
    assert len(killed) == 4, "once, and begun anew three times"
    assert f"{len(keys) - 2} of {len(keys)} archive files read" in said and broken in said and deadly in said
    command("warehouse.build", "--data", data)
    aside = rows(data, "SELECT archive_file, stage, reason, detail FROM quarantine ORDER BY archive_file")
    assert [r[:3] for r in aside] == [(f"{k.removesuffix('-00000')}/00000.warc.gz", "transform", "shard_failed") for k in (broken, deadly)]  # fmt: skip
    assert "yesterday" in aside[0][3] and "worker died" in aside[1][3]
    assert rows(data, "SELECT count(*) FROM documents") == [((SHARDS - 1) * EACH,)]
    # left in peace, the deadly one is read the next time
    assert f"1 of {len(keys)} archive files read" in command("transform.run", "--data", data, status=SET_ASIDE)


def test_an_object_store_holds_the_same_tables(
    nodes: Nodes, bucket: str, one_machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = bucket.format(name="whole")
    store = storage.Store(address)
    for folder in runs(one_machine / "raw"):
        store.put(folder, f"raw/{folder.name}", "run.json")
    here = {n: size for n, size in storage.Folder(one_machine).sizes("raw").items() if n.count("/") == 2}
    assert store.sizes("raw") == here, "byte for byte, also what is called .gz"
    began = time.monotonic()
    said = command("transform.run", "--data", address, "--engine", "ray", RAY_ADDRESS=nodes.address)
    took = seconds(began)
    assert f"{SHARDS} of {SHARDS} archive files read" in said
    assert "nothing to do" in command("transform.run", "--data", address)
    assert "stored at" in command("warehouse.build", "--data", address)
    assert "nothing to do" in command("warehouse.build", "--data", address)
    mine = storage.data_folder(address)
    store.fetch(store.sizes("raw"), mine)
    assert certificate.differences(certified(mine), certified(one_machine)) == []
    with capsys.disabled():
        print(f"\ncluster and object store: {SHARDS} archive files, {SHARDS * EACH} documents in {took}")

    # who only reads needs the address, and gets the warehouse; so with another machine, whose copy is empty
    elsewhere = {"FAZHI_SCRATCH": str(tmp_path / "elsewhere")}
    ask = "SELECT count(*) AS n FROM documents"
    assert str(SHARDS * EACH) in command("warehouse.query", "--data", address, "--sql", ask, **elsewhere)
    ((key,),) = rows(one_machine, "SELECT min(indicator_id) FROM indicators")
    assert "matches the archived bytes" in command("warehouse.evidence", "--data", address, "--id", key, **elsewhere)
    assert len(list((tmp_path / "elsewhere").rglob("*.warc.gz"))) == 1, "of the archive what was asked for"
    assert "all passed" in command("warehouse.check", "--data", address, **elsewhere)
    out = tmp_path / "out"
    command("warehouse.release", "--data", address, "--out", out, **elsewhere)
    (release,) = out.iterdir()
    said = command("warehouse.release", "--data", one_machine, "--against", release / "certificate.json")
    assert "the same archive, code and tables" in said

    # a folder that a killed writer left without its last object is not there for readers, and is made again
    key = next(n for n in store.sizes("transform") if n.endswith("done.json"))
    store.drop([key])
    said = command("transform.run", "--data", address, "--jobs", 1)
    assert f"1 of {SHARDS} archive files read" in said, "by ENGINE=local as well"


def test_ingest_into_an_object_store(bucket: str, tmp_path: Path) -> None:
    address = bucket.format(name="ingest")
    source = tmp_path / "pages"
    source.mkdir()
    (source / "a.txt").write_text(page(), encoding="utf-8")
    assert "stored at" in command("crawler.ingest", "--data", address, "--src", source)
    elsewhere = {"FAZHI_SCRATCH": str(tmp_path / "elsewhere")}
    said = command("crawler.ingest", "--data", address, "--src", source, **elsewhere)
    assert "nothing new" in said, "another machine knows what is archived"
    # the store goes away at the wrong moment: the run is kept, and stored the next time
    (source / "b.txt").write_text(page("白杨县"), encoding="utf-8")
    copy = storage.data_folder(address)
    (folder,) = runs(copy / "raw")
    later = shutil.copytree(folder, folder.with_name("20200101T000000Z-ingest-abcd"))
    assert "stored at" in command("crawler.ingest", "--data", address, "--src", source)
    store = storage.Store(address)
    assert f"raw/{later.name}/run.json" in store.sizes("raw") and len(store.sizes("raw")) == 3 * 3 + 1
    gone = address.replace("fazhi/", "nowhere/")
    (line,) = command("crawler.ingest", "--data", gone, "--src", source, status=1).splitlines()[-1:]
    assert line.startswith("error:") and "run again to store it" in line


def pages_held(raw: Path) -> set[tuple[str, str]]:
    """(address, digest) of the pages that an archive's crawl logs name as received, robots.txt left out."""
    logs = [row for run in runs(raw) for row in json_lines(run / "fetches.jsonl")]
    return {(r["url"], r["payload_digest"]) for r in logs if r["outcome"] == "ok" and r["purpose"] != "robots"}


def test_a_crawl_in_parts(nodes: Nodes, bucket: str, tmp_path: Path) -> None:
    """The sample's portals in two parts, into a shared folder and into an object store: the same pages as one run gets."""
    alone, shared, stored = tmp_path / "alone", tmp_path / "shared", bucket.format(name="crawl")
    registry = tmp_path / "portals.csv"
    script = "set -e\n" + "\n".join(
        f"{sys.executable} -m crawler.run --portals {registry} --delay 0 --data '{data}' {more}"
        for data, more in ((alone, ""), (shared, "--engine ray --jobs 2"), (stored, "--engine ray --jobs 2"))
    )
    said = command("samples", "serve", "--registry", registry, "--", "bash", "-c", script, RAY_ADDRESS=nodes.address)
    assert said.count("4 portals in 2 parts") == 2 and said.count(": finished") == 5
    copy = storage.data_folder(stored)
    bring_runs(copy / "raw")
    for data in (shared, copy):
        assert pages_held(data / "raw") == pages_held(alone / "raw")
        hosts = [{r["url"].split("/")[2] for r in json_lines(run / "fetches.jsonl")} for run in runs(data / "raw")]
        assert [len(h) for h in hosts] == [2, 2] and not hosts[0] & hosts[1]


def test_no_part_asks_a_host_of_another(nodes: Nodes, tmp_path: Path) -> None:
    """A list leads to another portal's host: that is left to one more run, which follows it."""
    one, other = Site(), Site()
    there = f"{other.base}/t20240101_9.html"
    one.add("/list.html", list_page([("/t20240101_1.html", "示例县2022年法治政府建设年度报告"), (there, "示例县2023年法治政府建设年度报告")]))  # fmt: skip
    other.add("/list.html", list_page([("/t20240101_2.html", "样本县2023年法治政府建设年度报告")]))
    one.add("/t20240101_1.html", article("示例县(虚构)全年办理行政复议案件1件。" * 9))
    other.add("/t20240101_2.html", article("样本县(虚构)全年办理行政复议案件2件。" * 9))
    other.add("/t20240101_9.html", article("示例县(虚构)全年办理行政复议案件9件。" * 9))
    registry = tmp_path / "portals.csv"
    rows = [f"{n},示例县,{s.base}/,990101,{s.base}/list.html,," for n, s in (("one", one), ("other", other))]
    registry.write_text(",".join(COLUMNS) + "\n" + "\n".join(rows) + "\n", encoding="utf-8")
    try:
        crawl = ["crawler.run", "--portals", registry, "--delay", 0, "--data"]
        command(*crawl, tmp_path / "alone")
        said = command(*crawl, tmp_path / "parts", "--engine", "ray", "--jobs", 2, RAY_ADDRESS=nodes.address)
    finally:
        for site in (one, other):
            site.server.shutdown()
            site.server.server_close()
    assert "1 portals lead to hosts that no part may ask" in said
    assert pages_held(tmp_path / "parts/raw") == pages_held(tmp_path / "alone/raw")
    *both, last = runs(tmp_path / "parts/raw")
    assert len(both) == 2
    for run in both:
        assert len({r["url"].split("/")[2] for r in json_lines(run / "fetches.jsonl")}) == 1
    assert there in {r["url"] for r in json_lines(last / "fetches.jsonl")}
    began = json.loads((last / "run.json").read_text())["started_at"]
    assert all(json.loads((run / "run.json").read_text())["finished_at"] < began for run in both)


def test_a_part_that_is_lost_is_told_and_the_next_crawl_goes_on(nodes: Nodes, tmp_path: Path) -> None:
    site = Site()
    site.pause = 0.1
    names = [(f"/t20240101_{i}.html", f"示例县{1990 + i}年法治政府建设年度报告") for i in range(30)]
    site.add("/list.html", list_page(names))
    for address, _ in names:
        site.add(address, article("示例县(虚构)全年办理行政复议案件1件。" * 9))
    registry = tmp_path / "portals.csv"
    registry.write_text(
        ",".join(COLUMNS) + f"\none,示例县,{site.base}/,990101,{site.base}/list.html,,\n", encoding="utf-8"
    )
    data = tmp_path / "data"
    whole = [sys.executable, "-m", "crawler.run", "--portals", str(registry), "--delay", "0", "--data", str(data), "--engine", "ray"]  # fmt: skip
    try:
        process = subprocess.Popen(whole, cwd=ROOT, env=os.environ | {"RAY_ADDRESS": nodes.address}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        while len(site.asked) < 5:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        for pid in workers_named(b"ray::carry_out"):
            os.kill(pid, signal.SIGKILL)
        said, error = process.communicate(timeout=60)
        assert process.returncode == 1 and "1 of 1 parts were lost" in error, said + error
        had = pages_held(data / "raw")
        assert had
        command(*whole[2:], RAY_ADDRESS=nodes.address)
    finally:
        site.server.shutdown()
        site.server.server_close()
    assert len(pages_held(data / "raw")) == 31 and had < pages_held(data / "raw")
    asked = [path for path in site.paths() if "/t2024" in path]
    assert len(asked) - len(set(asked)) <= 1, "but for the one that was under way"


def workers_named(name: bytes) -> list[int]:
    """Workers of the cluster that are at a task of this name."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if (process / "cmdline").read_bytes().startswith(name):
                    found.append(int(process.name))
    return found
