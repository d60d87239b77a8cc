"""Hard cases of identification, on composed pages (invented texts; real and invented places)."""

from __future__ import annotations

from datetime import date

import pytest

from transform.extract import Page, extract_html, extract_text
from transform.identify import Identity, identify

BODY = (
    "一、主要举措和成效\n(一)规范行政执法。全县共办理行政处罚案件120件,开展联合执法12次,县政府常务会议专题研究法治政府建设工作3次。\n"
    "二、存在的不足\n执法力量有待加强,基层法治工作人员不足,专业能力还需要进一步提升。\n三、下一步打算\n继续推进法治政府建设。\n"
)
GONGAN = ("421022", "公安县人民政府")


def flat(title: str, *, info: str = "发布时间:2024-02-18", opening: str = "现报告如下:", end: str = "") -> Page:
    """A flattened page."""
    return extract_text(f"首页 > 政务公开\n{title}\n{info}\n{opening}\n{BODY}{end}")


def html(title: str, *, meta: str = "", head: str = "", body: str = BODY, end: str = "") -> Page:
    """A page with meta tags and a metadata table."""
    paragraphs = "".join(f"<p>{line}</p>" for line in (body + end).strip().split("\n"))
    page = f"<html><head><title>{title}_公安县人民政府</title>{meta}</head><body><div class='nav'>首页 政务公开</div>{head}<h1>{title}</h1>"
    return extract_html(f"{page}<div id='zoom'>{paragraphs}</div></body></html>", "http://x.example/a.html")


def read(page: Page, portal: tuple[str, str] | None = None, url: str = "http://x.example/a.html",
         listed: tuple[str | None, date | None] = (None, None)) -> Identity:  # fmt: skip
    return identify(page, url, portal, listed)


def test_report_inside_a_wrapper() -> None:
    got = read(
        flat("关于印发《平远县2020年度法治政府建设年度报告》的通知", opening="各乡镇人民政府:\n现将报告印发给你们。")
    )
    assert (got.doc_type, got.report_year) == ("annual_report", 2020)
    assert got.issuer and (got.issuer.name, got.issuer.region_code) == ("平远县人民政府", "441426")


def test_subdistrict_whose_name_begins_with_the_government() -> None:
    got = read(flat("鲤城区人民政府金龙街道办事处关于2022年度法治政府建设情况的报告"))
    assert got.issuer and (got.issuer.kind, got.issuer.level, got.issuer.region_code) == (
        "subdistrict",
        "township",
        "350502",
    )


def test_a_bare_office_is_resolved_from_the_site() -> None:
    got = read(flat("区司法局关于2025年法治政府建设情况的报告"), portal=("500107", "九龙坡区人民政府"))
    assert got.issuer and (got.issuer.name, got.issuer.level, got.issuer.region_code) == (
        "九龙坡区司法局",
        "county",
        "500107",
    )


def test_the_drafting_office_is_not_the_issuer() -> None:
    page = html("2023年度法治政府建设情况报告", meta="<meta name='ContentSource' content='公安县司法局'>")
    got = read(page, portal=GONGAN)
    assert got.issuer and (got.issuer.name, got.issuer.kind) == ("公安县人民政府", "government")


def test_an_office_that_speaks_for_itself_is_the_issuer() -> None:
    own = BODY.replace("全县", "我局").replace("县政府常务会议", "局党组会议")
    page = html("2023年度法治政府建设情况报告", meta="<meta name='ContentSource' content='公安县司法局'>", body=own)
    got = read(page, portal=GONGAN)
    assert got.issuer and (got.issuer.name, got.issuer.kind) == ("公安县司法局", "department")


def test_the_addressee_is_not_the_issuer() -> None:
    got = read(flat("2023年度法治政府建设工作总结", opening="公安县人民政府:", end="公安县水利局\n2024年1月15日\n"))
    assert got.issuer and got.issuer.name == "公安县水利局"
    assert got.signed_on == date(2024, 1, 15)


def test_joint_issuers() -> None:
    got = read(flat("中共沅陵县委 沅陵县人民政府关于2025年度法治政府建设情况的报告"))
    assert got.issuer and (got.issuer.name, got.issuer.kind) == ("中共沅陵县委 沅陵县人民政府", "government")


