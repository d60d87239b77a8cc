"""What holds of the pure functions of crawler/."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from crawler import circles, outcomes, policy, rows
from crawler.families import page as pages
from knowledge import (
    schema,
    titles,
    urls,
)  # fmt: skip
from tests.properties.drawn import (
    ADDRESS,
    BYTES,
    HTML,
    TEXT,
    URL,
    of,
)


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
