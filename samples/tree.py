"""A generated portal: its tree of columns and sub-sites, and what is published where.

Reports stand deep: behind 政府信息公开, 法定主动公开内容 or 专题专栏, in columns of their own or among plans and files, on
departments' sub-sites. Around them stand look-alikes and many pages that have nothing to do with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from . import forms, lookalikes, naming, others, pages, reports
from .builder import charset
from .dice import Dice
from .families import FAMILIES, Family
from .places import GOVERNMENT, Issuer, Place, issuer
from .portal import origin
from .site import Column, Document, Entry, Index, Site

ROWS_PER_PAGE = 15
LOOKALIKES = 62
LAST_LOOKALIKE_YEAR = 2024
FIRST_DAY, DAYS = date(2021, 1, 4), 1880  # other pages are published from then on, over so many days
DEPARTMENTS = {
    "司法局": "sfj", "民政局": "mzj", "市场监督管理局": "scjgj", "教育局": "jyj", "交通运输局": "jtysj", "水利局": "slj",
    "卫生健康局": "wsjkj",
}  # fmt: skip
# What a department calls the column that holds its reports.
OFFICE_COLUMNS = (
    ("fzzfjsndbg", "法治政府建设年度报告"),
    ("ghzj", "规划总结"),
    ("gzbg", "年度报告"),
    ("yfxz", "依法行政"),
)
LOOKALIKE_AT = {
    "plan": "zfwj", "notice": "tzgg", "interpretation": "zcjd", "duty_statement": "ghzj", "demonstration": "fzzf",
    "disclosure_annual_report": "xxgknb", "enforcement_statistics": "xzzfgs", "news": "yw",
}  # fmt: skip
# (column, kind of pages, how many)
OTHERS = (
    ("yw", "news", 130), ("bmdt", "news", 60), ("xzdt", "news", 50), ("tzgg", "notice", 60), ("bszn", "service", 40),
    ("ldxx", "leader", 12), ("zfwj", "file", 45), ("ghzj", "file", 35), ("zxhf", "question", 25), ("xczx", "news", 20),
)  # fmt: skip
OFFICE_NEWS = 9


@dataclass(frozen=True, slots=True)
class Node:
    """A column, or with something inside it a page that leads on. key: its slug, for sub-sites with the office's."""

    slug: str
    name: str
    inside: tuple[Node, ...] = ()
    reports: bool = False
    key: str = ""


@dataclass(frozen=True)
class Grown:
    """A generated portal before it is assembled. late: numbers of the entries that only the edited farm may show;
    plain: numbers of ordinary reports, which it may change or take away."""

    portal_id: str
    site: Site
    indexes: tuple[Index, ...]
    late: frozenset[int]
    plain: frozenset[int]

    def is_late(self, entry: Entry) -> bool:
        """Whether the entry is published only later."""
        return entry.number in self.late

    def is_plain_report(self, entry: Entry) -> bool:
        """Whether the entry is a report that stands on its page as it was written."""
        return entry.number in self.plain


@dataclass(frozen=True)
class _Draft:
    """An entry without its column's address and its number."""

    column: str
    title: str
    published_on: date
    source: str
    write: Callable[[], Document]
    tracked: bool = True
    served: bool = True
    files: tuple[str, ...] = ()
    body_in_file: bool = False
    late: bool = False
    plain: bool = False


def old_id(portal_id: str) -> str:
    """portal_id of the host that a portal had before."""
    return f"{portal_id}-old"


