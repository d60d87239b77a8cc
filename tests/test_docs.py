"""What the documents tell people to do works: targets, queries, recipes, modules, links, the steps of the tutorials."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pytest

from crawler.families.page import Fetched
from crawler.registry import read_portals
from samples.faults import FAULTS
from tests.accuracy import accuracy, codebook
from tests.sample_data import sample
from tests.test_warehouse import ROOT, page
from warehouse import extra
from warehouse.cookbook import choose
from warehouse.query import run

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [p.relative_to(ROOT).as_posix() for p in PAGES]
ROWS = {
    "README.md",
    "README.zh.md",
    "docs/tutorials/one-county.md",
    "docs/tutorials/add-a-portal.md",
}  # the sample answers them
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """Words of every `make …` that stands on a line of its own, or is a piece of code in a sentence."""
    lines = re.findall(r"^(?:    |\$ )(make .+(?:\n {8,}\S.*)*)", text, re.M)
    return [shlex.split(line, comments=True) for line in [*lines, *re.findall(r"`(make [^`]+)`", text)]]


def fenced(name: str, language: str) -> str:
    """The one fenced block of that language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", read(name), re.S)
    return str(block)


@pytest.mark.parametrize("name", NAMES)
def test_commands_are_there(name: str) -> None:
    for command in commands(read(name)):
        for word in command[1:]:
            if "=" not in word and not word.startswith("-"):
                assert word in TARGETS, (name, command)
    for module in re.findall(r"python -m ([a-z_.]+)", read(name)):
        assert importlib.util.find_spec(module), (name, module)


@pytest.mark.parametrize("name", [n for n in NAMES if "make query" in read(n) or "make recipe" in read(n)])
def test_questions_are_answered(name: str) -> None:
    with duckdb.connect(str(sample() / "warehouse.duckdb"), read_only=True) as con:
        for command in commands(read(name)):
            given = dict(word.split("=", 1) for word in command if "=" in word)
            if "query" in command and len(given.get("SQL", "")) > 3:
                rows = run(con, given["SQL"], 10)[1]
                assert rows or name not in ROWS, command
            if "recipe" in command and given.get("NAME", "…") != "…":
                recipe = choose(given["NAME"])
                extra.expose(con, Path("/nonexistent"), recipe.extras)
                run(con, recipe.sql, 10)


# .ci/run runs these themselves; a crawl of real portals is tried on the sample's elsewhere
NOT_FOLLOWED = {"test", "test-slow", "lint", "bench", "docs", "crawl"}


