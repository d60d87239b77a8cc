"""The static site: whole, linked, escaped, the same each time; numbers as stated."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from urllib.parse import unquote, urldefrag

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from knowledge.console import Problem
from knowledge.schema import vocabulary
from tests.sample_data import sample, small
from tests.test_house import imported
from tests.test_warehouse import ROOT, run
from website import charts, place, report
from website.marks import marks
from website.run import TOTAL, describe, every_page, write
from website.source import Source, opened, report_path
from website.words import number, reason, stated, words

HOSTILE = '<script>window.ran=1</script><img src=x onerror="window.ran=1">\'"><svg onload=window.ran=1>&amp;\u202e'
ONE_OF_EACH = ("index.html", "coverage/99.html", "coverage/9901.html", "place/990121.html", "indicators.html",
               "indicator/administrative_penalties.html", "health.html", "health/99.html", "about.html")  # fmt: skip


@cache
def sample_site() -> Path:
    """The sample's site; not to be changed."""
    folder = Path(tempfile.mkdtemp(prefix="fazhi-site-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write(sample() / "warehouse.duckdb", folder / "site")
    return folder / "site"


@cache
def hostile_site() -> Path:
    """The sample's site with markup in everything that portals and their pages say."""
    folder = Path(tempfile.mkdtemp(prefix="fazhi-hostile-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = Path(shutil.copy(sample() / "warehouse.duckdb", folder))
    with duckdb.connect(str(copy)) as con:
        bad = [HOSTILE]
        con.execute(
            "UPDATE documents SET title = $1, issuer_name = $1, region_name = $1, index_number = $1, flags = [$1]", bad
        )
        con.execute(
            "UPDATE documents SET text = $1 || substring(text, length($1) + 1), url = 'javascript:window.ran=1'", bad
        )
        con.execute("UPDATE sections SET title = $1, marker = $1", bad)
        con.execute("UPDATE quantities SET subject = $1, unit = $1", bad)
        con.execute("UPDATE indicators SET quote = $1", bad)
        con.execute("UPDATE portals SET name = $1, homepage = 'javascript:window.ran=1'", bad)
        con.execute("UPDATE coverage SET region_name = $1, detail = $1, evidence_url = 'JavaScript:window.ran=1'", bad)
        con.execute(
            "INSERT INTO checks BY NAME SELECT 'x' AS check_id, $1 AS check_name, $1 AS severity, document_id, document_id AS other_document_id, "
            "$1 AS detail, $1 AS quote, $1 AS other_quote FROM reports LIMIT 1", bad,
        )  # fmt: skip
    write(copy, folder / "site")
    return folder / "site"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with opened(sample() / "warehouse.duckdb", tmp_path) as opened_source:
        yield opened_source


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def parsed(path: Path) -> html.HtmlElement:
    return html.fromstring(path.read_text(encoding="utf-8"))


def test_every_link_leads_somewhere() -> None:
    site = sample_site()
    ids = {page: set(parsed(page).xpath("//@id")) for page in pages(site)}
    for page in ids:
        for link in parsed(page).xpath("//@href | //@src"):
            if link.startswith(("http://127.0.0.1:", "data:")):
                continue
            path, fragment = urldefrag(link)
            target = (page.parent / unquote(path)).resolve() if path else page
            assert target.is_file(), (page, link)
            assert not fragment or fragment in ids[target], (page, link)


def test_every_report_place_and_indicator_has_its_page(source: Source) -> None:
    site = sample_site()
    for (key,) in source.values("SELECT document_id FROM reports"):
        assert (site / report_path(key)).is_file()
    for (code,) in source.values("SELECT DISTINCT region_code FROM coverage"):
        assert (site / f"place/{code}.html").is_file()
    for (code,) in source.values("SELECT indicator_code FROM indicator_catalogue"):
        assert (site / f"indicator/{code}.html").is_file()


def test_every_page_asks_nobody_and_says_what_is_invented() -> None:
    for page in pages(sample_site()):
        tree = parsed(page)
        assert "示例数据，均为虚构" in tree.xpath("string(//*[@class='invented'])"), page
        assert tree.get("lang") == "zh-CN"
        assert "default-src 'none'" in tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        loaded = tree.xpath("//script/@src | //link/@href | //img/@src")
        assert loaded and not any("//" in x for x in loaded), page
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), page
        for inner in tree.xpath("//*[@class='en']"):
            assert inner.get("lang") == "en"


def test_real_data_are_not_called_invented(tmp_path: Path) -> None:
    write(small() / "warehouse.duckdb", tmp_path / "site")
    assert not any(parsed(p).xpath("//*[@class='invented']") for p in pages(tmp_path / "site"))


def test_the_text_is_whole_and_each_number_is_marked(source: Source) -> None:
    for row in source.rows("SELECT document_id, text FROM reports"):
        tree = parsed(sample_site() / report_path(row["document_id"]))
        (article,) = tree.xpath("//article")
        for tip in article.xpath(".//*[@class='tip']"):
            tip.drop_tree()
        assert "".join(article.text_content().split()) == "".join(row["text"].split())
        shown = {int(m.get("id")[1:]): m.text_content() for m in article.xpath(".//mark[@id]")}
        for start, quote in source.values(
            "SELECT char_start, quote FROM quantities WHERE document_id = ?", row["document_id"]
        ):
            assert quote.startswith(shown[start])


def test_a_mark_tells_what_was_read(source: Source) -> None:
    row = source.rows(
        "SELECT i.*, q.char_start AS at, c.name_zh FROM indicators i JOIN quantities q USING (quantity_id) "
        "JOIN indicator_catalogue c USING (indicator_code) JOIN reports r ON r.document_id = i.document_id "
        "WHERE indicator_code = 'reconsideration_cases_accepted' AND i.confidence IS NOT NULL ORDER BY indicator_id LIMIT 1"
    )[0]
    tree = parsed(sample_site() / report_path(row["document_id"]))
    tip = tree.xpath(f"//mark[@id='n{row['at']}' and @tabindex='0']")[0].text_content()
    for said in (row["name_zh"], f"{row['value']:g}", row["unit"], str(row["year"]), f"{row['confidence']:.3f}"):
        assert said in tip
    assert row["indicator_id"] in tree.xpath("//code/text()")


def test_figures_beside_those_of_peers(source: Source) -> None:
    rows = source.rows("FROM figures")
    assert any(r["peers"] > 1 for r in rows)
    for row in rows:
        peers = [
            r["value"] for r in rows
            if r["indicator_code"] == row["indicator_code"] and r["report_year"] == row["report_year"]
            and r["issuer_level"] == row["issuer_level"] and r["region_code"][:4] == row["region_code"][:4]
        ]  # fmt: skip
        assert row["median"] == median(peers) and row["peers"] == len(peers)
        if len(peers) > 1:
            assert row["below"] == pytest.approx(100 * sum(v < row["value"] for v in peers) / (len(peers) - 1))
        else:
            assert row["below"] is None


def test_the_table_of_facts_tells_a_plan_from_a_result(source: Source) -> None:
    row = source.rows("SELECT * FROM indicators WHERE measure = 'target' ORDER BY indicator_id LIMIT 1")[0]
    tree = parsed(sample_site() / report_path(row["document_id"]))
    (line,) = tree.xpath(f"//table[@class='facts-read']//tr[td/code = '{row['indicator_id']}']")
    said = line.text_content()
    assert "目标" in said and f"{row['confidence']:.3f}" in said and row["quote"] in said


def test_numbers_that_disagree_are_told_in_both_languages(source: Source) -> None:
    keys = [key for (key,) in source.values("SELECT document_id FROM listed ORDER BY ALL LIMIT 2")]
    source.values("CREATE TEMP TABLE checks AS SELECT * FROM main.checks LIMIT 0")
    source.values(
        "INSERT INTO checks BY NAME SELECT 'x' AS check_id, 'prior_year_differs' AS check_name, 'warning' AS severity, $1 AS document_id, "
        "$2 AS other_document_id, 'reconsideration_cases_accepted' AS indicator_code, 120 AS value, 112 AS other_value, "
        "'120 in the report on 2024' AS detail, 'one quote' AS quote, 'another' AS other_quote", *keys,
    )  # fmt: skip
    for key, page in zip(
        keys, (dict(report.pages(source, describe(source), keys))[report_path(k)] for k in keys), strict=True
    ):
        (finding,) = html.fromstring(page).xpath("//*[@id='findings']//li")
        (zh,), (en,) = (finding.xpath(f"./span[@class='{x}'][last()]") for x in ("zh", "en"))
        assert "行政复议受理数 120、112" in zh.text_content() and "120 in the report on 2024" in en.text_content()
        assert [bool(q.xpath(".//a")) for q in finding.xpath(".//blockquote")] == [key != keys[0], key != keys[1]]


def test_a_place_of_one_year_has_no_empty_charts(source: Source) -> None:
    source.values("DELETE FROM figures WHERE region_code = '990121' AND report_year <> 2023")
    source.values("UPDATE figures SET peers = 1, below = NULL")
    tree = html.fromstring(dict(place.pages(source, describe(source)))["place/990121.html"])
    heads = {th.xpath("string(.)") for th in tree.xpath("//table[@class='figures']/thead//th")}
    assert heads == {"指标Indicator", "2023"} and not tree.xpath("//svg")


def test_no_line_is_drawn_over_a_year_without_a_number() -> None:
    drawing = html.fromstring(charts.course({2019: 1, 2021: 5, 2022: 3}, {2019: 2, 2022: 2}, range(2019, 2023), "x"))
    assert len(drawing.xpath(".//path[@class='own']")) == 1 and not drawing.xpath(".//path[@class='peers']")
    assert drawing.xpath("string(.//path[@class='own']/@d)").count(",") == 2  # from 2021 to 2022
    assert drawing.xpath("string(.//path[@class='dots']/@d)").count("M") == 3


def test_what_vanished_stands_on_the_place_and_on_the_report(source: Source) -> None:
    row = source.rows("SELECT v.*, c.name_zh FROM vanished v JOIN indicator_catalogue c USING (indicator_code) "
                      "WHERE region_code = '990121' AND issuer_id IN (SELECT issuer_id FROM governments) ORDER BY report_year DESC LIMIT 1")[0]  # fmt: skip
    for page in (sample_site() / "place/990121.html", sample_site() / report_path(row["document_id"])):
        text = parsed(page).text_content()
        assert "上年写了、本年没写" in text and row["name_zh"] in text
    with duckdb.connect(str(sample() / "warehouse.duckdb"), read_only=True) as con:
        held = con.execute(f"SELECT {row['indicator_code']} FROM indicator_panel WHERE region_code = '990121' AND issuer_kind = 'government' "
                           "AND report_year IN (?, ?) ORDER BY report_year", [row["report_year"] - 1, row["report_year"]]).fetchall()  # fmt: skip
    assert held[0][0] == row["value"] and held[1][0] is None


def test_a_place_with_everything_stays_small(source: Source) -> None:
    source.values("DELETE FROM figures")
    source.values("""
        INSERT INTO figures BY NAME
        SELECT '990121' AS region_code, indicator_code, year::INTEGER AS report_year, 123456789.25 AS value, 234567890.25 AS value_max,
            'over' AS modifier, unit, repeat('a', 20) AS document_id, 12345 AS char_start, 0.9 AS confidence, 'county' AS issuer_level,
            'county9901' AS peer_group, 123456789.75 AS median, 12 AS peers, 50.0 AS below
        FROM indicator_catalogue, generate_series(2012, 2025) t(year)
    """)  # fmt: skip
    source.values("""
        INSERT INTO listed BY NAME
        SELECT repeat('b', 20) AS document_id, '990121' AS region_code, 'office' || n AS issuer_id, '霁州市云川县某某某某局' || n AS issuer_name,
            'department' AS issuer_kind, 'county' AS issuer_level, year::INTEGER AS report_year, 'annual_report' AS doc_type, '标题' AS title,
            1 AS char_count, true AS is_yearly
        FROM range(50) t(n), generate_series(2015, 2025) y(year)
    """)  # fmt: skip
    pages = dict(place.pages(source, describe(source)))
    page = pages["place/990121.html"]
    assert len(page.encode()) < 300_000
    assert "2025" in page and "年以前的数字见各年报告的页面" in page


def test_text_of_others_never_becomes_markup() -> None:
    for page in pages(hostile_site()):
        tree = parsed(page)
        assert all(
            src in ("site.js", "places.js") for src in (s.rsplit("/", 1)[-1] for s in tree.xpath("//script/@src"))
        )
        assert not tree.xpath("//script[not(@src)] | //img | //svg//*[name() = 'script'] | //iframe | //style"), page
        assert not [a for a in tree.xpath("//@*") if a.attrname.startswith("on") or a.attrname == "style"], page
        assert not [
            h for h in tree.xpath("//@href") if ":" in h and not h.startswith(("http://", "https://", "data:,"))
        ], page
        assert "\u202e" not in page.read_text(encoding="utf-8")
    assert "<script>window.ran" in parsed(hostile_site() / "place/990121.html").text_content()
    (finding,) = [x for p in pages(hostile_site()) for x in parsed(p).xpath("//*[@class='findings']")]
    assert finding.text_content().count("<script>window.ran") >= 4  # both quotes, the finding, its severity
    assert "<" not in (hostile_site() / "assets/places.js").read_text(encoding="utf-8").replace("<script>", "").replace("</script>", "").replace(
        "<img ", "").replace("<svg ", "")  # fmt: skip


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    write(sample() / "warehouse.duckdb", tmp_path / "again")
    first, again = (
        {p.relative_to(site): p.read_bytes() for p in site.rglob("*") if p.is_file()}
        for site in (sample_site(), tmp_path / "again")
    )
    assert first == again


def test_an_old_site_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("x")
    with pytest.raises(Problem, match="no site of this project"):
        write(small() / "warehouse.duckdb", mine)
    assert (mine / "thesis.txt").exists()
    site = tmp_path / "site"
    site.mkdir()  # an empty folder will do
    write(small() / "warehouse.duckdb", site)
    (site / "left.html").write_text("of an older version")
    write(small() / "warehouse.duckdb", site)
    assert not (site / "left.html").exists() and (site / "index.html").exists()
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"no database")
    with pytest.raises(duckdb.Error):
        write(broken, site)
    assert (site / "index.html").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"mine", "site", "broken.duckdb"}


def test_command(tmp_path: Path) -> None:
    said = run("website.run", "--data", small(), "--out", tmp_path / "site")
    count = len(pages(tmp_path / "site"))
    assert re.search(rf"site: {count} pages in [\d.]+ s: open .*index\.html", said)
    (tmp_path / "file").write_text("x")
    said = run("website.run", "--data", small(), "--out", tmp_path / "file", ok=False)
    assert said.startswith("error: ") and said.count("\n") == 1


def test_progress_counts_to_the_end(source: Source) -> None:
    assert source.one(TOTAL) == sum(1 for _ in every_page(source, describe(source)))


def test_the_site_imports_the_warehouse_alone() -> None:
    for path in (ROOT / "website").glob("*.py"):
        assert not imported(path) & {"crawler", "transform", "samples", "tests"}, path


def test_each_coded_word_has_two_names() -> None:
    columns = {
        "status": "coverage.status",
        "timeliness": "timeliness.status",
        "kind": "indicator_catalogue.kind",
        "run": "crawl_runs.outcome",
    }
    for column, names in words().items():
        known = vocabulary().get(columns.get(column, column), {})
        reports = {
            "annual_report",
            "npc_report",
            "party_report",
            "white_paper",
            "self_check",
            "interim_report",
            "multi_year_report",
        }
        assert (known.keys() & reports if column == "doc_type" else known.keys()) <= names.keys(), column
        assert all(len(pair) == 2 for pair in names.values())
    assert words()["status"].keys() == words()["status_meaning"].keys()


def test_reasons_have_two_names() -> None:
    """Those that the build writes in words, outcomes of requests, reasons of quarantine; what is not known stays as it is."""
    sql = (ROOT / "warehouse/coverage.sql").read_text(encoding="utf-8")
    dated = set(re.findall(r"'(read on|no rows on|not asked since) ' \|\|", sql))
    bare = set(re.findall(r"'(never asked|no portal of[^']*|a scan[^']*|the file is[^']*)'", sql))
    assert len(dated) == 3 and len(bare) == 4
    for sentence in (
        *(f"{x} 2024-05-01" for x in dated),
        *bare,
        "timeout",
        "no_body",
        "read on 2024-05-01, column last read on 2023-04-02",
    ):
        zh, en = html.fromstring(f"<p>{reason(sentence)}</p>").xpath("./span")
        assert zh.text_content() != en.text_content() and re.search("[一-鿿]", zh.text_content()), sentence
    assert "2024-05-01" in reason("read on 2024-05-01") and "Other" in reason("Other")


@given(st.one_of(st.integers(-(10**15), 10**15).map(float), st.floats(-1e12, 1e12, allow_nan=False)))
def test_a_number_keeps_all_its_digits(value: float) -> None:
    assert float(Decimal(number(value).replace(",", ""))) == value


def test_what_was_said_of_a_number_is_kept() -> None:
    assert stated(1640000000.0) == "1,640,000,000"
    assert stated(98.0, None, "at_least") == "≥98" and stated(98.6, None, "exact") == "98.6"
    assert stated(2800.0, None, "over") == ">2,800" and stated(3.0, 5.0, "approx") == "≈3–5"


@given(st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=200))
def test_classes_hold_every_value_once(values: list[float]) -> None:
    counts, edges = charts.classes(sorted(values))
    assert sum(counts) == len(values) and len(edges) == len(counts) + 1
    assert edges == sorted(edges) and edges[0] <= min(values) and max(values) < edges[-1]
    assert len(counts) <= 13


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12), st.booleans()), max_size=12)


@given(spans)
def test_marks_do_not_overlap_and_keep_every_fact(drawn: list[tuple[int, int, bool]]) -> None:
    quantities, taken = [], 0
    for start, length, is_number in sorted(drawn):
        if is_number and start >= taken:  # numbers do not overlap
            quantities.append({"quantity_id": f"q{start}", "char_start": start, "char_end": start + length})
            taken = start + length
    facts = [{"quantity_id": q["quantity_id"], "char_start": 0, "char_end": 1} for q in quantities]
    facts += [{"quantity_id": None, "char_start": s, "char_end": s + n} for s, n, is_number in drawn if not is_number]
    made = marks(quantities, facts)
    assert all(a.end <= b.start and a.start < a.end for a, b in pairwise(made))
    assert sorted(id(f) for m in made for f in m.facts) == sorted(map(id, facts))
    assert {q["char_start"] for q in quantities} <= {m.start for m in made}
