"""Steps of the transform on pages that carry given texts, beside trafilatura.extract on the same pages.

The load's bodies are short and repeat their wordings; real reports' texts, where a folder of them is at hand, are neither. Each
page is one of the load's in which a text stands in place of the body, a paragraph for each of its lines.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from itertools import cycle
from pathlib import Path

import trafilatura

from samples.load import pages
from tests.bench_transform import PEER, SEED, timed
from tests.measuring import Rows
from transform import claims
from transform.decode import decode
from transform.document import Capture, Registry, read
from transform.extract import extract_html, extract_text

PAGES = range(0, 1474, 14)
_NAME = 20  # signs of a body's first and last line by which it is found in the page's source


def measure(folder: Path | None, rounds: int = 5) -> Rows:
    """Rows for the steps that read a text; none if there is no such folder."""
    texts = [extract_text(f.read_text(encoding="utf-8")).lines for f in sorted(folder.glob("*.txt"))] if folder else []
    captures = list(_carrying(texts)) if texts else []
    if not captures:
        return []
    registry, measured = Registry(), []
    for _ in range(rounds):
        with timed() as own:
            for capture in captures:
                read(capture, registry, "bench")
        with timed() as anew:
            for capture in captures:
                claims._wording.cache_clear()
                read(capture, registry, "bench")
        began = time.process_time()
        for capture in captures:
            trafilatura.extract(capture.payload.decode())
        peer = time.process_time() - began
        own["indicators, no wording met before"] = anew["indicators"]
        measured.append({step: (own[step], peer) for step in _STEPS})
    ms = 1000 / len(captures)
    return [
        {
            "part": "texts",
            "what": f"{step}, {len(texts)} texts on {len(captures)} pages",
            "unit": "ms a page",
            "peer": PEER,
            "ours": ms * statistics.median(round_[step][0] for round_ in measured),
            "theirs": ms * statistics.median(round_[step][1] for round_ in measured),
            "ratio": statistics.median(round_[step][1] / round_[step][0] for round_ in measured),
        }
        for step in _STEPS
    ]


_STEPS = ("cut into sections", "quantities", "indicators", "indicators, no wording met before")


def _carrying(texts: list[list[str]]) -> Iterator[Capture]:
    """Pages of the load with the texts in turn in place of their bodies; pages whose body is not found are left out."""
    lines_of = cycle(texts)
    for number, (_, page) in enumerate(pages(SEED, PAGES)):
        html = decode(page.body).text
        body = extract_html(html, page.url).lines
        start, end = html.find(body[0][:_NAME]), html.rfind(body[-1][-_NAME:]) + len(body[-1][-_NAME:])
        if 0 <= start < end:
            paragraphs = "</p>\n<p>".join(map(escape, next(lines_of)))
            payload = (html[:start] + paragraphs + html[end:]).encode()
            at = datetime(2024, 1, 1, tzinfo=UTC)
            yield Capture(page.url, at, payload, "", "text/html", "utf-8", "", "", number)
