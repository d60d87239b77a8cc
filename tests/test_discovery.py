"""Discovery: which links are followed, in which order, which rows are fetched, and what the next run knows of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.changes import same_text
from crawler.discovery import (
    Link,
    Site,
    bounds,
    fold,
    links,
    looks_like_article,
    may_be_column,
    names_a_column,
    original,
    score,
    sitemap_addresses,
    slug_of,
)
from crawler.families.page import Fetched, Page, Row
from crawler.frontier import ENTRY, HOME, LEARNT, Frontier, Item, patience
from crawler.learnt import DiscoveryLog, read_learnt
from crawler.rows import report_title, wanted
from crawler.schedule import schedule
from knowledge.cues import load

HOME_URL = "http://www.example.gov.cn/"
NOW = datetime(2026, 2, 11, 6, 30, tzinfo=UTC)


def value(text: str, path: str = "a/", depth: int = 1, parent: int = 0) -> int:
    return score(Link(HOME_URL + path, text), depth, parent).value


def test_the_way_to_the_reports_scores_best() -> None:
    """Each step towards the column scores more than what lies beside it."""
    assert value("法治政府建设年度报告") > value("其他法定信息") > value("教育局") > value("通知公告") >= 20
    assert value("法定主动公开内容") > value("政府信息公开") > value("专题专栏")
    assert value("栏目", "zwgk/fzzfjsndbg/index.html") > 80
    assert value("法治政府建设年度报告", "fzzfjsndbg/") > value("法治政府建设年度报告")
    assert value("教育局", parent=60) > value("教育局")
    assert value("政府信息公开", depth=3) < value("政府信息公开", depth=1)


@pytest.mark.parametrize(
    "text",
    [
        "政府信息公开年度报告",
        "财政预决算",
        "领导之窗",
        "政策解读",
        "我县召开法治政府建设工作推进会议",
        "县政府党组理论学习中心组专题学习法治政府建设",
        "登录",
        "互动交流",
    ],
)
def test_left_alone(text: str) -> None:
    assert value(text) == 0


def test_searches_are_never_followed() -> None:
    assert value("依法行政", "search/?q=yfxz") == 0 and not may_be_column(Link(HOME_URL + "login/", "某某栏目"))
    assert may_be_column(Link(HOME_URL + "x/", "基础信息")) and not may_be_column(Link(HOME_URL + "x/", "2024年度"))


def test_scores_are_explained() -> None:
    found = score(Link(HOME_URL + "zwgk/fzzfjsndbg/", "法治政府建设年度报告"), depth=2, parent=60)
    assert any("text" in r for r in found.reasons) and any("address" in r for r in found.reasons)
    assert all("reason" in cue for cue in load("discovery.toml")["cue"])


def test_links_are_read_wherever_they_stand() -> None:
    html = """<html><body><a href="/a/">县政府信息公开</a><a href="javascript:void(0)" onclick="window.open('/b/index.html')">
    部门公开</a><iframe src="/c/tree.html" name="目录"></iframe><select><option value="/d/">教育局</option></select>
    <map><area href="/e/" alt="x"></map><a href="/f/"><img src="x.png" alt="法治政府建设"></a>
    <div class="box"><h3>法治专栏</h3><a href="/g/">更多&gt;&gt;</a></div><a href="/gkmlpt/index#2571">年报</a>
    <script>var nodes=[{id:1,name:"其他法定信息",url:"/i/"},{id:2,name:"目录"}];</script><a href="/h.pdf">文件</a><a href="mailto:x@y.cn">邮箱</a></body></html>"""
    found = {link.address.removeprefix(HOME_URL): link.text for link in links(Fetched(HOME_URL, html))}
    assert set(found) == {"a/", "b/index.html", "c/tree.html", "d/", "e/", "f/", "g/", "i/", "gkmlpt/index#2571"}
    assert found["f/"] == "法治政府建设" and found["g/"] == "法治专栏" and found["d/"] == "教育局"


@pytest.mark.parametrize(
    "html",
    [
        '<html><head><meta http-equiv="refresh" content="0; url=/zw/index.html"></head></html>',
        '<html><script>window.location.href="/zw/index.html"</script></html>',
    ],
)
def test_signposts(html: str) -> None:
    assert [link.address for link in links(Fetched(HOME_URL, html))] == [HOME_URL + "zw/index.html"]


def test_what_belongs_to_a_portal() -> None:
    site = Site(HOME_URL, {"other.example.gov.cn:80": "other.example.gov.cn:80"})
    assert site.holds("http://jyj.example.gov.cn/x") and site.holds(HOME_URL + "x")
    assert not site.holds("http://other.example.gov.cn/") and not site.holds("http://www.gov.cn/")
    assert not site.holds("http://notexample.gov.cn/")
    below = Site("http://www.city.gov.cn/county/index.html")
    assert below.outside("http://www.city.gov.cn/zwgk/") and not below.outside("http://www.city.gov.cn/county/zwgk/")


def test_columns_articles_and_slugs() -> None:
    assert names_a_column("法治政府建设年度报告") and names_a_column("规划总结")
    assert not names_a_column("示例县2023年法治政府建设年度报告")
    assert looks_like_article(HOME_URL + "202403/t20240301_1.html") and looks_like_article(
        HOME_URL + "info/1008/1344.htm"
    )
    assert not looks_like_article(HOME_URL + "zwgk/fdzdgknr/index.html")
    assert (
        slug_of(HOME_URL + "zwgk/fzzfjsndbg/index_2.html") == "fzzfjsndbg" and slug_of(HOME_URL + "xwzx.htm") == "xwzx"
    )
    assert fold("· 法治政府 建设 >>") == "法治政府建设" and fold("年报(12)") == "年报"


@pytest.mark.parametrize(
    ("mirror", "plain"),
    [
        ("big5/zw/a.html", "zw/a.html"),
        ("zw/a.html?isMobile=1", "zw/a.html"),
        ("zw/a.html?xxgkhide=1&id=3", "zw/a.html?id=3"),
        ("wap/zw/a.html", "zw/a.html"),
        ("zw/a.html?id=3", None),
        ("zw/big5.html", None),
    ],
)
def test_mirrors(mirror: str, plain: str | None) -> None:
    assert original(HOME_URL + mirror) == (HOME_URL + plain if plain else None)
    gate = "http://big5.example.gov.cn/gate/big5/www.example.gov.cn/a.html"
    assert original(gate) == "http://www.example.gov.cn/a.html"


def test_sitemap() -> None:
    xml = "<urlset><url><loc> http://a.cn/x/?a=1&amp;b=2 </loc></url><url><loc><![CDATA[http://a.cn/y]]></loc></url></urlset>"
    assert sitemap_addresses(xml) == ["http://a.cn/x/?a=1&b=2", "http://a.cn/y"]


@pytest.mark.parametrize(
    ("title", "in_column", "elsewhere"),
    [
        ("示例县人民政府2023年法治政府建设年度报告", "report", "report"),
        ("示例县2023年度推进依法行政工作情况报告", "report", "report"),
        ("示例县2023年法治政府…", "doubtful", "doubtful"),
        ("示例县人民政府关于20...", "doubtful", None),
        ("2023年度报告", "doubtful", None),
        ("2023年", "doubtful", None),
        ("示例县教育局2022年度工作报告", "doubtful", None),
        ("示例县2023年法治政府建设工作要点", None, None),
        ("示例县政府信息公开工作年度报告", None, None),
        ("关于做好2023年法治政府建设年度报告报送工作的通知", None, None),
        ("县领导调研防汛工作", None, None),
    ],
)
def test_what_is_fetched(title: str, in_column: str | None, elsewhere: str | None) -> None:
    row = Row(HOME_URL + "1.html", title, None)
    assert (wanted(row, True), wanted(row, False)) == (in_column, elsewhere)


def test_a_page_may_be_the_report_itself() -> None:
    report = '<head><meta name="ArticleTitle" content="示例县2023年法治政府建设年度报告"></head>'
    assert report_title(report) == "示例县2023年法治政府建设年度报告"
    assert report_title('<meta name="ColumnName" content="法治政府建设年度报告">') is None
    assert report_title('<meta name="ArticleTitle" content="县长调研">') is None


def item(path: str, points: int, role: str = "list") -> Item:
    return Item(Page(HOME_URL + path), points, role, patience=patience(points))


def test_frontier_takes_the_best_within_its_budget() -> None:
    frontier = Frontier(budget=2)
    for path, points in (
        ("c/", 50),
        ("a/", 100),
        ("b/", 50),
        ("low/", 10),
        ("learnt/", LEARNT + 50),
        ("entry/", ENTRY),
    ):
        frontier.push(item(path, points))
    assert not frontier.push(item("a/index.html", 90))  # the same page under its other name
    order = []
    while (taken := frontier.pop()) is not None:
        order.append(taken.page.url.removeprefix(HOME_URL))
    assert order == ["entry/", "learnt/", "a/", "c/"]
    assert frontier.spent == 2 and [i.page.url for i in frontier.waiting()] == [HOME_URL + "b/"]
    assert not frontier.push(item("a/", 100))  # asked for already
    assert HOME < LEARNT < ENTRY


def test_lists_are_left_when_they_hold_no_report() -> None:
    first = item("a/", 60)
    pages = 1
    at: Item | None = first
    while at is not None and (at := at.following(Page(f"{HOME_URL}{pages}"), [str(pages)], 0)) is not None:
        pages += 1
    assert pages == 1 + patience(60) < 5
    more = first.following(Page(HOME_URL + "2"), ["x"], 1)
    assert more is not None and more.barren == 0 and more.seen == {"x"} and more.column == first.page
    endless = Item(first.page, ENTRY, patience=10**6)
    for _ in range(bounds()["list_pages"] - 1):
        following = endless.following(Page(HOME_URL + "n"), ["x"], 0)
        assert following is not None
        endless = following
    assert endless.following(Page(HOME_URL + "n"), ["x"], 0) is None


def test_what_a_run_learnt_is_known_to_the_next(tmp_path: Path) -> None:
    run = tmp_path / "20260211T063000Z-crawl"
    run.mkdir()
    (run / "run.json").write_text("{}")
    log = DiscoveryLog(run)
    column = Item(Page(HOME_URL + "fz/", "a=1"), 100, reasons=("text",), patience=5, of_reports=True)
    log.page("demo", Item(Page(HOME_URL), HOME, "home"), "trs", 3, 1, "ok", "2026-02-11T06:30:00.000000Z")
    log.page("demo", column, "trs", 9, 7, "ok", "2026-02-11T06:30:00.000000Z")
    log.page("demo", item("none/", 50), None, 0, 0, "ok", "2026-02-11T06:30:00.000000Z")
    log.end("demo", True, 3, [item("later/", 40), item("post/", 30)], "2026-02-11T06:30:00.000000Z", None)
    log.close()
    with (run / "discovery.jsonl").open("a") as f:
        f.write('{"portal_id": "demo", "torn')
    known = read_learnt(tmp_path)["demo"]
    (learnt,) = known.columns.values()
    assert (learnt.page, learnt.family, learnt.of_reports) == (column.page, "trs", True)
    again = learnt.item()
    assert LEARNT <= again.score < ENTRY and again.page == column.page and again.of_reports
    assert [i.page.url for i in known.left] == [HOME_URL + "later/", HOME_URL + "post/"]
    assert not known.search_due(NOW + timedelta(days=1))
    assert known.search_due(NOW + timedelta(days=schedule().discovery + 1))
    line = json.loads((run / "discovery.jsonl").read_text(encoding="utf-8").splitlines()[1])
    assert line["score"] == 100 and line["reasons"] == ["text"] and (line["rows"], line["wanted"]) == (9, 7)


def test_schedule() -> None:
    def due(ended: str, days: float, age: float | None, recheck: float | None = None) -> bool:
        first = NOW - timedelta(days=age) if age is not None else None
        return schedule().due(ended, NOW - timedelta(days=days), first, NOW, recheck)

    assert not due("ok", 6, 10) and due("ok", 7, 10) and not due("ok", 20, 100) and due("ok", 30, 100)
    assert not due("ok", 100, 1000) and due("ok", 180, 1000)
    assert not due("not_found", 29, None) and due("not_found", 30, None) and not due("not_found", 30, 400)
    assert due("ok", 0, 1000, 0) and not due("ok", 4, 1000, 5)


def test_neighbours_are_no_change() -> None:
    page = '<html><body><div id="zoom"><p>正文%s</p></div><div class="prev"><a href="/1">%s</a></div></body></html>'
    url = HOME_URL + "a.html"
    assert same_text(url, (page % ("一", "甲")).encode(), (page % ("一", "乙")).encode())
    assert not same_text(url, (page % ("一", "甲")).encode(), (page % ("二", "甲")).encode())
    assert not same_text(url, b"%PDF-1.4 a", b"%PDF-1.4 b")
