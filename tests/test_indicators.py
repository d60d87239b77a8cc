"""What a sentence's indicators are parts of; everything else about them is held by the gold sets (test_figure_gold)."""

from __future__ import annotations

import pytest

from transform.measure import Issuer, measure


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            "全县有人民调解委员会200个,其中村调委会150个,企业调委会8个,其他12个。",
            [(200, False), (150, True), (8, True), (12, True)],
        ),
        ("全年办理法律援助案件300件,另有民事案件210件。", [(300, False)]),
        ("全年办理法律援助案件300件,其中民事案件210件;接待来访50件。", [(300, False), (210, True)]),
    ],
)
def test_what_an_unnamed_number_after_of_which_is_part_of(text: str, want: list[tuple[float, bool]]) -> None:
    """An item that a rule of the same code claims does not end the list."""
    found = measure(text, Issuer(2023)).found
    assert [(f.value, f.is_part) for f in found if f.code in ("legal_aid_cases", "mediation_committees")] == want


def test_a_glyph_of_a_private_font_in_a_table_is_no_number() -> None:
    found = measure("项目\t受理行政复议申请\n\ue000\t12", Issuer(2023)).found
    assert [f.value for f in found] in ([], [12])
