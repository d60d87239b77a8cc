"""Corrections in the tables, on every rebuild: the cell gets the value, the row's flags get `corrected:<column>`.

What follows from a cell follows it: an issuer's key and its copies, the years of a report's figures, the one to count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from knowledge import regions
from knowledge.bodies import Body, issuer_id, place
from knowledge.schema import table_from_rows, tables
from knowledge.titles import REPORT_TYPES
from knowledge.years import DATE_FLAGS, YEARS_OFF, date_flag
from warehouse.corrections import Correction

_CHILDREN = ("sections", "quantities", "indicators")
_FROM_QUANTITY = ("value", "modifier")  # an indicator has these from the number it stands on
_IS_ISSUER = {"issuer_name", "issuer_kind", "issuer_level", "region_code"}


def apply(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> None:
    """Change the filled tables, before copies are grouped; write table corrections and the temp table chosen.

    What the grouping itself decides (duplicate_group, is_canonical) is only flagged here: see regroup and settle.
    Raises Problem for a key or a reference that is not in the tables.
    """
    con.execute("CREATE TEMP TABLE chosen (document_id VARCHAR, is_canonical BOOLEAN)")
    own = [c for c in corrections if c.table == "documents"]
    before = _before(con, own)
    _check_references(con, own)
    _documents(con, own, before)
    children = [c for c in corrections if c.table != "documents"]
    before |= _before(con, children)
    _check_references(con, children)
    _measures(con, children)
    rows = [
        {
            "table": c.table, "key": c.key, "column": c.column, "value": c.written, "value_before": before[c],
            "who": c.who, "why": c.why, "on": c.on,
        }
        for c in corrections
    ]  # fmt: skip
    with _Incoming(con, table_from_rows("corrections", rows)):
        con.execute("INSERT INTO corrections BY NAME SELECT * FROM incoming")


def regroup(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> None:
    """Change the temp table groups that copies.group wrote: a document joins another group, or one of its own."""
    for c in _of(corrections, "documents", "duplicate_group"):
        found = con.execute("SELECT 1 FROM groups WHERE duplicate_group = ? LIMIT 1", [c.value]).fetchall()
        if not found and c.value != c.key:
            do = "name a group that documents.duplicate_group has, or the document's own key for a group of its own"
            raise c.refused(f"there is no group {c.written!r}", do)
        con.execute(
            """UPDATE corrections SET value_before = g.duplicate_group FROM groups g
            WHERE corrections."table" = 'documents' AND corrections."column" = 'duplicate_group'
                AND corrections."key" = $1 AND g.document_id = $1""",
            [c.key],
        )
        con.execute("UPDATE groups SET duplicate_group = ? WHERE document_id = ?", [c.value, c.key])


def settle(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> None:
    """Make sure that the documents chosen by hand are those that count; raises Problem for one that cannot be."""
    counted = {r[0] for r in con.execute("SELECT document_id FROM documents WHERE is_canonical").fetchall()}
    for c in _of(corrections, "documents", "is_canonical"):
        if c.value and c.key not in counted:
            why = (
                "it cannot be the one to count: it is no report, has no text of its own, or a copy of it is chosen too"
            )
            raise c.refused(why, "correct its doc_type or delete the line")


def _of(corrections: Iterable[Correction], table: str, *columns: str) -> list[Correction]:
    return [c for c in corrections if c.table == table and c.column in columns]


class _Incoming:
    """An Arrow table under the name `incoming`, inside a `with`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
        self._con, self._table = con, table

    def __enter__(self) -> None:
        self._con.register("incoming", self._table)

    def __exit__(self, *_: object) -> None:
        self._con.unregister("incoming")


def _keyed(corrections: Sequence[Correction]) -> pa.Table:
    """The corrections of one column as (key, value)."""
    kind = tables()[corrections[0].table].arrow().field(corrections[0].column).type
    return pa.table({"key": [c.key for c in corrections], "value": pa.array([c.value for c in corrections], kind)})


