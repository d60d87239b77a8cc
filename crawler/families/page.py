"""What all families share: reading a page's bytes, its anchors and what stands around them."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge.archive import digest
from knowledge.families import families
from knowledge.nesting import shallow
from knowledge.urls import canonical_url

PAGE_ENDINGS = frozenset(
    ("", ".html", ".htm", ".shtml", ".shtm", ".xhtml", ".jhtml", ".jsp", ".aspx", ".asp", ".php", ".do", ".action")
)
ATTACHMENT_ENDINGS = frozenset((".pdf", ".doc", ".docx", ".wps", ".ofd"))

_FILE_NAMED = re.compile(r"\.(?:pdf|docx?|wps|ofd)(?![a-z])", re.I)

# Pages nest some forty levels; broken or hostile ones nest thousands, and each link would be followed to the top.
MAX_DEPTH = 64

# Titles of what this project collects, also in the older names of the genre.
REPORT_TITLE = re.compile(r"法治.{0,6}建设|依法行政|法治政府")
_DATE = re.compile(r"(?<!\d)(20\d\d)\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*[-/.月]\s*(0?[1-9]|[12]\d|3[01])(?!\d)日?")
_EDGE_DATE = re.compile(rf"^[\s\[(（]*{_DATE.pattern}[\s\])）]*|[\s\[(（]*{_DATE.pattern}[\s\])）]*$")
# Words in class and id of what surrounds a page's content. position-relative and the like are layout, not place.
_FURNITURE = re.compile(
    r"(?:^|[-_ ])(?:nav|navs|navbar|menu|head(?:er)?|foot(?:er)?|crumbs?|breadcrumbs?|(?:position|location)(?!-)|"
    r"pager|paging|pagination|friend(?:links?)?|share)(?:[-_ ]|\d|$)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: canonical URL, full title, and the date printed beside it (ISO) if any."""

    url: str
    title: str
    date: str | None


def key_of(url: str, body_digest: str | None) -> str:
    """What tells requests apart: the address, with the digest of a posted body if there was one."""
    return f"{url} {body_digest}" if body_digest else url


@dataclass(frozen=True, slots=True)
class Page:
    """An address to ask for: canonical URL and, for a POST, its form (urlencoded; not empty).

    `again`: it may begin with rows that the page before it held, which for once does not mean the list's end.
    """

    url: str
    form: str = ""
    again: bool = False

    @property
    def key(self) -> str:
        """What tells it apart from other pages (key_of)."""
        return key_of(self.url, digest(self.form.encode()) if self.form else None)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came: address, text, the form that was posted for it.

    `full`: it is a further page that holds as many rows as the first, so a count that ends here may lie.
    """

    url: str
    html: str
    form: str = ""
    full: bool = False


def nothing_more(page: Fetched) -> list[tuple[str, str]]:
    """The `columns` of a family whose columns are all plain links."""
    return []


@dataclass(frozen=True, slots=True)
class ListFamily:
    """How one family writes lists: pure functions of a fetched page.

    `is_mine` (url, html): does the page show this family's marks; `rows`: what the list holds, in page order, each
    URL once; `next_page`: where the list goes on, None at the end; `columns`: (name, address) of columns that the
    page names in a script instead of in links.
    """

    name: str
    is_mine: Callable[[str, str], bool]
    rows: Callable[[Fetched], list[Row]]
    next_page: Callable[[Fetched], Page | None]
    columns: Callable[[Fetched], list[tuple[str, str]]] = nothing_more


def marks_of(name: str) -> Callable[[str, str], bool]:
    """An `is_mine`: the page shows the marks of families.toml, or two links on it are the family's articles."""

    def is_mine(url: str, html: str) -> bool:
        family = families()[name]
        if family.owns(url, html):
            return True
        links = re.findall(r"""href\s*=\s*["']?([^"'\s>]+)""", html)
        return sum(any(p.search(target) for p in family.url) for target in links) >= 2

    return is_mine


def articles_of(name: str) -> Callable[[str], bool]:
    """True for the addresses that families.toml knows as the family's articles."""
    return lambda address: any(p.search(address) for p in families()[name].url)


def next_of(url: str, address: str, form: str = "", again: bool = False) -> Page | None:
    """The page at `address`, relative to `url`; None if that is no http(s) address."""
    try:
        return Page(canonical_url(address, url), form, again)
    except ValueError:
        return None


def with_query(url: str, **values: str) -> str:
    """`url` with these query parameters set, in their place or at the end; the others stay as they are."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True)) | values
    return urlunsplit(parts._replace(query=urlencode(asked, quote_via=quote)))


def as_get(page: Page) -> Page | None:
    """The same question with its form in the address: some servers answer only that; None for a page's own state."""
    if not page.form or "__VIEWSTATE" in page.form:
        return None
    return Page(with_query(page.url, **query_of(f"?{page.form}")))


def query_of(url: str) -> dict[str, str]:
    """Query parameters of an address; of repeated ones the last."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def row_in(fragment: str, base: str) -> Row | None:
    """The row that a piece of markup is (one li or tr): its link with the longest title, and its date."""
    if re.match(r"\s*<t[rd]\b", fragment, re.I):
        fragment = f"<table>{fragment}</table>"
    tree = LexborHTMLParser(shallow(fragment))
    titled = [(full_title(node), address) for node, address in anchors(tree, base)]
    if not titled:
        return None
    title, address = max(titled, key=lambda pair: len(pair[0]))
    text = squeeze(tree.root.text(separator=" ")) if tree.root is not None else ""
    return Row(address, title, printed_date(text))


def unescaped(text: str) -> str:
    """Text of an HTML attribute or of a script's string, entities undone."""
    return entities.unescape(text)


