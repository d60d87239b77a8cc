"""`make diff`: what changed from one release to another, by key and in words.

Every difference has one place: an event of a report (added, withdrawn, revised, reclassified), an event of a figure in a
report that did not change as a whole (value_changed, value_added, value_removed), or a cell of the panel that changed
though neither did (panel_changed). What follows from an event (the cells of a new report, the figures of a revised one)
is listed apart and not counted again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from knowledge import console
from warehouse import certificate, telling

IDENTITY = ("doc_type", "report_year", "issuer_id", "issuer_name", "issuer_kind", "issuer_level", "region_code")
FIGURE = ("indicator_code", "value", "unit", "modifier", "measure", "period", "year", "scope", "is_part", "is_derived")
TABLES = ("documents", "indicators", "indicator_values", "indicator_catalogue", "checks", "corrections")

_SQL = Path(__file__).with_suffix(".sql")

Row = dict[str, Any]


def diff(a: Path, b: Path) -> Row:
    """What changed from release `a` to release `b`; raises Problem if one of them is no release.

    {a, b, made_from: what differs of archive, code, corrections …, events: [event], figures: what revised reports say
    otherwise, cells: all cells of the panel that changed, checks: {came, went, no_longer_match}, corrections: {came, went}}
    """
    facts = [_certificate(folder) for folder in (a, b)]
    with _attached(a, b) as con:
        con.execute(_statements())
        events = _rows(con, "FROM events ORDER BY kind, report_year, issuer_name, document_id")
        figures = "* EXCLUDE (in_revision) FROM figures WHERE"
        order = "ORDER BY kind, report_year, issuer_name, document_id, coalesce(indicator_id, indicator_id_before)"
        events += _rows(con, f"SELECT {figures} NOT in_revision {order}")
        by_nothing = "FROM cells WHERE NOT by_report AND NOT by_figure"
        events += [{"kind": "panel_changed", **r} for r in _rows(con, f"{by_nothing} ORDER BY ALL")]
        came = "came.* EXCLUDE (no_longer_matches) FROM came"
        of_corrections = [
            f'FROM {x}.corrections x ANTI JOIN {y}.corrections y USING ("table", key, "column", value) ORDER BY ALL'
            for x, y in (("b", "a"), ("a", "b"))
        ]
        return {
            "a": a.name,
            "b": b.name,
            "made_from": [n for n in certificate.differences(*facts) if n in facts[0]["made_from"]],
            "events": events,
            "figures": _rows(con, f"SELECT {figures} in_revision {order}"),
            "cells": _rows(con, "FROM cells ORDER BY report_year, issuer_id, code"),
            "checks": {
                "came": _rows(con, f"SELECT {came} ORDER BY check_id"),
                "went": _rows(con, "FROM went ORDER BY check_id"),
                "no_longer_match": _rows(con, f"SELECT {came} WHERE no_longer_matches ORDER BY check_id"),
            },
            "corrections": dict(zip(("came", "went"), (_rows(con, sql) for sql in of_corrections), strict=True)),
            "indicators": dict(
                con.execute("SELECT indicator_code, name_zh FROM b.indicator_catalogue ORDER BY 1").fetchall()
            ),
        }


def _certificate(folder: Path) -> Row:
    path = folder / "certificate.json"
    if not path.exists():
        raise console.Problem(f"{folder} is no release: it has no certificate.json (make release writes one).")
    found: Row = json.loads(path.read_text(encoding="utf-8"))
    return found


@contextmanager
def _attached(a: Path, b: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the tables of the releases are a.<table> and b.<table>."""
    with duckdb.connect() as con:
        for schema, folder in (("a", a), ("b", b)):
            con.execute(f"CREATE SCHEMA {schema}")
            for table in TABLES:
                path = str((folder / "tables" / f"{table}.parquet").resolve()).replace("'", "''")
                con.execute(f"CREATE VIEW {schema}.{table} AS FROM read_parquet('{path}')")
        yield con


def _statements() -> str:
    """The SQL, with the columns compared: lists of {column, before, after} of those that differ."""
    sql = _SQL.read_text(encoding="utf-8")
    differ = " OR ".join(f"a.{c} IS DISTINCT FROM b.{c}" for c in FIGURE if c != "year")
    return (
        sql.replace(
            "{differs}",
            f"CASE WHEN a.document_id IS NOT NULL AND b.document_id IS NOT NULL THEN {_listed(IDENTITY)} END",
        )
        .replace("{figure_columns}", _listed(FIGURE))
        .replace("{figures_differ}", differ)
    )


def _listed(columns: tuple[str, ...]) -> str:
    structs = ", ".join(
        f"CASE WHEN a.{c} IS DISTINCT FROM b.{c} THEN {{'column': '{c}', 'before': a.{c}::VARCHAR, 'after': b.{c}::VARCHAR}} END"
        for c in columns
    )
    return f"list_filter([{structs}], lambda x: x IS NOT NULL)"


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    answer = con.execute(sql)
    names = [d[0] for d in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def main() -> None:
    """Command line of `make diff`."""
    parser = argparse.ArgumentParser(description="What changed from one release to another.")
    parser.add_argument("a", type=Path, help="folder of the earlier release")
    parser.add_argument("b", type=Path, help="folder of the later one")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    args = parser.parse_args()
    found = diff(args.a, args.b)
    print(json.dumps(found, ensure_ascii=False, indent=1, default=str) if args.json else telling.told(found))


if __name__ == "__main__":
    console.guard(main)
