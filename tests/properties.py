"""What holds of every public pure function whatever it is given: a registry that tests/test_properties.py goes through.

A property is a function that takes what its strategies draw, calls the function it is named for, and asserts. That the
call returns at all is part of each; what is asserted is what callers rely on: spans lie in their text and tell the
truth about it, order, closed vocabularies, what is done twice is done once, what is written can be read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler import circles, outcomes, policy, rows
from crawler.families import page as pages
from knowledge import (
    archive,
    bodies,
    confidence,
    console,
    cues,
    families,
    indicators,
    nesting,
    regions,
    schema,
    sections,
    sieve,
    text,
    titles,
    triage,
    units,
    urls,
    years,
)  # fmt: skip
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
    quantities,
    tables,
    templates,
)  # fmt: skip
from transform import sections as tree
from transform.files import filetext, layout, ofd, ooxml, pdf, read

Property = tuple[tuple[st.SearchStrategy[Any], ...], Callable[..., None]]
PROPERTIES: dict[str, Property] = {}


def of(function: Callable[..., Any], *strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], None]:
    """Register what follows as what holds of `function`."""

    def register(holds: Callable[..., None]) -> None:
        PROPERTIES[f"{function.__module__}.{function.__qualname__}"] = (strategies, holds)

    return register


# ---------------------------------------------------------------- what is drawn

WORDS = (
    "一、", "(一)", "1.", "一是", "二是", "首先", "。", ";", "，", "、", ":", "\n", "\t", " ", "　", "《", "》", "(", ")", "89件", "3.62亿元", "98.5%",
    "近20场次", "同比增长", "其中", "分别为", "由", "降至", "至", "2023年", "二〇二三年", "2024年1月30日", "第一责任人", "存在的问题", "下一年度工作安排", "附件",
    "行政复议案件", "办理", "审结", "行政处罚", "规范性文件", "罚没款", "单位:万元", "全市", "高要区", "肇庆市", "广东省", "朝阳区", "司法局", "人民政府", "镇", "街道办事处",
    "法治政府建设", "年度报告", "情况的报告", "法治政府建設情況報告", "關於", "来源:", "发布时间:", "索引号", "文号", "打印", "关闭窗口", "版权所有", "特此报告",
    "〇", "十", "百", "万", "亿", "两", "○", "９", "1,234", "12月", "11月8日", "5.", "20231108", "\u200b", "\ufeff", "\x00", "\u202e", "𠮷", "é", "A", "x",
)  # fmt: skip
TAGS = (
    "<p>", "</p>", "<div>", "</div>", "<div class='content'>", "<table>", "<tr>", "<td>", "</td>", "</tr>", "</table>", "<br>", "<b>", "</b>",
    "<a href='/art/2024/1/1/art_1_1.html' title='题'>", "</a>", "<ul>", "<li>", "</ul>", "<script>", "</script>", "<style>", "</style>", "<!--", "-->",
    "<span style='display:none'>", "</span>", "<h1>", "</h1>", "<title>", "</title>", "<meta name='ArticleTitle' content='", "'>", "<nav>", "</nav>",
    "<iframe src=a.pdf>", "&nbsp;", "&#20013;", "<", ">", "\"", "<base href='http://b.example/'>", "</body>", "<select>", "<ucaptitle>",
)  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=25).map("".join)
HTML = st.lists(st.one_of(st.sampled_from(TAGS), st.sampled_from(WORDS)), max_size=40).map("".join)
LINES = st.lists(TEXT.map(lambda x: x.replace("\n", "").replace("\r", "")), max_size=12)
DAY = st.dates(date(2000, 1, 1), date(2040, 12, 31))
YEAR = st.none() | st.integers(2000, 2040)
URL = st.tuples(
    st.sampled_from(("http://a.example", "https://a.example:8443/", "//b.example", "", "javascript:", "ftp://c", "http://[::1]", "http://中国.example")),
    st.lists(st.sampled_from(("/", "..", ".", "a", "%", "%41", "中", "?", "&", "=", "#", ";jsessionid=1", "\\", "\t", " ", "art_1_2.html", ":99999", "@")), max_size=9).map("".join),
).map("".join)  # fmt: skip
ADDRESS = st.lists(st.sampled_from(("a", "zwgk", "col123", "x9f3", "2024", "t1.html", "%E4%B8%AD")), max_size=5).map(
    lambda parts: "http://a.example/" + "/".join(parts)
)
CODE = st.sampled_from([r.code for r in regions.rows()[::97]] + ["990101", "", "000000", "44", "441204"])
HOME = CODE.map(lambda code: bodies.place(code, "示例县人民政府"))
BYTES = st.one_of(st.binary(max_size=200), TEXT.map(lambda x: x.encode("gb18030", "replace")), HTML.map(lambda x: x.encode("utf-8", "replace")))  # fmt: skip
LABEL = st.none() | st.sampled_from(("utf-8", "GB2312", "gbk", "big5", "utf-16", "zlib", "nope", "", "\0")) | st.text(max_size=5)  # fmt: skip
KINDS = frozenset(("government", "department", "township", "subdistrict", "zone", "party", "npc", "court", "other"))


def within(start: int, end: int, whole: str) -> bool:
    return 0 <= start <= end <= len(whole)


# ---------------------------------------------------------------- knowledge


@of(archive.digest, BYTES)
def _(payload: bytes) -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", archive.digest(payload))
    assert archive.digest(payload + b"x") != archive.digest(payload)


@of(archive.run_id, st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1)), st.integers(1, 10**6))
def _(started: datetime, later: int) -> None:
    """Names sort by time."""
    assert archive.run_id(started, "crawl") < archive.run_id(started + timedelta(seconds=later), "crawl")


@of(text.half, TEXT)
def _(given: str) -> None:
    folded = text.half(given)
    assert len(folded) == len(given) and text.half(folded) == folded


@of(text.plain, TEXT)
def _(given: str) -> None:
    folded = text.plain(given)
    assert len(folded) == len(given) and text.plain(folded) == folded


@of(text.is_traditional, TEXT)
def _(given: str) -> None:
    assert text.is_traditional(text.plain(given)) is False


@of(titles.fold, TEXT)
def _(given: str) -> None:
    folded = titles.fold(given)
    assert titles.squash(folded) == folded and not re.search(r"\s", folded)


@of(titles.squash, TEXT)
def _(given: str) -> None:
    kept = iter(given)
    assert all(sign in kept for sign in titles.squash(given))  # signs of the text, in its order


@of(titles.clean_title, TEXT)
def _(given: str) -> None:
    cleaned = titles.clean_title(given)
    assert "\n" not in cleaned and cleaned == cleaned.strip() and len(cleaned) <= len(given)


@of(titles.year_number, st.integers(2000, 2099), st.booleans())
def _(year: int, in_han: bool) -> None:
    printed = "".join("〇一二三四五六七八九"[int(c)] for c in str(year)) if in_han else str(year)
    assert titles.year_number(printed) == year


@of(titles.read_title, TEXT)
def _(given: str) -> None:
    reading = titles.read_title(given)
    assert reading.doc_type in schema.vocabulary()["doc_type"]
    assert reading.report_year is None or 2000 <= reading.report_year < 2040
    assert reading.subject is None or len(reading.subject) >= 2


@of(titles.reads_as_title, TEXT)
def _(given: str) -> None:
    """White space and width say nothing."""
    assert titles.reads_as_title(given) == titles.reads_as_title(text.plain(given))
    assert not (titles.reads_as_title(given) and given.endswith("。"))


@of(bodies.kind_of, TEXT)
def _(given: str) -> None:
    assert bodies.kind_of(given) in KINDS | {None}


@of(bodies.place, CODE, st.none() | TEXT)
def _(code: str, name: str | None) -> None:
    where = bodies.place(code, name)
    if where and (known := regions.by_code(where.code)):
        assert known.valid_to is None and where.name == known.name  # never a place that is no more
    elif where:
        assert where.code == code and where.full_name == name


@of(bodies.read_body, TEXT, HOME)
def _(printed: str, home: bodies.Place | None) -> None:
    body = bodies.read_body(printed, home)
    if body is not None:
        assert body.name and body.kind in KINDS
        assert body.level in (None, "national", "province", "prefecture", "county", "township")
        assert body.region_code is None or regions.current(body.region_code) == body.region_code or home is not None


@of(bodies.issuer_id, TEXT, HOME)
def _(printed: str, home: bodies.Place | None) -> None:
    """One key for all the ways a name is spaced."""
    if body := bodies.read_body(printed, home):
        spaced = bodies.Body(" ".join(body.name), body.kind, body.level, body.region_code)
        assert bodies.issuer_id(spaced) == bodies.issuer_id(body)


@of(confidence.confidence, TEXT)
def _(kind: str) -> None:
    assert confidence.confidence(kind) is None or 0 <= (confidence.confidence(kind) or 0) <= 1


@of(console.inert, st.text(max_size=40))
def _(given: str) -> None:
    shown = console.inert(given)
    assert console.inert(shown) == shown and len(shown.splitlines()) <= 1 and "\x1b" not in shown


@of(console.names, st.lists(TEXT, max_size=9))
def _(items: list[str]) -> None:
    assert ("more" in console.names(items + ["a"] * 6)) and len(console.names(items).splitlines()) <= 1


@of(cues.union, st.lists(st.sampled_from(("a|b", "第[一二]条", "x", "(?:y)z")), min_size=1, max_size=4), TEXT)
def _(patterns: list[str], given: str) -> None:
    assert bool(cues.union(patterns).search(given)) == any(re.search(p, given) for p in patterns)


@of(families.family_of, URL, HTML)
def _(url: str, html: str) -> None:
    family = families.family_of(url, html)
    assert family.name == "generic" or family.owns(url, html)


@of(indicators.is_plausible, st.sampled_from(sorted(indicators.catalogue())), st.floats(0, 1e12), st.sampled_from((None, "province", "prefecture", "county", "township")))  # fmt: skip
def _(code: str, value: float, level: str | None) -> None:
    """What is plausible of a county is plausible of a province."""
    if indicators.is_plausible(code, value, "county"):
        assert indicators.is_plausible(code, value, "province")
    assert indicators.is_plausible(code, value, level) in (True, False)


@of(indicators.bodies_named, st.sampled_from(("国", "省国", "省市国", "省市州盟国")), TEXT)
def _(upper: str, given: str) -> None:
    for pattern in indicators.bodies_named(upper):
        assert all(m.end() > m.start() for m in pattern.finditer(given))


@of(nesting.too_deep, HTML, st.integers(1, 3000))
def _(html: str, times: int) -> None:
    page = html * times
    place = nesting.too_deep(page)
    assert place is None or (0 < place < len(page) and page[place] == "<")


@of(nesting.overloaded, HTML, st.integers(1, 6000))
def _(html: str, attributes: int) -> None:
    page = f"<div {' '.join(f'a{i}' for i in range(attributes))}>{html}"
    assert nesting.overloaded(page) == (0 if attributes >= 2000 else None)


@of(nesting.shallow, HTML, st.integers(1, 3000))
def _(html: str, times: int) -> None:
    kept = nesting.shallow(html * times)
    assert (html * times).startswith(kept) and nesting.shallow(kept) == kept


@of(regions.by_code, CODE)
def _(code: str) -> None:
    assert (known := regions.by_code(code)) is None or known.code == code


@of(regions.current, CODE)
def _(code: str) -> None:
    now = regions.current(code)
    assert now is None or regions.current(now) == now


@of(regions.chain, CODE)
def _(code: str) -> None:
    path = regions.chain(code)
    assert [r.level for r in path] == sorted((r.level for r in path), key=("province", "prefecture", "county").index)
    assert all(below.parent_code == above.code for above, below in pairwise(path))


@of(regions.contains, CODE, CODE)
def _(outer: str, inner: str) -> None:
    if regions.contains(outer, inner) and regions.contains(inner, outer):
        assert regions.current(outer) == regions.current(inner)


@of(regions.find, st.sampled_from(regions.rows()[::31]), st.booleans())
def _(row: regions.Region, whole: bool) -> None:
    if row.valid_to is None:
        assert row in regions.find(row.full_name if whole else f" {row.name} ")
        assert all(regions.contains(row.code[:2] + "0000", r.code) for r in regions.find(row.name, row.code[:2] + "0000"))  # fmt: skip


@of(regions.find_stem, TEXT)
def _(name: str) -> None:
    assert all(r.valid_to is None for r in regions.find_stem(name))


@of(regions.prefix, TEXT)
def _(given: str) -> None:
    length, found = regions.prefix(given)
    assert 0 <= length <= len(given) and (length or not found) and all(r.valid_to is None for r in found)


@of(schema.table_from_rows, st.sampled_from(("fetches", "quarantine", "documents")), st.integers(0, 3), st.text(min_size=1, max_size=9))  # fmt: skip
def _(name: str, count: int, extra: str) -> None:
    first = next(c.name for c in schema.tables()[name].columns if c.type == "VARCHAR")
    table = schema.table_from_rows(name, [{first: "值"}] * count)
    assert table.num_rows == count and table.schema == schema.tables()[name].arrow()
    if extra not in table.schema.names:
        try:
            schema.table_from_rows(name, [{extra: None}])
        except ValueError as e:
            assert extra in str(e)
        else:
            raise AssertionError("a column that is none was taken")


@of(schema.words, st.sampled_from(sorted(schema.tables())), st.sampled_from(sorted({c.name for t in schema.tables().values() for c in t.columns})))  # fmt: skip
def _(table: str, column: str) -> None:
    got = schema.words(table, column)
    assert got is None or all(got.values())


@of(sections.lost_point, st.integers(1, 15), TEXT)
def _(number: int, given: str) -> None:
    for m in sections.lost_point(number).finditer(given):
        assert m.start("m") > 0 and given[m.start("m") - 1] in "。;\n"


@of(sections.read_heading, TEXT, st.none() | st.integers(2010, 2030))
def _(title: str, year: int | None) -> None:
    role, named = sections.read_heading(title, year)
    assert set(named) <= {"problems", "next_year"} and role in (None, *sections.section_cues().roles)


@of(sections.role_of_heading, TEXT)
def _(title: str) -> None:
    assert sections.role_of_heading(title) == sections.read_heading(title)[0]


@of(sections.is_first_responsible, TEXT)
def _(title: str) -> None:
    assert sections.is_first_responsible(f"{title}第一责任人职责")
    assert not sections.is_first_responsible(title) or any(w in title for w in ("责任人", "负责人", "主要领导"))


_PATTERNS = st.sampled_from(
    ("第一责任人", "(?:行政)?复议(?:案件)?", "89件|审结", "[由从]办理", "a+b", "办理.{0,3}案件", "(?=司法局)司", "x?y*")
)


@of(sieve.parse, _PATTERNS)
def _(pattern: str) -> None:
    assert repr(sieve.parse(pattern)) == repr(sieve.parse(re.compile(pattern)))


@of(sieve.needed_words, _PATTERNS, TEXT)
def _(pattern: str, given: str) -> None:
    for m in re.finditer(pattern, given):
        assert all(any(word in given for word in words) for words in sieve.needed_words(sieve.parse(pattern))), m


@of(sieve.signs_before, st.sampled_from(("办理(N)", "[共约](N)件", "(?:为|达)?(N)", ".(N)", "(N)件")))
def _(pattern: str) -> None:
    signs = sieve.signs_before(sieve.parse(pattern), "N", 0)
    for sign in () if signs is None else ("办", "理", "共", "约", "为", "达", "件", "x"):
        matched = any(re.search(pattern, f"{before}{sign}N件") for before in ("", "办"))
        assert not (matched and re.fullmatch(pattern, f"{sign}N件") and sign not in signs)


@of(triage.triage, TEXT, st.none() | TEXT, st.none() | DAY, HOME)
def _(title: str, site: str | None, published: date | None, home: bodies.Place | None) -> None:
    got = triage.triage(title, site, published, home)
    assert got.doc_type == titles.read_title(title).doc_type and list(got.row) == list(triage.Triage.__slots__)


@of(triage.site_place, TEXT)
def _(site: str) -> None:
    where = triage.site_place(site)
    assert where is None or regions.current(where.code) == where.code


@of(units.canonical_unit, st.sampled_from(sorted(units.unit_pattern().replace("\\", "").split("|"))) | TEXT)
def _(printed: str) -> None:
    """Every unit that numbers are read with has a canonical form; nothing else has."""
    known = re.fullmatch(units.unit_pattern(), printed) is not None
    try:
        assert units.canonical_unit(printed) and known
    except KeyError:
        assert not known


@of(urls.canonical_url, URL, st.none() | ADDRESS)
def _(url: str, base: str | None) -> None:
    try:
        got = urls.canonical_url(url, base)
    except ValueError:
        return
    assert urls.canonical_url(got) == got and got.startswith(("http://", "https://")) and got.isascii()
    assert not re.search(r"[\s#<>\"]", got) and ";jsessionid=" not in got.partition("?")[0]


@of(urls.host_key, URL)
def _(url: str) -> None:
    try:
        key = urls.host_key(url)
    except ValueError:
        return
    assert urls.host_key(f"http://{key}/") == key and 0 < int(key.rpartition(":")[2]) < 65536


@of(years.date_flag, YEAR, st.none() | DAY)
def _(year: int | None, day: date | None) -> None:
    flag = years.date_flag(year, day)
    assert flag in (None, *years.DATE_FLAGS) and (flag is None or (year and day and day.year != year + 1))


# ---------------------------------------------------------------- transform


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
        schema.table_from_rows(name, getattr(got, name))
    assert got == document.read(capture, document.Registry(), "v")
    for row in (*got.sections, *got.quantities, *got.indicators):
        assert within(row["char_start"], row["char_end"], got.documents[0]["text"])
    for row in (*got.quantities, *got.indicators):
        assert row["quote"] == got.documents[0]["text"][row["char_start"] : row["char_end"]]


@of(document.failed, TEXT)
def _(words: str) -> None:
    (row,) = document.failed(_capture(b"", None), ValueError(words), "v").quarantine
    assert row["reason"] == "error:ValueError" and len(row["detail"]) <= 300


@of(document.set_aside, TEXT, TEXT)
def _(stage: str, detail: str) -> None:
    rows_ = document.set_aside(_capture(b"", None), stage, "reason", detail, "v").quarantine
    assert schema.table_from_rows("quarantine", rows_).to_pylist()[0]["detail"] == detail


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
    spans = list(headings.lines(given, 0, len(given)))
    assert "".join(given[a:b] for a, b in spans) == given and all(a < b for a, b in spans)


@of(headings.heading_marks, TEXT)
def _(given: str) -> None:
    folded = text.plain(given)
    marks = list(headings.heading_marks(folded, list(headings.lines(folded, 0, len(folded)))))
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
    for top in tops:
        for node in top.walk():
            inside = [(c.char_start, c.char_end) for c in node.children]
            assert inside == sorted(inside) and all(node.char_start <= a <= b <= node.char_end for a, b in inside)


def _tops(given: str) -> list[tree.Section]:
    return tree.cut(given, 2023)


@of(tree.deepest, TEXT)
def _(given: str) -> None:
    starts, nodes = tree.deepest(_tops(given))
    assert starts == sorted(starts) and len(starts) == len(nodes)


@of(tree.at, TEXT, st.integers(0, 200))
def _(given: str, offset: int) -> None:
    if offset < len(given):
        node = tree.at(tree.deepest(_tops(given)), offset)
        assert any(a <= offset < b for a, b in node.own_spans())


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


# ---------------------------------------------------------------- transform.files

_XML = st.recursive(
    st.sampled_from(("<w:t>甲</w:t>", "乙", '<a:p w:val="1"/>')),
    lambda inner: st.lists(inner, max_size=3).map(lambda xs: f"<w:p>{''.join(xs)}</w:p>"),
    max_leaves=8,
).map(lambda inner: f'<w:r xmlns:w="urn:w" xmlns:a="urn:a">{inner}</w:r>')


@of(filetext.tidy, TEXT)
def _(line: str) -> None:
    kept = filetext.tidy(line)
    assert filetext.tidy(kept) == kept
    kept.encode("utf-8")


@of(filetext.parse_xml, _XML)
def _(xml: str) -> None:
    assert "".join(filetext.parse_xml(xml.encode()).itertext()).replace("甲", "").replace("乙", "") == ""
    try:
        filetext.parse_xml(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + xml.encode())
    except filetext.Unreadable:
        return
    raise AssertionError("a document type was read")


@of(filetext.local_name, _XML)
def _(xml: str) -> None:
    assert {filetext.local_name(node) for node in ET.fromstring(xml).iter()} <= {"r", "p", "t"}


@of(filetext.attribute, _XML)
def _(xml: str) -> None:
    assert {filetext.attribute(node, "val") for node in ET.fromstring(xml).iter()} <= {None, "1"}


@of(filetext.first_below, _XML)
def _(xml: str) -> None:
    root = ET.fromstring(xml)
    found = filetext.first_below(root, "p", "t")
    assert found is None or (filetext.local_name(found) == "t" and filetext.first_below(None, "p") is None)


@of(filetext.value_below, _XML)
def _(xml: str) -> None:
    assert filetext.value_below(ET.fromstring(xml), "p") in (None, "1")


@of(layout.wide, st.characters())
def _(sign: str) -> None:
    assert layout.wide("法") and not layout.wide("a") and layout.wide(sign) in (True, False)


_CHAR = st.builds(layout.Char, st.sampled_from("法治政府建设。2一、 ,a"), st.floats(0, 500), st.floats(0, 600), st.floats(0, 800), st.floats(0, 40), st.booleans())  # fmt: skip


@of(layout.layout_text, st.lists(st.builds(layout.Sheet, st.lists(_CHAR, max_size=30), st.just(0.0), st.just(842.0), st.floats(0, 1), st.booleans()), max_size=3))  # fmt: skip
def _(sheets: list[layout.Sheet]) -> None:
    try:
        got = layout.layout_text(sheets, "pdf")
    except filetext.Unreadable as e:
        assert e.detail
        return
    given = sorted(c.text for s in sheets for c in s.chars if c.text.strip())
    kept = sorted(c for c in "".join(got.lines) if c.strip())
    assert len(kept) <= len(given) and set(kept) <= set(given)  # nothing is invented


def _readable(reader: Callable[[bytes], filetext.FileText], payload: bytes) -> None:
    """Lines, or what read_file makes a reason of: any Exception; what ends a process or loops is none."""
    try:
        got = reader(payload)
    except MemoryError:
        raise
    except Exception:
        return
    assert got.needs_ocr or all("\n" not in line for line in got.lines)


def _zipped(part: str) -> Callable[[str], bytes]:
    def make(xml: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as whole:
            whole.writestr(part, xml)
        return out.getvalue()

    return make


of(ooxml.read_docx, BYTES | _XML.map(_zipped("word/document.xml")))(lambda payload: _readable(ooxml.read_docx, payload))
of(ooxml.read_wordml, BYTES | _XML.map(str.encode))(lambda payload: _readable(ooxml.read_wordml, payload))
of(ofd.read_ofd, BYTES | _XML.map(_zipped("OFD.xml")))(lambda payload: _readable(ofd.read_ofd, payload))
of(pdf.read_pdf, BYTES.map(lambda payload: b"%PDF-1.7\n" + payload))(lambda payload: _readable(pdf.read_pdf, payload))


@of(read.sniff, BYTES, URL)
def _(payload: bytes, url: str) -> None:
    assert "/" in read.sniff(payload, url)


@of(read.read_file, BYTES, st.sampled_from(("text/html", "text/plain", "application/pdf", "application/rtf", "application/zip", "image/jpeg", "x/y")), TEXT)  # fmt: skip
def _(payload: bytes, kind: str, name: str) -> None:
    try:
        got = read.read_file(payload, kind, name)
    except filetext.Unreadable as e:
        assert e.reason and e.detail
        return
    assert bool(got.lines) != got.needs_ocr


# ---------------------------------------------------------------- crawler


@of(circles.shape, URL)
def _(url: str) -> None:
    try:
        address = urls.canonical_url(url)
    except ValueError:
        return
    assert circles.shape(circles.shape(address)) == circles.shape(address)


@of(circles.face, TEXT, st.integers(0, 10**9))
def _(given: str, number: int) -> None:
    """A counter makes no other page, a word does."""
    said = given.replace("<", "")
    assert circles.face(f"<p>{said}</p><b>{number}</b>") == circles.face(
        f"<p>{said}</p><b>0</b><script>{number}</script>"
    )
    assert circles.face(f"<p>{said}</p>") != circles.face(f"<p>{said}甲</p>")


@of(outcomes.outcome, st.integers(100, 599), st.dictionaries(st.sampled_from(("content-type", "location", "set-cookie", "retry-after")), TEXT), BYTES)  # fmt: skip
def _(status: int, headers: dict[str, str], body: bytes) -> None:
    assert outcomes.outcome(status, headers, body) in schema.vocabulary()["outcome"]


@of(outcomes.encoding_fault, BYTES, st.sampled_from(("", "gzip", "deflate", "br", "x-gzip")))
def _(body: bytes, encoding: str) -> None:
    assert outcomes.encoding_fault(body, encoding, 2**20) in (None, "broken_response", "too_large")


@of(outcomes.plain_headers, st.lists(st.tuples(st.binary(max_size=9), st.lists(st.binary(max_size=9), min_size=1, max_size=3)), max_size=4))  # fmt: skip
def _(headers: list[tuple[bytes, list[bytes]]]) -> None:
    assert all(name == name.lower() for name in outcomes.plain_headers(headers))


@of(outcomes.body_start, BYTES, st.sampled_from(("", "identity", "gzip", "deflate", "br")))
def _(body: bytes, encoding: str) -> None:
    start = outcomes.body_start(body, encoding)
    assert len(start) <= outcomes.BODY_START and (encoding not in ("", "identity") or body.startswith(start))


@of(policy.in_window, st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.datetimes(timezones=st.just(UTC)))
def _(hour: int, minute: int, until: int, moment: datetime) -> None:
    """A window and its complement share no moment and leave none out."""
    start, end = f"{hour:02}:{minute:02}", f"{until:02}:30"
    if start != end:
        assert policy.in_window(f"{start}-{end}", moment) != policy.in_window(f"{end}-{start}", moment)


@of(policy.is_public, st.ip_addresses())
def _(address: Any) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not policy.is_public(str(address))


@of(policy.literal_address, st.ip_addresses(v=4))
def _(address: Any) -> None:
    for spelt in (str(address), str(int(address)), hex(int(address))):
        assert policy.literal_address(spelt) == str(address)


@of(policy.is_loopback, st.integers(0, 2**24 - 1), st.sampled_from(("", ":80")))
def _(host: int, port: str) -> None:
    assert policy.is_loopback(f"127.{host >> 16}.{host >> 8 & 255}.{host & 255}{port}")
    assert not policy.is_loopback(f"11.{host >> 16}.{host >> 8 & 255}.{host & 255}{port}")


@of(policy.is_endless, ADDRESS, st.integers(4, 9))
def _(url: str, times: int) -> None:
    assert policy.is_endless(url + "/again" * times) and policy.is_endless(url + "?" + "x" * 2001)


@of(rows.years_named, TEXT, st.integers(2000, 2099))
def _(given: str, year: int) -> None:
    assert year in rows.years_named(f"{given} {year}年") or "〔" in given
    assert all(2000 <= y < 2100 for y in rows.years_named(given))


@of(rows.reads_as_report, TEXT)
def _(given: str) -> None:
    assert rows.reads_as_report(given) == (titles.read_title(given).doc_type in titles.REPORT_TYPES)


@of(rows.report_title, HTML)
def _(html: str) -> None:
    title = rows.report_title(html)
    assert title is None or rows.reads_as_report(title)


@of(rows.wanted, TEXT, st.booleans())
def _(title: str, in_column: bool) -> None:
    why = rows.wanted(pages.Row("http://a.example/", title, None), in_column)
    assert why in (None, "report", "doubtful") and (why == "report") == rows.reads_as_report(title)
    assert in_column or why is None or rows.wanted(pages.Row("http://a.example/", title, None), True)
