"""`make explain`: a person sees which rule made a fact, and where."""

import subprocess
import sys
from pathlib import Path


def explain(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "transform.explain", *args], capture_output=True, text=True)


def test_facts_are_shown_with_their_rule(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text(
        "云川县2023年法治政府建设年度报告\n一、主要工作\n全年收到行政复议申请53件。\n" + "依法行政。" * 20,
        encoding="utf-8",
    )
    got = explain("--src", str(file), "--code", "reconsideration_applications_received")
    assert got.returncode == 0
    assert "reconsideration_applications_received = 53 件" in got.stdout
    assert "reconsideration_applications_received/" in got.stdout
    assert "1 facts." in got.stdout


def test_an_unknown_code_is_one_clear_line(tmp_path: Path) -> None:
    got = explain("--src", str(tmp_path), "--code", "nonsense")
    assert got.returncode == 1
    assert got.stderr.count("\n") == 1
    assert "nonsense" in got.stderr
