"""`make check`: does what the tables promise hold? A line per test, with a count and an example where it does not.

Three kinds of tests: those that tables.toml and vocabulary.toml imply for single columns (types, keys, NULLs,
references, coded words), the rules of check.sql, and counts per partition: of the built-in sample against those kept
under expected/, and of the published files against the warehouse they were made from.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from knowledge import console, storage
from knowledge.indicators import plausible_times
from knowledge.schema import Table, tables, words
from knowledge.titles import REPORT_TYPES
from warehouse import publish
from warehouse.publish import LINK, PARTITIONED, UNKNOWN

RULES = Path(__file__).with_name("check.sql")
EXPECTED = Path(__file__).parent / "expected"
COUNTS, PORTALS = EXPECTED / "sample_counts.csv", EXPECTED / "sample_portals.csv"

_SAMPLE = "sample counts"

Partition = tuple[str, str, str]  # table, report_year, province (first two digits of the region); "" where unknown


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one test: how often it is broken, and the first case."""

    name: str
    broken: int
    example: str = ""

    def line(self) -> str:
        """As it is printed."""
        return f"FAIL  {self.name}: {self.broken}, e.g. {self.example}" if self.broken else f"ok    {self.name}"


def run(con: duckdb.DuckDBPyConnection, data: Path, only: str = "") -> Iterator[Result]:
    """All tests of an open warehouse, or those whose names begin with `only`; `data` is the folder it lies in.

    A test that cannot run has failed.
    """
    for name, sql in (*_of_columns(), *rules(), *_of_catalogue(con), *_of_views(con)):
        if name.startswith(only):
            yield _query(con, name, sql)
    if _SAMPLE.startswith(only):
        yield _sample(con)
    if (data / LINK).exists():
        yield from (r for r in _published(con, data / LINK) if r.name.startswith(only))


def _query(con: duckdb.DuckDBPyConnection, name: str, sql: str) -> Result:
    try:
        ((broken,),) = con.execute(f"SELECT count(*) FROM ({sql})").fetchall()
        if not broken:
            return Result(name, 0)
        row = con.execute(f"SELECT * FROM ({sql}) ORDER BY ALL LIMIT 1")
        columns = [d[0] for d in row.description or []]
        (values,) = row.fetchall()
    except duckdb.Error as e:
        return Result(name, 1, str(e).strip().splitlines()[0])
    shown = [f"{c}={_short(v)}" for c, v in zip(columns, values, strict=True) if v is not None]
    return Result(name, broken, ", ".join(shown))


def _short(value: object) -> str:
    text = console.inert(str(value))
    return text if len(text) <= 80 else text[:79] + "…"


# ---------------------------------------------------------------- tests that the table descriptions imply


def _of_columns() -> Iterator[tuple[str, str]]:
    for table in tables().values():
        yield f"columns of {table.name}", _columns_sql(table)
        key = ", ".join(f'"{c}"' for c in table.key)
        yield (
            f"key of {table.name}",
            f"SELECT {key}, count(*) AS rows FROM {table.name} GROUP BY ALL HAVING count(*) > 1",
        )
        if table.required:
            nulls = " UNION ALL ".join(
                f"SELECT '{c}' AS column_without_value, {key} FROM {table.name} WHERE \"{c}\" IS NULL"
                for c in table.required
            )
            yield f"values required in {table.name}", nulls
        for column, target in table.references.items():
            other, other_column = target.split(".")
            yield (
                f"reference {table.name}.{column} → {target}",
                f'SELECT {key}, "{column}" FROM {table.name} t WHERE "{column}" IS NOT NULL '
                f'AND NOT EXISTS (FROM {other} o WHERE o."{other_column}" = t."{column}")',
            )
        for c in table.columns:
            if known := words(table.name, c.name):
                listed = ", ".join(f"'{w}'" for w in known)
                unknown = f'SELECT DISTINCT "{c.name}" FROM {table.name} WHERE "{c.name}" NOT IN ({listed})'
                yield f"words of {table.name}.{c.name}", unknown


