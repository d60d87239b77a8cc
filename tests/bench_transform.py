"""The transform beside trafilatura.extract alone on the same pages: as a whole, on two cores, and step by step.

The pages are a load's (invented), some from portals of every family. As a whole: processor time of `transform.run` from WARC
to Parquet, less that of starting up, which is a row of its own. Step by step: in one process, each step's own time, beside
what no reader can do without (floors).
"""

from __future__ import annotations

import io
import shutil
import statistics
import tempfile
import time
from collections import Counter
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
from transform.captures import Lost, captures
from transform.decode import decode
from transform.document import Capture, Registry, read
from transform.make import write_parquet
from transform.reader import TABLES
from transform.shard import Shard, portals, shards

SEED = 7
EVERY = Part(0, 0, 1474, step=7)  # pages of all places of a group, and so of all families
FEWER = Part(0, 0, 1474, step=14)
FEW = Part(0, 0, 1474, step=737)
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
    data, few = archive_of(folder / "some", EVERY), archive_of(folder / "few", FEW)
    html = [decode(c.payload).text for c in _captures(data)]
    took: dict[str, list[float]] = {
        name: [] for name in ("one", "start", "peer", "one by the clock", "two", "start two")
    }
    for _ in range(rounds):
        one, start = _transform(data, 1), _transform(few, 1)
        began = time.process_time()
        for text in html:
            trafilatura.extract(text)
        took["peer"].append(time.process_time() - began)
        two = _transform(data, 2)
        took["one"].append(one.processor - start.processor)
        took["start"].append(start.processor)
        took["start two"].append(start.seconds)
        took["one by the clock"].append(one.seconds)
        took["two"].append(two.seconds)
    ms = {name: 1000 * statistics.median(values) / len(html) for name, values in took.items()}
    ratio = statistics.median(b / a for a, b in zip(took["one"], took["peer"], strict=True))
    less = [
        (a - s) / max(b - s, 1e-9)
        for a, b, s in zip(took["one by the clock"], took["two"], took["start two"], strict=True)
    ]
    facts = {"part": "transform", "unit": "ms a page"}
    return [
        {**facts, "what": f"WARC to Parquet, {len(html)} pages, one core", "peer": PEER, "ours": ms["one"], "theirs": ms["peer"], "ratio": ratio},
        {**facts, "what": "starting up, once", "unit": "s", "peer": "", "ours": statistics.median(took["start"])},
        {**facts, "what": "JOBS=2, by the clock", "peer": "JOBS=1", "ours": ms["two"], "theirs": ms["one by the clock"], "ratio": ms["one by the clock"] / ms["two"]},
        {**facts, "what": "the same less starting up", "unit": "", "peer": "JOBS=1", "ratio": statistics.median(less)},
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
    some = shards(archive_of(folder / "steps", FEWER) / "raw")
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
