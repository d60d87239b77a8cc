"""The warehouse beside bare Parquet files: one year's panel and one indicator's series, as ratios in one run.

A million invented indicator rows of 35,000 reports go through the build's own SQL. The peer is what a researcher would
have without a warehouse: the same rows written by pyarrow, sorted for the question at hand, read with pyarrow and its
filters. Both sides use one thread and end in an Arrow table; medians of repeated runs that take turns. `--text` also
gives every report a text and times a search through all of them, and the published Parquet.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from knowledge.indicators import catalogue
from knowledge.regions import rows as region_rows
from tests.measuring import Rows, medians
from warehouse import layout, panel, publish

YEAR = 2023
CODE = "reconsideration_cases_accepted"
PEER_GROUP = 16_384  # rows; of the sizes tried (4,096 to 1,048,576) the one with which the peer is fastest

# Invented reports: one of each region's government for each of eleven years; {text} is SQL for the text.
_DOCUMENTS = """
INSERT INTO documents BY NAME
SELECT
    left(md5(r.region_code || y), 20) AS document_id, 'https://example.org/' || r.region_code || '/' || y AS url,
    'annual_report' AS doc_type, y::INTEGER AS report_year, r.region_code || ':government' AS issuer_id,
    r.name || '人民政府' AS issuer_name, 'government' AS issuer_kind, r.level AS issuer_level, r.region_code, r.name AS region_name,
    make_date(y::INTEGER + 1, 2, 1 + (hash(r.region_code) % 28)::INTEGER) AS published_on, {text} AS text, 4000 AS char_count,
    false AS needs_ocr, true AS is_canonical, []::VARCHAR[] AS flags, '2026-01-01T00:00:00Z'::TIMESTAMPTZ AS fetched_at
FROM places r, range(2015, 2026) t(y)
ORDER BY hash(r.region_code, y)
"""
# Statements: frequent codes in most reports, rare ones in few; one in eight is no value for the panel.
_INDICATORS = """
INSERT INTO indicators BY NAME
SELECT
    document_id || '.i' || place || '.' || code AS indicator_id, document_id, code AS indicator_code,
    (hash(document_id, code, 1) % 1000)::DOUBLE AS value, '件' AS unit, 'exact' AS modifier,
    if(chance % 8 = 1, 'change', 'level') AS measure, 'year' AS period, report_year AS year, 'own' AS scope,
    false AS is_part, false AS is_derived, '全年受理行政复议案件' || hash(document_id, code, 1) % 1000 || '件' AS quote,
    place AS char_start, place + 14 AS char_end
