"""Dates in the forms that portals print, and none where there is none."""

from datetime import date

import pytest

from transform.dates import find_date, restore_date


@pytest.mark.parametrize(
    ("printed", "want"),
    [
        ("2024年02月27日 14:35:00", date(2024, 2, 27)),
        ("2022-02-23 14:58:44", date(2022, 2, 23)),
        ("2023年1月5日", date(2023, 1, 5)),
        ("发布日期:2023.11.8 来源:", date(2023, 11, 8)),
        ("20231108", date(2023, 11, 8)),
        ("二〇二三年十一月八日", date(2023, 11, 8)),
        ("二○二四年二月二十一日", date(2024, 2, 21)),
        ("2023年11月", None),
        ("11月8日", None),
        ("2023年2月30日", None),
        ("昨天", None),
        ("", None),
    ],
)
def test_find_date(printed: str, want: date | None) -> None:
    assert find_date(printed) == want


def test_a_damaged_date_is_restored_only_when_one_reading_fits() -> None:
    assert restore_date("2023118", date(2023, 11, 10)) == date(2023, 11, 8)
    assert restore_date("2023118", date(2023, 2, 1)) == date(2023, 1, 18)
    assert restore_date("2023118", date(2024, 11, 10)) is None
    assert restore_date("2023111", date(2023, 11, 10)) == date(2023, 11, 1)
    assert restore_date("共2023118件", date(2023, 11, 10)) is None
