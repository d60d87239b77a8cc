"""Attached files: what is read comes back as it was written, what cannot be read says why."""

from __future__ import annotations

import os
import sys
import time
import zlib
from pathlib import Path

import pytest
from attachment_files import (
    Placed,
    Sheet,
    broken,
    docx,
    ofd,
    ole,
    packed,
    para,
    pdf,
    table,
    typeset,
    width,
    wordml,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.files.filetext import FileText, Unreadable
from transform.files.read import DOCX, OFD, PDF, read_file, sniff

TITLE = "柘岭县2023年法治政府建设年度报告"
# An invented report of more than two pages; lengths are such that lines end in every way.
REPORT = [
    "2023年，柘岭县坚持依法行政，扎实推进法治政府建设。现将有关情况报告如下：",
    "一、主要举措和成效",
    "（一）依法全面履行政府职能，持续优化法治化营商环境",
    "梳理公布权责清单1268项，取消证明事项35项，办理政务服务事项123456件，按时办结率为99.87%；组织开展“双随机、一公开”联合检查86次，抽查市场主体1742户，公示率100%。",
    "（二）健全行政决策机制",
    "一是严格落实重大行政决策程序规定，县政府常务会议审议议题112个。二是审查规范性文件21件，提出意见64条。",
    "三是发挥政府法律顾问作用，全年出具法律意见书93份，参与合同审查157份，涉及金额3.62亿元。",
    "（三）严格规范公正文明执法",
    "全县行政执法机关共办理行政处罚案件2317件，行政强制案件148件；开展行政执法案卷评查2次，评查案卷260卷，合格率98.5%。",
    "1.持续推进行政执法“三项制度”。全县配备执法记录仪412台，公示执法信息10568条。",
    "2.加强行政执法人员管理。组织执法人员培训考试，1033人取得行政执法证件。",
    "（四）依法化解社会矛盾纠纷",
    "全县各级人民调解组织共调解矛盾纠纷4206件，调解成功4173件，成功率99.2%。县政府收到行政复议申请89件，受理81件，审结76件，其中维持41件、撤销7件、确认违法3件、驳回12件、终止13件，直接纠错率为13.2%。办理行政应诉案件54件，行政机关负责人出庭应诉率100%。",
    "（五）加强行政权力制约和监督",
    "自觉接受人大监督和政协民主监督，办理人大代表建议148件、政协委员提案165件，满意率均为100%。全年主动公开政府信息8412条，办理依申请公开63件。完成审计项目15个，查出主要问题金额5315.9万元，提出审计建议50条。",
    "（六）深入开展法治宣传教育",
    "开展“宪法宣传周”“民法典宣传月”等活动236场次，发放宣传资料32000余份，受教育群众46000余人次；培育“法律明白人”1206名，建成民主法治示范村42个；县政府常务会议会前学法12次，组织领导干部旁听庭审8场。",
    "二、存在的问题和不足",
    "一年来，我县法治政府建设虽取得一定成效，但仍存在一些不足：部分执法人员业务能力有待提高；法治宣传的针对性和实效性不强；基层法治力量薄弱，乡镇司法所平均工作人员不足3人。",
    "三、2024年工作安排",
    "2024年，我县将深入学习贯彻习近平法治思想，紧紧围绕中心工作，重点抓好以下几个方面：一是提升依法决策水平；二是推进综合行政执法改革；三是加强行政复议规范化建设，力争全年案件按期办结率达到100%；四是深入开展“八五”普法，举办法治讲座不少于200场。",
    "特此报告。",
]
SHEETS = typeset(TITLE, REPORT, header="柘岭县人民政府文件（虚构）")
MAKERS = {"pdf": pdf, "ofd": ofd}


def read(payload: bytes, name: str = "") -> FileText:
    return read_file(payload, sniff(payload, name), name)


def refused(payload: bytes, name: str = "") -> str:
    with pytest.raises(Unreadable) as e:
        read(payload, name)
    assert e.value.detail
    return e.value.reason


# ---- What a file is ----


@pytest.mark.parametrize(
    ("payload", "url", "kind"),
    [
        (pdf(SHEETS), "a.doc", PDF),
        (b"\r\n\r\n%PDF-1.4", "a", PDF),
        (ofd(SHEETS), "a.zip", OFD),
        (docx(para("文")), "a.wps", DOCX),
        (packed({"xl/workbook.xml": "<a/>"}), "a.docx", "application/zip"),
        (packed({"a.pdf": b"%PDF"}), "a.zip", "application/zip"),
        (docx(para("文"))[:200], "a.docx", DOCX),
        (ofd(SHEETS)[:200], "a.OFD", OFD),
        (ole("WordDocument"), "a.wps", "application/msword"),
        (ole("Workbook"), "a.doc", "application/x-ole-storage"),
        (b"{\\rtf1\\ansi a}", "a.doc", "application/rtf"),
        (b"\xef\xbb\xbf<html xmlns:w='x'><body>a", "a.doc", "text/html"),
        ("\ufeff<html><body>文".encode("utf-16-le"), "a.doc", "text/html"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n", "a.doc", "multipart/related"),
        (wordml(para("文")), "a.doc", "application/vnd.ms-wordml"),
        ("法治政府建设".encode("gb18030"), "a.doc", "text/plain"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg"),
        (b"\x7fELF\0\0", "a.doc", "application/octet-stream"),
        (b"", "a.pdf", "text/plain"),
    ],
)
def test_sniff(payload: bytes, url: str, kind: str) -> None:
    assert sniff(payload, url) == kind


@pytest.mark.parametrize("kind", ["application/zip", "application/x-ole-storage", "application/octet-stream"])
def test_what_is_no_text_document(kind: str) -> None:
    with pytest.raises(Unreadable, match=f"unsupported_media: {kind}"):
        read_file(b"...", kind, "a")


def test_an_image_is_for_ocr() -> None:
    assert read(b"\x89PNG\r\n") == FileText([], True, "image")


# ---- Typeset pages: PDF and OFD alike ----


@pytest.mark.parametrize("kind", MAKERS)
def test_report(kind: str) -> None:
    assert len(SHEETS) == 3
    assert read(MAKERS[kind](SHEETS)) == FileText([TITLE, *REPORT], False, kind)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_character_placed_by_itself(kind: str) -> None:
    sheets: list[Sheet] = []
    for sheet in SHEETS:
        sheets.append([])
        for run in sheet:
            at = run.x
            for sign in run.text:
                sheets[-1].append(run._replace(x=at, text=sign))
                at += width(sign) * run.size
    assert read(MAKERS[kind](sheets)).lines == [TITLE, *REPORT]


@pytest.mark.parametrize("kind", MAKERS)
def test_paragraphs_without_indent(kind: str) -> None:
    assert read(MAKERS[kind](typeset(TITLE, REPORT, indent=0))).lines == [TITLE, *REPORT]


@pytest.mark.parametrize("kind", MAKERS)
def test_watermark_is_left_out(kind: str) -> None:
    assert read(MAKERS[kind](SHEETS, slanted="仅供查阅")).lines == [TITLE, *REPORT]


@pytest.mark.parametrize("kind", MAKERS)
def test_page_numbers_of_other_kinds(kind: str) -> None:
    for number in ("第{}页", "第 {} 页 共 3 页", "{}/3", "- {} -", "{}", "－{}－"):
        sheets = [
            [*sheet[:-1], Placed(280, 790, 10.5, number.format(n))] for n, sheet in enumerate(typeset(TITLE, REPORT), 1)
        ]
        assert read(MAKERS[kind](sheets)).lines == [TITLE, *REPORT], number


@pytest.mark.parametrize("kind", MAKERS)
def test_figures_at_the_edge_that_are_no_page_number(kind: str) -> None:
    sheets = [
        [*sheet[:-1], Placed(250, 780, 16, f"受理{n}07件")] for n, sheet in enumerate(typeset(TITLE, REPORT[:9]), 1)
    ]
    assert [x for x in read(MAKERS[kind](sheets)).lines if x.startswith("受理")] == ["受理107件", "受理207件"][
        : len(sheets)
    ]


@pytest.mark.parametrize("kind", MAKERS)
def test_table(kind: str) -> None:
    rows = [
        ("项目", "2022年", "2023年"),
        ("受理（件）", "78", "89"),
        ("审结（件）", "71", "1076"),
        ("纠错率（%）", "9.8", "13.2"),
    ]
    columns = (90, 260, 400)
    sheet = [Placed(73.5 + 32, 100, 16, "行政复议案件办理情况如下：")]
    sheet += [
        Placed(x, 140 + 28 * i, 14, cell) for i, row in enumerate(rows) for x, cell in zip(columns, row, strict=True)
    ]
    sheet.append(Placed(73.5 + 32, 280, 16, "以上数据由县司法局提供。"))
    assert read(MAKERS[kind]([sheet])).lines == [
        "行政复议案件办理情况如下：",
        *("\t".join(row) for row in rows),
        "以上数据由县司法局提供。",
    ]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_table_over_pages_keeps_its_rows(kind: str) -> None:
    rows = [(f"第{n}乡镇", str(100 + n), str(70 + n)) for n in range(66)]
    sheets = [
        [Placed(x, 105 + 28.5 * i, 16, cell) for i, row in enumerate(rows[at : at + 22]) for x, cell in zip((80, 260, 400), row, strict=True)]
        for at in (0, 22, 44)
    ]  # fmt: skip
    assert read(MAKERS[kind](sheets)).lines == ["\t".join(row) for row in rows]


@pytest.mark.parametrize("kind", MAKERS)
def test_gazette_of_two_columns(kind: str) -> None:
    paragraphs = [REPORT[3], REPORT[12], REPORT[14], REPORT[16]]
    lines = [(0 if i else 2, line) for p in paragraphs for i, line in enumerate(broken(p, measure=16))]
    half = (len(lines) + 1) // 2
    assert half >= 8
    sheet = [Placed(130, 80, 22, "柘岭县人民政府公报第三期（虚构）")]
    for i, (indent, line) in enumerate(lines):
        left = 60 if i < half else 320
        sheet.append(Placed(left + indent * 14, 130 + 22 * (i % half), 14, line))
    assert read(MAKERS[kind]([sheet])).lines == ["柘岭县人民政府公报第三期（虚构）", *paragraphs]


@given(st.lists(st.text("法治政府建设，。“”（）0123.%、；一二三是", min_size=1, max_size=150), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_no_character_is_lost(paragraphs: list[str]) -> None:
    for make in MAKERS.values():
        got = read(make(typeset(TITLE, [REPORT[0], *paragraphs])))
        assert "".join(got.lines) == TITLE + REPORT[0] + "".join(paragraphs)


def test_breaking_keeps_the_text() -> None:
    assert all("".join(broken(p)) == p for p in REPORT)


def test_pdf_lying_on_its_side() -> None:
    assert read(pdf(SHEETS, rotate=True)).lines == [TITLE, *REPORT]


def test_letters_printed_twice_to_look_bold() -> None:
    sheets = [[copy for run in sheet for copy in (run, run._replace(x=run.x + 0.4))] for sheet in SHEETS]
    assert read(pdf(sheets)).lines == [TITLE, *REPORT]


def test_radicals_of_a_bad_font_table_are_characters() -> None:
    assert read(ofd(typeset("⼀年来⼯作情况", REPORT))).lines[0] == "一年来工作情况"


@pytest.mark.parametrize("kind", MAKERS)
def test_scan(kind: str) -> None:
    make = MAKERS[kind]
    blank: list[Sheet] = [[], [], [Placed(290, 790, 10, "3")]]
    assert read(make(blank, scan=range(3))) == FileText([], True, kind)
    assert read(make([*SHEETS, []], scan=[3])) == FileText([TITLE, *REPORT], False, f"{kind}:partly_scanned")
    assert read(make(SHEETS, scan=range(3))) == FileText([TITLE, *REPORT], False, f"{kind}:over_image")


@pytest.mark.parametrize("kind", MAKERS)
def test_bounds(kind: str) -> None:
    make = MAKERS[kind]
    assert refused(make([[]])) == "empty"
    assert refused(make([[Placed(100, 100, 16, "详见附件")]])) == "empty"
    assert refused(make([SHEETS[0]] * 301)) == "too_large"
    assert refused(make(SHEETS)[:600], f"a.{kind}") == "damaged"


def test_locked_pdf() -> None:
    assert refused(pdf(SHEETS, locked=True)) == "encrypted"


def test_protected_ofd() -> None:
    assert refused(packed({"OFD.xml": "<OFD/>", "Encryptions.xml": "<a/>"})) == "encrypted"


# ---- DOCX ----


def test_docx_lists() -> None:
    body = "".join(
        [
            para("主要举措", num=1),
            para("履行职能", num=1, level=1),
            para("权责清单1268项。", num=1, level=2),
            para("证明事项35项。", num=1, level=2),
            para("第四层。", num=1, level=3),
            para("行政决策", style="b"),  # by its style's style
            para("每一级另起。", num=1, level=2),
            para("不编号", num=0, style="a"),
            *(para("问题", num=1) for _ in range(10)),
            para("另起的一列", num=7),
            para("接着", num=7),
            para("圈码", num=8),
            para("未知格式", num=9),
            para("圆点", num=10),
            para("没有这一列", num=77),
            para("样式自引", style="c"),
        ]
    )
    got = read(docx(body))
    assert got.how == "docx:numbered"
    assert got.lines[:8] == [
        "一、主要举措",
        "（一）履行职能",
        "1.权责清单1268项。",
        "2.证明事项35项。",
        "1.2.1第四层。".replace("1第", "1 第"),
        "（二）行政决策",
        "1.每一级另起。",
        "不编号",
    ]
    assert got.lines[8:] == [
        *(f"{n}、问题" for n in ("二", "三", "四", "五", "六", "七", "八", "九", "十", "十一")),
        "一、另起的一列",
        "二、接着",
        "① 圈码",
        "未知格式",
        "圆点",
        "没有这一列",
        "样式自引",
    ]


def test_docx_order_tables_and_what_is_not_text() -> None:
    body = "".join(
        [
            para("表一之前的一段文字，说明表一的内容。"),
            table([("项目", "数量"), ("受理\n（件）", "89"), ("", "76")]),
            table([("正文排在只有一格的表里。\n第二段。",)]),
            f"<w:sdt><w:sdtPr/><w:sdtContent>{para('内容控件里的一段。')}</w:sdtContent></w:sdt>",
            para("改动：", run="<w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins><w:r><w:t>新</w:t></w:r></w:ins>"),
            para("可见。", run="<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"),
            para("第二行", run="<w:r><w:t>第一行</w:t><w:br/></w:r>"),
            para("框外", run=f"<w:r><mc:AlternateContent xmlns:mc='mc'><mc:Choice><w:txbxContent>{para('框内')}</w:txbxContent></mc:Choice>"
                 f"<mc:Fallback><w:txbxContent>{para('框内')}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"),
        ]
    )  # fmt: skip
    got = read(docx(body))
    assert got.how == "docx"
    assert got.lines == [
        "表一之前的一段文字，说明表一的内容。",
        "项目\t数量",
        "受理 （件）\t89",
        "\t76".strip(),
        "正文排在只有一格的表里。",
        "第二段。",
        "内容控件里的一段。",
        "新改动：",
        "可见。",
        "第一行",
        "第二行",
        "框外",
        "框内",
    ]


def test_docx_of_pictures_is_for_ocr() -> None:
    assert read(docx("<w:p><w:r><w:drawing/></w:r></w:p>" * 3)) == FileText([], True, "docx")


def test_docx_in_one_xml_file() -> None:
    got = read(wordml(para(REPORT[0]) + para("主要举措", num=1)), "a.doc")
    assert got == FileText([REPORT[0], "一、主要举措"], False, "wordml:numbered")


def test_word_2003_xml_states_its_markers() -> None:
    body = f"<w:body><wx:sect xmlns:wx='wx'><w:p><w:pPr><w:listPr><w:ilvl w:val='0'/><wx:t wx:val='（三）'/></w:listPr></w:pPr><w:r><w:t>{REPORT[0]}</w:t></w:r></w:p></wx:sect></w:body>"
    xml = f"<?xml version='1.0'?><w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'>{body}</w:wordDocument>"
    assert read(xml.encode()).lines == ["（三）" + REPORT[0]]


def test_docx_that_is_a_trap() -> None:
    bomb = b"<a>" + b" " * (70 * 2**20) + b"</a>"
    assert len(packed({"a": bomb})) < 10**5
    assert refused(docx("", document=bomb)) == "too_large"
    entities = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><w><body><p><t>&b;&b;</t></p></body></w>'
    assert refused(docx("", document=entities)) == "damaged"
    outside = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><w><body><p><t>&a;</t></p></body></w>'
    assert refused(docx("", document=outside.encode("utf-16"))) == "damaged"
    assert refused(docx("", document="<w:body")) == "damaged"
    assert refused(docx("", document="<body>" + "<p>" * 100_000 + "</p>" * 100_000 + "</body>")) == "damaged"
    assert refused(docx("", document="<empty/>")) == "damaged"
    assert refused(docx("")) == "empty"


# ---- Under the ending .doc ----


def test_html_rtf_and_text_under_another_ending() -> None:
    page = f"<html><head><title>标题</title></head><body><p>{TITLE}</p><p>{REPORT[0]}</p></body></html>"
    assert read(page.encode("gb18030"), "a.doc") == FileText([TITLE, REPORT[0]], False, "html")
    mhtml = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    assert read(mhtml + page.encode() + b"\n--x--\n", "a.doc") == FileText([TITLE, REPORT[0]], False, "html")
    codes = "".join(f"\\'{b:02x}" for b in TITLE.encode("gb18030"))
    rtf = f"{{\\rtf1\\ansi\\ansicpg936 {codes}\\par {codes}\\par}}".encode()
    assert read(rtf, "a.doc") == FileText([TITLE, TITLE], False, "rtf")
    assert read("\n".join(REPORT[:3]).encode("gb18030"), "a.doc") == FileText(REPORT[:3], False, "text")
    assert refused(b"\x81\x20\xff\x81" * 400, "a.doc") == "undecodable"


# ---- DOC and WPS ----


def install(folder: Path, program: str, script: str) -> None:
    """A program on PATH, as a stand-in for a converter."""
    file = folder / program
    file.write_text(f"#!{sys.executable}\nimport sys, pathlib, time\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


DOC = ole("WordDocument")


def test_no_converter(programs: Path) -> None:
    with pytest.raises(Unreadable, match="no_converter: install antiword or LibreOffice"):
        read(DOC, "a.wps")


def test_converter(programs: Path) -> None:
    out = f"  {TITLE}\n\n[pic]\n|项目  |数量 |\n|受理  |89   |\n{REPORT[0]}\n"
    install(
        programs,
        "antiword",
        f"assert pathlib.Path(sys.argv[-1]).read_bytes()[:4] == b'\\xd0\\xcf\\x11\\xe0'\nsys.stdout.buffer.write({out!r}.encode())",
    )
    assert read(DOC, "a.doc") == FileText([TITLE, "项目\t数量", "受理\t89", REPORT[0]], False, "doc:antiword")


def test_the_next_converter_is_asked(programs: Path) -> None:
    install(programs, "antiword", "sys.exit('the text stream of this file is too small to handle')")
    assert refused(DOC) == "damaged"
    made = docx(para(REPORT[0]) + para("主要举措", num=1))
    script = f"out = pathlib.Path(sys.argv[-2]); out.mkdir(); (out / 'file.docx').write_bytes({made!r})"
    install(programs, "soffice", script)
    assert read(DOC, "a.wps") == FileText([REPORT[0], "一、主要举措"], False, "doc:soffice:numbered")


def test_converters_that_fail(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "antiword", "sys.exit('Encrypted documents are not supported')")
    assert refused(DOC) == "encrypted"
    assert refused(ole("EncryptedPackage"), "a.docx") == "encrypted"
    install(programs, "antiword", "print('[pic][pic]')")
    assert read(DOC) == FileText([], True, "doc:antiword")
    install(programs, "antiword", f"sys.stdout.buffer.write({REPORT[3]!r}.encode()); sys.exit(1)")
    assert refused(DOC) == "damaged"  # half a text is none
    (programs / "antiword").write_bytes(b"\0\0")
    assert refused(DOC) == "damaged"
    monkeypatch.setattr("transform.files.read.MAX_SECONDS", 0.5)
    child = f"import subprocess; subprocess.run([{sys.executable!r}, '-c', 'import time; time.sleep(60)'])"
    install(programs, "antiword", child)
    start = time.monotonic()
    with pytest.raises(Unreadable, match="took longer"):
        read(DOC)
    assert time.monotonic() - start < 10


# ---- Whatever arrives ----

WHOLE = [
    pdf(SHEETS[:1]),
    ofd(SHEETS[:1]),
    docx(para("主要举措", num=1) + table([("甲", "乙")])),
    wordml(para("主要举措", num=1)),
    b"{\\rtf1\\ansi\\ansicpg936 \\'b7\\'a8\\par}",
]


@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20), st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_damage_is_told_not_raised(whole: bytes, changes: list[tuple[float, int]], keep: float) -> None:
    damaged = bytearray(whole)
    for where, value in changes:
        damaged[int(where * (len(damaged) - 1))] = value
    for payload in (bytes(damaged), bytes(damaged[: int(keep * len(damaged))]), zlib.compress(bytes(damaged))):
        kind = sniff(payload, "a.ofd")
        if kind == "application/msword":
            continue
        try:
            got = read_file(payload, kind, "a.ofd")
        except Unreadable:
            continue
        assert bool(got.lines) != got.needs_ocr
        assert all(x and x == x.strip() and "\n" not in x for x in got.lines)


@pytest.mark.skipif(
    not any(os.access(Path(p, "antiword"), os.X_OK) for p in os.defpath.split(":")), reason="antiword is not installed"
)
def test_a_real_converter_says_what_is_wrong() -> None:
    assert refused(DOC) == "damaged"
