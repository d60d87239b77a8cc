"""How the crawl fares: last runs, what was answered, portals by health, pages set aside."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from website.markup import Html, Node, el, outward, table
from website.shell import Site, page
from website.source import Row, Source, by
from website.words import both, number, word, words

_FAMILIES = Path(__file__).parent.parent / "knowledge" / "families.toml"
_RUNS = "FROM crawl_runs ORDER BY run_id DESC LIMIT 10"
_OUTCOMES = """
SELECT outcome, count(*) AS requests, count(DISTINCT portal_id) AS portals
FROM fetches WHERE run_id = (SELECT max(run_id) FROM crawl_runs) GROUP BY ALL ORDER BY requests DESC, outcome
"""
_ASIDE = (
    "SELECT stage, reason, count(*) AS pages FROM quarantine GROUP BY ALL ORDER BY pages DESC, stage, reason LIMIT 50"
)
_PORTALS = """
SELECT h.*, p.homepage FROM portal_health h JOIN portals p USING (portal_id)
WHERE starts_with(h.region_code, ?) ORDER BY (health = 'healthy'), h.region_code, h.portal_id
"""
_PROVINCES = """
SELECT left(region_code, 2) AS province, health, count(*) AS portals FROM portal_health GROUP BY ALL ORDER BY ALL
"""


def pages(source: Source, site: Site) -> Iterator[tuple[str, str]]:
    """(path, page) of the crawl's health, and of the portals of each province."""
    names = {
        code[:2]: name
        for code, name in source.values("SELECT region_code, name FROM places WHERE region_code LIKE '__0000'")
    }
    provinces = by(source.rows(_PROVINCES), "province")
    body = [
        _runs(source.rows(_RUNS)), _outcomes(source.rows(_OUTCOMES)), _provinces(provinces, names), _aside(source.rows(_ASIDE))
    ]  # fmt: skip
    yield "health.html", page(site, 0, ("采集情况", "Health of the crawl"), body)
    for province in provinces:
        name = names.get(province, province)
        title = (f"{name}：网站采集情况", f"{name}: health of portals")
        crumbs = el("p", el("a", both("采集情况", "Health"), href="../health.html"), " › ", name, _class="crumbs")
        yield f"health/{province}.html", page(site, 1, title, crumbs, _portals(source.rows(_PORTALS, province)))


def _runs(rows: Sequence[Row]) -> Html:
    lines = [
        (
            r["run_id"], word("run", r["outcome"]), f"{r['started_at']:%Y-%m-%d %H:%M}", number(r["portals"] or 0),
            number(r["pages"] or 0), number(r["new_documents"] or 0), number(r["blocked"] or 0),
        )
        for r in rows
    ]  # fmt: skip
    head = (
        both("批次", "Run"), both("结果", "Outcome"), both("开始（UTC+8）", "Started (UTC+8)"), both("网站", "Portals"),
        both("应答", "Answers"), both("新文件", "New documents"), both("被拦", "Blocked"),
    )  # fmt: skip
    return el("section", el("h2", both("最近的采集", "Last runs")), table(head, lines))


def _outcomes(rows: Sequence[Row]) -> Html:
    lines = [
        ([word("outcome", r["outcome"]), " ", el("code", r["outcome"])], number(r["requests"]), number(r["portals"]))
        for r in rows
    ]
    head = (both("应答", "Outcome"), both("请求", "Requests"), both("网站", "Portals"))
    return el("section", el("h2", both("最近一次：网站怎样应答", "Last run: how portals answered")), table(head, lines))


def _provinces(provinces: dict[str, list[Row]], names: dict[str, str]) -> Html:
    title = el("h2", both("网站", "Portals"))
    if not provinces:
        none = both("没有登记网站：报告来自文件。", "No portal is registered: the reports came from files.")
        return el("section", title, el("p", none))
    lines = []
    for province, rows in provinces.items():
        of_health = {r["health"]: r["portals"] for r in rows}
        link = el("a", names.get(province, province), href=f"health/{province}.html")
        lines.append([link, *(number(of_health.get(h, 0)) for h in words()["health"])])
    head: list[Node] = [both("省份", "Province"), *(word("health", h) for h in words()["health"])]
    note = both(
        "“没有新报告”一年有十一个月是常态；“读不出列表”从来不是。",
        "Nothing new is normal eleven months a year; nothing parsed never is.",
    )
    return el("section", title, el("p", note, _class="note"), table(head, lines))


def _portals(rows: Sequence[Row]) -> Html:
    lines = [
        (
            [r["name"], " ", el("small", r["portal_id"])], outward(r["homepage"]),
            el("span", word("health", r["health"]), _class=f"tag {r['health']}"),
            el("time", f"{r['last_asked_at']:%Y-%m-%d %H:%M}") if r["last_asked_at"] else "", number(r["requests"]), number(r["blocked"]),
            number(r["lists_parsed"]), number(r["rows_seen"]), number(r["reports_listed"]), number(r["reports_held"]), _family(r["family"]),
        )
        for r in rows
    ]  # fmt: skip
    head = (
        both("网站", "Portal"), both("首页", "Home page"), both("状况", "Health"), both("最近访问", "Last asked"), both("请求", "Requests"),
        both("被拦", "Blocked"), both("读出的列表", "Lists parsed"), both("列表行", "Rows"), both("像报告的", "Reports listed"),
        both("收有报告", "Reports held"), both("软件", "Software"),
    )  # fmt: skip
    return table(head, lines)


def _family(code: str | None) -> Node:
    """The portal's software by its name; what any software may be read with, as such."""
    if code == "generic":
        return both("通用规则", "generic rules")
    return _families().get(code or "", {}).get("name") or code


@cache
def _families() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FAMILIES.read_text(encoding="utf-8"))


def _aside(rows: Sequence[Row]) -> Html:
    title = el("h2", both("搁置的页面", "Pages set aside"))
    if not rows:
        return el("section", title, el("p", both("没有。", "None.")))
    lines = [
        ([word("aside", r["reason"]), " ", el("code", f"{r['stage']} · {r['reason']}")], number(r["pages"]))
        for r in rows
    ]
    return el("section", title, table((both("原因", "Reason"), both("页数", "Pages")), lines))
