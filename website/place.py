"""The page of a place: its reports by year, and its government's figures beside those of its peers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from website import charts, marks
from website.markup import Html, Node, el, outward, table
from website.report import CONTENTS, vanished_table
from website.shell import Site, page
from website.source import Row, Source, by, indicator_path, place_path, report_path
from website.words import both, computed, number, reason, stated, word

_UP = "../"
_MOST_FIGURES = 1000  # on a page, which stays under 300 KB


def pages(source: Source, site: Site) -> Iterator[tuple[str, str]]:
    """(path, page) of every place, a province's at a time."""
    for (province,) in source.values("SELECT DISTINCT left(region_code, 2) FROM places WHERE has_page ORDER BY 1"):
        yield from _province(source, site, province)


def _province(source: Source, site: Site, province: str) -> Iterator[tuple[str, str]]:
    mine = "WHERE starts_with(region_code, ?)"
    names = {p["region_code"]: p["name"] for p in source.rows(f"FROM places {mine}", province)}
    cells = by(source.rows(_CELLS, province), "region_code")
    reports = by(source.rows(_REPORTS, province), "region_code")
    figures = by(
        source.rows(f"SELECT f.*, c.name_zh, c.topic FROM figures f JOIN indicator_catalogue c USING (indicator_code) {mine} ORDER BY region_code, c.rowid, report_year", province),
        "region_code",
    )  # fmt: skip
    vanished = by(source.rows(_VANISHED, province), "region_code")
    governments = {g["region_code"]: g for g in source.rows(f"FROM governments {mine}", province)}
    for place in source.rows(f"FROM places {mine} AND has_page ORDER BY region_code", province):
        code = place["region_code"]
        one = _Place(
            place, names, governments.get(code), cells.get(code, []), reports.get(code, []), figures.get(code, []),
            vanished.get(code, []),
        )  # fmt: skip
        yield place_path(code), one.page(site)


_CELLS = "FROM coverage WHERE starts_with(region_code, ?) AND issuer_kind = 'government' ORDER BY region_code, report_year DESC"
_REPORTS = f"""
SELECT
    l.*, {", ".join(f"c.{column}" for column, _, _ in CONTENTS)},
    (SELECT count(*) FROM checks k WHERE l.document_id IN (k.document_id, k.other_document_id)) AS findings
FROM listed l LEFT JOIN completeness c USING (document_id)
WHERE starts_with(l.region_code, ?)
ORDER BY l.region_code, l.issuer_kind <> 'government', l.issuer_name, l.report_year DESC
"""
_VANISHED = """
SELECT v.*, c.name_zh FROM vanished v JOIN indicator_catalogue c USING (indicator_code) JOIN governments g USING (region_code, issuer_id)
WHERE starts_with(v.region_code, ?) ORDER BY v.region_code, v.report_year DESC, c.rowid
"""


