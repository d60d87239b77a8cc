"""The load that scale is measured with, and that reading a run's log costs its length once, however many files it has."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from knowledge import archive
from knowledge.families import family_of
from samples.load import GROUP, bodies, pages, place_of
from samples.places import invented
from tests import bench_scale, performance
from tests.bench_transform import STEPS, archive_of, timed
from tests.load_archive import Part, parts, write
from tests.measuring import cost, faster, turns
from transform.decode import decode
from transform.shard import crawl_log, shards

SEED = 7


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data folder of a small load of one run, transformed."""
    data = archive_of(tmp_path_factory.mktemp("load"), Part(0, 1474, 1474 + 330, step=11))
    cost("transform.run", "--data", data, "--jobs", 1)
    return data


def test_pages_differ_and_say_whose_they_are() -> None:
    some = list(pages(SEED, range(1474, 1474 + 242)))  # the second prefecture and its first county
    assert len({page.url for _, page in some}) == len({page.body for _, page in some}) == len(some)
    model = invented(1)
    for place, page in some:
        text = decode(page.body).text
        assert place.name[:-1] in text and "示例" in text
        assert model.name[:-1] not in text and model.slug not in text and model.code not in text
        assert any(body.key in page.title for body in bodies(place)) or place.name in page.title or "本" in page.title


def test_a_page_does_not_depend_on_which_others_are_asked_for() -> None:
    whole = [page for _, page in pages(SEED, range(200, 220))]
    assert [page for _, page in pages(SEED, [205, 219])] == [whole[5], whole[19]]
    assert [page.body for _, page in pages(SEED + 1, [205])] != [whole[5].body]


def test_every_place_of_a_group_has_a_family_of_its_own() -> None:
    numbers = [next(n for n in range(1474) if place_of(n)[0] == place) for place in range(4)]
    assert place_of(1474) == (GROUP, 0)
    found = {family_of(page.url, decode(page.body).text).name for _, page in pages(SEED, numbers)}
    assert len(found) == len(numbers)


def test_an_edit_changes_one_figure() -> None:
    ((_, was),), ((_, now),) = (list(pages(SEED, [300], edited=edited)) for edited in (False, True))
    a, b = (decode(page.body).text for page in (was, now))
    assert was.url == now.url and a != b
    assert sum(x != y for x, y in zip(a.split("。"), b.split("。"), strict=True)) == 1


def test_the_load_is_read_as_what_it_is(load: Path) -> None:
    tables = load / "transform"
    sql = f"SELECT doc_type, report_year, issuer_name, region_code, portal_id FROM '{tables}/*/documents.parquet' ORDER BY fetched_at"
    rows = duckdb.sql(sql).fetchall()
    assert len(rows) == 30 and Counter(row[0] for row in rows) == {"annual_report": 30}
    for (place, _), (_, year, issuer, code, portal) in zip(pages(SEED, range(1474, 1474 + 330, 11)), rows, strict=True):
        assert (year, code, portal) == (2015, place.code, f"load-{place.slug}")
        assert issuer in {body.printed for body in bodies(place)}
    assert duckdb.sql(f"SELECT count(*) FROM '{tables}/*/quarantine.parquet'").fetchall() == [(0,)]
    assert duckdb.sql(f"SELECT count(*) FROM '{tables}/*/indicators.parquet'").fetchall()[0][0] > 300


def test_the_same_seed_gives_the_same_log(tmp_path: Path) -> None:
    logs = []
    for name in ("a", "b"):
        assert write(tmp_path / name, SEED, [Part(0, 0, 30)], 1) == 1
        (log,) = (tmp_path / name).glob("*/fetches.jsonl")
        # the record that begins a file holds the day it was written
        logs.append([row | {"archive_offset": 0} for row in archive.json_lines(log)])
    assert logs[0] == logs[1] and len(logs[0]) == 32


def test_a_later_run_asks_again_for_some_pages(tmp_path: Path) -> None:
    assert [(p.first, p.last) for p in parts(25_000)] == [(0, 10_000), (10_000, 20_000), (20_000, 25_000)]
    write(tmp_path, SEED, [Part(1, 10_000, 10_100)], 1)
    rows = [row for run in archive.runs(tmp_path) for row in archive.json_lines(run / archive.LOG_FILE)]
    again = [row["outcome"] for row in rows if row["purpose"] == "article"][100:]
    assert Counter(again) == {"unchanged": 2, "ok": 2}


def test_reading_the_logs_of_a_run_costs_its_length_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, rows = 40, 25
    run = tmp_path / "20260504T000000Z-crawl"
    run.mkdir()
    lines = [
        {"url": f"http://a.example/{i}/{n}", "archive_file": f"{run.name}/{i:05d}.warc.gz" if n % 5 else None}
        for i in range(files)
        for n in range(rows)
    ]
    (run / archive.RUN_FILE).write_text("{}", encoding="utf-8")
    (run / archive.LOG_FILE).write_text("\n".join(map(json.dumps, lines)) + '\n{"torn', encoding="utf-8")
    for i in range(files):
        (run / f"{i:05d}.warc.gz").touch()
    parsed = 0
    plain = json.loads

    def counted(text: Any) -> Any:
        nonlocal parsed
        parsed += 1
        return plain(text)

    monkeypatch.setattr(json, "loads", counted)
    known = shards(tmp_path)
    got = [list(crawl_log(shard)) for shard in known]
    assert len(known) == files and parsed <= 4 * len(lines)
    assert [row["url"] for row in got[3]] == [row["url"] for row in lines[75:100] if row["archive_file"]]
    assert len(got[0]) == rows - rows // 5 + files * rows // 5  # its own, and all without a response
    with (run / archive.LOG_FILE).open("a", encoding="utf-8") as log:  # what a run adds is seen
        log.write("\n" + json.dumps({"url": "late", "archive_file": f"{run.name}/00003.warc.gz"}) + "\n")
    assert [row["url"] for row in crawl_log(known[3])][-1] == "late"


def test_steps_of_the_benchmark_are_those_of_the_code(load: Path) -> None:
    from transform.captures import captures
    from transform.document import Capture, Registry, read

    (capture, *_) = (c for shard in shards(load / "raw") for c in captures(shard) if isinstance(c, Capture))
    with timed() as own:
        read(capture, Registry(), "x")
    assert set(own) == set(STEPS) and all(seconds >= 0 for seconds in own.values())


def test_measuring() -> None:
    order: list[str] = []
    took = turns(2, lambda: order.append("a"), lambda: order.append("b"))
    assert order == ["a", "b"] * 3 and [len(t) for t in took] == [2, 2]
    assert faster([1.0, 1.0], [2.0, 4.0], 10)["ratio"] == 3.0
    with pytest.raises(RuntimeError, match="no data folder"):
        cost("transform.run", "--data", "/nonexistent")


def test_sizes_of_the_curve() -> None:
    assert bench_scale.sizes(100_000) == [1_000, 10_000, 100_000]
    assert bench_scale.sizes(2_000) == [1_000, 2_000]
    assert bench_scale.sizes(500) == [500]


def test_the_page_on_performance_takes_its_tables() -> None:
    page = performance.PAGE.read_text(encoding="utf-8")
    tables = {name: f"{name} at \\1\n" for name in ("steps", "ratios", "curve")}
    filled = performance.filled(page, tables)
    assert all(table in filled for table in tables.values()) and performance.filled(filled, tables) == filled
    with pytest.raises(ValueError, match="0 places"):
        performance.filled("", tables)
