"""Any portal: lists and pagers recognised by their shape.

Where learnt: no single vendor. A list is the group of like-placed links that looks most like one (dates beside the
links, titles of reports, addresses of articles); the pager is found by what it says (下一页, rel=next, numbers).
Right on plain lists of the families read so far; a list whose pager is a script, or that is filled in by one, is
seen only as far as its first page. Certainty: heuristic.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.families.page import (
    ATTACHMENT_ENDINGS,
    PAGE_ENDINGS,
    REPORT_TITLE,
    Fetched,
    ListFamily,
    Page,
    Row,
    anchors,
    around,
    base_of,
    ending,
    full_title,
    is_furniture,
    link,
    printed_date,
    squeeze,
)

_MIN_TITLE = 6  # 首页, 更多>>, 政务公开: navigation is shorter than any report's title
_NEXT_TEXT = re.compile(r"^[\s<>《》»›\[\]]*(?:下一页|下页|后一页|next(?: page)?)[\s<>《》»›\[\]]*$|^[>»›]$", re.I)
_PAGE_NUMBER = re.compile(
    r"(?:[_-](\d{1,4})\.[a-z]{3,5}|[?&](?:page|pageIndex|pageNo|pageNum|p)=(\d{1,4}))(?:&|$)", re.I
)
_ARTICLE_ADDRESS = re.compile(r"\d{4,}|[0-9a-f]{16,}", re.I)


def is_mine(url: str, html: str) -> bool:
    """Every page is."""
    return True


def rows(page: Fetched) -> list[Row]:
    """Rows of the list on a page; empty if nothing on it looks like one."""
    return rows_like(page.url, page.html, lambda address: False)


def rows_of(is_article: Callable[[str], bool]) -> Callable[[Fetched], list[Row]]:
    """A family's `rows`: the group that holds the addresses of its articles, and what lies among them."""
    return lambda page: rows_like(page.url, page.html, is_article)


def rows_like(url: str, html: str, is_article: Callable[[str], bool]) -> list[Row]:
    """Rows of the main list, whose links weigh more where `is_article`, and of others whatever names a report."""
    tree = LexborHTMLParser(html)
    base = base_of(url, tree)
    groups: dict[str, list[tuple[int, Row, int]]] = defaultdict(list)
    for place, (node, address) in enumerate(anchors(tree, base)):
        if not _may_be_article(address, url) or is_furniture(node):
            continue
        title = full_title(node)
        if len(title) < _MIN_TITLE:
            continue
        box = _box(node)
        row = Row(address, title, printed_date(squeeze(box.text(separator=" "))[:400]))
        weight = 2 * bool(row.date) + 3 * bool(REPORT_TITLE.search(title)) + 4 * is_article(address)
        if not weight and _ARTICLE_ADDRESS.search(urlsplit(address).path.rsplit("/", 1)[-1]):
            weight = 1
        groups[_signature(box)].append((place, row, weight))
    # A group in which nothing looks like an article is navigation, however long.
    main = max(groups.values(), key=lambda g: (sum(w for *_, w in g), len(g)), default=[])
    chosen = list(main) if any(w for *_, w in main) else []
    for group in groups.values():
        if group is not main:
            chosen += [entry for entry in group if REPORT_TITLE.search(entry[1].title) and entry[2] > 3]
    found: dict[str, Row] = {}
    for _, row, _ in sorted(chosen, key=lambda entry: entry[0]):
        found.setdefault(row.url, row)
    return list(found.values())


def next_page(page: Fetched) -> Page | None:
    """Where rel=next, 下一页 or the number after this page's own leads; None at the end or if a script leads there."""
    target = _next_address(page.url, page.html)
    return Page(target) if target else None


def _next_address(url: str, html: str) -> str | None:
    tree = LexborHTMLParser(html)
    base = base_of(url, tree)
    for node in tree.css('link[rel="next"][href], a[rel="next"][href]'):
        if (target := link(node, base)) and target != url:
            return target
    numbered: dict[int, str] = {}
    for node, target in anchors(tree, base):
        text = squeeze(node.text(separator=" "))
        if _NEXT_TEXT.match(text) or (not text and _NEXT_TEXT.match(node.attributes.get("title") or "")):
            return target if target != url else None
        if re.fullmatch(r"[1-9]\d{0,3}", text):
            numbered.setdefault(int(text), target)
    here = _PAGE_NUMBER.search(url)
    own = next((n for n, target in numbered.items() if target == url), None)
    # list.html is page 1, list_2.html page 2; a pager that counts from 0 shows its own number otherwise.
    current = own or (int(here[1] or here[2]) if here else 1)
    target = numbered.get(current + 1)
    return target if target and target != url and _PAGE_NUMBER.search(target) else None


def _may_be_article(address: str, list_url: str) -> bool:
    parts, kind = urlsplit(address), ending(address)
    if kind not in PAGE_ENDINGS and kind not in ATTACHMENT_ENDINGS:
        return False
    if address == list_url or (parts.path == "/" and not parts.query):
        return False
    last = unquote(parts.path).rstrip("/").rsplit("/", 1)[-1]
    is_column = parts.path.endswith("/") or re.fullmatch(r"(?:index|default|list)(?:_\d+)?\.\w+", last, re.I)
    return not is_column or bool(parts.path.endswith("/") and re.search(r"\d{3,}", last)) or bool(parts.query)


def _box(node: LexborNode) -> LexborNode:
    """The row that a link stands in: its li, tr or dd, else the largest block with no other page's link."""
    holders = list(around(node))
    for at in holders[1:5]:
        if at.tag in ("li", "tr", "dd", "dt"):
            return at
    own, box = node.attributes.get("href"), node
    for at in holders[1:]:
        if any(a.attributes.get("href") != own for a in at.css("a[href]")):
            break
        box = at
    return box


def _signature(box: LexborNode) -> str:
    """Place of a row in the page's structure: like rows share it, also when a list is cut into several ul."""
    holders = list(around(box))[1:]
    return "<".join([box.tag or "", *(f"{at.tag}.{at.attributes.get('class') or ''}" for at in holders)])


FAMILY = ListFamily("generic", is_mine, rows, next_page)
