"""Sets of portals: one portal of a place in places.toml (build), the set that `make run` crawls (DEFAULT), and a farm of
as many generated ones as asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from . import forms, lookalikes, naming, pages, reports, traps, tree
from .builder import assemble, charset
from .dice import Dice
from .families import FAMILIES, Family
from .places import GOVERNMENT, Place, invented, issuer, places
from .portal import Portal, origin
from .site import FAULTS, Column, Document, Entry, Index, Site

ROWS_PER_PAGE = 6
LOOKALIKES = 15
LAST_LOOKALIKE_YEAR = 2024

# (slugs, name, names of the columns above, whether reports are published there)
COLUMNS = (
    (("zwgk", "fdzdgknr", "fzzfjsndbg"), "法治政府建设年度报告", ("政府信息公开", "法定主动公开内容"), True),
    (("zwgk", "fdzdgknr", "bmfzzf"), "部门和乡镇法治政府建设年度报告", ("政府信息公开", "法定主动公开内容"), True),
    (("zwgk", "xxgknb"), "政府信息公开年报", ("政府信息公开",), False),
    (("zwgk", "xzzfgs"), "行政执法公示", ("政府信息公开",), False),
    (("xwzx", "gzdt"), "工作动态", ("新闻中心",), False),
)
COLUMN_OF = {"disclosure_annual_report": "xxgknb", "enforcement_statistics": "xzzfgs", "news": "gzdt"}

# What deviates on the portals of a farm, in turn; together with the families in turn no two are alike for a long time.
FARM_FAULTS = (
    ("cut_titles", "clock_2019"),
    ("lying_count", "soft_404", "placeholders"),
    ("repeated_last_page", "cut_titles", "doubled_labels"),
    ("big5_mirror", "bare_breaks"),
    ("html_robots", "utf8_as_gb2312", "cut_titles"),
    ("moved", "column_pubdate", "soft_404"),
    ("lying_count", "repeated_last_page", "layout_table"),
    ("mobile_mirror", "two_line_title", "clock_2019"),
    ("gbk_as_utf8", "no_list_date"),
    ("big5_mirror", "soft_404", "cut_titles", "lying_count"),
    ("gbk", "repeated_last_page", "html_robots"),
)
EDITED, ADDED, REMOVED = 5, 3, 2


def build(seed: int, family: str, place: Place, faults: Iterable[str] = ()) -> Portal:
    """The portal of `place`. Pure and cheap: pages are written when asked for. Raises ValueError for an unknown fault."""
    faults = _checked(faults)
    kind = FAMILIES[family]
    columns = tuple(Column(slugs[-1], kind.column(*slugs), name, trail, holds) for slugs, name, trail, holds in COLUMNS)
    entries = tuple(_entries(seed, kind, place, columns))
    used = tuple(c for c in columns if any(e.column is c for e in entries))
    portal_id = f"sample-{place.slug}"
    site = Site(
        seed=seed, place=place, family=family, faults=faults, label=charset(faults)[0], home=kind.home,
        search="/search/", services=kind.column("bsfw"), columns=used, entries=entries, per_page=ROWS_PER_PAGE,
        head=kind.head, host=origin(portal_id),
    )  # fmt: skip
    return assemble(site, _indexes(site, kind), portal_id)


def _checked(faults: Iterable[str]) -> frozenset[str]:
    known = frozenset(faults) - {"none"}
    if unknown := known - set(FAULTS):
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; known are {', '.join(FAULTS)}")
    return known


def _entries(seed: int, kind: Family, place: Place, columns: tuple[Column, ...]) -> list[Entry]:
    by_slug = {c.slug: c for c in columns}
    own, others = (c for c in columns if c.reports)
    years = [y for _, first, last in place.reports for y in range(first, last + 1)]
    drafts: list[tuple[date, str, Column, str, Callable[[], Document]]] = []
    for who, first, last in place.reports:
        body = issuer(place, who)
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


def _anchor(column: Column) -> str:
    return f'<li><a href="{column.path}" title="{column.name}">{column.name}</a></li>'


def _indexes(site: Site, kind: Family) -> list[Index]:
    """Pages that only lead on, the home page first: 政府信息公开 → 法定主动公开内容 → the report columns."""
    zwgk, statutory = kind.index("zwgk"), kind.index("zwgk", "fdzdgknr")
    news = [e for e in site.newest if not e.column.reports]
    inside = [_anchor(c) for c in site.columns if c.trail == ("政府信息公开",)]
    down = f'<li><a href="{statutory}">法定主动公开内容</a></li>'
    home = (
        ("要闻动态", tuple(pages.link(e) for e in news[:10])),
        ("政府信息公开", (f'<li><a href="{zwgk}">政府信息公开</a></li>', *(_anchor(c) for c in site.columns))),
        ("最新公开", tuple(pages.link(e) for e in site.newest[:10])),
    )
    items = tuple(f'<li id="item{i}">{n}</li>' for i, n in enumerate(pages.WORDS["services"]))
    found = tuple(pages.link(e) for e in site.entries[-10:])
    return [
        Index(kind.home, "首页", home),
        Index(zwgk, "政府信息公开", (("政府信息公开", (down, *inside)),)),
        Index(statutory, "法定主动公开内容", (("法定主动公开内容", tuple(_anchor(c) for c in site.columns if c.reports)),)),
        Index(kind.index("xwzx"), "新闻中心", (("新闻中心", tuple(_anchor(c) for c in site.columns if c.slug == "gzdt")),)),
        Index(site.services, "办事服务", (("办事服务", items),)),
        Index(site.search, "站内搜索", (("搜索结果", found),)),
    ]  # fmt: skip


# (seed, family, place, faults) of the portals that `make run` crawls.
DEFAULT: tuple[tuple[int, str, str, tuple[str, ...]], ...] = (
    (1, "trs", "990121", ("none",)),
    (2, "trs", "990100", ("gbk",)),
    (3, "generic", "990202", ("two_line_title",)),
    (4, "generic", "990221", ("no_list_date",)),
)


def default() -> list[Portal]:
    """The portals of DEFAULT."""
    return [build(seed, family, places()[code], faults) for seed, family, code, faults in DEFAULT]


def farm(seed: int, portals: int, *, edited: bool = False) -> list[Portal]:
    """`portals` generated portals over all families, with traps; after them the hosts that some of them had before, and
    one portal behind a challenge.

    Reports are reached from home pages only: through 政府信息公开, 法定主动公开内容, 专题专栏 and departments' sub-sites.
    edited: the same farm some weeks later, with EDITED reports changed in a figure, ADDED new ones and REMOVED gone
    (of fewer than three portals, one new report each).
    The same arguments give the same bytes. Raises ValueError for more portals than there are invented places.
    """
    *regions, behind = (invented(i) for i in range(portals + 1))
    families = list(FAMILIES)
    sites = []
    for i, place in enumerate(regions):
        family = families[(i + seed) % len(families)]
        faults = _checked(FARM_FAULTS[i % len(FARM_FAULTS)])
        sites.append(tree.grow(seed * 1000 + i, family, place, faults, style=i))
    changed = _revised(seed, sites) if edited else [_early(grown) for grown in sites]
    out = [assemble(grown.site, grown.indexes, grown.portal_id, sitemap=i % 3 == 1) for i, grown in enumerate(changed)]
    for grown in sites:
        if grown.site.old_host:
            name, code = grown.site.name, grown.site.place.code
            out.append(traps.moved(tree.old_id(grown.portal_id), name, code, grown.portal_id))
    out.append(traps.challenged(seed, f"farm-{behind.slug}", f"{behind.name}人民政府", behind.code))
    return out


def _early(grown: tree.Grown) -> tree.Grown:
    """The portal without what is published later."""
    kept = tuple(e for e in grown.site.entries if not grown.is_late(e))
    return replace(grown, site=replace(grown.site, entries=kept))


def _revised(seed: int, sites: list[tree.Grown]) -> list[tree.Grown]:
    """The portals some weeks later."""
    dice = Dice(seed, "revised")
    reports_of = [[e for e in g.site.entries if g.is_plain_report(e)] for g in sites]
    candidates = dice.shuffled([(i, e.number) for i, some in enumerate(reports_of) for e in some])
    edits, gone = set(candidates[:EDITED]), set(candidates[EDITED : EDITED + REMOVED])
    late = dice.shuffled([(i, e.number) for i, g in enumerate(sites) for e in g.site.entries if g.is_late(e)])
    new = set(late[:ADDED])
    out = []
    for i, grown in enumerate(sites):
        entries = []
        for e in grown.site.entries:
            if (i, e.number) in gone or (grown.is_late(e) and (i, e.number) not in new):
                continue
            if (i, e.number) in edits:
                day = e.published_on + timedelta(days=40)
                entries.append(replace(e, write=partial(forms.corrected, e.write, seed), changed=day))
            else:
                entries.append(e)
        out.append(replace(grown, site=replace(grown.site, entries=tuple(entries))))
    return out


def digest(portals: Iterable[Portal]) -> str:
    """sha256 over everything that these portals serve: unchanged digest, unchanged pages."""
    total = hashlib.sha256()
    for portal in portals:
        for path in sorted(portal.pages):
            page = portal.pages[path]
            total.update(f"{portal.portal_id} {path} {page.status} {page.content_type} {page.headers}\n".encode())
            total.update(hashlib.sha256(page.body).digest())
    return total.hexdigest()


__all__ = ["DEFAULT", "FAMILIES", "FAULTS", "build", "default", "digest", "farm"]
