"""The rebuild certificate: this archive and this code give these tables.

Digests say what the archive and the tables hold, not how they lie in files: records and rows are digested one by one,
and the sorted digests together. So the number of worker processes, the data folder, the order of rows and the cut of
WARC files do not matter; columns that say where a record lies (PLACES) are left out of the tables' digests, and
warehouse_info, which speaks of the file itself, is left out as a whole. No part of it knows the time of day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from fastwarc.warc import WarcRecordType

from knowledge import archive, warc
from knowledge.schema import tables
from knowledge.version import code_version
from warehouse import corrections, coverage

PLACES = ("archive_file", "archive_offset")
LEFT_OUT = ("warehouse_info",)
# Libraries that decide what is read and how it is compared; requirements/lock.txt pins them.
LIBRARIES = (
    "ahocorasick_rs", "dateparser", "duckdb", "fastwarc", "faust-cchardet", "lxml", "opencc", "pyarrow", "pypdfium2",
    "selectolax", "striprtf", "trafilatura",
)  # fmt: skip
_KINDS = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.revisit
_FETCHED = 10_000


def certificate(con: duckdb.DuckDBPyConnection, data: Path) -> dict[str, Any]:
    """What the data folder's archive, this code and the warehouse `con` (its times in UTC) hold.

    `digest` stands for all of it: equal digests, equal archives, code, inputs and tables.
    """
    out: dict[str, Any] = {
        "made_from": {
            "archive": archive_facts(data / "raw"),
            "code": code_version("transform", "warehouse", "knowledge"),
            "libraries": {name: version(name) for name in LIBRARIES},
            "corrections": corrections.digest(data),
            "registry": coverage.registry_digest(),
        },
        "tables": {name: table_facts(con, name) for name in tables() if name not in LEFT_OUT},
    }
    return out | {"digest": hashlib.sha256(_canonical(out)).hexdigest()}


def differences(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """What two certificates do not have in common: what they are made from, then “table …”; [] if they are the same."""
    out = []
    for part, prefix in (("made_from", ""), ("tables", "table ")):
        names = sorted(a[part].keys() | b[part].keys())
        out += [prefix + n for n in names if a[part].get(n) != b[part].get(n)]
    return out


def archive_facts(raw: Path) -> dict[str, Any]:
    """Digest of an archive's records as received and of its logs, and how many there are.

    A record counts with its kind, address, date and bytes (headers included), a line of a log with all it says except
    where the record lies.
    """
    records = sorted(_records(raw))
    lines = sorted(_lines(raw))
    return {"digest": _together([*records, *lines]), "records": len(records), "log_lines": len(lines)}


def _records(raw: Path) -> Iterator[bytes]:
    for run in archive.runs(raw):
        for path in archive.warc_files(run):
            for record in warc.records(path, _KINDS):
                if isinstance(record, warc.Damage):
                    yield _digest(["damage", run.name])
                    continue
                said = record.headers
                block = hashlib.sha256(record.reader.read()).hexdigest()
                yield _digest([said.get("WARC-Type"), said.get("WARC-Target-URI"), said.get("WARC-Date"), block])


def _lines(raw: Path) -> Iterator[bytes]:
    for run in archive.runs(raw):
        for name in (archive.LOG_FILE, archive.LISTS_FILE):
            for line in archive.json_lines(run / name):
                yield _digest([run.name, name, {k: v for k, v in line.items() if k not in PLACES}])
        yield _digest([run.name, archive.RUN_FILE, json.loads((run / archive.RUN_FILE).read_text(encoding="utf-8"))])
        registry = run / archive.PORTALS_FILE
        if registry.exists():
            yield _digest([run.name, archive.PORTALS_FILE, registry.read_text(encoding="utf-8-sig")])


def table_facts(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    """Number of rows of a table and the digest of their contents, whatever their order."""
    cells = ", ".join(f'"{c.name}"' for c in tables()[name].columns if c.name not in PLACES)
    sql = f"SELECT sha256(to_json(t)::VARCHAR) AS row FROM (SELECT {cells} FROM {name}) t ORDER BY row"
    hashed, count = hashlib.sha256(), 0
    with con.sql(sql).to_arrow_reader(_FETCHED) as batches:
        for batch in batches:
            count += batch.num_rows
            hashed.update("".join(batch.column(0).to_pylist()).encode())
    return {"rows": count, "digest": hashed.hexdigest()}


def _digest(said: Any) -> bytes:
    return hashlib.sha256(_canonical(said)).digest()


def _together(digests: Iterable[bytes]) -> str:
    hashed = hashlib.sha256()
    for one in digests:
        hashed.update(one)
    return hashed.hexdigest()


def _canonical(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