@pytest.mark.slow
def test_a_stranger_gets_to_a_countys_page(tmp_path: Path) -> None:
    """The commands of both READMEs and of the county's tutorial, through make, in a copy that has nothing but the sources."""
    place = tmp_path / "fazhi"
    unwanted = shutil.ignore_patterns(
        ".git", ".venv", "data", "build", "site", "__pycache__", ".*_cache", ".hypothesis"
    )
    shutil.copytree(ROOT, place, ignore=unwanted)
    (place / ".venv").symlink_to(ROOT / ".venv")
    for folder in ("folder", "pages"):
        (place / folder).mkdir()
        (place / folder / "a.txt").write_text(page(), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SQL", "NAME"))}
    followed = 0
    for name in ("README.md", "README.zh.md", "docs/tutorials/one-county.md"):
        for command in commands(read(name)):
            is_whole = "=" in "".join(command) or {"run", "help", "recipe"} & set(
                command
            )  # not a mere name of a target
            if NOT_FOLLOWED & set(command) or "…" in "".join(command) or not is_whole:
                continue
            line = ["make", "-o", ".venv/.ready", *command[1:]]  # -o: as it stands, the tests themselves run from it
            done = subprocess.run(
                line, cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            assert done.returncode == 0, (name, command, done.stderr[-500:])
            followed += 1
            if command[1:] == ["report", "OUT=site", "DATA=data/sample"]:
                assert "云川县" in (place / "site/place/990121.html").read_text(encoding="utf-8")
    assert followed > 15


@pytest.mark.parametrize("name", NAMES)
def test_links_and_files_are_there(name: str) -> None:
    here = (ROOT / name).parent
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(name)):
        assert "://" in link or (here / link).exists(), (name, link)
    for path in re.findall(
        r"`((?:knowledge|crawler|transform|warehouse|website|tests|samples|docs|deploy)/[\w./-]*\w)`", read(name)
    ):
        assert (ROOT / path).exists() or "mysoft" in path, (name, path)


def test_the_chinese_page_mirrors_the_english_one() -> None:
    english, chinese = read("README.md"), read("README.zh.md")
    assert "README.zh.md" in english and "README.md" in chinese
    wanted = {w for command in commands(english) for w in command[1:] if w in TARGETS}
    assert wanted - {w for command in commands(chinese) for w in command[1:]} <= {"bench"}


def test_made_pages_have_every_indicator_and_set() -> None:
    """Figures change with the rules and are renewed by `make docs`; what is told of does not."""
    bare = re.compile(r"[\d.,]+ of [\d,]+|no case|\d\.\d+|\| \d+ \|")
    for name, made in (("docs/codebook.md", codebook()), ("docs/accuracy.md", accuracy())):
        assert [bare.sub("#", x) for x in read(name).splitlines()] == [bare.sub("#", x) for x in made.splitlines()], (
            "run make docs"
        )


def test_the_region_of_the_tutorial_is_in_the_registry() -> None:
    (code,) = re.findall(r"region code: (\d{6})", read("docs/tutorials/one-county.md"))
    assert any(
        r["region_code"] == code and "高要" in r["name"]
        for r in csv.DictReader((ROOT / "crawler/portals.csv").open(encoding="utf-8"))
    )


def test_the_registry_of_the_tutorial_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text(fenced("docs/tutorials/add-a-portal.md", "csv"), encoding="utf-8")
    (portal,) = read_portals(path)
    assert portal.portal_id == "my-county" and len(portal.entry_urls) == 1


def test_the_family_of_the_tutorial_pages_on() -> None:
    families = tomllib.loads(fenced("docs/tutorials/add-a-family.md", "toml"))
    for pattern in families["mysoft"]["url"]:
        re.compile(pattern)
    room: dict[str, object] = {"__name__": "mysoft"}
    exec(fenced("docs/tutorials/add-a-family.md", "python"), room)
    page = '<ul></ul><div class="mysoft-pager" data-page="{}" data-pages="3"></div>'
    family = room["FAMILY"]
    following = family.next_page(Fetched("https://www.example.gov.cn/fz/list_2.html", page.format(2)))  # type: ignore[attr-defined]
    assert following.url == "https://www.example.gov.cn/fz/list_3.html"
    assert family.next_page(Fetched("https://www.example.gov.cn/fz/list_3.html", page.format(3))) is None  # type: ignore[attr-defined]


def test_the_indicator_of_the_tutorial_is_read(tmp_path: Path) -> None:
    name = "docs/tutorials/add-an-indicator.md"
    for room in ("knowledge", "transform"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    catalogue = tmp_path / "knowledge/indicators.csv"
    catalogue.write_text(
        catalogue.read_text(encoding="utf-8").rstrip("\n") + "\n" + fenced(name, "csv"), encoding="utf-8"
    )
    rules = tmp_path / "knowledge/indicator_rules.toml"
    before = rules.read_text(encoding="utf-8")
    first = before.index("\njudicial_suggestions = [")
    rules.write_text(before[:first] + "\n" + fenced(name, "toml") + before[first:], encoding="utf-8")
    phrases = list(csv.DictReader(fenced(name, "tsv").splitlines(), delimiter="\t"))
    assert [p["polarity"] for p in phrases] == ["+", "-"]
    script = (
        "import sys; from transform.measure import Issuer, measure\n"
        "print([(f.code, f.value) for f in measure(sys.argv[1], Issuer(2023, True, '省国')).found])"
    )
    code = phrases[0]["code"]
    for phrase in phrases:
        command = [sys.executable, "-c", script, phrase["text"]]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert (f"('{code}', {float(phrase['value'])})" in said) is (phrase["polarity"] == "+"), said


def test_licence_and_citation() -> None:
    assert "Apache License" in read("LICENSE")[:200] and "CC BY 4.0" in read("NOTICE")
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"version: {version}\n" in read("CITATION.cff") and "license: Apache-2.0" in read("CITATION.cff")


def test_what_reliability_promises_has_its_tests() -> None:
    """Every test that the page names is there, and the numbers of what is tried are those of the lists."""
    said = (ROOT / "docs/RELIABILITY.md").read_text(encoding="utf-8")
    there = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    missing = [name for name in re.findall(r"`(test_\w+)`", said) if f"def {name}(" not in there]
    assert not missing, missing
    assert all((ROOT / "tests" / name).exists() for name in re.findall(r"`(?:tests/)?(test_\w+\.py)`", said))
    assert f"{len(FAULTS)} of {len(FAULTS)}" in said and f"the {len(FAULTS)} hostile hosts" in said
