"""docs/tables.md: the data dictionary, made from the tables and views that a build creates."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from knowledge.indicators import catalogue
from knowledge.schema import tables, vocabulary
from warehouse.layout import create_tables, create_views

_HEAD = """# Tables and views

Made by `make docs` from `knowledge/tables.toml`, `knowledge/vocabulary.toml`, `knowledge/indicators.csv` and
`warehouse/views/*.sql`; change them there. The warehouse file says the same: `select * from duckdb_columns()`."""


def markdown() -> str:
    """Every table and view with its columns, types and meanings; the words of coded columns; the indicators."""
    out = [_HEAD, "", "# Tables", ""]
    for t in tables().values():
        out += [f"## {t.name}", "", t.about, "", f"Filled by: {t.made_by}. Key: {', '.join(t.key)}.", ""]
        own = [c for c in t.columns if not (t.per_indicator and c.name in catalogue())]
        out += _grid(("column", "type", "meaning"), [(c.name, c.type, c.meaning) for c in own])
        if t.per_indicator:
            out += ["… and a column (DOUBLE) for each code under [Indicators](#indicators), in that order.", ""]
    out += ["# Views", ""]
    with duckdb.connect() as con:
        create_tables(con)
        create_views(con)
        for view, about in con.execute(_VIEWS).fetchall():
            columns = con.execute(_COLUMNS, [view]).fetchall()
            out += [f"## {view}", "", about or "", "", *_grid(("column", "type", "meaning"), columns)]
        macros = con.execute(_MACROS).fetchall()
    out += ["# Macros", "", *_grid(("macro", "meaning"), [(f"`{name}({of})`", about) for name, of, about in macros])]
    out += ["# Words that coded columns hold", ""]
    for column, words in vocabulary().items():
        out += [f"## {column}", "", *_grid(("word", "meaning"), [(f"`{w}`", m) for w, m in words.items()])]
    out += ["# Indicators", ""]
    rows = [(f"`{i.indicator_code}`", i.name_zh, i.kind, i.unit, i.definition_zh) for i in catalogue().values()]
    out += _grid(("code", "name", "kind", "unit", "definition"), rows)
    return "\n".join(out)


_VIEWS = "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY view_oid"
_MACROS = """
SELECT function_name, array_to_string(parameters, ', '), comment
FROM duckdb_functions() WHERE NOT internal AND function_type = 'macro' ORDER BY 1
"""
_COLUMNS = "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = $1 ORDER BY column_index"


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> list[str]:
    """Lines of a Markdown table and an empty one."""
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    out += ["| " + " | ".join((cell or "").replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [*out, ""]


if __name__ == "__main__":
    print(markdown(), end="")
