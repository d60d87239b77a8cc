"""What holds of the pure functions of knowledge/."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

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
from tests.properties.drawn import (
    ADDRESS,
    BYTES,
    CODE,
    DAY,
    HOME,
    HTML,
    KINDS,
    TEXT,
    URL,
    YEAR,
    of,
)


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


@of(sections.said_by_title, TEXT)
def _(title: str) -> None:
    assert sections.said_by_title(f"{title}第一责任人职责")[0]
    is_first_responsible, topic = sections.said_by_title(title)
    assert not is_first_responsible or any(w in title for w in ("责任人", "负责人", "主要领导"))
    assert topic in (None, *sections.section_cues().topics.values())


@of(sections.topic_of_text, TEXT)
def _(words: str) -> None:
    topic, topics = sections.topic_of_text(words), sections.section_cues().topics
    assert (topic is None) == (not any(word in words for word in topics)) and topic in (None, *topics.values())


_PATTERNS = st.sampled_from(
    ("第一责任人", "(?:行政)?复议(?:案件)?", "89件|审结", "[由从]办理", "a+b", "办理.{0,3}案件", "(?=司法局)司", "x?y*")
)


@of(sieve.parse, _PATTERNS)
def _(pattern: str) -> None:
    assert repr(sieve.parse(pattern)) == repr(sieve.parse(re.compile(pattern)))


@of(sieve.needed_words, _PATTERNS | st.just("89件、审结"), TEXT)
def _(pattern: str, given: str) -> None:
    for m in re.finditer(pattern, given):
        assert all(any(word in given for word in words) for words in sieve.needed_words(sieve.parse(pattern))), m
        pieces = re.split("[件、]", given)  # each is looked at by itself, what they have is put together
        needs = sieve.needed_words(sieve.parse(pattern), "件、")
        assert all(any(word in piece for word in words for piece in pieces) for words in needs), m


@of(indicators.signs_before_numbers, TEXT)
def _(given: str) -> None:
    clause = re.sub(r"89件|98\.5%|12月", indicators.NUMBER, given)
    for m in re.finditer(indicators.NUMBER, clause):
        at = m.start()
        assert indicators.signs_before_numbers(clause) >= set(clause[at - 1] if at else indicators.BREAKS)


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


@of(units.pattern_of, st.lists(st.sampled_from(sorted(units.canonical_units())), min_size=1), TEXT)
def _(some: list[str], behind: str) -> None:
    """What it finds at a text's beginning is the longest of the units there."""
    text = some[0] + behind
    found = re.match(units.pattern_of(some), text)
    assert found and found[0] == max((u for u in some if text.startswith(u)), key=len)


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
