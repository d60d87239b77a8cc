"""大汉 jcms/jpage and its successor jpaas: columns are numbers, lists come from an address of their own.

Learnt from public crawlers: the list's first records in <script type="text/xml">, the fields of dataproxy.jsp, the
unit build address with its misspelt `bulidstatic`, rows as <li> with the full title in title=.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from ..site import Column, Entry, Site
from .base import Answer, Asked, Family, body_html, number_of, paragraph, shown_date

PROXY = "/module/web/jpage/dataproxy.jsp"
UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"


def column_id(path: str) -> str:
    """The number in /col/col<number>/index.html."""
    return path.split("/")[2].removeprefix("col")


class Jcms(Family):
    """The page embeds the first one or three groups of records; further ones come as XML from dataproxy.jsp."""

    name = "jcms"
    home = "/index.html"
    head = '\n<script type="text/javascript" src="/script/0/1907161559302.js"></script>'

    def column(self, *slugs: str) -> str:
        return f"/col/col{1229000000 + number_of('/'.join(slugs)) % 900000}/index.html"

    def list_paths(self, first: str, pages: int) -> list[str]:
        return [first]

    def article(self, first: str, number: int, published: date) -> str:
        stem = f"{column_id(first)}_{4180000 + number * 17}"
        return f"/art/{published.year}/{published.month}/{published.day}/art_{stem}.html"

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        path = f"/attach/0/{number_of(entry.path):08x}{number_of(entry.title):08x}{ordinal}{entry.files[ordinal]}"
        return path, path

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        return "".join(f"<record><![CDATA[{self.row(site, e)}]]></record>\n" for e in entries)

    def row(self, site: Site, entry: Entry) -> str:
        """One row of a list."""
        title, date_shown = escape(entry.title), shown_date(site, entry, "<span>{}</span>")
        return (
            f'<li><a href="{site.row_href(entry, entry.path)}" title="{title}" target="_blank">'
            f"{site.row_title(entry)}</a>{date_shown}</li>"
        )

    def listing(self, site: Site, column: Column, page: int, pages: int) -> str:
        groups = 3 if site.style("groups", 2) else 1
        first = [e for i in range(min(groups, site.page_count(column))) for e in site.shown(column, i)]
        unit, own = self._unit(site), column_id(column.path)
        fields = {
            "col": 1, "appid": 1, "webid": site.seed % 90 + 1, "path": "/", "columnid": own, "sourceContentType": 1,
            "unitid": unit, "webname": site.name, "permissiontype": 0,
        }  # fmt: skip
        claimed = len(site.listed(column)) + (2 * site.per_page if "lying_count" in site.faults else 0)
        query = f"appid=1&appid=1&webid={fields['webid']}&path=/&columnid={own}&unitid={unit}&permissiontype=0"
        more = f'<nextgroup><![CDATA[<a href="{PROXY}?page=1&{query}"></a>]]></nextgroup>'
        ajax = ",".join(f"{k}:'{v}'" if isinstance(v, str) else f"{k}:{v}" for k, v in fields.items())
        return f"""<div id="{unit}" class="default_pgContainer"><script type="text/xml"><datastore>
{more if claimed > len(first) else "<nextgroup></nextgroup>"}
<recordset>
{self.rows(site, first)}</recordset></datastore></script></div>
<script type="text/javascript">
jQuery(document).ready(function(){{jQuery('#{unit}').jpage({{dataBefore:'<ul class="list">',dataAfter:'</ul>',perPage:{site.per_page},totalRecord:{claimed},groupSize:{groups},barPosition:'bottom',showMode:'full',proxyUrl:'{PROXY}',openCookies:false,ajaxParam:{{{ajax}}}}});}});
</script>"""

    def _unit(self, site: Site) -> int:
        return 297000 + site.seed % 2900

    def endpoints(self, site: Site) -> Mapping[str, Asked]:
        by_id = {column_id(c.path): c for c in site.columns}

        def proxy(asked: Mapping[str, str]) -> Answer | None:
            column = by_id.get(asked.get("columnid", ""))
            if column is None or asked.get("unitid") != str(self._unit(site)):
                return Answer("<datastore><recordset></recordset></datastore>", "text/xml", date(2024, 1, 1))
            groups = 3 if site.style("groups", 2) else 1
            if "startrecord" in asked:
                first, last = int(asked["startrecord"]), int(asked.get("endrecord", asked["startrecord"]))
            else:  # the page-th group, as the first page's nextgroup asks for it
                group = int(asked.get("page", "0"))
                first, last = group * groups * site.per_page + 1, (group + 1) * groups * site.per_page
            listed = site.listed(column)
            found = listed[max(first, 1) - 1 : last]
            if not found and "repeated_last_page" in site.faults:
                found = site.shown(column, len(listed))
            total = len(listed) + (2 * site.per_page if "lying_count" in site.faults else 0)
            text = f"""<?xml version='1.0' encoding='utf-8'?><datastore>
