"""Building the warehouse beside loading the same Parquet files into DuckDB and no more; and what it costs that nothing is new."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from tests.bench_transform import archive_of
from tests.load_archive import Part
from tests.measuring import Rows, cost, faster

SOME = Part(0, 0, 1474, step=4)


def load_bare(data: Path, target: Path) -> int:
    """Every table of every shard into a DuckDB file, as it is; returns the rows."""
    target.unlink(missing_ok=True)
    names = {path.stem for path in (data / "transform").glob("*/*.parquet")}
    rows = 0
    with duckdb.connect(str(target)) as con:
        for name in sorted(names):
            con.execute(f"CREATE TABLE {name} AS FROM read_parquet('{data}/transform/*/{name}.parquet')")
            rows += con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    return rows


def measure(rounds: int = 5) -> Rows:
    """Rows of the table; the build in processor time of a whole process, nothing new by the clock."""
    with tempfile.TemporaryDirectory() as folder:
        data = archive_of(Path(folder) / "data", SOME)
        cost("transform.run", "--data", data, "--jobs", 2)
        rows = load_bare(data, Path(folder) / "bare.duckdb")
        took: dict[str, list[float]] = {name: [] for name in ("build", "bare", "transform", "warehouse")}
        for _ in range(rounds):
            for old in data.glob("*warehouse*"):
                shutil.rmtree(old) if old.is_dir() else old.unlink()
            took["build"].append(cost("warehouse.build", "--data", data).processor)
            began = time.process_time()
            load_bare(data, Path(folder) / "bare.duckdb")
            took["bare"].append(time.process_time() - began)
            took["transform"].append(cost("transform.run", "--data", data).seconds)
            took["warehouse"].append(cost("warehouse.build", "--data", data).seconds)
    facts = {"part": "warehouse", "peer": "DuckDB, tables as they are"}
    idle = {"part": "nothing new", "peer": "", "unit": "s"}
    return [
        {**facts, "what": f"build, {rows:,} rows", **faster(took["build"], took["bare"], rows, "rows/s")},
        {**idle, "what": "second make transform", "ours": statistics.median(took["transform"])},
        {**idle, "what": "second make warehouse", "ours": statistics.median(took["warehouse"])},
    ]
