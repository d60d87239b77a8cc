"""`make bench`: this project beside the extractors a user would pick instead, same pages, same run, one core.

Quality is character 5-gram F1 after NFKC and removal of white space, averaged over pages; speed is documents per second
of processor time. Peers: trafilatura (default and fast), resiliparse, readability-lxml. Pages: sample portals with exact
truth (invented), and a folder of real pages with true text where one is given.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import lxml.html
import trafilatura
from readability import Document
from resiliparse.extract.html2text import extract_plain_text

from knowledge.bodies import place
from samples.farm import FAMILIES, FAULTS, build
from samples.places import places
from samples.reports import Report
from transform import chrome, indicators, quantities, sections
from transform.decode import decode
from transform.extract import extract_html
from transform.identify import identify


@dataclass(frozen=True, slots=True)
class Sample:
    """One page: bytes as received, its address, its true main text."""

    payload: bytes
    url: str
    truth: str


def sample_pages(seeds: Iterable[int] = (601, 602)) -> list[Sample]:
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
    """Main text by this project: bytes to an identified document."""
    got = extract_html(decode(page.payload).text, page.url)
    identify(got, page.url, ("990121", "示例"), (None, None))
    return got.text


def _html(page: Sample) -> str:
    return decode(page.payload).text


PEERS: dict[str, Callable[[Sample], str]] = {
    "this project": ours,
    "trafilatura": lambda p: trafilatura.extract(_html(p)) or "",
    "trafilatura fast": lambda p: trafilatura.extract(_html(p), fast=True) or "",
    "resiliparse": lambda p: extract_plain_text(_html(p), main_content=True),
    "readability-lxml": lambda p: lxml.html.fromstring(Document(_html(p)).summary()).text_content(),
}


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


@dataclass(frozen=True, slots=True)
class Result:
    """Means over the pages, and documents per second of processor time."""

    name: str
    precision: float
    recall: float
    f1: float
    per_second: float


def measure(pages: list[Sample], rounds: int = 3) -> list[Result]:
    """Every extractor on the same pages, taking turns round by round so that the machine's drift hits all alike."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in PEERS}
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for turn in range(rounds + 1):  # the first round warms up and is scored, not timed
        for name, extract in PEERS.items():
            began = time.process_time()
            texts = [_safely(extract, page) for page in pages]
            if turn:
                seconds[name].append(time.process_time() - began)
            else:
                found[name] = [scores(t, p.truth) for t, p in zip(texts, pages, strict=True)]
    return [
        Result(
            name,
            *(statistics.mean(s[i] for s in found[name]) for i in range(3)),
            len(pages) / statistics.median(seconds[name]),
        )
        for name in PEERS
    ]


def _safely(extract: Callable[[Sample], str], page: Sample) -> str:
    try:
        return extract(page)
    except Exception:  # a peer's crash scores zero; ours is scored the same
        return ""


STEPS = ("sections", "quantities", "indicators")


def steps(pages: list[Sample], rounds: int = 5) -> dict[str, float]:
    """Milliseconds per report of each step of reading its text, and of trafilatura on its page: least of all rounds."""
    least: dict[str, list[float]] = {name: [9e9] * len(pages) for name in (*STEPS, "trafilatura")}

    def note(name: str, i: int, began: float) -> None:
        least[name][i] = min(least[name][i], time.process_time() - began)

    html = [_html(page) for page in pages]
    texts = [extract_html(h, p.url).text for h, p in zip(html, pages, strict=True)]
    for _ in range(rounds):
        for i, text in enumerate(texts):
            began = time.process_time()
            tops = sections.cut(text, 2023)
            note("sections", i, began)
            nodes = [node for top in tops for node in top.walk()]
            plans = [(n.char_start, n.char_end) for n in nodes if n.role == "next_year"]
            headings = [(n.char_start, n.cue) for n in nodes if n.cue]
            began = time.process_time()
            numbers = quantities.read(text, 2023, plans)
            note("quantities", i, began)
            began = time.process_time()
            indicators.read(text, numbers, headings, True, "省国", 2023)
            note("indicators", i, began)
        for i, page in enumerate(html):
            began = time.process_time()
            trafilatura.extract(page)
            note("trafilatura", i, began)
    return {name: sum(times) / len(pages) * 1000 for name, times in least.items()}


def show_steps(cost: dict[str, float], characters: float) -> None:
    """Print what reading a report's text costs beside trafilatura on its page."""
    print(f"\nReading the text of a report ({characters:.0f} characters on average), beside trafilatura on its page")
    for name, ms in cost.items():
        print(f"{name:18s} {ms:8.2f} ms {100 * ms / cost['trafilatura']:8.1f} %")


def show(title: str, results: list[Result]) -> None:
    """Print a table; speed also as a multiple of trafilatura's default."""
    base = next(r.per_second for r in results if r.name == "trafilatura")
    print(f"\n{title}")
    print(f"{'':18s} {'P':>6s} {'R':>6s} {'F1':>7s} {'docs/s':>8s} {'× trafilatura':>14s}")
    for r in results:
        print(
            f"{r.name:18s} {r.precision:6.3f} {r.recall:6.3f} {r.f1:7.4f} {r.per_second:8.1f} {r.per_second / base:14.1f}"
        )


def main() -> None:
    """Command line of `make bench`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, help="folder with html/ and groundtruth.json")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds (median)")
    parser.add_argument("--json", type=Path, help="write the cost of the steps here")
    given = parser.parse_args()
    chrome.chrome_cues(), place("110105")  # load the data files before any clock runs
    pages = sample_pages()
    show(f"{len(pages)} pages of sample portals (invented), bytes to identified document", measure(pages, given.rounds))
    reports = [page for page in pages if len(page.truth) > 2000][:40]
    cost = steps(reports, given.rounds)
    show_steps(cost, statistics.mean(len(page.truth) for page in reports))
    if given.json:
        out = {"machine": platform.machine(), "python": platform.python_version(), "steps_ms": cost}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    if given.real and given.real.is_dir():
        real = real_pages(given.real)
        show(f"{len(real)} real Chinese pages (news, forums, state media)", measure(real, given.rounds))


if __name__ == "__main__":
    main()
