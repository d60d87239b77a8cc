"""The archive: another tool reads what was written, bytes and digests exact; torn tails and the crawler's memory."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.archive import ArchiveError, CrawlLog, Held, Location, WarcWriter, read_exchange, stamp
from crawler.history import read_history
from crawler.outcomes import body_start, outcome, plain_headers
from crawler.policy import in_window, is_loopback, is_public, literal_address
from crawler.repair import set_aside_torn
from crawler.runs import RunError, archive_lock, start_run
from knowledge.archive import digest
from knowledge.schema import vocabulary
from knowledge.urls import canonical_url, host_key
from knowledge.version import code_version

NOW = "2026-02-11T06:30:00.123456Z"
ASK = b"GET /a.html HTTP/1.1\r\nHost: a.gov.cn\r\nUser-Agent: Fazhi/0\r\n\r\n"
URL = "http://a.gov.cn/a.html"


def head(encoding: str = "", status: str = "200 OK") -> bytes:
    coded = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{coded}\r\n".encode()


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "raw" / "20260211T063000Z-crawl"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    return folder


def records(path: Path) -> list[tuple[str, dict[str, str], bytes, Any]]:
    found = []
    with path.open("rb") as f:
        iterator = ArchiveIterator(f, check_digests="raise")
        for record in iterator:
            payload = record.raw_stream.read()
            found.append((record.rec_type, dict(record.rec_headers.headers), payload, record.digest_checker.passed))
    return found


def test_round_trip(run_dir: Path) -> None:
    body = "示例县法治政府建设年度报告".encode("gb18030") * 40
    wire = gzip.compress(body)
    with WarcWriter(run_dir, {"software": "Fazhi/0", "operator": "a@b.cn"}) as warc:
        first = warc.exchange(URL, NOW, ASK, head("gzip"), wire, "203.0.113.5")
        file = warc.resource("file:子 目录/a.txt", NOW, "text/plain", b"abc")
    info, response, request, resource = records(run_dir / "00000.warc.gz")
    assert [r[0] for r in (info, response, request, resource)] == ["warcinfo", "response", "request", "resource"]
    assert b"software: Fazhi/0" in info[2] and b"operator: a@b.cn" in info[2] and b"WARC File Format 1.1" in info[2]
    assert response[2] == wire and response[3] and request[3] and resource[3]
    headers = response[1]
    assert headers["WARC-Date"] == NOW and headers["WARC-Target-URI"] == URL
    assert headers["WARC-IP-Address"] == "203.0.113.5" and headers["WARC-Payload-Digest"] == digest(wire)
    assert headers["WARC-Block-Digest"] == digest(head("gzip") + wire)
    assert request[1]["WARC-Concurrent-To"] == headers["WARC-Record-ID"]
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", headers["WARC-Record-ID"])
    assert resource[1]["WARC-Target-URI"] == "file:%E5%AD%90%20%E7%9B%AE%E5%BD%95/a.txt" and resource[2] == b"abc"
    ids = [r[1]["WARC-Record-ID"] for r in records(run_dir / "00000.warc.gz")]
    assert len(set(ids)) == 4
    # One gzip member per record: a member alone, cut out at its offset, is the record.
    data = (run_dir / "00000.warc.gz").read_bytes()
    member = zlib.decompressobj(31).decompress(data[first.offset :])
    assert member.startswith(b"WARC/1.1\r\n") and member.endswith(wire + b"\r\n\r\n")
    assert file.file == first.file == "20260211T063000Z-crawl/00000.warc.gz"
    back = read_exchange(run_dir.parent, first)
    assert (back.status, back.headers["content-encoding"], back.body) == (200, "gzip", body)
    with pytest.raises(ArchiveError):
        read_exchange(run_dir.parent, Location(first.file, 3))
    with pytest.raises(ArchiveError):
        read_exchange(run_dir.parent, Location("nowhere.warc.gz", 0))


def test_revisit_names_the_original(run_dir: Path) -> None:
    with WarcWriter(run_dir, {}) as warc:
        location = warc.exchange(URL, NOW, ASK, head(), b"<p>same</p>")
        held = Held(NOW, digest(b"<p>same</p>"), location)
        again = warc.exchange(URL, "2026-03-11T06:30:00.000000Z", ASK, head(), b"<p>same</p>", same_as=held)
    _, original, _, revisit, _ = records(run_dir / "00000.warc.gz")
    assert revisit[0] == "revisit" and revisit[2] == b""
    assert revisit[1]["WARC-Refers-To"] == original[1]["WARC-Record-ID"]
    assert revisit[1]["WARC-Refers-To-Target-URI"] == URL and revisit[1]["WARC-Refers-To-Date"] == NOW
    assert revisit[1]["WARC-Profile"].endswith("/revisit/identical-payload-digest")
    assert revisit[1]["WARC-Payload-Digest"] == original[1]["WARC-Payload-Digest"]
    assert again.offset > location.offset


def test_rotation(run_dir: Path) -> None:
    with WarcWriter(run_dir, {}, rotate_at=2500) as warc:
        places = [warc.exchange(f"{URL}?{i}", NOW, ASK, head(), os.urandom(900)) for i in range(6)]
    files = sorted(run_dir.glob("*.warc.gz"))
    assert len(files) == 3 == len({p.file for p in places})
    assert all(records(f)[0][0] == "warcinfo" for f in files)
    assert [read_exchange(run_dir.parent, p).status for p in places] == [200] * 6


def test_torn_tail(run_dir: Path) -> None:
    with WarcWriter(run_dir, {}) as warc:
        first = warc.exchange(URL, NOW, ASK, head(), b"whole")
        second = warc.exchange(URL + "2", NOW, ASK, head(), os.urandom(4000))
    path = run_dir / "00000.warc.gz"
    path.write_bytes(path.read_bytes()[: second.offset + 1500])
    assert read_exchange(run_dir.parent, first).body == b"whole"
    with pytest.raises(ArchiveError):
        read_exchange(run_dir.parent, second)
    with path.open("rb") as f:
        whole = [str(r.record_type) for r in FastIterator(f, verify_digests=True)]
    assert whole == ["warcinfo", "response", "request"]


def test_killed_writer_loses_nothing_whole(tmp_path: Path) -> None:
    """A process killed while it writes: all that it reported as written can be read."""
    folder = tmp_path / "raw" / "run"
    folder.mkdir(parents=True)
    code = (
        "import os, sys; from pathlib import Path; from crawler.archive import WarcWriter\n"
        f"warc = WarcWriter(Path({str(folder)!r}), {{}})\n"
        "for i in range(10**6):\n"
        f"    place = warc.exchange(f'{URL}?{{i}}', {NOW!r}, {ASK!r}, {head()!r}, os.urandom(3000))\n"
        "    print(place.offset, flush=True)\n"
    )
    root = Path(__file__).resolve().parent.parent
    writer = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    offsets = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    offsets += [int(line) for line in writer.stdout.read().splitlines()]
    writer.wait()
    for offset in offsets:
        assert len(read_exchange(tmp_path / "raw", Location("run/00000.warc.gz", offset)).body) == 3000


def test_torn_tail_is_set_aside(tmp_path: Path) -> None:
    """What a killed run's log does not name goes into a file of its own; the rest reads to its end."""
    raw = tmp_path / "raw"
    raw.mkdir()
    run = start_run(raw, "crawl", 1)
    log = CrawlLog(run.directory)
    with WarcWriter(run.directory, {}) as warc:
        for i in range(3):
            place = warc.exchange(f"{URL}?{i}", NOW, ASK, head(), os.urandom(2_000_000))
            if i < 2:
                log.append(row(f"{URL}?{i}", "ok", location=place, purpose="article", http_status=200))
    log.close()
    path = run.directory / "00000.warc.gz"
    path.write_bytes(path.read_bytes()[:-1000])
    assert set_aside_torn(raw) == [f"{run.directory.name}/00000.warc.gz"]
    assert [r[0] for r in records(path)] == ["warcinfo", *["response", "request"] * 2]
    assert path.with_name("00000.warc.gz.torn").stat().st_size > 1_900_000
    record = json.loads((run.directory / "run.json").read_text())
    assert (record["outcome"], record["finished_at"], record["new_documents"]) == ("interrupted", None, 2)
    assert set_aside_torn(raw) == []


