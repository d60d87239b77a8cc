"""From a decoded page to the lines of its body and what the page says of itself.

A family's container selector where one serves; otherwise the general extractor (trafilatura). Both, and text files
that were flattened before they reached us, go through the line filter (chrome.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import trafilatura
from selectolax.lexbor import LexborHTMLParser

from knowledge.families import family_of
from knowledge.titles import clean_title, read_title
from transform import chrome, markup
from transform.density import main_elements

_NO_TEXT = ["script", "style", "noscript", "template", "iframe", "svg", "select", "textarea"]
_MIN_BODY = 50  # characters; a container with less is an empty shell and the next one is tried
_HEAD_CHARS = 8_000  # visible characters within which a page's metadata table stands, navigation included
_SITE_CODE = re.compile(r"网站标识码\s*[:：]?\s*(\d{10})")
_TABLE_RULE = re.compile(r"\|[-|: ]+\|")
# What the density walk finds is taken as it is if it is long and most of the page's sentences; else both are weighed.
_SURE_CHARS = 200
_SURE_SHARE = 0.5


@dataclass(slots=True)
class Page:
    """What one page holds.

    title: the document's own title or None; lines: body lines in order, without chrome; text: these, line breaks between
    them; metadata: fields as named in chrome.toml; meta: the page's meta tags, names in lower case; extraction: selector,
    fallback, text or attachment; retention_ratio and residual_chrome: 0–1; link_share: share of the visible characters that
    are link text.
    """

    title: str | None
    lines: list[str]
    text: str
    metadata: dict[str, str]
    meta: dict[str, str]
    delivered: list[str]
    extraction: str
    retention_ratio: float
    residual_chrome: float
    link_share: float


def extract_text(text: str) -> Page:
    """Page of a text file that is visible page text already flattened."""
    raw = text.splitlines()
    got = chrome.clean(raw)
    visible = sum(len(x.strip()) for x in raw)
    title = clean_title(got.title) if got.title else None
    return _page(got, title, got.metadata | _site_code(text), {}, "text", visible, 0.0)


def extract_lines(lines: list[str]) -> Page:
    """Page of a file whose lines are known: an attached file."""
    got = chrome.clean(lines)
    visible = sum(len("".join(x.split())) for x in lines)
    return _page(got, clean_title(got.title) if got.title else None, got.metadata, {}, "attachment", visible, 0.0)


def extract_html(html: str, url: str, with_links: bool = False) -> Page:
    """Page of an HTML document; never raises on odd markup. link_share is measured only `with_links`."""
    tree = LexborHTMLParser(html)
    meta = _meta_tags(tree)
    page_title = _title_tag(tree)
    headline = _headline(tree)
    tree.strip_tags(_NO_TEXT)
    body = tree.body
    visible_text = body.text(separator="\n", strip=True) if body else ""
    title = _choose_title(meta.get("articletitle"), headline, page_title)
    try:
        lines, extraction = _body_lines(tree, html, url)
    except RecursionError:  # thousands of levels: no layout to read, but the text is there
        lines, extraction = visible_text.split("\n"), "fallback"
    got = chrome.clean(lines, title, with_metadata=False)
    fields = chrome.metadata(visible_text[:_HEAD_CHARS]) | got.metadata | _site_code(visible_text[-5_000:])
    title = title or got.title or fields.get("title")
    visible = len("".join(visible_text.split()))
    share = sum(len(a.text(strip=True)) for a in body.css("a")) / max(1, visible) if body and with_links else 0.0
    return _page(got, clean_title(title) if title else None, fields, meta, extraction, visible, share)


def _page(got: chrome.Cleaned, title: str | None, fields: dict[str, str], meta: dict[str, str], how: str, visible: int,
          link_share: float) -> Page:  # fmt: skip
    kept = sum(len("".join(x.split())) for x in got.lines)
    return Page(
        title=title,
        lines=got.lines,
        text="\n".join(got.lines),
        metadata=fields,
        meta=meta,
        delivered=got.delivered,
        extraction=how,
        retention_ratio=min(1.0, kept / visible) if visible else 0.0,
        residual_chrome=chrome.residual(got.lines),
        link_share=link_share,
    )


def _site_code(text: str) -> dict[str, str]:
    """The 网站标识码 that the footer prints, as field site_code."""
    return {"site_code": m[1]} if (m := _SITE_CODE.search(text)) else {}


def _meta_tags(tree: LexborHTMLParser) -> dict[str, str]:
    """Meta tags by lower-case name; template placeholders and empty values are left out, the first value wins."""
    out: dict[str, str] = {}
    for node in tree.css("meta[name]"):
        attributes = node.attributes  # made anew at every access
        name = (attributes.get("name") or "").strip().lower()
        value = (attributes.get("content") or "").strip()
        if value and "<$" not in value and "{" not in value:
            out.setdefault(name, value)
    return out


def _title_tag(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("title")
    return node.text(strip=True) if node else None


def _headline(tree: LexborHTMLParser) -> str | None:
    for selector in (
        "ucaptitle",
        "h1",
        ".article-title",
        ".article_title",
        ".xl_title",
        ".title h2",
        "#title",
        ".title",
    ):
        for node in tree.css(selector)[:3]:
            text = re.sub(r"\s+", " ", node.text(separator=" ", strip=True)).strip()
            if 6 <= len(text) <= 120:
                return text
    return None


def _choose_title(article: str | None, headline: str | None, page_title: str | None) -> str | None:
    """ArticleTitle, headline or <title> without the site's name: the first that is no site name and not cut short."""
    tag = re.split(r"[_|-]\s*[^_|-]{2,30}$", page_title)[0] if page_title else None
    candidates = [c for c in (article, headline, tag) if c and len(c) >= 4 and not c.endswith(("...", "…"))]
    return next((c for c in candidates if read_title(c).is_report), candidates[0] if candidates else None)


def _body_lines(tree: LexborHTMLParser, html: str, url: str) -> tuple[list[str], str]:
    """Lines of the article's body and how it was cut (selector or fallback)."""
    for selector in family_of(url, html).body:
        nodes = tree.css(selector)
        if not nodes:
            continue
        node = nodes[0] if len(nodes) == 1 else max(nodes, key=lambda n: len(n.text()))
        markup.hide(node)
        lines = markup.lines(node)
        if sum(map(len, lines)) >= _MIN_BODY:
            return lines, "selector"
    return _fallback(tree, html), "fallback"


def _fallback(tree: LexborHTMLParser, html: str) -> list[str]:
    """Body of a page of unknown layout: the densest element; on short or scattered pages the general extractor's.

    The general extractor costs ten times as much and lets sidebars through, so it is asked only in doubt, and believed
    only where it finds more.
    """
    if tree.body:
        markup.hide(tree.body)
    elements, share = main_elements(tree.body) if tree.body else ([], 0.0)
    lines = [line for element in elements for line in markup.lines(element)]
    found = sum(map(len, lines))
    if found >= _SURE_CHARS and share >= _SURE_SHARE:
        return lines
    text = trafilatura.extract(html, include_comments=False, include_tables=True, fast=True) or ""
    other = [_table_row(line) for line in text.splitlines() if not _TABLE_RULE.fullmatch(line.strip())]
    return other if sum(map(len, other)) > found else lines


def _table_row(line: str) -> str:
    """A row of the extractor's table layout (| a | b |) as cells joined by tabs; other lines as they are."""
    row = line.strip()
    if row.startswith("| ") and row.endswith(" |"):
        return "\t".join(cell.strip() for cell in row[2:-2].split(" | "))
    return line
