"""The sample portals: truth agrees with the text, pages with the truth, the server with HTTP."""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pypdfium2
import pytest

from samples.builder import charset
from samples.dice import Dice
from samples.families import FAMILIES
from samples.farm import ADDED, DEFAULT, EDITED, FAULTS, REMOVED, build, default, digest
from samples.farm import farm as farm_of
from samples.figures import Figures, Unsayable
from samples.files import docx, pdf
from samples.lookalikes import LookAlike
from samples.phrasing import Voice, speak
from samples.places import GOVERNMENT, invented, issuer, phrases, places
from samples.portal import Page, Portal
from samples.reports import Line, Report, compose

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


def documents(farm: list[Portal]) -> Iterator[tuple[Portal, str, Report | LookAlike]]:
    for portal in farm:
        for path in portal.articles:
            document = portal.pages[path].document
            assert document is not None
            yield portal, path, document


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


def visible(html: str) -> str:
    """Text of a page without scripts, tags and white space."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.S)
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]+>", "", html)))


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


def samples(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "samples", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False, **options)  # type: ignore[call-overload,no-any-return]


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


# ---------------------------------------------------------------- the generated farm


@pytest.fixture(scope="module")
def grown() -> list[Portal]:
    return farm_of(1, 10)


def text_of(portal: Portal, page: Page) -> str:
    """A page as text, whatever its portal says of its charset."""
    if page.content_type.startswith(("application/json", "text/xml")):
        return page.body.decode()
    return page.body.decode(charset(portal.faults)[1])


def further(portal: Portal, path: str, text: str) -> Iterator[tuple[str, str]]:
    """Requests (target, posted fields) for the other list pages that a list page names, as its own script would ask."""
    here = path.rsplit("/", 1)[0]
    if portal.family == "trs" and (said := re.search(r'createPageHTML\((\d+), 0, "index", "html"\)', text)):
        yield from ((f"{path}index_{i}.html", "") for i in range(1, int(said[1])))
    elif portal.family == "ucap" and (said := re.search(r"createPageHTML\('page_div',(\d+), 1,'list','shtml',", text)):
        yield from ((f"{here}/list_{i}.shtml", "") for i in range(2, int(said[1]) + 1))
    elif portal.family == "jcms" and (
        said := re.search(r"perPage:(\d+),totalRecord:(\d+),.*ajaxParam:\{(.*?)\}", text)
    ):
        fields = dict(re.findall(r"(\w+):'?([^',]*)'?", said[3]))
        per, total = int(said[1]), int(said[2])
        for first in range(1, total + 1, per):
            asked = f"startrecord={first}&endrecord={first + per - 1}&perpage={per}"
            yield f"/module/web/jpage/dataproxy.jsp?{asked}", urlencode(fields)
    elif portal.family == "jpaas" and (said := re.search(r'unitbuild.js" url="(.*?)" queryData="(.*?)"', text)):
        fields = json.loads(said[2].replace("'", '"'))
        for page in range(1, 40):
            target = f"{said[1]}?{urlencode(fields | {'paramJson': json.dumps({'pageNo': page, 'pageSize': 15})})}"
            yield target, ""
            html = json.loads(portal.answer(target).body)["data"]["html"]
            if page * 15 >= int(re.search(r'count="(\d+)"', html)[1]):  # type: ignore[index]
                return
    elif "/gkmlpt/" in path and (said := re.search(r"SID: '(\d+)'.*?TREE: (\[.*?\]),\n", text, re.S)):
        for node in json.loads(said[2]):
            api = f"{path.removesuffix('/index')}/api/all/{node['id']}"
            yield from ((f"{api}?page={i}&sid={said[1]}", "") for i in range(1, node["post_count"] // 100 + 2))
    elif portal.family == "aspx" and "__VIEWSTATE" in text:
        state = re.search(r'id="__VIEWSTATE" value="(.*?)"', text)[1]  # type: ignore[index]
        for target, page in re.findall(r"__doPostBack\('(.*?)','(\d+)'\)", text):
            yield path, urlencode({"__EVENTTARGET": target, "__EVENTARGUMENT": page, "__VIEWSTATE": state})


# Addresses of articles over all families.
ARTICLE = re.compile(r"/t20\d{6}_|content_\d|/art/|post_\d|/[0-9a-f]{32}\.|/info/\d|/20\d{6}/|/184\d{5}\.|/Item/\d")


def walk(portal: Portal) -> tuple[set[str], int]:
    """(paths linked from what is no article, requests made) of a breadth-first walk from the home page that fetches no
    article; mirrors are left alone."""
    linked, requests = set[str](), 0
    queue: list[tuple[str, str]] = [("/", "")]
    seen = set(queue)
    while queue:
        target, form = queue.pop(0)
        page, requests = portal.answer(target, form), requests + 1
        if page.status != 200 or not page.content_type.startswith(("text/html", "application/json", "text/xml")):
            continue
        text = text_of(portal, page)
        path = target.partition("?")[0]
        found = [(urljoin(path, unescape(h)), "") for h in re.findall(r'href="((?!javascript)[^"#]+)', text)]
        if page.content_type.startswith("application/json"):
            found = [(h, "") for h in re.findall(r'(?:href=\\"|"url": ")(.*?)\\?"', text)]
        found = [(re.sub(r"^http://[\w-]+\.portal\.example", "", t) or "/", f) for t, f in found]
        linked |= {t for t, _ in found}
        for request in [*found, *further(portal, path, text)]:
            mirror = request[0].startswith(("/big5/", "http")) or "isMobile" in request[0]
            if request not in seen and not ARTICLE.search(request[0]) and not mirror and "/search" not in request[0]:
                seen.add(request)
                queue.append(request)
    return linked, requests


def test_farm_is_large_and_varied(grown: list[Portal]) -> None:
    found = [d for _, _, d in documents(grown)]
    reports = [d for d in found if isinstance(d, Report)]
    everything = sum(len(p.pages) for p in grown)
    assert len(reports) >= 250 and len(found) - len(reports) >= 500 and everything - len(found) >= 4000
    assert {p.family for p in grown} >= set(FAMILIES)
    assert {f for p in farm_of(1, 11) for f in p.faults} == set(FAULTS) - {"none"}
    assert {"annual_report", "npc_report"} == {r.doc_type for r in reports}
    assert any("印发《" in r.title for r in reports)
    assert sum(len(p.body_in_file) for p in grown) >= 3
    codes = [p.region_code for p in grown if p.articles]
    assert len(set(codes)) == len(codes) == 10 and all(re.fullmatch(r"99\d{4}", c) for c in codes)
    quick = time.process_time()
    built = [portal.answer(path) for portal in farm_of(2, 3) for path in list(portal.pages)[:200]]
    assert len(built) / (time.process_time() - quick) >= 300


def test_invented_names_are_nowhere_in_use() -> None:
    many = [invented(i) for i in range(600)]
    assert len({p.name for p in many}) == len({p.code for p in many}) == len({p.slug for p in many}) == len(many)
    assert not {p.code for p in many} & set(places())
    with (ROOT / "knowledge/regions.csv").open(encoding="utf-8", newline="") as file:
        real = {re.sub("[省市县区旗盟]$", "", row["name"]) for row in csv.DictReader(file)}
    assert not {p.name[:-1] for p in many} & real
    with pytest.raises(ValueError, match="fewer portals"):
        invented(2000)


def test_every_article_is_reached_from_the_home_page_only(grown: list[Portal]) -> None:
    for portal in grown:
        if not portal.articles:
            continue
        linked, requests = walk(portal)
        assert set(portal.articles) <= linked, (portal.family, sorted(set(portal.articles) - linked)[:3])
        assert requests < 250
        home = set(re.findall(r'href="([^"]+)"', text_of(portal, portal.answer("/"))))
        assert not home & set(portal.articles) and not home & {p for p in portal.entry_paths if "#" not in p}


def test_addresses_are_unique_and_answered(grown: list[Portal]) -> None:
    for portal in grown:
        assert len(set(portal.entry_paths)) == len(portal.entry_paths)
        assert len(set(portal.articles)) == len(portal.articles)
        for path in portal.articles[:40]:
            page = portal.answer(path)
            assert page.status == 200 and page.document is not None
            for file in portal.files.get(path, ()):
                assert portal.answer(file).body[:4] in (b"%PDF", b"PK\x03\x04")


def test_farm_pages_hold_the_body_in_order(grown: list[Portal]) -> None:
    for portal in grown:
        for path in [p for p in portal.articles if p not in portal.body_in_file][::4]:
            page = portal.answer(path)
            assert page.document is not None
            text, at = visible(text_of(portal, page)), 0
            for line in page.document.text.split("\n"):
                bare = re.sub(r"\s", "", line)
                at = text.find(bare, at) + len(bare)
                assert at >= len(bare), (portal.family, path, line)


def test_truth_of_every_form_of_report(grown: list[Portal]) -> None:
    for _, _, report in documents(grown):
        if isinstance(report, Report):
            for line in report.lines:
                assert all(f.quote in line.text for f in line.facts)
                assert all(title in line.text for _, title in line.points)
    npc = next(d for _, _, d in documents(grown) if isinstance(d, Report) and d.doc_type == "npc_report")
    assert npc.lines[0].text.endswith("人大常委会：") and "请予审议" in npc.text
    wrapped = next(d for _, _, d in documents(grown) if "印发《" in d.title and isinstance(d, Report))
    inner = re.search("《(.*)》", wrapped.title)
    assert inner and inner[1] in wrapped.text.split("\n")


def test_attached_files_hold_the_text() -> None:
    report = compose(3, issuer(places()["990121"], GOVERNMENT), 2022)
    lines = report.text.split("\n")
    document = pypdfium2.PdfDocument(pdf(report.title, lines))
    read = "".join(document[i].get_textpage().get_text_bounded() for i in range(len(document)))
    read = re.sub(r"\s|—\s*\d+\s*—", "", read)
    assert read == re.sub(r"\s", "", report.title + report.text)
    with zipfile.ZipFile(io.BytesIO(docx(report.title, lines))) as archive:
        assert archive.testzip() is None
        text = archive.read("word/document.xml").decode()
    assert [unescape(re.sub("<.*?>", "", p)) for p in re.findall("<w:p>.*?</w:p>", text)] == [report.title, *lines]


def test_the_farm_some_weeks_later() -> None:
    before, after = farm_of(4, 3), farm_of(4, 3, edited=True)
    old, new = ({(p.portal_id, path): d for p, path, d in documents(f)} for f in (before, after))
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    edited = {k for k in old.keys() & new.keys() if old[k] != new[k]}
    assert (len(edited), len(added), len(removed)) == (EDITED, ADDED, REMOVED)
    for key in edited:
        one, two = old[key], new[key]
        assert isinstance(one, Report) and isinstance(two, Report)
        lines = [(a, b) for a, b in zip(one.lines, two.lines, strict=True) if a != b]
        assert len(lines) == 1 and lines[0][0].text != lines[0][1].text
        assert all(f.quote in lines[0][1].text for f in lines[0][1].facts)
    by_id = {p.portal_id: p for p in after}
    for portal_id, path in removed:
        assert "不存在" in text_of(by_id[portal_id], by_id[portal_id].answer(path))
    assert digest(after[:1]) == digest(farm_of(4, 3, edited=True)[:1])


def faulty(*faults: str, family: str = "trs") -> tuple[Portal, str, str]:
    """(portal with these faults, path and text of one of its reports)."""
    portal = build(11, family, places()["990121"], faults)
    path = next(p for p in portal.articles if isinstance(portal.pages[p].document, Report))
    return portal, path, text_of(portal, portal.answer(path))


def test_page_faults() -> None:
    portal, path, text = faulty("cut_titles", "clock_2019", "column_pubdate")
    assert "今天是2019年" in text
    document = portal.answer(path).document
    assert document is not None and f'name="PubDate" content="{document.published_on}' not in text
    rows = re.findall(r'title="([^"]*)">([^<]*)</a><span>', text_of(portal, portal.answer(portal.entry_paths[0])))
    assert rows and all(shown.endswith(("…", "...")) and title != shown for title, shown in rows)
    _, _, text = faulty("placeholders", "doubled_labels", "bare_breaks")
    assert 'name="ArticleTitle" content="&lt;$[标题]&gt;"' in text and "索 引 号: 索 引 号:" in text
    body = text[text.index("TRS_") :]
    assert "<br>" in body and "<p>" not in body[: body.index('class="article-foot"')]
    assert '<td class="p1"' in faulty("layout_table")[2]
    for fault, encoding in (("utf8_as_gb2312", "utf-8"), ("gbk_as_utf8", "gb18030")):
        portal, path, _ = faulty(fault)
        assert portal.answer(path).content_type == "text/html"
        page = portal.answer(path).body.decode(encoding)
        assert f"charset={'gb2312' if encoding == 'utf-8' else 'utf-8'}" in page


def test_list_faults() -> None:
    for family in FAMILIES:
        portal, _, _ = faulty("lying_count", "repeated_last_page", family=family)
        first = portal.entry_paths[0].partition("#")[0]
        targets = list(further(portal, first, text_of(portal, portal.answer(first))))
        if targets and family not in ("gkmlpt", "jcms"):
            pages = [text_of(portal, portal.answer(*t)) for t in targets]
            rows = [re.findall(r'href=\\?"([^"]*\d[^"]*)"', re.sub(r"(?s)<script.*?</script>", "", p)) for p in pages]
            assert rows[-1] and portal.answer(*targets[-1]).status == 200
    honest, lying = faulty()[0], faulty("lying_count")[0]
    claims = [re.search(r"createPageHTML\((\d+), 0", text_of(p, p.answer(p.entry_paths[0]))) for p in (honest, lying)]
    assert claims[0] and claims[1] and int(claims[1][1]) == int(claims[0][1]) + 2
    assert lying.answer(f"{lying.entry_paths[0]}index_{claims[0][1]}.html").status == 404


def test_portal_faults() -> None:
    portal, path, text = faulty("soft_404", "html_robots", "big5_mirror", "mobile_mirror")
    gone = portal.answer("/no/such/page.html")
    assert gone.status == 200 and "不存在" in gone.body.decode()
    assert portal.answer("/robots.txt").content_type.startswith("text/html")
    mirror = portal.answer(f"/big5{path}")
    full = mirror.body.decode("big5" if "big5" in mirror.body[:400].decode("ascii", "replace") else "utf-8")
    assert "法治政府建設" in full and 'href="/big5/' in full and "法治政府建设" not in full and mirror.document is None
    small = portal.answer(f"{path}?isMobile=true").body.decode()
    assert "isMobile=true" in small and len(small) < len(text) and 'class="sidebar"' not in small


def test_moved_and_challenged_hosts(grown: list[Portal]) -> None:
    old = next(p for p in grown if p.portal_id.endswith("-old"))
    new = next(p for p in grown if p.portal_id == old.portal_id.removesuffix("-old"))
    answer = old.answer(new.articles[0])
    assert (
        answer.status == 301
        and ("Location", f"http://{new.portal_id}.portal.example{new.articles[0]}") in answer.headers
    )
    blocked = grown[-1].answer("/any")
    assert blocked.status == 412 and b"$_ts" in blocked.body and not grown[-1].articles


def test_endpoints_refuse_what_no_page_asks_for() -> None:
    jpaas = build(5, "jpaas", places()["990121"])
    (unit,) = jpaas.endpoints
    assert json.loads(jpaas.answer(f"{unit}?parseType=buildstatic").body)["success"] is False
    jcms = build(5, "jcms", places()["990121"])
    assert "<record>" not in jcms.answer("/module/web/jpage/dataproxy.jsp?columnid=1").body.decode()
    assert jcms.answer("/module/web/jpage/dataproxy.jsp?page=x&columnid=1").status in (200, 404)
    gkmlpt = build(5, "gkmlpt", places()["990121"])
    assert all(gkmlpt.answer(f"{path}?page=1").status == 404 for path in gkmlpt.endpoints)
    aspx = build(5, "aspx", places()["990121"])
    first = aspx.entry_paths[0]
    without = aspx.answer(first, "__EVENTTARGET=ctl00%24ContentPlaceHolder1%24AspNetPager1&__EVENTARGUMENT=2")
    assert without.body == aspx.answer(first).body


def test_farm_is_served(tmp_path: Path) -> None:
    registry = tmp_path / "farm.csv"
    show = "import csv,sys,urllib.request as u; r=list(csv.DictReader(open(sys.argv[1],encoding='utf-8')));"
    show += "print(len(r), sum(bool(x['entry_urls'] or x['cms']) for x in r), u.urlopen(r[5]['homepage']).status)"
    show += ";p=[x for x in r if x['portal_id'].endswith('-old')][0];print(u.urlopen(p['homepage']).url == [x for x in r if x['portal_id']==p['portal_id'][:-4]][0]['homepage'])"
    done = samples("serve", "--registry", str(registry), "--farm", "6", "--", sys.executable, "-c", show, str(registry))
    assert done.returncode == 0 and done.stdout.split() == ["8", "0", "200", "True"]
    truth = samples("truth", "--registry", str(registry), "--farm", "6").stdout.splitlines()
    rows = [json.loads(line) for line in truth]
    assert sum("report_year" in r for r in rows) >= 150 and any(r.get("body_in_file") for r in rows)
    later = samples("truth", "--registry", str(registry), "--farm", "1", "--edited").stdout.splitlines()
    assert not set(later) <= set(truth)
    wrong = samples("serve", "--registry", str(registry), "--farm", "5000")
    assert wrong.returncode == 1 and "fewer portals" in wrong.stderr and len(wrong.stderr.splitlines()) == 1
