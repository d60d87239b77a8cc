"""What is in the file: base tables as knowledge/tables.toml describes them, views as views/*.sql define them.

Every column of both says what it means (COMMENT); `make docs` prints the same (dictionary.py).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from knowledge.schema import tables

VIEWS = Path(__file__).parent / "views"


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """All base tables, empty, with their comments."""
    con.execute("BEGIN")  # one transaction: hundreds of comments would each be written out
    for table in tables().values():
        con.execute(table.ddl())
        for comment in table.comments():
            con.execute(comment)
    con.execute("COMMIT")


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """All views in the order of their files. A column that a file says nothing of means what it means in a base table."""
    con.execute("BEGIN")
    for file in sorted(VIEWS.glob("*.sql")):
        con.execute(file.read_text(encoding="utf-8"))
    for view, column in con.execute(_SILENT).fetchall():
        if meaning := _inherited(column):
            con.execute(f"COMMENT ON COLUMN {view}.\"{column}\" IS '{meaning.replace(chr(39), chr(39) * 2)}'")
    con.execute("COMMIT")


_SILENT = """
SELECT c.table_name, c.column_name
FROM duckdb_columns() c
JOIN duckdb_views() v ON v.view_name = c.table_name AND v.schema_name = c.schema_name AND NOT v.internal
WHERE c.comment IS NULL AND NOT v.temporary
ORDER BY ALL
"""
_FIRST = (
    "documents",
    "indicators",
    "sections",
)  # several tables have a column of that name: these mean what people mean


def _inherited(column: str) -> str | None:
    for name in (*_FIRST, *(t for t in tables() if t not in _FIRST)):
        for c in tables()[name].columns:
            if c.name == column:
                return c.meaning
    return None
