"""The page of an indicator: definition, measured accuracy, who states it, distribution and ranking; and the list of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from website import charts, marks
from website.markup import Html, Node, el, table
from website.report import listed
from website.shell import Site, page
from website.source import Row, Source, by, indicator_path, place_path, report_path
from website.words import both, computed, english, number, stated, word

_RANKED = 100  # places shown of each level
_UP = "../"
_LEVELS = ("county", "prefecture", "province")

_USE = """
SELECT c.*, coalesce(u.reports, 0) AS reports, u.first_year, u.last_year
FROM indicator_catalogue c
LEFT JOIN (
    SELECT indicator_code, count(*) AS reports, min(report_year) AS first_year, max(report_year) AS last_year
    FROM indicator_values WHERE chosen GROUP BY 1
) u USING (indicator_code)
ORDER BY c.rowid
"""
# the following answer for all indicators of a topic at once
_YEARS = """
WITH held AS (
    SELECT g.issuer_level, l.report_year, count(*) AS reports FROM listed l JOIN governments g USING (region_code, issuer_id)
    WHERE l.is_yearly GROUP BY ALL
)
SELECT
    c.indicator_code, h.issuer_level, h.report_year, h.reports, count(f.value) AS stating, min(f.value) AS least,
    quantile_cont(f.value, 0.25) AS low, median(f.value) AS middle, quantile_cont(f.value, 0.75) AS high, max(f.value) AS most
