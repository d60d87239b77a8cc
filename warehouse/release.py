"""`make release`: a dated folder of the tables that never changes, with what one needs to read, cite and check it.

    OUT/fazhi-YYYY-MM-DD/       the day of the archive's last fetch, in China: never the day of the release
        README.md               what it is, in Chinese and English
        tables/<name>.parquet   every table, and the views that stand on them
        dictionary.md           every column and code word
        codebook.csv, .md       every indicator: definition, how often it is stated, how often such rows are right
        withdrawn.csv           what stood on a portal once and no longer does
        certificate.json        which archive and code gave these tables (certificate.py)
        datapackage.json        the same for machines (Frictionless Data Package)
        checksums.sha256        for sha256sum -c

Written beside and renamed: a release is complete or absent. Equal archives and code give equal bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import duckdb

from knowledge import archive, console, lock, storage
from knowledge.cues import load
from knowledge.schema import tables, words
from knowledge.version import code_version
from warehouse import certificate, corrections, dictionary, export
from warehouse.build import built_from

NAME = "fazhi"
LEFT_OUT = ("reports", "coverage_by_year")  # a choice of documents, and a sum of coverage
FLOORS = Path(__file__).parent.parent / "tests" / "floors.toml"
_KINDS = {
    "VARCHAR": "string", "INTEGER": "integer", "BIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime",
}  # fmt: skip


def release(data: Path, out: Path) -> Path:
    """Write the release of a data folder under `out`; returns its folder.

    Raises Problem if that day's release is there already, or if the warehouse is not made from the archive as it lies.
    """
    with (
        lock.held(data / ".warehouse.lock", "release", shared=True),
        lock.held(data / ".transform.lock", "release"),
    ):
        check_current(data)
        with export.opened(data / "warehouse.duckdb") as con:
            folder = out / f"{NAME}-{last_day(con)}"
            if folder.exists():
                raise console.Problem(f"{folder} is there already, and a release never changes: choose another OUT.")
            beside = out / f".{folder.name}.new"
            shutil.rmtree(beside, ignore_errors=True)
            (beside / "tables").mkdir(parents=True)
            _write(con, data, beside, folder.name)
    for path in beside.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    beside.rename(folder)
    return folder


def last_day(con: duckdb.DuckDBPyConnection) -> str:
    """Day of the archive's last fetch, in China, as YYYY-MM-DD."""
    sql = "SELECT (max(fetched_at) AT TIME ZONE 'Asia/Shanghai')::DATE::VARCHAR FROM fetches"
    ((day,),) = con.execute(sql).fetchall()
    if day is None:
        raise console.Problem("nothing was ever fetched: run make crawl or make ingest first.")
    return str(day)


