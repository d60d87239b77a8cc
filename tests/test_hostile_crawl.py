"""Crawls beside hostile servers: each fault ends as what it is, the crawl ends, and its neighbours lose nothing."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from test_crawl import Site, article, list_page, site

from crawler.circles import SAME, Circles, shape
from crawler.policy import is_endless
from samples.farm import default
from samples.faults import BAD, FAULTS, GOOD, HOME, LIST, Hostile
from samples.server import Server
from transform.reader import Reader
from transform.shard import shards

__all__ = ["site"]
ROOT = Path(__file__).resolve().parent.parent
HEADER = "portal_id,name,homepage,region_code,entry_urls,cms,notes\n"

# The crawl as `make crawl` runs it, but that it waits ten seconds where it would wait a minute; and the machine itself
# refuses every connection that does not go to loopback, so that a guard that fails shows and harms nobody.
PRELUDE = """
import socket, sys
import crawler.settings as s
s.DOWNLOAD_TIMEOUT, s.RETRY_TIMES = 10, 0
tried = open({tried!r}, "a")
whole = socket.socket.connect_ex
def connect_ex(self, address):
    tried.write(address[0] + "\\n"); tried.flush()
    if not (str(address[0]).startswith("127.") or str(address[0]).startswith("/")):
        return 113
    return whole(self, address)
socket.socket.connect_ex = connect_ex
names = {names!r}
def gethostbyname(name):
    answers = [name] if name[0].isdigit() else names.get(name)
    if answers is None:
        raise socket.gaierror(-2, "Name or service not known")
    return answers.pop(0) if len(answers) > 1 else answers[0]
