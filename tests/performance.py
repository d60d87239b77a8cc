"""The tables of docs/PERFORMANCE.md, made anew from the newest results that lie in benchmarks/.

    python -m tests.performance     # after make bench, make bench-scale

What stands between `<!-- name -->` and `<!-- end -->` is replaced; the sentences round it are written by hand.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.measuring import KEPT, ROOT, Rows, figure

PAGE = ROOT / "docs" / "PERFORMANCE.md"


def newest(pattern: str) -> tuple[str, dict[str, Any]]:
    """(day, results) of the newest file of a kind. Raises FileNotFoundError if there is none."""
    for path in sorted(KEPT.glob(pattern), reverse=True):
        return path.stem.removeprefix("scale-"), json.loads(path.read_text(encoding="utf-8"))
    raise FileNotFoundError(f"no {pattern} in {KEPT}: run make bench (or make bench-scale) first")


def measured(day: str, found: dict[str, Any]) -> str:
    """When and on what."""
    facts = found["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return f"Measured on {day}: {facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB; {versions}.\n\n"


def steps(rows: Rows) -> str:
    """Where the time of the transform goes."""
    lines = ["| step | ms a page | of trafilatura's time |", "|---|---|---|"]
    for row in rows:
        if row["part"] == "steps":
            lines.append(f"| {row['what']} | {row['ours']:.2f} | {row['share']:.1%} |")
            peer = row["theirs"]
    return "\n".join([*lines, f"| trafilatura.extract on the same page | {peer:.2f} | 100 % |"]) + "\n"


def ratios(rows: Rows) -> str:
    """Everything else beside its peer."""
    lines = [
        "| part | what | this project | peer | | times as good or fast | peer is |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row["part"] != "steps":
            ours, theirs = (figure(row[side]) if side in row else "" for side in ("ours", "theirs"))
            ratio = f"**{row['ratio']:.2f}**" if "ratio" in row else ""
            cells = (row["part"], row["what"], ours, theirs, row.get("unit", ""), ratio, row.get("peer", ""))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def curve(found: dict[str, Any]) -> str:
    """The load at its sizes, and what is new then."""
    lines = [
        "| pages | archive files | transform | warehouse | a document | processors' time of a document | peak: transform | warehouse |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found["curve"]:
        both = [row[stage] for stage in ("transform", "warehouse")]
        took = " | ".join(f"{stage['seconds']:,.0f} s" for stage in both)
        peak = " | ".join(f"{stage['peak_mb']:,} MB" for stage in both)
        lines.append(
            f"| {row['pages']:,} | {row['archive_files']} | {took} | {row['ms_per_document']:.1f} ms | {row['processor_ms_per_document']:.1f} ms | {peak} |"
        )
    idle, new = found["nothing_new"], found["new_pages"]
    said = (
        f"\nNothing new: `make transform` {idle['transform']['seconds']:.1f} s, `make warehouse` {idle['warehouse']['seconds']:.1f} s. "
        f"A run with {new['pages']} new pages: {new['archive_files_read']} of {new['archive_files']} archive files read, "
        f"{new['transform']['seconds']:.1f} s; warehouse {new['warehouse']['seconds']:.1f} s.\n"
    )
    return "\n".join(lines) + "\n" + said


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with its tables replaced. Raises ValueError for a table that has no place on it."""
    for name, table in tables.items():
        page, count = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda m, t=table: m[1] + t + m[2], page, flags=re.S
        )
        if count != 1:
            raise ValueError(f"the page has {count} places for {name}")
    return page


def main(page: Path = PAGE) -> None:
    """Renew the page."""
    day, bench = newest("2*.json")
    day_of_scale, scale = newest("scale-*.json")
    tables = {
        "steps": measured(day, bench) + steps(bench["rows"]),
        "ratios": ratios(bench["rows"]),
        "curve": measured(day_of_scale, scale) + curve(scale),
    }
    page.write_text(filled(page.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