def row(url: str, ended: str, at: str = NOW, location: Location | None = None, **more: Any) -> dict[str, Any]:
    place = {"archive_file": location.file, "archive_offset": location.offset} if location else {}
    return {"url": url, "outcome": ended, "fetched_at": at, "payload_digest": "sha256:0", **place, **more}


def test_history(run_dir: Path) -> None:
    log = CrawlLog(run_dir)
    with WarcWriter(run_dir, {}) as warc:
        here = warc.exchange(URL, NOW, ASK, head(), b"x")
        moved = head(status="302 Found").replace(b"\r\n\r\n", b"\r\nLocation: /b.html#x\r\n\r\n")
        hop = warc.exchange("http://a.gov.cn/old.html", NOW, ASK, moved, b"")
    log.append(row(URL, "ok", location=here, etag='"e"'))
    log.append(row("http://a.gov.cn/old.html", "redirected", location=hop))
    log.append(row("http://a.gov.cn/b.html", "forbidden_target"))
    log.append(row("http://a.gov.cn/slow.html", "timeout"))
    log.append(row("http://a.gov.cn/none.html", "not_found"))
    log.close()
    with (run_dir / "fetches.jsonl").open("a") as f:
        f.write('{"url": "http://a.gov.cn/torn')
    history = read_history(run_dir.parent)
    now = datetime.fromisoformat(NOW) + timedelta(days=5)
    settled = {u.rsplit("/", 1)[1]: history.settled(u, None, now) for u in [*history.last, "http://a.gov.cn/new"]}
    assert settled == {
        "a.html": True,
        "old.html": True,  # it leads to what may not be asked: nothing to gain
        "b.html": False,
        "slow.html": False,
        "none.html": True,
        "new": False,
    }
    assert history.body(URL) == b"x" and history.held[URL].etag == '"e"'
    assert history.settled(URL, 6, now) and not history.settled(URL, 4, now) and not history.settled(URL, 0, now)


