"""The generated farm: reached from its home pages alone, true in every form, faulty where it says so."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import time
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pypdfium2
import pytest

from samples.builder import charset
from samples.families import FAMILIES
from samples.farm import ADDED, EDITED, FAULTS, REMOVED, build, digest
from samples.farm import farm as farm_of
from samples.files import docx, pdf
from samples.places import GOVERNMENT, invented, issuer, places
from samples.portal import Page, Portal
from samples.reports import Report, compose
from tests.sampling import documents, samples, visible

ROOT = Path(__file__).parent.parent


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
