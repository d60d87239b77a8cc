"""大汉 jcms with its list widget jpage.

Where learnt: public crawlers of portals in 江苏, 浙江, 山东 and 辽宁. The column page holds the first rows in
<script type="text/xml"> as <datastore> … <record><![CDATA[<li>…</li>]]></record>, and a call
.jpage({totalRecord, perPage, groupSize, proxyUrl, ajaxParam: {…}}). Further rows: POST of ajaxParam to
proxyUrl?startrecord=&endrecord=&perpage=, answered by the same XML; where the page has no such call, the link in
<nextgroup> leads on (dataproxy.jsp?page=N&…). Certainty: high; some servers are said to look at `page` only and to
ignore startrecord, which ends the walk at the first page that brings nothing new.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from crawler.families import generic
from crawler.families.page import (
    Fetched,
    ListFamily,
    Page,
    Row,
    articles_of,
    marks_of,
    next_of,
    query_of,
    row_in,
    unescaped,
    with_query,
)

_PROXY = "/module/web/jpage/dataproxy.jsp"
_RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[(.*?)\]\]>|(.*?))\s*</record>", re.S)
_STORE = re.compile(r"<datastore\b.*?</datastore>", re.S)
_NEXT_GROUP = re.compile(r"<nextgroup>.*?href\s*=\s*[\"']([^\"']+)[\"'].*?</nextgroup>", re.S)
_CALL = re.compile(r"\.jpage\(\s*\{(.*?)\}\s*\)", re.S)
_PARAMETERS = re.compile(r"\bajaxParam\s*:\s*\{(.*?)\}", re.S)
_PAIR = re.compile(r"""["']?(\w+)["']?\s*:\s*(?:"([^"]*)"|'([^']*)'|([^\s,}'"]+))""")


def rows(page: Fetched) -> list[Row]:
    """Records of the datastore; by the generic rules where the page has none."""
    found: dict[str, Row] = {}
    for record in _RECORD.finditer(page.html):
        fragment = record[1] if record[1] is not None else unescaped(record[2])
        if row := row_in(fragment, page.url):
            found.setdefault(row.url, row)
    return list(found.values()) or generic.rows_like(page.url, page.html, articles_of("jcms"))


def next_page(page: Fetched) -> Page | None:
    """The next group of records."""
    if "startrecord" in query_of(page.url):
        return _next_records(page)
    store = max(_STORE.findall(page.html), key=lambda text: text.count("<record>"), default="")
    held = len(_RECORD.findall(store))
    call = _main_call(page.html, store)
    if call is not None:
        values = _pairs(_PARAMETERS.sub("", call))
        parameters = _PARAMETERS.search(call)
        total = _number(values.get("totalRecord")) or _tag(store, "totalrecord")
        size = _number(values.get("perPage")) or held
        if parameters is None or not held or not size or held >= total:
            return None
        group = size * max(1, _number(values.get("groupSize")))
        address = with_query(
            values.get("proxyUrl") or _PROXY,
            startrecord=str(held + 1),
            endrecord=str(min(held + group, total)),
            perpage=str(size),
        )
        return next_of(page.url, address, urlencode(_pairs(parameters[1])))
    following = _NEXT_GROUP.search(store or page.html)
    if following is None or not held:
        return None
    address = unescaped(following[1])
    if address.startswith(("./", "dataproxy")) and "/jpage/" not in page.url:
        address = _PROXY.rsplit("/", 1)[0] + "/" + address.removeprefix("./")
    pages = _tag(store or page.html, "totalpage")
    if pages and _number(query_of(address).get("page")) > pages and not page.full:
        return None
    return next_of(page.url, address)


def _next_records(page: Fetched) -> Page | None:
    asked = query_of(page.url)
    end, size = _number(asked.get("endrecord")), _number(asked.get("perpage"))
    total = _tag(page.html, "totalrecord")
    group = end - _number(asked.get("startrecord")) + 1
    if not end or group <= 0 or (total and end >= total and not page.full):
        return None
    group = max(group, size)
    address = with_query(page.url, startrecord=str(end + 1), endrecord=str(end + group), perpage=str(size))
    return next_of(page.url, address, page.form)


def _main_call(html: str, store: str) -> str | None:
    """Of several lists on a page, the call that stands nearest after the main list's records."""
    at = html.find(store) if store else 0
    calls = list(_CALL.finditer(html))
    after = [c for c in calls if c.start() >= at]
    chosen = after[0] if after else calls[-1] if calls else None
    return chosen[1] if chosen else None


def _pairs(text: str) -> dict[str, str]:
    return {m[1]: next(v for v in (m[2], m[3], m[4]) if v is not None) for m in _PAIR.finditer(text)}


def _number(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 0


def _tag(xml: str, name: str) -> int:
    found = re.search(rf"<{name}>\s*(\d+)\s*</{name}>", xml)
    return int(found[1]) if found else 0


FAMILY = ListFamily("jcms", marks_of("jcms"), rows, next_page)
