"""Run the targets, each in a process of its own: coverage-guided where atheris is installed, else by mutation.

An input that raises, takes longer than SLOW seconds or ends the process is a crash: it is kept in --crashes (put what is
worth keeping into corpus/) and the status is 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
SLOW = 10  # seconds for one input
LONGEST = 8192
TOKENS = (
    "一、", "(一)", "1.", "一是", "。", ";", "89件", "3.62亿元", "100%", "同比增长", "近20场次", "第一责任人", "附件:", "2023年", "\n", "\t",
    "<div>", "</div>", "<td>", "<b>", "<!--", "<script>", "&#20013;", "href='", "WARC/1.1\r\n", "Content-Length: 9\r\n", "\x1f\x8b\x08",
    "%PDF-1.4", "obj", "stream", "PK\x03\x04", "\0", "\ufeff", "\U0001f600", "〇○零", "９９", "百千万亿", "charset=gbk",
)  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """The corpus of a target; every target also knows the common ones."""
    files = sorted([*(CORPUS / "common").glob("*"), *(CORPUS / target).glob("*")])
    return [path.read_bytes() for path in files] or [b""]


def mutated(dice: random.Random, pool: Sequence[bytes]) -> bytes:
    """One of the pool with a few changes: signs turned, cut, doubled, put in from elsewhere."""
    data = bytearray(dice.choice(pool)[:LONGEST])
    for _ in range(dice.choice((1, 1, 2, 4, 8, 16))):
        at, size = dice.randrange(len(data) + 1), dice.choice((1, 2, 4, 16, 64, 256))
        match dice.randrange(6):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size] * dice.choice((1, 2, 50))
            case 3 | 4:
                data[at:at] = dice.choice(TOKENS).encode() * dice.choice((1, 1, 1, 40))
            case _:
                other = dice.choice(pool)
                start = dice.randrange(len(other) + 1)
                data[at : at + size] = other[start : start + size]
    return bytes(data[:LONGEST])


def by_mutation(target: str, seconds: float, seed: int, crash: Path) -> None:
    """Try the corpus, then changes to it, until time is up; the input under trial lies in `crash`."""
    from tests.fuzz.targets import TARGETS

    dice, pool, tried, until = random.Random(f"{target} {seed}"), seeds(target), 0, time.monotonic() + seconds
    while tried < len(pool) or time.monotonic() < until:
        data = pool[tried] if tried < len(pool) else mutated(dice, pool)
        crash.write_bytes(data)
        signal.alarm(SLOW)
        TARGETS[target](data)
        signal.alarm(0)
        tried += 1
    crash.unlink(missing_ok=True)
    print(f"Done {tried} runs")


def by_coverage(target: str, seconds: float, seed: int, crash: Path) -> None:
    """The same by atheris, which keeps inputs that reach new lines."""
    import atheris

    with atheris.instrument_imports(include=["transform", "knowledge.warc", "crawler.families", "crawler.outcomes"]):
        from tests.fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory() as found:
        for i, data in enumerate(seeds(target)):
            Path(found, str(i)).write_bytes(data)
        options = [
            f"-max_total_time={int(seconds)}",
            f"-seed={seed}",
            f"-timeout={SLOW}",
            f"-max_len={LONGEST}",
            "-rss_limit_mb=4096",
        ]
        atheris.Setup([sys.argv[0], found, *options, f"-exact_artifact_path={crash}"], TARGETS[target])
        atheris.Fuzz()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets, comma-separated")
    parser.add_argument("--crashes", type=Path, default=Path("build/fuzz"), help="where inputs that crash are kept")
    parser.add_argument("--engine", choices=("coverage", "mutation"), default=None)
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    engine = given.engine or ("coverage" if importlib.util.find_spec("atheris") else "mutation")
    crash: Path = given.crashes
    if given.inside:
        (by_coverage if engine == "coverage" else by_mutation)(given.inside, given.seconds, given.seed, crash)
        return 0
    crash.mkdir(parents=True, exist_ok=True)
    names = (
        given.only.split(",")
        if given.only
        else ["decoding", "extraction", "cutting", "measuring", "archives", "attachments", "crawled", "documents"]
    )
    total = crashes = 0
    for name in names:
        kept = crash / name
        kept.unlink(missing_ok=True)
        command = [
            sys.executable,
            "-m",
            "tests.fuzz",
            "--inside",
            name,
            "--seconds",
            str(given.seconds),
            "--seed",
            str(given.seed),
        ]
        done = subprocess.run(
            [*command, "--crashes", str(kept), "--engine", engine],
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "DEBUG": ""},
        )
        said = done.stdout + done.stderr
        counts = [int(n) for n in re.findall(r"(?:Done |^#)(\d+)", said, re.M)]
        tried = max(counts, default=0)
        bad = done.returncode != 0 or kept.exists()
        total, crashes = total + tried, crashes + bad
        why = next(
            (line for line in reversed(said.splitlines()) if re.match(r"\w*(Error|Exception)|.*(SUMMARY|ALARM)", line)),
            f"status {done.returncode}",
        )
        print(f"  {name}: {tried} inputs" + (f", CRASH: {why[:200]}, input in {kept}" if bad else ""), flush=True)
    print(
        f"fuzzing ({'coverage-guided, atheris' if engine == 'coverage' else 'mutation, no atheris here'}): inputs tried {total}, crashes {crashes}"
    )
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