class _Place:
    """One place with its rows; methods make the parts of its page."""

    def __init__(
        self, place: Row, names: dict[str, str], government: Row | None, cells: list[Row], reports: list[Row],
        figures: list[Row], vanished: list[Row],
    ) -> None:  # fmt: skip
        self.place = place
        self.names = names
        self.issuer_id = government["issuer_id"] if government else None
        self.cells = cells
        self.reports = reports
        self.figures = figures
        self.vanished = vanished

    def page(self, site: Site) -> str:
        name = self.place["full_name"]
        return page(
            site, 1, (name, name), self._above(), self._years(), self._others(), self._figures(), self._vanished()
        )

    def _above(self) -> Html:
        code = self.place["region_code"]
        crumbs: list[Node] = [el("a", both("全国", "China"), href=f"{_UP}index.html")]
        for above in dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00")):
            if above in self.names and above != code:
                crumbs += [" › ", el("a", self.names[above], href=f"{_UP}{coverage_path(above)}")]
        crumbs += [" › ", self.place["name"], " ", el("code", code)]
        if code.endswith("00"):
            crumbs += [" · ", el("a", both("所辖各地", "its regions"), href=f"{_UP}{coverage_path(code)}")]
        return el("p", crumbs, _class="crumbs")

    def _years(self) -> Html:
        own = by([r for r in self.reports if r["is_yearly"] and r["issuer_id"] == self.issuer_id], "report_year")
        rows = []
        for cell in self.cells:
            year = cell["report_year"]
            report = own[year][0] if year in own else None
            row: list[Node] = [
                el("span", year, id=f"y{year}"),
                el("span", word("status", cell["status"]), _class=f"tag {cell['status']}"),
                el("a", report["title"], href=_UP + report_path(report["document_id"]))
                if report
                else outward(cell["evidence_url"], reason(cell["detail"]) if cell["detail"] else None),
            ]
            row.append(
                [el("time", str(report["published_on"] or "")), " ", _timely(report)]
                if report
                else [both("期限 ", "due "), el("time", str(cell["due_on"]))]
            )
            row.append(_contents(report) if report else None)
            row.append(number(report["char_count"]) if report else "")
            row.append(_findings(report) if report else None)
            rows.append(row)
        head = [
            both("年度", "Year"), both("收录", "Coverage"), both("报告，或为何没有", "Report, or why there is none"), both("公开", "Published"),
            both("五项内容", "Five contents"), both("字数", "Characters"), both("数字打架", "Disagreements"),
        ]  # fmt: skip
        return el(
            "section",
            el("h2", both("政府的年度报告", "The government's yearly reports")),
            table(head, rows, _class="years"),
        )

    def _others(self) -> Html | None:
        """Reports of other bodies of the place, and its government's of other kinds."""
        rest = [r for r in self.reports if not (r["is_yearly"] and r["issuer_id"] == self.issuer_id)]
        if not rest:
            return None
        rows = []
        for reports in by(rest, "issuer_id").values():
            links = [
                [el("a", r["report_year"] or "?", href=_UP + report_path(r["document_id"])), " "]
                for r in sorted(reports, key=lambda r: -(r["report_year"] or 0))
            ]
            first = reports[0]
            rows.append((first["issuer_name"] or "?", word("issuer_kind", first["issuer_kind"]), links))
        head = (both("机关", "Body"), both("类别", "Kind"), both("报告", "Reports"))
        title = both("其他机关的报告", "Reports of other bodies")
        note = both(
            "没有人掌握应当报告的部门和乡镇的完整名单，所以这里不说缺谁。",
            "Nobody has the list of offices and towns that should report, so this does not say who is missing.",
        )
        return el("section", el("h2", title), el("p", note, _class="note"), table(head, rows))

    def _figures(self) -> Html | None:
        if not self.figures:
            return None
        years = _years_shown(self.figures)
        shown = [f for f in self.figures if f["report_year"] in years]
        has_course = len(years) > 1
        has_peers = any(f["peers"] > 1 for f in shown)
        head: list[Node] = [both("指标", "Indicator")]
        head += [both("走势", "Course")] if has_course else []
        head += [both("低于本地的", "Below")] if has_peers else []
        topics = []
        for topic, rows in by(shown, "topic").items():
            lines = [_line(mine, years, has_course, has_peers) for mine in by(rows, "indicator_code").values()]
            topics += [el("h3", word("topic", topic)), table([*head, *years], lines, _class="figures")]
        note = [
            both(zh, en)
            for zh, en, is_said in (
                ("数字照报告所写。", "Numbers as the report states them. ", True),
                (
                    "走势：点和实线是本地；隔年没有数的不连线。",
                    "Course: dots and a solid line for the place, no line over a year without a number. ",
                    has_course,
                ),
                (
                    "虚线是同类地区的中位数（县比同市各县，市比同省各市，省比各省；本地也算在内）。格内小字是当年中位数和写了该数的地区数。“低于本地的”是最近一年其他同类地区里数值更低的所占百分比，小字是个数。",
                    "Dashed: the median of its peers (counties of the prefecture, prefectures of the province, provinces; the place is one of them). Small print: that year's median and how many state the number. Below: percent of the other peers with a lower value in the newest year, and how many of them.",
                    has_peers,
                ),
                (
                    "没有同类地区写了同年的同一指标。",
                    "No peer states the same indicator for the same year.",
                    not has_peers,
                ),
            )
            if is_said
        ]
        title = el("h2", both("数字与同类地区", "Figures beside the peers'"))
        older = None
        if len(shown) < len(self.figures):
            older = el(
                "p",
                both(
                    f"{years[0]} 年以前的数字见各年报告的页面。",
                    f"Figures before {years[0]} stand on the pages of the reports.",
                ),
            )
        return el("section", title, el("p", note, _class="note"), topics, older)

    def _vanished(self) -> Html | None:
        """The newest year's in full; earlier years' stand on the pages of their reports."""
        if not self.vanished:
            return None
        (newest, rows), *earlier = by(self.vanished, "report_year").items()
        more = [
            [el("a", f"{year}（{number(len(lost))}）", href=_UP + report_path(lost[0]["document_id"])), " "]
            for year, lost in earlier
        ]
        title = el("h2", both("消失的数字", "Numbers that vanished"), f" {newest}")
        rest = el("p", both("更早的年度：", "Earlier years: "), more) if more else None
        return el("section", title, vanished_table(rows, _UP), rest)