def test_lock_and_run(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    with archive_lock(raw):
        with pytest.raises(RunError, match="another run"), archive_lock(raw):
            pass
        runs = [start_run(raw, "crawl", 2) for _ in range(2)]  # within one second
        assert runs[0].directory.name < runs[1].directory.name
        runs[0].finish("stopped", pages=1)
        assert not (raw / "last_successful").exists()
        runs[1].finish("finished", pages=1)
    assert (raw / "last_successful").read_text() == runs[1].directory.name + "\n"
    record = json.loads((runs[1].directory / "run.json").read_text())
    assert record["code_version"] == code_version("crawler", "knowledge") and record["outcome"] == "finished"
    with archive_lock(raw):
        pass


@pytest.mark.parametrize(
    ("expected", "status", "headers", "body"),
    [
        ("ok", 200, {"content-type": "text/html"}, "<title>示例县2023年度报告</title>"),
        ("ok", 200, {"content-type": "text/html"}, "<title>国办发〔2020〕404号</title><p>" + "页面不存在" * 50),
        ("soft_404", 200, {"content-type": "text/html"}, "<title>404 Not Found</title>"),
        ("soft_404", 200, {}, "<p>抱歉,您访问的页面不存在</p>"),
        ("not_modified", 304, {}, ""),
        ("redirected", 301, {"location": "/x"}, ""),
        ("broken_response", 302, {}, ""),
        ("not_found", 410, {}, ""),
        ("blocked", 412, {}, ""),
        ("blocked", 521, {}, ""),
        ("blocked", 468, {}, ""),
        ("blocked", 202, {"set-cookie": "FSSBBIl1UgzbN7NO=x"}, ""),
        ("blocked", 200, {}, "<script>var $_ts={};</script>"),
        ("blocked", 200, {}, "<script>document.cookie='a=1';location.reload();</script>"),
        ("ok", 200, {}, "<script>document.cookie='a=1';location.href='/x'</script><a href='/x'>县人民政府</a>"),
        ("ok", 200, {}, "<script>var $_ts={};</script>" + "本年度依法行政工作情况如下。" * 40),
        ("rate_limited", 429, {}, ""),
        ("rate_limited", 503, {"retry-after": "5"}, ""),
        ("server_error", 503, {}, ""),
        ("client_error", 400, {}, ""),
        ("unsupported_media", 200, {"content-type": "video/mp4"}, ""),
    ],
)
def test_outcomes(expected: str, status: int, headers: dict[str, str], body: str) -> None:
    for charset in ("utf-8", "gb18030"):
        assert outcome(status, headers, body.encode(charset)) == expected
    assert expected in vocabulary()["outcome"]


def test_headers_and_compressed_starts() -> None:
    raw: list[tuple[bytes, list[bytes]]] = [
        (b"Content-Disposition", ["报告".encode("gbk")]),
        (b"Location", [b"/a", b"/b"]),
        (b"Vary", [b"a", b"b"]),
    ]
    headers = plain_headers(raw)
    assert headers["location"] == "/b" and headers["vary"] == "a, b" and "content-disposition" in headers
    body = b"<title>404</title>" * 9000
    for coded, name in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate"), (body, "")):
        assert body_start(coded, name) == body[: 64 * 1024]
    assert body_start(b"not gzip", "gzip") == b""


@pytest.mark.parametrize(
    ("host", "address", "public"),
    [
        ("127.1", "127.0.0.1", False),
        ("0x7f000001", "127.0.0.1", False),
        ("2130706433", "127.0.0.1", False),
        ("[::1]", "::1", False),
        ("[::ffff:10.0.0.1]", "::ffff:a00:1", False),
        ("169.254.169.254", "169.254.169.254", False),
        ("0.0.0.0", "0.0.0.0", False),
        ("100.64.0.1", "100.64.0.1", False),
        ("8.8.8.8", "8.8.8.8", True),
    ],
)
def test_addresses_in_disguise(host: str, address: str, public: bool) -> None:
    assert literal_address(host) == address and is_public(address) is public


def test_loopback_names() -> None:
    assert all(map(is_loopback, ("127.0.0.1:80", "localhost:8001", "[::1]:80", "x.localhost", "127.9.9.9")))
    assert not any(map(is_loopback, ("a.gov.cn:80", "10.0.0.1:80", "[2001:db8::1]:80", "localhost.gov.cn:80")))


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("HTTP://WWW.Gov.CN:80/a/./b/../C%7e%e4.html#x", "http://www.gov.cn/a/C~%E4.html"),
        ("https://a.cn?utm_source=x&b=2&a=1&spm=3", "https://a.cn/?b=2&a=1"),
        ("http://a.cn/报告 1.html", "http://a.cn/%E6%8A%A5%E5%91%8A%201.html"),
        ("http://政府.cn./", "http://xn--mxtq1m.cn/"),
        ("http://u:p@a.cn:8080/;jsessionid=1F?x=1", "http://a.cn:8080/?x=1"),
        (" http://a.cn\\b\n.html ", "http://a.cn/b.html"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
    ],
)
def test_canonical_urls(given_url: str, canonical: str) -> None:
    assert canonical_url(given_url) == canonical


