"""Whether a page nests its elements too deep, before a parser sees it: parsers take the square of that in time, and in memory.

A hundred thousand open <div> cost twenty seconds; four thousand <font color=…> that nobody closes, each in a paragraph of
its own, cost three gigabytes, for every paragraph opens them all anew. Real pages nest some thirty levels. The attributes
of one element and the options of one list cost the square of their number as well.
"""

from __future__ import annotations

import re
from itertools import islice

USUAL = 64  # levels; up to here nothing is counted
# Sum over the page's tags of the levels beyond USUAL that are open there: some two seconds, some hundred MiB.
MOST = 1_000_000
# Pages of few tags cannot cost much, whichever they are; nor can those with few of the kind that is opened anew.
_FEW_REOPENED = 2_000
_FEW = 20_000
# Attributes of one element; each is compared with those before it. Options of a page: each is, with all of its list.
_MOST_ATTRIBUTES = 2_000
_LONG_TAG = 2 * _MOST_ATTRIBUTES
_OPTIONS_AS_LEVEL = 20  # comparing so many costs what a level costs
_BACK = 64  # how far down an end tag looks for what it ends

_ATTRIBUTES = (
    r"""(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+)?+)*+"""
)
_ATTRIBUTE = re.compile(r"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?+)?+")
# Comments and what reads as one; a tag with its attributes, which may hold the signs of tags.
_TAG = re.compile(rf"<(?:!--.*?(?:-->|\Z)|[!?][^>]*+|/[^a-zA-Z][^>]*+|(/?)([a-zA-Z][^\s/>]*+){_ATTRIBUTES})", re.S)
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.I)
    for name in ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")
}
_EMPTY = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
# They end by themselves, so they say nothing of how deep a page is nested.
_UNCOUNTED = frozenset("p li td th tr tbody thead tfoot dt dd body html head".split())  # noqa: SIM905
# Opened anew behind whatever closed around them, until their own end tag comes.
_REOPENED = frozenset("b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905
_MAY_REOPEN = re.compile(r"<(?:[bcefinstuBCEFINSTU][\s>/igomtrIGOMTR]|[oO][pP])")  # and options; by two signs: quick
# End tags of what stands outside are not heard inside these.
_WALLS = frozenset("table button object applet marquee template select svg math".split())  # noqa: SIM905
# What a <span> cannot end across.
_BLOCKS = _WALLS - {"svg", "math"} | frozenset(
    "address article aside blockquote center details dir div dl fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header "  # noqa: SIM905
    "hgroup iframe listing main menu nav noembed noframes noscript ol pre section summary ul".split()
)


def too_deep(html: str) -> int | None:
    """Offset from which on a page nests too deep to be parsed; None for every page that people wrote.

    An estimate: it knows the rules of end tags in the main, and counts too much rather than too little.
    """
    if _is_harmless(html):
        return None
    open_: list[str] = []
    fence = 0  # how many were open when the last paragraph, item or cell began
    options = sum_ = at = 0
    while tag := _TAG.search(html, at):
        at = tag.end()
        if tag[2] is None:
            continue
        name = tag[2].lower()
        if name == "select":
            options = 0
        if name == "option":
            options += not tag[1]
            sum_ += options // _OPTIONS_AS_LEVEL
        elif name in _EMPTY:
            pass
        elif name in _UNCOUNTED:
            fence = 0 if tag[1] else len(open_)
        elif tag[1]:
            _end(name, open_, fence)
            fence = min(fence, len(open_))
        elif name in _RAW and not ("svg" in open_ or "math" in open_):
            end = _RAW[name].search(html, at)
            at = end.start() if end else len(html)
        else:
            open_.append(name)
        if len(open_) > USUAL:
            sum_ += len(open_) - USUAL
        if sum_ > MOST:
            return tag.start()
    return None


def overloaded(html: str) -> int | None:
    """Offset of the first element that has thousands of attributes, None if there is none.

    For whoever cannot be stopped while parsing: it costs more to know than too_deep, three hundredths of reading the page.
    """
    at = -1
    for part in html.split("<"):
        if len(part) >= _LONG_TAG and part[0].isalpha() and not -1 < part.find(">") < _LONG_TAG:
            tag = _TAG.match(html, at)
            if tag and sum(1 for _ in islice(_ATTRIBUTE.finditer(tag[0]), _MOST_ATTRIBUTES)) == _MOST_ATTRIBUTES:
                return at
        at += len(part) + 1
    return None


def _is_harmless(html: str) -> bool:
    """True for most pages, by their tags alone, wherever these stand."""
    tags = html.count("<")
    return tags <= _FEW_REOPENED or (tags <= _FEW and len(_MAY_REOPEN.findall(html)) <= _FEW_REOPENED)


def _end(name: str, open_: list[str], fence: int) -> None:
    """What an end tag of that name does to what is open."""
    last, stop = (0, _WALLS) if name in _BLOCKS or name in _REOPENED else (fence, _BLOCKS)
    for place in range(len(open_) - 1, max(last, len(open_) - _BACK) - 1, -1):
        if open_[place] == name:
            if name in _REOPENED:
                del open_[place]
            else:
                open_[place:] = [inner for inner in open_[place + 1 :] if inner in _REOPENED]
            return
        if open_[place] in stop:
            return


def shallow(html: str) -> str:
    """A page up to where it can be parsed in a second or two."""
    html = html[: too_deep(html)]
    return html[: overloaded(html)]
