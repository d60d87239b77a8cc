"""From a site, its family and the pages that lead on to the portal as it is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial

from . import files, pages, traps
from .families import FAMILIES, Answer, Family
from .families.base import Asked
from .portal import SAMPLE_HEADER, Endpoint, Page, Pages, Params, Portal, stamps
from .site import Column, Entry, Index, Site, blocks

NEWEST_DAY = date(2026, 1, 1)
# How the label of a portal differs from its bytes: fault → (label, encoding).
CHARSETS = {
    "gbk": ("gb2312", "gb18030"),
    "utf8_as_gb2312": ("gb2312", "utf-8"),
    "gbk_as_utf8": ("utf-8", "gb18030"),
}


def charset(faults: frozenset[str]) -> tuple[str, str]:
    """(label, encoding) of a portal's pages."""
    return next((CHARSETS[f] for f in sorted(faults & set(CHARSETS))), ("utf-8", "utf-8"))


def assemble(site: Site, indexes: Sequence[Index], portal_id: str, *, sitemap: bool = False) -> Portal:
    """The portal of a site whose columns are reached through `indexes`; pages are written when asked for."""
    kind = FAMILIES[site.family]
    served = [e for e in site.entries if e.served]
    makers = dict(_makers(site, kind, indexes, sitemap))
    missing = _page(site, _missing(site), NEWEST_DAY, status=200 if "soft_404" in site.faults else 404)
    views: dict[str, Callable[[Page], Page]] = {}
    if "big5_mirror" in site.faults:
        views["big5"] = partial(traps.traditional, big5=site.style("big5", 2) == 0)
    if "mobile_mirror" in site.faults:
        views["isMobile"] = traps.mobile
    return Portal(
        portal_id=portal_id,
        name=site.name,
        region_code=site.place.code,
        family=site.family,
        homepage_path="/",
        entry_paths=tuple(c.path for c in site.columns if c.reports),
        faults=site.faults,
        pages=Pages(makers),
        articles=tuple(e.path for e in served if e.tracked),
        missing=missing,
        endpoints={path: _endpoint(site, kind, asked) for path, asked in kind.endpoints(site).items()},
        files={e.path: tuple(kind.file(e, i)[0] for i in range(len(e.files))) for e in served if e.files},
        body_in_file=frozenset(e.path for e in served if e.body_in_file),
        views=views,
    )


def _makers(
    site: Site, kind: Family, indexes: Sequence[Index], sitemap: bool
) -> Iterator[tuple[str, Callable[[], Page]]]:
    """Every path of the portal with what builds its page."""
    for entry in site.entries:
        if entry.served:
            yield entry.path, partial(_article, site, kind, entry)
            for i in range(len(entry.files)):
                yield kind.file(entry, i)[0], partial(_file, entry, i)
    latest = max(e.published_on for e in site.entries)
    for column in site.columns:
        if not site.listed(column):
            continue
        claimed, real = site.claimed_pages(column), site.page_count(column)
        for n, path in enumerate(kind.list_paths(column.path, claimed)):
            if n < real or "repeated_last_page" in site.faults:
                yield from _also_as_index(path, n == 0, partial(_list, site, kind, column, n))
    shells = kind.shells(site, indexes)
    for index in indexes:
        if index.path not in shells:
            yield from _also_as_index(index.path, True, partial(_index, site, index, latest))
    for path, main in shells.items():
        yield path, partial(_shell, site, main, latest)
    if kind.home != "/":
        yield "/", partial(_index, site, indexes[0], latest)
    yield from _robots(site, indexes[0], latest, sitemap)


def _also_as_index(path: str, first: bool, maker: Callable[[], Page]) -> Iterator[tuple[str, Callable[[], Page]]]:
    yield path, maker
    if first and path.endswith("/"):
        yield path + "index.html", maker


