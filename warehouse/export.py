"""`make export`: the tables and the views for people, for other tools: CSV, Stata and Parquet.

    OUT/csv/<name>.csv          UTF-8 with a byte order mark, RFC 4180
    OUT/stata/<name>.dta        format 118, Unicode
    OUT/parquet/<name>.parquet  types and lists as in the warehouse

One relation after the other is streamed from the warehouse; none is held whole. docs/releases.md says what differs.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from knowledge import console, storage
from knowledge.indicators import catalogue
from knowledge.schema import tables, words
from warehouse import publish, stata
from warehouse.query import find

FORMATS = ("csv", "stata", "parquet")
# Views that are exported, and the order of their rows: a key.
VIEWS = {
    "reports": ("document_id",),
    "timeliness": ("document_id",),
    "completeness": ("document_id",),
    "coverage_by_year": ("report_year", "issuer_kind", "status"),
    "portal_health": ("portal_id",),
    "copying": ("document_id", "other_document_id"),
    "withdrawn": ("document_id",),
    "quiet_edits": ("issuer_id",),
}
# What stands in documents and would stand twice; and what Stata has no use for.
WITHOUT = {"reports": ("text", "sketch")}
WITHOUT_IN_STATA = {"documents": ("text", "sketch"), "sections": ("text",), "reports": ("text", "sketch")}

_LABELS = Path(__file__).parent.parent / "knowledge" / "labels.toml"
# A cell that a spreadsheet would take for a formula; an apostrophe before it is what spreadsheets mean by "text".
_FORMULA = r"^''*[=+\-@\t\r\n＝＋－＠]"  # in SQL: quotes doubled
_PLAIN_NUMBER = r"^[+-]?[0-9]+([.][0-9]+)?$"
_BATCH = 2048


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation: its name and DuckDB type."""

    name: str
    type: str


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse for reading, its times in UTC."""
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


def relations(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables and views to export that this warehouse has, tables first."""
    known = "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
    have = {name for (name,) in con.execute(known).fetchall()}
    return [name for name in (*tables(), *VIEWS) if name in have]


def columns(con: duckdb.DuckDBPyConnection, name: str) -> list[Column]:
    """Columns of a relation that are exported; sums that DuckDB counts in 128 bits are BIGINT."""
    rows = con.execute(f"DESCRIBE FROM {name}").fetchall()
    left_out = WITHOUT.get(name, ())
    return [Column(r[0], "BIGINT" if r[1] == "HUGEINT" else r[1]) for r in rows if r[0] not in left_out]


def ordered(name: str, selected: Iterable[str]) -> str:
    """SQL for a relation's rows in a total order; warehouse_info without the time of the build."""
    by = tables()[name].sorted_by if name in tables() else VIEWS[name]
    but = "WHERE key <> 'built_at'" if name == "warehouse_info" else ""
    order = ", ".join(f't."{c}"' for c in by)
    return f"SELECT {', '.join(selected)} FROM {name} t {but} ORDER BY {order}"


def export(con: duckdb.DuckDBPyConnection, out: Path, formats: Iterable[str] = FORMATS) -> dict[str, int]:
    """Write all relations under `out` (made if absent); returns rows per relation."""
    counts = {}
    names = relations(con)
    with console.progress("export", len(names)) as step:
        for name in names:
            for kind in formats:
                (out / kind).mkdir(parents=True, exist_ok=True)
                counts[name] = WRITERS[kind](con, name, out / kind)
            step(name)
    return counts


# ---------------------------------------------------------------- Parquet


