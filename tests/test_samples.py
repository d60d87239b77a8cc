"""The sample portals: truth agrees with the text, pages with the truth, the server with HTTP."""

from __future__ import annotations

import csv
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from samples.dice import Dice
from samples.farm import DEFAULT, FAULTS, build, default, digest
from samples.figures import Figures, Unsayable
from samples.phrasing import Voice, speak
from samples.places import GOVERNMENT, issuer, phrases, places
from samples.portal import Portal
from samples.reports import Line, Report, compose
from tests.sampling import documents, samples, visible

ROOT = Path(__file__).parent.parent
LENGTHS = {
    "government": (3000, 6000),
    "department": (1800, 3500),
    "township": (1000, 2000),
    "subdistrict": (1000, 2000),
}
ROLES = {"preamble", "measures", "first_responsible", "problems", "next_year", "other_matters", "closing", "signature"}
TOPICS = {
    *("functions", "institutions", "decisions", "enforcement", "emergency", "disputes", "supervision", "technology"),
    *("leadership", "legal_literacy"),
}
# Digits that are no figure: years, and names that hold digits.
NAMES = re.compile(r"20\d\d|12345|4·15|12·4")


@pytest.fixture(scope="module")
def farm() -> list[Portal]:
    return default()


@pytest.fixture(scope="module")
def written() -> list[Report]:
    """Reports of every invented body over its years, three seeds each."""
    bodies = [(p.code, who, y) for p in places().values() for who, a, b in p.reports for y in range(a, b + 1)]
    return [compose(seed, issuer(places()[code], who), year) for seed in (1, 2, 3) for code, who, year in bodies]


def numbers_in(quote: str) -> set[float]:
    """Every number that a quote states, read without the generator's help."""
    found = set()
    for digits, scale in re.findall(r"(\d+(?:\.\d+)?)余?(万|亿|)", quote):
        found.add(round(float(digits) * {"万": 1e4, "亿": 1e8, "": 1}[scale], 4))
    for han in re.findall(r"([两一二三四五六七八九十])(?=[次场期])", quote):
        found.add(2.0 if han == "两" else float("一二三四五六七八九十".index(han) + 1))
    return found


def test_facts_are_what_their_quotes_say(written: list[Report]) -> None:
    for report in written:
        for line in report.lines:
            for fact in line.facts:
                assert fact.quote in line.text
                assert 0 < len(fact.quote) <= 60
                if fact.value == 0:
                    assert fact.quote.startswith(("全年未", "本年度未"))
                else:
                    assert round(fact.value, 4) in numbers_in(fact.quote), fact
                words = {
                    "over": "余|超",
                    "approx": "约|近",
                    "at_least": "以上|不少于",
                    "at_most": "不超过",
                    "exact": "",
                }
                assert re.search(words[fact.modifier], fact.quote), fact
                if fact.unit == "%" and fact.measure == "level":
                    assert 0 <= fact.value <= 100


def test_each_figure_is_stated_once(written: list[Report]) -> None:
    for report in written:
        stated = Counter(f.code for n in report.lines for f in n.facts if f.code and f.measure == "level")
        assert not [code for code, times in stated.items() if times > 1], report.title


def test_every_number_in_the_text_is_a_fact_or_a_name(written: list[Report]) -> None:
    for report in written:
        for line in report.lines:
            if line.kind == "signature":
                continue
            rest = line.text.removeprefix(line.marker or "")
            for quote in sorted({f.quote for f in line.facts}, key=len, reverse=True):
                rest = rest.replace(quote, "")
            assert not re.search(r"\d", NAMES.sub("", rest)), (report.title, rest)


def test_plans_are_targets_and_only_plans(written: list[Report]) -> None:
    for report in written:
        for line in report.lines:
            for fact in line.facts:
                assert (fact.measure == "target") == (line.role == "next_year"), fact


def check_heading(line: Line) -> None:
    assert line.depth in (1, 2, 3) and line.marker and line.title
    shape = {1: r"[一二三四五六七八九十]+、", 2: r"[（(][一二三四五六七八九十]+[）)]", 3: r"\d+[.．、]"}[line.depth]
    assert re.fullmatch(shape, line.marker)
    after = line.text.removeprefix(line.marker)
    assert after.startswith(line.title) and (after[len(line.title) :] or "。")[0] in "。：:"


