"""How fast the site is written and how large it gets: the sample's rows, many times over, at as many invented regions.

    python -m tests.bench_website --times 1400      # 1,400 × 25 = 35,000 reports

Prints pages, seconds, pages a second, peak memory of the process that writes, the largest page of a place and of a report.
A place's page is to stay under 300 KB: it fails if one does not.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from tests.sample_data import sample

PLACE_KB = 300


def multiply(sample: Path, target: Path, times: int) -> None:
    """A warehouse with the sample's rows so many times: keys and regions are new in each copy.

    Four regions of the sample become four of each copy: 34 invented provinces share the copies, a prefecture each.
    """
    shutil.copy(sample, target)
    with duckdb.connect(str(target)) as con:
        con.execute("SET preserve_insertion_order = true; SET memory_limit = '2GB'")
        con.execute(
            "CREATE MACRO moved(code, n) AS lpad((11 + n % 34)::VARCHAR, 2, '0') || lpad(((n // 34) % 90 + 1)::VARCHAR, 2, '0') || CASE WHEN code LIKE '____00' THEN '00' ELSE right(code, 2) END"
        )
        tables = [
            t
            for (t,) in con.execute(
                "SELECT table_name FROM duckdb_tables() WHERE table_name NOT IN ('regions', 'indicator_catalogue', 'warehouse_info')"
            ).fetchall()
        ]
        for table in tables:
            columns = con.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
                [table],
            ).fetchall()
            picks = []
            for name, kind in columns:
                key = f'"{name}"'
                if name == "region_code":
                    key = "moved(region_code, n)"
                elif kind == "VARCHAR" and name.endswith("_id") and name not in ("run_id",):
                    # the copy's number goes first, so that a copy's rows lie together as those of a region do
                    key = f"""lpad(n::VARCHAR, 5, '0') || "{name}\""""
                picks.append(f'{key} AS "{name}"')
            order = "ORDER BY n" if table in ("documents", "sections", "quantities") else ""
            con.execute(f"CREATE TEMP TABLE one AS FROM {table}; DELETE FROM {table}")
            con.execute(f"INSERT INTO {table} SELECT {', '.join(picks)} FROM one, range({times}) t(n) {order}")
            con.execute("DROP TABLE one")


def main() -> None:
    """Command line: print one line of figures, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="data folder of the sample; without: made for this run")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fazhi-site-") as folder:
        warehouse, out = Path(folder) / "warehouse.duckdb", Path(folder) / "site"
        multiply((args.data or sample()) / "warehouse.duckdb", warehouse, args.times)
        with duckdb.connect(str(warehouse), read_only=True) as con:
            counts = "SELECT (SELECT count(*) FROM reports), (SELECT count(DISTINCT region_code) FROM coverage)"
            ((reports, places),) = con.execute(counts).fetchall()
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "website.run", "--data", folder, "--out", out], check=True)
        seconds = time.monotonic() - started
        sizes = {p.relative_to(out).as_posix(): p.stat().st_size for p in out.rglob("*") if p.is_file()}
        pages = sum(name.endswith(".html") for name in sizes)
        figures = {
            "reports": reports,
            "places": places,
            "pages": pages,
            "seconds": round(seconds, 1),
            "pages_per_second": round(pages / seconds, 1),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
            "site_mb": sum(sizes.values()) // 1_000_000,
            "largest_place_kb": max(size for name, size in sizes.items() if name.startswith("place/")) // 1000,
            "largest_report_kb": max(size for name, size in sizes.items() if name.startswith("report/")) // 1000,
        }
    print(json.dumps(figures) if args.json else ", ".join(f"{k} {v}" for k, v in figures.items()))
    if figures["largest_place_kb"] >= PLACE_KB:
        sys.exit(f"a place's page has {figures['largest_place_kb']} KB; it is to stay under {PLACE_KB}")


if __name__ == "__main__":
    main()
