"""What a person put right, as it stands in $(DATA)/corrections.csv; correct.py brings it into the tables.

    table,key,column,value,who,why,on
    documents,5a50…,report_year,2023,李四,标题漏印年份,2026-03-01

Keys are those of the tables; they are made from addresses, bytes and offsets, so they survive a rebuild. A line that does
not fit stops the build: a correction is never dropped in silence.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.console import Problem, names
from knowledge.schema import tables, words

FILE = "corrections.csv"
COLUMNS = ("table", "key", "column", "value", "who", "why", "on")


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of the file. `value` is typed as its column; `written` is what stands in the file, None for an empty cell."""

    where: str  # file, line and key, as errors name it
    line: int
    table: str
    key: str
    column: str
    value: Any
    written: str | None
    who: str
    why: str
    on: date

    def refused(self, why: str, do: str) -> Problem:
        """The error that this line stops the build with."""
        return Problem(f"{self.where}: {why}; {do}.")


def digest(data: Path) -> str:
    """Digest of a data folder's corrections, a part of what a warehouse is made from; "" if there are none."""
    path = data / FILE
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def read(data: Path) -> list[Correction]:
    """The corrections of a data folder, in file order; none if there is no file.

    Raises Problem, naming file, line and key, for anything that cannot hold whatever the tables contain.
    """
    path = data / FILE
    if not path.exists():
        return []
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise Problem(f"{path}, line {line}: no UTF-8; save the file as “CSV UTF-8”, then build again.") from None
    out: list[Correction] = []
    first_line: dict[tuple[str, str, str], int] = {}
    for line, cells in _lines(path, text):
        one = _correction(path, line, cells)
        before = first_line.setdefault((one.table, one.key, one.column), line)
        if before != line:
            raise one.refused(f"{one.table}.{one.column} is corrected in line {before} already", "keep one of the two")
        out.append(one)
    return out


def _lines(path: Path, text: str) -> Iterable[tuple[int, dict[str, str]]]:
    """(number of its first line, cells by column) of each row below the header; rows of empty cells are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as e:
            raise Problem(f"{path}, line {line}: {e}; put the quotation marks right.") from None
        if row is None:
            return
        cells = [c.strip() for c in row]
        if not header:
            header = [c.lower() for c in cells]
            while header and not header[-1]:
                header.pop()
            if sorted(header) != sorted(COLUMNS):
                raise Problem(f"{path}, line {line}: the first line must be {','.join(COLUMNS)}; put it right.")
        elif any(cells):
            if any(cells[len(header) :]):
                said = f"{len(header)} cells expected, more found"
                raise Problem(f"{path}, line {line}: {said}; put a value with a comma in double quotes.")
            yield line, dict(zip(header, cells + [""] * len(header), strict=False))
        line = reader.line_num + 1


def _correction(path: Path, line: int, cells: dict[str, str]) -> Correction:
    table, key, column, written = cells["table"], cells["key"], cells["column"], cells["value"] or None
    where = f"{path}, line {line}, key {key or '(empty)'}"

    def refused(why: str, do: str) -> Problem:
        return Problem(f"{where}: {why}; {do}.")

    correctable = {name: t.correctable for name, t in tables().items() if t.correctable}
    if table not in correctable:
        raise refused(f"no table {table!r} to correct", f"tables are {', '.join(correctable)}")
    if column in tables()[table].key:
        raise refused(f"{column} is the key of {table} and cannot be corrected", "delete the line")
    if column not in correctable[table]:
        raise refused(f"{table}.{column} cannot be corrected", f"columns are {', '.join(correctable[table])}")
    for name in ("key", "who", "why", "on"):
        if not cells[name]:
            raise refused(f"nothing under {name!r}", "fill it in")
    try:
        on = _day(cells["on"])
    except ValueError:
        raise refused(f"{cells['on']!r} under 'on' is no day", "write it as 2026-03-01") from None
    if written is None and column in tables()[table].required:
        raise refused(f"{table}.{column} must have a value", "fill it in or delete the line")
    try:
        value = None if written is None else parsed(table, column, written)
    except ValueError as e:
        raise refused(f"{written!r} does not fit {table}.{column}", str(e)) from None
    return Correction(where, line, table, key, column, value, written, cells["who"], cells["why"], on)


def parsed(table: str, column: str, written: str) -> Any:
    """`written` in the column's type; raises ValueError, saying what is expected, if it is none or no known word."""
    kind = next(c.type for c in tables()[table].columns if c.name == column)
    try:
        value = _PARSERS[kind](written)
    except ValueError:
        raise ValueError(f"expected is {_EXPECTED[kind]}") from None
    known = words(table, column)
    if known is not None and value not in known:
        raise ValueError(f"words are {', '.join(known)}")
    if column == "region_code" and re.fullmatch(r"\d{6}", written) is None:
        raise ValueError("expected are the six digits of a region")
    return value


def _number(written: str) -> float:
    value = float(written)
    if not math.isfinite(value) or "_" in written:
        raise ValueError
    return value


def _whole(written: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,9}", written):
        raise ValueError
    return int(written)


def _truth(written: str) -> bool:
    return ("false", "true").index(written.lower()) == 1  # Excel writes TRUE


def _day(written: str) -> date:
    found = re.fullmatch(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})", written)  # Excel writes 2024/2/18
    if not found:
        raise ValueError
    return date(int(found[1]), int(found[3]), int(found[4]))


_PARSERS: dict[str, Callable[[str], Any]] = {
    "VARCHAR": str, "DOUBLE": _number, "INTEGER": _whole, "BOOLEAN": _truth, "DATE": _day,
}  # fmt: skip
_EXPECTED = {
    "VARCHAR": "text", "DOUBLE": "a number, without unit or thousands separators", "INTEGER": "a whole number",
    "BOOLEAN": "true or false", "DATE": "a day as 2024-02-18",
}  # fmt: skip


def told(corrections: Sequence[Correction]) -> str:
    """The line that a build prints about its corrections."""
    return f"warehouse: corrections applied: {len(corrections)} (by {names(sorted({c.who for c in corrections}))})."
