"""The registry of the whole country: joined by path, valid, and what its sources give."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path

import pytest

from crawler import build_portals
from crawler.build_portals import REGISTRY, Known, join, portal, read_source, region_of, report_column, why_not
from crawler.registry import Portal, read_portals
from knowledge import regions
from knowledge.console import Problem
from knowledge.urls import host_key

HEADER = "\t".join(build_portals.COLUMNS) + "\n"


@pytest.fixture(scope="module")
def source() -> list[Known]:
    return read_source()


@pytest.fixture(scope="module")
def registry() -> dict[str, Portal]:
    return {p.region_code: p for p in read_portals(REGISTRY)}


def known(path: str, homepage: str = "http://www.example.gov.cn/", **other: object) -> Known:
    fields = {"listed_as": "", "access": "direct", "checked_on": "2026-04-26", "seen": (), "note": ""} | other
    return Known(path, homepage, **fields)  # type: ignore[arg-type]


def test_nearly_every_known_address_is_joined(source: list[Known], registry: dict[str, Portal]) -> None:
    assert len(source) == 3209
    assert len(registry) == 3203 >= 3150
    left = {row.path.rsplit("/", 1)[-1] for row in source if region_of(row.path) is None}
    assert left == {"加格达奇区", "松岭区", "新林区", "呼中区", "济源示范区", "新疆生产建设兵团"}
    assert all(row.note for row in source if region_of(row.path) is None)


def test_every_code_is_in_force_and_every_row_unique(registry: dict[str, Portal]) -> None:
    portals = list(registry.values())
    assert all(regions.current(p.region_code) == p.region_code for p in portals)
    assert len({p.portal_id for p in portals}) == len({p.homepage for p in portals}) == len(portals)
    assert len({host_key(p.homepage).rsplit(":", 1)[0] for p in portals}) == len(portals)
    assert [p.region_code for p in portals] == sorted(registry)
    assert all(p.name.startswith(regions.chain(p.region_code)[-1].name) for p in portals)
    assert all(".gov.cn:" in host for p in portals for host in p.hosts)


def test_the_file_is_plain_text() -> None:
    for path in (REGISTRY, build_portals.SOURCE):
        data = path.read_bytes()
        assert b"\r" not in data
        assert not data.startswith(b"\xef\xbb\xbf")
        assert len(data) < 1_000_000


def test_loads_and_validates_within_a_second() -> None:
    began = time.perf_counter()
    read_portals(REGISTRY)
    assert time.perf_counter() - began < 1


def test_namesakes_are_told_apart_by_path(source: list[Known], registry: dict[str, Portal]) -> None:
    places = defaultdict(list)
    for row in source:
        places[row.path.rsplit("/", 1)[-1]].append(row)
    shared = {name: rows for name, rows in places.items() if len(rows) > 1}
    assert (len(shared), sum(map(len, shared.values()))) == (27, 62)
    for rows in shared.values():
        codes = [region_of(row.path) for row in rows]
        assert len(set(codes)) == len(rows)
        for code, row in zip(codes, rows, strict=True):
            assert code
            assert "/".join(step.name for step in regions.chain(code)) == row.path
            assert registry[code].homepage == row.homepage


@pytest.mark.parametrize(
    ("code", "host"),
    [
        ("440305", "www.szns.gov.cn"),  # 深圳市南山区
        ("230404", "www.hgns.gov.cn"),  # 鹤岗市南山区
        ("110105", "www.bjchy.gov.cn"),  # 北京市朝阳区
        ("220104", "chaoyang.changchun.gov.cn"),  # 长春市朝阳区
        ("310107", "www.shpt.gov.cn"),  # 上海市普陀区
        ("330903", "www.putuo.gov.cn"),  # 舟山市普陀区
        ("511002", "www.neijiangshizhongqu.gov.cn"),  # 内江市市中区
        ("511102", "www.lsszq.gov.cn"),  # 乐山市市中区
        ("520500", "www.bijie.gov.cn"),  # 毕节市, the prefecture
        ("222400", "www.yanbian.gov.cn"),  # 延边州, not its 珲春市
        ("659001", "www.shz.gov.cn"),  # 石河子市, listed below the Corps
    ],
)
def test_home_page_of(registry: dict[str, Portal], code: str, host: str) -> None:
    assert f"//{host}/" in registry[code].homepage


def test_only_a_whole_path_of_today_is_a_region() -> None:
    assert region_of("贵州省/毕节市") == "520500"
    assert region_of("新疆维吾尔自治区/新疆生产建设兵团/阿拉尔市") == "659002"
    for path in ("南山区", "深圳市/南山区", "贵州省/毕节地区/毕节市", "广东省/肇庆市/高要市", "广东省/南山区"):
        assert region_of(path) is None


def test_a_row_without_region_says_why() -> None:
    assert "441204 广东省肇庆市高要区" in why_not(known("广东省/肇庆市/高要市"))
    assert why_not(known("广东省/肇庆市/无此县")) == "no region of today has this path"
    assert why_not(known("河南省/济源示范区", note="a zone")) == "a zone"


def test_two_rows_for_one_region_are_an_error() -> None:
    rows = [known("新疆维吾尔自治区/石河子市"), known("新疆维吾尔自治区/新疆生产建设兵团/石河子市")]
    with pytest.raises(Problem, match="659001; keep one"):
        join(rows)


def test_offices_of_the_province_are_named_as_such(registry: dict[str, Portal]) -> None:
    assert registry["232700"].name == "大兴安岭地区行政公署"
    assert registry["152500"].name == "锡林郭勒盟行政公署"
    assert registry["222400"].name == "延边朝鲜族自治州人民政府"


@pytest.mark.parametrize(
    ("article", "column"),
    [
        ("https://a.gov.cn/zwgk/fzzfjsndbg/xzf/202403/t20240312_123.html", "https://a.gov.cn/zwgk/fzzfjsndbg/xzf/"),
        ("http://a.gov.cn/xxgk/fzzfjsbg/content/post_945.html", "http://a.gov.cn/xxgk/fzzfjsbg/"),
        ("http://a.gov.cn/zwgk/tzgg/202403/t20240312_123.html", None),  # a report among the notices
        ("http://a.gov.cn/fzzfjszl/gzdt/202403/t20240312_123.html", None),  # news of a special topic
        ("http://a.gov.cn/art/2025/3/21/art_1229286420_46.html", None),  # the column has a number only
        ("http://a.gov.cn/fzzfjsnb/202502/ae2fb80029ea4cd98ffb03fd266e082c.shtml", None),  # lists of many names
    ],
)
def test_column_from_the_address_of_an_article(article: str, column: str | None) -> None:
    assert report_column(article) == column


def test_what_was_seen_on_the_own_host_tells_software_and_column() -> None:
    seen = ("http://a.gov.cn/fzzfjsbg/202403/t20240312_1.html", "http://a.gov.cn/fzzfjsbg/202503/t20250312_2.html")
    row = portal(known("北京市/朝阳区", "https://www.a.gov.cn/", seen=seen), "110105")
    assert (row.cms, row.entry_urls) == ("trs", ("https://www.a.gov.cn/fzzfjsbg/",))
    row = portal(known("北京市/朝阳区", "https://www.b.gov.cn/", seen=seen), "110105")
    assert (row.cms, row.entry_urls) == ("", ("http://a.gov.cn/fzzfjsbg/",))
    lonsun = ("https://www.a.gov.cn/public/column/6596035?type=4&action=list",)
    assert portal(known("北京市/朝阳区", "https://www.a.gov.cn/", seen=lonsun), "110105").cms == "lonsun"
    assert portal(known("北京市/朝阳区", "https://www.a.gov.cn/", seen=seen + lonsun), "110105").cms == ""


def test_how_the_home_page_answered_is_noted() -> None:
    switched = known("北京市/朝阳区", access="protocol-switch", listed_as="https://www.example.gov.cn/", note="moved")
    note = "answered here only, not at https://www.example.gov.cn/ (2026-04-26); moved"
    assert portal(switched, "110105").notes == note
    assert portal(known("北京市/朝阳区"), "110105").notes == ""


def test_the_registry_is_what_its_sources_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert build_portals.main(["--check"]) == 0
    said = capsys.readouterr().out
    assert "joined to a region of today: 3203" in said
    assert said.count("not joined: ") == 7  # the count and the six rows
    assert "not joined: 河南省/济源示范区 https://www.jiyuan.gov.cn/ - " in said
    assert "shared home page" not in said


def test_building_again_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "portals.csv"
    monkeypatch.setattr(build_portals, "REGISTRY", made)
    with pytest.raises(Problem, match="run make portals"):
        build_portals.main(["--check"])
    assert list(tmp_path.iterdir()) == []
    build_portals.main([])
    first = (made.read_bytes(), made.stat().st_mtime_ns)
    assert first[0] == REGISTRY.read_bytes()
    build_portals.main([])
    assert (made.read_bytes(), made.stat().st_mtime_ns) == first
    assert "unchanged" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [made]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\thomepage\n", ":1: the columns must be path, homepage"),
        (HEADER + "北京市\thttp://a.gov.cn/\n", ":2: must have 7 fields"),
        (HEADER + "北京市\thttp://a.gov.cn/\t\tmaybe\t\t\t\n", "access: 'maybe' is none of direct"),
        (HEADER + "北京市\tftp://a.gov.cn/\t\tdirect\t\t\t\n", ":2: not an http"),
        (HEADER + "北京市\thttp://a.gov.cn/\t\tdirect\t\t\t\n" * 2, ":3: path: 北京市 has two rows"),
    ],
)
def test_a_faulty_source_is_named_by_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "source.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=message):
        read_source(path)
