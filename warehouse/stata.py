"""Stata files, format 118 (Stata 14 and later, Unicode), written row by row.

The writers of the usual libraries hold a whole table in memory; this one holds a batch. Layout: `help dta` of Stata.
The header carries no time, so equal tables make equal bytes.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

MAX_STR = 2045  # bytes; longer texts are strL
MAX_NAME = 32
MAX_LABEL = 80  # characters, of variables and of the file
EPOCH_DAYS = 3653  # 1960-01-01, Stata's day 0, before 1970-01-01

# kind → (type number, struct code, value of a missing cell)
_NUMBERS: dict[str, tuple[int, str, float]] = {
    "byte": (65530, "b", 101),
    "int": (65529, "h", 32_741),
    "long": (65528, "i", 2_147_483_621),
    "double": (65526, "d", 2.0**1023),
}
_STRL = 32_768
_FORMATS = {"byte": "%8.0g", "int": "%8.0g", "long": "%12.0g", "double": "%16.0g", "strL": "%9s"}
_RESERVED = {
    "_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n", "_N", "_pi", "_pred", "_rc",
    "_skip", "strL", "using", "with",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. kind: byte, int, long, double, str or strL; width: bytes of a str; words: what 1, 2, … stand for
    (of a byte whose words are two and `from_zero`: 0 and 1)."""

    name: str
    kind: str
    label: str = ""
    width: int = 0
    format: str = ""
    words: tuple[str, ...] = ()
    from_zero: bool = False

    @property
    def type_number(self) -> int:
        """As the file names the type."""
        if self.kind == "str":
            return self.width
        return _STRL if self.kind == "strL" else _NUMBERS[self.kind][0]

    @property
    def struct_code(self) -> str:
        """One cell, as the struct module names it."""
        if self.kind == "str":
            return f"{self.width}s"
        return "Q" if self.kind == "strL" else _NUMBERS[self.kind][1]


def is_name(name: str) -> bool:
    """True if Stata takes it as a variable's name."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and not name[:1].isdigit()
    return plain and len(name) <= MAX_NAME and name not in _RESERVED and not name.removeprefix("str").isdigit()


def write(path: Path, label: str, variables: Sequence[Variable], batches: Iterable[pa.RecordBatch], rows: int) -> None:
    """Write a file. Batches have a column per variable: strings as text, numbers and dates as Stata counts them, NULL
    for missing ones; `rows` is how many they hold in all. Raises ValueError if they hold another number of rows."""
    with path.open("wb") as out, tempfile.TemporaryFile() as long_texts:
        places = [0]
        _header(out, label, len(variables), rows)
        map_at = out.tell()
        places.append(map_at)
        _tagged(out, "map", bytes(14 * 8))
        for tag, data in _descriptions(variables):
            places.append(out.tell())
            _tagged(out, tag, data)
        places.append(out.tell())
        out.write(b"<data>")
        written = _data(out, long_texts, variables, batches)
        if written != rows:
            raise ValueError(f"{path}: {written} rows came where {rows} were announced")
        out.write(b"</data>")
        places.append(out.tell())
        out.write(b"<strls>")
        long_texts.seek(0)
        shutil.copyfileobj(long_texts, out)
        out.write(b"</strls>")
        places.append(out.tell())
        _tagged(out, "value_labels", b"".join(_value_labels(v) for v in variables if v.words))
        places.append(out.tell())
        out.write(b"</stata_dta>")
        places.append(out.tell())
        out.seek(map_at + len("<map>"))
        out.write(struct.pack("<14Q", *places))


def _header(out: IO[bytes], label: str, variables: int, rows: int) -> None:
    said = label[:MAX_LABEL].encode()
    out.write(b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder>")
    _tagged(out, "K", struct.pack("<H", variables))
    _tagged(out, "N", struct.pack("<Q", rows))
    _tagged(out, "label", struct.pack("<H", len(said)) + said)
    out.write(b"<timestamp>\0</timestamp></header>")


def _tagged(out: IO[bytes], tag: str, data: bytes) -> None:
    out.write(b"<%s>%s</%s>" % (tag.encode(), data, tag.encode()))


def _descriptions(variables: Sequence[Variable]) -> Iterator[tuple[str, bytes]]:
    """What stands before the data: a field of fixed width per variable."""
    formats = [v.format or _FORMATS.get(v.kind) or f"%{v.width}s" for v in variables]
    yield "variable_types", struct.pack(f"<{len(variables)}H", *(v.type_number for v in variables))
    yield "varnames", _fields([v.name for v in variables], 129)
    yield "sortlist", bytes(2 * (len(variables) + 1))
    yield "formats", _fields(formats, 57)
    yield "value_label_names", _fields([v.name if v.words else "" for v in variables], 129)
    yield "variable_labels", _fields([v.label[:MAX_LABEL] for v in variables], 321)
    yield "characteristics", b""


def _fields(texts: Iterable[str], width: int) -> bytes:
    return b"".join(t.encode().ljust(width, b"\0") for t in texts)


def _data(
    out: IO[bytes], long_texts: IO[bytes], variables: Sequence[Variable], batches: Iterable[pa.RecordBatch]
) -> int:
    pack = struct.Struct("<" + "".join(v.struct_code for v in variables)).pack
    done = 0
    for batch in batches:
        columns = [
            _strl(column, number, done, long_texts) if v.kind == "strL" else _cells(column, v)
            for number, (v, column) in enumerate(zip(variables, batch.columns, strict=True), start=1)
        ]
        out.write(b"".join(map(pack, *columns)))
        done += batch.num_rows
    return done


def _cells(column: pa.Array, variable: Variable) -> list[Any]:
    """Cells of a batch as the struct module takes them."""
    if variable.kind == "str":
        cells: list[Any] = pc.fill_null(column, "").cast(pa.binary()).to_pylist()
        return cells
    missing = _NUMBERS[variable.kind][2]
    cells = [missing if x is None else x for x in column.to_pylist()]
    if variable.kind == "double":  # infinite or no number: nothing that Stata could hold
        cells = [x if -missing < x < missing else missing for x in cells]
    return cells


def _strl(column: pa.Array, number: int, done: int, long_texts: IO[bytes]) -> list[int]:
    """References to the texts of a strL variable, which go to `long_texts`."""
    out = []
    for row, text in enumerate(column.to_pylist(), start=done + 1):
        if not text:
            out.append(0)
            continue
        data = text.encode() + b"\0"
        long_texts.write(b"GSO" + struct.pack("<IQBI", number, row, 130, len(data)) + data)
        out.append(row << 16 | number)
    return out


def _value_labels(variable: Variable) -> bytes:
    """The table of one variable's words."""
    first = 0 if variable.from_zero else 1
    texts = [w.encode() + b"\0" for w in variable.words]
    offsets = [sum(map(len, texts[:i])) for i in range(len(texts))]
    n, length = len(texts), sum(map(len, texts))
    table = struct.pack(f"<2i{n}i{n}i", n, length, *offsets, *range(first, first + n)) + b"".join(texts)
    return (
        b"<lbl>"
        + struct.pack("<i", len(table))
        + variable.name.encode().ljust(129, b"\0")
        + bytes(3)
        + table
        + b"</lbl>"
    )