FROM (
    SELECT document_id, report_year, code, rank * 20 AS place, hash(document_id, code, 2) AS chance, rank
    FROM documents, codes
)
WHERE chance % 1000 < 1000 * {share}::DOUBLE * exp(-rank / 60.0)
ORDER BY hash(document_id), place
"""


def make(con: duckdb.DuckDBPyConnection, rows: int, *, text: bool = False) -> None:
    """Fill the tables that the build fills before panel.fill, with about `rows` rows of indicators."""
    layout.create_tables(con)
    places = [(r.code, r.name, r.level) for r in region_rows() if r.valid_to is None]
    con.register(
        "places", pa.table({k: [p[i] for p in places] for i, k in enumerate(("region_code", "name", "level"))})
    )
    con.register("codes", pa.table({"code": list(catalogue()), "rank": range(len(catalogue()))}))
    # some 4,000 characters of sentences that differ from report to report, a rare word in one of a hundred
    sentence = (
        "'(' || i || ')' || r.name || '推进法治政府建设,全年办理事项' || hash(r.region_code, y, i) % 10000 || '件,' || "
        "if(hash(r.region_code, y, i) % 8000 = 0, '探索包容审慎监管', '持续规范行政执法') || ',健全工作机制,提升服务水平。\\n'"
    )
    told = f"(SELECT string_agg({sentence}, '' ORDER BY i) FROM range(70) s(i))"
    con.execute(_DOCUMENTS.replace("{text}", told if text else "''"))
    ((documents,),) = con.execute("SELECT count(*) FROM documents").fetchall()
    expected = con.execute("SELECT sum(exp(-rank / 60.0)) FROM codes").fetchall()[0][0] * documents
    con.execute(_INDICATORS.replace("{share}", str(min(1.0, rows / expected))))
    con.unregister("places")
    con.unregister("codes")
    layout.create_views(con)


def compare(folder: Path, rows: int, runs: int) -> dict[str, Any]:
    """Seconds and ratios of each question, the warehouse beside bare Parquet."""
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as con:
        make(con, rows)
        began = time.perf_counter()
        panel.fill(con)
        filled = time.perf_counter() - began
        con.execute("CHECKPOINT")
        ((count,),) = con.execute("SELECT count(*) FROM indicators").fetchall()
        by_year, by_code = folder / "panel.parquet", folder / "values.parquet"
        wide = con.sql("SELECT * FROM indicator_panel ORDER BY report_year, issuer_id").to_arrow_table()
        pq.write_table(wide, by_year, compression="zstd", row_group_size=PEER_GROUP)
        long = con.sql(
            "SELECT * FROM indicator_values ORDER BY indicator_code, report_year, issuer_id"
        ).to_arrow_table()
        pq.write_table(long, by_code, compression="zstd", row_group_size=PEER_GROUP)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    columns = ["issuer_id", "report_year", "value"]
    with duckdb.connect(str(file), read_only=True, config={"threads": 1}) as con:

        def ask(sql: str) -> Callable[[], pa.Table]:
            return lambda: con.sql(sql).to_arrow_table()

        def read(path: Path, what: list[Any], names: list[str] | None = None) -> Callable[[], pa.Table]:
            return lambda: pq.read_table(path, columns=names, filters=what, use_threads=False)

        pairs = {
            "one year's panel": (
                ask(f"SELECT * FROM indicator_panel WHERE report_year = {YEAR}"),
                read(by_year, [("report_year", "=", YEAR)]),
            ),
            "one indicator's series": (
                ask(
                    f"SELECT issuer_id, report_year, value FROM indicator_values WHERE indicator_code = '{CODE}' AND chosen"
                ),
                read(by_code, [("indicator_code", "=", CODE), ("chosen", "=", True)], columns),
            ),
            "the same from the panel": (
                ask(f"SELECT issuer_id, report_year, {CODE} FROM indicator_panel WHERE {CODE} IS NOT NULL"),
                read(by_code, [("indicator_code", "=", CODE), ("chosen", "=", True)], columns),
            ),
        }
        out = []
        for name, (ours, theirs) in pairs.items():
            if ours().num_rows != theirs().num_rows:
                raise AssertionError(f"{name}: the two sides do not give the same rows")
            mine, bare = medians(runs, ours, theirs, clock=time.perf_counter)
            out.append({"question": name, "warehouse": mine, "parquet": bare, "ratio": mine / bare})
    return {"indicators": count, "fill_seconds": filled, "questions": out}


def with_text(folder: Path, rows: int) -> dict[str, Any]:
    """Seconds of a search through all texts, and of publishing."""
    with duckdb.connect(str(folder / "texts.duckdb")) as con:
        make(con, rows, text=True)
        panel.fill(con)
        con.execute("CHECKPOINT")
        ((characters,),) = con.execute("SELECT sum(length(text)) FROM documents").fetchall()
    with duckdb.connect(str(folder / "texts.duckdb"), config={"threads": 1}) as con:
        search = "SELECT document_id FROM documents WHERE contains(text, '包容审慎')"
        pattern = "SELECT document_id FROM documents WHERE regexp_matches(text, '包容.{0,4}审慎')"
        jobs = [lambda sql=sql: con.sql(sql).to_arrow_table() for sql in (search, pattern)]
        found, by_pattern = medians(3, *jobs, clock=time.perf_counter)
    with duckdb.connect(str(folder / "texts.duckdb")) as con:
        began = time.perf_counter()
        published = publish.write(con, folder, {"made from": "bench"})
        took = time.perf_counter() - began
    return {
        "characters": characters,
        "search_seconds": found,
        "pattern_seconds": by_pattern,
        "publish_seconds": took,
        "published_mb": sum(f.stat().st_size for f in published.rglob("*.parquet")) / 1e6,
    }


def measure(rounds: int = 15) -> Rows:
    """Rows of the table of `make bench`."""
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), 1_000_000, rounds)
    facts = {"part": "queries", "peer": "bare Parquet, pyarrow", "unit": "ms"}
    return [
        {**facts, "what": f"{q['question']}, {found['indicators']:,} values", "ours": 1000 * q["warehouse"],
         "theirs": 1000 * q["parquet"], "ratio": 1 / q["ratio"]}
        for q in found["questions"]
    ]  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of indicators, about")
    parser.add_argument("--runs", type=int, default=15, help="timed runs (median)")
    parser.add_argument("--text", action="store_true", help="also search texts and publish")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), given.rows, given.runs)
        if given.text:
            found["texts"] = with_text(Path(folder), given.rows)
    if given.json:
        print(json.dumps(found, indent=1))
        return
    print(
        f"{found['indicators']:,} indicator rows (invented), one thread; panel and values filled in {found['fill_seconds']:.1f} s"
    )
    print(f"{'':26s} {'warehouse':>10s} {'Parquet':>10s} {'ratio':>6s}")
    for q in found["questions"]:
        print(f"{q['question']:26s} {q['warehouse'] * 1000:7.1f} ms {q['parquet'] * 1000:7.1f} ms {q['ratio']:6.2f}")
    for name, value in found.get("texts", {}).items():
        print(f"{name}: {value:,.1f}")


if __name__ == "__main__":
    main()
