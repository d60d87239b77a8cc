"""Recipes: questions that people ask of the warehouse, each a file of SQL (cookbook/*.sql), run by name.

A file begins with its question, one comment line in Chinese and one in English; more comment lines say how to change it.
`-- extra: population(region_code VARCHAR, year INTEGER, population DOUBLE)` names a table of one's own (extra.py).
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from knowledge import storage
from knowledge.console import Problem, guard
from warehouse import extra
from warehouse.query import find, run, show

FOLDER = Path(__file__).parent / "cookbook"
EXAMPLE = FOLDER / "example"  # invented files for the invented places of the sample

_COUNTED = 10_000
_SHOWN = 6  # rows of each answer in docs/cookbook.md
_WIDTH = 40  # characters of a cell there
_EXTRA = re.compile(r"extra: (\w+)\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One question: name of its file, in Chinese and English, further notes, tables of one's own, SQL."""

    name: str
    zh: str
    en: str
    notes: tuple[str, ...]
    extras: dict[str, dict[str, str]]
    sql: str


@cache
def recipes() -> dict[str, Recipe]:
    """All recipes by name, in order."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.sql"))}


def _read(path: Path) -> Recipe:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next(i for i, line in enumerate(lines) if not line.startswith("--"))
    said = [line.removeprefix("--").strip() for line in lines[:head]]
    extras = {
        m[1]: dict(column.split() for column in m[2].split(",")) for line in said if (m := _EXTRA.fullmatch(line))
    }
    notes = tuple(line for line in said[2:] if not _EXTRA.fullmatch(line))
    return Recipe(path.stem, said[0], said[1], notes, extras, "\n".join(lines[head:]))


def choose(name: str) -> Recipe:
    """The recipe of a name, a number or a part of a name; raises Problem if not exactly one fits."""
    fits = [r for r in recipes().values() if r.name == name] or [
        r for r in recipes().values() if r.name.startswith(f"{name.zfill(2)}-") or (len(name) > 2 and name in r.name)
    ]
    if len(fits) != 1:
        what = "several recipes are called so" if fits else "no such recipe"
        raise Problem(f"NAME={name}: {what}; make recipe lists them.")
    return fits[0]


def markdown(con: duckdb.DuckDBPyConnection) -> str:
    """docs/cookbook.md: every recipe with the first rows of its answer from the sample."""
    out = [_HEAD]
    for recipe in recipes().values():
        extra.expose(con, EXAMPLE, recipe.extras)
        columns, rows = run(con, recipe.sql, _COUNTED)
        names = [column for column, _ in columns]
        out += [f"## {recipe.name}", "", recipe.zh, "", recipe.en, ""]
        out += [" ".join(recipe.notes), ""] if recipe.notes else []
        out += [f"`{name}.csv`: {', '.join(columns)}" for name, columns in recipe.extras.items()]
        out += [""] if recipe.extras else []
        out += ["```sql", recipe.sql, "```", "", "| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
        out += ["| " + " | ".join(_cell(v) for v in row) + " |" for row in rows[:_SHOWN]]
        more = len(rows) - _SHOWN
        out += ["", f"… {more} more rows" if more > 0 else f"{len(rows)} rows" if rows else "no rows in the sample", ""]
    return "\n".join(out)


_HEAD = """# Cookbook

Made by `make docs` from `warehouse/cookbook/*.sql` and the sample. **示例数据均为虚构:** the answers below come from the
invented sample, whose places (codes 99xxxx), bodies and figures do not exist, and from the invented files in
`warehouse/cookbook/example/`.

`make recipe` lists the recipes, `make recipe NAME=05` or `NAME=share-on-problems` runs one on `DATA` (or on the sample,
saying so). To change one, copy its SQL into `make query SQL="…"` or any DuckDB client.

Some questions need what no report says. A CSV file in `DATA/extra/` (UTF-8, header row) is a table of its name in
`make query` and `make recipe`; columns that end in `_code` are read as text. A recipe names the columns it wants, and
answers as far as it can without them.
"""


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", text.replace("|", "\\|").replace("\n", " "))
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def main() -> None:
    """Command line of `make recipe`."""
    parser = argparse.ArgumentParser(description="List the recipes, or run one.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    parser.add_argument("--name", default="", help="name, number or part of the name")
    parser.add_argument("--markdown", action="store_true", help="print docs/cookbook.md")
    given = parser.parse_args()
    if not (given.name or given.markdown):
        for each in recipes().values():
            print(f"{each.name}\n    {each.zh}\n    {each.en}")
        print("\nmake recipe NAME=05 runs one.")
        return
    recipe = choose(given.name) if given.name else None
    path = find(given.data)
    with duckdb.connect(str(path), read_only=True) as con:
        if recipe is None:
            print(markdown(con), end="")
            return
        print(f"{recipe.zh}\n{recipe.en}")
        extra.expose(con, path.parent / "extra", recipe.extras)
        show(con, recipe.sql)


if __name__ == "__main__":
    guard(main)
