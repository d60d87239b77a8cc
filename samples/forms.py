"""Forms in which one report is met: inside a notice that issues it, as delivered to a people's congress, corrected.

Each takes what writes the report and gives the changed report; truth follows the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from .dice import Dice
from .phrasing import Fact
from .places import Issuer
from .reports import Line, Report
from .site import Document


def _line(text: str, kind: str, role: str) -> Line:
    return Line(text, kind, None, None, None, role, None)


def notice_title(issuer: Issuer, title: str) -> str:
    """Title of the notice that issues a report."""
    return f"{issuer.printed}办公室关于印发《{title}》的通知"


def in_notice(write: Callable[[], Document], issuer: Issuer) -> Document:
    """The report inside the notice of the government's office that issues it: 印发…的通知, its text below."""
    report = write()
    assert isinstance(report, Report)
    day = report.signed_on or report.published_on
    receivers = "各乡镇人民政府、街道办事处，" if issuer.level == "county" else "各县（市、区）人民政府，"
    around = [
        _line(f"{receivers}{issuer.place.word}直各部门：", "paragraph", "preamble"),
        _line(f"《{report.title}》已经{issuer.place.word}政府同意，现印发给你们。", "paragraph", "preamble"),
        _line(f"{issuer.printed}办公室", "signature", "signature"),
        _line(f"{day.year}年{day.month}月{day.day}日", "signature", "signature"),
        _line(report.title, "paragraph", "preamble"),
    ]
    number = f"{issuer.place.name[0]}政办发〔{day.year}〕{Dice(report.index_number).whole(1, 40)}号"
    title = notice_title(issuer, report.title)
    return replace(report, title=title, document_number=number, signed_on=day, lines=(*around, *report.lines))


def congress_title(issuer: Issuer, year: int, *, names_year: bool) -> str:
    """Title of the report as it is delivered to the standing committee; some name no year."""
    return f"{issuer.printed}关于{f'{year}年法治政府建设' if names_year else '依法行政工作'}情况的报告"


def to_congress(write: Callable[[], Document], issuer: Issuer, title: str, published: date) -> Document:
    """The report as delivered to the standing committee of the people's congress, which it greets."""
    report = write()
    assert isinstance(report, Report)
    lines = list(report.lines)
    if lines[0].role == "preamble" and lines[0].text.endswith("："):
        del lines[0]  # whom the other version greeted
    lines.insert(0, _line(f"{issuer.place.word}人大常委会：", "paragraph", "preamble"))
    at = next((i for i, line in enumerate(lines) if line.kind == "signature"), len(lines))
    lines.insert(at, _line("以上报告，请予审议。", "paragraph", "closing"))
    return replace(report, title=title, doc_type="npc_report", published_on=published, lines=tuple(lines))


def with_file(write: Callable[[], Document], ending: str) -> Document:
    """The report with a last line that names an attached file."""
    report = write()
    assert isinstance(report, Report)
    return replace(report, lines=(*report.lines, _line(f"附件：{report.title}{ending}", "paragraph", "attachment")))


def corrected(write: Callable[[], Document], seed: int) -> Document:
    """The report with one figure put right: the same text but for a whole number, which states a new value."""
    report = write()
    assert isinstance(report, Report)
    places = [(i, f) for i, line in enumerate(report.lines) for f in line.facts if _can_change(line, f)]
    i, fact = Dice(seed, report.index_number, "corrected").pick(places)
    line, old = report.lines[i], f"{int(fact.value)}"
    quote = re.sub(rf"(?<!\d){old}(?!\d)", str(int(fact.value) + 3), fact.quote)
    text = line.text.replace(fact.quote, quote)
    facts = tuple(
        replace(f, quote=quote, value=f.value + 3 if f.value == fact.value else f.value) if f.quote == fact.quote else f
        for f in line.facts
    )
    points = tuple((mark, title.replace(fact.quote, quote)) for mark, title in line.points)
    title = line.title.replace(fact.quote, quote) if line.title else line.title
    changed = replace(line, text=text, facts=facts, points=points, title=title)
    return replace(report, lines=(*report.lines[:i], changed, *report.lines[i + 1 :]))


def _can_change(line: Line, fact: Fact) -> bool:
    """Whether a figure is a whole number printed once, in a quote that stands once in its line."""
    if fact.code is None or fact.measure != "level" or fact.modifier != "exact" or fact.value != int(fact.value):
        return False
    printed = re.findall(rf"(?<!\d){int(fact.value)}(?!\d)", fact.quote)
    return fact.unit not in ("%", "元") and len(printed) == 1 and line.text.count(fact.quote) == 1


__all__ = ["congress_title", "corrected", "in_notice", "notice_title", "to_congress", "with_file"]
