"""Numbers as reports print them: value, unit, modifier, what is measured, and what is no number at all."""

import re
import time
from collections.abc import Iterator
from decimal import Decimal
from re import _constants as constants  # type: ignore[attr-defined]  # what a parsed pattern is made of

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import units
from knowledge.sieve import Parsed, parse
from transform import quantities
from transform.numbers import number_value
from transform.quantities import read


def facts(text: str) -> list[tuple[float, str | None, str]]:
    return [(q.value, q.unit, q.modifier) for q in read(text, 2023)]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("全年解答咨询2600余人次", [(2600, "人次", "over")]),
        ("培训近500人次", [(500, "人次", "approx")]),
        ("出动执法人员3千多人次", [(3000, "人次", "over")]),
        ("涉及金额约1006亿元", [(100_600_000_000, "元", "approx")]),
        ("成功率达98%以上", [(98, "%", "at_least")]),
        ("办理热线诉求超1.2万件", [(12000, "件", "over")]),
        ("发放资料3.2万份", [(32000, "份", "exact")]),
        ("追回1亿3200万元", [(132_000_000, "元", "exact")]),
        ("主要问题金额53159万元", [(531_590_000, "元", "exact")]),
        ("开展检查1,245次", [(1245, "次", "exact")]),
        ("开展检查１２４５次", [(1245, "次", "exact")]),
        ("审结二十三件", [(23, "件", "exact")]),
        ("开展宣讲百余场", [(100, "场", "over")]),
        ("审核文件两百余件", [(200, "件", "over")]),
        ("持证率百分之九十八点五", [(98.5, "%", "exact")]),
        ("聘请律师不少于12名", [(12, "人", "at_least")]),
        ("收到申请53宗", [(53, "件", "exact")]),
    ],
)
def test_value_unit_modifier(text: str, want: list[tuple[float, str, str]]) -> None:
    assert facts(text) == want


@pytest.mark.parametrize(
    "text",
    [
        "2023年以来", "2021年8月12日", "第三次会议", "第42期", "《三年行动计划(2023—2025年)》", "国发〔2004〕10号",
        "12345热线", "“12·4”国家宪法日", "八五普法", "“43条”政策", "三项制度", "一是", "第一责任人", "一网通办", "四清单",
        "(20212025年)", "2023118日",
    ],
)  # fmt: skip
def test_names_dates_and_ordinals_are_no_quantities(text: str) -> None:
    assert facts(text) == []


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("受理信访事项2185件,同比下降9.7%", ["level", "change"]),
        ("出庭应诉率98.6%,同比提高3.2个百分点", ["share", "change"]),
        ("较去年增长147%", ["change"]),
        ("案件由上年的12件下降到5件", ["level", "level"]),
        ("力争2024年办结率达到95%", ["target"]),
        ("将4万余户市场主体纳入检查名录", ["level"]),
        ("办理时限控制在5个工作日以内", ["limit"]),
    ],
)
def test_measures(text: str, measures: list[str]) -> None:
    assert [q.measure for q in read(text, 2023)] == measures


def test_periods() -> None:
    text = "近三年累计联合执法95次。2022年受理30件,2023年受理42件。截至12月底共有执法人员87名。上半年培训6期。"
    assert [q.period for q in read(text, 2023)] == ["cumulative", "prior_year", "year", "as_of", "part_year"]


def test_numbers_of_the_plan_are_targets() -> None:
    text = "开展培训6期。明年开展培训8期。"
    assert [q.measure for q in read(text, 2023, [(7, len(text))])] == ["level", "target"]


def test_ranges() -> None:
    (q,) = read("审结时间为15—20个工作日", 2023)
    assert (q.value, q.value_max, q.unit) == (15, 20, "天")


def test_spans_slice_to_the_quote() -> None:
    text = "全年办理案件３９件,涉及1.5万人次;发放资料2万余册。"
    for q in read(text, 2023):
        assert text[q.char_start : q.char_end] == q.quote


@given(st.integers(min_value=1, max_value=99_999_999))
def test_chinese_numerals_agree_with_cn2an(number: int) -> None:
    assert number_value(cn2an.an2cn(number, "low")) == Decimal(number)


