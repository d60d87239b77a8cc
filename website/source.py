"""The warehouse as the pages read it: read-only, a province or a batch of reports at a time, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

_MEMORY = "1GB"  # of the database; what needs more is spilt
_PLAIN = re.compile(r"[0-9A-Za-z_-]{1,64}")
Row = dict[str, Any]


class Source:
    """An open warehouse with the temporary tables of prepare.sql."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def rows(self, sql: str, *values: object) -> list[Row]:
        """All rows of an answer as mappings."""
        cursor = self._con.execute(sql, list(values))
        names = [d[0] for d in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def values(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of an answer as tuples."""
        return self._con.execute(sql, list(values)).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        """The first column of the first row; None without rows."""
        found = self._con.execute(sql, list(values)).fetchone()
        return found[0] if found else None


@contextmanager
def opened(path: Path, spill: Path) -> Iterator[Source]:
    """The warehouse at `path`, ready for pages; `spill` is a folder for what does not fit into memory."""
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute(f"SET memory_limit = '{_MEMORY}'")
        con.execute("SET temp_directory = ?", [str(spill)])
        con.execute("SET TimeZone = 'Asia/Shanghai'")  # days are days in China
        con.execute((Path(__file__).parent / "prepare.sql").read_text(encoding="utf-8"))
        yield Source(con)


def by(rows: Sequence[Row], key: str) -> dict[Any, list[Row]]:
    """Rows by one of their columns, in their order."""
    out: dict[Any, list[Row]] = {}
    for row in rows:
        out.setdefault(row[key], []).append(row)
    return out


def file_name(key: str) -> str:
    """A key as part of a path: itself where it is plain, else its digest; a key cannot lead out of the folder."""
    return key if _PLAIN.fullmatch(key) else sha256(key.encode()).hexdigest()[:24]


def report_path(document_id: str) -> str:
    """Where a report's page lies below the site's root; folders by the key's first characters keep listings short."""
    name = file_name(document_id)
    return f"report/{name[:2]}/{name}.html"


def place_path(region_code: str) -> str:
    """Where a place's page lies below the site's root."""
    return f"place/{file_name(region_code)}.html"


def indicator_path(code: str) -> str:
    """Where an indicator's page lies below the site's root."""
    return f"indicator/{file_name(code)}.html"