def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (gethostbyname(host), port or 0))]
if names:
    socket.gethostbyname, socket.getaddrinfo = gethostbyname, getaddrinfo
{more}
from crawler.run import main
from knowledge.console import guard
guard(lambda: main(sys.argv[1:]))
"""


def crawl(
    folder: Path, names: dict[str, list[str]] | None = None, more: str = "", **environment: str
) -> tuple[list[dict[str, Any]], str]:
    """Crawl folder/portals.csv into folder/data; rows of its log, and what it said."""
    tried = folder / "tried"
    code = PRELUDE.format(tried=str(tried), names=names or {}, more=more)
    command = [sys.executable, "-c", code, "--data", str(folder / "data"), "--portals", str(folder / "portals.csv"), "--delay", "0", "--contact", "a@b.cn"]  # fmt: skip
    clean = {k: v for k, v in os.environ.items() if k != "DEBUG"} | environment
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=200)
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    run = max((folder / "data/raw").glob("*-crawl"))
    assert json.loads((run / "run.json").read_text())["outcome"] in ("finished", "failed"), done.stderr
    lines = (run / "fetches.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines], done.stdout + done.stderr


class Loop:
    """Servers of samples/ in a thread of their own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def do(self, work: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(whole(), self.loop).result(60)

    def stop(self, servers: Sequence[Any]) -> None:
        for server in servers:
            self.do(server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The same well-behaved portals crawled alone and beside all hostile ones."""
    loop = Loop()
    here: dict[str, str] = {}
    portals = [Server(portal, here) for portal in default()]
    hostile = [Hostile(fault) for fault in FAULTS]
    for server in portals:
        loop.do(server.start(0, exactly=False))
    for host in hostile:
        loop.do(host.start())
    good = "".join(
        f"{s.portal.portal_id},{s.portal.name},{s.origin}{s.portal.homepage_path},{s.portal.region_code},,,\n"
        for s in portals
    )
    bad = "".join(
        f"{h.portal_id},示例,{h.origin}{HOME},990101,{'' if h.fault.found else h.origin + LIST},,\n" for h in hostile
    )
    out: dict[str, Any] = {"hostile": hostile}
    for name, rows in (("alone", good), ("beside", bad + good)):
        folder = tmp_path_factory.mktemp(name)
        (folder / "portals.csv").write_text(HEADER + rows, encoding="utf-8")
        began = time.monotonic()
        out[name], out[name + "_said"] = crawl(folder)
        out[name + "_seconds"] = time.monotonic() - began
        out[name + "_folder"] = folder
    yield out
    loop.stop([*portals, *hostile])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_each_fault_ends_as_what_it_is(fault: Any, beside: dict[str, Any]) -> None:
    host = next(h for h in beside["hostile"] if h.fault is fault)
    rows = {row["url"].removeprefix(host.origin): row for row in beside["beside"] if row["portal_id"] == host.portal_id}
    assert rows[BAD]["outcome"] == fault.outcome
    assert rows[LIST]["outcome"] == rows[GOOD]["outcome"] == "ok"  # the host's other report came all the same
    others = {url: row["outcome"] for url, row in rows.items() if url not in (BAD, LIST, GOOD, "/robots.txt")}
    if fault.name == "endless_path":
        assert list(others.values()) == ["trap"]
    elif fault.name == "sessions":
        sessions = [url for url in rows if url.startswith("/s/")]
        assert {rows[url]["outcome"] for url in sessions} == {"ok", "trap"}
        assert sum(rows[url]["outcome"] == "ok" for url in sessions) <= 2 * SAME
    elif fault.outcome == "redirected":
        assert list(others.values()) == ["forbidden_target"]
    else:
        assert not others
    assert host.asked.count(BAD) <= 2 and len(host.asked) <= (20 if fault.found else 6)


def test_neighbours_of_hostile_portals_lose_nothing(beside: dict[str, Any]) -> None:
    alone = {(r["url"], r["outcome"], r["payload_digest"]) for r in beside["alone"]}
    hostile = {host.portal_id for host in beside["hostile"]}
    among = {(r["url"], r["outcome"], r["payload_digest"]) for r in beside["beside"] if r["portal_id"] not in hostile}
    assert alone == among and sum(r["purpose"] == "article" for r in beside["alone"]) >= 20
    assert "could not be read by the crawler's own fault" not in beside["beside_said"]


def test_nobody_was_let_in(beside: dict[str, Any]) -> None:
    tried = (beside["beside_folder"] / "tried").read_text().split()
    assert set(tried) == {"127.0.0.1"}
    assert not any(row["url"].endswith(":9/x") and row["http_status"] for row in beside["beside"])


@pytest.mark.slow
def test_hostile_pages_become_rows(beside: dict[str, Any]) -> None:
    """Every response said to be good is a document or a row of quarantine, in bounded time."""
    (shard,) = shards(beside["beside_folder"] / "data/raw")
    with Reader(seconds=3) as reader:
        tables = reader.read(shard, "v")
    came = {*tables["documents"]["url"].to_pylist(), *tables["quarantine"]["document_url"].to_pylist()}
    good = {r["url"] for r in beside["beside"] if r["outcome"] == "ok" and r["purpose"] in ("article", "attachment")}
    assert good == came
    texts = dict(zip(tables["documents"]["url"].to_pylist(), tables["documents"]["text"].to_pylist(), strict=True))
    host = {h.fault.name: h.origin for h in beside["hostile"]}
    for name in ("lying_charset", "report_as_image", "length_too_short", "nul_bytes"):
        assert "全年办理行政复议案件89件" in texts[host[name] + BAD], name


@pytest.mark.slow
def test_figures(beside: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    ends = {h.origin + BAD: h.fault.outcome for h in beside["hostile"]}
    survived = sum(row["outcome"] == ends.get(row["url"]) for row in beside["beside"])
    good = {r["payload_digest"] for r in beside["alone"] if r["outcome"] == "ok"}
    lost = good - {r["payload_digest"] for r in beside["beside"]}
    with capsys.disabled():
        print(
            f"\nfaults survived: {survived} of {len(FAULTS)}; neighbours' pages lost: {len(lost)} of {len(good)}; seconds: {beside['beside_seconds']:.0f} ({beside['alone_seconds']:.0f} without hostile portals)"
        )
    assert survived == len(FAULTS) and not lost


# ---------------------------------------------------------------- names that lead inside


def test_names_are_judged_by_where_they_lead(site: Site, tmp_path: Path) -> None:
    """Names that resolve to private addresses, at once or after a redirect, or at the second look-up."""
    hits: list[str] = []

    class Inner(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    # the same port on another loopback address stands for a machine inside
    inside = ThreadingHTTPServer(("127.0.0.3", site.port), Inner)
    threading.Thread(target=inside.serve_forever, daemon=True).start()
    port = site.port
    names = {
        "inside.example": ["10.0.0.1"], "linklocal.example": ["169.254.169.254"], "loop.example": ["127.0.0.3"],
        "zero.example": ["0.0.0.0"], "mapped.example": ["::ffff:10.0.0.1"], "shared.example": ["100.64.0.1"],
        "changing.example": ["127.0.0.1", "127.0.0.3", "10.0.0.1"],
    }  # fmt: skip
    rows = [(f"http://{name}:{port}/a.html", f"示例县{i}号法治政府建设年度报告") for i, name in enumerate(names)]
    rows.append(("/to_inside.html", "示例县2012年法治政府建设年度报告"))
    rows.append((f"http://changing.example:{port}/b.html", "示例县2013年法治政府建设年度报告"))
    site.add("/list.html", list_page(rows))
    site.add("/to_inside.html", status=302, Location=f"http://inside.example:{port}/c.html")
    for path in ("/a.html", "/b.html"):
        site.add(path, article("一"))
    (tmp_path / "portals.csv").write_text(
        HEADER + f"demo,示例县,{site.base}/,990101,{site.base}/list.html,,\n", encoding="utf-8"
    )
    # 127.0.0.1 stands for the public internet here, so that no packet leaves the machine
    public = 'import crawler.policy as p; judged = p.is_public; p.is_public = lambda a: a == "127.0.0.1" or judged(a)'
    log, _ = crawl(tmp_path, names, public)
    inside.shutdown()
    inside.server_close()
    outcomes = {row["url"]: row["outcome"] for row in log}
    for name in names:
        expected = "ok" if name == "changing.example" else "forbidden_target"
        assert outcomes[f"http://{name}:{port}/a.html"] == expected, name
    assert outcomes[f"http://inside.example:{port}/c.html"] == "forbidden_target"
    # the name that changed its mind was looked up once: all its pages came from the address that was judged
    assert outcomes[f"http://changing.example:{port}/b.html"] == "ok"
    assert hits == [] and set((tmp_path / "tried").read_text().split()) == {"127.0.0.1"}


# ---------------------------------------------------------------- certificates


def certificate(folder: Path, name: str, host: str, days: tuple[int, int], issuer: Any = None) -> tuple[Path, Any]:
    """A certificate and its key in one file; issuer (certificate, key) or itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    by_name, by_key = (issuer[0].subject, issuer[1]) if issuer else (subject, key)
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host[0].isdigit():
        names = [x509.IPAddress(ipaddress.ip_address(host))]
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(by_name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0])).not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(by_key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + built.public_bytes(serialization.Encoding.PEM))
    return path, (built, key)