def _by_cell(corrections: Iterable[Correction]) -> dict[tuple[str, str], list[Correction]]:
    out: dict[tuple[str, str], list[Correction]] = {}
    for c in sorted(corrections, key=lambda c: (c.table, c.column, c.key)):
        out.setdefault((c.table, c.column), []).append(c)
    return out


def _before(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> dict[Correction, str | None]:
    """What stands in the cells now; raises Problem for the first line whose row is not there."""
    out: dict[Correction, str | None] = {}
    for (table, column), group in _by_cell(corrections).items():
        (key,) = tables()[table].key
        with _Incoming(con, pa.table({"key": [c.key for c in group]})):
            sql = f'SELECT t.{key}, t."{column}"::VARCHAR FROM {table} t JOIN incoming ON t.{key} = incoming.key'
            found = dict(con.execute(sql).fetchall())
        out |= {c: found[c.key] for c in group if c.key in found}
    for c in corrections:
        if c not in out:
            do = f"find the row's key of today in {c.table}, or delete the line"
            raise c.refused(f"{c.table} has no such row (any more)", do)
    return out


def _check_references(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> None:
    registered = {r[0] for r in con.execute("SELECT region_code FROM portals").fetchall()}
    for c in corrections:
        if c.column == "region_code" and c.value is not None and c.value not in registered:
            today = regions.current(c.value)
            if today is None:
                raise c.refused(f"no region has the code {c.written}", "see table regions")
            if today != c.value:
                raise c.refused(f"{c.written} is no code of today", f"its successor is {today}")
        if c.value is not None and (target := tables()[c.table].references.get(c.column)):
            table, column = target.split(".")
            if not con.execute(f'SELECT 1 FROM {table} WHERE "{column}" = ? LIMIT 1', [c.value]).fetchall():
                raise c.refused(f"{target} has no {c.written!r}", "name one that it has")
            if c.value == c.key:
                raise c.refused("a row cannot belong to itself", "name another one")


def _set(con: duckdb.DuckDBPyConnection, corrections: Iterable[Correction]) -> None:
    for (table, column), group in _by_cell(corrections).items():
        _update(con, table, column, _keyed(group), f"corrected:{column}")


def _update(con: duckdb.DuckDBPyConnection, table: str, column: str, values: pa.Table, flag: str | None = None) -> None:
    """Give `column` the values (key, value), and the rows the flag, if they have it not."""
    (key,) = tables()[table].key
    mark = f", flags = {_flagged(flag)}" if flag else ""
    with _Incoming(con, values):
        con.execute(f'UPDATE {table} SET "{column}" = incoming.value{mark} FROM incoming WHERE {key} = incoming.key')


def _flagged(flag: str, flags: str = "flags") -> str:
    return f"CASE WHEN list_contains({flags}, '{flag}') THEN {flags} ELSE list_append({flags}, '{flag}') END"


# ---------------------------------------------------------------- what follows from a correction


def _documents(
    con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction], before: dict[Correction, str | None]
) -> None:
    late = {c.name for c in tables()["documents"].columns if c.late}
    _set(con, [c for c in corrections if c.column not in late])
    for c in _of(corrections, "documents", *late):
        con.execute(f"UPDATE documents SET flags = {_flagged('corrected:' + c.column)} WHERE document_id = ?", [c.key])
    for c in _of(corrections, "documents", "is_canonical"):
        con.execute("INSERT INTO chosen VALUES (?, ?)", [c.key, c.value])
    by_hand = {(c.key, c.column) for c in corrections}
    for column in ("report_year", "published_on"):
        changed = [c for c in _of(corrections, "documents", column) if (c.key, f"{column}_basis") not in by_hand]
        bases = ["corrected" if c.value is not None else None for c in changed]
        values = pa.table({"key": [c.key for c in changed], "value": pa.array(bases, pa.string())})
        if changed:
            _update(con, "documents", f"{column}_basis", values)
    _issuers(con, corrections, by_hand)
    _date_flags(con, sorted({c.key for c in _of(corrections, "documents", "report_year", "published_on")}))
    for c in _of(corrections, "documents", "doc_type"):
        if c.value not in REPORT_TYPES:  # only reports are cut and counted
            for table in _CHILDREN:
                con.execute(f"DELETE FROM {table} WHERE document_id = ?", [c.key])
    for c in _of(corrections, "documents", "report_year"):
        # a year that follows from the one reported on follows it; one that the text names stays
        old = int(before[c] or 0) or None
        con.execute(
            f"""UPDATE indicators SET year = $2::INTEGER + {_OFF}
            WHERE document_id = $1 AND year IS NOT DISTINCT FROM $3::INTEGER + {_OFF}""",
            [c.key, c.value, old],
        )


_OFF = "CASE period " + " ".join(f"WHEN '{p}' THEN {n}" for p, n in YEARS_OFF.items()) + " ELSE 0 END"


def _issuers(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction], by_hand: set[tuple[str, str]]) -> None:
    """issuer_id and region_name of the documents whose issuer or region was put right."""
    sql = """
    SELECT d.issuer_name, d.issuer_kind, d.issuer_level, d.region_code, (SELECT min(p.name) FROM portals p WHERE p.region_code = d.region_code)
    FROM documents d WHERE d.document_id = ?
    """
    for key in sorted({c.key for c in corrections if c.column in _IS_ISSUER}):
        ((name, kind, level, code, portal),) = con.execute(sql, [key]).fetchall()
        if (key, "issuer_id") not in by_hand:
            body = Body(name, kind, level, None if level == "national" else code) if name and kind else None
            value = issuer_id(body) if body else None
            con.execute("UPDATE documents SET issuer_id = ? WHERE document_id = ?", [value, key])
        if (key, "region_code") in by_hand and (key, "region_name") not in by_hand:
            where = place(code, portal) if code else None
            value = where.full_name if where else None
            con.execute("UPDATE documents SET region_name = ? WHERE document_id = ?", [value, key])


