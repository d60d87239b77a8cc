"""The page of a report: its text with sections and marked numbers, what it states, what disagrees, where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from website import marks
from website.markup import Html, Node, el, outward, table, text
from website.shell import Site, page
from website.source import Row, Source, by, indicator_path, place_path, report_path
from website.words import both, flags, number, stated, word

_BATCH = 200  # reports held at a time
_UP = "../../"
CONTENTS = (
    ("has_measures", "举措和成效", "measures and results"),
    ("has_problems", "存在的不足", "shortcomings"),
    ("has_first_responsible", "第一责任人履职", "first responsible person"),
    ("has_next_year", "下一年度安排", "next year's arrangements"),
    ("has_other_matters", "其他情况", "other matters"),
)


def pages(source: Source, site: Site, only: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
    """(path, page) of every report; `only`: of these document_ids."""
    keys = [r["document_id"] for r in source.rows("SELECT document_id FROM listed ORDER BY document_id")]
    if only is not None:
        keys = [k for k in keys if k in set(only)]
    for at in range(0, len(keys), _BATCH):
        yield from _batch(source, site, keys[at : at + _BATCH])


def _batch(source: Source, site: Site, keys: list[str]) -> Iterator[tuple[str, str]]:
    within = "WHERE document_id BETWEEN $1[1] AND $1[-1] AND list_contains($1, document_id)"
    sections = by(source.rows(f"SELECT * EXCLUDE (text) FROM sections {within} ORDER BY ordinal", keys), "document_id")
    quantities = by(source.rows(f"FROM quantities {within} ORDER BY char_start", keys), "document_id")
    indicators = by(
        source.rows(
            f"SELECT i.*, c.name_zh FROM indicators i LEFT JOIN indicator_catalogue c USING (indicator_code) {within} ORDER BY char_start, indicator_id",
            keys,
        ),
        "document_id",
    )
    vanished = by(
        source.rows(
            f"SELECT v.*, c.name_zh FROM vanished v JOIN indicator_catalogue c USING (indicator_code) {within}", keys
        ),
        "document_id",
    )
    findings: dict[str, list[Row]] = {}
    for row in source.rows(_FINDINGS, keys):
        for key in {row["document_id"], row["other_document_id"]}:
            findings.setdefault(key, []).append(row)
    contents = by(source.rows(f"FROM completeness {within}", keys), "document_id")
    for document in source.rows(_DOCUMENTS, keys):
        key = document["document_id"]
        one = _Report(
            document, sections.get(key, []), quantities.get(key, []), indicators.get(key, []),
            vanished.get(key, []), findings.get(key, []), contents.get(key, []),
        )  # fmt: skip
        yield report_path(key), one.page(site)


_DOCUMENTS = """
SELECT d.*, l.timeliness, l.days_late, l.is_yearly, l.before_id, l.after_id, p.name AS portal_name, d.region_code IN (SELECT region_code FROM places WHERE has_page) AS has_place
FROM documents d JOIN listed l USING (document_id) LEFT JOIN portals p USING (portal_id)
WHERE d.document_id BETWEEN $1[1] AND $1[-1] AND list_contains($1, d.document_id)
ORDER BY d.document_id
"""
_FINDINGS = """
SELECT
    c.*, i.name_zh, a.issuer_name, a.report_year, b.issuer_name AS other_name, b.report_year AS other_year,
    a.document_id IN (SELECT document_id FROM listed) AS has_page,
    c.other_document_id IN (SELECT document_id FROM listed) AS other_has_page