class Secure(BaseHTTPRequestHandler):
    """A list and a report behind TLS."""

    def do_GET(self) -> None:
        pages = {"/list.html": list_page([("/a.html", "示例县2023年法治政府建设年度报告")]), "/a.html": article("一")}
        body = pages.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def test_certificates_that_prove_nothing(tmp_path: Path) -> None:
    _, ca = certificate(tmp_path, "ca", "ca.example", (-9, 900))
    (tmp_path / "trusted.pem").write_bytes(ca[0].public_bytes(serialization.Encoding.PEM))
    kinds = {
        "good": ("localhost", (-9, 900), ca), "selfsigned": ("localhost", (-9, 900), None), "expired": ("localhost", (-900, -9), ca),
        "early": ("localhost", (9, 900), ca), "wronghost": ("other.example", (-9, 900), ca),
    }  # fmt: skip
    servers, rows = [], ""
    for name, (host, days, issuer) in kinds.items():
        path, _ = certificate(tmp_path, name, host, days, issuer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Secure)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        base = f"https://localhost:{server.server_address[1]}"
        rows += f"{name},示例县,{base}/,990101,{base}/list.html,,\n"
    with socket.create_server(("127.0.0.1", 0)) as plain:  # speaks no TLS
        threading.Thread(
            target=lambda: plain.accept()[0].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), daemon=True
        ).start()
        rows += f"notls,示例县,https://localhost:{plain.getsockname()[1]}/,990101,https://localhost:{plain.getsockname()[1]}/list.html,,\n"
        (tmp_path / "portals.csv").write_text(HEADER + rows, encoding="utf-8")
        log, _ = crawl(tmp_path, SSL_CERT_FILE=str(tmp_path / "trusted.pem"))
    for server in servers:
        server.shutdown()
        server.server_close()
    lists = {row["portal_id"]: row["outcome"] for row in log if row["purpose"] == "list"}
    assert {k: lists[k] for k in kinds} == {"good": "ok"} | dict.fromkeys(
        ("selfsigned", "expired", "early", "wronghost"), "tls_error"
    )
    assert lists["notls"] in ("tls_error", "connection_error", "timeout")
    assert [row["url"][-7:] for row in log if row["purpose"] == "article"] == ["/a.html"]


