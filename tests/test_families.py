"""Families: which rows a list holds, where it goes on, what an article carries. All pages here are invented."""

from __future__ import annotations

import json
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.families import FAMILIES, choose, generic, gkmlpt, trs
from crawler.families.page import Fetched, Page, Row, as_get, attachments, decode, ending, full_title, printed_date
from crawler.rows import years_named
from knowledge.families import families

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


def paged(name: str, path: str, html: str, form: str = "", full: bool = False) -> Page | None:
    """Next page of a composed list page, by the family that recognises it."""
    family = choose("", BASE + path, html)
    assert family.name == name
    return family.next_page(Fetched(BASE + path, html, form, full))


def titles(path: str, html: str) -> list[str]:
    return [row.title for row in choose("", BASE + path, html).rows(Fetched(BASE + path, html))]


def records(first: int, count: int) -> str:
    row = "<record><![CDATA[<li><a href='/art/2024/3/{0}/art_12_{0}.html' title='示例县20{0}年度法治政府建设报告'>示例…</a><span>2024-03-0{1}</span></li>]]></record>"
    return "".join(row.format(first + i, 1 + i % 9) for i in range(count))


STORE = "<datastore><totalrecord>40</totalrecord><totalpage>3</totalpage>%s<recordset>%s</recordset></datastore>"
CALL = """<script>$(function(){$('#41618').jpage({themeName:'default',showMode:'full',totalRecord:40,dataBefore:'',
groupSize:1,proxyUrl:'/module/web/jpage/dataproxy.jsp',perPage:15,ajaxParam:{col:1,appid:'1',webid:35,path:'/',
columnid:8415,sourceContentType:1,unitid:'41618',webname:'示例县人民政府',permissiontype:0}});});</script>"""


def test_jcms() -> None:
    page = f'<html><body><div id="41618"><script type="text/xml">{STORE % ("", records(10, 15))}</script></div>{CALL}</body>'
    assert titles("col/col8415/index.html", page)[:2] == [
        "示例县2010年度法治政府建设报告",
        "示例县2011年度法治政府建设报告",
    ]
    second = paged("jcms", "col/col8415/index.html", page)
    assert second is not None
    assert (
        second.url == "http://www.example.gov.cn/module/web/jpage/dataproxy.jsp?startrecord=16&endrecord=30&perpage=15"
    )
    assert parse_qs(second.form)["columnid"] == ["8415"] and parse_qs(second.form)["webname"] == ["示例县人民政府"]
    plain = as_get(second)
    assert plain is not None and "unitid=41618" in plain.url and not plain.form
    answer = Fetched(second.url, STORE % ("", records(25, 15)), second.form)
    family = choose("", answer.url, answer.html)
    third = family.next_page(answer)
    assert len(family.rows(answer)) == 15 and third is not None and third.form == second.form
    assert "startrecord=31&endrecord=45" in third.url
    assert family.next_page(Fetched(third.url, STORE % ("", records(40, 10)), third.form)) is None
    # a count that lies: a last page as full as the first is no last page
    assert family.next_page(Fetched(third.url, STORE % ("", records(40, 15)), third.form, full=True)) is not None


def test_jcms_without_a_call() -> None:
    group = '<nextgroup><![CDATA[<a href="./dataproxy.jsp?page=1&amp;webid=35&amp;columnid=8415"></a>]]></nextgroup>'
    page = f'<html><body><script type="text/xml">{STORE % (group, records(10, 15))}</script></body></html>'
    following = paged("jcms", "col/col8415/index.html", page)
    assert following == Page("http://www.example.gov.cn/module/web/jpage/dataproxy.jsp?page=1&webid=35&columnid=8415")


UNIT = """<html><body><div id="menu"></div><script id="a" src="/x/AuthorizedRead/unitbuild.js?v=4"
 url="/api-gateway/jpaas-publish-server/front/page/build/unit"
 queryData="{'parseType':'bulidstatic','webId':'w1','tplSetId':'t1','pageType':'column','tagId':'菜单','pageId':'p1'}"></script>
<script src="/x/unitbuild.js" url="/api-gateway/jpaas-publish-server/front/page/build/unit"
 queryData="{'parseType':'bulidstatic','webId':'w1','tplSetId':'t1','pageType':'column','tagId':'分页列表','pageId':'p1'}">
</script></body></html>"""


