"""Families: which rows a list holds, where it goes on, what an article carries. All pages here are invented."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.families import choose, generic, trs
from crawler.families.page import Fetched, Row, attachments, decode, ending, full_title, printed_date
from crawler.rows import years_named

BASE = "http://www.example.gov.cn/zwgk/fzzfjsndbg/"
MENU = "".join(f'<li><a href="/col{i}/index.html">政务公开目录第{i}栏目</a></li>' for i in range(30))

TRS_PAGE = f"""<html><head><title>法治政府建设年度报告</title></head><body>
<div class="header"><a href="/t20200101_9.html">示例县法治政府建设示范创建专栏</a></div>
<div class="nav"><ul>{MENU}</ul></div>
<div class="main"><div class="left"><ul class="hot">
<li><a href="/hot/t20240501_77.html">县长调研防汛抗旱工作</a></li></ul></div>
<div class="right">
<ul class="list"><li><a href="./202403/t20240301_101.html" title="示例县人民政府关于2023年度法治政府建设情况的报告">
示例县人民政府关于2023年度法治…</a><span>2024-03-01</span></li>
<li><a href="./202303/t20230301_102.html">[2023-03-01] 示例县2022年法治政府建设年度报告</a></li></ul>
<ul class="list"><li><a href="./202203/P020220301.pdf">示例县2021年法治政府建设年度报告</a> 2022年3月1日</li>
<li><a href="http://jyj.example.gov.cn/t20220302_5.shtml">示例县教育局2021年度依法行政工作总结</a></li></ul>
<script>
// createPageHTML(9, 0, "index", "html");
createPageHTML(3, 0, "index", "html");
</script></div></div>
<div class="footer"><a href="http://www.beian.gov.cn/">备案号示例字第一号</a></div></body></html>"""


def test_trs_rows() -> None:
    assert trs.FAMILY.rows(Fetched(BASE, TRS_PAGE)) == [
        Row(BASE + "202403/t20240301_101.html", "示例县人民政府关于2023年度法治政府建设情况的报告", "2024-03-01"),
        Row(BASE + "202303/t20230301_102.html", "示例县2022年法治政府建设年度报告", "2023-03-01"),
        Row(BASE + "202203/P020220301.pdf", "示例县2021年法治政府建设年度报告", "2022-03-01"),
        Row("http://jyj.example.gov.cn/t20220302_5.shtml", "示例县教育局2021年度依法行政工作总结", None),
    ]


@pytest.mark.parametrize(
    ("call", "following"),
    [
        ('createPageHTML(3, 0, "index", "html");', "index_1.html"),
        ("createPageHTML('3','1','index','shtml')", "index_2.shtml"),
        ('createPageHTML(3,2,"index","html");', None),
        ('createPageHTML(1,0,"index","html");', None),
        ("function createPageHTML(_nPageCount, _nCurrIndex, _sName, _sExt) {}", None),
        ("", None),
    ],
)
def test_trs_paging(call: str, following: str | None) -> None:
    html = f"<html><body><script>{call}</script></body></html>"
    found = trs.next_page(Fetched(BASE + "index.html", html))
    assert (found.url if found else None) == (BASE + following if following else None)


def test_family_is_chosen() -> None:
    assert choose("", BASE, TRS_PAGE).name == "trs"
    assert choose("generic", BASE, TRS_PAGE).name == "generic"
    assert choose("unknown", BASE, "<html><body><ul></ul></body></html>").name == "generic"
    # A short TRS list has no pager; its addresses give it away.
    short = '<a href="./t20240301_1.html">a</a><a href="./202401/t20240302_2.html">b</a>'
    assert choose("", BASE, short).name == "trs"


TABLE = f"""<html><body><div id="menu"><ul>{MENU}</ul></div><table class="zfxx">
<tr><th>名称</th><th>日期</th></tr>
<tr><td><a href="content/post_9444204.html">示例区2023年法治政府建设年度报告</a></td><td>2024/3/5</td></tr>
<tr><td><a href="/c/show.aspx?id=12">示例区2022年法治政府建设年度报告</a></td><td>2023.3.5</td></tr>
<tr><td><a href="javascript:open(3)">示例区2021年法治政府建设年度报告</a></td><td>2022-03-05</td></tr>
</table>%s</body></html>"""


def test_generic_table() -> None:
    assert [(r.url.rsplit("/", 1)[1], r.date) for r in generic.rows(Fetched(BASE + "list.html", TABLE % ""))] == [
        ("post_9444204.html", "2024-03-05"),
        ("show.aspx?id=12", "2023-03-05"),
    ]


def test_generic_divs_without_dates() -> None:
    rows = "".join(
        f'<div class="item"><a href="/info/1008/13{i}4.htm">示例市20{i}年依法行政工作报告</a></div>' for i in (16, 17)
    )
    html = f"<html><body><div class='wrap position-relative'><div class='box'>{rows}</div></div></body></html>"
    assert [r.title for r in generic.rows(Fetched(BASE, html))] == [
        "示例市2016年依法行政工作报告",
        "示例市2017年依法行政工作报告",
    ]


def test_nothing_like_a_list() -> None:
    for html in ("", f"<html><body><ul>{MENU}</ul></body></html>", "<p>您访问的页面不存在</p>"):
        assert generic.rows(Fetched(BASE, html)) == [] and generic.next_page(Fetched(BASE, html)) is None


@pytest.mark.parametrize(
    ("url", "pager", "following"),
    [
        ("list.html", '<a href="list.html">1</a><a href="list_2.html">2</a><a href="list_3.html">3</a>', "list_2.html"),
        (
            "list_2.html",
            '<a href="list.html">1</a><a href="list_2.html">2</a><a href="list_3.html">3</a>',
            "list_3.html",
        ),
        ("list_3.html", '<a href="list_2.html">2</a><a href="list_3.html">3</a>', None),
        ("list.html", '<a href="list_2.html">2</a><a href="list_2.html">下一页 &gt;</a>', "list_2.html"),
        ("12.htm", '<a href="11.htm">下页</a>', "11.htm"),
        ("l.jsp?page=3", '<a href="l.jsp?page=4">下一页</a>', "l.jsp?page=4"),
        ("list_9.html", '<a href="list_9.html">下一页</a>', None),
        ("list.html", '<a href="javascript:go(2)">下一页</a>', None),
        ("list.html", '<a rel="next" href="p2.html">›</a>', "p2.html"),
    ],
)
def test_generic_paging(url: str, pager: str, following: str | None) -> None:
    found = generic.next_page(Fetched(BASE + url, TABLE % f'<div class="pager">{pager}</div>'))
    assert (found.url if found else None) == (BASE + following if following else None)


def test_attachments() -> None:
    page = """<html><body><div class="nav"><a href="/指南.pdf">公开指南</a></div>
    <div class="TRS_Editor"><p>正文</p><a href="./P020240301.pdf">报告全文</a>
    <iframe src="/pdfjs/web/viewer.html?file=/upload/年报.pdf"></iframe></div>
    <p>附件:<a href="/system/download.jsp?id=3">2023年度报告.docx</a></p>
    <a href="other.doc">相关文件</a><div class="footer"><a href="/report_tb_1.pdf">年度报表</a></div></body></html>"""
    found = attachments(BASE + "t20240301_1.html", page, (".TRS_Editor",))
    assert [row.url for row in found] == [
        BASE + "P020240301.pdf",
        "http://www.example.gov.cn/upload/%E5%B9%B4%E6%8A%A5.pdf",
        "http://www.example.gov.cn/system/download.jsp?id=3",
    ]
    bare = '<html><body><div class="nav"><a href="/a.pdf">x</a></div><a href="b.ofd">正文</a></body></html>'
    assert [row.url for row in attachments(BASE, bare, (".TRS_Editor",))] == [BASE + "b.ofd"]


def test_decoding_trusts_the_bytes() -> None:
    text = '<meta charset="utf-8">法治政府建设年度报告'
    assert decode(text.encode("gb18030")) == text == decode(text.encode())
    assert decode(b"\xef\xbb\xbf" + text.encode()) == text
    assert "年度报告" in decode(text.encode() + b"\xff")  # one broken byte does not make it another charset
    assert "年度报告" in decode(text.encode("gb18030") + b"\xff")


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<a title='示例县2023年度报告全文'>示例县2023年…</a>", "示例县2023年度报告全文"),
        ("<a title='示例县2023年度报告全文'>示例县2023...</a>", "示例县2023年度报告全文"),
        ("<a title='点击查看'>示例县2023年度报告</a>", "示例县2023年度报告"),
        ("<a>示例县2023年度报告 <span>2024-03-01</span></a>", "示例县2023年度报告"),
        ("<a title='示例县2023年度报告'><img src=x></a>", "示例县2023年度报告"),
        ("<a>示例县 2023年\n度报告</a>", "示例县 2023年 度报告"),
    ],
)
def test_full_titles(html: str, title: str) -> None:
    node = LexborHTMLParser(html).css_first("a")
    assert node is not None and full_title(node) == title


def test_dates_endings_years() -> None:
    assert printed_date("发布时间:2024年3月 5日") == "2024-03-05"
    assert printed_date("[03-05]") is None and printed_date("2024-13-01") is None
    assert [ending(u) for u in ("http://a/b.PDF?x=1", "http://a/b", "http://a/v1.0.html", "http://a/2024.3.1")] == [
        ".pdf",
        "",
        ".html",
        "",
    ]
    assert years_named("示例县2018—2020年法治政府建设报告") == {2018, 2019, 2020}
    assert years_named("〔2023〕5号") == set() and years_named("二〇二三年度报告") == {2023}
    assert years_named("示例县法治政府建设年度报告") == set()