def grow(seed: int, family: str, place: Place, faults: frozenset[str], *, style: int) -> Grown:
    """The portal of an invented place; `style` decides where its reports stand. Pure and cheap: nothing is written yet."""
    kind = FAMILIES[family]
    portal_id = f"farm-{place.slug}"
    nodes = _nodes(place, style)
    columns = dict(_columns(kind, nodes, (), ()))
    drafts = sorted(_drafts(seed, place, style), key=lambda d: (d.late, d.published_on, d.title))
    entries = tuple(
        Entry(
            n, kind.article(columns[d.column].path, n, d.published_on), d.title, d.published_on, columns[d.column],
            d.source, d.write, d.tracked, d.served, d.files, d.body_in_file,
        )
        for n, d in enumerate(drafts, start=1)
    )  # fmt: skip
    filled = {d.column for d in drafts if not d.late}
    offices = tuple((kind.index("bm", n.slug), n.name) for n in _offices(nodes))
    site = Site(
        seed=seed, place=place, family=family, faults=faults, label=charset(faults)[0], home=kind.home,
        search="/search/", services=kind.index("bsfw"), columns=tuple(c for key, c in columns.items() if key in filled),
        entries=entries, per_page=ROWS_PER_PAGE, head=kind.head,
        nav=tuple((_path(kind, (), n), n.name) for n in nodes),
        offices=offices if style % 4 == 0 else (), host=origin(portal_id),
        old_host=origin(old_id(portal_id)) if "moved" in faults else "",
    )  # fmt: skip
    indexes = (_home(site, kind, nodes, style), *_indexes(kind, nodes, ()), *_plain_indexes(site))
    numbered = list(enumerate(drafts, start=1))
    return Grown(
        portal_id,
        site,
        indexes,
        frozenset(n for n, d in numbered if d.late),
        frozenset(n for n, d in numbered if d.plain),
    )


def _government_column(style: int) -> str:
    return ("fzzfjsndbg", "fzzf", "fzzfjsndbg", "ghzj", "zfwj")[style % 5]


def _office_columns(style: int) -> dict[str, str]:
    """Department → key of the column that holds its reports."""
    names = list(DEPARTMENTS)
    on_sub_sites = (names[:0], names, names[:4])[style % 3]
    return {name: f"{DEPARTMENTS[name]}/reports" if name in on_sub_sites else "bmfzzf" for name in names}


def _town_column(style: int) -> str:
    return "xzfzzf" if style % 2 == 0 or style % 3 == 1 else "bmfzzf"


def _nodes(place: Place, style: int) -> tuple[Node, ...]:
    """The tree of columns; unused ones are left out later, as nobody fills them."""
    government, offices, towns = _government_column(style), _office_columns(style), _town_column(style)
    own = Node("fzzfjsndbg", "法治政府建设年度报告", reports=True)
    statutory = [
        Node("ldxx", "领导信息"), Node("zfwj", "政府文件", reports=government == "zfwj"),
        Node("ghzj", "规划总结", reports=government == "ghzj"), Node("xzzfgs", "行政执法公示"),
    ]  # fmt: skip
    if government == "fzzfjsndbg":
        statutory.append(Node("qtfdxx", "其他法定信息", (own,)) if style % 5 == 0 else own)
    special = [Node("fzzf", "法治政府建设", reports=government == "fzzf"), Node("xczx", "乡村振兴")]
    if "bmfzzf" in offices.values():
        column = Node("bmfzzf", ("部门法治政府建设年度报告", "部门年度报告")[style % 2], reports=True)
        (statutory if style % 3 == 0 else special).append(column)
    disclosed = [
        Node("fdzdgknr", "法定主动公开内容", tuple(statutory)),
        Node("zcjd", "政策解读"),
        Node("xxgknb", "政府信息公开年报"),
    ]
    if towns == "xzfzzf" and place.townships:
        disclosed.append(Node("xzxxgk", "乡镇信息公开", (Node("xzfzzf", "法治政府建设情况", reports=True),)))
    sub_sites = tuple(_sub_site(place, name, i) for i, name in enumerate(offices) if offices[name] != "bmfzzf")
    top = [
        Node("xwzx", "新闻中心", (Node("yw", "要闻动态"), Node("bmdt", "部门动态"), Node("xzdt", "乡镇动态"), Node("tzgg", "通知公告"))),
        Node("zwgk", "政府信息公开", tuple(disclosed)),
        Node("zwfw", "政务服务", (Node("bszn", "办事指南"),)),
        Node("hdjl", "互动交流", (Node("zxhf", "咨询回复"),)),
        Node("ztzl", "专题专栏", tuple(special)),
    ]  # fmt: skip
    if sub_sites:
        top.append(Node("bm", "政府部门", sub_sites))
    return tuple(top)