@given(st.text(alphabet="一二十百万亿0123456789.,件宗%余约达第年月日()《》“”共 \n元", max_size=60))
def test_any_text_is_read_without_error(text: str) -> None:
    for q in read(text, 2023):
        assert text[q.char_start : q.char_end] == q.quote


# What cn2an's own documentation and issue list take for valid or report as wrong; values are arithmetic.
CN2AN_READS = [
    "零", "一", "十", "十一", "一十一", "一百一十一", "一千一百一十一", "一万一千一百一十一", "一十一万一千一百一十一",
    "一百一十一万一千一百一十一", "一千一百一十一万一千一百一十一", "一亿一千一百一十一万一千一百一十一", "一百零一",
    "一千零一", "一千零一十", "一万零一", "一百万", "一千万", "一亿", "一百万零一百一十", "三百零八", "九十九",
    "零点一", "一点一二三四五六", "一万一千一百一十一点零九零九零九",
]  # fmt: skip


@pytest.mark.parametrize("printed", CN2AN_READS)
def test_numerals_that_cn2an_reads(printed: str) -> None:
    assert float(number_value(printed) or 0) == pytest.approx(cn2an.cn2an(printed, "strict"))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("涉及合同金额16.4亿元", [(1_640_000_000, None, "元")]),  # cn2an: loses the fraction
        ("走访两三个村", [(2, 3, "个")]),  # cn2an: one number of two digits
        ("发现问题十五六个", [(15, 16, "个")]),
        ("败诉率为百分之一点五七", [(1.57, None, "%")]),  # cn2an: loses the fraction of a percentage
        ("三分之二的村", [(66.67, None, "%")]),
        ("八成以上的案件", [(80, None, "%")]),
    ],
)
def test_numbers_that_cn2an_gets_wrong(text: str, want: list[tuple[float, float | None, str]]) -> None:
    assert [(q.value, q.value_max, q.unit) for q in read(text, 2023)] == want


def _signs(parsed: Parsed) -> Iterator[tuple[object, object]]:
    """What a match of a pattern is made of; what only stands round it is left out."""
    for op, value in parsed:
        if op is constants.BRANCH:
            yield from (part for branch in value[1] for part in _signs(branch))
        elif op is constants.SUBPATTERN:
            yield from _signs(value[-1])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            yield from _signs(value[2])
        elif op is constants.IN:
            ruled_out = value[0][0] is constants.NEGATE
            if ruled_out and (constants.LITERAL, ord(",")) not in value:
                yield constants.ANY, None
            yield from () if ruled_out else value
        elif op not in (constants.ASSERT, constants.ASSERT_NOT):
            yield op, value


@pytest.mark.parametrize("name", sorted({*quantities._NEAR, "to_level"}))
def test_cues_looked_for_since_the_last_comma_cannot_reach_over_it(name: str) -> None:
    for op, value in _signs(parse(quantities._context_cues()[name])):
        assert op not in (constants.ANY, constants.NOT_LITERAL) and (op, value) != (constants.LITERAL, ord(","))
        assert op is not constants.CATEGORY or value in (constants.CATEGORY_DIGIT, constants.CATEGORY_SPACE)
        assert op is not constants.RANGE or not value[0] <= ord(",") <= value[1]


def test_numbers_of_endless_digits_are_none() -> None:
    assert read("共计" + "1" * 310, 2023) == [] == read("共计" + "1" * 5000, 2023)


@pytest.mark.parametrize("text", ["123 " * 2_000, "三" * 20_000, "项目" + "(" * 20_000 + "\t受理案件\n甲\t12件\n"])
def test_time_grows_with_the_length_of_what_is_given(text: str) -> None:
    began = time.process_time()
    read(text, 2023)
    assert time.process_time() - began < 2


@given(st.sampled_from(sorted(units.canonical_units())) | st.text(max_size=4))
def test_units_that_numbers_are_read_with_are_those_that_have_a_canonical_form(printed: str) -> None:
    assert (printed in units.canonical_units()) == (re.fullmatch(units.unit_pattern(), printed) is not None)
