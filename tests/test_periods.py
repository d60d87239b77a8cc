"""First and last day of the period that a figure is about."""

from __future__ import annotations

from datetime import date

import pytest

from transform.periods import span
from transform.quantities import read


@pytest.mark.parametrize(
    ("period", "words", "first", "last"),
    [
        ("year", "2023年全年受理", "2023-01-01", "2023-12-31"),
        ("prior_year", "上年为", "2022-01-01", "2022-12-31"),
        ("next_year", "计划培训", "2024-01-01", "2024-12-31"),
        ("part_year", "上半年办结", "2023-01-01", "2023-06-30"),
        ("part_year", "第三季度办结", "2023-07-01", "2023-09-30"),
        ("part_year", "2022年1-10月受理", "2022-01-01", "2022-10-31"),
        ("part_year", "2023年4月至6月受理", "2023-04-01", "2023-06-30"),
        ("part_year", "上半年办结12件,2月份受理", "2023-02-01", "2023-02-28"),
        ("part_year", "13月份受理", None, None),
        ("as_of", "截至2023年11月底,全市共有", None, "2023-11-30"),
        ("as_of", "截至2022年12月15日,共有", None, "2022-12-15"),
        ("as_of", "截止2023年底,共有", None, "2023-12-31"),
        ("as_of", "截至年底,共有", None, "2023-12-31"),
        ("as_of", "截至目前,共有", None, None),
        ("as_of", "现有", None, None),
        ("cumulative", "自2018年以来,累计受理", "2018-01-01", "2023-12-31"),
        ("cumulative", "2021年6月起累计办理", "2021-06-01", "2023-12-31"),
        ("cumulative", "近三年,累计开展", "2021-01-01", "2023-12-31"),
        ("cumulative", "“十三五”期间累计", "2016-01-01", "2023-12-31"),
        ("cumulative", "累计接待", None, None),
    ],
)
def test_days_of_a_period(period: str, words: str, first: str | None, last: str | None) -> None:
    """In a report on 2023; what nothing gives stays unknown."""
    assert span(period, words, 2023) == (first and date.fromisoformat(first), last and date.fromisoformat(last))


def test_without_a_report_year_only_the_words_count() -> None:
    """A year of its own is enough."""
    assert span("year", "受理", None) == (None, None)
    assert span("part_year", "2022年上半年", None) == (date(2022, 1, 1), date(2022, 6, 30))
    assert span("cumulative", "2018年以来", None) == (date(2018, 1, 1), None)


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("2023年1-6月,受理申请12件。", ["part_year"]),
        ("2023 年 1 月至 6 月,受理申请 12 件。", ["part_year"]),
        ("2023年1至12月,受理申请12件。", ["year"]),
        ("2022年,受理申请12件,办结9件,2023年受理14件,办结13件。", ["prior_year", "prior_year", "year", "year"]),
        ("2022 年受理申请 12 件,2023 年受理 14 件。", ["prior_year", "year"]),
        ("对2022年的案卷进行评查,发现问题12个。", ["year"]),
        ("累计编印普法读本12种。", ["cumulative"]),
        ("共有260人参加考试。", ["year"]),
        ("全县共有执法人员260人。", ["as_of"]),
        ("目前共有260人通过考试。", ["as_of"]),
        ("2023 年,累计编印普法读本 12 种。", ["year"]),
    ],
)
def test_period_of_each_number(text: str, periods: list[str]) -> None:
    """In a report on 2023; blanks round digits change nothing."""
    assert [q.period for q in read(text, 2023)] == periods
