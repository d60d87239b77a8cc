"""The tables as Parquet files, $(DATA)/tables, for whoever does without DuckDB.

    tables -> tables-<digest>                                                a symbolic link, moved in one step
        <table>/report_year=YYYY/province=PP/part-0.parquet                  documents, sections, quantities, indicators
        <table>.parquet                                                      every other table

A report's rows lie under the year it reports on and the first two digits of its region's code, unknown ones under
__HIVE_DEFAULT_PARTITION__; a table without rows has no file. The two are columns for whoever reads with hive
partitioning, not of the files: readers disagree about a column that stands in both. Equal tables make equal bytes:
rows in a total order, no time but the data's.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from knowledge.schema import Table, tables
from knowledge.storage import Store, store_of

LINK = "tables"
PARTITIONED = ("documents", "sections", "quantities", "indicators")
POINTER = "tables.txt"  # in an object store, which has no links: name of the folder, and of the one before it
UNKNOWN = "__HIVE_DEFAULT_PARTITION__"

# Rows in a row group. A reader with a filter takes whole groups, told apart by the least and greatest value of each
# column. Indicators are sorted by code: of the files of a million rows in 374 partitions one code reads 44 % at 2,048
# rows a group (34 % at 1,024, 83 % at 4,096), of those with thirty offices to a region 3 % (2 %, 6 %); smaller groups
# make the files and their footers larger (21, 17 and 15 MB in all) and no question faster.
GROUP = 2048
GROUP_OF_TEXTS = 512  # documents and sections: a group of whole reports is some 10 MB
GROUP_OF_WHOLE = 8192  # tables in one file: a code of indicator_values has as many rows
_FETCHED = 2048  # rows that come over from DuckDB at a time

_PARTITION = f"""
'report_year=' || coalesce(d.report_year::VARCHAR, '{UNKNOWN}')
    || '/province=' || coalesce(nullif(regexp_extract(d.region_code, '^[0-9][0-9]'), ''), '{UNKNOWN}')
"""


def name_of(facts: Mapping[str, str]) -> str:
    """Name of the folder for tables made from what `facts` say."""
    return f"{LINK}-{hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:16]}"


def is_published(data: Path, facts: Mapping[str, str]) -> bool:
    """True if the link leads to the tables made from `facts`."""
    link = data / LINK
    return link.is_dir() and link.resolve().name.startswith(name_of(facts))


def write(con: duckdb.DuckDBPyConnection, data: Path, facts: Mapping[str, str]) -> Path:
    """Write all tables of `con` into a new folder of `data`; nobody sees it before publish()."""
    folder = data / name_of(facts)
    if folder == (data / LINK).resolve():  # made again from the same: the old ones stay until the link moves
        folder = folder.with_name(folder.name + "-again")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    con.execute("SET TimeZone = 'UTC'")
    for table in tables().values():
        _write_table(con, table, folder)
    return folder


def publish(data: Path, folder: Path) -> None:
    """Let the link lead to `folder`, in one step, and clear away what it led to before and what killed builds left."""
    beside = data / f".{LINK}.new"
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.name, target_is_directory=True)
    beside.replace(data / LINK)
    for other in data.glob(f"{LINK}-*"):
        if other.name != folder.name and other.is_dir():
            shutil.rmtree(other)


def store(to: Store, data: Path) -> None:
    """Store the published tables and the warehouse file; the pointer to them last. The tables before them stay."""
    name = (data / LINK).resolve().name
    before = to.read([POINTER]).get(POINTER, b"").decode().split()
    if before[:1] == [name]:
        return
    to.upload({p.relative_to(data).as_posix(): p for p in (data / name).rglob("*") if p.is_file()})
    to.upload({"warehouse.duckdb": data / "warehouse.duckdb"})
    to.write(POINTER, "\n".join([name, *before[:1]]).encode())
    for other in to.folders():
        if other.startswith(f"{LINK}-") and other not in (name, *before[:1]):
            to.remove(other)
    print(f"warehouse: stored at {to.address}.")


def bring(data: Path) -> None:
    """Make the published files of a copy those that its object store points to; elsewhere nothing is done."""
    store = store_of(data)
    names = store.read([POINTER]).get(POINTER, b"").decode().split() if store else []
    if store and names:
        store.fetch(store.sizes(names[0]), data)
        publish(data, data / names[0])


def _write_table(con: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    order = ", ".join(f't."{c}"' for c in table.sorted_by)
    if table.name not in PARTITIONED:
        but = "WHERE key <> 'built_at'" if table.name == "warehouse_info" else ""
        with con.sql(f"SELECT t.* FROM {table.name} t {but} ORDER BY {order}").to_arrow_reader(_FETCHED) as batches:
            write_file(folder / f"{table.name}.parquet", batches.schema, batches, GROUP_OF_WHOLE)
        return
    columns = "t.* EXCLUDE (report_year)" if table.name == "documents" else "t.*"
    group = GROUP_OF_TEXTS if table.name in ("documents", "sections") else GROUP
    for (year,) in con.execute("SELECT DISTINCT report_year FROM documents ORDER BY 1").fetchall():
        # year by year: what is sorted at a time, texts and all, stays within memory
        sql = f"""
        SELECT {_PARTITION} AS partition, {columns}
        FROM {table.name} t JOIN documents d USING (document_id)
        WHERE d.report_year IS NOT DISTINCT FROM {"NULL" if year is None else year}
        ORDER BY partition, {order}
        """
        with con.sql(sql).to_arrow_reader(_FETCHED) as batches:
            schema = pa.schema(list(batches.schema)[1:])
            for partition, parts in groupby(_by_partition(batches), key=itemgetter(0)):
                file = folder / table.name / partition / "part-0.parquet"
                file.parent.mkdir(parents=True)
                write_file(file, schema, (part for _, part in parts), group)


def _by_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """(partition, rows) of batches that are sorted by their first column, the partition; it is taken off."""
    for batch in batches:
        start = 0
        runs = pc.run_end_encode(batch.column(0))
        rows = batch.select(range(1, batch.num_columns))
        for partition, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield partition, rows.slice(start, end - start)
            start = end


def write_file(file: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], group: int) -> None:
    """Write batches as row groups of `group` rows, however the batches are cut."""
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in batches:
            waiting.append(batch)
            if sum(b.num_rows for b in waiting) >= group:
                table = pa.Table.from_batches(waiting, schema)
                whole = table.num_rows - table.num_rows % group
                for start in range(0, whole, group):
                    writer.write_table(table.slice(start, group).combine_chunks(), row_group_size=group)
                waiting = table.slice(whole).to_batches()
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema).combine_chunks(), row_group_size=group)