def write_parquet(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> int:
    """folder/<name>.parquet: all rows in order; returns their number."""
    cells = [f't."{c.name}"::{c.type} AS "{c.name}"' for c in columns(con, name)]
    with con.sql(ordered(name, cells)).to_arrow_reader(_BATCH) as batches:
        group = publish.GROUP_OF_TEXTS if name in ("documents", "sections") else publish.GROUP_OF_WHOLE
        publish.write_file(folder / f"{name}.parquet", batches.schema, batches, group)
    return _count(con, name)


def _count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    ((count,),) = con.execute(f"SELECT count(*) FROM ({ordered(name, ['1'])})").fetchall()
    return int(count)


# ---------------------------------------------------------------- CSV


def write_csv(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> int:
    """folder/<name>.csv; returns the number of rows. An empty cell is NULL, a quoted empty one an empty text."""
    shown = [f'{_csv_cell(c)} AS "{c.name}"' for c in columns(con, name)]
    shown[0] = shown[0].replace(' AS "', ' AS "\ufeff')  # the byte order mark: what stands first in the file
    path = str(folder / f"{name}.csv").replace("'", "''")
    con.execute(f"COPY ({ordered(name, shown)}) TO '{path}' (FORMAT csv, HEADER, NEW_LINE '\\r\\n')")
    return _count(con, name)


def _csv_cell(column: Column) -> str:
    """SQL for a cell as text; numbers stay numbers."""
    cell = f't."{column.name}"'
    if column.type.endswith("[]"):
        cell = f"array_to_string({cell}, '|')"
    elif column.type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({cell}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    elif column.type != "VARCHAR":
        return cell
    formula = f"regexp_matches({cell}, '{_FORMULA}') AND NOT regexp_matches({cell}, '{_PLAIN_NUMBER}')"
    return f"CASE WHEN {formula} THEN '''' || {cell} ELSE {cell} END"


# ---------------------------------------------------------------- Stata


def write_dta(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> int:
    """folder/<name>.dta; returns the number of rows. Bodies of texts stay out (WITHOUT_IN_STATA)."""
    left_out = WITHOUT_IN_STATA.get(name, ())
    taken = [c for c in columns(con, name) if c.name not in left_out]
    variables, cells = zip(*(_variable(con, name, c) for c in taken), strict=True)
    count = _count(con, name)
    with con.sql(ordered(name, cells)).to_arrow_reader(_BATCH) as batches:
        stata.write(folder / f"{name}.dta", f"法治年报库 {name}", variables, batches, count)
    return count


def _variable(con: duckdb.DuckDBPyConnection, name: str, column: Column) -> tuple[stata.Variable, str]:
    """The variable of a column, and SQL for its cells as Stata counts them."""
    known = catalogue().get(column.name)
    called = known.short_code if known else column.name
    said = f"{known.name_zh}({known.unit})" if known else label(column.name)
    cell = f't."{column.name}"'
    match column.type:
        case "BOOLEAN":
            return stata.Variable(called, "byte", said, words=("否", "是"), from_zero=True), f"{cell}::TINYINT"
        case "DATE":
            days = f"(epoch_us({cell}) // 86400000000 + {stata.EPOCH_DAYS})::INTEGER"
            return stata.Variable(called, "long", said, format="%tdCCYY-NN-DD"), days
        case "TIMESTAMP WITH TIME ZONE":
            moment = f"(epoch_us({cell}) / 1000.0 + {stata.EPOCH_DAYS * 86_400_000}::DOUBLE)::DOUBLE"
            return stata.Variable(called, "double", said, format="%tc"), moment
        case "INTEGER":
            return stata.Variable(called, "long", said), cell
        case "BIGINT" | "DOUBLE":
            return stata.Variable(called, "double", said), f"{cell}::DOUBLE"
    text = f"array_to_string({cell}, '|')" if column.type.endswith("[]") else cell
    text = f"replace({text}, chr(0), '')"
    if column.type == "VARCHAR" and (listed := words(name, column.name)):
        sql = f'SELECT DISTINCT "{column.name}" FROM {name} WHERE "{column.name}" IS NOT NULL ORDER BY 1'
        used = [w for (w,) in con.execute(sql).fetchall()]
        all_words = (*listed, *(w for w in used if w not in listed))
        places = ", ".join("'" + w.replace("'", "''") + "'" for w in all_words)
        return stata.Variable(called, "int", said, words=all_words), f"list_position([{places}], {cell})::SMALLINT"
    ((most,),) = con.execute(f"SELECT coalesce(max(strlen({text})), 0) FROM {name} t").fetchall()
    if most > stata.MAX_STR:
        return stata.Variable(called, "strL", said), text
    return stata.Variable(called, "str", said, width=max(1, most)), text


@cache
def _labels() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(_LABELS.read_text(encoding="utf-8"))["columns"]
    return found


def label(column: str) -> str:
    """Chinese name of a column; the column itself where none is known."""
    return _labels().get(column, column)


WRITERS = {"csv": write_csv, "stata": write_dta, "parquet": write_parquet}


def main() -> None:
    """Command line of `make export`."""
    parser = argparse.ArgumentParser(description="Write the tables as CSV, Stata and Parquet files.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; files of the same names are replaced")
    parser.add_argument("--formats", default=",".join(FORMATS), help="of csv,stata,parquet (default: all)")
    args = parser.parse_args()
    wanted = args.formats.split(",")
    if unknown := [f for f in wanted if f not in FORMATS]:
        raise console.Problem(f"no such format: {', '.join(unknown)}; known are {', '.join(FORMATS)}.")
    with opened(find(args.data)) as con:
        counts = export(con, args.out, wanted)
        size = sum(f.stat().st_size for f in args.out.rglob("*") if f.is_file()) / 1e6
        print(f"export: {args.out}: {len(counts)} tables and views, {sum(counts.values())} rows, {size:.1f} MB.")


if __name__ == "__main__":
    console.guard(main)
