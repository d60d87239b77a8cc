"""Three real reports end to end, scored by the shared scorer; skipped where the shared folder is absent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
FLOORS = tomllib.loads((ROOT / "tests/floors.toml").read_text(encoding="utf-8"))["seeds"]

pytestmark = pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the shared folder with real reports is absent")


@pytest.fixture(scope="module")
def means(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Mean scores over the real reports, from a data folder of its own."""
    data = tmp_path_factory.mktemp("seeds")
    out = data / "scores.json"
    steps = [
        ["-m", "crawler.ingest", "--data", data, "--src", SHARED / "seeds"],
        ["-m", "transform.run", "--data", data, "--jobs", "1"],
        ["-m", "warehouse.build", "--data", data],
        [SHARED / "tools/score.py", "--gold", SHARED / "gold", "--db", data / "warehouse.duckdb", "--json", out],
    ]
    for step in steps:
        subprocess.run([sys.executable, *map(str, step)], check=True, cwd=ROOT, env={**os.environ, "DEBUG": "1"})
    return json.loads(out.read_text(encoding="utf-8"))["mean"]


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_floor(name: str, means: dict[str, float]) -> None:
    assert means[name] >= FLOORS[name]
