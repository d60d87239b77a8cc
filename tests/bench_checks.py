"""How long the checks of numbers take: the reports of a warehouse, copied so often that a whole country might have written
them, each copy with issuers and regions of its own.

    python -m tests.bench_checks --data data/sample --copies 1000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from knowledge.schema import tables
from warehouse import crosschecks

_COPIES = {
    "documents": """
        SELECT t.* REPLACE (
            n || '.' || t.document_id AS document_id, n || '.' || t.url AS url, n || '.' || t.issuer_id AS issuer_id,
            n || '.' || t.duplicate_group AS duplicate_group,
            chr(65 + (n // 26 % 26)::INTEGER) || chr(65 + (n % 26)::INTEGER) || (n // 676) || t.region_code[3:] AS region_code
        ) FROM source.reports t, range({copies}) c(n)""",
    "quantities": """
        SELECT t.* REPLACE (n || '.' || t.document_id AS document_id, n || '.' || t.quantity_id AS quantity_id)
        FROM source.quantities t SEMI JOIN source.reports USING (document_id), range({copies}) c(n)""",
    "indicators": """
        SELECT t.* REPLACE (n || '.' || t.document_id AS document_id, n || '.' || t.quantity_id AS quantity_id, n || '.' || t.indicator_id AS indicator_id)
        FROM source.indicators t SEMI JOIN source.reports USING (document_id), range({copies}) c(n)""",
    "indicator_catalogue": "FROM source.indicator_catalogue",
    "regions": "FROM source.regions",
    "checks": "FROM source.checks LIMIT 0",
}


def main() -> None:
    """Copy, check, print rows and seconds."""
    parser = argparse.ArgumentParser(description="Time the checks on copies of a warehouse's reports.")
    parser.add_argument("--data", type=Path, required=True, help="data folder with a warehouse")
    parser.add_argument("--copies", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/copies.duckdb") as con:
        if args.threads:
            con.execute(f"SET threads = {args.threads}")
        con.execute(f"ATTACH '{args.data / 'warehouse.duckdb'}' AS source (READ_ONLY)")
        for name, sql in _COPIES.items():
            con.execute(tables()[name].ddl())
            con.execute(f"INSERT INTO {name} BY NAME {sql.format(copies=args.copies)}")
        con.execute("DETACH source")
        con.execute("CHECKPOINT")
        sql = "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM indicators), (SELECT count(*) FROM quantities)"
        ((documents, indicators, quantities),) = con.execute(sql).fetchall()
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        findings = crosschecks.fill(con)
        seconds = time.monotonic() - started
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(
        f"{documents} reports, {indicators} indicators, {quantities} quantities: {findings} findings in {seconds:.1f} s, {more} MB more than loading"
    )


if __name__ == "__main__":
    main()