def decode(body: bytes) -> str:
    """Text of a page, judged by its bytes alone (headers and meta tags of portals lie): UTF-8, else GB18030.

    A few broken bytes do not make UTF-8 something else: GB18030 read as UTF-8 is broken nearly everywhere.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken and broken > 0.2 * sum(char > "\x7f" for char in text):
        return body.decode("gb18030", "replace")
    return text


def base_of(url: str, tree: LexborHTMLParser) -> str:
    """Address that the page's links are relative to."""
    node = tree.css_first("base[href]")
    return link(node, url, "href") or url if node else url


def link(node: LexborNode, base: str, attribute: str = "href") -> str | None:
    """Canonical address in an attribute; None for scripts, mail addresses and what is no address."""
    value = (node.attributes.get(attribute) or "").strip()
    if not value or value.startswith("#"):
        return None
    return absolute(value, base)


def absolute(value: str, base: str) -> str | None:
    """Canonical address of what an attribute holds; None if it is no http(s) address."""
    if value.startswith("/") and not value.startswith("//"):
        base = "/".join(base.split("/", 3)[:3])  # the same on every page of a host: menus are looked up once
    return _absolute(value, base)


@lru_cache(maxsize=1 << 15)
def _absolute(value: str, base: str) -> str | None:
    try:
        return canonical_url(value, base)
    except ValueError:
        return None


def ending(url: str) -> str:
    """File ending of an address, lower case with its dot; "" if it has none that is one."""
    suffix = PurePosixPath(unquote(urlsplit(url).path)).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z]{1,6}[0-9]?", suffix) else ""


def squeeze(text: str) -> str:
    """Text on one line: every run of blanks, also full-width ones, is one blank."""
    return re.sub(r"[\s\u00a0\u3000\ufeff\u200b]+", " ", text).strip()


def printed_date(text: str) -> str | None:
    """First full date in a text as ISO; None if there is none (month and day alone do not make one)."""
    found = _DATE.search(text)
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}" if found else None


def full_title(anchor: LexborNode) -> str:
    """Title that an anchor stands for: its title attribute where that says more than the text, which lists cut."""
    text = squeeze(anchor.text(separator=" "))
    text = _EDGE_DATE.sub("", text).strip(" ·•[]|") or text
    attribute = squeeze(anchor.attributes.get("title") or "")
    stem = re.sub(r"\s*(?:…+|\.{2,}|⋯+)\s*$", "", text)
    if not text or (stem != text and attribute) or (len(attribute) > len(text) and attribute.startswith(text[:4])):
        return attribute or text
    return text


def around(node: LexborNode) -> Iterator[LexborNode]:
    """A node and what holds it, outwards, below body; at most MAX_DEPTH of them."""
    at: LexborNode | None = node
    for _ in range(MAX_DEPTH):
        if at is None or at.tag in ("body", "html"):
            return
        yield at
        at = at.parent


def is_furniture(node: LexborNode) -> bool:
    """True inside navigation, header, footer, bread crumbs or the pager."""
    for at in around(node):
        if at.tag in ("nav", "header", "footer"):
            return True
        if any(_FURNITURE.search(at.attributes.get(name) or "") for name in ("class", "id")):
            return True
    return False


def anchors(tree: LexborHTMLParser, base: str) -> Iterator[tuple[LexborNode, str]]:
    """Anchors with an http(s) address, in page order."""
    for node in tree.css("a[href]"):
        if url := link(node, base):
            yield node, url


def attachments(url: str, html: str, body_selectors: tuple[str, ...]) -> list[Row]:
    """Files that an article carries: (url, file's title), in page order, each once.

    Looked for in the article's body and wherever a link says 附件; in the whole page, less its furniture, when no
    body selector fits. Also files shown in a viewer (iframe, embed, …viewer.html?file=…).
    """
    tree = LexborHTMLParser(html)
    base = base_of(url, tree)
    body = next((n for s in body_selectors if (n := tree.css_first(s)) is not None and n.text().strip()), None)
    held = {n.mem_id for n in body.css("a, iframe, embed, object")} if body is not None else set()
    found: dict[str, Row] = {}
    for node in tree.css("a[href], iframe[src], embed[src], object[data]"):
        attribute = {"a": "href", "object": "data"}.get(node.tag or "", "src")
        if not _FILE_NAMED.search(f"{node.attributes.get(attribute)} {node.text()}"):
            continue  # most links of a page are its menu
        target = link(node, base, attribute)
        if target is None:
            continue
        target = _shown_file(target) or target
        text = full_title(node) if node.tag == "a" else ""
        named = PurePosixPath(text).suffix.lower()  # download.jsp?… whose text is 年度报告.pdf
        if ending(target) not in ATTACHMENT_ENDINGS and named not in ATTACHMENT_ENDINGS:
            continue
        beside = node.parent.text() if node.parent is not None and node.parent.tag != "body" else ""
        says_so = "附件" in text or ("附件" in beside and len(beside) < 120)
        if node.mem_id in held or says_so or (body is None and not is_furniture(node)):
            found.setdefault(target, Row(target, text, None))
    return list(found.values())


def _shown_file(url: str) -> str | None:
    """File that a viewer page shows (…/viewer.html?file=/a/b.pdf), None if the address is no viewer's."""
    for value in parse_qs(urlsplit(url).query).get("file", ()):
        try:
            target = canonical_url(value, url)
        except ValueError:
            continue
        if ending(target) in ATTACHMENT_ENDINGS:
            return target
    return None
