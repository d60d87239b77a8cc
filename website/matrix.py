"""Coverage: region × year, from the country to a province to a prefecture; every hole has its reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from website.markup import Html, Node, el, table
from website.place import coverage_path
from website.shell import Site, page
from website.source import Row, Source, by, place_path
from website.words import both, number, word, words

_CELLS = """
SELECT region_code, region_level, report_year, status, reports
FROM coverage WHERE issuer_kind = 'government' AND starts_with(region_code, ?) ORDER BY region_code, report_year DESC
"""
_COUNTS = """
SELECT left(region_code, 2) || '0000' AS above, report_year, status, count(*) AS cells
FROM coverage WHERE issuer_kind = 'government' GROUP BY ALL ORDER BY ALL
"""


def pages(source: Source, site: Site) -> Iterator[tuple[str, str]]:
    """(path, page) of the country, each province and each prefecture; the list of places for the search field."""
    places = source.rows("FROM places ORDER BY region_code")
    names = {p["region_code"]: p["name"] for p in places}
    listed = [[p["region_code"], p["name"], p["full_name"]] for p in places if p["has_page"]]
    yield "assets/places.js", f"const PLACES = {json.dumps(listed, ensure_ascii=True, separators=(',', ':'))};\n"
    counts = source.rows(_COUNTS)
    yield "index.html", _country(site, counts, names, source)
    for province in dict.fromkeys(c["above"] for c in counts):
        cells = source.rows(_CELLS, province[:2])
        title = (f"{names[province]}：各地年度报告", f"{names[province]}: yearly reports")
        yield coverage_path(province), page(site, 1, title, _crumbs(names, province), _regions(cells, names, True))
        for prefecture, mine in by([{**c, "above": f"{c['region_code'][:4]}00"} for c in cells], "above").items():
            if prefecture != province:
                title = (f"{names[prefecture]}：各地年度报告", f"{names[prefecture]}: yearly reports")
                yield (
                    coverage_path(prefecture),
                    page(site, 1, title, _crumbs(names, prefecture), _regions(mine, names, False)),
                )


def _country(site: Site, counts: Sequence[Row], names: dict[str, str], source: Source) -> str:
    years = sorted({c["report_year"] for c in counts}, reverse=True)
    rows = []
    for province, cells in by(counts, "above").items():
        of_year = by(cells, "report_year")
        row: list[Node] = [el("a", names[province], href=coverage_path(province))]
        row += [_share(Counter({c["status"]: c["cells"] for c in of_year.get(year, ())})) for year in years]
        rows.append(row)
    whole = [_share(_sum(c for c in counts if c["report_year"] == year)) for year in years]
    rows.append([both("全国", "All"), *whole])
    totals = source.rows(
        "SELECT (SELECT count(*) FROM listed) AS reports, (SELECT count(*) FROM indicators) AS facts, (SELECT count(*) FROM places WHERE has_page) AS places"
    )[0]
    intro = both(
        f"{number(totals['places'])} 个地区，{number(totals['reports'])} 份报告，{number(totals['facts'])} 条读到的指标。每个数字都能点到原文、原网址和档案记录。",
        f"{number(totals['places'])} regions, {number(totals['reports'])} reports, {number(totals['facts'])} facts read. Every number leads to its sentence, its page and the archived record.",
    )
    how = both(
        "每格：收有年度报告的政府数 / 应报告的政府数。选一种状态，改看该状态的地区数。点省名看各地。",
        "Each cell: governments whose yearly report is held / governments that should report. Choose a status to count its regions instead. A province's name leads to its regions.",
    )
    search = el(
        "p",
        el("label", both("找一个地方", "Find a place"), _for="search"), " ",
        el("input", id="search", type="search", autocomplete="off"), " ",
        el("span", both("没有这个名称或代码的地区。", "No region of that name or code."), id="none", hidden=True, role="status"),
        el("ul", id="hits", aria_live="polite"),
        _class="search needs-script",
    )  # fmt: skip
    chooser = [el("option", f"{names[p]}", value=names[p]) for p in dict.fromkeys(c["above"] for c in counts)]
    filters = el("p", _status_filter(), " ", el("label", both("省份", "Province"), _for="region"), " ",
                 el("select", el("option", "全部 · all", value=""), chooser, id="region"), _class="filters needs-script")  # fmt: skip
    matrix = table([both("地区", "Region"), *years], rows, _class="matrix shares")
    title = ("法治政府建设年度报告：谁写了，写了什么", "Yearly reports on lawful government: who reported, and what")
    return page(site, 0, title, el("p", intro), search, el("h2", both("收录情况", "Coverage")), el("p", how, _class="note"),
                filters, matrix, _legend(), scripts=("places.js",))  # fmt: skip


def _sum(rows: Iterator[Row] | Sequence[Row]) -> Counter[str]:
    out: Counter[str] = Counter()
    for row in rows:
        out[row["status"]] += row["cells"]
    return out


def _share(counts: Counter[str]) -> Html:
    """found / all, with every status' count for the filter; the shade tells the share in fifths."""
    total = counts.total()
    if not total:
        return el("span", "")
    all_of = " ".join(f"{status}:{count}" for status, count in sorted(counts.items()))
    return el(
        "span",
        f"{counts['found']}/{total}",
        _class=f"share s{counts['found'] * 5 // total}",
        data_counts=all_of,
        data_total=total,
    )


def _regions(cells: Sequence[Row], names: dict[str, str], with_prefectures: bool) -> Html:
    """Rows of regions, columns of years; under a province each prefecture's name leads on."""
    years = sorted({c["report_year"] for c in cells}, reverse=True)
    rows: list[list[Node]] = []
    group = ""
    for code, mine in by(cells, "region_code").items():
        if with_prefectures and not code.endswith("0000") and group != (group := f"{code[:4]}00"):
            rows.append([el("a", names[group], " ›", href=f"../{coverage_path(group)}"), *(None for _ in years)])
        of_year = {c["report_year"]: c for c in mine}
        row: list[Node] = [[el("a", names[code], href=f"../{place_path(code)}"), " ", el("small", code)]]
        row += [_cell(code, of_year[year]) if year in of_year else None for year in years]
        rows.append(row)
    filters = el("p", _status_filter(), _class="filters needs-script")
    return Html(filters + table([both("地区", "Region"), *years], rows, _class="matrix") + _legend())


def _cell(code: str, cell: Row) -> Html:
    status = cell["status"]
    return el(
        "a",
        word("status", status),
        href=f"../{place_path(code)}#y{cell['report_year']}",
        _class=f"tag {status}",
        data_status=status,
    )


def _status_filter() -> Html:
    options = [el("option", f"{zh} · {en}", value=status) for status, (zh, en) in words()["status"].items()]
    every = el("option", "全部 · all", value="")
    return Html(el("label", both("状态", "Status"), _for="status") + " " + el("select", every, options, id="status"))


def _legend() -> Html:
    rows = [
        (el("span", word("status", status), _class=f"tag {status}"), word("status_meaning", status))
        for status in words()["status"]
    ]
    return table((both("状态", "Status"), both("含义", "Meaning")), rows)


def _crumbs(names: dict[str, str], code: str) -> Html:
    out: list[Node] = [el("a", both("全国", "China"), href="../index.html"), " › "]
    if not code.endswith("0000"):
        out += [el("a", names[f"{code[:2]}0000"], href=f"../{coverage_path(code[:2] + '0000')}"), " › "]
    return el("p", out, names[code], _class="crumbs")
