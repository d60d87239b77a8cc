"""Data folders that several tests look at, each made once per test run: crawled or ingested, transformed, loaded."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.test_warehouse import bring_up, page, run


@cache
def sample() -> Path:
    """Data folder of the sample, as `make run` makes it; not to be changed (see copy_of)."""
    data = Path(tempfile.mkdtemp(prefix="fazhi-sample-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    registry = data / "portals.csv"
    crawl = ["crawler.run", "--data", data, "--portals", registry, "--delay", 0]
    run("samples", "serve", "--registry", registry, "--", sys.executable, "-m", *crawl)
    run("transform.run", "--data", data)
    run("warehouse.build", "--data", data)
    return data


@cache
def small() -> Path:
    """Data folder of two local files, a county's report in UTF-8 and another's in GB 18030; not to be changed."""
    folder = Path(tempfile.mkdtemp(prefix="fazhi-small-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source, data = folder / "pages", folder / "data"
    source.mkdir()
    (source / "a.txt").write_text(page(), encoding="utf-8")
    (source / "白杨 b.txt").write_text(page("白杨县"), encoding="gb18030")
    bring_up(data, source)
    return data


def copy_of(data: Path, to: Path) -> Path:
    """A copy of a data folder that may be broken, without published files; the archive is shared, not copied."""
    to.mkdir(exist_ok=True)
    shutil.copy(data / "warehouse.duckdb", to)
    shutil.copytree(data / "transform", to / "transform")
    (to / "raw").symlink_to(data / "raw")
    return to
