"""One WARC file of the archive, its crawl log, and the registry rows its run worked from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from csv import DictReader
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from knowledge import archive
from knowledge.schema import tables


@dataclass(frozen=True, slots=True)
class Shard:
    """One WARC file of a run, or a run that has none (then `warc` is None); `first` also carries the run's own rows."""

    run: Path
    warc: Path | None
    first: bool

    @property
    def key(self) -> str:
        """Name of the shard's folder."""
        return f"{self.run.name}-{self.warc.name.split('.')[0] if self.warc else 'none'}"

    @property
    def archive_file(self) -> str:
        """As the tables name it."""
        return f"{self.run.name}/{self.warc.name}" if self.warc else self.run.name

    def files(self) -> list[str]:
        """What its tables are made from, by name relative to the data folder; not all need be there."""
        names = (archive.LOG_FILE, archive.RUN_FILE, archive.PORTALS_FILE, archive.LISTS_FILE)
        return [f"raw/{self.run.name}/{name}" for name in ([self.warc.name] if self.warc else []) + list(names)]

    def below(self, data: Path) -> Shard:
        """The same shard where its files lie below another data folder."""
        run = data / "raw" / self.run.name
        return replace(self, run=run, warc=run / self.warc.name if self.warc else None)


def shards(raw: Path) -> list[Shard]:
    """All shards of the archive in the folder `raw`, oldest run first."""
    return named((f"raw/{p.parent.name}/{p.name}" for p in raw.glob("*/*")), raw)


def named(files: Iterable[str], raw: Path) -> list[Shard]:
    """All shards of an archive that has these files (raw/<run>/<name>), oldest run first."""
    runs: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted(files):
        run, name = file.split("/")[1:3] if file.count("/") == 2 else ("", "")
        runs[run].append(name)
    out = []
    for run, names in runs.items():
        if archive.RUN_FILE in names:
            warcs: list[Path | None] = [raw / run / n for n in names if n.endswith(archive.WARC_ENDING)] or [None]
            out += [Shard(raw / run, path, i == 0) for i, path in enumerate(warcs)]
    return out


def crawl_log(shard: Shard) -> Iterator[dict[str, Any]]:
    """Crawl log rows whose response lies in this shard; the first shard also takes those without a response."""
    mine = shard.archive_file if shard.warc else None
    known = {c.name for c in tables()["fetches"].columns}
    log = shard.run / archive.LOG_FILE
    span: tuple[int, int | None] = (0, None)
    if not shard.first:
        stat = log.stat() if log.exists() else None
        span = _spans(log, stat.st_size, stat.st_mtime_ns).get(mine, (0, 0)) if stat else (0, 0)
    for row in archive.json_lines(log, *span):
        where = row.get("archive_file")
        if where == mine or (where is None and shard.first):
            yield {k: v for k, v in row.items() if k in known}


@lru_cache(maxsize=4)
def _spans(log: Path, size: int, modified: int) -> dict[str | None, tuple[int, int]]:
    """By archive file, the part of a run's crawl log that holds all its rows; files are written one after another.

    Kept as long as the log is as large and as old as it was: to read all of it for each file of a run would cost the
    square of their number.
    """
    spans: dict[str | None, tuple[int, int]] = {}
    for start, end, row in archive.json_lines_at(log):
        name = row.get("archive_file")
        spans[name] = (spans[name][0] if name in spans else start, end)
    return spans


def portals(run: Path) -> list[dict[str, str]]:
    """The registry rows that a run worked from; an ingest of plain files has none."""
    path = run / archive.PORTALS_FILE
    if not path.exists():
        return []
    names = [c.name for c in tables()["portals"].columns]
    with path.open(encoding="utf-8-sig", newline="") as f:
        return [{k: row.get(k, "") for k in names} for row in DictReader(f)]
