"""Tables of one's own beside the warehouse: $(DATA)/extra/<name>.csv is a view <name> in every question.

For what no report says: populations, lists of offices. UTF-8 with a header row; columns that end in _code are text.
The files stay files: nothing of them goes into the warehouse.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from knowledge.console import Problem

_NAME = re.compile(r"[a-z][a-z0-9_]*")

Wanted = Mapping[str, Mapping[str, str]]  # name → column → DuckDB type


def expose(con: duckdb.DuckDBPyConnection, folder: Path, wanted: Wanted | None = None) -> None:
    """Make a view of each CSV file of `folder`, if there is one.

    Tables that are `wanted` have the columns and types asked for: without their file they are empty, which a line on
    standard error says; Problem if a file cannot be read or lacks a column. Other files that cannot be read are named
    and left out.
    """
    wanted = wanted or {}
    for name, columns in wanted.items():
        file = folder / f"{name}.csv"
        if file.exists():
            _view(con, name, file, columns)
            continue
        print(f"no {file} ({', '.join(columns)}): answering without it.", file=sys.stderr)
        empty = ", ".join(f'NULL::{kind} AS "{column}"' for column, kind in columns.items())
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {empty} WHERE false")
    for file in sorted(folder.glob("*.csv")):
        if file.stem in wanted:
            continue
        if not _NAME.fullmatch(file.stem) or con.execute(_TAKEN, [file.stem]).fetchall():
            print(f"{file}: left out: its name must be a new one of a-z, 0-9 and _.", file=sys.stderr)
            continue
        try:
            _view(con, file.stem, file, {})
        except Problem as e:
            print(f"left out: {e}", file=sys.stderr)


_TAKEN = """
SELECT 1 FROM duckdb_tables() WHERE table_name = $1 UNION ALL SELECT 1 FROM duckdb_views() WHERE view_name = $1 AND NOT temporary
"""


def _view(con: duckdb.DuckDBPyConnection, name: str, file: Path, columns: Mapping[str, str]) -> None:
    """A view of a CSV file: all its columns, those in `columns` as the types asked for."""
    quoted = f"'{str(file.resolve()).replace(chr(39), chr(39) * 2)}'"
    try:
        there = [row[0] for row in con.execute(f"DESCRIBE FROM read_csv({quoted}, header = true)").fetchall()]
        con.execute(f"FROM read_csv({quoted}, header = true, all_varchar = true)").fetchone()
    except duckdb.Error:
        raise Problem(f"{file}: cannot be read as a table: save it as CSV, UTF-8, with a header row.") from None
    if missing := [c for c in columns if c not in there]:
        raise Problem(f"{file}: lacks the column {missing[0]}; it must have {', '.join(columns)}.")
    kinds = {c: columns.get(c, "VARCHAR") for c in there if c in columns or c.endswith("_code")}
    types = "{" + ", ".join(f"'{c}': '{kind}'" for c, kind in kinds.items()) + "}"
    said = f", types = {types}" if kinds else ""
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM read_csv({quoted}, header = true{said})")
