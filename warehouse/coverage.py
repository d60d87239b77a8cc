"""Table coverage: what SQL cannot read by itself, the titles of lists and the registry; the rest is coverage.sql."""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from knowledge.bodies import place
from knowledge.triage import triage
from warehouse.copies import YEARLY

# The project's registry: where the portals crawled are rows of it, its other regions are holes too.
REGISTRY = Path(__file__).parent.parent / "crawler" / "portals.csv"

_DAY = re.compile(r"(20\d\d)\D(\d{1,2})\D(\d{1,2})")

# Pages and files that a list or a page names as a report and that are not held as a document: requests that failed the
# last time, and what was received and set aside. A file that a held page carries has that page's identity.
_UNREAD = """
CREATE TEMP TABLE unread AS
WITH asked AS (
    SELECT * FROM fetches WHERE purpose IN ('article', 'attachment')
    QUALIFY row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC, run_id DESC) = 1
),
gone AS (
    SELECT url, portal_id, link_text, link_date, found_on_url, 'fetch' AS evidence, outcome AS detail
    FROM asked WHERE outcome NOT IN ('ok', 'unchanged', 'not_modified', 'redirected')
    UNION ALL
    SELECT q.document_url, f.portal_id, f.link_text, f.link_date, f.found_on_url, 'quarantine', q.reason
    FROM quarantine q JOIN fetches f USING (archive_file, archive_offset)
    WHERE q.document_url IS NOT NULL
)
SELECT
    g.url, g.portal_id, g.link_text, g.link_date, g.evidence, g.detail, p.document_id AS page_id,
    p.region_code, p.issuer_kind, p.report_year
FROM gone g
LEFT JOIN documents p ON p.url = g.found_on_url AND list_contains(p.flags, 'text_in_attachment')
WHERE NOT EXISTS (FROM documents d WHERE d.url = g.url)
"""


def registry_digest() -> str:
    """Digest of the project's registry, which coverage depends on."""
    return hashlib.sha256(REGISTRY.read_bytes()).hexdigest()[:16]


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Fill the table; all base tables are final, the view yearly_reports exists."""
    con.execute(_UNREAD)
    con.register("incoming", _read_titles(con))
    con.execute(
        "UPDATE unread SET region_code = i.region_code, issuer_kind = i.issuer_kind, report_year = i.report_year "
        "FROM incoming i WHERE unread.url = i.url AND unread.evidence = i.evidence"
    )
    con.unregister("incoming")
    con.execute("DELETE FROM unread WHERE region_code IS NULL OR issuer_kind IS NULL OR report_year IS NULL")
    con.register("incoming", _places(con))
    con.execute("CREATE TEMP TABLE places AS SELECT * FROM incoming")
    con.unregister("incoming")
    con.execute((Path(__file__).parent / "coverage.sql").read_text(encoding="utf-8"))


def _read_titles(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """What the titles say of the rows of `unread` that no page speaks for; rows that are no yearly report are left out."""
    rows = con.execute(
        "SELECT u.url, u.evidence, u.link_text, u.link_date, p.name, p.region_code "
        "FROM unread u LEFT JOIN portals p USING (portal_id) WHERE u.page_id IS NULL AND u.link_text IS NOT NULL"
    ).fetchall()
    found: dict[str, list[object]] = {name: [] for name in ("url", "evidence", *_READING)}
    for url, evidence, title, printed, name, code in rows:
        reading = triage(title, name, _day(printed), place(code, name) if code else None)
        if reading.doc_type in YEARLY:
            said = (url, evidence, reading.region_code or code, reading.issuer_kind, reading.report_year)
            for column, value in zip(found.values(), said, strict=True):
                column.append(value)
    text, year = pa.string(), pa.int32()
    return pa.table(found, schema=pa.schema(zip(found, (text, text, text, text, year), strict=True)))


_READING = ("region_code", "issuer_kind", "report_year")


def _day(printed: str | None) -> date | None:
    """The day that a list row printed, if it is one."""
    try:
        return date(*(int(x) for x in m.groups())) if (m := _DAY.search(printed or "")) else None
    except ValueError:
        return None


def _places(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """The portals crawled and, if all of these are rows of the project's registry, the other rows of it."""
    names = ("region_code", "portal_id", "homepage", "name")
    crawled = con.execute(f"SELECT {', '.join(names)} FROM portals").fetchall()
    with REGISTRY.open(encoding="utf-8-sig", newline="") as f:
        registry = {row["portal_id"]: tuple(row[n] for n in names) for row in csv.DictReader(f)}
    if crawled and all(registry.get(portal_id, ("",))[0] == code for code, portal_id, *_ in crawled):
        crawled = list({**registry, **{row[1]: row for row in crawled}}.values())
    columns = zip(*crawled, strict=True) if crawled else [()] * len(names)
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
