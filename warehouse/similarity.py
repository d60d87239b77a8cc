"""Tables similarity and sentence_templates: what reports take over from their own earlier ones and from their neighbours.

Exact, sentence by sentence: hashes of folded sentences are joined within an issuer, and within a province through
sentences that are no template of it. Both joins stay small because a sentence that many issuers print is a template.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from knowledge.cues import load

_SQL = Path(__file__).with_suffix(".sql")


def fill(con: duckdb.DuckDBPyConnection, rules: dict[str, Any] | None = None) -> None:
    """Fill both tables; sections are final, the view yearly_reports exists. rules: those of similarity.toml."""
    sql = _SQL.read_text(encoding="utf-8")
    for name, value in (load("similarity.toml") | (rules or {})).items():
        said = ", ".join(f"'{v}'" for v in value) if isinstance(value, list) else str(value)
        sql = sql.replace("{" + name + "}", said)
    con.execute(sql)
