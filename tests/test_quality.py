"""Measured quality on sample portals with exact truth must not fall below the pinned floors (floors.toml).

The portals are built from seeds that `make run` does not use, over all families and faults, and go through the same
function as archived responses.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from knowledge.archive import digest
from knowledge.schema import vocabulary
from samples.farm import FAMILIES, FAULTS, build
from samples.places import places
from samples.reports import Report
from transform.document import Capture, Registry, Rows, read

FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text(encoding="utf-8"))["samples"]
IDENTITY = (
    "title", "doc_type", "report_year", "issuer_name", "issuer_kind", "issuer_level", "region_code", "published_on", "signed_on",
    "index_number", "document_number",
)  # fmt: skip
SEEDS = (501, 502)


@cache
def pages() -> list[tuple[object, Rows]]:
    """(truth, rows) of every article of the test portals."""
    out = []
    for seed in SEEDS:
        for i, place in enumerate(places().values() if isinstance(places(), dict) else places()):
            if not place.reports:
                continue
            family = sorted(FAMILIES)[(i + seed) % len(FAMILIES)]
            fault = FAULTS[(i + seed) % len(FAULTS)]
            portal = build(seed, family, place, (fault,))
            row = {"portal_id": portal.portal_id, "name": portal.name, "region_code": portal.region_code}
            for path in portal.articles:
                page = portal.pages[path]
                capture = Capture(
                    url=f"http://127.0.0.1:1{path}",
                    fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
                    payload=page.body,
                    payload_digest=digest(page.body),
                    media_type="text/html",
                    header_charset=None,
                    run_id="test",
                    archive_file="test",
                    archive_offset=0,
                    portal_id=portal.portal_id,
                    purpose="article",
                )
                out.append((page.document, read(capture, Registry([row]), "test")))
    return out


def reports() -> list[tuple[Report, Rows]]:
    return [(truth, rows) for truth, rows in pages() if isinstance(truth, Report) and rows.documents]


def f1(pairs: list[tuple[Counter, Counter]]) -> float:
    right = sum(sum((want & got).values()) for want, got in pairs)
    total = sum(sum(want.values()) + sum(got.values()) for want, got in pairs)
    return 2 * right / total if total else 1.0


def holds(name: str, value: float) -> None:
    print(f"{name}: {value:.4f} (floor {FLOORS[name]})")
    assert value >= FLOORS[name], f"{name} fell to {value:.4f}, floor {FLOORS[name]}"


def test_there_is_enough_to_measure() -> None:
    assert len(pages()) >= 60
    assert len(reports()) >= 20
    assert all(rows.documents for _, rows in pages()), "a page was set aside"


def test_identity() -> None:
    right = total = 0
    for truth, rows in pages():
        for name in IDENTITY:
            if hasattr(truth, name):
                total += 1
                right += rows.documents[0][name] == getattr(truth, name)
    holds("identity", right / total)


def test_body() -> None:
    pairs = []
    for truth, rows in pages():
        want = truth.text if isinstance(truth, Report) else "\n".join(truth.lines)
        pairs.append((Counter("".join(want.split())), Counter("".join(rows.documents[0]["text"].split()))))
    holds("body_f1", f1(pairs))


def test_headings_and_points() -> None:
    headings, points = [], []
    for truth, rows in reports():
        got = [(s["kind"], s["depth"], s["title"]) for s in rows.sections]
        want = Counter((x.depth, x.title) for x in truth.lines if x.kind == "heading")
        headings.append((want, Counter((d, t) for kind, d, t in got if kind == "heading")))
        points.append(
            (Counter(p[1] for x in truth.lines for p in x.points), Counter(t for kind, _, t in got if kind == "point"))
        )
    holds("heading_f1", f1(headings))
    holds("point_f1", f1(points))


def test_roles_and_topics() -> None:
    roles, topics = [], []
    for truth, rows in reports():
        text, at = rows.documents[0]["text"], 0
        for line in truth.lines:
            start = text.find(line.text.strip(), at)
            if start < 0:
                roles.append(False)
                continue
            at = start + len(line.text.strip())
            inside = [s for s in rows.sections if s["char_start"] <= at - 1 < s["char_end"]]
            deepest = max(inside, key=lambda s: (s["depth"], s["char_start"]))
            roles.append(deepest["role"] == line.role)
            if line.kind == "heading" and line.topic:
                topics.append(any(s["topic"] == line.topic for s in rows.sections if s["char_start"] == start))
    holds("role", sum(roles) / len(roles))
    holds("topic", sum(topics) / len(topics))


def test_indicators() -> None:
    wanted = found = claimed = 0
    for truth, rows in reports():
        facts = Counter(
            (f.code, round(f.value, 4)) for x in truth.lines for f in x.facts if f.code and f.measure == "level"
        )
        got = Counter((i["indicator_code"], round(i["value"], 4)) for i in rows.indicators if i["measure"] == "level")
        wanted += sum(facts.values())
        claimed += sum(got.values())
        found += sum((facts & got).values())
    holds("indicator_recall", found / wanted)
    holds("indicator_precision", found / claimed)


def test_every_row_leads_back_to_the_text() -> None:
    for _, rows in pages():
        text = rows.documents[0]["text"]
        for row in [*rows.quantities, *rows.indicators]:
            assert text[row["char_start"] : row["char_end"]] == row["quote"]
        for row in rows.indicators:
            assert len(row["quote"]) <= 60
        tops = [s for s in rows.sections if s["parent_id"] is None]
        assert [s["char_start"] for s in tops[1:]] == [s["char_end"] for s in tops[:-1]]
        assert not tops or (tops[0]["char_start"], tops[-1]["char_end"]) == (0, len(text))
        assert len({s["section_id"] for s in rows.sections}) == len(rows.sections)


def test_coded_columns_hold_known_words() -> None:
    for _, rows in pages():
        for table in (rows.documents, rows.sections, rows.quantities, rows.indicators):
            for row in table:
                for column, words in vocabulary().items():
                    assert row.get(column) is None or row[column] in words, (column, row[column])


def test_reading_twice_gives_the_same_rows() -> None:
    once = [rows for _, rows in pages()]
    pages.cache_clear()
    assert [rows for _, rows in pages()] == once


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_floors_are_shares(name: str) -> None:
    assert 0 < FLOORS[name] <= 1
