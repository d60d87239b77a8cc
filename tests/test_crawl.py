"""Crawls of a tiny invented portal, served by this test on loopback: what is asked, what is logged, what is kept."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from knowledge.console import Problem

ROOT = Path(__file__).resolve().parent.parent
HEADER = "portal_id,name,homepage,region_code,entry_urls,cms,notes\n"


def article(body: str) -> bytes:
    return f"<html><head><title>示例</title></head><body><div id='zoom'><p>{body}</p></div></body></html>".encode()


def list_page(rows: list[tuple[str, str]], tail: str = "") -> bytes:
    items = "".join(f'<li><a href="{url}">{title}</a><span>2024-03-01</span></li>' for url, title in rows)
    return f"<html><body><ul class='list'>{items}</ul>{tail}</body></html>".encode()


class Site:
    """A portal on loopback: path (of a POST: path and form) → (status, headers, body); remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.pause = 0.0
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(f"{self.path} {form}")

            def do_GET(self) -> None:
                self.answer(self.path)

            def answer(self, asked: str) -> None:
                site.asked.append((asked, dict(self.headers)))
                time.sleep(site.pause)
                status, headers, body = site.pages.get(asked, (404, {"Content-Type": "text/html"}, b"no"))
                etag = headers.get("ETag")
                if etag and self.headers.get("If-None-Match") == etag:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        named = {"Content-Type": "text/html"} | {k.replace("_", "-"): v for k, v in headers.items()}
        self.pages[path] = (status, named, body)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def fill(site: Site, forbidden_port: int) -> None:
    """Two list pages with three articles, a missing page, a redirect off limits, and a page robots.txt closes."""
    site.add("/robots.txt", b"User-agent: *\nDisallow: /closed/\n", Content_Type="text/plain")
    site.add(
        "/fz/index.html",
        list_page(
            [
                ("t20240301_1.html", "示例县2023年法治政府建设年度报告"),
                ("t20240301_2.html", "示例县教育局2022年法治政府建设年度报告"),
                ("t20240301_3.html", "示例县2021年法治政府建设情况报告"),
            ],
            '<script>createPageHTML(2,0,"index","html");</script>',
        ),
        ETag='"one"',
    )
    site.add(
        "/fz/index_1.html",
        list_page(
            [
                ("t20230301_4.html", "示例县2020年法治政府建设情况报告"),
                ("/away.html", "示例县2019年法治政府建设情况报告"),
                ("/closed/t20230301_5.html", "示例县2018年法治政府建设情况报告"),
                ("/photo.jpg", "示例县2017年法治政府建设图片报道"),
            ],
            '<script>createPageHTML(2,1,"index","html");</script>',
        ),
    )
    site.add("/fz/t20240301_1.html", gzip.compress(article("一")), Content_Encoding="gzip", ETag='"a"')
    site.add("/fz/t20240301_2.html", article("二 <a href='P020240301.pdf'>附件</a>"))
    site.add("/fz/P020240301.pdf", b"%PDF-1.4 invented", Content_Type="application/pdf")
    site.add("/fz/t20240301_3.html", article("三"))
    site.add("/away.html", status=302, Location=f"http://127.0.0.1:{forbidden_port}/secret.html")


