"""The published Parquet files: what three readers see, equal bytes, what a filter reads, how a new set takes the place."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from knowledge.schema import tables
from tests.sample_data import small
from tests.test_warehouse import run
from warehouse import layout, publish

UNKNOWN = publish.UNKNOWN
# key, year reported on, region
REPORTS = [("a", 2022, "440103"), ("b", 2023, "440103"), ("c", 2023, "440105"), ("d", 2023, "110101"), ("e", None, "110101"),
           ("f", 2023, None), ("g", None, None)]  # fmt: skip
CODES = ("administrative_penalties", "litigation_cases", "reconsideration_cases_accepted")


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    con.register("incoming", pa.Table.from_pylist(rows))
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    con.unregister("incoming")


def fill(con: duckdb.DuckDBPyConnection, reports: list[tuple[str, int | None, str | None]], each: int = 1) -> None:
    """Reports with `each` indicators of every code, two sections and a quantity."""
    layout.create_tables(con)
    layout.create_views(con)
    insert(con, "documents", [
        {"document_id": k, "report_year": y, "region_code": r, "text": f"{k}\n文𠀀", "char_count": 4, "flags": ["in_year", k], "sketch": [1, -2],
         "published_on": date(2024, 2, 1), "fetched_at": datetime(2024, 6, 1, 12, tzinfo=UTC), "is_canonical": True}
        for k, y, r in reports
    ])  # fmt: skip
    insert(
        con,
        "sections",
        [
            {"section_id": f"{k}.{n}", "document_id": k, "ordinal": n, "flags": []}
            for k, _, _ in reports
            for n in (1, 0)
        ],
    )
    insert(
        con,
        "quantities",
        [{"quantity_id": f"{k}.q", "document_id": k, "char_start": 1, "value": 0.5} for k, _, _ in reports],
    )
    insert(con, "indicators", [
        {"indicator_id": f"{k}.{n}.{code}", "document_id": k, "indicator_code": code, "value": float(n), "char_start": n}
        for k, _, _ in reports for n in range(each) for code in CODES
    ])  # fmt: skip


def written(folder: Path, reports: list[tuple[str, int | None, str | None]], each: int = 1, threads: int = 2) -> Path:
    """The folder of tables made from such reports."""
    with duckdb.connect(config={"threads": threads}) as con:
        fill(con, reports, each)
        return publish.write(con, folder, {"digest": "x"})


def files(folder: Path) -> dict[str, str]:
    """Digest of every file by its path."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*.parquet"))
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("published"), REPORTS)


def test_a_file_per_year_and_province(folder: Path) -> None:
    for table in publish.PARTITIONED:
        assert sorted(p.relative_to(folder / table).as_posix() for p in (folder / table).rglob("*.parquet")) == [
            "report_year=2022/province=44/part-0.parquet",
            "report_year=2023/province=11/part-0.parquet",
            "report_year=2023/province=44/part-0.parquet",
            f"report_year=2023/province={UNKNOWN}/part-0.parquet",
            f"report_year={UNKNOWN}/province=11/part-0.parquet",
            f"report_year={UNKNOWN}/province={UNKNOWN}/part-0.parquet",
        ]
    assert {p.stem for p in folder.glob("*.parquet")} == set(tables()) - set(publish.PARTITIONED)


ASKED = "document_id, report_year, province, text, flags, published_on, fetched_at"


def expected() -> list[tuple[Any, ...]]:
    """What a reader must see of documents: partitions as numbers, everything else as in the table."""
    day, moment = date(2024, 2, 1), datetime(2024, 6, 1, 12, tzinfo=UTC)
    return [(k, y, int(r[:2]) if r else None, f"{k}\n文𠀀", ["in_year", k], day, moment) for k, y, r in REPORTS]


def test_pyarrow_reads_it(folder: Path) -> None:
    for table, each in (("documents", 1), ("sections", 2), ("quantities", 1), ("indicators", 3)):
        assert ds.dataset(folder / table, partitioning="hive").count_rows() == each * len(REPORTS)
    got = (
        ds.dataset(folder / "documents", partitioning="hive").to_table(columns=ASKED.split(", ")).sort_by("document_id")
    )
    assert [tuple(row.values()) for row in got.to_pylist()] == expected()
    assert pq.read_table(folder / "documents").num_rows == len(REPORTS)


def test_polars_reads_it(folder: Path) -> None:
    got = (
        pl.scan_parquet(f"{folder}/documents/**/*.parquet", hive_partitioning=True)
        .sort("document_id")
        .select(ASKED.split(", "))
    )
    assert got.collect().rows() == expected()
    one = pl.scan_parquet(f"{folder}/indicators/**/*.parquet", hive_partitioning=True).filter(
        (pl.col("report_year") == 2023) & (pl.col("province") == 44) & (pl.col("indicator_code") == CODES[1])
    )
    assert sorted(one.collect()["document_id"].to_list()) == ["b", "c"]


