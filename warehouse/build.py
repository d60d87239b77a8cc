"""Parquet → $(DATA)/warehouse.duckdb, built beside the old file and moved over it in one rename.

A reader that has the old file open keeps it until it reconnects; a reader that opens the path sees the old file or the
new one, never a part. One build at a time: a second one waits, then finds nothing to do. What is in the file: layout.py.
The same tables are published as Parquet files beside it (publish.py), before the file moves: who is cut off between the
two is built again.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from knowledge import console, lock, storage
from knowledge.indicators import catalogue
from knowledge.regions import rows as region_rows
from knowledge.schema import table_from_rows, tables
from knowledge.version import code_version
from warehouse import copies, correct, corrections, coverage, crosschecks, layout, panel, publish, similarity

CONTRACT_VERSION = "1"
# What DuckDB may hold; beyond it, it writes beside the file. With what Python holds, the process stays below 1.5 GB at a
# hundred thousand reports (docs/PERFORMANCE.md); without a bound it took 3.5, for a fifth less time.
MEMORY = "800MB"


def inputs_digest(transform: Path) -> str:
    """Digest over what every shard's tables were made from; equal inputs make an equal warehouse."""
    hashed = hashlib.sha256()
    for done in sorted(transform.glob("*/done.json")):
        hashed.update(f"{done.parent.name}\0".encode() + done.read_bytes() + b"\n")
    return hashed.hexdigest()[:16]


def built_from(warehouse: Path) -> dict[str, str]:
    """warehouse_info of an existing file; empty if there is none or it cannot be read."""
    if not warehouse.exists():
        return {}
    try:
        with duckdb.connect(str(warehouse), read_only=True) as con:
            return dict(con.execute("SELECT key, value FROM warehouse_info").fetchall())
    except duckdb.Error:
        return {}


def build(data: Path) -> bool:
    """Build the warehouse of a data folder; False if it was up to date."""
    with (
        lock.held(data / ".warehouse.lock", "warehouse"),
        lock.held(data / ".transform.lock", "warehouse"),  # the tables stay while they are read
    ):
        store = storage.store_of(data)
        if store:
            store.bring("transform", data / "transform", "done.json")
            storage.refresh(data, corrections.FILE)
        built = _build(data)
        if store:
            publish.store(store, data)
        return built


def _build(data: Path) -> bool:
    transform, target = data / "transform", data / "warehouse.duckdb"
    if not any(transform.glob("*/done.json")):
        raise console.Problem(f"no tables at {transform}: run make transform first.")
    made_from = {
        "code_version": code_version("warehouse", "knowledge"),
        "archive_digest": inputs_digest(transform),
        "corrections_digest": corrections.digest(data),
        "registry_digest": coverage.registry_digest(),
    }
    before = built_from(target)
    if made_from.items() <= before.items() and publish.is_published(data, made_from):
        print(f"warehouse: nothing to do, {target} is up to date.")
        return False
    by_hand = corrections.read(data)
    started = time.monotonic()
    beside = data / ".warehouse.new.duckdb"
    for left in data.glob(f"{beside.name}*"):  # by a build that was killed: the file, its log, what it spilt
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    with duckdb.connect(str(beside), config={"memory_limit": MEMORY}) as con:
        _fill(con, transform, by_hand)
        _info(con, made_from)
        layout.create_views(con)
        panel.fill(con)
        coverage.fill(con)
        similarity.fill(con)
        ((reports,),) = con.execute("SELECT count(*) FROM reports").fetchall()
        published = publish.write(con, data, made_from)
        con.execute("CHECKPOINT")
    publish.publish(data, published)
    beside.replace(target)
    if by_hand:
        print(corrections.told(by_hand))
    print(f"warehouse: {target} built in {time.monotonic() - started:.1f} s, {reports} reports.")
    return True


def _fill(con: duckdb.DuckDBPyConnection, transform: Path, by_hand: list[corrections.Correction]) -> None:
    layout.create_tables(con)
    con.execute(_sql("load.sql").replace("{files}", _file_list(transform, "documents")))
    for table in tables().values():
        if table.made_by == "warehouse" or not any(transform.glob(f"*/{table.name}.parquet")):
            continue
        names = ", ".join(f'"{c.name}"' for c in table.columns if not c.late)
        source = f"read_parquet({_file_list(transform, table.name)}, filename = true)"
        if "document_id" in table.arrow().names:
            source = f"(SELECT t.* FROM {source} t JOIN kept k ON k.document_id = t.document_id AND k.shard = parse_dirpath(t.filename))"
        con.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {source}")
    _insert(con, "indicator_catalogue", [_as_row(i) for i in catalogue().values()])
    _insert(con, "regions", [_as_row(r) for r in region_rows()])
    _insert(con, "document_changes", copies.changes(con))
    correct.apply(con, by_hand)
    copies.group(con)
    correct.regroup(con, by_hand)
    con.execute(_sql("resolve.sql"))
    correct.settle(con, by_hand)
    crosschecks.fill(con)


def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _file_list(transform: Path, table: str) -> str:
    """The files of a table in all shards, as a SQL list."""
    quoted = (str(p).replace("'", "''") for p in sorted(transform.glob(f"*/{table}.parquet")))
    return "[" + ", ".join(f"'{p}'" for p in quoted) + "]"


def _as_row(item: object) -> dict[str, object]:
    slots: tuple[str, ...] = type(item).__slots__  # type: ignore[attr-defined]
    return {("region_code" if name == "code" else name): getattr(item, name) for name in slots}


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, object]]) -> None:
    arrow: pa.Table = table_from_rows(table, rows)
    con.register("incoming", arrow)
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    con.unregister("incoming")


def _info(con: duckdb.DuckDBPyConnection, made_from: dict[str, str]) -> None:
    sql = "SELECT count(*) FILTER (region_code LIKE '99%'), count(*) FROM portals"
    ((invented, all_rows),) = con.execute(sql).fetchall()
    kind = "sample" if all_rows and invented == all_rows else "mixed" if invented else "real"
    facts = {
        "contract_version": CONTRACT_VERSION,
        **made_from,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": kind,
    }
    _insert(con, "warehouse_info", [{"key": k, "value": v} for k, v in facts.items()])


def main() -> None:
    """Command line of `make warehouse`."""
    parser = argparse.ArgumentParser(description="Build the DuckDB warehouse from the Parquet tables.")
    parser.add_argument("--data", type=storage.data_folder, required=True, help="data folder")
    build(parser.parse_args().data)


if __name__ == "__main__":
    console.guard(main)