def test_lines_are_well_formed(written: list[Report]) -> None:
    for report in written:
        low, high = LENGTHS[report.issuer_kind]
        assert low <= len(report.text) <= high, (report.title, len(report.text))
        roles = [line.role for line in report.lines]
        assert set(roles) <= ROLES and {"preamble", "measures", "first_responsible", "problems", "next_year"} <= set(
            roles
        )
        for line in report.lines:
            assert line.text == line.text.strip() and "\n" not in line.text
            assert not re.search(r"[\[\]{}<>|@]|。。|；。|，。", line.text), line.text
            assert line.topic is None or line.topic in TOPICS
            at = 0
            for marker, title in line.points:
                at = line.text.index(marker + title, at) + len(marker)
                assert line.text[at + len(title)] in "。：；"
            if line.kind == "heading":
                check_heading(line)
            else:
                assert line.depth is None and line.marker is None and line.title is None
        tops = [line.marker for line in report.lines if line.depth == 1]
        assert len(tops) == len(set(tops)) >= 3


def test_identity(written: list[Report]) -> None:
    assert all(code.startswith("99") and len(code) == 6 for code in places())
    for report in written:
        assert report.region_code.startswith("99")
        assert report.published_on.year == report.report_year + 1
        assert report.signed_on is None or report.signed_on < report.published_on
        last = [line.text for line in report.lines if line.kind == "signature"]
        assert report.issuer_name in report.title or last[0] == report.issuer_name or report.issuer_kind == "government"
        if report.signed_on:
            day = report.signed_on
            assert last == [report.issuer_name, f"{day.year}年{day.month}月{day.day}日"]


def test_figures_agree_with_one_another() -> None:
    for year in range(2019, 2026):
        figures = Figures(5, issuer(places()["990121"], GOVERNMENT), year)
        concluded = figures.value("reconsideration_cases_concluded")
        parts = ("upheld", "rejected", "revoked", "altered", "terminated")
        total = 0.0
        for part in parts:
            try:
                total += figures.value(f"reconsideration_cases_{part}")
            except Unsayable:
                continue
        assert total == concluded <= figures.value("reconsideration_cases_accepted")
        lost, closed = figures.value("litigation_cases_lost"), figures.value("litigation_cases_concluded")
        assert figures.value("litigation_loss_rate") == round(100 * lost / closed, 1)


def test_enough_variety() -> None:
    tables = phrases()["measures"]
    for topic, table in tables.items():
        for kind, least in (("g", 12 if topic != "emergency" else 10), ("d", 3), ("t", 2)):
            assert sum(len(some) for users, some in table.items() if kind in users) >= least, (topic, kind)
    codes = {f.code for _, _, d in documents(default()) if isinstance(d, Report) for n in d.lines for f in n.facts}
    assert len(codes) >= 60


def test_a_bad_pattern_is_an_error() -> None:
    figures, voice = Figures(1, issuer(places()["990121"], GOVERNMENT), 2023), Voice({}, "件", False)
    for bad in ("x::没有引号{litigation_cases}。", "x::[不认识{词}]。"):
        with pytest.raises(ValueError, match="figure"):
            speak(bad, voice, figures, Dice(1))


def test_default_farm(farm: list[Portal]) -> None:
    found = [document for _, _, document in documents(farm)]
    reports = [d for d in found if isinstance(d, Report)]
    assert [p.family for p in farm].count("trs") == [p.family for p in farm].count("generic") == 2
    assert 22 <= len(reports) <= 28 and 55 <= len(found) - len(reports) <= 65
    assert {r.report_year for r in reports} == set(range(2019, 2026))
    assert {r.issuer_kind for r in reports} == {"government", "department", "township", "subdistrict"}
    assert {d.doc_type for d in found} >= {
        *("annual_report", "work_points", "plan", "notice", "interpretation", "news", "disclosure_annual_report"),
        *("enforcement_statistics", "duty_statement", "demonstration"),
    }
    quoting = [d for d in found if d.doc_type == "interpretation"]
    assert any(r.title in d.title for d in quoting for r in reports)