def _robots(site: Site, home: Index, latest: date, sitemap: bool) -> Iterator[tuple[str, Callable[[], Page]]]:
    if sitemap:
        yield "/sitemap.xml", partial(_plain, traps.sitemap(site), "text/xml", latest)
    if "html_robots" in site.faults:
        yield "/robots.txt", partial(_index, site, home, latest)
        return
    rule = site.seed % 4
    if rule != 0:  # every fourth portal has no robots.txt at all, like most real ones
        text = "User-agent: *\n" + ("Disallow: /search\n" if rule == 1 else "Disallow:\n")
        if sitemap:
            text += f"Sitemap: {site.host}/sitemap.xml\n"
        yield "/robots.txt", partial(_plain, text, "text/plain", date(2024, 1, 1))


def _index(site: Site, index: Index, changed: date) -> Page:
    return _page(site, pages.index(site, index), changed)


def _shell(site: Site, main: str, changed: date) -> Page:
    text = pages.page(
        site, f"政府信息公开平台_{site.name}", [("ColumnName", "政府信息公开"), ("ColumnType", "栏目")], main
    )
    return _page(site, text, changed)


def _list(site: Site, kind: Family, column: Column, number: int) -> Page:
    main = f"""<div class="main-content clearfix">{pages.breadcrumb(site, column)}
<div class="content-left"><h2 class="column-name">{column.name}</h2>
{kind.listing(site, column, number, site.claimed_pages(column))}
</div></div>"""
    metas = [
        ("ColumnName", column.name),
        ("ColumnDescription", f"{site.name}{column.name}栏目"),
        ("ColumnType", "政府信息公开"),
    ]
    changed = site.listed(column)[0].published_on
    return _page(site, pages.page(site, f"{column.name}_{site.name}", metas, main), changed)


def _article(site: Site, kind: Family, entry: Entry) -> Page:
    text = pages.article(site, entry, kind.body(site, entry), kind.heading(entry.title), kind.labels(entry))
    return _page(site, text, entry.changed or entry.published_on, document=entry)


def _file(entry: Entry, ordinal: int) -> Page:
    ending = entry.files[ordinal]
    lines = [text for kind, text in blocks(entry.document) if kind != "attachment"]
    body = files.WRITERS[ending](entry.title, lines)
    name = f'attachment; filename="{entry.published_on:%Y%m%d}{ending}"'
    changed = entry.changed or entry.published_on
    document = entry.document if entry.tracked else None
    headers = (*stamps(body, changed), ("Content-Disposition", name), SAMPLE_HEADER)
    return Page(200, files.MEDIA_TYPES[ending], body, document, headers)


def _endpoint(site: Site, kind: Family, asked: Asked) -> Endpoint:
    def answer(params: Params) -> Page | None:
        found = asked(params)
        if found is None:
            return None
        if isinstance(found, Answer):
            return _plain(found.text, f"{found.content_type}; charset=utf-8", found.changed)
        return _list(site, kind, found.column, found.page)

    return answer


def _missing(site: Site) -> str:
    main = f'<div class="main-content"><h1>404</h1><p>您访问的页面不存在或已删除。</p><p><a href="{site.home}">返回首页</a></p></div>'
    return pages.page(site, f"404_{site.name}", [], main)


def _plain(text: str, content_type: str, changed: date) -> Page:
    body = text.encode()
    return Page(200, content_type, body, None, (*stamps(body, changed), SAMPLE_HEADER))


def _page(site: Site, text: str, changed: date, *, status: int = 200, document: Entry | None = None) -> Page:
    """Encode a page as the portal does. A portal with a charset fault and the generic one name none in the header."""
    label, encoding = charset(site.faults)
    body = text.encode(encoding)
    silent = label != encoding or site.family == "generic"
    content_type = "text/html" if silent else "text/html; charset=utf-8"
    marks = stamps(body, changed) if status == 200 else ()
    carried = document.document if document and document.tracked else None
    return Page(status, content_type, body, carried, (*marks, SAMPLE_HEADER))
