"""Pages that come again and again under addresses that are new each time: session ids, counters, random names in a path."""

from __future__ import annotations

import re
from collections import defaultdict
from urllib.parse import urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from knowledge.archive import digest

# So many addresses of one shape with the same page behind them, and no further one is asked for.
SAME = 5

# What such addresses differ in: numbers, and words with numbers in them or too long to be words.
_TOKEN = re.compile(r"[0-9A-Za-z]*\d[0-9A-Za-z]*|[A-Za-z]{20,}")
_SIGNS = re.compile(r"[\s\x00-\x7f]+")


def shape(url: str) -> str:
    """An address with all that may be a number or a session id in its path and query made the same."""
    parts = urlsplit(url)
    path, query = (_TOKEN.sub("0", part) for part in (parts.path, parts.query))
    return urlunsplit(parts._replace(path=path, query=query, fragment=""))


def face(html: str) -> str:
    """Digest of what a page shows to a reader, less figures and Latin letters: clocks and counters make no other page."""
    tree = LexborHTMLParser(html)
    for node in tree.css("script, style"):
        node.decompose()
    text = tree.root.text(separator="\n") if tree.root is not None else ""
    return digest(_SIGNS.sub("", text).encode("utf-8", "replace"))


class Circles:
    """What was met of each shape of addresses in one visit to a portal."""

    def __init__(self) -> None:
        self._met: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._closed: set[str] = set()

    def note(self, url: str, html: str) -> None:
        """A page came from this address."""
        form = shape(url)
        if form != url and form not in self._closed:
            alike = self._met[form, face(html)]
            alike.add(url)
            if len(alike) >= SAME:
                self._closed.add(form)

    def closed(self, url: str) -> bool:
        """True if an address has the shape of those that lead to one and the same page."""
        return bool(self._closed) and shape(url) in self._closed
