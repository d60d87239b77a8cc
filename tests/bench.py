"""`make bench`: every part beside the tools that a user would pick instead, each pair measured in the same run, taking turns.

One table: how many times as fast (or as good) as its peer this project is, or the share of the peer's time that a step
takes. Medians; processor time where one process works, the clock where several do. Nothing here is asserted anywhere.
Written to benchmarks/<date>.json, in place of an earlier run of the same day.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests import (
    bench_archive,
    bench_build,
    bench_crawl,
    bench_mining,
    bench_pages,
    bench_texts,
    bench_transform,
    bench_warehouse,
)
from tests.measuring import ROOT, Rows, before, figure, keep, machine

MINED = 4_000  # pages of the archive that is mined: writing it takes longer than mining it
INPUT = {
    "pages": "70 articles of sample portals, all families and faults (invented)",
    "load": "pages of a load, portals of all families (invented); about 64 kB and 2,400 characters of body each",
    "real": "pages of the folder REAL, where it is there",
    "texts": "texts of the folder TEXTS, where it is there, in place of the bodies of pages of the load",
    "crawl": f"{bench_crawl.PORTALS} generated portals on loopback (invented)",
    "queries": "a million invented indicator rows",
    "mining": f"a web archive of {MINED:,} invented pages, one in a hundred a report",
}


def parts(real: Path | None, texts: Path | None) -> dict[str, Callable[[], Rows]]:
    """What is measured, in the order of the table."""
    return {
        "crawl": bench_crawl.measure,
        "archive": bench_archive.measure,
        "pages": partial(bench_pages.measure, real=real),
        "transform": bench_transform.measure,
        "texts": partial(bench_texts.measure, texts),
        "build": bench_build.measure,
        "queries": bench_warehouse.measure,
        "mining": partial(bench_mining.measure, count=MINED),
    }


def show(rows: Rows, earlier: Rows) -> None:
    """Print the table; beside each ratio, that of the newest kept results of an earlier day."""
    was = {_key(row): _ratio(row) for row in earlier}
    wide = max((len(row["what"]) for row in rows), default=0)
    print(f"\n{'':13} {'':{wide}} {'this project':>13} {'peer':>10} {'':11} {'ratio':>8} {'before':>8}  peer")
    last = ""
    for row in rows:
        part, last = (row["part"] if row["part"] != last else ""), row["part"]
        ours, theirs = (figure(row[side]) if side in row else "" for side in ("ours", "theirs"))
        print(
            f"{part:13} {row['what']:{wide}} {ours:>13} {theirs:>10} {row.get('unit', ''):11} {_ratio(row):>8} "
            f"{was.get(_key(row), ''):>8}  {row.get('peer', '')}".rstrip()
        )


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("part", "what", "peer", "unit"))


def _ratio(row: dict[str, Any]) -> str:
    if "share" in row:
        return f"{row['share']:.1%}"
    return f"{row['ratio']:.2f} ×" if "ratio" in row else ""


def main() -> None:
    """Command line of `make bench`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, help="folder with html/ and groundtruth.json")
    parser.add_argument("--texts", type=Path, help="folder with texts of reports, *.txt")
    parser.add_argument("--only", default="", help="parts to measure, comma-separated; nothing is kept then")
    given = parser.parse_args()
    chosen = {
        name: part
        for name, part in parts(given.real, given.texts).items()
        if not given.only or name in given.only.split(",")
    }
    facts = machine()
    print(f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB;", end=" ")
    print(", ".join(f"{name} {number}" for name, number in facts["versions"].items()))
    print("\n".join(f"  {name}: {what}" for name, what in INPUT.items()), flush=True)
    rows: Rows = []
    for name, part in chosen.items():
        began = time.monotonic()
        rows += [{k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in row.items()} for row in part()]
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    show(rows, (before("2*.json") or {}).get("rows", []))
    if not given.only:
        kept = keep("", {"machine": facts, "input": INPUT, "rows": rows})
        print(f"\nKept in {kept.relative_to(ROOT)}; `python -m tests.performance` puts it into docs/PERFORMANCE.md.")


if __name__ == "__main__":
    main()