@pytest.mark.parametrize(
    "bad", ["", "javascript:void(0)", "mailto:a@b.cn", "http://", "http://a b/", "http://a:99999/"]
)
def test_no_address(bad: str) -> None:
    with pytest.raises(ValueError):
        canonical_url(bad)


@given(st.text(st.sampled_from("aA%2e5/.?&=#;:@[]|中\\ '\"~_-+,!$()*jsessionid<>^`{}\ud800"), max_size=40))
def test_canonical_form_is_stable(tail: str) -> None:
    for start in ("http://a.cn/", "http://a.cn/x?"):
        once = canonical_url(start + tail)
        assert canonical_url(once) == once and once.isascii() and host_key(once) == "a.cn:80"


def test_relative_addresses() -> None:
    assert canonical_url("../P0.pdf", "http://a.cn/x/y/t1.html") == "http://a.cn/x/P0.pdf"
    assert stamp(datetime(2026, 2, 11, 6, 30, tzinfo=UTC)) == "2026-02-11T06:30:00.000000Z"


def test_night_window() -> None:
    noon, night = datetime(2026, 2, 11, 4, 0, tzinfo=UTC), datetime(2026, 2, 11, 15, 0, tzinfo=UTC)  # 12:00, 23:00
    assert in_window("", noon) and in_window("22:00-06:30", night) and not in_window("22:00-06:30", noon)
    assert in_window("9:00-17:00", noon) and not in_window("09:00-17:00", night)
    for wrong in ("22-6", "25:00-06:00", "night"):
        with pytest.raises(ValueError):
            in_window(wrong, noon)
