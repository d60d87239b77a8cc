"""One portal of invented pages (build), and the set that `make run` crawls (DEFAULT)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import partial

from . import lookalikes, naming, pages, reports
from .dice import Dice
from .families import FAMILIES, Family
from .pages import Column, Document, Entry, Site
from .places import GOVERNMENT, Place, issuer, places

# Deviations that a portal may have; `none` says so in so many words.
FAULTS = ("none", "gbk", "two_line_title", "no_list_date")
ROWS_PER_PAGE = 6
LOOKALIKES = 15
LAST_LOOKALIKE_YEAR = 2024
SAMPLE_HEADER = ("X-Fazhi-Sample", "invented")

# (slugs, name, names of the columns above, whether reports are published there)
COLUMNS = (
    (("zwgk", "fdzdgknr", "fzzfjsndbg"), "法治政府建设年度报告", ("政府信息公开", "法定主动公开内容"), True),
    (("zwgk", "fdzdgknr", "bmfzzf"), "部门和乡镇法治政府建设年度报告", ("政府信息公开", "法定主动公开内容"), True),
    (("zwgk", "xxgknb"), "政府信息公开年报", ("政府信息公开",), False),
    (("zwgk", "xzzfgs"), "行政执法公示", ("政府信息公开",), False),
    (("xwzx", "gzdt"), "工作动态", ("新闻中心",), False),
)
COLUMN_OF = {"disclosure_annual_report": "xxgknb", "enforcement_statistics": "xzzfgs", "news": "gzdt"}


@dataclass(frozen=True, slots=True)
class Page:
    """What is served under one path. document: the report or look-alike that the page carries, if any."""

    status: int
    content_type: str
    body: bytes
    document: Document | None
    headers: tuple[tuple[str, str], ...]


class Pages(Mapping[str, Page]):
    """Pages by path, each built when first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Page]]) -> None:
        self._makers = makers
        self._made: dict[str, Page] = {}

    def __getitem__(self, path: str) -> Page:
        if path not in self._made:
            self._made[path] = self._makers[path]()
        return self._made[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal as it is served. entry_paths: its report columns; articles: paths that carry a document, oldest first."""

    portal_id: str
    name: str
    region_code: str
    family: str
    homepage_path: str
    entry_paths: tuple[str, ...]
    faults: frozenset[str]
    pages: Mapping[str, Page]
    articles: tuple[str, ...]
    missing: Page


def build(seed: int, family: str, place: Place, faults: Iterable[str] = ()) -> Portal:
    """The portal of `place`. Pure and cheap: pages are written when asked for. Raises ValueError for an unknown fault."""
    faults = frozenset(faults) - {"none"}
    if unknown := faults - set(FAULTS):
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; known are {', '.join(FAULTS)}")
    kind = FAMILIES[family]
    columns = tuple(Column(slugs[-1], kind.column(*slugs), name, trail, holds) for slugs, name, trail, holds in COLUMNS)
    entries = tuple(_entries(seed, kind, place, columns))
    used = tuple(c for c in columns if any(e.column is c for e in entries))
    site = Site(
        seed=seed, place=place, family=family, faults=faults, label="gb2312" if "gbk" in faults else "utf-8",
        home=kind.home, search="/search/", services=kind.column("bsfw"), columns=used, entries=entries,
    )  # fmt: skip
    return Portal(
        portal_id=f"sample-{place.slug}",
        name=site.name,
        region_code=place.code,
        family=family,
        homepage_path="/",
        entry_paths=tuple(c.path for c in used if c.reports),
        faults=faults,
        pages=Pages(dict(_makers(site, kind))),
        articles=tuple(e.path for e in entries),
        missing=_page(site, _missing(site), date(2026, 1, 1), status=404),
    )


def _entries(seed: int, kind: Family, place: Place, columns: tuple[Column, ...]) -> list[Entry]:
    by_slug = {c.slug: c for c in columns}
    own, others = (c for c in columns if c.reports)
    years = [y for _, first, last in place.reports for y in range(first, last + 1)]
    drafts: list[tuple[date, str, Column, str, Callable[[], Document]]] = []
    for who, first, last in place.reports:
        body = issuer(place.code, who)
        for year in range(first, last + 1):
            _, published = naming.dates(seed, body, year)
            title, column = naming.title_of(seed, body, year), own if who == GOVERNMENT else others
            drafts.append((published, title, column, body.printed, partial(reports.compose, seed, body, year)))
    report_columns = [c for c in (own, others) if any(d[2] is c for d in drafts)]
    dice = Dice(seed, place.code, "look-alikes")
    span = range(min(years), min(max(years), LAST_LOOKALIKE_YEAR) + 1)
    every = [(k, y) for k in range(len(lookalikes.kinds())) for y in span]
    first_of_each = {k: dice.pick(span) for k in range(len(lookalikes.kinds()))}
    more = dice.shuffled([pair for pair in every if first_of_each[pair[0]] != pair[1]])
    for k, year in [*first_of_each.items(), *more][:LOOKALIKES]:
        d = lookalikes.draft(seed, place, k, year)
        slug = COLUMN_OF.get(lookalikes.kinds()[k]["doc_type"])
        column = by_slug[slug] if slug else report_columns[0]
        drafts.append((d.published_on, d.title, column, d.issuer.printed, partial(lookalikes.write, d)))
    drafts.sort(key=lambda d: (d[0], d[1]))
    return [
        Entry(n, kind.article(column.path, n, published), title, published, column, source, write)
        for n, (published, title, column, source, write) in enumerate(drafts, start=1)
    ]


def _makers(site: Site, kind: Family) -> Iterator[tuple[str, Callable[[], Page]]]:
    """Every path of the portal with what builds its page."""
    for entry in site.entries:
        yield entry.path, partial(_article, site, kind, entry)
    latest = max(e.published_on for e in site.entries)
    for column in site.columns:
        listed = site.listed(column)
        count = -(-len(listed) // ROWS_PER_PAGE)
        for n in range(count):
            maker = partial(_list, site, kind, column, n, count)
            yield kind.list_path(column.path, n), maker
            if n == 0 and column.path.endswith("/"):
                yield column.path + "index.html", maker
    for path, title, groups in _indexes(site, kind):
        maker = partial(_index, site, title, groups, latest)
        yield path, maker
        if path.endswith("/"):
            yield path + "index.html", maker
    if kind.home != "/":
        yield "/", partial(_index, site, "首页", _home_groups(site, kind), latest)
    rule = site.seed % 4
    if rule != 0:  # every fourth portal has no robots.txt at all, like most real ones
        text = "User-agent: *\n" + ("Disallow: /search\n" if rule == 1 else "Disallow:\n")
        robots = Page(
            200, "text/plain", text.encode(), None, (*_stamps(text.encode(), date(2024, 1, 1)), SAMPLE_HEADER)
        )
        yield "/robots.txt", lambda: robots


def _anchor(column: Column) -> str:
    return f'<li><a href="{column.path}" title="{column.name}">{column.name}</a></li>'


def _home_groups(site: Site, kind: Family) -> list[tuple[str, list[str]]]:
    newest = sorted(site.entries, key=lambda e: (e.published_on, e.number), reverse=True)
    news = [e for e in newest if not e.column.reports]
    return [
        ("要闻动态", [pages.link(e) for e in news[:10]]),
        (
            "政府信息公开",
            [f'<li><a href="{kind.column("zwgk")}">政府信息公开</a></li>', *(_anchor(c) for c in site.columns)],
        ),
        ("最新公开", [pages.link(e) for e in newest[:10]]),
    ]


def _indexes(site: Site, kind: Family) -> Iterator[tuple[str, str, list[tuple[str, list[str]]]]]:
    """Pages that only lead on: (path, title, groups). 政府信息公开 → 法定主动公开内容 → the report columns."""
    statutory = kind.column("zwgk", "fdzdgknr")
    yield kind.home, "首页", _home_groups(site, kind)
    inside = [_anchor(c) for c in site.columns if c.trail == ("政府信息公开",)]
    yield (
        kind.column("zwgk"),
        "政府信息公开",
        [("政府信息公开", [f'<li><a href="{statutory}">法定主动公开内容</a></li>', *inside])],
    )
    yield statutory, "法定主动公开内容", [("法定主动公开内容", [_anchor(c) for c in site.columns if c.reports])]
    yield kind.column("xwzx"), "新闻中心", [("新闻中心", [_anchor(c) for c in site.columns if c.slug == "gzdt"])]
    yield (
        site.services,
        "办事服务",
        [("办事服务", [f'<li id="item{i}">{n}</li>' for i, n in enumerate(pages.WORDS["services"])])],
    )
    yield site.search, "站内搜索", [("搜索结果", [pages.link(e) for e in site.entries[-10:]])]


def _index(site: Site, title: str, groups: list[tuple[str, list[str]]], changed: date) -> Page:
    return _page(site, pages.index(site, title, groups), changed)


def _list(site: Site, kind: Family, column: Column, number: int, count: int) -> Page:
    listed = site.listed(column)
    shown = listed[number * ROWS_PER_PAGE : (number + 1) * ROWS_PER_PAGE]
    main = f"""<div class="main-content clearfix">{pages.breadcrumb(site, column)}
<div class="content-left"><h2 class="column-name">{column.name}</h2>
{kind.rows(site, shown)}
{kind.pager(column.path, number, count, len(listed))}
</div></div>"""
    metas = [
        ("ColumnName", column.name),
        ("ColumnDescription", f"{site.name}{column.name}栏目"),
        ("ColumnType", "政府信息公开"),
    ]
    return _page(site, pages.page(site, f"{column.name}_{site.name}", metas, main), listed[0].published_on)


def _article(site: Site, kind: Family, entry: Entry) -> Page:
    text = pages.article(site, entry, kind.body(site, entry))
    return _page(site, text, entry.published_on, document=entry.document)


def _missing(site: Site) -> str:
    main = f'<div class="main-content"><h1>404</h1><p>您访问的页面不存在或已删除。</p><p><a href="{site.home}">返回首页</a></p></div>'
    return pages.page(site, f"404_{site.name}", [], main)


def _stamps(body: bytes, changed: date) -> tuple[tuple[str, str], ...]:
    moment = datetime(changed.year, changed.month, changed.day, 9, tzinfo=UTC)
    return ("Last-Modified", format_datetime(moment, usegmt=True)), (
        "ETag",
        f'"{hashlib.sha256(body).hexdigest()[:16]}"',
    )


def _page(site: Site, text: str, changed: date, *, status: int = 200, document: Document | None = None) -> Page:
    """Encode a page as the portal does. A portal that says gb2312 sends GB18030 and leaves the header without charset."""
    old = "gbk" in site.faults
    body = text.encode("gb18030" if old else "utf-8")
    content_type = "text/html" if old or site.family == "generic" else "text/html; charset=utf-8"
    stamps = _stamps(body, changed) if status == 200 else ()
    return Page(status, content_type, body, document, (*stamps, SAMPLE_HEADER))


# (seed, family, place, faults) of the portals that `make run` crawls.
DEFAULT: tuple[tuple[int, str, str, tuple[str, ...]], ...] = (
    (1, "trs", "990121", ("none",)),
    (2, "trs", "990100", ("gbk",)),
    (3, "generic", "990202", ("two_line_title",)),
    (4, "generic", "990221", ("no_list_date",)),
)


def default() -> tuple[Portal, ...]:
    """The portals of DEFAULT."""
    return tuple(build(seed, family, places()[code], faults) for seed, family, code, faults in DEFAULT)


def digest(portals: Iterable[Portal]) -> str:
    """sha256 over everything that these portals serve: unchanged digest, unchanged pages."""
    total = hashlib.sha256()
    for portal in portals:
        for path in sorted(portal.pages):
            page = portal.pages[path]
            total.update(f"{portal.portal_id} {path} {page.status} {page.content_type} {page.headers}\n".encode())
            total.update(hashlib.sha256(page.body).digest())
    return total.hexdigest()
