"""One shard as the unit of work, shards that cannot be read, parts of a crawl, addresses of data folders. No cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler import parts
from crawler.ingest import main as ingest
from crawler.registry import Portal
from knowledge import storage
from knowledge.console import Problem
from tests.test_warehouse import ROOT, page, rows, run
from transform.reader import Reader
from transform.run import SET_ASIDE, main


def archive(data: Path, shards: int, each: int = 1) -> list[str]:
    """An archive of ingested pages of invented counties, in so many runs; keys of its shards."""
    for i in range(shards):
        source = data.parent / f"{data.name}-pages" / str(i)
        source.mkdir(parents=True)
        for k in range(each):
            (source / f"{i}-{k}.txt").write_text(
                page(f"青{'杨柳松柏桐'[i % 5]}县", 100 + i * each + k), encoding="utf-8"
            )
        assert ingest(["--data", str(data), "--src", str(source)]) == 0
    return [f"{p.name}-00000" for p in sorted((data / "raw").iterdir()) if p.is_dir()]


def break_log(data: Path, key: str) -> None:
    """Make a run's log one that no code can read: a moment that is none."""
    log = data / "raw" / key.removesuffix("-00000") / "fetches.jsonl"
    said = json.loads(log.read_text(encoding="utf-8").splitlines()[0]) | {"fetched_at": "yesterday"}
    log.write_text(json.dumps(said, ensure_ascii=False) + "\n", encoding="utf-8")


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_shard_that_cannot_be_read_is_set_aside_and_the_rest_finishes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    bad = archive(data, 3)[1]
    assert main(["--data", str(data)]) == 0
    healthy = (data / "raw" / bad.removesuffix("-00000") / "fetches.jsonl").read_text(encoding="utf-8")
    break_log(data, bad)
    done = command("transform.run", "--data", data)
    assert done.returncode == SET_ASIDE and "Traceback" not in done.stderr
    assert "0 of 3 archive files read" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: 1 archive files") and bad in line and "yesterday" in line
    run("warehouse.build", "--data", data)
    assert rows(data, "SELECT archive_file, stage, reason FROM quarantine") == [
        (bad.replace("-00000", "/00000.warc.gz"), "transform", "shard_failed")
    ]
    assert rows(data, "SELECT count(*) FROM documents") == [(2,)]
    # nothing else is due, and it is tried again each time until it can be read
    assert command("transform.run", "--data", data).returncode == SET_ASIDE
    said = run("warehouse.release", "--data", data, "--out", tmp_path / "out", ok=False)
    assert "set aside" in said, "no release without it"
    (data / "raw" / bad.removesuffix("-00000") / "fetches.jsonl").write_text(healthy, encoding="utf-8")
    assert "1 of 3 archive files read" in run("transform.run", "--data", data)
    run("warehouse.build", "--data", data)
    assert rows(data, "SELECT (SELECT count(*) FROM quarantine), (SELECT count(*) FROM documents)") == [(0, 3)]
    assert "nothing to do, 3" in run("transform.run", "--data", data)


def test_one_shard_makes_its_folder_and_no_other(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first, second = archive(data, 2)
    assert main(["--data", str(data), "--shard", second]) == 0
    assert [p.name for p in (data / "transform").iterdir()] == [second]
    assert main(["--data", str(data)]) == 0
    alone = {p.name: p.read_bytes() for p in (data / "transform" / second).iterdir()}
    shutil.rmtree(data / "transform")
    assert main(["--data", str(data), "--anew"]) == 0
    assert {p.name: p.read_bytes() for p in (data / "transform" / second).iterdir()} == alone
    with pytest.raises(Problem, match=f"no shard gone.*{first}"):
        main(["--data", str(data), "--shard", "gone"])
    break_log(data, first)
    assert main(["--data", str(data), "--shard", first]) == SET_ASIDE


def test_a_shard_that_fails_keeps_what_its_log_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_: object) -> None:
        raise OSError(5, "Input/output error")  # of the disk below the archive file

    data = tmp_path / "data"
    archive(data, 1)
    monkeypatch.setattr(Reader, "read", torn)
    assert main(["--data", str(data)]) == SET_ASIDE
    run("warehouse.build", "--data", data)
    assert rows(data, "SELECT count(*) FROM fetches") == [(1,)]
    assert rows(data, "SELECT outcome FROM crawl_runs") == [("finished",)]
    assert rows(data, "SELECT detail FROM quarantine") == [("OSError: [Errno 5] Input/output error",)]


def test_a_process_that_was_killed_leaves_nothing_for_long(tmp_path: Path) -> None:
    data = tmp_path / "data"
    archive(data, 1)
    (data / f"{storage.BESIDE}20260101T000000Z-crawl-00000-1-1").mkdir()
    assert main(["--data", str(data)]) == 0
    assert not list(data.glob(f"{storage.BESIDE}*"))


def test_without_ray_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path / "data", 1)
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(Problem, match="make cluster"):
        main(["--data", str(tmp_path / "data"), "--engine", "ray"])
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    with pytest.raises(Problem, match="must be local or ray"):
        main(["--data", str(tmp_path / "data"), "--engine", "rai"])


def portal(name: str, *addresses: str) -> Portal:
    return Portal(name, name, addresses[0], "990101", addresses[1:], "", "")


def test_parts_share_no_domain() -> None:
    assert parts.domain("sfj.x.gov.cn:443") == parts.domain("www.x.gov.cn:80") == "x.gov.cn"
    assert parts.domain("www.example.cn:80") == "example.cn"
    assert parts.domain("127.0.0.1:81") != parts.domain("127.0.0.1:82")
    registry = [portal(f"p{i}", f"http://www.p{i}.gov.cn/") for i in range(20)]
    registry += [
        portal("a", "http://www.a.gov.cn/", "http://www.b.gov.cn/list/"),
        portal("b", "https://www.b.gov.cn/"),
        portal("c", "http://xxgk.a.gov.cn/"),
    ]
    some = parts.split(registry, 4)
    assert sorted(p.portal_id for part in some for p in part) == sorted(p.portal_id for p in registry)
    assert [len(part) for part in some] == [6, 6, 6, 5]
    for one in some:
        for another in some:
            assert one is another or not parts.domains(one) & parts.domains(another)
    (together,) = [part for part in some if any(p.portal_id == "a" for p in part)]
    assert {"a", "b", "c"} <= {p.portal_id for p in together}
    assert parts.split(registry, 4) == some, "equal registries give equal parts"
    assert len(parts.split(registry[:2], 8)) == 2


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://KEY:GEHEIM@bucket/x", "keys of access"),
        ("s3://", "bucket|S3"),
        ("s3://bucket/x?secret=GEHEIM", "'secret'"),
        ("gs://bucket/x", "s3://"),
    ],
)
def test_an_address_that_is_none(address: str, said: str) -> None:
    with pytest.raises(Problem, match=said) as problem:
        storage.data_folder(address)
    assert "GEHEIM" not in str(problem.value)


def test_a_folder_is_no_copy(tmp_path: Path) -> None:
    assert storage.data_folder(str(tmp_path)) == tmp_path and storage.store_of(tmp_path) is None
    storage.refresh(tmp_path, "warehouse.duckdb")
    assert storage.present(tmp_path / "gone") == tmp_path / "gone" and not list(tmp_path.iterdir())