def _sub_site(place: Place, department: str, ordinal: int) -> Node:
    slug = DEPARTMENTS[department]
    column, name = OFFICE_COLUMNS[ordinal % len(OFFICE_COLUMNS)]
    disclosed = Node("zwgk", "政府信息公开", (Node(column, name, reports=True, key=f"{slug}/reports"),))
    return Node(slug, f"{place.name}{department}", (Node("gzdt", "工作动态", key=f"{slug}/gzdt"), disclosed))


def _offices(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    return next((n.inside for n in nodes if n.slug == "bm"), ())


def _path(kind: Family, above: tuple[str, ...], node: Node) -> str:
    return kind.index(*above, node.slug) if node.inside else kind.column(*above, node.slug)


def _columns(
    kind: Family, nodes: tuple[Node, ...], above: tuple[str, ...], trail: tuple[str, ...]
) -> Iterator[tuple[str, Column]]:
    """(key, column) of every column below."""
    for node in nodes:
        if node.inside:
            yield from _columns(kind, node.inside, (*above, node.slug), (*trail, node.name))
        else:
            path = _path(kind, above, node)
            yield node.key or node.slug, Column(node.slug, path, node.name, trail, node.reports)


def _items(kind: Family, above: tuple[str, ...], nodes: tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(f'<li><a href="{_path(kind, above, n)}" title="{n.name}">{n.name}</a></li>' for n in nodes)


def _indexes(kind: Family, nodes: tuple[Node, ...], above: tuple[str, ...]) -> Iterator[Index]:
    for node in nodes:
        if node.inside:
            inside = (*above, node.slug)
            yield Index(kind.index(*inside), node.name, ((node.name, _items(kind, inside, node.inside)),))
            yield from _indexes(kind, node.inside, inside)


def _plain_indexes(site: Site) -> tuple[Index, ...]:
    services = tuple(f'<li id="item{i}">{n}</li>' for i, n in enumerate(pages.WORDS["services"]))
    return Index(site.services, "办事服务", (("办事服务", services),)), Index(
        site.search, "站内搜索", (("搜索结果", ()),)
    )


def _home(site: Site, kind: Family, nodes: tuple[Node, ...], style: int) -> Index:
    by_slug = {n.slug: n for n in nodes}
    groups = [
        ("要闻动态", tuple(pages.link(e) for e in site.newest if e.column.slug == "yw")[:12]),
        ("通知公告", tuple(pages.link(e) for e in site.newest if e.column.slug == "tzgg")[:12]),
        ("政府信息公开", _items(kind, ("zwgk",), by_slug["zwgk"].inside[:2])),
        ("专题专栏", _items(kind, ("ztzl",), tuple(n for n in by_slug["ztzl"].inside if n.slug == "xczx"))),
    ]
    if "bm" in by_slug and style % 2:
        groups.append(("部门网站", _items(kind, ("bm",), by_slug["bm"].inside)))
    if "big5_mirror" in site.faults:
        groups.append(("网站语言", ('<li><a href="/big5/">繁體版</a></li>',)))
    if "mobile_mirror" in site.faults:
        groups.append(("移动版", ('<li><a href="/?isMobile=true">手机版</a></li>',)))
    return Index(kind.home, "首页", tuple(groups))


def _drafts(seed: int, place: Place, style: int) -> Iterator[_Draft]:
    yield from _government(seed, place, style)
    yield from _bodies(seed, place, style)
    yield from _lookalikes(seed, place, style)
    yield from _others(seed, place, style)
    gone = f"{place.name}2016年度法治政府建设工作报告"
    wrong = partial(others.write, seed, "file", place, date(2017, 3, 10), 0)
    column = _government_column(style)
    yield _Draft(column, gone, date(2017, 3, 10), f"{place.name}人民政府", wrong, tracked=False, served=False)


def _report(seed: int, body: Issuer, year: int, column: str, **more: object) -> _Draft:
    _, published = naming.dates(seed, body, year)
    write = partial(reports.compose, seed, body, year)
    return _Draft(column, naming.title_of(seed, body, year), published, body.printed, write, **more)  # type: ignore[arg-type]


def _government(seed: int, place: Place, style: int) -> Iterator[_Draft]:
    """Yearly reports of the government; one year inside a notice, one only as a file, one also as read to the congress."""
    body = issuer(place, GOVERNMENT)
    column = _government_column(style)
    for year in range(2018 + style % 3, 2026):
        usual = _report(seed, body, year, column, plain=year != 2021 and year != 2022)
        _, published = naming.dates(seed, body, year)
        if year == 2021:
            title = forms.notice_title(body, usual.title)
            yield _Draft(column, title, published, body.printed, partial(forms.in_notice, usual.write, body))
        elif year == 2022 and style % 2 == 0:
            file = ".pdf" if style % 4 == 0 else ".docx"
            yield _report(seed, body, year, column, files=(file,), body_in_file=True)
        elif year == 2022:
            write = partial(forms.with_file, usual.write, ".docx")
            yield _Draft(column, usual.title, published, body.printed, write, files=(".docx",))
        else:
            yield usual
        if year == 2023:
            title = forms.congress_title(body, year, names_year=style % 2 == 0)
            later = published + timedelta(days=9)
            write = partial(forms.to_congress, usual.write, body, title, later)
            yield _Draft("zfwj", title, later, body.printed, write)


def _bodies(seed: int, place: Place, style: int) -> Iterator[_Draft]:
    """Yearly reports of departments and townships."""
    for i, (name, column) in enumerate(_office_columns(style).items()):
        body = issuer(place, name)
        for year in range(2022, 2025) if i == 0 else range(2021 + (i + style) % 3, 2024 + (i + style) % 3):
            yield _report(seed, body, year, column, plain=True)
        if i == 0:
            yield _report(seed, body, 2025, column, late=True)
    for i, name in enumerate(place.townships):
        for year in range(2022 + i % 3, 2023 + i % 3 + i % 2):
            yield _report(seed, issuer(place, name), year, _town_column(style))


def _lookalikes(seed: int, place: Place, style: int) -> Iterator[_Draft]:
    kinds = lookalikes.kinds()
    every = [(k, y) for y in range(2019, LAST_LOOKALIKE_YEAR + 1) for k in range(len(kinds))]
    for k, year in Dice(seed, place.code, "look-alikes").shuffled(every)[:LOOKALIKES]:
        d = lookalikes.draft(seed, place, k, year)
        # 工作要点 stand where the reports stand
        column = LOOKALIKE_AT.get(kinds[k]["doc_type"]) or _government_column(style)
        yield _Draft(column, d.title, d.published_on, d.issuer.printed, partial(lookalikes.write, d))


def _others(seed: int, place: Place, style: int) -> Iterator[_Draft]:
    dice = Dice(seed, place.code, "others")
    offices = _office_columns(style)
    news = [(column.replace("reports", "gzdt"), "news", OFFICE_NEWS) for column in offices.values() if "/" in column]
    for column, kind, count in (*OTHERS, *news):
        for _ in range(count):
            ordinal, day = dice.whole(0, 10**6), FIRST_DAY + timedelta(days=dice.whole(0, DAYS))
            title = others.title_of(seed, kind, place, day, ordinal)
            source = f"{place.name}融媒体中心" if kind == "news" else f"{place.name}人民政府办公室"
            yield _Draft(
                column, title, day, source, partial(others.write, seed, kind, place, day, ordinal), tracked=False
            )
