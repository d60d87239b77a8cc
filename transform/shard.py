"""One WARC file of the archive, its crawl log, and the registry rows its run worked from."""

from __future__ import annotations

from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
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


def shards(raw: Path) -> list[Shard]:
    """All shards of the archive, oldest run first."""
    out = []
    for run in archive.runs(raw):
        files: list[Path | None] = [*archive.warc_files(run)] or [None]
        out += [Shard(run, path, i == 0) for i, path in enumerate(files)]
    return out


def crawl_log(shard: Shard) -> Iterator[dict[str, Any]]:
    """Crawl log rows whose response lies in this shard; the first shard also takes those without a response."""
    mine = shard.archive_file if shard.warc else None
    known = {c.name for c in tables()["fetches"].columns}
    for row in archive.json_lines(shard.run / archive.LOG_FILE):
        where = row.get("archive_file")
        if where == mine or (where is None and shard.first):
            yield {k: v for k, v in row.items() if k in known}


def portals(run: Path) -> list[dict[str, str]]:
    """The registry rows that a run worked from; an ingest has none."""
    path = run / archive.PORTALS_FILE
    if not path.exists():
        return []
    names = [c.name for c in tables()["portals"].columns]
    with path.open(encoding="utf-8-sig", newline="") as f:
        return [{k: row.get(k, "") for k in names} for row in DictReader(f)]