def registry(folder: Path, *rows: str) -> Path:
    path = folder / "portals.csv"
    path.write_text(HEADER + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def command(folder: Path, *more: str) -> list[str]:
    fixed = ["--data", str(folder / "data"), "--portals", str(folder / "portals.csv"), "--delay", "0"]
    return [sys.executable, "-m", "crawler.run", *fixed, *more]


def crawl(folder: Path, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DEBUG"}
    done = subprocess.run(command(folder, *more), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def last_run(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    run = max((folder / "data/raw").glob("*-crawl"))
    lines = (run / "fetches.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads((run / "run.json").read_text()), [json.loads(line) for line in lines]


def unused_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def test_two_runs(site: Site, tmp_path: Path) -> None:
    other = Site()  # listens, but no registry row names it
    fill(site, other.port)
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/fz/index.html,,")
    said = crawl(tmp_path).stdout
    run, rows = last_run(tmp_path)
    by_path = {row["url"].removeprefix(site.base): row for row in rows}
    assert {path: row["outcome"] for path, row in by_path.items()} == {
        "/robots.txt": "ok",
        "/fz/index.html": "ok",
        "/fz/index_1.html": "ok",
        "/fz/t20240301_1.html": "ok",
        "/fz/t20240301_2.html": "ok",
        "/fz/P020240301.pdf": "ok",
        "/fz/t20240301_3.html": "ok",
        "/fz/t20230301_4.html": "not_found",
        "/away.html": "redirected",
        "/closed/t20230301_5.html": "robots_denied",
        f"http://127.0.0.1:{other.port}/secret.html": "forbidden_target",
    }
    assert len(rows) == len(by_path)
    assert other.asked == []
    assert run["outcome"] == "finished" and run["new_documents"] == 4 and run["pages"] == 9
    assert (tmp_path / "data/raw/last_successful").read_text().strip() == run["run_id"]
    assert "finished" in said and "forbidden_target: 1" in said
    assert {row["portal_id"] for row in rows} == {"demo"}
    pdf = by_path["/fz/P020240301.pdf"]
    assert (pdf["purpose"], pdf["media_type"]) == ("attachment", "application/pdf")
    assert pdf["found_on_url"] == f"{site.base}/fz/t20240301_2.html"
    assert by_path["/fz/t20240301_1.html"]["link_text"] == "示例县2023年法治政府建设年度报告"
    assert by_path[f"http://127.0.0.1:{other.port}/secret.html"]["found_on_url"] == f"{site.base}/away.html"
    assert {h["User-Agent"].split("/")[0] for _, h in site.asked} == {"Fazhi"}

    # Every row with a response leads to a record that holds what the server sent, still compressed.
    sent = gzip.compress(article("一"))
    for row in rows:
        if row["archive_file"] is None:
            continue
        with (tmp_path / "data/raw" / row["archive_file"]).open("rb") as f:
            f.seek(row["archive_offset"])
            record = next(iter(ArchiveIterator(f, no_record_parse=False)))
            assert record.rec_headers.get_header("WARC-Target-URI") == row["url"]
            assert record.rec_headers.get_header("WARC-Payload-Digest") == row["payload_digest"]
            assert record.rec_headers.get_header("WARC-IP-Address") == "127.0.0.1"
            payload = record.raw_stream.read()
            if row["url"].endswith("_1.html") and row["purpose"] == "article":
                assert len(payload) == len(sent) and gzip.decompress(payload) == article("一")

    # Again: lists and robots.txt only; the list with a validator answers "not modified" and is read from the archive.
    site.asked.clear()
    time.sleep(0.5)
    said = crawl(tmp_path).stdout
    run, rows = last_run(tmp_path)
    assert sorted(site.paths()) == ["/fz/index.html", "/fz/index_1.html", "/robots.txt"]
    assert dict(site.asked)["/fz/index.html"]["If-None-Match"] == '"one"'
    outcomes = {row["url"].removeprefix(site.base): row["outcome"] for row in rows}
    assert outcomes["/fz/index.html"] == "not_modified" and outcomes["/fz/index_1.html"] == "unchanged"
    assert run["new_documents"] == 0 and "Nothing new" in said

    # A new row on the list, and an article that changed and is due again.
    site.add("/fz/t20250301_6.html", article("六"))
    site.add("/fz/t20240301_3.html", article("三改"))
    status, headers, body = site.pages["/fz/index_1.html"]
    more = '<li><a href="t20250301_6.html">示例县2024年法治政府建设情况报告</a><span>2025-03-01</span></li></ul>'
    site.pages["/fz/index_1.html"] = (status, headers, body.replace(b"</ul>", more.encode()))
    site.asked.clear()
    said = crawl(tmp_path, "--recheck", "0").stdout
    run, rows = last_run(tmp_path)
    outcomes = {row["url"].removeprefix(site.base): row["outcome"] for row in rows}
    assert outcomes["/fz/t20250301_6.html"] == "ok" and outcomes["/fz/t20240301_3.html"] == "ok"
    assert outcomes["/fz/t20240301_1.html"] == "not_modified" and outcomes["/fz/t20240301_2.html"] == "unchanged"
    assert run["new_documents"] == 1 and "changed: 1" in said
    other.server.shutdown()
    other.server.server_close()


def test_years_pages_and_blocks(site: Site, tmp_path: Path) -> None:
    fill(site, unused_port())
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/fz/index.html,trs,")
    crawl(tmp_path, "--years", "2020-2021")
    articles = [p for p in site.paths() if "/t20" in p]
    assert articles == ["/fz/t20240301_3.html", "/fz/t20230301_4.html"]
    site.asked.clear()
    said = crawl(tmp_path, "--max-pages", "3").stdout
    assert len(site.asked) == 3 and "MAX_PAGES" in said
    # What the bound left out is not forgotten, nor is the file of an article that came without it.
    crawl(tmp_path)
    assert "/fz/P020240301.pdf" in site.paths()
    for path in list(site.pages):
        if path != "/robots.txt":
            site.add(path, b"<script>$_ts={}</script>", status=412)
    site.add("/b.html", b"x", status=412)
    rows = "".join(f"demo{i},示例县,{site.base}/,990101,{site.base}/fz/{i}.html,,\n" for i in range(6))
    (tmp_path / "portals.csv").write_text(HEADER + rows, encoding="utf-8")
    for i in range(6):
        site.add(f"/fz/{i}.html", b"x", status=412)
    site.asked.clear()
    said = crawl(tmp_path, code=1)
    assert Counter(site.paths())["/robots.txt"] == 1 and len(site.asked) == 4
    assert "blocked" in said.stderr and len(said.stderr.strip().splitlines()) == 1
    assert last_run(tmp_path)[0]["outcome"] == "failed" and last_run(tmp_path)[0]["blocked"] == 3


def test_bad_servers(site: Site, tmp_path: Path) -> None:
    """A loop of redirects, a redirect to a file, hosts that are busy or not there, a robots.txt that is a web page."""
    busy, dead = Site(), unused_port()
    rows = [
        "/loop.html",
        "/file.html",
        "/gone.html",
        "http://localhost/x.html",
        f"{busy.base}/a.html",
        f"{busy.base}/b.html",
    ]
    titled = [(url, f"示例县第{i}号法治政府建设年度报告") for i, url in enumerate(rows)]
    site.add("/robots.txt", b"<!DOCTYPE html><html>Disallow: /</html>")
    site.add("/list.html", list_page(titled, "<a href='/list.html'>下一页</a>"))
    site.add("/loop.html", status=302, Location="/loop2.html")
    site.add("/loop2.html", status=302, Location="/loop.html")
    site.add("/file.html", status=302, Location="file:///etc/passwd")
    site.add("/gone.html", "<html><title>页面不存在</title></html>".encode())
    for path in ("/a.html", "/b.html"):
        busy.add(path, b"later", status=429, Retry_After="3600")
    gone = f"gone,示例乡,http://127.0.0.1:{dead}/,990102,http://127.0.0.1:{dead}/list.html,,"
    idle = f"idle,示例镇,{busy.base}/,990103,,,"
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/list.html,nosuch,", gone, idle)
    said = crawl(tmp_path).stdout
    outcomes = {row["url"].replace(site.base, ""): row["outcome"] for row in last_run(tmp_path)[1]}
    assert outcomes["/loop2.html"] == "redirect_loop" and outcomes["/file.html"] == "broken_response"
    assert outcomes["/gone.html"] == "soft_404" and outcomes["http://localhost/x.html"] == "forbidden_target"
    assert outcomes[f"http://127.0.0.1:{dead}/list.html"] == "connection_error"
    assert outcomes[f"{busy.base}/a.html"] == "rate_limited" and "/b.html" not in busy.paths()
    assert "gone (connection_error)" in said and "idle" in said and "nosuch" in said
    assert f"127.0.0.1:{busy.port}: rate_limited" in said
    busy.server.shutdown()
    busy.server.server_close()


def test_stop_and_lock(site: Site, tmp_path: Path) -> None:
    site.pause = 0.4
    site.add(
        "/list.html", list_page([(f"/t20240101_{i}.html", f"示例县第{i}号法治政府建设年度报告") for i in range(40)])
    )
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/list.html,,")
    first = subprocess.Popen(command(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(site.asked) < 4:
        assert first.poll() is None
        time.sleep(0.05)
    second = crawl(tmp_path, code=1)
    assert "another run" in second.stderr and len(second.stderr.strip().splitlines()) == 1
    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=30)
    assert first.returncode == 130 and "Traceback" not in err
    run, rows = last_run(tmp_path)
    assert run["outcome"] == "stopped" and 3 <= len(rows) < 20 and run["pages"] == len(rows)
    assert not (tmp_path / "data/raw/last_successful").exists()


def test_killed_and_gone_on(site: Site, tmp_path: Path) -> None:
    """After kill -9 the next run asks only for what the archive lacks (and for lists and robots.txt)."""
    site.pause = 0.03
    site.add(
        "/list.html", list_page([(f"/t20240101_{i}.html", f"示例县第{i}号法治政府建设年度报告") for i in range(30)])
    )
    for i in range(30):
        site.add(f"/t20240101_{i}.html", article(str(i)))
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/list.html,,")
    first = subprocess.Popen(command(tmp_path), cwd=ROOT)
    while len(site.asked) < 15:
        time.sleep(0.02)
    first.kill()
    first.wait()
    run, rows = last_run(tmp_path)
    assert run["outcome"] == "running"
    got = {row["url"].removeprefix(site.base) for row in rows if row["purpose"] == "article"}
    site.asked.clear()
    crawl(tmp_path)
    asked = set(site.paths())
    assert len(got) >= 10 and not asked & got and asked | got >= set(site.pages)


def menu(*links: tuple[str, str]) -> bytes:
    found = "".join(f'<li><a href="{path}">{text}</a></li>' for path, text in links)
    return f"<html><body><ul>{found}</ul></body></html>".encode()


def small_portal(site: Site) -> None:
    """A home page, two menus, an office, a column of two reports; beside them what nobody should ask for."""
    site.add(
        "/",
        menu(
            ("/xw/", "新闻中心"),
            ("/zwgk/", "政府信息公开"),
            ("/search/?q=yfxz", "依法行政"),
            ("/hd/", "领导信箱"),
            ("/bm/jyj/", "教育局"),
        ),
    )
    site.add("/zwgk/", menu(("/zwgk/fd/", "法定主动公开内容"), ("/zwgk/zn/", "信息公开指南"), ("/cz/", "财政预决算")))
    site.add("/zwgk/fd/", menu(("/zwgk/fd/fz/", "法治政府建设年度报告"), ("/zwgk/fd/zc/", "政策解读")))
    rows = [(f"/t20240301_{i}.html", f"示例县20{i}年法治政府建设年度报告") for i in (22, 23)]
    rows += [("/t20240302_1.html", "示例县2024年法治政府建设工作要点"), ("/big5/t20240301_23.html", rows[1][1])]
    rows += [("/big5/t20240301_21.html", "示例县2021年法治政府建设年度报告")]
    site.add("/zwgk/fd/fz/", list_page(rows))
    site.add("/bm/jyj/", menu(("/bm/jyj/yfxz.html", "依法行政工作报告")))
    own = '<head><meta name="ArticleTitle" content="示例县教育局2023年度法治政府建设工作报告"></head>'
    site.add("/bm/jyj/yfxz.html", f"<html>{own}<body><div id='zoom'>教育</div></body></html>".encode())
    for path in ("/t20240301_22.html", "/t20240301_23.html", "/t20240302_1.html", "/big5/t20240301_23.html"):
        site.add(path, article(path))
    site.add("/big5/t20240301_21.html", article("only the mirror is left"))


def test_columns_are_found_from_the_home_page(site: Site, tmp_path: Path) -> None:
    small_portal(site)
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,,,")
    crawl(tmp_path)
    run, rows = last_run(tmp_path)
    documents = {row["url"].removeprefix(site.base) for row in rows if row["purpose"] == "article"}
    assert documents == {"/t20240301_22.html", "/t20240301_23.html", "/big5/t20240301_21.html", "/bm/jyj/yfxz.html"}
    assert run["new_documents"] == 4
    asked = set(site.paths())
    assert not asked & {"/search/?q=yfxz", "/hd/", "/cz/", "/zwgk/zn/", "/t20240302_1.html", "/big5/t20240301_23.html"}
    lines = (tmp_path / "data/raw" / run["run_id"] / "discovery.jsonl").read_text(encoding="utf-8").splitlines()
    told = {line["url"].removeprefix(site.base): line for line in map(json.loads, lines) if "url" in line}
    assert told["/"]["role"] == "home" and told["/zwgk/fd/fz/"]["wanted"] == 4 and told["/zwgk/fd/fz/"]["rows"] == 5
    assert told["/zwgk/fd/fz/"]["score"] > told["/zwgk/"]["score"] and "法治政府建设年度报告" in str(
        told["/zwgk/fd/fz/"]["reasons"]
    )
    assert json.loads(lines[-1])["end"] and json.loads(lines[-1])["searched"]

    # The next run goes straight to what held reports.
    site.asked.clear()
    crawl(tmp_path)
    assert set(site.paths()) == {"/robots.txt", "/zwgk/fd/fz/", "/bm/jyj/yfxz.html"}
    assert last_run(tmp_path)[0]["new_documents"] == 0

    # The column moves: it is searched for again. A report vanishes from list and server: its absence is recorded.
    column = site.pages.pop("/zwgk/fd/fz/")
    site.add("/zwgk/fd/new/", column[2].replace(b"/t20240301_22.html", b"/t20240301_24.html"))
    site.add("/zwgk/fd/", menu(("/zwgk/fd/new/", "法治政府建设情况报告")))
    site.add("/t20240301_24.html", article("new"))
    del site.pages["/t20240301_22.html"]
    site.asked.clear()
    said = crawl(tmp_path, "--recheck", "0").stdout
    run, rows = last_run(tmp_path)
    outcomes = {row["url"].removeprefix(site.base): row["outcome"] for row in rows}
    assert outcomes["/t20240301_22.html"] == "not_found" and outcomes["/t20240301_24.html"] == "ok"
    assert run["new_documents"] == 1 and "vanished: 1" in said and f"{site.base}/t20240301_22.html" in said


def test_a_posted_pager(site: Site, tmp_path: Path) -> None:
    rows = [(f"/Item/{i}.aspx", f"示例县201{i}年法治政府建设年度报告") for i in range(1, 7)]
    pager = (
        """<form action="/l.aspx"><input type="hidden" name="__VIEWSTATE" value="v"></form>"""
        """<a href="javascript:__doPostBack('P','2')">2</a>"""
    )
    site.add("/l.aspx", list_page(rows[:3], pager))
    site.add("/l.aspx __VIEWSTATE=v&__EVENTTARGET=P&__EVENTARGUMENT=2", list_page(rows[3:]))
    for path, _ in rows:
        site.add(path, article(path))
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/l.aspx,,")
    crawl(tmp_path)
    found = [row for row in last_run(tmp_path)[1] if row["purpose"] == "article" and row["outcome"] == "ok"]
    posted = next(row for row in last_run(tmp_path)[1] if row["method"] == "POST")
    assert len(found) == 6 and posted["request_body_digest"].startswith("sha256:")
    crawl(tmp_path)
    outcomes = {(row["method"], row["purpose"]): row["outcome"] for row in last_run(tmp_path)[1]}
    assert outcomes == {("GET", "robots"): "not_found", ("GET", "list"): "unchanged", ("POST", "list"): "unchanged"}


def test_a_blocking_host_rests_for_a_week(site: Site, tmp_path: Path) -> None:
    site.add("/", b"<script>var $_ts={};</script>", status=412)
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,,,")
    assert "blocked" in crawl(tmp_path, code=1).stderr
    asked = len(site.asked)
    assert asked <= 3
    said = crawl(tmp_path, code=1)
    assert len(site.asked) == asked and "left alone" in said.stdout and "not asked before" in said.stderr
    # A week later by the log's own dates, the host is asked again.
    log = min((tmp_path / "data/raw").glob("*-crawl/fetches.jsonl"))
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    log.write_text("".join(json.dumps(line | {"fetched_at": "2026-01-01T00:00:00.000000Z"}) + "\n" for line in lines))
    small_portal(site)
    crawl(tmp_path)
    assert last_run(tmp_path)[0]["new_documents"] == 4


def test_full_disk_ends_the_run(site: Site, tmp_path: Path) -> None:
    site.add(
        "/list.html", list_page([(f"/t20240101_{i}.html", f"示例县第{i}号法治政府建设年度报告") for i in range(40)])
    )
    for i in range(40):
        site.add(f"/t20240101_{i}.html", os.urandom(4000))
    registry(tmp_path, f"demo,示例县,{site.base}/,990101,{site.base}/list.html,,")
    limited = ["bash", "-c", 'ulimit -f 80; exec "$@"', "bash", *command(tmp_path)]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.returncode == 1 and "cannot be written" in done.stderr and "Traceback" not in done.stderr
    run, rows = last_run(tmp_path)
    assert run["outcome"] == "failed" and 0 < len(rows) < 40


@pytest.mark.parametrize(
    ("rows", "more", "expected"),
    [
        (["x,县,http://a.gov.cn/,44128,http://a.gov.cn/l.html,,"], [], ":2: region_code"),
        (["x,县,ftp://a.gov.cn/,441284,,,"], [], ":2: homepage"),
        (["x,县,http://127.0.0.1:1/,441284,,,", "x,镇,http://127.0.0.1:1/,441284,,,"], [], ":3: portal_id"),
        (["x,县,http://a.gov.cn/,441284,http://a.gov.cn/l.html,,"], [], "CONTACT"),
        (["x,县,http://127.0.0.1:1/,441284,,,"], ["--night", "25-3"], "NIGHT"),
        (["x,县,http://127.0.0.1:1/,441284,,,"], ["--only", "51"], "ONLY"),
        (["x,县,http://127.0.0.1:1/,441284,,,"], ["--years", "20x"], "YEARS"),
        (["x,县"], [], ":2: fewer fields"),
        ([], [], "lists no portal"),
    ],
)
def test_errors_are_one_line(
    tmp_path: Path, rows: list[str], more: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from crawler.run import main

    path = registry(tmp_path, *rows)
    with pytest.raises(Problem) as stop:
        main(["--data", str(tmp_path / "data"), "--portals", str(path), *more])
    assert expected in str(stop.value) and "\n" not in str(stop.value)
