"""What is told of a page of somebody's crawl before anything is parsed: whose host it is of, whether it may be a report."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.hosts import Hosts
from crawler.registry import Portal
from crawler.replies import BrokenBody, head_of, readable, split, unchunked
from crawler.sift import file_says_report, page_fault
from knowledge.cues import load
from knowledge.sieve import needed_words, parse
from knowledge.titles import marks
from tests.foreign_records import page


def test_hosts() -> None:
    def portal(name: str, homepage: str, *entries: str) -> Portal:
        return Portal(name, name, homepage, "990101", entries, "", "")

    hosts = Hosts(
        [
            portal("county", "http://www.a.b.gov.cn/", "http://www.b.gov.cn/fz/a/index.html"),
            portal("city", "http://www.b.gov.cn/"),
            portal("cn", "http://www.gov.cn/"),
            portal("local", "http://127.0.0.1:8001/"),
        ]
    )

    def of(url: str) -> str | None:
        found = hosts.portal(url)
        return found.portal_id if found else None

    assert of("http://www.a.b.gov.cn/x") == of("https://mzj.a.b.gov.cn/") == of("http://a.b.gov.cn:8080/") == "county"
    assert of("http://www.b.gov.cn/fz/a/t1.html") == "county" and of("http://www.b.gov.cn/fz/b/t1.html") == "city"
    assert of("http://sfj.b.gov.cn/") == "city" and of("http://www.gov.cn/") == "cn"
    assert of("http://ab.gov.cn/") is of("http://xb.gov.cn/") is of("http://b.gov.cn.example.org/") is None
    assert of("http://127.0.0.1:8001/") == "local" and of("http://127.0.0.1:8002/") is None
    assert of("http://xn--fiqs8s/") is None and not hosts.has("例子.中国") and hosts.has("WWW.B.gov.cn.")


PAGES: dict[str, tuple[bytes, str]] = {
    "a report": (page(), ""),
    "its title in the heading only": (page().replace(b"<title>", b"<title>x</title><title>"), ""),
    "its title in a line": (page().replace(b"h1>", b"div>").replace(b"<title>", b"<title>x</title><title>"), ""),
    "the site's title, and the name of the column": (
        page("通知公告").replace(b"<h1>", b"<h1>x</h1><p>"), "other",
    ),
    "a title that tells little, and one in the text": (page("2023年度报告", more="<p>法治政府建设情况报告</p>"), ""),
    "GBK": (page().decode().encode("gb18030"), ""),
    "traditional script": (page("柘嶺區2023年法治政府建設年度報告"), ""),
    "escaped": (page().decode().encode("ascii", "xmlcharrefreplace"), ""),
    "escaped, but for a sign": (page().decode().encode("ascii", "xmlcharrefreplace") + "©".encode(), ""),
    "escaped by other numbers": ("".join(c if c < "\x7f" else f"&#x{ord(c):X};" for c in page().decode()).encode(), ""),
    "UTF-16": (page().decode().encode("utf-16"), ""),
    "Big5": (b"<meta charset=big5>" + page("柘嶺區2023年法治政府建設年度報告").decode().encode("big5", "replace"), ""),
    "cut in the middle of a character": (page()[:-20] + "法".encode()[:1], ""),
    "news": (page("柘岭区人大常委会听取审议法治政府建设情况报告"), "news"),
    "a plan": (page("柘岭区法治政府建设实施方案"), "plan"),
    "a notice": (page("关于报送2023年度法治政府建设年度报告的通知"), "notice"),
    "a notice that wraps one": (page("关于印发《柘岭区2023年度法治政府建设年度报告》的通知"), ""),
    "the article's own title goes first": (
        page().replace(b"<head>", "<head><meta name='ArticleTitle' content='柘岭区2024年工作要点汇编说明'>".encode()), "other",
    ),
    "nothing of the kind": ("<title>柘岭区天气</title><p>晴。</p>".encode() * 20, "no_words"),
    "a list of reports": ("<title>法治政府建设年度报告</title>".encode() + "<li><a href=x>柘岭区2022年法治政府建设年度报告</a>".encode() * 20, "no_text"),
    "its text in a file": ("<h1>柘岭区2022年法治政府建设年度报告</h1><a href='/a.pdf'>附件</a>".encode(), ""),
    "a link to one beside another text": (
        ("<title>柘岭区概况</title><p>区情。</p><a href=x><span>柘岭区2022年法治政府建设年度报告</span></a>" + "山川。" * 9).encode(), "other",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_which_pages_are_worth_reading(name: str) -> None:
    content, fault = PAGES[name]
    assert page_fault(content) == fault


PIECES = [
    b"HTTP/1.1 200 OK", b"\r\n", b"\n", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip", b"Content-Encoding: br, deflate",
    b"Content-Encoding: zstd", b"Content-Length: -1", b": ", b"5\r\n", b"ffffffff\r\n", gzip.compress(b"x"), b"\x1f\x8b", b"<title>",
    b"<meta name=ArticleTitle content='", b"&#27861;&#xffffffff;", "法治政府建设年度报告".encode(), "依法行政".encode("gb18030"), b"<a ", b">",
    b"\xff\xfe", b"PK\x03\x04word/", b"big5",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=14).map(b"".join))
@settings(max_examples=200, deadline=None)
def test_whatever_a_record_holds(block: bytes) -> None:
    """Anything is taken apart, or broken in so many words."""
    assert isinstance(page_fault(block), str) and isinstance(page_fault(block, is_html=False), str)
    file_says_report("http://a.example/%FF", block)
    reply = split(b"HTTP/1.1 200 OK\r\n" + block)
    assert reply is not None and reply.status == 200
    try:
        kept, content = readable(unchunked(reply))
    except BrokenBody as e:
        assert str(e) in ("broken_response", "too_large")
    else:
        assert split(head_of(kept) + kept.body) == kept
        assert isinstance(content, bytes)


def test_flattened_text() -> None:
    text = "首页\n柘岭区2023年法治政府建设年度报告\n2023年,坚持依法行政。"
    assert page_fault(text.encode(), is_html=False) == ""
    assert page_fault(text.replace("报告", "计划").encode(), is_html=False) == "other"


def test_every_core_word_holds_a_mark() -> None:
    """Else pages would be passed over whose titles are reports'."""
    (words,) = needed_words(parse(load("titles.toml")["core"]))
    assert all(any(mark in word for mark in marks()) for word in words)
