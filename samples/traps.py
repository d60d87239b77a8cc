"""What makes a portal hard to crawl: mirrors of every page, a challenge instead of a page, an address that moved."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from functools import cache
from html import escape
from pathlib import Path

from .dice import Dice
from .portal import SAMPLE_HEADER, Page, Pages, Portal, origin, stamps
from .site import Site

_ROOTED = re.compile(r'((?:href|action)=")/(?!/)')
_LINK = re.compile(r'href="(?!javascript|mailto|#|//)([^"#]*)(#[^"]*)?"')


@cache
def _table() -> dict[int, str]:
    raw = tomllib.loads((Path(__file__).parent / "traditional.toml").read_text(encoding="utf-8"))
    pairs = "".join(raw["pairs"].split())
    return {ord(simple): full for simple, full in zip(pairs[::2], pairs[1::2], strict=True)}


def _rewritten(page: Page, text: str, encoding: str, content_type: str) -> Page:
    body = text.encode(encoding, "xmlcharrefreplace")
    tag = stamps(body, date(2025, 1, 1))[1]
    headers = tuple(tag if name == "ETag" else (name, value) for name, value in page.headers)
    return replace(page, body=body, headers=headers, content_type=content_type, document=None)


def _is_html(page: Page) -> bool:
    return page.status == 200 and page.content_type.startswith("text/html")


def traditional(page: Page, *, big5: bool) -> Page:
    """The page as the /big5/ mirror gives it: traditional characters, links within the mirror, Big5 or UTF-8 bytes."""
    if not _is_html(page):
        return page
    text = page.body.decode("utf-8", "replace").translate(_table())
    text = _ROOTED.sub(r"\1/big5/", text).replace('lang="zh-CN"', 'lang="zh-TW"')
    if not big5:
        return _rewritten(page, text, "utf-8", "text/html; charset=utf-8")
    return _rewritten(page, text.replace("charset=utf-8", "charset=big5"), "big5", "text/html")


def mobile(page: Page) -> Page:
    """The page with ?isMobile=true: the same without its side bar, links with the same field."""
    if not _is_html(page):
        return page
    text = page.body.decode("utf-8", "replace")
    text = re.sub(r'<div class="sidebar">.*?</div>\n', "", text, flags=re.S)

    def marked(m: re.Match[str]) -> str:
        return f'href="{m[1]}{"&amp;" if "?" in m[1] else "?"}isMobile=true{m[2] or ""}"'

    return _rewritten(page, _LINK.sub(marked, text), "utf-8", page.content_type)


def sitemap(site: Site) -> str:
    """sitemap.xml: home page, columns, and the newest articles that are no reports."""
    paths = [site.home, *(c.path for c in site.columns if site.listed(c)), *(e.path for e in site.newest[:50])]
    urls = "".join(f"<url><loc>{escape(site.host + path)}</loc></url>\n" for path in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'


def _bare(portal_id: str, name: str, region_code: str, answer: Page) -> Portal:
    return Portal(
        portal_id=portal_id, name=name, region_code=region_code, family="", homepage_path="/", entry_paths=(),
        faults=frozenset(), pages=Pages({}), articles=(), missing=answer,
    )  # fmt: skip


def challenged(seed: int, portal_id: str, name: str, region_code: str) -> Portal:
    """A portal that answers every request with 412 and a script to be solved; nothing behind it is ever shown."""
    dice = Dice(seed, portal_id, "challenge")
    token = "".join(dice.pick("0123456789ABCDEFabcdefghijklmnopqrstuvwxyz") for _ in range(420))
    text = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><meta id="9DhefwqGPrzGxEp9hPaoag" content="{token[:60]}" r='m'>
<script r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={{}};$_ts.nsd={dice.whole(10000, 99999)};$_ts.cd="{token}";if($_ts.lcd)$_ts.lcd();</script>
<script charset="iso-8859-1" src="/{token[60:72]}/{token[72:80]}.js" r='m'></script></head><body></body></html>
"""
    headers = (
        ("Set-Cookie", f"FSSBBIl1UgzbN7N80S={token[80:160]}; Path=/; HttpOnly"), ("Cache-Control", "no-store"), SAMPLE_HEADER,
    )  # fmt: skip
    return _bare(portal_id, name, region_code, Page(412, "text/html; charset=utf-8", text.encode(), None, headers))


def moved(portal_id: str, name: str, region_code: str, to: str) -> Portal:
    """The host that portal `to` had before: every path answers 301 to the same path there."""
    text = "<html><head><title>301 Moved Permanently</title></head><body><h1>301 Moved Permanently</h1></body></html>"
    page = Page(301, "text/html", text.encode(), None, (SAMPLE_HEADER,))
    return replace(_bare(portal_id, name, region_code, page), moved_to=origin(to))
