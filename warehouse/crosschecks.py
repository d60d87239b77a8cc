"""Numbers that disagree: fills table `checks`.

Which figures must agree is data (knowledge/checks.toml); how they are compared is crosschecks/*.sql, run in the order of
their names inside the warehouse under construction, once copies are grouped and corrections applied. Every finding
quotes both numbers; nothing is changed or dropped because of one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from knowledge import console
from knowledge.cues import load
from knowledge.indicators import catalogue
from knowledge.schema import vocabulary

QUERIES = Path(__file__).parent / "crosschecks"
Rows = list[dict[str, Any]]
_OF_CODES = {"single", "additive", "stock", "unless"}  # what may be said of a code
_TEXT, _FLAG, _INT, _NUMBER = pa.string(), pa.bool_(), pa.int32(), pa.float64()


def fill(con: duckdb.DuckDBPyConnection) -> int:
    """Fill table `checks` from the tables of the warehouse; returns how many findings there are."""
    before = _temporary(con)
    for name, table in rule_tables(load("checks.toml")).items():
        con.register("incoming", table)
        con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM incoming")
        con.unregister("incoming")
    for query in sorted(QUERIES.glob("*.sql")):
        if query.stem != "80_plausible" or _has_ranges(con):
            con.execute(query.read_text(encoding="utf-8"))
    for name in _temporary(con) - before:
        con.execute(f"DROP TABLE {name}")
    ((findings,),) = con.execute("SELECT count(*) FROM checks").fetchall()
    return int(findings)


def rule_tables(raw: dict[str, Any]) -> dict[str, pa.Table]:
    """The rules of checks.toml as tables rule_*. A rule that lacks something or names an unknown code raises Problem."""
    partitions = _rules(raw, "partition", "total", "parts")
    orders = _rules(raw, "order", "less", "more", "severity")
    rates = _rules(raw, "rate", "rate", "numerator", "of")
    codes = [{"code": code, **facts} for code, facts in raw["codes"].items()]
    if odd := {name for facts in raw["codes"].values() for name in facts} - _OF_CODES:
        raise console.Problem(
            f"checks.toml: codes: {', '.join(sorted(odd))} is none of {', '.join(sorted(_OF_CODES))}."
        )
    _known("partition", [c for p in partitions for c in (p["total"], *p["parts"])])
    _known("order", [c for o in orders for c in (o["less"], o["more"])])
    _known("rate", [c for r in rates for c in (r["rate"], r["numerator"], *r["of"])])
    _known("codes", [c["code"] for c in codes])
    for o in orders:
        if o["severity"] not in vocabulary()["severity"]:
            words = ", ".join(vocabulary()["severity"])
            raise console.Problem(
                f"checks.toml: order of {o['less']}: severity is {o['severity']}, not one of {words}."
            )
    in_sentences = {c for p in partitions for c in (p["total"], *p["parts"])}
    in_sentences |= {c for o in orders for c in (o["less"], o["more"])}
    return {
        "rule_totals": _table([{"partition": i, "code": p["total"]} for i, p in enumerate(partitions)], partition=_INT, code=_TEXT),
        "rule_parts": _table(_part_rows(partitions), partition=_INT, code=_TEXT, overlap=_TEXT, must=_FLAG),
        "rule_sentence_codes": _table([{"code": c} for c in sorted(in_sentences)], code=_TEXT),
        "rule_orders": _table(orders, less=_TEXT, more=_TEXT, severity=_TEXT),
        "rule_rates": _table(
            [{"denominators": r["of"], **r} for r in rates],
            rate=_TEXT, numerator=_TEXT, denominators=pa.list_(_TEXT), unless=_TEXT,
        ),
        "rule_codes": _table(codes, code=_TEXT, single=_FLAG, additive=_FLAG, stock=_FLAG, unless=_TEXT),
        "rule_wording": _table([raw["wording"]], nested=_TEXT, open=_TEXT, slice=_TEXT, area=_TEXT),
        "rule_limits": _table([raw["limits"]], **dict.fromkeys(raw["limits"], _NUMBER)),
        "rule_levels": _table([{"level": k, "times": v} for k, v in raw["plausible_times"].items()], level=_TEXT, times=_NUMBER),
    }  # fmt: skip


def _rules(raw: dict[str, Any], kind: str, *needed: str) -> Rows:
    """The rules of a kind, each with all that it needs."""
    for i, rule in enumerate(raw.get(kind, ()), start=1):
        if missing := [name for name in needed if name not in rule]:
            raise console.Problem(f"checks.toml: {kind} {i} says no {', '.join(missing)}.")
    return list(raw.get(kind, ()))


def _part_rows(partitions: Rows) -> Rows:
    """A row per part: the group within which it may overlap others (itself where it does not), and whether a
    complete list names it."""
    rows = []
    for i, p in enumerate(partitions):
        group = {code: some[0] for some in p.get("overlaps", ()) for code in some}
        must = set(p.get("complete", ()))
        rows += [{"partition": i, "code": c, "overlap": group.get(c, c), "must": c in must} for c in p["parts"]]
    return rows


def _known(where: str, codes: list[str]) -> None:
    if unknown := sorted(set(codes) - catalogue().keys()):
        raise console.Problem(f"checks.toml: {where}: no such indicator: {', '.join(unknown)}; see indicators.csv.")


def _table(rows: Rows, **columns: pa.DataType) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def _has_ranges(con: duckdb.DuckDBPyConnection) -> bool:
    sql = """
    SELECT count(*) FROM duckdb_columns()
    WHERE table_name = 'indicator_catalogue' AND column_name IN ('plausible_min', 'plausible_max')
    """
    return con.execute(sql).fetchall() == [(2,)]


def _temporary(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()}