def coverage_path(code: str) -> str:
    """The coverage page of a province (440000) or prefecture (441200)."""
    return f"coverage/{code[:2] if code.endswith('0000') else code[:4]}.html"


def _timely(report: Row) -> Html | None:
    return (
        el("span", word("timeliness", report["timeliness"]), _class=f"tag {report['timeliness']}")
        if report["timeliness"]
        else None
    )


def _years_shown(figures: Sequence[Row]) -> list[int]:
    """The newest years whose figures a page can hold, oldest first; at least one."""
    counts = Counter(f["report_year"] for f in figures)
    years = sorted(counts)
    while len(years) > 1 and sum(counts[y] for y in years) > _MOST_FIGURES:
        del years[0]
    return years


def _contents(report: Row) -> Html:
    """How many of the five contents a report has, and which it lacks."""
    lacks = [both(f"{zh} ", f"{en} ") for column, zh, en in CONTENTS if not report[column]]
    have = len(CONTENTS) - len(lacks)
    return el("span", f"{have}/{len(CONTENTS)} ", el("small", both("没有：", "lacks "), lacks) if lacks else None)


def _findings(report: Row) -> Html | str:
    """How many disagreements a report takes part in, as a link to them."""
    if not report["findings"]:
        return "0"
    return el("a", number(report["findings"]), href=f"{_UP}{report_path(report['document_id'])}#findings")


def _line(figures: Sequence[Row], years: Sequence[int], has_course: bool, has_peers: bool) -> list[Node]:
    """One indicator over the years: name, chart, percentile, a cell for each year."""
    first, last = figures[0], figures[-1]
    of_year = {f["report_year"]: f for f in figures}
    own = {y: f["value"] for y, f in of_year.items()}
    medians = {y: f["median"] for y, f in of_year.items() if f["peers"] > 1}
    below: Node = "–"
    if last["below"] is not None:
        others = last["peers"] - 1
        lower = round(last["below"] * others / 100)
        below = [f"{last['below']:.0f}%", el("small", f"{lower}/{others} · {last['report_year']}")]
    cells: list[Node] = []
    for year in years:
        f = of_year.get(year)
        if f is None:
            cells.append(None)
            continue
        link = el(
            "a",
            stated(f["value"], f["value_max"], f["modifier"]),
            href=f"{_UP}{report_path(f['document_id'])}#n{f['char_start']}",
        )
        cells.append([link, el("small", f"{computed(f['median'])} ({f['peers']})") if f["peers"] > 1 else None])
    name = [
        el("a", marks.name(first), href=_UP + indicator_path(first["indicator_code"])),
        " ",
        el("small", first["unit"]),
    ]
    chart = charts.course(own, medians, years, first["name_zh"]) if len(own) > 1 else None
    return [name, *([chart] if has_course else []), *([below] if has_peers else []), *cells]