def test_same_arguments_same_bytes(farm: list[Portal]) -> None:
    assert digest(farm) == digest(default())
    changed = build(99, "trs", places()["990121"])
    assert digest([changed]) != digest([farm[0]])
    with pytest.raises(ValueError, match="no such fault"):
        build(1, "trs", places()["990121"], ["gbkk"])


def decoded(portal: Portal, path: str) -> str:
    body = portal.pages[path].body
    return body.decode("gb18030" if "gbk" in portal.faults else "utf-8")


def test_pages_hold_the_body_in_order(farm: list[Portal]) -> None:
    for portal, path, document in documents(farm):
        text, at = visible(decoded(portal, path)), 0
        for line in document.text.split("\n"):
            bare = re.sub(r"\s", "", line)
            found = text.find(bare, at)
            assert found >= 0, (path, line)
            at = found + len(bare)


def test_every_page_says_that_it_is_invented(farm: list[Portal]) -> None:
    for portal in farm:
        for path, page in portal.pages.items():
            assert ("X-Fazhi-Sample", "invented") in page.headers
            if page.content_type.startswith("text/html"):
                html = decoded(portal, path)
                assert "示例数据：地名与数字均为虚构" in html
                assert f'name="SiteIDCode" content="{portal.region_code}' in html
                assert 20_000 < len(page.body) < 150_000
        articles = [len(portal.pages[path].body) for path in portal.articles]
        assert min(articles) >= 30_000


def test_lists_lead_to_every_article(farm: list[Portal]) -> None:
    for portal in farm:
        linked = set()
        for path in portal.pages:
            page = portal.pages[path]
            if page.document is None and page.content_type.startswith("text/html"):
                html = decoded(portal, path)
                base = path.rsplit("/", 1)[0]
                linked |= {f"{base}{h[1:]}" if h.startswith("./") else h for h in re.findall(r'href="([^"#?]+)"', html)}
        assert set(portal.articles) <= linked
        for path in (h for h in linked if h.startswith("/")):
            assert path in portal.pages, path


def test_paging(farm: list[Portal]) -> None:
    for portal in farm:
        first = portal.entry_paths[0]
        html = decoded(portal, first)
        if portal.family == "trs":
            said = re.search(r'createPageHTML\((\d+), 0, "index", "html"\)', html)
            assert said
            count = int(said[1])
            more = [f"{first}index_{i}.html" for i in range(1, count)]
        else:
            said = re.search(r"第1/(\d+)页", html)
            assert said and 'href="/fzzfjsndbg/list_2.html">下一页' in html
            count = int(said[1])
            more = [first.replace("list.html", f"list_{i}.html") for i in range(2, count + 1)]
        assert 2 <= count <= 3
        assert all(path in portal.pages for path in more)


def test_faults(farm: list[Portal]) -> None:
    assert {f for _, _, _, faults in DEFAULT for f in faults} <= set(FAULTS)
    for portal in farm:
        path = next(p for p in portal.articles if isinstance(portal.pages[p].document, Report))
        html, document = decoded(portal, path), portal.pages[path].document
        assert document is not None
        assert html.count(document.title) >= 3
        assert ("charset=gb2312" in html) == ("gbk" in portal.faults)
        assert bool(re.search(r"<center><b>", html)) == ("two_line_title" in portal.faults)
        rows = decoded(portal, portal.entry_paths[0])
        assert bool(re.search(r">20\d\d-\d\d-\d\d<", rows)) == ("no_list_date" not in portal.faults)
    robots = [p.pages["/robots.txt"].body.decode() if "/robots.txt" in p.pages else None for p in farm]
    assert robots.count(None) == 1 and sum("Disallow: /search" in (r or "") for r in robots) == 1


class Served:
    """A running `serve`, with the origin of its first portal."""

    def __init__(self, registry: Path) -> None:
        command = [sys.executable, "-m", "samples", "serve", "--registry", str(registry)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.line = self.process.stdout.readline()
        with registry.open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.connection = http.client.HTTPConnection(urlsplit(self.rows[0]["homepage"]).netloc)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = self.connection.getresponse()
        return response, response.read()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path / "portals.csv")
    yield running
    if running.process.poll() is None:
        running.stop()