def _columns_sql(table: Table) -> str:
    """Columns that the file has not as described: absent, or of another type."""
    types = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
    due = ", ".join(f"('{c.name}', '{types.get(c.type, c.type)}')" for c in table.columns)
    return f"""
    SELECT due.name AS column_name, due.type AS should_be, is_.data_type AS is_
    FROM (VALUES {due}) due(name, type)
    LEFT JOIN duckdb_columns() is_ ON is_.table_name = '{table.name}' AND is_.column_name = due.name
    WHERE is_.data_type IS DISTINCT FROM due.type
    """


# ---------------------------------------------------------------- tests that are written out


def rules() -> list[tuple[str, str]]:
    """(name: what must hold, query for the rows that break it) of check.sql."""
    text = RULES.read_text(encoding="utf-8").replace("{reports}", ", ".join(f"'{t}'" for t in sorted(REPORT_TYPES)))
    parts = re.split(r"^-- ([a-z_]+: .+)$", text, flags=re.M)
    return [(name, sql.strip().removesuffix(";")) for name, sql in zip(parts[1::2], parts[2::2], strict=True)]


def _of_catalogue(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """The catalogue's plausible ranges, if it has any."""
    sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'indicator_catalogue'"
    if {"plausible_min", "plausible_max"} <= {r[0] for r in con.execute(sql).fetchall()}:
        yield (
            "ranges: a value outside its code's plausible range carries the flag out_of_range",
            f"""SELECT indicator_id, i.value, plausible_min, plausible_max
            FROM indicators i JOIN indicator_catalogue c USING (indicator_code) JOIN documents d USING (document_id)
            WHERE NOT list_contains(i.flags, 'out_of_range') AND NOT list_contains(i.flags, 'corrected:value')
                AND (i.value < plausible_min OR i.value > plausible_max * CASE WHEN c.kind = 'ratio' THEN 1 ELSE {_times()} END)""",
        )


def _times() -> str:
    """How much larger a figure may be at the issuer's level, as SQL."""
    cases = " ".join(f"WHEN '{level}' THEN {times}" for level, times in plausible_times().items())
    return f"CASE d.issuer_level {cases} ELSE {max(plausible_times().values())} END"


def _of_views(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Every view can be read."""
    for (name,) in con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1").fetchall():
        yield f"view {name} can be read", f'SELECT 1 FROM "{name}" WHERE false'


# ---------------------------------------------------------------- counts per partition


def counts(con: duckdb.DuckDBPyConnection) -> dict[Partition, int]:
    """Rows of each partition of each partitioned table."""
    out: dict[Partition, int] = {}
    for table in PARTITIONED:
        sql = f"""
        SELECT coalesce(d.report_year::VARCHAR, ''), coalesce(regexp_extract(d.region_code, '^[0-9][0-9]'), ''), count(*)
        FROM {table} t JOIN documents d USING (document_id) GROUP BY ALL ORDER BY ALL
        """
        try:
            out |= {(table, year, province): n for year, province, n in con.execute(sql).fetchall()}
        except duckdb.Error:  # a table without its columns: said by the test of its columns
            continue
    return out


def _sample(con: duckdb.DuckDBPyConnection) -> Result:
    if why_not := not_the_sample(con):
        return Result(f"{_SAMPLE} (not compared: {why_not})", 0)
    return _compare(_SAMPLE, read_counts(), counts(con))


def _compare(name: str, due: dict[Partition, int], found: dict[Partition, int]) -> Result:
    wrong = []
    for partition in sorted(due.keys() | found.keys()):
        expected, got = due.get(partition), found.get(partition)
        if expected != got:
            table, year, province = partition
            cut = f" report_year={year or UNKNOWN} province={province or UNKNOWN}" if table in PARTITIONED else ""
            got_rows = "missing" if got is None else f"{got} rows"
            wrong.append(f"{table}{cut}: {got_rows}, expected {'none' if expected is None else expected}")
    return Result(name, len(wrong), wrong[0] if wrong else "")


def not_the_sample(con: duckdb.DuckDBPyConnection) -> str | None:
    """Why a warehouse's counts are not those of `make run`; None if they must be."""
    try:
        kind = con.execute("SELECT value FROM warehouse_info WHERE key = 'data'").fetchall()
        ids = {r[0] for r in con.execute("SELECT portal_id FROM portals").fetchall()}
        runs = con.execute("SELECT run_id FROM crawl_runs WHERE new_documents > 0").fetchall()
        by_hand = con.execute("SELECT 1 FROM corrections LIMIT 1").fetchall()
    except duckdb.Error:
        return None  # the tests of columns say what is wrong; the counts had better be right
    with PORTALS.open(encoding="utf-8", newline="") as f:
        known = {row["portal_id"] for row in csv.DictReader(f)}
    if kind != [("sample",)] or not ids <= known:
        return "not the built-in sample"
    if len(runs) > 1:
        return "the sample was crawled again after it had changed"
    return "it has corrections" if by_hand else None


def read_counts() -> dict[Partition, int]:
    """The expected counts of the built-in sample."""
    with COUNTS.open(encoding="utf-8", newline="") as f:
        return {(r["table"], r["report_year"], r["province"]): int(r["rows"]) for r in csv.DictReader(f)}


def write_counts(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the counts of this warehouse as the expected ones; raises Problem if it is not the built-in sample's."""
    runs = con.execute("SELECT count(*) FROM crawl_runs WHERE new_documents > 0").fetchall()
    kind = con.execute("SELECT value FROM warehouse_info WHERE key = 'data'").fetchall()
    if kind != [("sample",)] or runs != [(1,)] or con.execute("SELECT 1 FROM corrections LIMIT 1").fetchall():
        raise console.Problem("expected counts come from the sample alone: rm -r data/sample, then make run.")
    portals = con.execute("SELECT portal_id FROM portals ORDER BY 1").fetchall()
    EXPECTED.mkdir(exist_ok=True)
    for path, head, rows in (
        (COUNTS, ("table", "report_year", "province", "rows"), [(*k, n) for k, n in sorted(counts(con).items())]),
        (PORTALS, ("portal_id",), portals),
    ):
        with path.open("w", encoding="utf-8", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows([head, *rows])


def _published(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Result]:
    """The files under tables/ have the rows of the warehouse, partition by partition."""
    found: dict[Partition, int] = {}
    unreadable = []
    for path in sorted(folder.glob("*/report_year=*/province=*/*.parquet")):
        year, province = (p.partition("=")[2].replace(UNKNOWN, "") for p in path.parts[-3:-1])
        partition = (path.parts[-4], year, province)
        try:
            found[partition] = found.get(partition, 0) + pq.read_metadata(path).num_rows
        except (pa.ArrowException, OSError) as e:
            unreadable.append(f"{path}: {str(e).splitlines()[0]}")
    due, whole = counts(con), dict(found)
    for table in tables():
        path = folder / f"{table}.parquet"
        if table in PARTITIONED or table == "warehouse_info":  # that one says of the file itself when it was built
            continue
        try:
            ((due[table, "", ""],),) = con.execute(f"SELECT count(*) FROM {table}").fetchall()
            whole[table, "", ""] = pq.read_metadata(path).num_rows
        except FileNotFoundError:
            continue  # missing: the comparison says so
        except (duckdb.Error, pa.ArrowException, OSError) as e:
            unreadable.append(f"{path}: {str(e).splitlines()[0]}")
    yield Result("published files can be read", len(unreadable), unreadable[0] if unreadable else "")
    yield _compare("published files have the rows of the warehouse", due, whole)


def main() -> int:
    """Command line of `make check`; status 1 if a test failed."""
    parser = argparse.ArgumentParser(description="Data-quality tests on the warehouse.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    parser.add_argument("--only", default="", help="run the tests whose names begin so")
    parser.add_argument("--write-counts", action="store_true", help="keep the sample's counts as the expected ones")
    args = parser.parse_args()
    path = args.data / "warehouse.duckdb"
    if not path.exists():
        raise console.Problem(f"no warehouse at {path}: run make run (sample) or make transform warehouse first.")
    publish.bring(args.data)
    with duckdb.connect(str(path), read_only=True) as con:
        if args.write_counts:
            write_counts(con)
            print(f"check: counts written to {COUNTS}.")
            return 0
        results = []
        for result in run(con, args.data, args.only):
            print(result.line(), flush=True)
            results.append(result)
    failed = sum(bool(r.broken) for r in results)
    print(f"check: {path}: {len(results)} tests, " + (f"{failed} FAILED." if failed else "all passed."))
    return 1 if failed else 0


if __name__ == "__main__":
    console.guard(main)
