"""What holds of the pure functions of transform/."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from knowledge import (
    cues,
    indicators,
    schema,
    text,
)  # fmt: skip
from tests.properties.drawn import (
    BYTES,
    CODE,
    DAY,
    HTML,
    LABEL,
    LINES,
    TEXT,
    URL,
    YEAR,
    of,
    within,
)
from transform import (
    chrome,
    dates,
    decode,
    density,
    document,
    explain,
    extract,
    headings,
    identify,
    markup,
    measure,
    numbers,
    periods,
    quantities,
    tables,
    templates,
)  # fmt: skip
from transform import sections as tree


@of(decode.charset_name, LABEL)
def _(label: str | None) -> None:
    name = decode.charset_name(label)
    assert name is None or (decode.charset_name(name) == name and isinstance(b"a".decode(name, "replace"), str))


@of(decode.decode, BYTES, LABEL)
def _(payload: bytes, label: str | None) -> None:
    try:
        got = decode.decode(payload, label)
    except decode.UndecodableError:
        return
    got.text.encode("utf-8")  # no lone surrogates
    assert len(got.text) <= len(payload) + 1 and got.replaced <= got.text.count("\ufffd")


@of(chrome.is_furniture, TEXT)
def _(line: str) -> None:
    folded = text.plain(line)
    assert not (folded and len(folded) > 420 and chrome.is_furniture(folded))


@of(chrome.metadata, TEXT)
def _(given: str) -> None:
    found = chrome.metadata(given)
    assert set(found) <= set(cues.chrome_cues().field_of.values())
    assert all(value and value in given and "\n" not in value and len(value) <= 200 for value in found.values())


@of(chrome.residual, LINES)
def _(lines: list[str]) -> None:
    assert 0 <= chrome.residual(lines) <= 1


@of(chrome.clean, LINES, st.none() | TEXT)
def _(raw: list[str], title: str | None) -> None:
    got = chrome.clean(raw, title)
    kept = iter(line.replace("\ufeff", "").replace("\u200b", "").strip(" \t\r\n\u3000\xa0\u2002\u2003") for line in raw)
    assert all(line in kept for line in got.lines)  # lines of the page, in its order, nothing else
    assert not title or got.title == title


@of(dates.find_date, TEXT, DAY)
def _(given: str, day: date) -> None:
    assert (dates.find_date(given) or day).year >= 1900
    for printed in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"发布:{day:%Y/%m/%d} 10:00"):
        assert dates.find_date(printed) == day


@of(dates.restore_date, TEXT, DAY)
def _(given: str, published: date) -> None:
    found = dates.restore_date(given, published)
    assert found is None or timedelta(0) <= published - found <= timedelta(days=120)


@of(document.media_type, BYTES, st.none() | st.sampled_from(("text/html", "text/plain", "application/pdf")), URL)
def _(payload: bytes, said: str | None, url: str) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", document.media_type(payload, said, url))


@of(document.content_digest, TEXT)
def _(given: str) -> None:
    """Width and white space are no change; a word is."""
    assert document.content_digest(given) == document.content_digest(text.half(given) + "\n \u3000")
    assert document.content_digest(given) != document.content_digest(given + "不")


@of(document.sketch, TEXT)
def _(given: str) -> None:
    assert document.sketch(given) == sorted(set(document.sketch(given)))[: document.SKETCH]


@of(document.list_date, DAY)
def _(day: date) -> None:
    assert document.list_date(day.isoformat()) == day


def _capture(payload: bytes, purpose: str | None, kind: str = "text/html") -> document.Capture:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return document.Capture("http://a.example/a.html", at, payload, "sha256:0", kind, None, "r", "f", 0, purpose=purpose)  # fmt: skip


@of(document.read, st.one_of(HTML, TEXT), st.sampled_from((None, "article", "file")), st.integers(1, 9))
def _(page: str, purpose: str | None, times: int) -> None:
    """A document or a row of quarantine, either with the columns of its table; and the same again."""
    capture = _capture((page * times).encode("utf-8", "replace"), purpose)
    got = document.read(capture, document.Registry(), "v")
    assert len(got.documents) + len(got.quarantine) == 1
    for name in ("documents", "sections", "quantities", "indicators", "quarantine"):
        schema.table_of(name, [getattr(got, name)])
    assert got == document.read(capture, document.Registry(), "v")
    for row in (*got.sections, *got.quantities, *got.indicators):
        assert within(row["char_start"], row["char_end"], got.documents[0]["text"])
    for row in (*got.quantities, *got.indicators):
        assert row["quote"] == got.documents[0]["text"][row["char_start"] : row["char_end"]]
    for row in got.quantities:
        at = row["char_start"]
        holding = {s["section_id"]: s["parent_id"] for s in got.sections if s["char_start"] <= at < s["char_end"]}
        assert row["section_id"] in holding.keys() - holding.values()  # and no part of it holds the number


@of(document.failed, TEXT)
def _(words: str) -> None:
    (row,) = document.failed(_capture(b"", None), ValueError(words), "v").quarantine
    assert row["reason"] == "error:ValueError" and len(row["detail"]) <= 300


@of(document.set_aside, TEXT, TEXT)
def _(stage: str, detail: str) -> None:
    rows_ = document.set_aside(_capture(b"", None), stage, "reason", detail, "v").quarantine
    assert schema.table_of("quarantine", [rows_]).to_pylist()[0]["detail"] == detail


def _sound(page: extract.Page) -> None:
    assert page.retention_ratio >= 0 and 0 <= page.residual_chrome <= 1 and page.link_share >= 0
    assert all(line.strip() for line in page.lines) and page.text == "\n".join(page.lines)


@of(extract.extract_html, HTML, URL)
def _(html: str, url: str) -> None:
    page = extract.extract_html(html, url, with_links=True)
    _sound(page)
    assert not any("\n" in line for line in page.lines) and page.extraction in ("selector", "fallback")


@of(extract.extract_text, TEXT)
def _(given: str) -> None:
    _sound(extract.extract_text(given))


@of(extract.extract_lines, LINES)
def _(lines: list[str]) -> None:
    _sound(extract.extract_lines(lines))


@of(identify.identify, HTML, URL, st.none() | st.tuples(CODE, TEXT), st.tuples(st.none() | TEXT, st.none() | DAY))
def _(html: str, url: str, portal: tuple[str, str] | None, listed: tuple[str | None, date | None]) -> None:
    got = identify.identify(extract.extract_html(html, url), url, portal, listed)
    assert got.doc_type in schema.vocabulary()["doc_type"]
    assert (got.report_year is None) == (got.report_year_basis is None)
    assert (got.published_on is None) == (got.published_on_basis is None)
    assert got.report_year_basis in {None, *schema.vocabulary()["report_year_basis"]}
    assert got.published_on_basis in {None, *schema.vocabulary()["published_on_basis"]}


@of(identify.points_to_file, HTML)
def _(html: str) -> None:
    assert identify.points_to_file(extract.extract_html(html, "")) in (True, False)


@of(markup.lines, HTML)
def _(html: str) -> None:
    body = LexborHTMLParser(html).body
    for line in markup.lines(body) if body else ():
        assert line and line == line.strip() and "\n" not in line and markup.LINE_END not in line


@of(markup.hide, HTML)
def _(html: str) -> None:
    tree_ = LexborHTMLParser(html)
    if tree_.body:
        markup.hide(tree_.body)
        once = tree_.html
        markup.hide(tree_.body)
        assert tree_.html == once


@of(density.main_elements, HTML)
def _(html: str) -> None:
    body = LexborHTMLParser(html).body
    if body is not None:
        elements, share = density.main_elements(body)
        assert 0 <= share <= 1.0001 and len({e.mem_id for e in elements}) == len(elements)


@of(headings.han_number, st.integers(1, 99))
def _(number: int) -> None:
    tens, ones = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    printed = (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones else "")
    assert headings.han_number(printed) == number and headings.han_number(printed + "年") is None


@of(headings.lines, TEXT)
def _(given: str) -> None:
    spans = headings.lines(given)
    assert "".join(given[a:b] for a, b in spans) == given and all(a < b for a, b in spans)


@of(headings.heading_marks, TEXT)
def _(given: str) -> None:
    folded = text.plain(given)
    marks = list(headings.heading_marks(folded, headings.lines(folded)))
    assert [m.start for m in marks] == sorted(m.start for m in marks)
    assert all(within(m.marker_start, m.marker_end, folded) and m.start <= m.marker_start for m in marks)


@of(numbers.number_value, st.integers(0, 10**9), st.sampled_from(("", "万", "亿")))
def _(value: int, scale: str) -> None:
    times = {"": 1, "万": 10**4, "亿": 10**8}[scale]
    assert numbers.number_value(f"{value}{scale}") == numbers.number_value(f"{value:,}{scale}") == value * times


@of(numbers.find, TEXT)
def _(given: str) -> None:
    folded = text.plain(given)
    found = numbers.find(folded)
    assert all(within(n.start, n.end, folded) and n.value >= 0 for n in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@of(tables.cells, TEXT)
def _(given: str) -> None:
    folded = text.plain(given)
    assert all(folded[c.number.start : c.number.end].strip() for c in tables.cells(folded))


@of(tables.captioned, TEXT)
def _(given: str) -> None:
    folded = text.plain(given)
    assert all(folded[n.start].isdigit() and folded[n.end - 1].isdigit() for n in tables.captioned(folded))


@of(quantities.read, TEXT, YEAR)
def _(given: str, year: int | None) -> None:
    found = quantities.read(given, year, [])
    assert all(given[q.char_start : q.char_end] == q.quote for q in found)
    assert [q.char_start for q in found] == sorted({q.char_start for q in found})
    for q in found:
        assert q.value_max is None or q.value_max >= q.value
        assert q.modifier in schema.vocabulary()["modifier"] and q.measure in schema.vocabulary()["measure"]
        assert q.period in schema.vocabulary()["period"] and q.value == q.value


@of(tree.cut, TEXT, YEAR)
def _(given: str, year: int | None) -> None:
    tops = tree.cut(given, year)
    assert "".join(given[t.char_start : t.char_end] for t in tops) == given
    for node in tree.walk(tops):
        inside = [(c.char_start, c.char_end) for c in node.children]
        assert inside == sorted(inside) and all(node.char_start <= a <= b <= node.char_end for a, b in inside)


def _tops(given: str) -> list[tree.Section]:
    return tree.cut(given, 2023)


@of(tree.walk, TEXT)
def _(given: str) -> None:
    tops = _tops(given)
    nodes = tree.walk(tops)
    assert [n.char_start for n in nodes] == sorted(n.char_start for n in nodes)
    assert len(nodes) == len(set(map(id, nodes))) == len(tops) + sum(len(n.children) for n in nodes)


@of(templates.template, TEXT)
def _(given: str) -> None:
    members = quantities.read(given, 2023, [])
    words, order, _ = templates.template(text.plain(given), 0, len(given), members)
    assert len(order) <= len(members) and len(set(order)) == len(order) and all(0 <= i < len(members) for i in order)
    assert isinstance(words, str)


@of(measure.measure, TEXT, YEAR, st.booleans())
def _(given: str, year: int | None, area_wide: bool) -> None:
    got = measure.measure(given, measure.Issuer(year, area_wide))
    numbers_ = {id(q) for q in got.numbers}
    for found in got.found:
        assert found.code in indicators.catalogue() and within(found.char_start, found.char_end, given)
        assert found.char_start <= found.anchor <= found.char_end
        assert found.quantity is None or id(found.quantity) in numbers_


@of(explain.sentence, TEXT)
def _(given: str) -> None:
    for found in measure.measure(given, measure.Issuer(2023)).found:
        words, start, end = explain.sentence(given, found)
        assert words in given and within(start, end, words)


@of(periods.span, st.sampled_from(("year", "part_year", "cumulative", "as_of", "prior_year", "next_year")), TEXT, YEAR)
def _(period: str, words: str, year: int | None) -> None:
    first, last = periods.span(period, words, year)
    assert period not in ("year", "prior_year", "next_year") or (first is None) == (year is None) == (last is None)
