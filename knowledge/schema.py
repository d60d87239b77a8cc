"""Table schemas: one description (tables.toml), read by every stage.

The crawl log's fields, the Parquet schemas between transform and warehouse, the DDL of the warehouse's base
tables and docs/tables.md all come from here, so that a column is named, typed and explained once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, repeat
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
    """One base table: which stage makes it, what identifies a row, its columns in order, and what holds of them."""

    name: str
    made_by: str
    key: tuple[str, ...]
    about: str
    columns: tuple[Column, ...]
    sorted_by: tuple[str, ...]  # order of the rows where they are published
    per_indicator: bool  # its last columns are the codes of the indicator catalogue
    required: tuple[str, ...]  # never NULL
    references: dict[str, str]  # column → table.column that has its values
    correctable: tuple[str, ...]  # what corrections.csv may change

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
def indicator_columns() -> tuple[Column, ...]:
    """A column for each indicator of the catalogue, in its order."""
    from knowledge.indicators import catalogue  # not at the top: who only wants a schema need not load the rules

    return tuple(Column(i.indicator_code, "DOUBLE", f"{i.name_zh}, {i.unit}", False) for i in catalogue().values())


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
            columns=tuple(Column(c, typ, meaning, c in t.get("late", ())) for c, (typ, meaning) in t["columns"].items())
            + (indicator_columns() if t.get("per_indicator") else ()),
            sorted_by=tuple(t.get("sorted_by", t["key"])),
            per_indicator=t.get("per_indicator", False),
            required=tuple(t.get("required", ())),
            references=t.get("references", {}),
            correctable=tuple(t.get("correctable", ())),
        )
        for name, t in raw.items()
    }


@dataclass(frozen=True, slots=True)
class Columns:
    """Some rows of a table, column by column, all of one length. As a sequence it gives the rows, each made when asked for."""

    by_name: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.by_name.values()), ()))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for values in zip(*self.by_name.values(), strict=True):
            yield dict(zip(self.by_name, values, strict=True))

    def __getitem__(self, number: int) -> dict[str, Any]:
        return {name: values[number] for name, values in self.by_name.items()}


NO_ROWS = Columns()


def one_row(row: Mapping[str, Any]) -> Columns:
    """A single row as columns."""
    return Columns({name: (value,) for name, value in row.items()})


def table_of(name: str, parts: Sequence[Columns]) -> pa.Table:
    """Arrow table of the rows of all `parts` in the schema of table `name`; what a part lacks is NULL.

    A name that is no column, or a part whose columns differ in length, raises ValueError.
    """
    schema = tables()[name].arrow()
    if any(len(values) != len(part) for part in parts for values in part.by_name.values()):
        raise ValueError(f"{name}: columns of different lengths")
    if extra := set().union(*(part.by_name for part in parts)).difference(schema.names):
        raise ValueError(f"{name}: no such column: {', '.join(sorted(extra))}")
    columns = (
        chain.from_iterable(part.by_name.get(column) or repeat(None, len(part)) for part in parts)
        for column in schema.names
    )
    return pa.Table.from_arrays(
        [pa.array(list(values), kind) for values, kind in zip(columns, schema.types, strict=True)], schema=schema
    )


def table_from_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Arrow table of `rows` in the schema of table `name`; a key that is no column raises ValueError."""
    names = dict.fromkeys(chain.from_iterable(rows))
    return table_of(name, [Columns({name: [row.get(name) for row in rows] for name in names})])


@cache
def vocabulary() -> dict[str, dict[str, str]]:
    """Words that a coded column may hold, by column: {word: meaning}."""
    return tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text(encoding="utf-8"))


def words(table: str, column: str) -> dict[str, str] | None:
    """The words that a column may hold, {word: meaning}; None where it is not coded.

    An entry `table.column` of the vocabulary goes before one that serves all columns of that name.
    """
    return vocabulary().get(f"{table}.{column}") or vocabulary().get(column)
