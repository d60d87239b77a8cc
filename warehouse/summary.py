"""What a run left in the warehouse, on one screen."""

from __future__ import annotations

import argparse

import duckdb

from knowledge import console, storage
from warehouse.query import show

_REPORTS = """
SELECT
    r.issuer_name AS issuer, r.report_year AS year, r.issuer_level AS level, r.published_on AS published, r.char_count AS chars,
    (SELECT count(*) FROM sections s WHERE s.document_id = r.document_id) AS sections,
    (SELECT count(*) FROM quantities q WHERE q.document_id = r.document_id) AS numbers,
    (SELECT count(*) FROM indicators i WHERE i.document_id = r.document_id) AS indicators
FROM reports r
ORDER BY r.region_code, r.issuer_id, r.report_year
LIMIT 40
"""
_OTHERS = """
SELECT doc_type AS "not counted as reports", count(*) AS documents
FROM documents WHERE NOT is_canonical GROUP BY ALL ORDER BY 2 DESC, 1
"""


def main() -> None:
    """Command line: print the summary of a data folder's warehouse."""
    parser = argparse.ArgumentParser(description="Summary of the warehouse.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    path = parser.parse_args().data / "warehouse.duckdb"
    if not path.exists():
        raise console.Problem(f"no warehouse at {path}: run make warehouse first.")
    with duckdb.connect(str(path), read_only=True) as con:
        info = dict(con.execute("SELECT key, value FROM warehouse_info").fetchall())
        if info["data"] != "real":
            print("\nInvented sample data: places, bodies and figures are made up (region codes 99xxxx).")
        show(con, _REPORTS)
        if con.execute(_OTHERS).fetchall():
            show(con, _OTHERS)
        counts = "SELECT (SELECT count(*) FROM reports), (SELECT count(*) FROM indicators), (SELECT count(*) FROM quarantine)"
        ((reports, indicators, aside),) = con.execute(counts).fetchall()
    print(f"{path}: {reports} reports, {indicators} indicators, {aside} pages set aside (table quarantine).")


if __name__ == "__main__":
    console.guard(main)
