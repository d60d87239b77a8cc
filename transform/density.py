"""The element that holds an article, for pages of unknown layout: where sentences are dense and links are few.

Each run of text between line breaks gives points to the element that holds it and, weaker, to the two above; an
element's class and id tilt the balance. Made for Chinese pages: punctuation counts, words are never split.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from transform.markup import BLOCKS, CELLS, SKIPPED

_PUNCTUATION = re.compile(r"[，。；！？：、,;!?]")
_FURNITURE = re.compile(
    r"nav|menu|foot|header|side|comment|recommend|related|crumb|share|copyright|banner|advert|login|toolbar|rank|hot",
    re.I,
)
_ARTICLE = re.compile(r"article|content|body|post|main|text|detail|zoom|news|entry", re.I)
_NEVER = frozenset(("nav", "footer", "aside", "form"))
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "li", "td", "section", "blockquote"))
# what a run of text says of itself when it is no sentence of an article
_FOOTER_TEXT = re.compile(r"copyright|all rights reserved|版权所有|ICP备|公网安备|备案号|许可证", re.I)
_MIN_RUN = 15  # characters; shorter runs are labels
_MAX_LINKED = 0.4  # share of a run that may be link text


@dataclass(slots=True)
class _Tally:
    """Points per element (by identity) and all the sentence text seen on the page."""

    points: dict[int, float] = field(default_factory=dict)
    nodes: dict[int, LexborNode] = field(default_factory=dict)
    inside: dict[int, int] = field(default_factory=dict)
    total: int = 0

    def give(self, node: LexborNode | None, points: float) -> None:
        if node is not None and node.tag not in ("html", "-undef"):
            self.points[node.mem_id] = self.points.get(node.mem_id, 0.0) + points
            self.nodes[node.mem_id] = node


@dataclass(slots=True)
class _Run:
    """Text between two line breaks: characters, of them in links, punctuation marks."""

    chars: int = 0
    linked: int = 0
    marks: int = 0
    footer: bool = False


def main_elements(body: LexborNode) -> tuple[list[LexborNode], float]:
    """The elements that hold the article, and their share (0–1) of the page's sentence text; none on a page without any.

    Mostly one element; of a thread all posts, which are elements of the same make with text of their own.
    """
    tally = _Tally()
    _walk(body, False, tally)
    if not tally.points:
        return [], 0.0
    best = max(tally.points, key=lambda k: _weighted(tally.nodes[k], tally.points[k]))
    made = _make(tally.nodes[best])
    alike = {k for k, node in tally.nodes.items() if k == best or (made[1] and _make(node) == made)}
    # one of several alike inside another is part of it already
    chosen = {k for k in alike if not _is_inside(tally.nodes[k], alike)}
    share = sum(tally.inside.get(k, 0) for k in chosen) / max(1, tally.total)
    return [tally.nodes[k] for k in tally.inside if k in chosen], share


def _make(node: LexborNode) -> tuple[str | None, str | None, int]:
    """What elements of one kind share: tag, class and how deep they stand."""
    depth, at = 0, node.parent
    while at is not None:
        depth, at = depth + 1, at.parent
    return node.tag, node.attributes.get("class"), depth


def _is_inside(node: LexborNode, others: set[int]) -> bool:
    at = node.parent
    while at is not None:
        if at.mem_id in others:
            return True
        at = at.parent
    return False


def _weighted(node: LexborNode, points: float) -> float:
    names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
    if _FURNITURE.search(names):
        points *= 0.2
    elif _ARTICLE.search(names):
        points *= 1.3
    return points * 0.6 if node.tag == "body" else points


def _walk(node: LexborNode, linked: bool, tally: _Tally) -> int:
    """Score the block `node`; returns the sentence text inside it."""
    runs = [_Run()]
    inside = _inline(node, linked, runs, tally)
    points = 0.0
    for run in runs:
        if run.chars >= _MIN_RUN and run.linked < run.chars * _MAX_LINKED and not run.footer:
            inside += run.chars
            tally.total += run.chars
            points += run.marks + min(run.chars / 30, 5.0)
    if points:
        is_paragraph = node.tag in _PARAGRAPHS
        tally.give(node, points * (0.2 if is_paragraph else 1.0))
        tally.give(node.parent, points * (0.9 if is_paragraph else 0.5))
        tally.give(node.parent.parent if node.parent else None, points * 0.4)
    tally.inside[node.mem_id] = inside
    return inside


def _inline(node: LexborNode, linked: bool, runs: list[_Run], tally: _Tally) -> int:
    """Add the text directly in `node` to the last run; blocks inside are scored for themselves. Returns their text."""
    inside = 0
    for child in node.iter(include_text=True):
        tag = child.tag
        if tag == "-text":
            text = (child.text_content or "").strip()
            run = runs[-1]
            run.chars += len(text)
            run.marks += len(_PUNCTUATION.findall(text))
            run.linked += len(text) if linked else 0
            run.footer = run.footer or bool(_FOOTER_TEXT.search(text))
        elif tag == "br":
            runs.append(_Run())
        elif tag in _NEVER or tag in SKIPPED:
            continue
        elif tag in BLOCKS or tag in CELLS:
            runs.append(_Run())
            inside += _walk(child, linked, tally)
        else:
            inside += _inline(child, linked or tag == "a", runs, tally)
    return inside
