"""Every figure leads back to the bytes it was read from, and a person can see how."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from knowledge.archive import digest
from tests.sample_data import copy_of, sample, small
from tests.test_warehouse import ROOT, rows
from warehouse import evidence


def ask(*args: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "warehouse.evidence", *map(str, args)],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_figure_of_the_sample_leads_back_to_its_bytes() -> None:
    found = evidence.trace(sample())
    ((indicators,),) = rows(sample(), "SELECT count(*) FROM indicators")
    assert found.broken == []
    assert found.rows == found.matched == indicators > 1000


def test_the_view_walks_in_one_query() -> None:
    sql = """
    SELECT count(*), count(section_id), count(url), count(archive_file), count(archive_offset), count(payload_digest), count(indicator_name)
    FROM evidence
    """
    ((total, *others),) = rows(sample(), sql)
    assert rows(sample(), "SELECT count(*) FROM indicators") == [(total,)] and set(others) == {total}
    assert rows(
        sample(),
        "SELECT count(*) FROM evidence JOIN documents d USING (document_id) "
        "WHERE NOT contains(quote, substring(d.text, number_start + 1, number_end - number_start))",
    ) == [(0,)]


def test_local_files_lead_back_too() -> None:
    found = evidence.trace(small())
    assert found.rows == found.matched > 4 and found.documents == 2


def test_bytes_that_changed_are_noticed(tmp_path: Path) -> None:
    data = copy_of(sample(), tmp_path / "data")
    (data / "raw").unlink()
    shutil.copytree(sample() / "raw", data / "raw")
    sql = "SELECT archive_file, archive_offset, count(*) FROM evidence GROUP BY ALL ORDER BY archive_offset LIMIT 1"
    ((file, offset, lost),) = rows(data, sql)
    warc = data / "raw" / file
    whole = warc.read_bytes()
    damaged = bytearray(whole)
    damaged[offset + 1200] ^= 0xFF
    warc.write_bytes(damaged)
    found = evidence.trace(data)
    assert (found.rows - found.matched, len(found.broken)) == (lost, 1)
    warc.unlink()
    found = evidence.trace(data)
    assert found.matched == 0 and "No such file" in found.broken[0]
    assert ask("--data", data, "--all").returncode == 1
    ((indicator,),) = rows(data, "SELECT min(indicator_id) FROM indicators")
    said = ask("--data", data, "--id", indicator)
    assert said.returncode == 1 and "DOES NOT MATCH" in said.stdout


def test_a_wrong_offset_and_a_wrong_quote_are_noticed(tmp_path: Path) -> None:
    data = copy_of(sample(), tmp_path / "data")
    with duckdb.connect(str(data / "warehouse.duckdb")) as con:
        con.execute(
            "UPDATE documents SET archive_offset = archive_offset + 1 WHERE document_id = (SELECT min(document_id) FROM indicators)"
        )
        con.execute(
            "UPDATE indicators SET quote = '九' WHERE indicator_id = (SELECT max(indicator_id) FROM indicators)"
        )
    ((lost,),) = rows(
        data, "SELECT count(*) FROM indicators WHERE document_id = (SELECT min(document_id) FROM indicators)"
    )
    found = evidence.trace(data)
    assert found.rows - found.matched == lost + 1
    assert len(found.broken) == 2 and sum("1 quotes do not stand in its text" in line for line in found.broken) == 1


def test_digests_are_taken_as_they_were_written() -> None:
    assert evidence.digest_as("sha256:" + "0" * 64, b"abc") == digest(b"abc")
    assert evidence.digest_as("sha1:" + "A" * 32, b"abc") == "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5"
    assert evidence.digest_as("sha1:" + "0" * 40, b"abc") == "sha1:a9993e364706816aba3e25717850c26c9cd0d89d"
    with pytest.raises(ValueError, match="unsupported"):
        evidence.digest_as("crc7:0", b"abc")


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        ("前一句。全年办理案件12件,其中3件。后一句。", "12件", ("全年办理案件", "12件", ",其中3件。")),
        ("12件", "12件", ("", "12件", "")),
        ("一、标题\n  办理12件\n下一段", "12件", ("办理", "12件", "")),
        ("a" * 300 + "12件" + "b" * 300, "12件", ("…" + "a" * 200, "12件", "b" * 200 + "…")),
    ],
)
def test_a_number_is_shown_in_its_sentence(text: str, number: str, shown: tuple[str, str, str]) -> None:
    start = text.index(number)
    assert evidence.sentence(text, start, start + len(number)) == shown


def test_a_person_sees_where_a_figure_comes_from() -> None:
    ((key, url, file, offset, recorded, number, issuer),) = rows(
        sample(),
        "SELECT indicator_id, url, archive_file, archive_offset, payload_digest, q.quote, issuer_name "
        "FROM evidence JOIN quantities q USING (quantity_id) ORDER BY 1 LIMIT 1",
    )
    said = ask("--data", sample(), "--id", key)
    assert said.returncode == 0, said.stderr
    for part in (f"»{number}«", url, f"{file} at byte {offset}", f"{recorded} matches the archived bytes", issuer):
        assert part in said.stdout, part


def test_what_a_page_wrote_cannot_command_the_terminal(tmp_path: Path) -> None:
    data = copy_of(sample(), tmp_path / "data")
    ((key, document),) = rows(data, "SELECT indicator_id, document_id FROM evidence ORDER BY 1 LIMIT 1")
    with duckdb.connect(str(data / "warehouse.duckdb")) as con:
        hostile = "\x1b]0;own\x07\x1b[2J\u202e标题\x9b31m\r\n[bold]"
        con.execute("UPDATE documents SET title = $2, url = url || $2 WHERE document_id = $1", [document, hostile])
    said = ask("--data", data, "--id", key).stdout
    assert "]0;own[2J标题31m  [bold]" in said
    assert not any(c in said for c in "\x1b\x07\x9b\u202e\r")


def test_an_unknown_figure_is_one_line(tmp_path: Path) -> None:
    for args in (["--data", sample(), "--id", "gone"], ["--data", sample()], ["--data", tmp_path, "--all"]):
        said = ask(*args)
        assert said.returncode == 1 and said.stderr.count("\n") == 1 and said.stderr.startswith("error: "), said.stderr


def test_the_sample_answers_where_there_is_no_warehouse(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    copy_of(sample(), tmp_path / "data" / "sample")
    ((key,),) = rows(sample(), "SELECT min(indicator_id) FROM indicators")
    said = ask("--data", "data", "--id", key, cwd=tmp_path)
    assert said.returncode == 0 and "answering from the sample" in said.stderr and "matches" in said.stdout
