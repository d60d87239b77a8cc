"""The transform beside trafilatura.extract alone on the same pages: as a whole, on two cores, and step by step.

The pages are a load's (invented), some from portals of every family. As a whole: processor time of `transform.run` from WARC
to Parquet for a further page, told from two archives of which one holds the other's pages; what is left of the smaller one's
time is starting up, and has a row of its own. Step by step: in one process, each step's own time, beside what no reader can do
without (floors). A load repeats its wordings, which the reading of indicators profits from: what it costs where no wording was
met before has a row of its own, and so has the whole.
"""

from __future__ import annotations

import io
import shutil
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import trafilatura
from fastwarc.warc import ArchiveIterator, WarcRecordType
from selectolax.lexbor import LexborHTMLParser

from knowledge.schema import Columns, table_of
from tests.load_archive import Part, write
from tests.measuring import Rows, cost
from transform import claims
from transform.captures import Lost, captures
from transform.decode import decode
from transform.document import Capture, Registry, read
from transform.make import write_parquet
from transform.reader import TABLES
from transform.shard import Shard, portals, shards

SEED = 7
MANY = Part(0, 0, 1474, step=2)  # pages of all places of a group, and so of all families
SOME = Part(0, 0, 1474, step=14)  # pages of MANY
# Steps of transform.document.read, by the functions that carry them out; what is left of it is "rows".
STEPS = {
    "decode": ("transform.document", "decode"),
    "parse, cut off the chrome": ("transform.document", "extract_html"),
    "identify": ("transform.document", "identify"),
    "cut into sections": ("transform.sections", "cut"),
    "quantities": ("transform.quantities", "read"),
    "indicators": ("transform.indicators", "read"),
}
REST = "rows"
PEER = "trafilatura"


def archive_of(folder: Path, part: Part) -> Path:
    """A data folder with one run."""
    write(folder / "raw", SEED, [part], 1)
    return folder


def whole(folder: Path, rounds: int) -> Rows:
    """From WARC to Parquet, and what a second core brings."""
    archives = {name: archive_of(folder / name, part) for name, part in (("many", MANY), ("some", SOME))}
    html = [decode(c.payload).text for c in _captures(archives["many"])]
    further = len(html) - len(SOME.pages)
    took: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        one, one_of_some = (_transform(data, 1) for data in archives.values())
        began = time.process_time()
        for text in html:
            trafilatura.extract(text)
        peer = (time.process_time() - began) / len(html)
        two, two_of_some = (_transform(data, 2) for data in archives.values())
        page = (one.processor - one_of_some.processor) / further
        took["page"].append(page)
        took["peer"].append(peer)
        took["ratio"].append(peer / page)
        took["start"].append(one_of_some.processor - len(SOME.pages) * page)
        took["one"].append(one.seconds / len(html))
        took["two"].append(two.seconds / len(html))
        took["gain"].append((one.seconds - one_of_some.seconds) / max(two.seconds - two_of_some.seconds, 1e-9))
    middle = {name: statistics.median(values) for name, values in took.items()}
    facts = {"part": "transform", "unit": "ms a page"}
    return [
        {**facts, "what": f"WARC to Parquet, {further} pages, one core", "peer": PEER, "ours": 1000 * middle["page"], "theirs": 1000 * middle["peer"], "ratio": middle["ratio"]},
        {**facts, "what": "starting up, once", "unit": "s", "peer": "", "ours": middle["start"]},
        {**facts, "what": f"JOBS=2, {len(html)} pages, by the clock", "peer": "JOBS=1", "ours": 1000 * middle["two"], "theirs": 1000 * middle["one"], "ratio": middle["one"] / middle["two"]},
        {**facts, "what": "the same less starting up", "unit": "", "peer": "JOBS=1", "ratio": middle["gain"]},
    ]  # fmt: skip


def _transform(data: Path, jobs: int) -> Any:
    shutil.rmtree(data / "transform", ignore_errors=True)
    return cost("transform.run", "--data", data, "--jobs", jobs)


