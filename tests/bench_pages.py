"""Main text beside the extractors that a user would pick instead: the same pages, the same run, one core.

Quality is character 5-gram F1 after NFKC and removal of white space, averaged over pages; speed is documents per second
of processor time. Peers: trafilatura (default and fast), resiliparse, readability-lxml. Pages: sample portals with exact
truth (invented), and a folder of real pages with true text where one is given.
"""

from __future__ import annotations

import json
import statistics
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import lxml.html
import trafilatura
from readability import Document
from resiliparse.extract.html2text import extract_plain_text

from knowledge.bodies import place
from samples.farm import FAMILIES, FAULTS, build
from samples.places import places
from samples.reports import Report
from tests.measuring import Rows, faster, turns
from transform import chrome
from transform.decode import decode
from transform.extract import extract_html
from transform.identify import identify


@dataclass(frozen=True, slots=True)
class Sample:
    """One page: bytes as received, its address, its true main text."""

    payload: bytes
    url: str
    truth: str


def sample_pages(seeds: Iterable[int] = (601,)) -> list[Sample]:
    """Article pages of sample portals over all families and faults (invented)."""
    out = []
    for seed in seeds:
        for i, where in enumerate(p for p in places().values() if p.reports):
            for family in sorted(FAMILIES):
                portal = build(seed, family, where, (sorted(FAULTS)[(i + seed) % len(FAULTS)],))
                for path in portal.articles[:3]:
                    document = portal.pages[path].document
                    truth = document.text if isinstance(document, Report) else "\n".join(document.lines)
                    out.append(Sample(portal.pages[path].body, f"http://127.0.0.1:1{path}", truth))
    return out


def real_pages(folder: Path) -> list[Sample]:
    """Pages of a folder with html/<name>.html and groundtruth.json ({name: {url, content}})."""
    gold = json.loads((folder / "groundtruth.json").read_text(encoding="utf-8"))
    return [Sample((folder / "html" / f"{k}.html").read_bytes(), v["url"], v["content"]) for k, v in gold.items()]


def ours(page: Sample) -> str:
    """Main text by this project."""
    return extract_html(_html(page), page.url).text


def identified(page: Sample) -> str:
    """The same, and whose report on which year it is: bytes to an identified document."""
    got = extract_html(_html(page), page.url)
    identify(got, page.url, ("990121", "示例"), (None, None))
    return got.text


def _html(page: Sample) -> str:
    return decode(page.payload).text


EXTRACTORS: dict[str, Callable[[Sample], str]] = {
    "this project": ours,
    "this project, identified": identified,
    "trafilatura": lambda p: trafilatura.extract(_html(p)) or "",
    "trafilatura fast": lambda p: trafilatura.extract(_html(p), fast=True) or "",
    "resiliparse": lambda p: extract_plain_text(_html(p), main_content=True),
    "readability-lxml": lambda p: lxml.html.fromstring(Document(_html(p)).summary()).text_content(),
}
PEERS = [name for name in EXTRACTORS if not name.startswith("this project")]


def fold(text: str) -> str:
    """Text without layout: NFKC, no white space."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace())


def scores(got: str, want: str, n: int = 5) -> tuple[float, float, float]:
    """Precision, recall and F1 of character n-grams."""
    a, b = (Counter(x[i : i + n] for i in range(max(1, len(x) - n + 1))) for x in (fold(got), fold(want)))
    both = sum((a & b).values())
    if not both:
        return 0.0, 0.0, 0.0
    p, r = both / sum(a.values()), both / sum(b.values())
    return p, r, 2 * p * r / (p + r)


def compare(what: str, pages: list[Sample], rounds: int) -> Rows:
    """F1 and documents per second of every extractor on the same pages."""
    f1 = {
        name: statistics.mean(scores(_safely(extract, page), page.truth)[2] for page in pages)
        for name, extract in EXTRACTORS.items()
    }
    jobs = [partial(_all, extract, pages) for extract in EXTRACTORS.values()]
    seconds = dict(zip(EXTRACTORS, turns(rounds, *jobs, warm=True), strict=True))
    rows = []
    for peer in PEERS:
        for mine, label in (("this project", "main text"), ("this project, identified", "bytes to identified")):
            if mine == "this project":
                quality = {"unit": "F1", "ours": f1[mine], "theirs": f1[peer], "ratio": f1[mine] / f1[peer]}
                rows.append({"part": what, "what": label, "peer": peer, **quality})
            speed = faster(seconds[mine], seconds[peer], len(pages), "docs/s")
            rows.append({"part": what, "what": label, "peer": peer, **speed})
    return rows


def _all(extract: Callable[[Sample], str], pages: list[Sample]) -> None:
    for page in pages:
        _safely(extract, page)


def _safely(extract: Callable[[Sample], str], page: Sample) -> str:
    try:
        return extract(page)
    except Exception:  # a peer's crash scores zero; ours is scored the same
        return ""


def measure(rounds: int = 5, real: Path | None = None) -> Rows:
    """Rows for the sample's pages and, where a folder of them is given, for real ones."""
    chrome.chrome_cues(), place("110105")  # load the data files before any clock runs
    rows = compare("sample pages", sample_pages()[::3], rounds)
    if real and real.is_dir():
        rows += compare("real pages", real_pages(real), rounds)
    return rows
