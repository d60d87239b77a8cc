"""Documents that would take a reader's time, memory or life cost one row of quarantine each; all others are read."""

from __future__ import annotations

import json
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attachment_files import ole

from crawler.archive import CrawlLog, WarcWriter
from crawler.runs import start_run
from knowledge.archive import digest
from transform.reader import Reader
from transform.shard import Shard, shards

AT = "2024-03-01T00:00:00.000000Z"
REPORT = (
    "柘岭县2023年法治政府建设年度报告\n2023年,柘岭县(虚构)坚持依法行政。现将有关情况报告如下:\n一、主要举措和成效\n"
    "(一)全年办理行政复议案件89件,审结76件。全年办理行政处罚案件2317件。\n二、存在的问题\n执法人员能力有待提高。\n"
    "三、2024年工作安排\n继续推进法治政府建设,提升依法决策水平。\n柘岭县人民政府\n2024年1月30日\n"
)


def archived(raw: Path, files: dict[str, bytes]) -> Shard:
    """An archive of one run that holds these files, in this order."""
    raw.mkdir()
    run = start_run(raw, "ingest", 0)
    log = CrawlLog(run.directory)
    with WarcWriter(run.directory, {"software": "test"}) as warc:
        for name, payload in files.items():
            where = warc.resource(f"file:{name}", AT, "application/octet-stream", payload)
            row = {"run_id": run.directory.name, "method": "INGEST", "url": f"file:{name}", "fetched_at": AT}
            row |= {"outcome": "ok", "payload_digest": digest(payload), "purpose": "file"}
            log.append(row | {"archive_file": where.file, "archive_offset": where.offset})
    run.finish("finished")
    (shard,) = shards(raw)
    return shard


def outcome(tables: dict[str, pa.Table]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Addresses of the documents, and (address, stage, reason) of what was set aside."""
    quarantine = tables["quarantine"].to_pylist()
    return tables["documents"]["url"].to_pylist(), [(q["document_url"], q["stage"], q["reason"]) for q in quarantine]


def good(count: int, start: int = 0) -> dict[str, bytes]:
    return {f"{i}.txt": REPORT.replace("2317", str(3000 + i)).encode() for i in range(start, start + count)}


@pytest.fixture
def converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for antiword, alone on the path; it is a child of the reader."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder / "antiword"


def script(path: Path, body: str) -> None:
    path.write_text(f"#!{sys.executable}\nimport os, signal, time\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_reader_that_dies_costs_one_row(tmp_path: Path, converter: Path) -> None:
    """Twice in a shard, at its first and in its midst, with documents of unsent batches before and behind."""
    script(converter, "os.kill(os.getppid(), signal.SIGSEGV); time.sleep(9)")
    bad = {"a.doc": ole("WordDocument"), "b.doc": ole("WordDocument", "1Table")}
    shard = archived(tmp_path / "raw", {"a.doc": bad["a.doc"], **good(60), "b.doc": bad["b.doc"], **good(3, 60)})
    with Reader() as reader:
        first = reader.read(shard, "v")
        again = reader.read(shard, "v")
    documents, aside = outcome(first)
    assert documents == [f"file:{i}.txt" for i in range(63)]
    assert aside == [("file:a.doc", "read", "crashed"), ("file:b.doc", "read", "crashed")]
    assert "SIGSEGV" in first["quarantine"]["detail"][0].as_py()
    assert all(first[name].equals(again[name]) for name in first)


def test_time_is_bounded(tmp_path: Path) -> None:
    slow = b"<html><body>" + "<p>法治政府建设。</p>".encode() * 400_000  # some ten megabytes: about a second each
    shard = archived(tmp_path / "raw", {**good(2), "slow.html": slow, **good(2, 2)})
    began = time.monotonic()
    with Reader(seconds=0.4) as reader:
        documents, aside = outcome(reader.read(shard, "v"))
    assert documents == [f"file:{i}.txt" for i in range(4)]
    assert aside == [("file:slow.html", "read", "time_limit")]
    assert time.monotonic() - began < 20


def test_memory_is_bounded(tmp_path: Path) -> None:
    large = ("<html><body><p>" + "法治政府建设情况。" * 2_000_000 + "</p></body></html>").encode()
    shard = archived(tmp_path / "raw", {**good(2), "large.html": large, **good(2, 2)})
    with Reader(memory=300 * 2**20) as reader:
        documents, aside = outcome(reader.read(shard, "v"))
    assert documents == [f"file:{i}.txt" for i in range(4)]
    (row,) = aside
    # parsers written in C may end in another way than saying that there is no memory
    assert row[:2] == ("file:large.html", "read") and row[2] in ("memory_limit", "crashed")


def test_a_reader_that_cannot_start_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge.console import Problem

    shard = archived(tmp_path / "raw", good(1))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Reader() as reader, pytest.raises(Problem, match="does not work"):
        reader.read(shard, "v")


def test_a_record_that_is_named_and_not_there_is_a_row(tmp_path: Path) -> None:
    """The log names a place between two records, and one behind the end of the file."""
    raw = tmp_path / "raw"
    shard = archived(raw, good(2))
    log = raw / shard.run.name / "fetches.jsonl"
    first = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
    with log.open("a", encoding="utf-8") as lines:
        for offset in (first["archive_offset"] + 1, 10**6):
            lines.write(json.dumps(first | {"url": f"file:{offset}", "archive_offset": offset}) + "\n")
    (shard,) = shards(raw)
    with Reader() as reader:
        documents, aside = outcome(reader.read(shard, "v"))
    assert documents == ["file:0.txt", "file:1.txt"]
    named = (first["archive_offset"] + 1, 10**6)
    assert aside == [(f"file:{offset}", "archive", "missing_record") for offset in named]
