"""Charsets are decided from the bytes; labels only break ties."""

import pytest

from transform.decode import UndecodableError, charset_name, decode

TEXT = "云川县人民政府关于2023年度法治政府建设情况的报告,全县共受理行政复议申请一百余件。" * 8
TRADITIONAL = "法治政府建設年度報告,行政復議案件辦理情況,應對突發事件,維護羣眾合法權益。" * 8


def page(label: str | None, body: str = TEXT) -> str:
    meta = f'<meta charset="{label}">' if label else ""
    return f"<html><head>{meta}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("payload", "header", "charset"),
    [
        (page("gb2312").encode("gb18030"), None, "gb18030"),
        (page("utf-8").encode("gbk"), "utf-8", "gb18030"),
        (page("gb2312").encode(), "gb2312", "utf-8"),
        (page(None).encode("gbk"), None, "gb18030"),
        (page("gb2312").encode("utf-8-sig"), None, "utf-8"),
    ],
    ids=["gb18030 as gb2312", "gbk as utf-8", "utf-8 as gb2312", "gbk unlabelled", "byte order mark"],
)
def test_bytes_win_over_labels(payload: bytes, header: str | None, charset: str) -> None:
    got = decode(payload, header)
    assert (got.charset, got.replaced) == (charset, 0)
    assert TEXT in got.text


def test_big5() -> None:
    got = decode(page(None, TRADITIONAL).encode("big5", errors="ignore"))
    assert got.charset == "big5"
    assert "法治政府建設年度報告" in got.text


def test_utf8_cut_in_the_middle_of_a_character() -> None:
    got = decode(f"<html><body>{TEXT}".encode()[:-1])
    assert got.charset == "utf-8"
    assert got.replaced <= 1


def test_one_bad_byte_in_gbk() -> None:
    payload = bytearray(page(None).encode("gbk"))
    payload[200:200] = b"\xff"
    got = decode(bytes(payload))
    assert got.charset == "gb18030"
    assert 0 < got.replaced <= 3


def test_noise_is_refused() -> None:
    with pytest.raises(UndecodableError):
        decode(bytes(range(128, 256)) * 50 + b"\xff\xfe\x80" * 400)


def test_labels_of_one_family_are_one() -> None:
    assert {charset_name(x) for x in ("GB2312", "gbk", '"gb18030"')} == {"gb18030"}
    assert charset_name("no-such-charset") is None