def check_current(data: Path) -> None:
    """Raise Problem unless the warehouse is made from the archive, corrections and code as they are now."""
    do = "run make transform warehouse, then release again"
    for run in archive.runs(data / "raw"):
        log = [
            (run / name).stat().st_size if (run / name).exists() else 0 for name in (archive.LOG_FILE, archive.RUN_FILE)
        ]
        files: list[Path | None] = [*archive.warc_files(run)]
        for warc in files or [None]:
            shard = f"{run.name}-{warc.name.split('.')[0] if warc else 'none'}"
            try:
                read = json.loads((data / "transform" / shard / "done.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise console.Problem(f"{shard} was not transformed: {do}.") from None
            if "failed" in read:
                raise console.Problem(f"{shard} could not be read and is set aside: {read['failed']}")
            if read["bytes"] != [warc.stat().st_size if warc else 0, *log]:
                raise console.Problem(f"{run.name} has grown since it was transformed: {do}.")
            if read["transform_version"] != code_version("transform", "knowledge"):
                raise console.Problem(f"{shard} was transformed by other code: {do}.")
    built = built_from(data / "warehouse.duckdb")
    now = {"code_version": code_version("warehouse", "knowledge"), "corrections_digest": corrections.digest(data)}
    if not now.items() <= built.items():
        raise console.Problem(f"the warehouse is older than its code or corrections: {do}.")


def _write(con: duckdb.DuckDBPyConnection, data: Path, folder: Path, name: str) -> None:
    relations = [r for r in export.relations(con) if r not in LEFT_OUT]
    with console.progress("release", len(relations) + 1) as step:
        counts = {}
        for relation in relations:
            counts[relation] = export.write_parquet(con, relation, folder / "tables")
            step(relation)
        made = certificate.certificate(con, data)
        step("certificate")
    if invented := con.execute("SELECT value FROM warehouse_info WHERE key = 'data' AND value <> 'real'").fetchall():
        invented_kind = str(invented[0][0])
    else:
        invented_kind = ""
    _text(folder / "certificate.json", json.dumps(made, ensure_ascii=False, indent=1))
    _text(folder / "dictionary.md", dictionary.markdown())
    indicators = codebook(con)
    with (folder / "codebook.csv").open("w", encoding="utf-8-sig", newline="") as f:
        writer = csv.DictWriter(f, list(indicators[0]))
        writer.writeheader()
        writer.writerows(indicators)
    _text(folder / "codebook.md", codebook_page(indicators))
    export.write_csv(con, "withdrawn", folder)
    _text(folder / "README.md", _readme(name, counts, made, invented_kind))
    package = datapackage(con, folder, name, relations, counts)
    _text(folder / "datapackage.json", json.dumps(package, ensure_ascii=False, indent=1))
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    sums = [f"{_sha256(p)}  {p.relative_to(folder).as_posix()}" for p in files]
    _text(folder / "checksums.sha256", "\n".join(sums))


def _text(path: Path, text: str) -> None:
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


# ---------------------------------------------------------------- codebook


def codebook(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """A row per indicator: the catalogue's, how often it is stated in this release, and the mean measured precision of
    the rules that read it (None where it is not stated or its rules were not measured)."""
    rows = con.execute("""
    SELECT
        c.*, count(i.indicator_id) AS statements, count(*) FILTER (v.chosen) AS panel_values,
        count(DISTINCT v.issuer_id) FILTER (v.chosen) AS issuers, min(v.report_year) FILTER (v.chosen) AS first_year,
        max(v.report_year) FILTER (v.chosen) AS last_year, round(avg(i.confidence ORDER BY i.indicator_id), 3) AS mean_precision
    FROM indicator_catalogue c
    LEFT JOIN indicators i USING (indicator_code)
    LEFT JOIN indicator_values v USING (indicator_id)
    GROUP BY ALL
    ORDER BY c.indicator_code
    """)
    names = [d[0] for d in rows.description or []]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def codebook_page(indicators: list[dict[str, Any]]) -> str:
    """The codebook for reading: how accuracy was measured, then each indicator."""
    out = ["# 指标手册 · Codebook", ""]
    out += ["## 准确率 · Measured accuracy", ""]
    out += [
        "Column `confidence` of `indicators` is the measured precision of the kind of rule that made a row: right rows over all "
        "rows of that kind, on reports labelled by hand that were kept unseen while the rules were written, together with "
        "labelled reports and sentences where those have too few. It is no probability of the single row.",
        "",
    ]
    measured = load("confidence.toml")
    out += _grid(
        ("kind of rule", "precision", "rows"), [(k, f"{m['precision']:.3f}", m["rows"]) for k, m in measured.items()]
    )
    out += [
        "The test suite holds these floors on numbers labelled by hand (`recall`, `precision`: indicators found and right; the "
        "others: share of cells that are right). `unseen` are the reports that were kept unseen.",
        "",
    ]
    floors = tomllib.loads(FLOORS.read_text(encoding="utf-8"))["figures"]
    names = list(dict.fromkeys(n for some in floors.values() for n in some))
    out += _grid(("labelled", *names), [(kind, *(some.get(n, "") for n in names)) for kind, some in floors.items()])
    out += ["## 指标 · Indicators", ""]
    columns = (
        "indicator_code",
        "name_zh",
        "kind",
        "unit",
        "definition_zh",
        "statements",
        "panel_values",
        "mean_precision",
    )
    out += _grid(columns, [[r[c] for c in columns] for r in indicators])
    return "\n".join(out)


def _grid(head: Any, rows: Any) -> list[str]:
    """Lines of a Markdown table and an empty one."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        lines.append("| " + " | ".join("" if c is None else str(c).replace("|", "\\|") for c in row) + " |")
    return [*lines, ""]


# ---------------------------------------------------------------- for machines and for people


def datapackage(
    con: duckdb.DuckDBPyConnection, folder: Path, name: str, relations: list[str], counts: dict[str, int]
) -> dict[str, Any]:
    """The Frictionless description of the release's tables."""
    resources = []
    for relation in relations:
        path = folder / "tables" / f"{relation}.parquet"
        described = tables().get(relation)
        schema: dict[str, Any] = {"fields": _fields(con, relation)}
        if described:
            schema["primaryKey"] = list(described.key)
            schema["foreignKeys"] = [_foreign_key(relation, c, to) for c, to in described.references.items()]
        comment = "SELECT comment FROM duckdb_views() WHERE view_name = $1"
        about = described.about if described else con.execute(comment, [relation]).fetchall()[0][0]
        resources.append(
            {
                "name": relation.replace("_", "-"),
                "path": f"tables/{path.name}",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "description": about,
                "bytes": path.stat().st_size,
                "hash": f"sha256:{_sha256(path)}",
                "rowcount": counts[relation],
                "schema": {k: v for k, v in schema.items() if v},
            }
        )
    return {
        "name": name,
        "title": "法治年报库 · reports on lawful government in China",
        "profile": "data-package",
        "version": name.removeprefix(f"{NAME}-"),
        "resources": resources,
    }


def _foreign_key(relation: str, column: str, to: str) -> dict[str, Any]:
    other, field = to.split(".")
    return {
        "fields": [column],
        "reference": {"resource": "" if other == relation else other.replace("_", "-"), "fields": [field]},
    }


def _fields(con: duckdb.DuckDBPyConnection, relation: str) -> list[dict[str, Any]]:
    meanings = dict(
        con.execute("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = $1", [relation]).fetchall()
    )
    required = tables()[relation].required if relation in tables() else ()
    out = []
    for column in export.columns(con, relation):
        field: dict[str, Any] = {
            "name": column.name,
            "type": "array" if column.type.endswith("[]") else _KINDS[column.type],
            "title": export.label(column.name),
            "description": meanings.get(column.name) or "",
        }
        limits: dict[str, Any] = {"required": True} if column.name in required else {}
        if column.type == "VARCHAR" and (known := words(relation, column.name)):
            limits["enum"] = list(known)
        out.append(field | ({"constraints": limits} if limits else {}))
    return out


def _readme(name: str, counts: dict[str, int], made: dict[str, Any], invented: str) -> str:
    said = {
        "": "",
        "sample": "**示例数据,均为虚构。Invented sample data: places, bodies and figures are made up.**\n\n",
        "mixed": "**部分为虚构示例(代码99开头)。Partly invented sample data: region codes that begin with 99.**\n\n",
    }[invented]
    rows = "\n".join(_grid(("table", "rows"), list(counts.items())))
    return f"""# {name}

{said}法治年报库的一次发布:`tables/` 为 Parquet 表;`dictionary.md` 解释每一列;`codebook.md` 为指标定义与实测准确率;
`withdrawn.csv` 列出已从网站撤下的文件。日期为存档最后一次采集之日。本目录发布后不再改动。

A release of Fazhi: tables under `tables/`, every column in `dictionary.md`, every indicator and its measured accuracy in
`codebook.md`, what was withdrawn from portals in `withdrawn.csv`. The date is the day of the archive's last fetch. A release
never changes; `sha256sum -c checksums.sha256` shows that it has not.

`certificate.json`: the archive with digest `{made["made_from"]["archive"]["digest"]}` and code version
`{made["made_from"]["code"]}` give these tables. Who has both can rebuild and compare:
`python -m warehouse.release --data DATA --against certificate.json`.

{rows}"""


def main() -> int:
    """Command line of `make release`."""
    parser = argparse.ArgumentParser(description="Write a dated release with its rebuild certificate.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="folder in which the release's folder is made")
    what.add_argument("--against", type=Path, help="a release's certificate.json: compare this data folder with it")
    args = parser.parse_args()
    if store := storage.store_of(args.data):  # the certificate is of the whole archive
        store.fetch(store.sizes("raw"), args.data)
        store.bring("transform", args.data / "transform", "done.json")
    if not (args.data / "warehouse.duckdb").exists():
        raise console.Problem(f"no warehouse at {args.data}: run make transform warehouse first.")
    if args.out:
        folder = release(args.data, args.out)
        size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
        digest = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))["digest"]
        print(f"release: {folder}: {size:.1f} MB, certificate {digest}.")
        return 0
    check_current(args.data)
    with export.opened(args.data / "warehouse.duckdb") as con:
        mine = certificate.certificate(con, args.data)
    wrong = certificate.differences(mine, json.loads(args.against.read_text(encoding="utf-8")))
    if wrong:
        print(f"release: not the same: {', '.join(wrong)}.")
        return 1
    print(f"release: the same archive, code and tables, certificate {mine['digest']}.")
    return 0


if __name__ == "__main__":
    console.guard(main)
