"""The section tree of composed reports (invented), and its properties on any text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from transform.sections import Section, cut, walk

REPORT = """2023年,云川县坚持依法行政,现将有关情况报告如下:
一、主要举措和成效
(一)全面履行政府职能。持续深化“放管服”改革,办好民生实事。
1.优化政务服务。一是推行一窗受理。二是压减时限;三是延伸服务。
2.加强监管,具体见前文第(一)项所述。
(二)健全矛盾纠纷化解机制
县政府办理行政复议案件12件。
二、存在的不足和原因
一是队伍力量不足。二是执法能力有待提升。
三、党政主要负责人履行推进法治建设第一责任人职责情况
县委、县政府主要负责人带头学法。
四、2024年工作安排
一是深化改革。
二是强化监督。
特此报告。
云川县人民政府
2024年2月18日"""


def nodes(text: str) -> list[Section]:
    return walk(cut(text))


def outline(text: str, kind: str) -> list[tuple[int, str | None]]:
    return [(n.depth, n.title) for n in nodes(text) if n.kind == kind]


def test_headings_and_points() -> None:
    assert outline(REPORT, "heading") == [
        (1, "主要举措和成效"),
        (2, "全面履行政府职能"),
        (3, "优化政务服务"),
        (3, "加强监管,具体见前文第(一)项所述"),
        (2, "健全矛盾纠纷化解机制"),
        (1, "存在的不足和原因"),
        (1, "党政主要负责人履行推进法治建设第一责任人职责情况"),
        (1, "2024年工作安排"),
    ]
    assert outline(REPORT, "point") == [
        (4, "推行一窗受理"), (4, "压减时限"), (4, "延伸服务"),
        (2, "队伍力量不足"), (2, "执法能力有待提升"),
        (2, "深化改革"), (2, "强化监督"),
    ]  # fmt: skip


def test_roles() -> None:
    tops = cut(REPORT)
    assert [t.role for t in tops] == [
        "preamble", "measures", "problems", "first_responsible", "next_year", "closing", "signature",
    ]  # fmt: skip
    assert {n.role for n in walk(tops[3:4])} == {"first_responsible"}


def test_topics() -> None:
    by_title = {n.title: n.topic for n in nodes(REPORT)}
    assert by_title["全面履行政府职能"] == "functions"
    assert by_title["健全矛盾纠纷化解机制"] == "disputes"


def test_markers_that_lost_a_character_are_recovered_and_flagged() -> None:
    text = (
        "一、工作成效\n(一)强化学习。抓好学法。\n()强化执法。规范执法。\n)强化监督。接受监督。\n(四)强化保障。"
        "一是建立机制。二是完善清单。三是公布目录。四严格落实责任。是做好宣传工作效果明显六是加强培训。"
    )
    restored = [(n.title, n.flags) for n in nodes(text) if n.flags]
    # the fifth point runs on into the sixth, which began without a full stop before it
    assert [t for t, _ in restored] == ["强化执法", "强化监督", "严格落实责任", "做好宣传工作效果明显", "加强培训"]
    assert all(flags == ["marker_restored"] for _, flags in restored)
    assert [n.depth for n in nodes(text) if n.kind == "heading"] == [1, 2, 2, 2, 2]


def test_a_reference_inside_a_sentence_is_no_heading() -> None:
    text = "一、情况\n落实条例第二十条第(一)项规定。\n(一)公开。按第(二)项办理,其中之一是公开。\n二、问题\n差距之一是人员少。"
    assert outline(text, "heading") == [(1, "情况"), (2, "公开"), (1, "问题")]
    assert outline(text, "point") == []


def test_a_missing_level_does_not_shift_depth() -> None:
    text = "引言。\n(一)学法。内容。\n1.讲座。内容。\n(二)普法。内容。"
    assert outline(text, "heading") == [(2, "学法"), (3, "讲座"), (2, "普法")]


def test_contents_list_is_skipped() -> None:
    text = "目录\n一、成效……1\n二、问题……5\n一、成效\n做了工作。\n二、问题\n仍有不足。"
    assert outline(text, "heading") == [(1, "成效"), (1, "问题")]


def test_a_lone_first_point_is_ordinary_language() -> None:
    assert outline("一、问题\n主要问题:一是人员少,其余尚可。\n二、打算\n继续努力。", "point") == []


PIECES = st.sampled_from(
    ["一、成效", "二、问题", "三、2024年安排", "(一)执法", "()监督", ")调解", "(二)复议", "1.普法。", "2、学法", "(1)讲座", "①培训",
     "一是抓落实。", "二是强监督;", "三严格管理。", "是做好宣传", "\n", "。", ",", " ", "第(二)项所述", "目录\n", "附件:清单", "特此报告。",
     "云川县司法局", "2024年1月5日", "件", "全年办理案件12件", "其中之一是", "㈠", "第一部分 总体", "首先", ")", "("]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_tree_properties_hold_on_any_text(text: str) -> None:
    tops = cut(text)
    edges = [0] + [t.char_end for t in tops]
    assert [t.char_start for t in tops] == edges[:-1] and edges[-1] == len(text)
    order = [n.char_start for n in walk(tops)]
    assert order == sorted(order)
    for node in walk(tops):
        assert node.role
        assert node.title is None or node.title in text
        at = node.char_start
        for child in node.children:
            assert at <= child.char_start <= child.char_end <= node.char_end
            assert child.depth > node.depth
            at = child.char_end
