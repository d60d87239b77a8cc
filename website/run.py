"""`make report OUT=…`: the site, written beside and moved into place."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from knowledge import console, storage
from warehouse.query import find
from website import about, health, indicator, matrix, place, report
from website.shell import Site
from website.source import Source, opened

_ASSETS = Path(__file__).parent / "assets"
_SIGN = ".fazhi-site.json"  # only a folder that holds it, or an empty one, is replaced
_MAKERS = (matrix.pages, place.pages, report.pages, indicator.pages, health.pages, about.pages)
TOTAL = """
SELECT (SELECT count(*) FROM listed) + (SELECT count(*) FROM places WHERE has_page) + (SELECT count(*) FROM indicator_catalogue)
    + (SELECT count(DISTINCT left(region_code, 2)) + count(DISTINCT left(region_code, 4)) FILTER (region_code NOT LIKE '__0000')
       FROM coverage WHERE issuer_kind = 'government')
    + (SELECT count(DISTINCT left(region_code, 2)) FROM portal_health)
    + 5 -- index.html, places.js, indicators.html, health.html, about.html
"""
_AS_OF = "SELECT coalesce(max(fetched_at)::DATE::VARCHAR, '?') FROM (SELECT fetched_at FROM fetches UNION ALL SELECT fetched_at FROM documents)"


def describe(source: Source) -> Site:
    """What all pages say of the data."""
    info = dict(source.values("SELECT key, value FROM warehouse_info"))
    return Site(kind=info["data"], as_of=source.one(_AS_OF), archive=info["archive_digest"])


def every_page(source: Source, site: Site) -> Iterator[tuple[str, str]]:
    """(path below the site's root, content) of all that is written."""
    for pages in _MAKERS:
        yield from pages(source, site)


def write(warehouse: Path, out: Path) -> int:
    """Write the site of a warehouse file to `out`; the number of pages. The old site stays until the new one is whole.

    Raises Problem if `out` holds something else than a site.
    """
    if out.exists() and not (out / _SIGN).exists() and (not out.is_dir() or any(out.iterdir())):
        raise console.Problem(f"{out} exists and is no site of this project: say another OUT, or empty it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
        new = Path(beside) / "new"
        with opened(warehouse, Path(beside) / "spill") as source:
            site = describe(source)
            with console.progress("site", source.one(TOTAL)) as step:
                for path, content in every_page(source, site):
                    target = new / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(content, encoding="utf-8")
                    count += path.endswith(".html")
                    step(path)
        shutil.copytree(_ASSETS, new / "assets", dirs_exist_ok=True)
        about_data = {"archive": site.archive, "as_of": site.as_of, "data": site.kind}
        (new / _SIGN).write_text(json.dumps(about_data) + "\n", encoding="utf-8")
        if out.exists():
            out.replace(Path(beside) / "old")
        new.replace(out)
    return count


def main() -> None:
    """Command line of `make report`."""
    parser = argparse.ArgumentParser(description="Write the static site of a warehouse.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the site; an older site there is replaced")
    args = parser.parse_args()
    started = time.monotonic()
    count = write(find(args.data), args.out.absolute())
    print(f"site: {count} pages in {time.monotonic() - started:.1f} s: open {args.out / 'index.html'}.")


if __name__ == "__main__":
    console.guard(main)
