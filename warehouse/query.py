"""Read-only SQL on the warehouse, printed as a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from knowledge import console, storage
from warehouse import extra

SAMPLE = Path("data/sample")
MAX_ROWS = 1000  # a person reads no more; files are for more


def find(data: Path) -> Path:
    """The warehouse file of a data folder, or the sample's (saying so) where there is none."""
    path = data / "warehouse.duckdb"
    if path.exists():
        return path
    sample = SAMPLE / "warehouse.duckdb"
    if not sample.exists():
        raise console.Problem(f"no warehouse at {path}: run make run (sample) or make transform warehouse first.")
    print(
        f"No warehouse at {path}: answering from the sample, {sample} (invented places and figures).", file=sys.stderr
    )
    return sample


def run(con: duckdb.DuckDBPyConnection, sql: str, most: int) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """(name, type) of the columns and at most so many rows of an answer; raises Problem for an error in `sql`."""
    try:
        cursor = con.execute(sql)
        rows = cursor.fetchmany(most)
        return [(name, str(kind)) for name, kind, *_ in cursor.description or []], rows
    except duckdb.Error as e:
        raise console.Problem(f"SQL: {str(e).strip().splitlines()[0]}") from e


def show(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Run `sql` and print its rows; returns how many were printed."""
    columns, rows = run(con, sql, MAX_ROWS + 1)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    numeric = {"BIGINT", "INTEGER", "DOUBLE", "HUGEINT", "UBIGINT", "FLOAT"}
    for name, kind in columns:
        right = kind in numeric or kind.startswith("DECIMAL")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows[:MAX_ROWS]:
        table.add_row(
            *("" if v is None else f"{v:g}" if isinstance(v, float) and abs(v) < 1e6 else _shown(str(v)) for v in row)
        )
    out = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 4000)
    out.print(table)
    if len(rows) > MAX_ROWS:
        out.print(f"first {MAX_ROWS} rows; add LIMIT or aggregate for another part")
    return min(len(rows), MAX_ROWS)


def _shown(text: str) -> str:
    """A cell's text without what would steer the terminal; its lines stay lines."""
    return "\n".join(map(console.inert, text.split("\n")))


def main() -> None:
    """Command line of `make query`."""
    parser = argparse.ArgumentParser(description="Run SQL read-only on the warehouse.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    parser.add_argument("--sql", required=True, help="the statement")
    args = parser.parse_args()
    if not args.sql.strip():
        raise console.Problem('say what to ask: make query SQL="select count(*) from reports"')
    path = find(args.data)
    with duckdb.connect(str(path), read_only=True) as con:
        extra.expose(con, path.parent / "extra")
        show(con, args.sql)


if __name__ == "__main__":
    console.guard(main)
