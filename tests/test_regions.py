"""Codes, successions and printed names of regions, on real cases."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import regions

CURRENT = [row for row in regions.rows() if row.valid_to is None]
CURRENT_CODES = {row.code for row in CURRENT}


def codes(found: tuple[regions.Region, ...]) -> list[str]:
    return [region.code for region in found]


def test_counts_of_today() -> None:
    assert Counter(row.level for row in CURRENT) == {"province": 34, "prefecture": 333, "county": 2847}
    assert len(CURRENT_CODES) == len(CURRENT)


def test_every_parent_and_successor_is_in_force() -> None:
    assert {row.parent_code for row in CURRENT if row.level != "province"} <= CURRENT_CODES
    assert {row.successor_code for row in regions.rows()} <= CURRENT_CODES | {None}
    assert all(row.successor_code is None for row in CURRENT)


def test_intervals_of_a_code_do_not_overlap() -> None:
    for earlier, later in zip(regions.rows(), regions.rows()[1:], strict=False):
        if earlier.code == later.code:
            assert earlier.valid_to is not None
            assert later.valid_from is not None
            assert earlier.valid_to < later.valid_from


def test_full_names_hold_province_and_name_once() -> None:
    for row in regions.rows():
        province = regions.by_code(row.code[:2] + "0000")
        assert province is not None
        assert row.full_name.startswith(province.name)
        assert row.full_name.endswith(row.name)
    assert not [row for row in regions.rows() if row.name in {"市辖区", "县", "市"} or "直辖" in row.name]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("441283", "441204"),  # 高要市 → 高要区 2015
        ("540422", "540481"),  # 米林县 → 米林市 2023
        ("542623", "540481"),  # 米林县 while 林芝 was a 地区
        ("341402", "340181"),  # 居巢区 → 巢湖市 2011
        ("371202", "370116"),  # 莱城区 → 莱芜区
        ("371203", "370117"),  # 钢城区
        ("371200", "370116"),  # 莱芜市, a prefecture until 2018
        ("429005", "429005"),  # 潜江市, directly below the province
        ("110228", "110118"),  # 密云县 → 密云区 2015
        ("310108", "310106"),  # 闸北区 → 静安区
        ("330103", "330105"),  # 下城区 → 拱墅区 2021
        ("330104", "330102"),  # 江干区 → 上城区 2021
        ("330110", "330110"),  # 余杭区 lasted, though 临平区 was cut out of it
        ("410322", "410308"),  # 孟津县 → 孟津区, of which the events say nothing
        ("220381", "220184"),  # 公主岭市 moved from 四平市 to 长春市
        ("469003", "460400"),  # 儋州市 became a prefecture
        ("522201", "520602"),  # 铜仁市 → 碧江区
        ("500112", "500157"),  # 渝北区 → 两江新区
        ("500105", "500157"),  # 江北区 → 两江新区
        ("652201", "650502"),  # 哈密市 → 伊州区
        ("512081", "510185"),  # 简阳市 moved from 资阳市 to 成都市
        ("130103", None),  # 石家庄市桥东区 was split
        ("341400", None),  # 巢湖市 was split
        ("130421", None),  # 邯郸县 was split
        ("000000", None),
        ("", None),
    ],
)
def test_current(old: str, new: str | None) -> None:
    assert regions.current(old) == new


def test_rows_keep_their_years() -> None:
    old = regions.by_code("441283")
    assert old == regions.Region("441283", "高要市", "广东省肇庆市高要市", "county", "441200", 1995, 2014, "441204")
    renamed = [row for row in regions.rows() if row.code == "130502"]
    assert [(row.name, row.valid_to) for row in renamed] == [("桥东区", 2019), ("襄都区", None)]
    assert renamed[0].successor_code == "130502"
    assert regions.by_code("330113").valid_from == 2021  # type: ignore[union-attr]
    assert regions.by_code("659013").valid_from is None  # type: ignore[union-attr]
    assert regions.by_code("999999") is None


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("441204", ["广东省", "肇庆市", "高要区"]),
        ("441283", ["广东省", "肇庆市", "高要区"]),
        ("500120", ["重庆市", "璧山区"]),
        ("429021", ["湖北省", "神农架林区"]),
        ("419001", ["河南省", "济源市"]),
        ("659001", ["新疆维吾尔自治区", "石河子市"]),
        ("460300", ["海南省", "三沙市"]),
        ("710000", ["台湾省"]),
        ("130103", []),
        ("x", []),
    ],
)
def test_chain(code: str, names: list[str]) -> None:
    assert [region.name for region in regions.chain(code)] == names


def test_prefectures_without_counties() -> None:
    parents = {row.parent_code for row in CURRENT}
    for code in ("441900", "442000", "460400", "620200"):
        region = regions.by_code(code)
        assert region is not None
        assert region.level == "prefecture"
        assert code not in parents


def test_contains() -> None:
    assert regions.contains("440000", "441204")
    assert regions.contains("441200", "441283")
    assert regions.contains("441204", "441283")
    assert regions.contains("441204", "441204")
    assert not regions.contains("441204", "441200")
    assert not regions.contains("440300", "441204")
    assert not regions.contains("440000", "130103")
    assert not regions.contains("x", "x")


@pytest.mark.parametrize(
    ("name", "within", "expected"),
    [
        ("广东省肇庆市高要区", None, ["441204"]),
        ("肇庆市高要区", None, ["441204"]),
        ("高要区", None, ["441204"]),
        (" 高要 区\n", None, ["441204"]),
        ("高要市", None, ["441204"]),
        ("广东省高要市", None, ["441204"]),
        ("莱芜市", None, ["370116"]),
        ("莱芜市莱城区", None, ["370116"]),
        ("巢湖市", None, ["340181"]),
        ("巢湖市居巢区", None, ["340181"]),
        ("襄樊市襄城区", None, ["420602"]),
        ("神农架林区", None, ["429021"]),
        ("湖北省潜江市", None, ["429005"]),
        ("和康县", None, ["653228"]),
        ("和安县", None, ["653229"]),
        ("岑岭县", None, ["653132"]),
        ("恩施州", None, ["422800"]),
        ("巴州若羌县", None, ["652824"]),
        ("吉林市", None, ["220200"]),
        ("吉林省", None, ["220000"]),
        ("朝阳区", None, ["110105", "220104"]),
        ("朝阳区", "220000", ["220104"]),
        ("市中区", "370000", ["370103", "370402", "370811"]),
        ("城区", "140000", ["140302", "140502", "140213", "140403"]),
        ("江北区", None, ["330205", "500157"]),
        ("江北区", "500000", ["500157"]),
        ("铜仁市", None, ["520600", "520602"]),
        ("桥东区", "130100", []),
        ("高要市", "441283", ["441204"]),
        ("高要", None, []),
        ("株洲市高要区", None, []),
        ("市辖区", None, []),
        ("", None, []),
    ],
)
def test_find(name: str, within: str | None, expected: list[str]) -> None:
    assert codes(regions.find(name, within)) == expected


def test_every_full_name_of_today_is_found_and_stands_first() -> None:
    for row in CURRENT:
        assert regions.find(row.full_name)[0] is row
        assert regions.prefix(row.full_name + "人民政府")[0] == len(row.full_name)


@pytest.mark.parametrize(
    ("name", "within", "expected"),
    [
        ("高要", None, ["441204"]),
        ("肇庆高要", None, ["441204"]),
        ("广东", None, ["440000"]),
        ("潜江", None, ["429005"]),
        ("内蒙古", None, ["150000"]),
        ("朝阳", None, ["110105", "211300", "211321", "220104"]),
        ("朝阳", "110000", ["110105"]),
        ("融水", None, ["450225"]),
        ("东乡", None, ["361003", "622926"]),
        ("碑林", None, ["610103"]),
        ("清新", None, ["441803"]),
        ("和", None, []),
        ("高要区", None, []),
    ],
)
def test_find_stem(name: str, within: str | None, expected: list[str]) -> None:
    assert codes(regions.find_stem(name, within)) == expected


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("肇庆市高要区人民政府关于2014年法治政府建设情况的报告", 6, ["441204"]),
        ("高要市人民政府", 3, ["441204"]),
        ("株洲市民政局", 3, ["430200"]),
        ("济宁市兖州区卫生健康局", 6, ["370812"]),
        ("朝阳区人民政府", 3, ["110105", "220104"]),
        ("重庆市璧山区人民政府", 6, ["500120"]),
        ("清水县2023年度", 3, ["620521"]),
        ("宁夏回族自治区银川市兴庆区", 13, ["640104"]),
        ("内蒙古自治区呼伦贝尔市扎兰屯市", 15, ["150783"]),
        ("内蒙古呼伦贝尔市扎兰屯市", 12, ["150783"]),
        ("广东省高要区司法局", 6, ["441204"]),
        ("广东高要区司法局", 5, ["441204"]),
        ("湖南省沅陵县", 6, ["431222"]),
        ("延边州珲春市公安局", 6, ["222404"]),
        ("吉林省吉林市人民政府", 6, ["220200"]),
        ("安阳市安阳县人民政府", 6, ["410522"]),
        ("海南省海口市", 6, ["460100"]),
        ("海南藏族自治州人民政府", 7, ["632500"]),
        ("乐山市市中区人民政府", 6, ["511102"]),
        ("乐山市中区人民政府", 5, ["511102"]),
        ("济宁市市中区人民政府", 6, ["370811"]),
        ("青岛市市南区人民政府", 6, ["370202"]),
        ("青岛市市场监督管理局", 3, ["370200"]),
        ("莱芜市莱城区人民政府", 6, ["370116"]),
        ("汕尾市城区人民政府", 5, ["441502"]),
        ("中山市东区街道办事处", 3, ["442000"]),
        ("株洲市城区管理局", 3, ["430200"]),
        ("石家庄市桥东区人民政府", 7, []),
        ("城区管理局", 0, []),
        ("东区街道办事处", 0, []),
        ("关于高要区", 0, []),
        ("新疆生产建设兵团", 0, []),
        ("司法局", 0, []),
        ("", 0, []),
    ],
)
def test_prefix(text: str, length: int, expected: list[str]) -> None:
    found = regions.prefix(text)
    assert (found[0], codes(found[1])) == (length, expected)


def test_prefix_within() -> None:
    assert codes(regions.prefix("朝阳区人民政府", "110000")[1]) == ["110105"]
    assert regions.prefix("朝阳区人民政府", "440000") == (0, ())
    assert regions.prefix("桥东区人民政府", "130100") == (3, ())
    assert codes(regions.prefix("城区人民政府", "140400")[1]) == ["140403"]


PIECES = st.sampled_from(["广东省", "肇庆市", "高要", "区", "市", "县", "城区", "自治", "族", " ", "人民政府", "2014"])
TEXTS = st.text(max_size=40) | st.lists(PIECES, max_size=8).map("".join)
CODES = st.none() | st.sampled_from(["440000", "441200", "441283", "130103", "x", ""])


@given(TEXTS, CODES)
def test_names_never_raise(text: str, within: str | None) -> None:
    length, found = regions.prefix(text, within)
    assert 0 <= length <= len(text)
    for region in (*found, *regions.find(text, within), *regions.find_stem(text, within)):
        assert region.valid_to is None
        assert within is None or regions.contains(within, region.code)


@given(TEXTS)
def test_codes_never_raise(text: str) -> None:
    assert regions.by_code(text) is None or len(text) == 6
    assert regions.current(text) is None or regions.chain(text)
