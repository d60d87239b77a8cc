"""Properties of knowledge.schema."""

from __future__ import annotations

from hypothesis import strategies as st

from knowledge import schema
from tests.properties.drawn import TEXT, of

COLUMN_OF_DOCUMENTS = st.sampled_from(
    [c.name for c in schema.tables()["documents"].columns if c.type == "VARCHAR" and not c.late]
)


@of(schema.table_of, st.lists(st.tuples(st.sets(COLUMN_OF_DOCUMENTS, min_size=1), st.integers(0, 3)), max_size=4))
def _(drawn: list[tuple[set[str], int]]) -> None:
    """Parts stand one behind the other, and what one lacks is NULL: as if each row had been given by itself."""
    parts = [schema.Columns({name: [name] * count for name in names}) for names, count in drawn]
    table = schema.table_of("documents", parts)
    assert table == schema.table_from_rows("documents", [row for part in parts for row in part])
    assert table.num_rows == sum(count for _, count in drawn) == sum(map(len, parts))


@of(schema.one_row, st.dictionaries(COLUMN_OF_DOCUMENTS, TEXT, min_size=1))
def _(row: dict[str, str]) -> None:
    assert list(schema.one_row(row)) == [row] == [schema.one_row(row)[0]]


@of(schema.table_from_rows, st.sampled_from(("fetches", "quarantine", "documents")), st.integers(0, 3), st.text(min_size=1, max_size=9))  # fmt: skip
def _(name: str, count: int, extra: str) -> None:
    first = next(c.name for c in schema.tables()[name].columns if c.type == "VARCHAR")
    table = schema.table_from_rows(name, [{first: "值"}] * count)
    assert table.num_rows == count and table.schema == schema.tables()[name].arrow()
    if extra not in table.schema.names:
        try:
            schema.table_from_rows(name, [{extra: None}])
        except ValueError as e:
            assert extra in str(e)
        else:
            raise AssertionError("a column that is none was taken")


@of(schema.words, st.sampled_from(sorted(schema.tables())), st.sampled_from(sorted({c.name for t in schema.tables().values() for c in t.columns})))  # fmt: skip
def _(table: str, column: str) -> None:
    got = schema.words(table, column)
    assert got is None or all(got.values())
