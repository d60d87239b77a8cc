"""ASP.NET with 动易 addresses: /Category_12/Index.aspx whose pages are postbacks, /Item/121714.aspx, #fontzoom.

Learnt from how ASP.NET web forms page (AspNetPager, __doPostBack, __VIEWSTATE) and seen addresses of 动易 SiteFactory.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from html import escape

from ..site import Column, Entry, Site
from .base import Asked, Family, ListPage, body_html, number_of, paragraph, shown_date

TARGET = "ctl00$ContentPlaceHolder1$AspNetPager1"


class Aspx(Family):
    """Every list page has one address; which one is shown depends on what is posted, and only with the view state."""

    name = "aspx"
    home = "/Index.aspx"

    def column(self, *slugs: str) -> str:
        return f"/Category_{100 + number_of('/'.join(slugs)) % 9000}/Index.aspx"

    def list_paths(self, first: str, pages: int) -> list[str]:
        return [first]

    def article(self, first: str, number: int, published: date) -> str:
        return f"/Item/{121000 + number * 3}.aspx"

    def file(self, entry: Entry, ordinal: int) -> tuple[str, str]:
        path = f"/UploadFiles/zfxxgk/{entry.published_on.year}/{entry.published_on.month}/{entry.published_on:%Y%m%d}{number_of(entry.path) % 10**6:06d}{ordinal}{entry.files[ordinal]}"
        return path, path

    def rows(self, site: Site, entries: Sequence[Entry]) -> str:
        rows = []
        for e in entries:
            shown = shown_date(site, e, '<td width="90" align="right">[{}]</td>')
            href = site.row_href(e, e.path)
            rows.append(
                f'<tr><td width="16">·</td><td><a href="{href}" title="{escape(e.title)}" target="_blank">{site.row_title(e)}</a></td>{shown}</tr>'
            )
        return f'<table width="100%" class="listtable">{"".join(rows)}</table>'

    def _state(self, column: Column, page: int) -> str:
        return base64.b64encode(f"/wEPDwUK{number_of(column.path):010d}D2QWAgIBD2QWAgID;{page}".encode()).decode()

    def pager(self, site: Site, column: Column, page: int, pages: int) -> str:
        def step(to: int, word: str) -> str:
            if not 0 <= to < pages or to == page:
                return f'<a disabled="disabled" style="margin-right:5px;">{word}</a>'
            return f"""<a href="javascript:__doPostBack('{TARGET}','{to + 1}')" style="margin-right:5px;">{word}</a>"""

        numbers = "".join(step(i, str(i + 1)) for i in range(min(pages, 10)))
        steps = (
            step(0, "首页") + step(page - 1, "上一页") + numbers + step(page + 1, "下一页") + step(pages - 1, "尾页")
        )
        return (
            f'<div id="{TARGET.replace("$", "_")}" class="paginator">{steps} 共{len(site.listed(column))}条记录</div>'
        )

    def listing(self, site: Site, column: Column, page: int, pages: int) -> str:
        return f"""<form method="post" action="{column.path}" id="aspnetForm">
<input type="hidden" name="__EVENTTARGET" id="__EVENTTARGET" value="" />
<input type="hidden" name="__EVENTARGUMENT" id="__EVENTARGUMENT" value="" />
<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="{self._state(column, page)}" />
<input type="hidden" name="__VIEWSTATEGENERATOR" id="__VIEWSTATEGENERATOR" value="{number_of(column.path):08X}" />
<script type="text/javascript">
var theForm = document.forms['aspnetForm'];
function __doPostBack(eventTarget, eventArgument) {{ theForm.__EVENTTARGET.value = eventTarget; theForm.__EVENTARGUMENT.value = eventArgument; theForm.submit(); }}
</script>
{super().listing(site, column, page, pages)}
</form>"""

    def endpoints(self, site: Site) -> Mapping[str, Asked]:
        return {column.path: partial(self._list, site, column) for column in site.columns if site.listed(column)}

    def _list(self, site: Site, column: Column, asked: Mapping[str, str]) -> ListPage:
        claimed = site.claimed_pages(column)
        known = {self._state(column, page) for page in range(claimed)}
        page = 0
        if asked.get("__EVENTTARGET") == TARGET and asked.get("__VIEWSTATE") in known:
            page = min(max(int(asked.get("__EVENTARGUMENT") or "1"), 1), claimed) - 1
        return ListPage(column, page)

    def body(self, site: Site, entry: Entry) -> str:
        return f'<div id="fontzoom" class="c_content">\n{body_html(site, entry, self, paragraph)}\n</div>'