def test_jpaas() -> None:
    first = paged("jpaas", "col/col12/index.html", UNIT)
    assert first is not None and first.again and "parseType=bulidstatic" in first.url and "pageNo" not in first.url
    assert parse_qs(urlsplit(first.url).query)["tagId"] == ["分页列表"]
    items = "".join(
        f'<li><a href="/art/2024/art_{i:032x}.html" title="示例县20{i}年法治政府建设年度报告">示…</a><span>2024-03-01</span></li>'
        for i in range(10, 25)
    )
    html = json.dumps({"success": True, "data": {"html": f'<ul>{items}</ul><div count="31" rows="15"></div>'}})
    family = choose("", first.url, html)
    assert len(family.rows(Fetched(first.url, html))) == 15
    second = family.next_page(Fetched(first.url, html))
    assert second is not None
    assert json.loads(parse_qs(urlsplit(second.url).query)["paramJson"][0]) == {"pageNo": 2, "pageSize": 15}
    third = family.next_page(Fetched(second.url, html))
    assert third is not None and family.next_page(Fetched(third.url, html)) is None
    assert family.next_page(Fetched(second.url, '{"success":true,"data":{"html":""}}')) is None


def test_gkmlpt() -> None:
    index = """<html><script>window._CONFIG = {SID: '755001', TREE: [{"id": 2571, "name": "法治政府建设年度报告", "post_count": 9},
    {"id": 100, "name": "公开目录", "post_count": 0}]};</script><script>var menu=[{id:7,name:"社会保险"}]</script></html>"""
    home = "http://www.example.gov.cn/sfj/gkmlpt/"
    family = choose("", home + "index", index)
    assert family.name == "gkmlpt" and gkmlpt.site(index) == "755001"
    listed = home + "api/all/2571?page=1&sid=755001"
    assert family.columns(Fetched(home + "index", index)) == [("法治政府建设年度报告", listed)]
    plain = Fetched(home + "index", "<script>window._CONFIG = {SID: '755001'}</script>")
    assert family.next_page(plain) == Page(home + "api/all/0?page=1&sid=755001", again=True)
    assert gkmlpt.catalogue(home + "index#2571") == (home, "2571") and gkmlpt.catalogue(home + "index") is None
    articles = [
        {
            "id": 1,
            "title": "示例县2023年法治政府建设年度报告",
            "url": "/gkmlpt/content/1/1/post_1.html",
            "created_at": "2024-03-05 10:00",
        },
        {
            "id": 2,
            "title": "示例县<em>2022</em>年报",
            "post_url": "/gkmlpt/content/1/2/post_2.html",
            "date": 1677974400,
        },
    ]
    answer = Fetched(listed, json.dumps({"total": 150, "articles": articles}))
    rows = family.rows(answer)
    assert [(r.title, r.date) for r in rows] == [
        ("示例县2023年法治政府建设年度报告", "2024-03-05"),
        ("示例县2022年报", "2023-03-05"),
    ]
    assert family.next_page(answer) == Page(home + "api/all/2571?page=2&sid=755001")
    assert family.next_page(Fetched(listed, json.dumps({"total": 2, "articles": articles}))) is None
    assert family.next_page(Fetched(listed, '{"total": 150, "articles": []}')) is None


def listing(links: list[str], tail: str) -> str:
    items = "".join(
        f'<li><a href="{address}">示例县20{i}年法治政府建设年度报告</a><span>2024-03-01</span></li>'
        for i, address in enumerate(links, 10)
    )
    return f"<html><body><ul class='list'>{items}</ul>{tail}</body></html>"


def test_ucap() -> None:
    page = listing(
        [f"202403/{i:032x}.shtml" for i in range(3)],
        "<script>createPageHTML('page_div',3, %d,'list','shtml',40);</script>",
    )
    assert paged("ucap", "list.shtml", page % 1) == Page(BASE + "list_2.shtml")
    assert paged("ucap", "list_3.shtml", page % 3) is None
    assert paged("ucap", "list_3.shtml", page % 3, full=True) == Page(BASE + "list_4.shtml")
    assert len(titles("list.shtml", page % 1)) == 3


