"""A sentence as rules see it: one placeholder per number, lists that share a verb written out."""

from __future__ import annotations

import re

from knowledge.indicators import NUMBER
from transform.quantities import Quantity

_DEGREE = re.compile(r"(大约|约|近|超过|超|逾|突破|至少|不少于|不足|将近|接近|不低于|高达|多达)$")
_DEGREE_ENDS = frozenset("约近过超逾破少于足低达")
_CAPTION = re.compile(r"\((?:单位:)[^)]*\)")
# 由12件降至5件: the number from which a change began makes way for the one that it led to
_FROM_TO = re.compile(
    rf"[由从][^,;:{NUMBER}]{{0,14}}(?P<from>{NUMBER})[^,;:、{NUMBER}]{{0,10}}(?:到|至|为)(?={NUMBER})"
)
_ITEM = rf"[^,;:。、{NUMBER}]{{2,18}}"
_VERBS = "为|达到|达|是|占|增至|有|收到|办理|开展|列出|列明事项|列明|列入|公布|举办|发展到|减少|压缩了|压缩|下降|压减|完成|受理"
_RESPECTIVELY = re.compile(
    rf"(?P<items>{_ITEM}(?:(?:、|和|与|及|以及){_ITEM})+?)(?:[^,;:。、{NUMBER}]{{0,6}},(?:事项|数量)?)?(?:分别|依次)(?P<verb>{_VERBS})?"
    rf"(?P<numbers>{NUMBER}(?:(?:、|和|与|及|,){NUMBER})+)"
)
_SHARED_TAIL = re.compile(
    r"(?:办结|满意|办复|答复|合格|优秀|参考|通过|网办|可办|化解|成功|出庭)?率$|(?:数|数量|金额|件数)$"
)


def template(folded: str, start: int, end: int, members: list[Quantity]) -> tuple[str, list[int], dict[int, int]]:
    """The sentence with a placeholder for each number that is left; which of `members` each stands for, in order; and of
    changes (from, to) which number began where which one ended.
    """
    parts, at = [], start
    for q in members:
        words = folded[at : q.char_start]
        parts.append(_DEGREE.sub("", words) if words[-1:] in _DEGREE_ENDS else words)
        at = q.char_end
    parts.append(folded[at:end])
    text = NUMBER.join(parts).replace(" ", "").replace("“", "").replace("”", "")
    if "(单位:" in text:
        text = _CAPTION.sub("", text)
    order = list(range(len(members)))
    began: dict[int, int] = {}
    if "由" in text or "从" in text:
        for m in _FROM_TO.finditer(text):
            i = text.count(NUMBER, 0, m.start("from"))
            began[i] = i + 1
        if began:
            text = _FROM_TO.sub("", text)
            order = [i for i in order if i not in began]
    if "分别" in text or "依次" in text:
        text = _RESPECTIVELY.sub(_one_by_one, text)
    return text, order, began


def _one_by_one(m: re.Match[str]) -> str:
    """人大建议、政协提案办结率分别为a、b → 人大建议办结率a,政协提案办结率b; unchanged where the counts differ."""
    count = m["numbers"].count(NUMBER)
    # 调解和解率 is one item: the comma of lists divides first
    for signs in ("、", "、|以及|及", "、|以及|和|与|及"):
        items = re.split(signs, m["items"])
        if len(items) == count:
            break
    else:
        return m[0]
    tail = _SHARED_TAIL.search(items[-1])
    if tail and not any(_SHARED_TAIL.search(item) for item in items[:-1]):
        items = [*(item + tail[0] for item in items[:-1]), items[-1]]
    verb = m["verb"] if m["verb"] and m["verb"] not in ("为", "是", "有") else ""
    return ",".join(item + verb + NUMBER for item in items)