<totalrecord>{total}</totalrecord><totalpage>{-(-total // site.per_page)}</totalpage>
<recordset>
{self.rows(site, found)}</recordset></datastore>"""
            return Answer(text, "text/xml", listed[0].published_on)

        return {PROXY: proxy}

    def body(self, site: Site, entry: Entry) -> str:
        inner = body_html(site, entry, self, paragraph)
        return f'<div id="zoom" class="bt_content"><!--<$[信息内容]>begin-->\n{inner}\n<!--<$[信息内容]>end--></div>'


class Jpaas(Family):
    """The page holds no row at all; a script tag says which unit to ask the gateway for, page by page."""

    name = "jpaas"
    home = "/index.html"
    head = '\n<script type="text/javascript" src="/cms_files/default/script/jquery.js"></script>'
    tag = "当前栏目列表"

    def column(self, *slugs: str) -> str:
        return f"/col/col{1229700000 + number_of('/'.join(slugs)) % 200000}/index.html"

    def list_paths(self, first: str, pages: int) -> list[str]:
        return [first]

    def article(self, first: str, number: int, published: date) -> str:
        name = f"{number_of(first):08x}{number:08x}{published:%Y%m%d}{number * 7919 % 16**8:08x}"
        return f"/art/{published.year}/art_{name}.html"

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        path = f"/cms_files/filemanager/{number_of(entry.path) % 10**9}/attach/{entry.published_on:%Y%m}/{ordinal}{number_of(entry.title):08x}{entry.files[ordinal]}"
        return path, path

    def _query(self, site: Site, path: str) -> dict[str, str]:
        return {
            "parseType": "bulidstatic", "webId": str(2700 + site.seed % 90), "tplSetId": f"kUBgoFENJi{site.seed:06d}",
            "pageType": "column", "tagId": self.tag, "editType": "null", "pageId": column_id(path),
        }  # fmt: skip

    def listing(self, site: Site, column: Column, page: int, pages: int) -> str:
        query = json.dumps(self._query(site, column.path), ensure_ascii=False).replace('"', "'")
        return f'<div class="page-list"><script src="/AuthorizedRead/unitbuild.js" url="{UNIT}" queryData="{query}"></script></div>'

    def endpoints(self, site: Site) -> Mapping[str, Asked]:
        columns = {column_id(c.path): c for c in site.columns}

        def unit(asked: Mapping[str, str]) -> Answer | None:
            column = columns.get(asked.get("pageId", ""))
            want = self._query(site, column.path) if column else {}
            if column is None or any(asked.get(k) != want[k] for k in ("parseType", "webId", "tplSetId", "tagId")):
                refused = {"success": False, "code": "500", "message": "参数错误", "data": None}
                return Answer(json.dumps(refused, ensure_ascii=False), "application/json", date(2024, 1, 1))
            try:  # a page number outside paramJson is not looked at, as the real gateway does not
                number = int(json.loads(asked.get("paramJson", "{}")).get("pageNo", 1))
            except (ValueError, AttributeError):
                number = 1
            listed = site.listed(column)
            shown = site.shown(column, max(number, 1) - 1)
            count = len(listed) + (2 * site.per_page if "lying_count" in site.faults else 0)
            attributes = escape(json.dumps(want, ensure_ascii=False))
            html = (
                f'<div id="{self.tag}"><div class="page-content"><ul class="list">{self.rows(site, shown)}</ul></div></div>'
                f'<table class="pagination" querydata="{attributes}" uniturl="{UNIT}" count="{count}" rows="{site.per_page}" pageno="{number}"></table>'
            )
            reply = {"success": True, "code": "200", "message": "", "data": {"html": html}}
            return Answer(json.dumps(reply, ensure_ascii=False), "application/json", listed[0].published_on)

        return {UNIT: unit}

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        items = []
        for e in entries:
            shown = shown_date(site, e, '<span class="bt_time">{}</span>')
            items.append(
                f'<li><span></span><a class="bt_link" href="{site.row_href(e, e.path)}" title="{escape(e.title)}" target="_blank">{site.row_title(e)}</a>{shown}<br></li>'
            )
        return "".join(items)

    def body(self, site: Site, entry: Entry) -> str:
        return f'<div class="main-txt"><div id="zoom">\n{body_html(site, entry, self, paragraph)}\n</div></div>'
