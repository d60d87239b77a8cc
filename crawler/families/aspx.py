"""ASP.NET pages, 动易 SiteFactory among them: a pager that posts the page's form back.

Where learnt: the postback of ASP.NET Web Forms is documented (__VIEWSTATE, __EVENTTARGET, __EVENTARGUMENT), and so
is the control AspNetPager whose links are javascript:__doPostBack('AspNetPager1','2'); both stand in many public
crawlers. 动易's Category_<n>/Index_2.aspx and Item/<n>.aspx are plain addresses. Certainty: high.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode

from selectolax.lexbor import LexborHTMLParser

from crawler.families import generic
from crawler.families.page import Fetched, ListFamily, Page, articles_of, marks_of, next_of, squeeze

_POSTBACK = re.compile(r"__doPostBack\(\s*['\"]([^'\"]+)['\"]\s*,\s*['\"](\d*)['\"]\s*\)")
_NEXT = re.compile(r"^(?:下一?页|后页|next|[>»›]+)$", re.I)


def next_page(page: Fetched) -> Page | None:
    """Where a plain link leads; else the form posted back for the page after this one."""
    if following := generic.next_page(page):
        return following
    tree = LexborHTMLParser(page.html)
    posted = parse_qs(page.form).get("__EVENTARGUMENT", [""])[0]
    current = int(posted) if posted.isdigit() else 1
    chosen: tuple[str, str] | None = None
    for node in tree.css("a[href]"):
        call = _POSTBACK.search(node.attributes.get("href") or "")
        if call is None:
            continue
        if call[2] == str(current + 1):
            chosen = (call[1], call[2])
            break
        if _NEXT.match(squeeze(node.text(separator=" "))) and (not call[2] or int(call[2]) > current):
            chosen = (call[1], call[2])
    state = tree.css_first('input[name="__VIEWSTATE"]')
    if chosen is None or state is None:
        return None
    # a page has other forms: a search, a log-in
    form = next((f for f in tree.css("form") if f.css_first('input[name="__VIEWSTATE"]') is not None), None)
    fields = {
        node.attributes.get("name") or "": node.attributes.get("value") or ""
        for node in (form or tree).css('input[type="hidden"][name]')
    }
    fields |= {"__EVENTTARGET": chosen[0], "__EVENTARGUMENT": chosen[1]}
    action = (form.attributes.get("action") or "") if form is not None else ""
    return next_of(page.url, action or page.url, urlencode(fields))


FAMILY = ListFamily("aspx", marks_of("aspx"), generic.rows_of(articles_of("aspx")), next_page)
