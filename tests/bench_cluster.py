"""`python -m tests.bench_cluster`: what a cluster and an object store cost beside one machine and a folder.

The same archive (invented pages, a load and no evidence of accuracy) is transformed by ENGINE=local with two workers, by a
Ray cluster of two nodes with one processor each, and by the same cluster from and into a server of the S3 protocol; all
on this machine, in turns. Wall-clock time of the commands, medians. Timings are reported, never asserted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from knowledge import storage
from knowledge.archive import runs
from tests.test_engines import archive
from tests.two_nodes import Nodes, environment_of, object_store

ROOT = Path(__file__).parent.parent


def seconds(data: str, *more: str, **environment: str) -> float:
    """How long a transform of everything takes."""
    began = time.monotonic()
    whole = [sys.executable, "-m", "transform.run", "--data", data, "--anew", *more]
    subprocess.run(whole, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True)
    return time.monotonic() - began


def measure(shards: int = 8, each: int = 300, rounds: int = 3) -> list[dict[str, Any]]:
    """Rows of figures: what, seconds, ratio to one machine and a folder."""
    home = Path(tempfile.mkdtemp(prefix="fazhi-bench-"))
    os.environ |= environment_of(home)
    nodes = Nodes()
    try:
        with object_store() as bucket:
            return _measure(home / "data", bucket.format(name="bench"), nodes, shards, each, rounds)
    finally:
        nodes.cluster.shutdown()
        shutil.rmtree(home, ignore_errors=True)


def _measure(data: Path, address: str, nodes: Nodes, shards: int, each: int, rounds: int) -> list[dict[str, Any]]:
    with contextlib.redirect_stdout(io.StringIO()):
        archive(data, shards, each)
    for folder in runs(data / "raw"):
        storage.Store(address).put(folder, f"raw/{folder.name}", "run.json")
    ways = {
        "one machine, JOBS=2": lambda: seconds(str(data), "--jobs", "2"),
        "cluster of two nodes": lambda: seconds(str(data), "--engine", "ray", RAY_ADDRESS=nodes.address),
        "the same, object store": lambda: seconds(address, "--engine", "ray", RAY_ADDRESS=nodes.address),
    }
    took: dict[str, list[float]] = {what: [] for what in ways}
    for _ in range(rounds):
        for what, way in ways.items():
            took[what].append(way())
    medians = {what: statistics.median(some) for what, some in took.items()}
    first = next(iter(medians.values()))
    return [
        {"what": what, "documents": shards * each, "seconds": round(s, 1), "ratio": round(s / first, 2)}
        for what, s in medians.items()
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--each", type=int, default=300, help="documents in a shard")
    given = parser.parse_args()
    for row in measure(given.shards, given.each):
        print(f"{row['what']:24} {row['documents']} documents  {row['seconds']:6.1f} s  × {row['ratio']:.2f}")


if __name__ == "__main__":
    main()