FROM indicator_catalogue c CROSS JOIN held h LEFT JOIN figures f USING (indicator_code, issuer_level, report_year)
WHERE c.topic = ?
GROUP BY ALL ORDER BY h.issuer_level, h.report_year DESC
"""
# a year that few have reported on so far ranks nobody: the newest with at least half as many figures as the fullest
_NEWEST = """
WITH counted AS (
    SELECT indicator_code, issuer_level, report_year, count(*) AS stating FROM figures JOIN indicator_catalogue c USING (indicator_code)
    WHERE c.topic = $1 GROUP BY ALL
),
newest AS (
    SELECT indicator_code, issuer_level, max(report_year) AS report_year
    FROM (SELECT *, max(stating) OVER (PARTITION BY indicator_code, issuer_level) AS fullest FROM counted)
    WHERE 2 * stating >= fullest GROUP BY ALL
)
SELECT f.*, p.full_name, i.quote, rank() OVER (PARTITION BY indicator_code, f.issuer_level ORDER BY f.value DESC) AS place
FROM figures f
JOIN newest n USING (indicator_code, issuer_level, report_year)
JOIN places p USING (region_code)
LEFT JOIN indicator_values v ON v.document_id = f.document_id AND v.indicator_code = f.indicator_code AND v.chosen
LEFT JOIN indicators i ON i.indicator_id = v.indicator_id
ORDER BY f.value DESC, f.region_code
"""
_PRECISION = """
SELECT indicator_code, confidence, count(*) AS rows FROM indicators JOIN indicator_catalogue c USING (indicator_code)
WHERE c.topic = ? GROUP BY ALL ORDER BY confidence DESC NULLS LAST
"""


def pages(source: Source, site: Site) -> Iterator[tuple[str, str]]:
    """(path, page) of the list of indicators and of each."""
    use = source.rows(_USE)
    yield "indicators.html", _list(site, use)
    for topic, rows in by(use, "topic").items():
        precision, years, newest = (by(source.rows(q, topic), "indicator_code") for q in (_PRECISION, _YEARS, _NEWEST))
        for row in rows:
            code = row["indicator_code"]
            title = (row["name_zh"], english(code))
            yield indicator_path(code), page(
                site, 1, title, _crumbs(row), _facts(row), _precision(precision.get(code, [])), _years(years.get(code, []), row["unit"]),
                _newest(newest.get(code, [])),
            )  # fmt: skip


def _list(site: Site, use: Sequence[Row]) -> str:
    body: list[Node] = [
        el("p", both(
            "每项指标的定义、分布、排名和实测精度。“报告”是写了这个数的年度报告份数，政府、部门、乡镇都算。",
            "Definition, distribution, ranking and measured precision of each indicator. Reports: yearly reports that state it, of governments, offices and towns alike.",
        ), _class="note")
    ]  # fmt: skip
    for topic, rows in by(use, "topic").items():
        lines = [
            (
                el("a", marks.name(r), href=indicator_path(r["indicator_code"])),
                r["unit"], number(r["reports"]), el("time", _span(r["first_year"], r["last_year"])),
            )
            for r in rows
        ]  # fmt: skip
        head = (both("指标", "Indicator"), both("单位", "Unit"), both("报告", "Reports"), both("年度", "Years"))
        body += [el("h2", word("topic", topic)), table(head, lines)]
    return page(site, 0, ("指标", "Indicators"), body)


def _span(first: int | None, last: int | None) -> str:
    return "–".join(str(year) for year in dict.fromkeys((first, last)) if year is not None)


def _crumbs(row: Row) -> Html:
    above = el("a", both("指标", "Indicators"), href=f"{_UP}indicators.html")
    return el("p", above, " › ", word("topic", row["topic"]), _class="crumbs")


def _facts(row: Row) -> Html:
    return listed(
        [
            (both("代码", "Code"), el("code", row["indicator_code"])),
            (both("中文名", "Chinese name"), el("span", row["name_zh"], lang="zh-CN")),
            (both("定义", "Definition"), el("span", row["definition_zh"], lang="zh-CN")),
            (both("单位", "Unit"), [row["unit"], " · ", word("kind", row["kind"])]),
            (both("主题", "Topic"), word("topic", row["topic"])),
            (
                both("县级一年的合理范围", "Plausible for a county's year"),
                f"{number(row['plausible_min'])}–{number(row['plausible_max'])}",
            ),
        ]
    )


def _precision(rows: Sequence[Row]) -> Html:
    lines = [(marks.confidence(r["confidence"]), number(r["rows"])) for r in rows]
    note = both(
        "精度在人工标注的报告上，按规则的种类测得（不是按指标）；这里是本指标各行所属种类的精度。样本句子由项目撰写，真实报告上可能更低。",
        "Precision is measured on reports labelled by hand, by kind of rule, not by indicator; here: that of the kinds which made this indicator's rows. The labelled reports were composed for the project; real ones may fare worse.",
    )
    title = el("h2", both("实测精度", "Measured precision"))
    if not lines:
        return el("section", title, el("p", both("还没有读到这个指标。", "No row of this indicator yet.")))
    head = (both("精度", "Precision"), both("行数", "Rows"))
    return el("section", title, el("p", note, _class="note"), table(head, lines))


def _years(rows: Sequence[Row], unit: str) -> Html | None:
    if not rows:
        return None
    shown = ("least", "low", "middle", "high", "most") if any(r["stating"] for r in rows) else ()
    lines = [
        (
            [word("issuer_level", r["issuer_level"]), f" {r['report_year']}"],
            f"{number(r['stating'])}/{number(r['reports'])}",
            *(computed(r[k]) if r[k] is not None else "" for k in shown),
        )
        for r in rows
    ]
    head = (
        both("级别和年度", "Level and year"), both("写了的/收有报告的政府", "State it / reports held"), both("最小", "Least"), both("四分之一处", "Quarter"),
        both("中位", "Median"), both("四分之三处", "Three quarters"), both("最大", "Most"),
    )  # fmt: skip
    title = el("h2", both("谁写了这个数", "Who states it"), " ", el("small", unit))
    return el("section", title, table(head[: 2 + len(shown)], lines))


def _newest(rows: Sequence[Row]) -> list[Html]:
    """Distribution and ranking of the newest year that is not just beginning, by level."""
    out = []
    levels = by(rows, "issuer_level")
    for level in _LEVELS:
        if not (mine := levels.get(level)):
            continue
        year = mine[0]["report_year"]
        title = el("h2", word("issuer_level", level), f" {year}")
        values = sorted(r["value"] for r in mine)
        counts, edges = charts.classes(values, most=min(10, len(values)))
        label = f"{mine[0]['unit']}, n = {len(values)}"
        chart = charts.bars(counts, [f"{computed(e)}–" for e in edges[:-1]], label) if len(values) > 1 else None
        lines = [
            (
                r["place"],
                el("a", r["full_name"], href=_UP + place_path(r["region_code"])),
                el("a", stated(r["value"], r["value_max"], r["modifier"]), " ", r["unit"], href=f"{_UP}{report_path(r['document_id'])}#n{r['char_start']}"),
                el("span", r["quote"], lang="zh-CN"),
            )
            for r in mine[:_RANKED]
        ]  # fmt: skip
        head = (both("名次", "Rank"), both("地区", "Region"), both("数值", "Value"), both("原文", "Words"))
        more = len(mine) - len(lines)
        rest = (
            el(
                "p",
                both(f"另有 {more} 个地区，见数据表 indicator_values。", f"{more} more: table indicator_values."),
                _class="note",
            )
            if more
            else None
        )
        caption = both("按数值从大到小；不分好坏", "By value, largest first; no judgement")
        out.append(
            el("section", title, _histogram(chart, counts, edges, mine[0]["unit"]), table(head, lines, caption), rest)
        )
    return out


def _histogram(chart: Html | None, counts: Sequence[int], edges: Sequence[float], unit: str) -> Html | None:
    if chart is None:
        return None
    axes = both(
        f"柱高是地区数；柱下是该档的下限（{unit}）。",
        f"Height: regions; below each bar the class's lower edge ({unit}).",
    )
    lines = []
    for i, count in enumerate(counts):
        upper = f" – <{computed(edges[i + 1])}" if edges[i + 1] != float("inf") else " –"
        lines.append((f"{computed(edges[i])}{upper}", number(count)))
    what = el("summary", both("图中数据", "Data of the chart"))
    return Html(
        el("p", axes, _class="note")
        + chart
        + el("details", what, table((both("数值", "Value"), both("地区数", "Regions")), lines))
    )