def _captures(data: Path) -> list[Capture]:
    found = [c for shard in shards(data / "raw") for c in captures(shard)]
    lost = [c for c in found if isinstance(c, Lost)]
    if lost:
        raise AssertionError(lost[0])
    return [c for c in found if isinstance(c, Capture)]


@contextmanager
def timed() -> Iterator[Counter[str]]:
    """Seconds of processor time that each of STEPS itself takes while the context lasts."""
    own: Counter[str] = Counter()
    inside: list[float] = []  # of each step under way, what the steps within it took

    def watch(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **more: Any) -> Any:
            inside.append(0.0)
            began = time.process_time()
            try:
                return function(*args, **more)
            finally:
                took = time.process_time() - began
                own[name] += took - inside.pop()
                if inside:
                    inside[-1] += took

        return run

    with ExitStack() as stack:
        for name, (module, function) in STEPS.items():
            room = import_module(module)
            stack.enter_context(patch.object(room, function, watch(name, getattr(room, function))))
        yield own


def one_round(some: list[Shard], html: list[str]) -> dict[str, float]:
    """Seconds of each step, floor and of the peer, over all pages once."""
    took: dict[str, float] = {}
    began = time.process_time()
    found = [(shard, c) for shard in some for c in captures(shard) if isinstance(c, Capture)]
    took["read the WARC"] = time.process_time() - began
    registries = {shard.key: Registry(portals(shard.run)) for shard in some}
    rows: dict[str, list[Columns]] = {name: [] for name in TABLES}
    with timed() as own:
        began = time.process_time()
        for shard, capture in found:
            got = read(capture, registries[shard.key], "bench")
            for name in TABLES:
                rows[name].append(getattr(got, name))
        everything = time.process_time() - began
    took |= {name: own[name] for name in STEPS} | {REST: everything - sum(own.values())}
    began = time.process_time()
    for name, parts in rows.items():
        write_parquet(name, table_of(name, parts), io.BytesIO())
    took["Arrow, Parquet"] = time.process_time() - began
    took["all of these"] = sum(took.values())
    with timed() as own:
        for shard, capture in found:
            claims._wording.cache_clear()
            read(capture, registries[shard.key], "bench")
    took["indicators, no wording met before"] = own["indicators"]
    took["all of these, no wording met before"] = took["all of these"] + own["indicators"] - took["indicators"]
    for name, work in (("floor: parse alone", LexborHTMLParser), (PEER, trafilatura.extract)):
        began = time.process_time()
        for text in html:
            work(text)
        took[name] = time.process_time() - began
    took["floor: decompress alone"] = sum(_decompressed(shard.warc) for shard in some if shard.warc)
    return took


def _decompressed(path: Path) -> float:
    """Seconds to go through a WARC file and undo the compression of its records and of the bodies in them."""
    began = time.process_time()
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, WarcRecordType.response, auto_decode="content"):
            record.reader.read()
    return time.process_time() - began


def steps(folder: Path, rounds: int) -> Rows:
    """Milliseconds a page of each step, and as a share of the peer's time."""
    some = shards(archive_of(folder / "steps", SOME) / "raw")
    html = [decode(c.payload).text for shard in some for c in captures(shard) if isinstance(c, Capture)]
    one_round(some, html)  # warms up
    measured = [one_round(some, html) for _ in range(rounds)]
    out = []
    for name in measured[0]:
        ms = statistics.median(1000 * took[name] / len(html) for took in measured)
        peer = statistics.median(1000 * took[PEER] / len(html) for took in measured)
        share = statistics.median(took[name] / took[PEER] for took in measured)
        if name != PEER:
            out.append(
                {
                    "part": "steps",
                    "what": name,
                    "peer": PEER,
                    "unit": "ms a page",
                    "ours": ms,
                    "theirs": peer,
                    "share": share,
                }
            )
    return out


def measure(rounds: int = 5) -> Rows:
    """Rows for the whole and for the steps."""
    with tempfile.TemporaryDirectory() as folder:
        parts = [partial(part, Path(folder), rounds) for part in (whole, steps)]
        return [row for part in parts for row in part()]
