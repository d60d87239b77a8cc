"""`make bench-scale`: the whole job from nothing over 1,000, 10,000 … N pages of a load, and what is new costs then.

The archive is written by the crawler's own writer (tests/load_archive.py) from invented pages (samples/load.py): a load,
no evidence of accuracy. Peak memory is that of the largest process. Written to benchmarks/scale-<date>.json.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from knowledge.archive import digest
from knowledge.version import code_version
from tests import load_archive
from tests.load_archive import RUN_PAGES, Part, parts, write
from tests.measuring import ROOT, Cost, cost, keep, machine

SEED = 7
NEW = 100


def sizes(largest: int) -> list[int]:
    """1,000, 10,000 … below `largest`, and it."""
    return [n for n in (10**k for k in range(3, 9)) if n < largest] + [largest]


def archive_of(folder: Path, pages: int, jobs: int) -> Path:
    """Data folder with the archive of a load; made anew if the code that makes it has changed."""
    writer = digest(Path(load_archive.__file__).read_bytes())
    data, made = folder / str(pages), {"pages": pages, "seed": SEED, "code": code_version("samples"), "writer": writer}
    mark = data / "made.json"
    if not mark.exists() or json.loads(mark.read_text(encoding="utf-8")) != made:
        shutil.rmtree(data, ignore_errors=True)
        write(data / "raw", SEED, parts(pages), jobs)
        mark.write_text(json.dumps(made), encoding="utf-8")
    return data


def rebuild(data: Path, pages: int, jobs: int) -> dict[str, Any]:
    """Transform and warehouse from nothing: what each cost, and what is in the tables."""
    shutil.rmtree(data / "transform", ignore_errors=True)
    for old in (*data.glob("warehouse.duckdb*"), *data.glob(".warehouse*")):
        old.unlink()
    transform, warehouse = _transform(data, jobs), cost("warehouse.build", "--data", data)
    files = list((data / "raw").glob("*/*.warc.gz"))
    told = re.search(r"(\d+) documents, (\d+) sections, (\d+) quantities, (\d+) indicators, (\d+) set", transform.said)
    assert told, transform.said
    names = ("documents", "sections", "quantities", "indicators", "set_aside")
    rows = dict(zip(names, map(int, told.groups()), strict=True))
    seconds = transform.seconds + warehouse.seconds
    return {
        "pages": pages,
        "archive_files": len(files),
        "archive_mb": sum(f.stat().st_size for f in files) // 10**6,
        "rows": rows,
        "transform": _told(transform),
        "warehouse": _told(warehouse),
        "seconds": round(seconds, 1),
        "ms_per_document": round(1000 * seconds / rows["documents"], 2),
        "processor_ms_per_document": round(1000 * (transform.processor + warehouse.processor) / rows["documents"], 2),
        "warehouse_mb": (data / "warehouse.duckdb").stat().st_size // 10**6,
    }


def news(data: Path, pages: int, jobs: int) -> dict[str, Any]:
    """What it costs that nothing is new, and that a run with NEW pages is."""
    idle = _transform(data, jobs)
    idle_warehouse = cost("warehouse.build", "--data", data)
    known = {p.name for p in (data / "raw").iterdir()}
    write(data / "raw", SEED, [Part(-(-pages // RUN_PAGES), pages, pages + NEW)], 1)
    try:
        some = _transform(data, jobs)
        warehouse = cost("warehouse.build", "--data", data)
    finally:  # the archive is that of `pages` pages again
        for run in (data / "raw").iterdir():
            if run.name not in known:
                shutil.rmtree(run)
    read = re.search(r"(\d+) of (\d+) archive files read.*?(\d+) documents", some.said)
    assert read and "nothing to do" in idle.said, some.said
    return {
        "nothing_new": {"transform": _told(idle), "warehouse": _told(idle_warehouse)},
        "new_pages": {
            "pages": NEW, "archive_files_read": int(read[1]), "archive_files": int(read[2]), "documents": int(read[3]),
            "transform": _told(some), "warehouse": _told(warehouse),
        },
    }  # fmt: skip


def _transform(data: Path, jobs: int) -> Cost:
    return cost("transform.run", "--data", data, "--jobs", jobs)


def _told(what: Cost) -> dict[str, Any]:
    return {k: round(v, 2) for k, v in asdict(what).items() if k != "said"}


def show(found: dict[str, Any]) -> None:
    """Print the curve."""
    print(f"\n{'':>9} {'archive':>14} {'transform':>18} {'warehouse':>18} {'together':>12} {'peak memory (MB)':>22}")
    print(f"{'pages':>9} {'files':>6} {'MB':>7} {'s':>9} {'ms/page':>8} {'s':>9} {'ms/page':>8} {'ms/page':>12} {'transform':>11} {'warehouse':>10}")  # fmt: skip
    for row in found["curve"]:
        n, t, w = row["pages"], row["transform"], row["warehouse"]
        print(
            f"{n:>9,} {row['archive_files']:>6} {row['archive_mb']:>7,} {t['seconds']:>9.1f} {1000 * t['seconds'] / n:>8.2f} "
            f"{w['seconds']:>9.1f} {1000 * w['seconds'] / n:>8.2f} {row['ms_per_document']:>12.2f} {t['peak_mb']:>11,} {w['peak_mb']:>10,}"
        )
    if "ratio" in found:
        least, most = (f"{row['pages']:,}" for row in found["curve"][-2:])
        print(
            f"\nA document of {most} takes {found['ratio']:.2f} times as long as one of {least} "
            f"({found['processor_ratio']:.2f} times of the processors' time)."
        )
    nothing, new = found["nothing_new"], found["new_pages"]
    print(
        f"Nothing new: transform {nothing['transform']['seconds']:.1f} s, warehouse {nothing['warehouse']['seconds']:.1f} s. "
        f"{new['pages']} new pages: {new['archive_files_read']} of {new['archive_files']} archive files read, "
        f"transform {new['transform']['seconds']:.1f} s, warehouse {new['warehouse']['seconds']:.1f} s."
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100_000, help="the largest load")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "scale", help="where the loads lie")
    parser.add_argument("--no-keep", action="store_true", help="do not write to benchmarks/")
    given = parser.parse_args()
    curve = []
    for pages in sizes(given.pages):
        print(f"{pages:,} pages ...", flush=True)
        data = archive_of(given.folder, pages, given.jobs)
        curve.append(rebuild(data, pages, given.jobs))
    found: dict[str, Any] = {"machine": machine(), "jobs": given.jobs, "curve": curve}
    if len(curve) > 1:
        less, more = curve[-2:]
        found["ratio"] = round(more["ms_per_document"] / less["ms_per_document"], 3)
        found["processor_ratio"] = round(more["processor_ms_per_document"] / less["processor_ms_per_document"], 3)
    found |= news(data, given.pages, given.jobs)
    show(found)
    if not given.no_keep:
        kept = keep("scale-", found).relative_to(ROOT)
        print(f"Kept in {kept}; `python -m tests.performance` puts it into docs/PERFORMANCE.md.")


if __name__ == "__main__":
    main()
