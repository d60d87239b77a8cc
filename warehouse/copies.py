"""One report, many copies: which documents are the same report, and what changed between versions of an address."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import pyarrow as pa

# Share of a sketch that near-duplicate texts have in common; measured pairs of different reports stay below a third.
NEAR = 0.6
MIN_SKETCH = 6  # texts of fewer sentences are alike by chance
COMMON = 50  # a sentence that more documents share is a formula and tells nothing
EDITED = 0.5  # two sentences with this much in common are one that was edited

YEARLY = ("annual_report", "npc_report", "self_check")
OTHER_REPORTS = ("party_report", "white_paper", "interim_report", "multi_year_report")
_SENTENCE = re.compile(r"[^。;；!！?？\n]+[。;；!！?？]?")


def group(con: duckdb.DuckDBPyConnection) -> None:
    """Write temp table groups(document_id, duplicate_group).

    A group is the yearly report of one issuer and year in its versions; versions of one address; and near-duplicate
    texts whatever their type. Reports of different issuers, years or kinds never join: a report that copies last
    year's is another report, and so is what stood at the same address a year ago.
    """
    rows = con.execute(
        "SELECT document_id, url, doc_type, issuer_id, report_year FROM documents ORDER BY document_id"
    ).fetchall()
    union = _Union()
    for document_id, _, doc_type, issuer_id, year in rows:
        if key := report_key(doc_type, issuer_id, year):
            union.claim(document_id, key)
            union.join(document_id, f"report:{key}")
    for document_id, url, *_ in rows:
        union.join_unless_claims_differ(document_id, f"url:{url}")
    for a, b in con.execute(_NEAR_PAIRS, [COMMON, MIN_SKETCH, NEAR]).fetchall():
        union.join_unless_claims_differ(a, b)
    ids = [r[0] for r in rows]
    names = union.names(ids)
    con.register("incoming", pa.table({"document_id": ids, "duplicate_group": [names[i] for i in ids]}))
    con.execute("CREATE TEMP TABLE groups AS SELECT * FROM incoming")
    con.unregister("incoming")


def report_key(doc_type: str, issuer_id: str | None, year: int | None) -> str | None:
    """What two documents share that are the same report; None for look-alikes and where issuer or year is unknown."""
    if issuer_id is None or year is None:
        return None
    if doc_type in YEARLY:
        return f"{issuer_id}:{year}"
    return f"{issuer_id}:{year}:{doc_type}" if doc_type in OTHER_REPORTS else None


_NEAR_PAIRS = """
WITH hashes AS (SELECT document_id, unnest(sketch) AS hash, len(sketch) AS size FROM documents WHERE len(sketch) >= $2),
     telling AS (SELECT hash FROM hashes GROUP BY hash HAVING count(*) BETWEEN 2 AND $1)
SELECT a.document_id, b.document_id
FROM hashes a JOIN telling USING (hash) JOIN hashes b ON b.hash = a.hash AND a.document_id < b.document_id
GROUP BY a.document_id, b.document_id
HAVING count(*) >= $3 * least(any_value(a.size), any_value(b.size))
-- the nearest first: a reprint joins the report it copies before it could join one that resembles it
ORDER BY count(*) DESC, a.document_id, b.document_id
"""


class _Union:
    """Union-find whose sets may carry a claim (the report they are)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._claims: dict[str, set[str]] = {}

    def find(self, item: str) -> str:
        root = item
        while self._parent.setdefault(root, root) != root:
            root = self._parent[root]
        while self._parent[item] != root:
            self._parent[item], item = root, self._parent[item]
        return root

    def join(self, a: str, b: str) -> None:
        a, b = sorted((self.find(a), self.find(b)))
        if a != b:
            self._parent[b] = a
            self._claims[a] = self._claims.pop(a, set()) | self._claims.pop(b, set())

    def claim(self, item: str, key: str) -> None:
        self._claims.setdefault(self.find(item), set()).add(key)

    def join_unless_claims_differ(self, a: str, b: str) -> None:
        if len(self._claims.get(self.find(a), set()) | self._claims.get(self.find(b), set())) <= 1:
            self.join(a, b)

    def names(self, items: Iterable[str]) -> dict[str, str]:
        """Name of each item's set: the report it claims, else its first document."""
        first: dict[str, str] = {}
        for item in sorted(items):
            first.setdefault(self.find(item), item)
        named = {root: min(self._claims.get(root) or {item}) for root, item in first.items()}
        return {item: named[self.find(item)] for item in items}


def changes(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Rows of document_changes: sentences that went, came or changed between consecutive versions of an address."""
    sql = """
    SELECT v.url, d.document_id, d.text
    FROM versions v JOIN documents d USING (document_id)
    WHERE v.url IN (SELECT url FROM versions GROUP BY url HAVING count(*) > 1)
    ORDER BY v.url, v.first_captured, d.document_id
    """
    out = []
    before: tuple[str, str, str] | None = None
    for row in con.execute(sql).fetchall():
        if before and before[0] == row[0]:
            for kind, old, new in sentence_changes(before[2], row[2]):
                fact = {"url": row[0], "from_document_id": before[1], "to_document_id": row[1], "kind": kind}
                out.append({**fact, "sentence_before": old, "sentence_after": new})
        before = row
    return list({tuple(row.values()): row for row in out}.values())  # a sentence that stands twice is named once


def sentence_changes(old: str, new: str) -> Iterator[tuple[str, str | None, str | None]]:
    """(kind, sentence before, sentence after) in text order; kind is added, removed or edited."""
    a, b = (_SENTENCE.findall(text) for text in (old, new))
    matcher = difflib.SequenceMatcher(None, [_folded(s) for s in a], [_folded(s) for s in b], autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        if op == "equal":
            continue
        gone, come = a[i1:i2], b[j1:j2]
        while gone and come and difflib.SequenceMatcher(None, gone[0], come[0], autojunk=False).ratio() >= EDITED:
            yield "edited", gone.pop(0).strip(), come.pop(0).strip()
        yield from (("removed", s.strip(), None) for s in gone)
        yield from (("added", None, s.strip()) for s in come)


def _folded(sentence: str) -> str:
    return "".join(sentence.split())
