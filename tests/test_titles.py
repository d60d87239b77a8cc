"""What titles say. Composed titles of invented and real places; the kinds of look-alikes that portals publish."""

import pytest

from knowledge.bodies import place, read_body
from knowledge.titles import read_title, reads_as_title

REPORTS = [
    ("清河县人民政府关于2022年度法治政府建设情况的报告", 2022, "清河县人民政府"),
    ("2020年静海区法治政府建设情况报告", 2020, "静海区"),
    ("广州市水务局2019年度法治政府建设工作情况报告", 2019, "广州市水务局"),
    ("云南省交通运输厅2023年度法治政府部门建设报告", 2023, "云南省交通运输厅"),
    ("鲤城区人民政府金龙街道办事处关于2022年度法治政府建设情况的报告", 2022, "鲤城区人民政府金龙街道办事处"),
    ("山东省2023年度法治政府建设情况", 2023, "山东省"),
    ("清波街道2023年法治建设年度报告", 2023, "清波街道"),
    ("中共沅陵县委 沅陵县人民政府关于2025年度法治政府建设的报告", 2025, "中共沅陵县委沅陵县人民政府"),
    ("关于印发《平安县2020年度法治政府建设年度报告》的通知", 2020, "平安县"),
    ("关于2025年法治政府建设情况的报告", 2025, None),
    ("南昌县2016年度依法行政工作报告", 2016, "南昌县"),
]
OTHERS = [
    ("【政策解读】关于《清水县人民政府关于清水县2023年度法治政府建设工作总结的报告》的政策解读", "interpretation"),
    ("2024年南昌县法治政府建设工作要点", "work_points"),
    ("南昌市法治政府建设实施方案(2021—2025年)", "plan"),
    ("关于报送2023年度法治政府建设年度报告的通知", "notice"),
    ("市人大常委会听取审议市政府2023年法治政府建设情况报告", "news"),
    ("南昌县人民政府2022年度政府信息公开工作年度报告", "disclosure_annual_report"),
    ("南昌县政府网站工作年度报表(2023年)", "website_annual_report"),
    ("南昌县城管局2023年度行政执法数据统计公示", "enforcement_statistics"),
    ("南昌县2022年行政复议行政应诉工作情况报告", "reconsideration_report"),
    ("南昌县司法局党组书记、局长2022年度述法报告", "duty_statement"),
    ("南昌县创建全省法治政府建设示范县实施方案", "demonstration"),
    ("x镇2025年度法治政府建设情况报告", "research_or_template"),
    ("南昌县2021年上半年法治政府建设工作总结", "interim_report"),
]


@pytest.mark.parametrize(("title", "year", "subject"), REPORTS)
def test_reports(title: str, year: int, subject: str | None) -> None:
    reading = read_title(title)
    assert reading.is_report
    assert (reading.report_year, reading.subject) == (year, subject)


@pytest.mark.parametrize(("title", "doc_type"), OTHERS)
def test_look_alikes(title: str, doc_type: str) -> None:
    assert read_title(title).doc_type == doc_type


@pytest.mark.parametrize(
    ("printed", "home", "want"),
    [
        ("潜江市人民政府", None, ("潜江市人民政府", "government", "county", "429005")),
        ("肇庆市高要区", None, ("肇庆市高要区人民政府", "government", "county", "441204")),
        ("株洲市民政局", None, ("株洲市民政局", "department", "prefecture", "430200")),
        ("济宁市兖州区卫生健康局", None, ("济宁市兖州区卫生健康局", "department", "county", "370812")),
        ("鲤城区人民政府金龙街道办事处", None, ("鲤城区人民政府金龙街道办事处", "subdistrict", "township", "350502")),
        ("渠县有庆镇", None, ("渠县有庆镇人民政府", "township", "township", "511725")),
        ("区司法局", "500107", ("九龙坡区司法局", "department", "county", "500107")),
        ("朝阳区人民政府", "110105", ("朝阳区人民政府", "government", "county", "110105")),
        ("朝阳区人民政府", None, ("朝阳区人民政府", "government", "county", None)),
        ("应急管理部", None, ("应急管理部", "department", "national", None)),
        ("中共沅陵县委沅陵县人民政府", None, ("中共沅陵县委 沅陵县人民政府", "government", "county", "431222")),
    ],
)
def test_bodies(printed: str, home: str | None, want: tuple[str, str, str, str | None]) -> None:
    body = read_body(printed, place(home) if home else None)
    assert body and (body.name, body.kind, body.level, body.region_code) == want


def test_an_invented_place_is_known_from_the_registry_only() -> None:
    home = place("990121", "云川县人民政府")
    assert home and home.name == "云川县"
    body = read_body("云川县司法局", home)
    assert body and (body.kind, body.level, body.region_code) == ("department", "county", "990121")


def test_lines_that_read_as_titles() -> None:
    assert reads_as_title("云川县2023年法治政府建设年度报告")
    assert not reads_as_title("一、2023年法治政府建设工作情况")
    assert not reads_as_title("现将2023年度法治政府建设情况报告如下:")