def test_duckdb_in_another_process_reads_it(folder: Path) -> None:
    sql = f"SELECT {ASKED.replace('fetched_at', 'epoch(fetched_at)')} FROM read_parquet('{folder}/documents/**/*.parquet', hive_partitioning = true) ORDER BY 1"
    code = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall(), default=str))"
    said = subprocess.run([sys.executable, "-c", code, sql], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == [
        [k, y, p, t, f, str(day), moment.timestamp()] for k, y, p, t, f, day, moment in expected()
    ]


def test_one_year_of_a_province_touches_only_its_file(tmp_path: Path) -> None:
    folder = written(tmp_path, REPORTS)
    kept = folder / "documents/report_year=2023/province=44/part-0.parquet"
    schema = pa.unify_schemas(
        [pq.read_schema(kept), pa.schema([("report_year", pa.int32()), ("province", pa.int32())])]
    )
    for other in folder.rglob("*.parquet"):
        if other != kept:
            other.write_bytes(b"not to be opened")
    asked = (ds.field("report_year") == 2023) & (ds.field("province") == 44)
    got = ds.dataset(folder / "documents", schema=schema, partitioning="hive").to_table(filter=asked)
    assert sorted(got["document_id"].to_pylist()) == ["b", "c"]


def test_equal_tables_make_equal_bytes(tmp_path: Path) -> None:
    one = written(tmp_path / "1", REPORTS, each=3000, threads=1)
    two = written(tmp_path / "2", REPORTS[::-1], each=3000, threads=4)
    assert files(one) == files(two)


def test_a_filter_by_code_reads_few_row_groups(tmp_path: Path) -> None:
    file = (
        written(tmp_path, [("a", 2023, "440103")], each=6000) / "indicators/report_year=2023/province=44/part-0.parquet"
    )
    meta = pq.read_metadata(file)
    place = meta.schema.names.index("indicator_code")
    bounds = [meta.row_group(i).column(place).statistics for i in range(meta.num_row_groups)]
    assert meta.num_rows == 18_000 and len(bounds) == 9
    assert [sum(b.min <= code <= b.max for b in bounds) for code in CODES] == [3, 4, 4]
    assert pq.read_table(file, filters=[("indicator_code", "=", CODES[0])]).num_rows == 6000


def test_no_time_of_the_build_is_in_the_files(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        fill(con, REPORTS)
        insert(con, "warehouse_info", [{"key": "built_at", "value": "now"}, {"key": "contract_version", "value": "1"}])
        folder = publish.write(con, tmp_path, {})
    assert pq.read_table(folder / "warehouse_info.parquet").to_pylist() == [{"key": "contract_version", "value": "1"}]


def test_tables_without_rows_have_no_partition_and_whole_ones_an_empty_file(tmp_path: Path) -> None:
    folder = written(tmp_path, REPORTS[:1], each=0)
    assert not (folder / "indicators").exists()
    assert pq.read_table(folder / "quarantine.parquet").schema.names == [c.name for c in tables()["quarantine"].columns]


def test_a_new_set_takes_the_place_at_once_and_the_old_goes(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        fill(con, REPORTS)
        facts = [{"digest": str(n)} for n in range(4)]
        publish.publish(tmp_path, publish.write(con, tmp_path, facts[0]))
        seen: set[str] = set()
        done = threading.Event()

        def look() -> None:
            while not done.is_set():
                try:
                    seen.add(str(len((tmp_path / "tables/regions.parquet").read_bytes()) > 0))
                except OSError as e:
                    seen.add(str(e))

        reader = threading.Thread(target=look)
        reader.start()
        for fact in (facts[1], facts[1], facts[2], facts[3]):
            publish.publish(tmp_path, publish.write(con, tmp_path, fact))
        done.set()
        reader.join()
    assert seen == {"True"}
    assert publish.is_published(tmp_path, facts[3]) and not publish.is_published(tmp_path, facts[1])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tables", publish.name_of(facts[3])]


def test_what_a_killed_build_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "tables-0123456789abcdef" / "documents"
    left.mkdir(parents=True)
    (tmp_path / ".tables.new").symlink_to("tables-0123456789abcdef")
    half = tmp_path / publish.name_of({"digest": "x"})
    half.mkdir()
    (half / "old.parquet").write_bytes(b"half")
    publish.publish(tmp_path, written(tmp_path, REPORTS))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tables", half.name]
    assert not (half / "old.parquet").exists()


def test_a_build_publishes_what_the_warehouse_holds_and_mends_a_lost_link(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "transform").symlink_to(small() / "transform")
    line = f"documents,{document(small())},report_year,2021,李四,核对,2026-03-01\n"
    (data / "corrections.csv").write_text("table,key,column,value,who,why,on\n" + line, encoding="utf-8")
    run("warehouse.build", "--data", data)
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        for table in tables():
            ((count,),) = con.execute(f"SELECT count(*) FROM {table}").fetchall()
            parts = [*(data / "tables" / table).rglob("*.parquet"), *(data / "tables").glob(f"{table}.parquet")]
            assert sum(pq.read_metadata(p).num_rows for p in parts) == count - (table == "warehouse_info"), table
    years = {p.parent.parent.name for p in (data / "tables/documents").rglob("*.parquet")}
    assert years == {"report_year=2021", "report_year=2023"}, "tables are published as corrected"
    before = files((data / "tables").resolve())
    (data / "tables").unlink()
    assert "built in" in run("warehouse.build", "--data", data)
    assert files((data / "tables").resolve()) == before
    assert "nothing to do" in run("warehouse.build", "--data", data)


def document(data: Path) -> str:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as con:
        ((key,),) = con.execute("SELECT min(document_id) FROM documents").fetchall()
    return str(key)
