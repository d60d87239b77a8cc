"""Text of others stays text: in SQL, logs, archive, names and on the terminal. Nothing listens outside, no secret is kept."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from audit import verdict
from test_crawl import Site, article, crawl, last_run, list_page, registry, site
from test_hostile_limits import REPORT

from knowledge.console import Problem, guard, inert, names, summary

__all__ = ["site"]
ROOT = Path(__file__).resolve().parent.parent
EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\u2066"
SQL = "'; DROP TABLE documents; --\"}]"


def run(module: str, *arguments: str | Path, ok: bool = True) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k != "DEBUG"}
    done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=100)  # fmt: skip
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done


def test_text_in_sql_names_and_on_the_terminal(tmp_path: Path) -> None:
    """A report full of quotes and escape sequences, under a name full of them, in a folder full of them."""
    src, data = tmp_path / f"{SQL.replace('/', '')} $(id)", tmp_path / "da'ta; x"
    src.mkdir()
    report = REPORT.replace(
        "执法人员能力有待提高", f"执法人员{SQL}能力{EVIL}有待提高<script>alert(1)</script>[bold]=1+1"
    )
    (src / f"a{SQL}.txt").write_text(report, encoding="utf-8")
    (src / "b.html").write_text(f"<html><title>{REPORT.splitlines()[0]}{SQL}</title><body><p>{'</p><p>'.join(report.splitlines())}</p></body></html>", encoding="utf-8")  # fmt: skip
    for module, more in (("crawler.ingest", ["--src", src]), ("transform.run", []), ("warehouse.build", [])):
        said = run(module, "--data", data, *more)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", said.stdout + said.stderr)
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute("SELECT url, text FROM documents ORDER BY url").fetchall()
    assert [url for url, _ in rows] == [f"file:a{SQL}.txt", "file:b.html"] and SQL in rows[0][1]
    shown = run("warehouse.query", "--data", data, "--sql", "SELECT url, text FROM documents")
    assert "\x1b" not in shown.stdout and "\x9b" not in shown.stdout and "DROP TABLE" in shown.stdout
    refused = run("warehouse.query", "--data", data, "--sql", "DROP TABLE documents", ok=False)
    assert "read-only" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


def test_text_in_logs_and_archive(site: Site, tmp_path: Path) -> None:
    """Titles that would forge a row of the log or a record of the archive, and redirects that would forge a head."""
    forged = '\n{"url":"http://forged.example/","outcome":"ok"}\u2028\u0085\r\n\r\nWARC/1.1\r\n'
    title = f"示例县2023年法治政府建设年度报告{forged}{EVIL}"
    site.add(
        "/list.html", list_page([("/a.html", title), ("/b.html\r\nX-Forged: 1", "示例县2022年法治政府建设年度报告")])
    )
    site.add("/a.html", article(title))
    site.add("/b.htmlX-Forged:%201", status=302, Location="/a.html%0d%0aX-Forged:%201")
    registry(
        tmp_path,
        f"demo,{SQL.replace(',', '').replace(chr(34), '')}县,{site.base}/,990101,{site.base}/list.html,,{EVIL.strip()}",
    )
    said = crawl(tmp_path)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", said.stdout + said.stderr)
    _, rows = last_run(tmp_path)
    assert {row["url"].removeprefix(site.base)[:6] for row in rows} == {"/robot", "/list.", "/a.htm", "/b.htm"}
    assert not any("X-Forged" in headers for _, headers in site.asked)
    folder = max((tmp_path / "data/raw").glob("*-crawl"))
    for name in ("fetches.jsonl", "discovery.jsonl"):
        for line in (folder / name).read_bytes().split(b"\n")[:-1]:
            assert "forged.example" not in json.loads(line).get("url", "")
        assert b"\x1b" not in (folder / name).read_bytes()
    records = gzip.decompress((folder / "00000.warc.gz").read_bytes()).split(b"WARC-Type: ")
    assert not any(b"X-Forged" in record.split(b"\r\n\r\n")[0].replace(b"X-Forged:%201", b"") for record in records)


def test_what_is_printed_is_inert(capsys: pytest.CaptureFixture[str]) -> None:
    assert inert(f"a{EVIL}b\r\nc\u2028d\x00") == "a[2J]0;owned31mb  c d"
    summary("crawl", {"x": EVIL}, [names([EVIL] * 9), EVIL])

    def fail() -> None:
        raise Problem(f"SRC={EVIL}\nsecond line")

    with pytest.raises(SystemExit):
        guard(fail)
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err and "\x9b" not in said.out + said.err and len(said.err.splitlines()) == 1


# ---------------------------------------------------------------- what is installed, what listens, what is kept


def test_every_requirement_is_pinned_with_its_digest() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = re.sub(r"\\\n\s*", " ", path.read_text(encoding="utf-8"))
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert lines, path
        for line in lines:
            assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+( ;.*?)?( +--hash=sha256:[0-9a-f]{64})+$", line), (
                f"{path.name}: {line[:80]}"
            )
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all("--require-hashes" in line for line in makefile.splitlines() if "pip install" in line)


def test_an_audit_that_could_not_ask_is_no_pass() -> None:
    known = {"name": "a", "version": "1", "vulns": []}
    assert verdict({"dependencies": [known]}) == (0, ["audit: no known vulnerability in 1 pinned packages"])
    status, lines = verdict({"dependencies": [known, {**known, "vulns": [{"id": "X-1"}]}]})
    assert status == 1 and "X-1" in lines[1]
    for nothing in ({}, {"dependencies": [{"name": "a", "skip_reason": "not found"}]}):
        assert verdict(nothing)[1][0].startswith("audit: skipped")


def test_no_code_binds_outside_loopback() -> None:
    for folder in ("crawler", "transform", "warehouse", "knowledge", "samples"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert node.value not in ("0.0.0.0", "::"), path


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="listening sockets are read from /proc")
def test_the_sample_server_listens_on_loopback_only(tmp_path: Path) -> None:
    registry_file = tmp_path / "portals.csv"
    server = subprocess.Popen(
        [sys.executable, "-m", "samples", "serve", "--registry", str(registry_file)], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None and b"portals" in server.stdout.readline()
        held = {str(f.readlink()) for f in Path(f"/proc/{server.pid}/fd").iterdir() if f.is_symlink()}
        listening = []
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                    listening.append(fields[1].split(":")[0])
        assert len(listening) == 4 and set(listening) == {"0100007F"}
    finally:
        server.terminate()
        server.wait(20)


def test_no_secret_is_kept(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of a proxy and of addresses, and cookies, are neither sent nor written where people look."""
    for name in ("http_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://user:PROXYSECRET@127.0.0.1:9/")
    home = site.base.replace("//", "//user:URLSECRET@")
    site.add(
        "/list.html",
        list_page(
            [(f"{home}/a.html", "示例县2023年法治政府建设年度报告"), ("/b.html", "示例县2022年法治政府建设年度报告")]
        ),
        Set_Cookie="sid=COOKIESECRET",
    )
    for path in ("/a.html", "/b.html"):
        site.add(path, article("一"), Set_Cookie="sid=COOKIESECRET")
    registry(tmp_path, f"demo,示例县,{home}/,990101,{home}/list.html,,")
    said = crawl(tmp_path)
    assert [row["outcome"] for row in last_run(tmp_path)[1] if row["purpose"] == "article"] == ["ok", "ok"]
    assert not any({"Cookie", "Authorization", "Proxy-Authorization"} & set(headers) for _, headers in site.asked)
    for path in (p for p in (tmp_path / "data").rglob("*") if p.is_file() and p.suffix != ".gz"):
        assert b"SECRET" not in path.read_bytes(), path
    assert "SECRET" not in said.stdout + said.stderr
    archived = b"".join(gzip.decompress(p.read_bytes()) for p in (tmp_path / "data").rglob("*.gz"))
    assert b"PROXYSECRET" not in archived and b"URLSECRET" not in archived.replace(list_bytes(site), b"")


def list_bytes(site: Site) -> bytes:
    """The list as the server sent it: evidence is kept as it came."""
    return site.pages["/list.html"][2]