def test_server_speaks_http(served: Served, farm: list[Portal]) -> None:
    path = farm[0].articles[-1]
    response, body = served.ask(path)
    assert response.status == 200 and body == farm[0].pages[path].body
    assert response.headers["X-Fazhi-Sample"] == "invented"
    tag, changed = response.headers["ETag"], response.headers["Last-Modified"]
    for condition in ({"If_None_Match": tag}, {"If_Modified_Since": changed}):
        response, body = served.ask(path, **condition)
        assert response.status == 304 and not body
    response, _ = served.ask(path, If_None_Match='"another"', If_Modified_Since=changed)
    assert response.status == 200
    response, body = served.ask(path, Accept_Encoding="gzip, deflate")
    assert response.headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == farm[0].pages[path].body
    response, body = served.ask(path, method="HEAD")
    assert (
        response.status == 200 and not body and int(response.headers["Content-Length"]) == len(farm[0].pages[path].body)
    )
    response, body = served.ask("/no/such/page.html")
    assert response.status == 404 and "您访问的页面不存在" in body.decode()
    response, _ = served.ask("/search/?q=x")
    assert response.status == 200
    response, _ = served.ask("/", method="POST")
    assert response.status == 405


def test_registry_is_written_and_its_ports_are_kept(served: Served, tmp_path: Path) -> None:
    registry = tmp_path / "portals.csv"
    assert list(served.rows[0]) == ["portal_id", "name", "homepage", "region_code", "entry_urls", "cms", "notes"]
    assert [row["cms"] for row in served.rows] == ["trs", "", "generic", ""]
    assert served.rows[0]["name"] == "云川县人民政府" and served.rows[0]["region_code"] == "990121"
    before = registry.read_bytes()
    truth = [json.loads(line) for line in samples("truth", "--registry", str(registry)).stdout.splitlines()]
    assert len(truth) > 80 and all(urlsplit(t["url"]).netloc for t in truth)
    assert any(
        f["code"] == "administrative_penalties"
        for t in truth
        for n in t["lines"]
        if isinstance(n, dict)
        for f in n["facts"]
    )
    response, _ = served.ask(urlsplit(truth[0]["url"]).path)
    assert response.status == 200
    taken = samples("serve", "--registry", str(registry))
    assert taken.returncode == 1 and len(taken.stderr.splitlines()) == 1 and "is taken" in taken.stderr
    assert served.stop() == 0
    again = samples(
        "serve", "--registry", str(registry), "--", sys.executable, "-c", "print('crawled'); raise SystemExit(3)"
    )
    assert again.returncode == 3 and again.stdout == "crawled\n"
    assert registry.read_bytes() == before


def test_a_busy_default_port_is_no_obstacle(tmp_path: Path) -> None:
    busy = []
    for port in range(18470, 18474):  # whoever else holds one of them will do as well
        try:
            busy.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
    try:
        done = samples("serve", "--registry", str(tmp_path / "r.csv"), "--", "true")
        assert done.returncode == 0
        assert not re.search(r":1847[0-3]/", (tmp_path / "r.csv").read_text(encoding="utf-8"))
    finally:
        for listener in busy:
            listener.close()


@pytest.mark.parametrize(
    ("arguments", "content", "word"),
    [
        (["truth"], "portal_id,homepage\n", "no portal sample-"),
        (["truth"], "a,b\n1,2\n", "no portal registry"),
        (["truth"], None, "No such file"),
        (["serve", "--", "/no/such/command"], None, "cannot run"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path: Path, arguments: list[str], content: str | None, word: str) -> None:
    registry = tmp_path / "r.csv"
    if content is not None:
        registry.write_text(content, encoding="utf-8")
    at = [arguments[0], "--registry", str(registry), *arguments[1:]]
    done = samples(*at, env={k: v for k, v in os.environ.items() if k != "DEBUG"})
    said = [line for line in done.stderr.splitlines() if "sample portals" not in line]
    assert done.returncode == 1 and len(said) == 1 and word in said[0]