FROM checks c JOIN documents a USING (document_id) LEFT JOIN documents b ON b.document_id = c.other_document_id
LEFT JOIN indicator_catalogue i USING (indicator_code)
WHERE list_contains($1, c.document_id) OR list_contains($1, c.other_document_id)
ORDER BY array_position(['error', 'warning', 'note'], severity), check_name, check_id
"""


class _Report:
    """One report with its rows; methods make the parts of its page."""

    def __init__(
        self, document: Row, sections: list[Row], quantities: list[Row], indicators: list[Row],
        vanished: list[Row], findings: list[Row], contents: list[Row],
    ) -> None:  # fmt: skip
        self.document = document
        self.sections = sections
        self.indicators = indicators
        self.vanished = vanished
        self.findings = findings
        self.contents = contents[0] if contents else None
        self.tops = {q["quantity_id"]: q["value_max"] for q in quantities}
        self.spans = marks.marks(quantities, indicators)

    def page(self, site: Site) -> str:
        d = self.document
        year = d["report_year"] or "?"
        issuer = d["issuer_name"] or "?"
        side = el(
            "nav", el("h2", both("目录", "Sections")), _tree(self.sections), _class="side", aria_label="目录 · sections"
        )
        body = el("article", marks.article(d["text"], self.sections, self.spans), lang="zh-CN", _class="report")
        how = both(
            "标出的数字：实线是编入目录的指标，虚线是其他数字。指向或用 Tab 键移到一个数字，页底显示它读成了什么。",
            "Marked numbers: solid for indicators of the catalogue, dotted for others. Point at one, or move to it with Tab: the foot of the window shows what was read.",
        )
        return page(
            site, 2, (f"{issuer} {year} 年度报告", f"{issuer}, report on {year}"),
            self._facts(), self._findings(), el("p", how, _class="note"), el("div", side, body, _class="reading"),
            self._numbers(), self._vanished(), self._origin(),
        )  # fmt: skip

    def _facts(self) -> Html:
        d = self.document
        place: Node = d["region_name"]
        if d["has_place"]:
            place = el("a", d["region_name"], href=_UP + place_path(d["region_code"]))
        facts: list[tuple[Node, Node]] = [
            (both("标题", "Title"), d["title"]),
            (both("地区", "Region"), [place, f" {d['region_code'] or ''}"]),
            (both("种类", "Kind"), [word("doc_type", d["doc_type"]), " · ", word("issuer_kind", d["issuer_kind"]), " · ", word("issuer_level", d["issuer_level"])]),
            (both("公开日期", "Published"), [d["published_on"] and str(d["published_on"]), " ", self._timeliness()]),
        ]  # fmt: skip
        if self.contents:
            have = [
                el("li", "✓ " if self.contents[column] else "✗ ", both(zh, en), _class="yes" if self.contents[column] else "no")
                for column, zh, en in CONTENTS
            ]  # fmt: skip
            facts.append((both("五项内容", "Five contents"), el("ul", have, _class="inline")))
        if d["flags"]:
            facts.append((both("标记", "Flags"), flags(d["flags"])))
        others = [
            el("a", both(zh, en), href=_UP + report_path(d[column]))
            for column, zh, en in (("before_id", "← 上一份年度报告", "← report before"), ("after_id", "下一份年度报告 →", "report after →"))
            if d[column]
        ]  # fmt: skip
        return Html(listed(facts) + (el("p", [[link, " "] for link in others]) if others else ""))

    def _timeliness(self) -> Node:
        if not self.document["timeliness"]:
            return None
        days = self.document["days_late"]
        said = [word("timeliness", self.document["timeliness"])]
        if days is not None and self.document["timeliness"] == "late":
            said.append(both(f" {days} 天", f" by {days} days"))
        return el("span", said, _class=f"tag {self.document['timeliness']}")

    def _numbers(self) -> Html:
        if not self.indicators:
            return el("p", both("报告里没有读到目录所列的指标。", "No indicator of the catalogue was read here."))
        at = {id(fact): mark.start for mark in self.spans for fact in mark.facts}
        rows = [
            (
                el("a", marks.name(i), href=_UP + indicator_path(i["indicator_code"])),
                [stated(i["value"], self.tops.get(i["quantity_id"]), i["modifier"]), " ", i["unit"]],
                marks.qualities(i),
                el("a", i["quote"], href=f"#n{at[id(i)]}", lang="zh-CN"),
                marks.confidence(i["confidence"]),
                el("code", i["indicator_id"]),
            )
            for i in self.indicators
        ]
        head = (
            both("指标", "Indicator"), both("数值", "Value"), both("含义", "Meant as"), both("原文", "Words"), both("实测精度", "Precision"),
            both("编号", "Id"),
        )  # fmt: skip
        what = both(f"读到的指标 {len(rows)} 条", f"{len(rows)} facts read")
        return el("details", el("summary", what), table(head, rows, _class="facts-read"))

    def _findings(self) -> Html | None:
        if not self.findings:
            return None
        items = []
        for f in self.findings:
            words = [self._quote(f["quote"], f["document_id"], f["has_page"], f"{f['issuer_name']} {f['report_year']}")]
            if f["other_quote"]:
                other = f"{f['other_name']} {f['other_year']}"
                words.append(self._quote(f["other_quote"], f["other_document_id"], f["other_has_page"], other))
            items.append(
                el("li", el("span", word("severity", f["severity"]), _class=f"tag {f['severity']}"), " ",
                   el("strong", word("check_name", f["check_name"])), both("：", ": "), both(_pair(f), f["detail"]), words)
            )  # fmt: skip
        title = el("h2", both("数字打架", "Numbers that disagree"))
        note = both(
            "谁错不在此判断：可能是报告印错，也可能是机器读错，请看两处原文。",
            "Who erred is not decided here: the report, or the machine that read it. Look at both quotes.",
        )
        return el("section", title, el("p", note, _class="note"), el("ul", items), _class="findings", id="findings")

    def _quote(self, quote: str, document_id: str | None, has_page: bool, whose: str) -> Html:
        own = document_id == self.document["document_id"]
        link = el("a", whose, href=_UP + report_path(document_id)) if document_id and has_page and not own else whose
        return el("blockquote", quote, el("cite", link), lang="zh-CN")

    def _vanished(self) -> Html | None:
        if not self.vanished:
            return None
        return vanished_table(self.vanished, _UP)

    def _origin(self) -> Html:
        d = self.document
        facts: list[tuple[Node, Node]] = [
            (both("原网址", "Address"), outward(d["url"])),
            (both("网站", "Portal"), d["portal_name"]),
            (both("采集时间", "Fetched"), f"{d['fetched_at']:%Y-%m-%d %H:%M:%S} (UTC+8)"),
            (both("档案", "Archive"), el("code", f"{d['archive_file']} @ {d['archive_offset']}")),
            (both("内容摘要", "Digest"), el("code", d["payload_digest"])),
            (both("索引号、文号", "Index and document number"), " ".join(x for x in (d["index_number"], d["document_number"]) if x)),
            (both("文本编号", "Document"), el("code", d["document_id"])),
        ]  # fmt: skip
        how = both(
            "有数据文件夹时，make evidence ID=编号 打开档案并核对摘要。",
            "With the data folder, make evidence ID=… opens the archived record and checks its digest.",
        )
        return el("section", el("h2", both("出处", "Where it came from")), listed(facts), el("p", how, _class="note"))


def _pair(finding: Row) -> str:
    """The indicator and the two values that do not agree, one where there is one: 行政复议受理数 12、10."""
    values = [number(v) for v in (finding["value"], finding["other_value"]) if v is not None]
    return f"{finding['name_zh'] or ''} {'、'.join(values)}".strip() or finding["detail"]


def listed(facts: Sequence[tuple[Node, Node]]) -> Html:
    """Names and what is said under each; empty ones are left out."""
    pairs = [(name, text(said)) for name, said in facts]
    return el("dl", [[el("dt", name), el("dd", said)] for name, said in pairs if said.strip()], _class="facts")


def vanished_table(rows: Sequence[Row], up: str) -> Html:
    """Indicators that last year's report stated and this one leaves out."""
    cells = [
        (
            el("a", marks.name(r), href=up + indicator_path(r["indicator_code"])),
            el("a", stated(r["value"], r["value_max"], r["modifier"]), " ", r["unit"], href=f"{up}{report_path(r['before_id'])}#n{r['char_start']}"),
        )
        for r in rows
    ]  # fmt: skip
    what = both(
        f"上年写了、本年没写的指标 {number(len(rows))} 项",
        f"{number(len(rows))} indicators of last year's report left out",
    )
    return el("details", el("summary", what), table((both("指标", "Indicator"), both("上年数值", "Last year")), cells))


def _tree(sections: Sequence[Row]) -> Html:
    """The section tree as nested lists of links."""
    below = by(sections, "parent_id")

    def branch(parent: str | None) -> Html | None:
        items = []
        for s in below.get(parent, ()):
            words = [s["marker"], s["title"]] if s["title"] else [el("i", word("role", s["role"]))]
            items.append(el("li", el("a", words, href=f"#s{s['ordinal']}"), branch(s["section_id"])))
        return el("ul", items) if items else None

    return branch(None) or Html("")
