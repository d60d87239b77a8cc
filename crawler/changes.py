"""Whether a page that came with other bytes says anything else: its neighbours' links and its counters may differ.

Only for what a run reports; what counts as another version of a document is the transform's to decide.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from crawler.families.page import decode
from knowledge.families import family_of
from knowledge.nesting import shallow

_SENTENCE = re.compile(r"[^。\n]{8,}。")
_TITLE = re.compile(r"""<meta\s[^>]*?name\s*=\s*["']?\s*ArticleTitle\b[^>]*>""", re.I)


def same_text(url: str, old: bytes, new: bytes) -> bool:
    """True if two bodies of a page hold the same title and the same text; files are the same only byte for byte."""
    if old == new:
        return True
    if b"\0" in old[:1024] or b"\0" in new[:1024] or old[:4] == b"%PDF":
        return False
    return _text(url, shallow(decode(old))) == _text(url, shallow(decode(new)))


def _text(url: str, html: str) -> tuple[str, str]:
    title = _TITLE.search(html)
    tree = LexborHTMLParser(html)
    for node in tree.css("script, style"):
        node.decompose()
    for selector in family_of(url, html).body:
        for node in tree.css(selector):
            if text := re.sub(r"\s+", "", node.text()):
                return (title[0] if title else "", text)
    # in the whole page the neighbours' links, dates and counters stand too: only its sentences speak
    whole = tree.body.text(separator="\n") if tree.body is not None else html
    return (title[0] if title else "", "".join(_SENTENCE.findall(whole)))
