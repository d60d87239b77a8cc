"""Real titles and real pages with hand-made truth, against pinned floors; skipped where the shared folder is absent."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
FLOORS = tomllib.loads((ROOT / "tests/floors.toml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(not (SHARED / "titles").is_dir(), reason="the shared folder with real pages is absent")


@pytest.fixture(scope="module")
def title_scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Scores of the shared scorer on what list rows alone tell."""
    out = tmp_path_factory.mktemp("titles") / "out.jsonl"
    rows = SHARED / "titles/inputs.jsonl"
    command = [sys.executable, "-m", "crawler.triage", "--src", rows, "--portals", ROOT / "crawler/portals.csv"]
    with out.open("w", encoding="utf-8") as f:
        subprocess.run(list(map(str, command)), check=True, cwd=ROOT, stdout=f)
    scorer = [sys.executable, SHARED / "tools/score_titles.py", "--gold", SHARED / "titles/titles.jsonl", "--out", out]
    said = subprocess.run(list(map(str, scorer)), check=True, capture_output=True, text=True).stdout
    found = re.search(r"precision ([\d.]+)\s+recall ([\d.]+)", said)
    assert found, said
    scores = {"is_report_precision": float(found[1]), "is_report_recall": float(found[2])}
    return scores | {name: float(value) for name, value in re.findall(r"^(\w+?)\s*([01]\.\d{3})\s", said, re.M)}


@pytest.mark.parametrize("name", sorted(FLOORS["titles"]))
def test_titles(name: str, title_scores: dict[str, float]) -> None:
    assert title_scores[name] >= FLOORS["titles"][name]


def test_main_text_of_real_pages() -> None:
    pytest.importorskip("readability")
    from tests.bench_pages import ours, real_pages, scores

    f1 = statistics.mean(scores(ours(p), p.truth)[2] for p in real_pages(SHARED / "pages"))
    print(f"f1: {f1:.4f} (floor {FLOORS['pages']['f1']})")
    assert f1 >= FLOORS["pages"]["f1"]