# ---------------------------------------------------------------- lists and addresses without end


@pytest.mark.slow
def test_calendars_and_sessions_end(site: Site, tmp_path: Path) -> None:
    """A calendar that always has a next page, links that name a new session each time, a page under every address."""
    answers = site.pages

    class Endless(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            if key.startswith("/calendar"):
                month = int(key.rpartition("=")[2] or 1) if "=" in key else 1
                body = list_page(
                    [(f"/day/{month}-{d}.html", f"{d}日活动安排一览") for d in range(9)],
                    f"<a href='/calendar?m={month + 1}'>下一页</a>",
                )
                return 200, {"Content-Type": "text/html"}, body
            if "(S(" in key or key == "/s/":
                new = f"/(S(x{len(site.asked)}))/zwgk/"
                return (
                    200,
                    {"Content-Type": "text/html"},
                    f"<html><body><ul><li><a href='{new}'>政府信息公开</a></li><li><a href='{new}fz/'>法治政府建设年度报告</a></li></ul></body></html>".encode(),
                )
            if key.startswith("/deep/"):
                return 200, {"Content-Type": "text/html"}, list_page([("fz/deep/index.html", "法治政府建设年度报告")])
            return answers.get(key, default)

    site.pages = Endless()
    b = site.base
    rows = f"calendar,示例县,{b}/calendar,990101,{b}/calendar,,\nsession,示例县,http://localhost:{site.port}/s/,990102,,,\ndeep,示例县,http://127.0.0.2:{site.port}/deep/,990103,,,\n"
    (tmp_path / "portals.csv").write_text(HEADER + rows, encoding="utf-8")
    log, _ = crawl(tmp_path)
    asked = {name: sum(row["portal_id"] == name for row in log) for name in ("calendar", "session", "deep")}
    assert asked["calendar"] <= 210, asked
    sessions = [row["outcome"] for row in log if row["portal_id"] == "session" and "(S(" in row["url"]]
    assert sessions.count("ok") <= 2 * SAME and "trap" in sessions, sessions
    assert not [row for row in log if "/day/" in row["url"]]


@pytest.mark.parametrize(
    ("path", "endless"),
    [
        ("/zwgk/fdzdgknr/fzzfjsndbg/content/post_1234567.html", False),
        ("/zfxxgk/zfxxgk/fdzdgknr/zfxxgk/art/2024/3/1/art_1_1.html", False),
        ("/a/b/a/b/a/b/a/b/t.html", True),
        ("/" + "a1/b2/c3/d4/e5/f6/g7/h8/i9/j0/k1/l2/m3/n4/o5/p6/q7/r8/s9/t0/u1/" + "t.html", True),
        ("/t.html?x=" + "a" * 3000, True),
    ],
)
def test_addresses_made_in_a_circle(path: str, endless: bool) -> None:
    assert is_endless("http://a.example" + path) is endless


def test_addresses_that_differ_in_a_session_only() -> None:
    names = "/a;jsessionid={}/l.html /s/{}/zwgk/ /(S({}))/l.aspx /l.do?sid={}&t=1".split()  # noqa: SIM905
    for name in names:
        addresses = ["http://a.example" + name.format(f"{n}f3a9c71e8") for n in range(SAME + 2)]
        assert len({shape(address) for address in addresses}) == 1
        met = Circles()
        for n, address in enumerate(addresses):
            assert met.closed(address) is (n >= SAME)
            met.note(
                address, f"<p>政务公开</p><a href='{address}'>法治</a><p>现在是{n}时</p><script>var s={n}</script>"
            )
        assert not met.closed("http://a.example/zwgk/list.html")


def test_columns_of_one_shape_are_no_circle() -> None:
    """Columns have numbers in their addresses too; those that show something of their own are asked for."""
    met = Circles()
    for n, word in enumerate("财政 教育 民政 司法 水利 交通 卫生 审计 公安".split()):  # noqa: SIM905
        address = f"http://a.example/col/col{n}/index.html"
        assert not met.closed(address)
        met.note(address, f"<title>示例县</title><p>当前位置:{word}</p><p>暂无信息</p>")
    for _ in range(SAME + 1):  # nor is a page that is read again
        met.note("http://a.example/col/col1/index.html", "<p>一</p>")
    assert not met.closed("http://a.example/col/col99/index.html")
