"""What the benchmarks share: turns, commands with what they cost, the machine, where results are kept."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "benchmarks"
PEERS = (
    "scrapy",
    "warcio",
    "fastwarc",
    "trafilatura",
    "resiliparse",
    "readability-lxml",
    "selectolax",
    "duckdb",
    "pyarrow",
)

Clock = Callable[[], float]
# A row of the table: part, what, peer, unit, ours, theirs, and ratio, how many times as fast (or as good) as the peer
# this project is; or in its place share, the part of the peer's time that it takes.
Rows = list[dict[str, Any]]


def turns(
    rounds: int, *jobs: Callable[[], object], clock: Clock = time.process_time, warm: bool = False
) -> list[list[float]]:
    """Seconds of each job in each round. Jobs take turns, so that the machine's drift hits all alike; a round before
    the first warms up, unless the jobs are warm."""
    seconds: list[list[float]] = [[] for _ in jobs]
    for turn in range(warm, rounds + 1):
        for took, job in zip(seconds, jobs, strict=True):
            began = clock()
            job()
            if turn:
                took.append(clock() - began)
    return seconds


def medians(rounds: int, *jobs: Callable[[], object], clock: Clock = time.process_time) -> list[float]:
    """Median of each job's seconds."""
    return [statistics.median(took) for took in turns(rounds, *jobs, clock=clock)]


def faster(ours: Sequence[float], theirs: Sequence[float], things: int, unit: str = "a second") -> dict[str, Any]:
    """Fields of a row: things per second of each side, and how many times as fast ours is.

    The ratio is the median over the rounds, each of which compares what ran side by side.
    """
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    mine, other = (things / statistics.median(took) for took in (ours, theirs))
    return {"unit": unit, "ours": mine, "theirs": other, "ratio": ratio}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost: seconds by the clock and of processors, peak memory of its largest process, what it said."""

    seconds: float
    processor: float
    peak_mb: int
    said: str


def cost(*command: object, cwd: Path = ROOT) -> Cost:
    """Run `python -m command` and measure it, the processes that it waited for included.

    Raises RuntimeError with what it said if it fails.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, command)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{said}")
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, said)


def machine() -> dict[str, Any]:
    """Processor, cores, memory, versions."""
    cpu = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists() and (named := re.search(r"^model name\s*:\s*(.+)$", facts.read_text(), re.M)):
        cpu = named[1]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    versions = {"python": platform.python_version()} | {name: version(name) for name in PEERS}
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_gb": memory, "versions": versions}


def figure(value: float) -> str:
    """A number with four digits that count, whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def keep(name: str, found: dict[str, Any]) -> Path:
    """Write results to benchmarks/<name><today>.json, in place of an earlier run of the same day."""
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{name}{date.today().isoformat()}.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def before(pattern: str) -> dict[str, Any] | None:
    """The newest kept results of an earlier day; None if there are none that can be read as such."""
    today = date.today().isoformat()
    for path in sorted(KEPT.glob(pattern), reverse=True):
        if today not in path.name:
            return dict(json.loads(path.read_text(encoding="utf-8")))
    return None
