"""What the properties draw, and the registry that they stand in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from knowledge import (
    bodies,
    regions,
)  # fmt: skip

Property = tuple[tuple[st.SearchStrategy[Any], ...], Callable[..., None]]
PROPERTIES: dict[str, Property] = {}


def of(function: Callable[..., Any], *strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], None]:
    """Register what follows as what holds of `function`."""

    def register(holds: Callable[..., None]) -> None:
        PROPERTIES[f"{function.__module__}.{function.__qualname__}"] = (strategies, holds)

    return register


# ---------------------------------------------------------------- what is drawn

WORDS = (
    "一、", "(一)", "1.", "一是", "二是", "首先", "。", ";", "，", "、", ":", "\n", "\t", " ", "　", "《", "》", "(", ")", "89件", "3.62亿元", "98.5%",
    "近20场次", "同比增长", "其中", "分别为", "由", "降至", "至", "2023年", "二〇二三年", "2024年1月30日", "第一责任人", "存在的问题", "下一年度工作安排", "附件",
    "行政复议案件", "办理", "审结", "行政处罚", "规范性文件", "罚没款", "单位:万元", "全市", "高要区", "肇庆市", "广东省", "朝阳区", "司法局", "人民政府", "镇", "街道办事处",
    "法治政府建设", "年度报告", "情况的报告", "法治政府建設情況報告", "關於", "来源:", "发布时间:", "索引号", "文号", "打印", "关闭窗口", "版权所有", "特此报告",
    "〇", "十", "百", "万", "亿", "两", "○", "９", "1,234", "12月", "11月8日", "5.", "20231108", "\u200b", "\ufeff", "\x00", "\u202e", "𠮷", "é", "A", "x",
)  # fmt: skip
TAGS = (
    "<p>", "</p>", "<div>", "</div>", "<div class='content'>", "<table>", "<tr>", "<td>", "</td>", "</tr>", "</table>", "<br>", "<b>", "</b>",
    "<a href='/art/2024/1/1/art_1_1.html' title='题'>", "</a>", "<ul>", "<li>", "</ul>", "<script>", "</script>", "<style>", "</style>", "<!--", "-->",
    "<span style='display:none'>", "</span>", "<h1>", "</h1>", "<title>", "</title>", "<meta name='ArticleTitle' content='", "'>", "<nav>", "</nav>",
    "<iframe src=a.pdf>", "&nbsp;", "&#20013;", "<", ">", "\"", "<base href='http://b.example/'>", "</body>", "<select>", "<ucaptitle>",
)  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=25).map("".join)
HTML = st.lists(st.one_of(st.sampled_from(TAGS), st.sampled_from(WORDS)), max_size=40).map("".join)
LINES = st.lists(TEXT.map(lambda x: x.replace("\n", "").replace("\r", "")), max_size=12)
DAY = st.dates(date(2000, 1, 1), date(2040, 12, 31))
YEAR = st.none() | st.integers(2000, 2040)
URL = st.tuples(
    st.sampled_from(("http://a.example", "https://a.example:8443/", "//b.example", "", "javascript:", "ftp://c", "http://[::1]", "http://中国.example")),
    st.lists(st.sampled_from(("/", "..", ".", "a", "%", "%41", "中", "?", "&", "=", "#", ";jsessionid=1", "\\", "\t", " ", "art_1_2.html", ":99999", "@")), max_size=9).map("".join),
).map("".join)  # fmt: skip
ADDRESS = st.lists(st.sampled_from(("a", "zwgk", "col123", "x9f3", "2024", "t1.html", "%E4%B8%AD")), max_size=5).map(
    lambda parts: "http://a.example/" + "/".join(parts)
)
CODE = st.sampled_from([r.code for r in regions.rows()[::97]] + ["990101", "", "000000", "44", "441204"])
HOME = CODE.map(lambda code: bodies.place(code, "示例县人民政府"))
BYTES = st.one_of(st.binary(max_size=200), TEXT.map(lambda x: x.encode("gb18030", "replace")), HTML.map(lambda x: x.encode("utf-8", "replace")))  # fmt: skip
LABEL = st.none() | st.sampled_from(("utf-8", "GB2312", "gbk", "big5", "utf-16", "zlib", "nope", "", "\0")) | st.text(max_size=5)  # fmt: skip
KINDS = frozenset(("government", "department", "township", "subdistrict", "zone", "party", "npc", "court", "other"))


def within(start: int, end: int, whole: str) -> bool:
    return 0 <= start <= end <= len(whole)
