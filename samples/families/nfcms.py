"""广东 NFCMS with the gkmlpt platform for 政府信息公开: its columns live in a tree in the page, its lists in a JSON API.

Learnt from public crawlers: /gkmlpt/index#<column>, window._CONFIG with SID and TREE, /gkmlpt/api/all/<column>, its
`articles`, window._CONFIG.DETAIL on articles, platforms that answer page 1 only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import escape

from ..site import Column, Entry, Index, Site
from .base import Answer, Asked, Family, body_html, number_of, paragraph, shown_date

API_PAGE = 100  # articles per page of the API


def _platform(path: str) -> str:
    """What stands before /gkmlpt/: empty for the government's own platform, /bm/<department> for a department's."""
    return path.split("/gkmlpt/")[0]


def _category(path: str) -> str:
    return path.rsplit("#", 1)[1]


def _post(path: str) -> int:
    return int(path.rsplit("_", 1)[1].removesuffix(".html"))


class Gkmlpt(Family):
    """What is disclosed stands on the gkmlpt platform, news and services in the plain NFCMS with index_2.html."""

    name = "gkmlpt"
    home = "/index.html"
    head = '\n<script src="/nfcms/static/js/nfcms-base.js"></script>'

    def column(self, *slugs: str) -> str:
        if "zwgk" not in slugs:
            return "/" + "".join(f"{s}/" for s in slugs) + "index.html"
        before = "".join(f"/{s}" for s in slugs[: slugs.index("zwgk")])
        return f"{before}/gkmlpt/index#{1000 + number_of('/'.join(slugs)) % 9000}"

    def index(self, *slugs: str) -> str:
        return self.column(*slugs).split("#")[0]

    def list_path(self, first: str, page: int, pages: int) -> str:
        return first if page == 0 else first.replace("index.html", f"index_{page + 1}.html")

    def list_paths(self, first: str, pages: int) -> list[str]:
        return [] if "#" in first else super().list_paths(first, pages)

    def article(self, first: str, number: int, published: date) -> str:
        post = 1662000 + number * 7 + number_of(first.split("#")[0]) % 7
        if "#" in first:
            return f"{_platform(first)}/gkmlpt/content/{post // 10**6}/{post // 1000}/post_{post}.html"
        return first.replace("index.html", f"content/post_{post}.html")

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        n = number_of(entry.path) % 10**6
        path = f"/attachment/0/{n // 1000}/{n}/{n * 3 + ordinal}{entry.files[ordinal]}"
        return path, path

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            shown = shown_date(site, e, '<span class="time">{}</span>')
            items.append(f'<li><a href="{site.row_href(e, e.path)}" title="{escape(e.title)}">{site.row_title(e)}</a>{shown}</li>')  # fmt: skip
        return f'<ul class="news_list">{"".join(items)}</ul>'

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        def anchor(to: int, word: str, kind: str) -> str:
            href = self.list_path(column.path, to, pages)
            return f'<a href="{href}" class="{kind}">{word}</a>' if 0 <= to < pages and to != page else ""

        steps = anchor(0, "首页", "first") + anchor(page - 1, "上一页", "prev")
        steps += anchor(page + 1, "下一页", "next") + anchor(pages - 1, "尾页", "last")
        return f'<div class="page">{steps}</div>'

    def shells(self, site: Site, indexes: Sequence[Index]) -> Mapping[str, str]:
        on_platform = [c.path for c in site.columns if "#" in c.path]
        return {f"{p}/gkmlpt/index": self._shell(site, p) for p in dict.fromkeys(map(_platform, on_platform))}

    def _shell(self, site: Site, platform: str) -> str:
        nodes: list[dict[str, object]] = []
        ids: dict[tuple[str, ...], int] = {}
        for column in site.columns:
            if "#" not in column.path or _platform(column.path) != platform:
                continue
            trail = column.trail[column.trail.index("政府信息公开") + 1 :]
            for depth in range(1, len(trail) + 1):
                above = trail[:depth]
                if above not in ids:
                    ids[above] = 100 + len(ids)
                    nodes.append({"id": ids[above], "name": above[-1], "parent_id": ids.get(above[:-1], 0), "post_count": 0})  # fmt: skip
            parent = ids.get(trail, 0)
            count = len(site.listed(column))
            nodes.append({"id": int(_category(column.path)), "name": column.name, "parent_id": parent, "post_count": count})  # fmt: skip
        config = f"SID: '{self._sid(site, platform)}',\n  APP_URL: '{site.host}{platform}',\n  TREE: {json.dumps(nodes, ensure_ascii=False)},\n  DETAIL: null"
        return f"""<div id="app" class="gkmlpt-content"><div class="loading">正在加载…</div></div>
<script>window._CONFIG = {{
  {config}
}};</script>
<script src="/gkmlpt/static/js/chunk-common.c1553651.js"></script>"""

    def _sid(self, site: Site, platform: str) -> str:
        return str(758000 + (site.seed + number_of(platform)) % 900)

    def endpoints(self, site: Site) -> Mapping[str, Asked]:
        out: dict[str, Asked] = {}
        for column in site.columns:
            if "#" in column.path:
                path = f"{_platform(column.path)}/gkmlpt/api/all/{_category(column.path)}"
                out[path] = partial(self._api, site, column)
        return out

    def _api(self, site: Site, column: Column, asked: Mapping[str, str]) -> Answer | None:
        platform = _platform(column.path)
        if asked.get("sid") != self._sid(site, platform):
            return None
        page = max(int(asked.get("page", "1")), 1)  # page 0 is page 1
        listed = site.listed(column)
        shown = listed[(page - 1) * API_PAGE : page * API_PAGE]
        if not shown and "repeated_last_page" in site.faults:
            shown = listed[-API_PAGE:]
        only_one = len(listed) <= API_PAGE and site.style("single page", 2)
        if not shown or (page > 1 and only_one):
            return None
        articles = [self._record(site, column, e) for e in shown]
        name = {"id": int(_category(column.path)), "name": column.name, "post_count": len(listed)}
        text = json.dumps({"classify": name, "total": len(listed), "articles": articles}, ensure_ascii=False)
        return Answer(text, "application/json", listed[0].published_on)

    def _record(self, site: Site, column: Column, entry: Entry) -> dict[str, object]:
        day = entry.published_on
        moment = int((datetime(day.year, day.month, day.day, 9, tzinfo=UTC) - timedelta(hours=8)).timestamp())
        record: dict[str, object] = {
            "id": _post(entry.path), "title": entry.title, "publisher": entry.source,
            "classify_main_name": column.name, "url": site.row_href(entry, site.host + entry.path),
        }  # fmt: skip
        if "no_list_date" not in site.faults:
            record |= {"date": moment, "created_at": f"{day.isoformat()} 09:00:00", "display_publish_time": day.isoformat()}  # fmt: skip
        return record

    def body(self, site: Site, entry: Entry) -> str:
        inner = body_html(site, entry, self, paragraph)
        detail = ""
        if "#" in entry.column.path:
            d = entry.document
            fields = {
                "id": _post(entry.path), "title": entry.title, "publisher": entry.source,
                "identifier": d.index_number, "document_number": d.document_number or "", "content": inner,
                "classify_main_name": entry.column.name, "date": entry.published_on.isoformat(),
            }  # fmt: skip
            safe = json.dumps(fields, ensure_ascii=False).replace("</", "<\\/")
            detail = f"\n<script>window._CONFIG = {{SID: '{self._sid(site, _platform(entry.column.path))}', DETAIL: {safe}}};</script>"
        return f'<div class="article-content" id="zoomcon">\n{inner}\n</div>{detail}'
