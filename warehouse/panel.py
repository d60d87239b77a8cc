"""Tables indicator_values and indicator_panel: made once per build, so that asking for a year or a series is a scan.

As views they would choose and pivot again for every question: seconds at a million values.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from knowledge.indicators import catalogue

_HERE = Path(__file__).parent


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Fill both tables; documents and indicators are final, the view yearly_reports exists."""
    codes = ", ".join(f"'{code}'" for code in catalogue())
    con.execute((_HERE / "values.sql").read_text(encoding="utf-8"))
    con.execute((_HERE / "panel.sql").read_text(encoding="utf-8").replace("{codes}", codes))