def test_two_line_title_and_speech() -> None:
    page = extract_text(
        f"公安县人民政府关于2023年度法治政府建设情况的报告\n公安县人民政府\n关于2023年度法治政府建设情况的报告\n"
        f"——2024年3月26日在公安县第六届人大常委会第十八次会议上\n主任、各位副主任、各位委员:\n{BODY}"
    )
    got = read(page)
    assert got.doc_type == "npc_report"
    assert got.signed_on == date(2024, 3, 26)
    assert page.text.startswith("主任、各位副主任")


def test_no_year_in_the_title() -> None:
    got = read(flat("公安县法治政府建设情况报告", opening="2022年,公安县认真推进法治政府建设。"))
    assert (got.report_year, got.report_year_basis) == (2022, "body")
    assert read(flat("公安县法治政府建设情况报告")).report_year_basis == "published"


def test_november_publication_without_a_year_says_nothing() -> None:
    assert read(flat("公安县法治政府建设情况报告", info="发布时间:2023-11-18")).report_year is None


def test_in_year_and_migration_flags() -> None:
    assert "in_year" in read(flat("公安县2023年法治政府建设年度报告", info="发布时间:2023-11-10")).flags
    assert "late_or_migrated" in read(flat("公安县2019年法治政府建设年度报告", info="发布时间:2021-09-10")).flags


def test_a_site_code_that_was_abolished() -> None:
    page = html("区2021年法治政府建设年度报告", meta="<meta name='SiteIDCode' content='4412830054'>")
    got = read(page)
    assert got.place and got.place.code == "441204"
    assert "region_code_abolished" in got.flags


def test_an_old_report_keeps_its_place_in_todays_panel() -> None:
    got = read(flat("高要市2014年度依法行政工作报告", info="发布时间:2015-03-01"))
    assert got.place and (got.place.code, got.place.full_name) == ("441204", "广东省肇庆市高要区")


def test_a_reprint_elsewhere_keeps_its_issuer() -> None:
    got = read(flat("公安县人民政府2023年法治政府建设情况报告"), portal=("110105", "朝阳区人民政府"))
    assert got.issuer and got.issuer.region_code == "421022"


def test_a_pubdate_that_is_the_columns_is_not_believed() -> None:
    meta = "<meta name='PubDate' content='2019-05-06 10:00'>"
    head = "<table><tr><td>发布日期:</td><td>2024-02-18</td></tr></table>"
    got = read(html("公安县2023年法治政府建设年度报告", meta=meta, head=head))
    assert (got.published_on, got.published_on_basis) == (date(2024, 2, 18), "table")
    assert "pubdate_contradicted" in got.flags


def test_template_placeholders_are_no_metadata() -> None:
    got = html(
        "公安县2023年法治政府建设年度报告",
        meta="<meta name='ArticleTitle' content='<$[标题]>'><meta name='PubDate' content=''>",
    )
    assert got.title == "公安县2023年法治政府建设年度报告"
    assert read(got).published_on is None


@pytest.mark.parametrize(
    "head",
    [
        "<table><tr><td>索 引 号:</td><td>011/2024-1</td><td>文 号:</td><td>文 号:无</td></tr></table>",
        "<dl><dt>索引号</dt><dd>011/2024-1</dd><dt>文号</dt><dd>无</dd></dl>",
        "<p>索 引 号: 011/2024-1 主题分类: 政务公开 文  号: 文  号:无 效力状态: 有效</p>",
    ],
    ids=["table", "list", "inline"],
)
def test_metadata_table_in_its_forms(head: str) -> None:
    got = read(html("公安县2023年法治政府建设年度报告", head=head))
    assert (got.index_number, got.document_number) == ("011/2024-1", None)


def test_a_list_title_serves_where_the_page_cuts_its_own() -> None:
    page = html("公安县人民政府关于2023年度法治...")
    got = read(page, listed=("公安县人民政府关于2023年度法治政府建设情况的报告", None))
    assert got.title == "公安县人民政府关于2023年度法治政府建设情况的报告"
    assert got.doc_type == "annual_report"


def test_traditional_script_is_recognised() -> None:
    got = read(flat("北京市東城區人民政府2020年法治政府建設年度情況報告"))
    assert (got.doc_type, got.report_year) == ("annual_report", 2020)
    assert got.issuer and got.issuer.region_code == "110101"
    assert "traditional_script" in got.flags


def test_namesakes_without_context_stay_unknown() -> None:
    got = read(flat("朝阳区人民政府2024年法治政府建设年度情况报告"))
    assert got.issuer and got.issuer.region_code is None and got.place is None
