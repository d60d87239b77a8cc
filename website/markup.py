"""HTML as values: text is escaped unless it is already HTML, so that nothing a report says becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_IS_SPECIAL = re.compile("[&<>\"']")
_SPACES = "\n\t\u3000\u00a0"  # not printable to Python, but text
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Html(str):
    """Text that is markup already. Only this module and constants of the pages make it."""

    __slots__ = ()


Node: TypeAlias = "Html | str | int | Iterable[Node] | None"


def text(node: Node) -> Html:
    """A node as markup: text escaped, None empty, the members of an iterable one after the other."""
    if isinstance(node, Html):
        return node
    if isinstance(node, str):
        return Html(_escaped(node))
    if node is None:
        return Html("")
    if isinstance(node, int):
        return Html(str(node))
    return Html("".join(map(text, node)))


def el(name: str, /, *children: Node, **attributes: str | float | bool | None) -> Html:
    """An element. `_` in attribute names is `-`, a leading one is dropped (`_class`); None and False leave one out."""
    out = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = _attribute(key)
        out.append(f" {key}" if value is True else f' {key}="{_escaped(str(value))}"')
    out.append(">")
    if name not in _VOID:
        out.extend(map(text, children))
        out.append(f"</{name}>")
    return Html("".join(out))


@cache
def _attribute(key: str) -> str:
    return key.lstrip("_").replace("_", "-")


def outward(url: str | None, label: Node = None) -> Html:
    """A link to an address of others; only http and https become links, anything else stays text."""
    shown = label if label is not None else url
    if url and url.lower().startswith(("http://", "https://")):
        return el("a", shown, href=url, rel="noopener noreferrer nofollow")
    return text(shown)


def table(
    head: Iterable[Node], rows: Iterable[Iterable[Node]], caption: Node = None, _class: str | None = None
) -> Html:
    """A table in a box that scrolls sideways by itself (and by keyboard); a row's first cell names the row."""
    body = []
    for row in rows:
        first, *rest = row
        body.append(el("tr", el("th", first, scope="row"), [el("td", cell) for cell in rest]))
    columns = el("tr", [el("th", cell, scope="col") for cell in head])
    grid = el(
        "table", el("caption", caption) if caption else None, el("thead", columns), el("tbody", body), _class=_class
    )
    return el("div", grid, _class="scroll", tabindex=0)


def _escaped(value: str) -> str:
    """As HTML text, without the characters that HTML forbids or that turn the order of what follows."""
    if not value.isprintable():
        value = "".join(c for c in value if c.isprintable() or c in _SPACES)
    return value.translate(_SPECIAL) if _IS_SPECIAL.search(value) else value