def test_vsb_counts_down() -> None:
    links = ["../info/1008/1344.htm", "../info/1008/1345.htm"]
    pager = '<span class="p_pages"><span class="p_no_d">1</span><span class="p_next p_fun"><a href="fz/10.htm">下页</a></span></span>'
    assert paged("vsb", "fz.htm", listing(links, pager)) == Page(BASE + "fz/10.htm")
    scripted = "<script>function go(){_simple_list_gotopage_fun(11,'u5_goto',2)}</script>"
    assert paged("vsb", "fz.htm", listing(links, scripted)) == Page(BASE + "fz/10.htm")
    assert paged("vsb", "fz/10.htm", listing(links, scripted)) == Page(BASE + "fz/9.htm")
    assert paged("vsb", "fz/1.htm", listing(links, scripted)) is None
    last = scripted + '<span class="p_next_d p_fun_d">下页</span>'
    assert paged("vsb", "fz.htm", listing(links, last)) is None


def test_epoint() -> None:
    links = [f"/001003/20240301/{i:08x}-0000-0000-0000-000000000000.html" for i in range(3)]
    pager = """<div class="ewb-page"><li class="ewb-page-li current">%d</li><span class="ewb-page-num">%d/3</span>
    <a href="javascript:ShowAjaxNewPage(window.location.pathname,'categorypagingcontent',%d)">下页</a></div>"""
    assert paged("epoint", "001003/secondpage.html", listing(links, pager % (1, 1, 2))) == Page(BASE + "001003/2.html")
    assert paged("epoint", "001003/2.html", listing(links, pager % (2, 2, 3))) == Page(BASE + "001003/3.html")
    assert paged("epoint", "001003/3.html", listing(links, pager % (3, 3, 3))) is None


def test_lonsun() -> None:
    script = "<script>Ls.pagination('#p',{pageCount:3,pageIndex:%d})</script>"
    links = ["/public/6596241/145678.html", "/public/6596241/145679.html"]
    assert paged("lonsun", "column/6794921", listing(links, script % 1)) == Page(BASE + "column/6794921?pageIndex=2")
    assert paged("lonsun", "column/6794921?pageIndex=3", listing(links, script % 3)) is None
    label = (
        """<script>$('#l').load("/site/label/8888?labelName=publicInfoList&siteId=1&pageIndex=1&organId=2")</script>"""
    )
    following = paged("lonsun", "public/column/2", f"<html><body>{label}</body></html>")
    assert following is not None and following.again and "organId=2" in following.url


def test_aspx_posts_its_form_back() -> None:
    tail = """<form action="/search.aspx"><input type="hidden" name="k" value="x"></form>
    <form action="./list.aspx?id=3"><input type="hidden" name="__VIEWSTATE" value="/wEP+="><input type="hidden"
    name="__EVENTVALIDATION" value="ev"><span>%s</span>%s</form>"""
    link = """<a href="javascript:__doPostBack('AspNetPager1','%d')">%s</a>"""
    links = ["show.aspx?id=1", "show.aspx?id=2"]
    second = paged("aspx", "list.aspx?id=3", listing(links, tail % ("1", link % (2, "2") + link % (2, "下一页"))))
    assert second is not None and second.url == BASE + "list.aspx?id=3"
    form = {k: v[0] for k, v in parse_qs(second.form).items()}
    assert form == {
        "__VIEWSTATE": "/wEP+=",
        "__EVENTVALIDATION": "ev",
        "__EVENTTARGET": "AspNetPager1",
        "__EVENTARGUMENT": "2",
    }
    page = listing(links, tail % ("2", link % (1, "1") + link % (3, "3")))
    third = paged("aspx", "list.aspx?id=3", page, second.form)
    assert third is not None and "__EVENTARGUMENT=3" in third.form and third.key != second.key
    last = listing(links, tail % ("3", link % (1, "1") + link % (2, "2")))
    assert paged("aspx", "list.aspx?id=3", last, third.form) is None


def test_every_family_says_what_it_rests_on() -> None:
    known = families()
    assert set(FAMILIES) == set(known) and list(FAMILIES)[-1] == "generic"
    for name, family in FAMILIES.items():
        assert known[name].body
        doc = sys.modules[f"crawler.families.{name}"].__doc__ or ""
        assert "Where learnt" in doc and "ertainty" in doc, family.name
