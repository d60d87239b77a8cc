"""Which rows of a list are fetched: what its title, address and date say before anything is asked for."""

from __future__ import annotations

import html as entities
import re

from crawler.families.page import Row
from knowledge.text import half
from knowledge.titles import REPORT_TYPES, clean_title
from knowledge.triage import triage

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_CHINESE_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_OWN_TITLE = re.compile(
    r"""<meta\s[^>]*?name\s*=\s*["']?\s*ArticleTitle\b[^>]*?content\s*=\s*(?:"([^"]+)"|'([^']+)')|<ucaptitle>([^<]+)<""",
    re.I,
)
_HEAD = 16 * 1024  # meta tags stand in a page's head
_CUT = re.compile(r"(?:\.{2,}|…+|⋯+)$")
# A title that says no more than when, or that it is a report: inside a column of reports it is one more of them.
_SAYS_LITTLE = re.compile(
    r"(?:20\d\d|二[〇○零]..)?年?(?:度)?(?:的)?(?:工作)?(?:情况)?(?:的)?(?:报告|总结|年报)?(?:全文|正文|\(.{1,8}\))?|"
    r".{2,14}?(?:20\d\d|二[〇○零]..)年?(?:度)?(?:工作)?(?:情况)?(?:的)?(?:报告|总结|年报)|"
    r".{2,14}(?:年度报告|年度工作报告|年报)|报告(?:全文)?|附件\d*|查看|详情|下载",
)


def years_named(title: str) -> set[int]:
    """Years that a title names, ranges filled in (2018—2022); years inside 〔 〕 number a paper and are no year."""
    plain = re.sub(r"〔[^〕]*〕", "", title)
    plain = re.sub(r"二[〇○零一二三四五六七八九]{3}(?=年)", lambda m: m[0].translate(_CHINESE_DIGITS), plain)
    years = {int(y) for y in _YEAR.findall(plain)}
    for first, last in re.findall(r"(?<!\d)(20\d\d)年?\s*[-—–―~至到]+\s*(20\d\d)(?!\d)", plain):
        years.update(range(int(first), int(last) + 1))
    return years


def reads_as_report(title: str) -> bool:
    """True if a title alone says that its document is a report of one of the kinds collected."""
    return triage(title).doc_type in REPORT_TYPES


def report_title(html: str) -> str | None:
    """Title of the page itself where it names one as articles do (meta ArticleTitle) and that reads as a report's."""
    found = _OWN_TITLE.search(html[:_HEAD])
    if found is None:
        return None
    title = entities.unescape(next(g for g in found.groups() if g is not None)).strip()
    return title if reads_as_report(title) else None


def wanted(row: Row, in_column: bool) -> str | None:
    """Why a row is fetched: `report` (its title says so) or `doubtful`; None if it is not.

    Doubtful is a title that says too little to tell (cut off, only a year, 年度报告) inside a column of reports.
    """
    if reads_as_report(row.title):
        return "report"
    folded = re.sub(r"\s+", "", half(clean_title(row.title)))
    if _CUT.search(folded):
        stem = _CUT.sub("", folded)
        if re.search(r"法治|依法", stem) and (in_column or triage(stem).doc_type == "other"):
            return "doubtful"
        return "doubtful" if in_column and triage(stem).doc_type == "other" else None
    if in_column and _SAYS_LITTLE.fullmatch(folded) and triage(folded).doc_type == "other":
        return "doubtful"
    return None
