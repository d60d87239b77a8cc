"""From a page to the links worth following: pure functions, their rules in knowledge/discovery.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.families.page import (
    ATTACHMENT_ENDINGS,
    PAGE_ENDINGS,
    Fetched,
    absolute,
    base_of,
    ending,
    full_title,
    squeeze,
)
from knowledge.cues import load
from knowledge.families import families
from knowledge.text import half
from knowledge.urls import canonical_url, host_key

_EDGES = re.compile(r"^[\s>»›·•|\-—_.:,\[\]【】<《●■◆]+|[\s>»›·•|\-—_.:,\[\]【】>》●■◆]+$|[(\[]\d+[)\]]$")
_QUOTED_ADDRESS = re.compile(r"""['"]((?:https?:/)?/[^'"\s]+|[\w./-]+\.(?:s?html?|jsp|aspx|php)(?:\?[^'"\s]*)?)['"]""")
_REFRESH = re.compile(r"""url\s*=\s*['"]?([^'"\s;]+)""", re.I)
_SCRIPTED = re.compile(r"""\blocation(?:\.href)?\s*(?:=|\.replace\(|\.assign\()\s*['"]([^'"]+)['"]""")
_DATED = re.compile(
    r"/(?:19|20)\d\d[-/]?(?:0?[1-9]|1[0-2])(?:[-/]?[0-3]?\d)?/|/[0-9a-f]{32}\.s?html$|(?:content|post|art)_\d+"
)
# Last segments that only say "this folder": the one before speaks for the column.
_EMPTY_SEGMENT = re.compile(
    r"(?:index|list|default|more|main|secondpage|thirdpage|moreinfo|col\d+)?(?:_\d+)?(?:\.\w+)?", re.I
)
_NODE = re.compile(r"\{[^{}]{1,600}\}")
_NODE_NAME = re.compile(r"""["']?\b(?:name|title|text|label|channelName)["']?\s*:\s*["']([^"']{2,40})["']""")
_NODE_ADDRESS = re.compile(r"""["']?\b(?:url|href|link|linkUrl|channelUrl)["']?\s*:\s*["']([^"'\s]+)["']""")
_PLAIN_NAME = re.compile(r"[\u4e00-\u9fff、()]{2,12}")
_HEADING_DEPTH = 4
_STUB = 5  # a page with fewer links than this may be a mere signpost


@dataclass(frozen=True, slots=True)
class Link:
    """A link as a reader sees it: absolute address (with its number sign), and text."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """How promising a link is, 0 to 100 and some, and why; `walk`: see discovery.toml."""

    value: int
    reasons: tuple[str, ...] = ()
    walk: int = 0


@dataclass(frozen=True, slots=True)
class _Cue:
    text: re.Pattern[str] | None
    slug: re.Pattern[str] | None
    score: int
    walk: int


@cache
def bounds() -> dict[str, int]:
    """Bounds of discovery, as discovery.toml names and explains them."""
    return dict(load("discovery.toml")["bounds"])


@cache
def _cues() -> tuple[tuple[_Cue, ...], re.Pattern[str], re.Pattern[str]]:
    raw = load("discovery.toml")
    cues = tuple(
        _Cue(
            re.compile(c["text"]) if "text" in c else None,
            re.compile(c["slug"], re.I) if "slug" in c else None,
            c["score"],
            c.get("walk", 0),
        )
        for c in raw["cue"]
    )
    return cues, re.compile(raw["never"]["text"], re.I), re.compile(raw["never"]["address"], re.I)


@dataclass(frozen=True, slots=True)
class Site:
    """What belongs to a portal: its host, the hosts below its domain, and not what other registry rows name."""

    homepage: str
    owners: Mapping[str, str] = field(default_factory=dict)  # host that the registry names → host of that row's home
    shut: frozenset[str] = frozenset()  # hosts that sent us away
    also: frozenset[str] = frozenset()  # hosts that its pages redirected to

    def holds(self, url: str) -> bool:
        """True if `url` may be walked as a part of this portal."""
        try:
            host, home = host_key(url), host_key(self.homepage)
        except ValueError:
            return False
        if host in self.shut:
            return False
        if host == home or host in self.also:
            return True
        if self.owners.get(host, home) != home:
            return False
        name, domain = host.rsplit(":", 1)[0], home.rsplit(":", 1)[0].removeprefix("www.")
        return name == domain or name.endswith("." + domain)

    def outside(self, url: str) -> bool:
        """True if `url` is on the portal's host but not in the folder that its home page stands in."""
        home, there = urlsplit(self.homepage), urlsplit(url)
        folder = home.path.rsplit("/", 1)[0] + "/"
        return home.netloc == there.netloc and not there.path.startswith(folder)


def fold(text: str) -> str:
    """Text of a link reduced to what a cue is matched against."""
    folded = re.sub(r"\s+", "", half(text))
    while (shorter := _EDGES.sub("", folded)) != folded:
        folded = shorter
    return folded


def score(link: Link, depth: int = 0, parent: int = 0, outside: bool = False) -> Score:
    """How likely a link leads towards the reports. `depth` below the home page; `parent`: score of the page it is on."""
    cues, never, nowhere = _cues()
    limit = bounds()
    text, slug = fold(link.text), slug_of(link.address)
    if len(text) > limit["text_length"] or (text and never.fullmatch(text)) or nowhere.search(link.address):
        return Score(0)
    by_text = [c for c in cues if c.text and text and c.text.fullmatch(text)]
    said = max((c.score for c in by_text), default=0)
    spelt = max((c.score for c in cues if c.slug and slug and c.slug.fullmatch(slug)), default=0)
    value = max(said, spelt)
    if not value:
        return Score(0)
    reasons = [f"text {text} {said}"] if said else []
    if spelt:
        reasons.append(f"address {slug} {spelt}")
    if said and spelt:
        value += limit["both"]
    if parent >= limit["inside_from"]:
        value += limit["inside"]
        reasons.append(f"inside +{limit['inside']}")
    if depth:
        value -= limit["per_level"] * depth
        reasons.append(f"level {depth} -{limit['per_level'] * depth}")
    if outside:
        value -= limit["outside"]
        reasons.append(f"outside the home folder -{limit['outside']}")
    return Score(max(0, value), tuple(reasons), max((c.walk for c in by_text), default=0))


def may_be_column(link: Link) -> bool:
    """True if nothing speaks against a link's leading to a column, though nothing speaks for it either."""
    _, never, nowhere = _cues()
    text = fold(link.text)
    return bool(_PLAIN_NAME.fullmatch(text)) and not never.fullmatch(text) and not nowhere.search(link.address)


def names_a_column(title: str) -> bool:
    """True if a title is rather a column's name than a document's: no year, no body, a cue word for word."""
    text = fold(title)
    if re.search(r"20\d\d|二〇|二○", text) or len(text) > bounds()["text_length"]:
        return False
    return any(c.score >= 38 and c.text and c.text.fullmatch(text) for c in _cues()[0])


def slug_of(url: str) -> str:
    """Last segment of an address that names something: fzzfjsndbg in /zwgk/fzzfjsndbg/index_2.html."""
    segments = urlsplit(url).path.split("/")
    for segment in reversed(segments):
        if not _EMPTY_SEGMENT.fullmatch(segment):
            return segment.rsplit(".", 1)[0] if "." in segment else segment
    return ""


def looks_like_article(url: str) -> bool:
    """True for addresses that hold a date or an article's number, as the families write them."""
    return bool(_DATED.search(url)) or any(p.search(url) for f in families().values() for p in f.url)


def links(page: Fetched) -> list[Link]:
    """Links of a page, in its order, each address once: anchors, frames, image maps, drop-down lists, scripts' menus, signposts."""
    tree = LexborHTMLParser(page.html)
    base = base_of(page.url, tree)
    found: dict[str, Link] = {}
    for node in tree.css("a, area, iframe[src], frame[src], option[value]"):
        for raw in _targets(node):
            address = _absolute(raw, base)
            if address and address not in found:
                found[address] = Link(address, _text(node))
    for node in tree.css("script"):
        for text, raw in _nodes(node.text()):
            if address := _absolute(raw, base):
                found.setdefault(address, Link(address, text))
    if len(found) < _STUB:
        for raw in _signposts(tree, page.html):
            if address := _absolute(raw, base):
                found.setdefault(address, Link(address, "首页跳转"))
    return list(found.values())


def is_signpost(link: Link) -> bool:
    """True for where a page without content sends its readers."""
    return link.text == "首页跳转"


def _targets(node: LexborNode) -> Iterator[str]:
    if node.tag in ("iframe", "frame"):
        yield node.attributes.get("src") or ""
        return
    if node.tag == "option":
        value = node.attributes.get("value") or ""
        if value.startswith(("http://", "https://", "/")):
            yield value
        return
    href = (node.attributes.get("href") or "").strip()
    if href and not href.startswith("#") and not href.lower().startswith(("javascript:", "mailto:", "tel:")):
        yield href
        return
    for script in (href, node.attributes.get("onclick") or ""):
        if quoted := _QUOTED_ADDRESS.search(script):
            yield quoted[1]
            return


def _nodes(script: str) -> Iterator[tuple[str, str]]:
    """(name, address) of the nodes of a menu that a script draws: {name:"…", url:"…"}."""
    for node in _NODE.findall(script):
        name, target = _NODE_NAME.search(node), _NODE_ADDRESS.search(node)
        if name and target:
            yield squeeze(name[1]), target[1].replace("\\/", "/")


def _signposts(tree: LexborHTMLParser, html: str) -> Iterator[str]:
    for node in tree.css('meta[http-equiv="refresh" i]'):
        if target := _REFRESH.search(node.attributes.get("content") or ""):
            yield target[1]
    yield from _SCRIPTED.findall(html)


def _absolute(raw: str, base: str) -> str | None:
    """Canonical address with its number sign kept; None for what is no page."""
    raw = raw.strip()
    address = absolute(raw, base)
    if address is None:
        return None
    fragment = raw.partition("#")[2]
    kind = ending(address)
    if kind not in PAGE_ENDINGS or kind in ATTACHMENT_ENDINGS:
        return None
    return f"{address}#{fragment}" if fragment.isdigit() else address


def _text(node: LexborNode) -> str:
    if node.tag in ("iframe", "frame"):
        return squeeze(node.attributes.get("title") or node.attributes.get("name") or "")
    text = full_title(node)
    if not text and (image := node.css_first("img[alt], img[title]")) is not None:
        text = squeeze(image.attributes.get("alt") or image.attributes.get("title") or "")
    if re.fullmatch(r"(?:查看|点击)?(?:更多|进入|more|详细|[>»›+.…\s])*", text, re.I):
        return _heading(node) or text
    return text


def _heading(node: LexborNode) -> str:
    """Heading of the box that a 更多 stands in: the box's text before its first other link, or that link's."""
    at = node.parent
    for _ in range(_HEADING_DEPTH):
        if at is None or at.tag in ("body", "html"):
            break
        text = squeeze(at.text(separator=" "))
        own = squeeze(node.text())
        first = next((part for part in text.split(" ") if part and part != own), "")
        if first:
            return first
        at = at.parent
    return ""


def original(url: str) -> str | None:
    """Address of the page that `url` mirrors (/big5/, ?isMobile=1 …); None if it is no mirror."""
    rules = load_mirrors()
    parts = urlsplit(url)
    query = "&".join(p for p in parts.query.split("&") if p and p.partition("=")[0] not in rules[0])
    path = parts.path
    gate = re.match(r"^/(?:gate/)?(?:gb|big5)/((?:[\w-]+\.)+[a-z]{2,}(?::\d+)?)(/.*)$", path)
    try:
        if gate:
            return canonical_url(f"{parts.scheme}://{gate[1]}{gate[2]}" + (f"?{query}" if query else ""))
        segments = path.split("/")
        if len(segments) > 2 and segments[1].lower() in rules[1]:
            path = "/" + "/".join(segments[2:])
        target = canonical_url(parts._replace(path=path, query=query).geturl())
    except ValueError:
        return None
    return target if target != url else None


@cache
def load_mirrors() -> tuple[frozenset[str], frozenset[str]]:
    """(query parameters, first path segments) that make an address a mirror's."""
    raw: dict[str, Any] = load("discovery.toml")["mirror"]
    return frozenset(raw["parameters"]), frozenset(raw["segments"])


def sitemap_addresses(xml: str) -> list[str]:
    """Addresses in a sitemap.xml or a sitemap index, canonical, in order, each once."""
    found: dict[str, None] = {}
    for raw in re.findall(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]+)", xml):
        try:
            found[canonical_url(raw.replace("&amp;", "&"))] = None
        except ValueError:
            continue
    return list(found)
