"""Pages nested to hurt a parser are known before one sees them; pages that people write are not touched."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from test_hostile_limits import REPORT, archived, good, outcome

from knowledge.nesting import shallow, too_deep
from transform.reader import Reader

ROOT = Path(__file__).resolve().parent.parent
# One step of a page that never ends; each nests by another way than it seems to, or costs memory for each open element.
STEPS: dict[str, Callable[[int], str]] = {
    "open": lambda i: "<div>",
    "open and inline": lambda i: "<div><b>",
    "cells": lambda i: "<table><tr><td>",
    "a colour for each paragraph": lambda i: f"<p><font color={i}>字",
    "the same, paragraphs closed": lambda i: f"<p><font color={i}>字</p>",
    "the same in blocks": lambda i: f"<div><b id={i}></div>",
    "end tags of others": lambda i: "<div></b>",
    "end tags crossed": lambda i: "<span><div></span></div>",
    "end tags across a paragraph": lambda i: "<span><p></span></p>",
    "end tags in comments": lambda i: "<div><!--</div>-->",
    "end tags in what is no comment": lambda i: "<div><!x</div><?</div></3</div>",
    "end tags in attributes": lambda i: "<div title='></div>'>",
    "end tags in attributes without quotes": lambda i: '<div a==">">',
    "end tags in scripts": lambda i: "<div><script>'</div>'</script>",
    "a wall between": lambda i: f"<p><b id={i}><object></b></object>",
    "drawings that are none": lambda i: "<svg><style><div></style></svg>",
    "options": lambda i: "<option>一",
    "adopted": lambda i: "<b><i><u><div></b>",
}


@pytest.mark.parametrize("name", STEPS)
def test_a_page_that_nests_is_known_at_once(name: str) -> None:
    page = "<html><body>" + "".join(map(STEPS[name], range(30_000)))
    began = time.process_time()
    kept = shallow(page)
    LexborHTMLParser(kept)
    assert len(kept) < len(page) / 4
    assert time.process_time() - began < 2


def test_an_element_of_a_hundred_thousand_attributes_is_known() -> None:
    page = "<p>一</p><div " + "".join(f"a{i}='x' " for i in range(100_000)) + ">二"
    began = time.process_time()
    assert shallow(page) == "<p>一</p>" and time.process_time() - began < 1


def test_fifty_megabytes_of_open_tags_cost_less_than_a_second() -> None:
    page = "<div><b>" * (50 * 2**20 // 8)
    began = time.process_time()
    assert too_deep(page) is not None
    assert time.process_time() - began < 1


# Nothing here grows deep, though much of it is wrong.
HARMLESS = {
    "a long list": "<ul>" + "<li><a href='/a.html'><span>题</span></a><b>新</b>" * 30_000,
    "a long table": "<table>" + "<tr><td><p><span>一</span><td><br><img src=x>" * 20_000,
    "end tags alone": "</div></span></b>" * 30_000,
    "paragraphs without ends": "<p><b>一</b><p><a href=x>二</a>" * 20_000,
    "crossed by mistake": "<div><b><i>一</b></i></div><p><font color=red><b>二</font></b></p>" * 15_000,
    "scripts full of tags": "<script>x='<div><div><div>'</script>" * 20_000,
    "comments full of tags": "<!--<div><div>-->" * 30_000,
    "forms": "<form><select><option>一<option>二</select><button>三</button></form>" * 10_000,
    "a picture in the page": "<p>一<img alt='图 像' src='data:image/png;base64," + "A" * 2_000_000 + "'>二</p>",
    "a long style": "<div style='" + "margin: 0 1px 2px; " * 3_000 + "'>一</div>",
    "lists to choose from": ("<select>" + "<option>一" * 50 + "</select>") * 40,
    "drawings": "<svg viewBox='0 0 1 1'><g><path d='M0 0'></path></g></svg>" * 15_000,
    "signs that are no tags": "1 < 2 <3 <= 4 << 5" * 20_000,
    "a quote that does not end": "<a href='" * 50_000,
    "a tag that does not end": "<div " * 50_000,
    "a comment that does not end": "<!-- " * 50_000,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_long_pages_are_read_to_their_end(name: str) -> None:
    began = time.process_time()
    assert shallow(HARMLESS[name]) == HARMLESS[name]
    assert time.process_time() - began < 2


_BIT = st.sampled_from(
    "<div> </div> <p> </p> <b> </b> <font id={}> </font> <span> </span> <a> </a> <table> </table> <td> </td> <ul> <li> </ul> "  # noqa: SIM905
    "<button> </button> <object> </object> <select> </select> <option> <optgroup> <svg> </svg> <!--x--> <style> </style> <br> <section> </section> <tr> <tbody> <caption> <form> </form> <template> </template> <dd> <h1> <nobr> <frameset> <ruby> <rt> "
    "字 <input> <a{}> <textarea> </textarea> <center> <title> </br> </p> <math> <mi> <foreignObject> <plaintext>".split()
)


@given(st.lists(_BIT, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_is_kept_is_never_deep(steps: list[str]) -> None:
    """Whatever is repeated: of what is left the parser makes a tree of bounded depth and size."""
    times = 24_000 // len(steps)
    page = "".join("".join(steps).replace("{}", str(i)) for i in range(times))
    kept = shallow(page)
    began = time.process_time()
    tree = LexborHTMLParser(kept)
    assert time.process_time() - began < 3
    if tree.body is not None:
        assert len(tree.body.html or "") < 60 * 2**20


def test_it_is_a_row_and_a_line(tmp_path: Path) -> None:
    deep = "<html><body><p>" + "法治政府建设。" * 9 + "<div><span>" * 400_000
    word = "<html xmlns:o='urn:schemas-microsoft-com:office:office'><body>" + "<div>" * 100_000
    shard = archived(tmp_path / "raw", {**good(1), "a.html": deep.encode(), "b.doc": word.encode(), **good(1, 1)})
    began = time.monotonic()
    with Reader() as reader:
        tables = reader.read(shard, "v")
    documents, aside = outcome(tables)
    assert documents == ["file:0.txt", "file:1.txt"] and time.monotonic() - began < 20
    assert aside == [("file:a.html", "extract", "too_deep"), ("file:b.doc", "extract", "too_deep")]
    assert "from character" in tables["quarantine"]["detail"][0].as_py()
    (tmp_path / "a.html").write_text(deep, encoding="utf-8")
    (tmp_path / "b.txt").write_text(REPORT, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "transform.extract_files", "--src", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60)  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["file"], "error" in line) for line in lines] == [("a.html", True), ("b.txt", False)], done.stderr