def _date_flags(con: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    sql = "SELECT report_year, published_on, flags FROM documents WHERE document_id = ?"
    for key in keys:
        ((year, published, flags),) = con.execute(sql, [key]).fetchall()
        flag = date_flag(year, published)
        kept = [f for f in flags if f not in DATE_FLAGS] + ([flag] if flag else [])
        con.execute("UPDATE documents SET flags = ? WHERE document_id = ?", [kept, key])


def _measures(con: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> None:
    """Sections, quantities and indicators; an indicator follows its number, unless a line says otherwise."""
    for column in _FROM_QUANTITY:
        if group := _of(corrections, "quantities", column):
            mark = _flagged(f"corrected:{column}", "indicators.flags")
            with _Incoming(con, _keyed(group)):
                con.execute(
                    f"""UPDATE indicators SET {column} = incoming.value, flags = {mark}
                    FROM incoming JOIN quantities q ON q.quantity_id = incoming.key
                    WHERE indicators.quantity_id = q.quantity_id AND indicators.{column} = q.{column}"""
                )
    _set(con, corrections)
    by_hand = {(c.key, c.column) for c in corrections}
    for c in _of(corrections, "indicators", "indicator_code"):
        sql = "UPDATE indicators SET unit = (SELECT unit FROM indicator_catalogue WHERE indicator_code = ?) WHERE indicator_id = ?"
        con.execute(sql, [c.value, c.key])
    for c in _of(corrections, "indicators", "period"):
        if (c.key, "year") not in by_hand:
            con.execute(
                f"""UPDATE indicators SET year = d.report_year + {_OFF} FROM documents d
                WHERE d.document_id = indicators.document_id AND indicator_id = ?""",
                [c.key],
            )
