"""Ingest of local files: what is archived, under which address and date, and what a second time brings."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.ingest import main
from knowledge.console import Problem


def ingest(data: Path, src: Path) -> int:
    return main(["--data", str(data), "--src", str(src)])


def rows(data: Path) -> list[dict[str, Any]]:
    found = []
    for log in sorted(data.glob("raw/*/fetches.jsonl")):
        found += [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return found


def payload_at(data: Path, row: dict[str, Any]) -> tuple[str, bytes]:
    with (data / "raw" / row["archive_file"]).open("rb") as f:
        f.seek(row["archive_offset"])
        record = next(iter(ArchiveIterator(f, check_digests="raise")))
        return record.rec_type, record.content_stream().read()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    src = tmp_path / "src"
    (src / "子 目录").mkdir(parents=True)
    (src / "a.html").write_bytes("<p>示例</p>".encode("gb18030"))
    (src / "子 目录" / "年报 2023.TXT").write_text("示例县2023年法治政府建设年度报告\n", encoding="utf-8")
    (src / "空.pdf").write_bytes(b"")
    (src / "photo.jpg").write_bytes(b"x")
    (src / "README").write_bytes(b"x")
    for path in src.rglob("*"):
        os.utime(path, (1700000000, 1700000000))
    return src


def test_files(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    assert ingest(data, source) == 0
    said = capsys.readouterr().out
    assert "archived: 3" in said and ".jpg 1" in said and "(no ending) 1" in said
    by_url = {row["url"]: row for row in rows(data)}
    assert set(by_url) == {"file:a.html", "file:子 目录/年报 2023.TXT", "file:空.pdf"}
    row = by_url["file:子 目录/年报 2023.TXT"]
    assert (row["method"], row["purpose"], row["outcome"]) == ("INGEST", "file", "ok")
    assert (row["media_type"], row["portal_id"]) == ("text/plain", None)
    assert row["fetched_at"] == "2023-11-14T22:13:20.000000Z"
    assert payload_at(data, row) == ("resource", (source / "子 目录" / "年报 2023.TXT").read_bytes())
    assert payload_at(data, by_url["file:a.html"])[1] == (source / "a.html").read_bytes()
    run = json.loads(next(data.glob("raw/*-ingest/run.json")).read_text())
    assert run["outcome"] == "finished" and run["new_documents"] == 3

    # Nothing new: no run, one line. One file changed: one row more, same address.
    assert ingest(data, source) == 0
    assert "nothing new" in capsys.readouterr().out
    assert len(list(data.glob("raw/*-ingest"))) == 1
    (source / "a.html").write_bytes(b"<p>other</p>")
    ingest(data, source)
    assert [row["url"] for row in rows(data)].count("file:a.html") == 2
    assert len(list(data.glob("raw/*-ingest"))) == 2


def test_one_file_goes_by_its_name(source: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "data", source / "子 目录" / "年报 2023.TXT")
    assert [row["url"] for row in rows(tmp_path / "data")] == ["file:年报 2023.TXT"]


def warc_of_another_tool(gzip: bool, chunked: bool = False) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzip)
    writer.write_record(writer.create_warcinfo_record("x.warc", {"software": "another tool"}))
    for path, status, body in (("/a.html", "200 OK", b"<p>a</p>"), ("/b.html", "404 Not Found", b"no")):
        headers = [("Content-Type", "text/html; charset=utf-8")]
        if chunked:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            headers.append(("Transfer-Encoding", "chunked"))
        writer.write_record(
            writer.create_warc_record(
                f"http://www.example.gov.cn{path}#top",
                "response",
                payload=io.BytesIO(body),
                http_headers=StatusAndHeaders(status, headers, protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": "2020-05-01T08:00:00Z"},
            )
        )
    return out.getvalue()


@pytest.mark.parametrize(("name", "chunked"), [("x.warc", False), ("x.warc.gz", False), ("y.warc.gz", True)])
def test_warc_of_another_tool(tmp_path: Path, name: str, chunked: bool) -> None:
    src, data = tmp_path / name, tmp_path / "data"
    src.write_bytes(warc_of_another_tool(name.endswith("gz"), chunked))
    assert ingest(data, src) == 0
    page, missing = rows(data)
    assert page["url"] == "http://www.example.gov.cn/a.html"
    assert page["fetched_at"] == "2020-05-01T08:00:00.000000Z"
    assert (page["outcome"], page["http_status"], page["media_type"]) == ("ok", 200, "text/html")
    assert missing["outcome"] == "not_found"
    assert payload_at(data, page) == ("response", b"<p>a</p>")
    ingest(data, src)
    assert len(rows(data)) == 2


def test_torn_and_false_warc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    src, data = tmp_path / "src", tmp_path / "data"
    src.mkdir()
    (src / "torn.warc").write_bytes(warc_of_another_tool(False)[:-8])
    (src / "false.warc.gz").write_bytes(b"not a WARC file at all")
    assert ingest(data, src) == 0
    assert [row["url"] for row in rows(data)] == ["http://www.example.gov.cn/a.html"]
    said = capsys.readouterr().out
    assert "torn.warc" in said and "false.warc.gz" in said


def test_missing_source_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem) as stop:
        ingest(tmp_path / "data", tmp_path / "nowhere")
    assert "SRC=" in str(stop.value) and "\n" not in str(stop.value)
    assert not (tmp_path / "data").exists()


def test_archive_below_source_is_not_read(source: Path) -> None:
    ingest(source / "data", source)
    ingest(source / "data", source)
    assert len(rows(source / "data")) == 3


def test_pipes_and_links_out_of_the_source_are_passed_over(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither is waited for nor read: whoever filled the folder may not say which files of the machine are archived."""
    (tmp_path / "secret.txt").write_text("not yours", encoding="utf-8")
    (source / "link.txt").symlink_to(tmp_path / "secret.txt")
    (source / "same.html").symlink_to(source / "a.html")
    os.mkfifo(source / "pipe.html")
    data = tmp_path / "data"
    assert ingest(data, source) == 0
    said = capsys.readouterr().out
    assert "(no regular file) 1" in said and "(a link out of SRC) 1" in said
    assert {row["url"] for row in rows(data)} == {
        "file:a.html",
        "file:same.html",
        "file:子 目录/年报 2023.TXT",
        "file:空.pdf",
    }
