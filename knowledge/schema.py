"""Table schemas: one description (tables.toml), read by every stage.

The crawl log's fields, the Parquet schemas between transform and warehouse, the DDL of the warehouse's base
tables and docs/TABLES.md all come from here, so that a column is named, typed and explained once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

_ARROW = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT[]": pa.list_(pa.int64()),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: DuckDB type name and what it means."""

    name: str
    type: str
    meaning: str
    late: bool  # filled by the warehouse, absent from the transform's Parquet


@dataclass(frozen=True, slots=True)
class Table:
    """One base table: which stage makes it, what identifies a row, its columns in order."""

    name: str
    made_by: str
    key: tuple[str, ...]
    about: str
    columns: tuple[Column, ...]

    def arrow(self) -> pa.Schema:
        """Schema of the files this table travels in (without columns that only the warehouse can fill)."""
        return pa.schema([(c.name, _ARROW[c.type]) for c in self.columns if not c.late])

    def ddl(self) -> str:
        """CREATE TABLE statement for DuckDB."""
        body = ", ".join(f'"{c.name}" {c.type}' for c in self.columns)
        return f"CREATE TABLE {self.name} ({body})"

    def comments(self) -> list[str]:
        """COMMENT ON statements, so that the warehouse explains itself."""
        quoted = [(f"TABLE {self.name}", self.about)]
        quoted += [(f'COLUMN {self.name}."{c.name}"', c.meaning) for c in self.columns]
        return [f"COMMENT ON {what} IS '{text.replace(chr(39), chr(39) * 2)}'" for what, text in quoted]


@cache
def tables() -> dict[str, Table]:
    """All base tables by name, in the order of tables.toml."""
    raw = tomllib.loads((Path(__file__).parent / "tables.toml").read_text(encoding="utf-8"))
    return {
        name: Table(
            name=name,
            made_by=t["made_by"],
            key=tuple(t["key"]),
            about=t["about"],
            columns=tuple(
                Column(c, typ, meaning, c in t.get("late", ())) for c, (typ, meaning) in t["columns"].items()
            ),
        )
        for name, t in raw.items()
    }


def table_from_rows(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Arrow table of `rows` in the schema of table `name`; a key that is no column raises ValueError."""
    schema = tables()[name].arrow()
    known = set(schema.names)
    for row in rows:
        if extra := row.keys() - known:
            raise ValueError(f"{name}: no such column: {', '.join(sorted(extra))}")
    return pa.Table.from_pylist(rows, schema=schema)


@cache
def vocabulary() -> dict[str, dict[str, str]]:
    """Words that a coded column may hold, by column: {word: meaning}."""
    return tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text(encoding="utf-8"))


def markdown() -> str:
    """docs/TABLES.md: every table and column with type and meaning, and the words that coded columns hold."""
    out = ["# Tables", "", "Made by `make docs` from `knowledge/tables.toml`; change it there.", ""]
    for t in tables().values():
        out += [f"## {t.name}", "", t.about, "", f"Filled by: {t.made_by}. Key: {', '.join(t.key)}.", ""]
        out += ["| column | type | meaning |", "|---|---|---|"]
        out += [f"| {c.name} | {c.type} | {c.meaning} |" for c in t.columns]
        out.append("")
    out += ["# Words that coded columns hold", "", "From `knowledge/vocabulary.toml`.", ""]
    for column, words in vocabulary().items():
        out += [f"## {column}", "", "| word | meaning |", "|---|---|"]
        out += [f"| `{word}` | {meaning} |" for word, meaning in words.items()]
        out.append("")
    return "\n".join(out)


if __name__ == "__main__":
    print(markdown(), end="")
