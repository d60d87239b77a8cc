"""What a title says: kind of document, year reported on, the body named in it.

Used where only a title is at hand (a list row, before anything is fetched) and again on the document itself.
Rules are data (titles.toml). Titles are folded first: half width, no white space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from knowledge.cues import load, union
from knowledge.text import plain

REPORT_TYPES = frozenset(
    ["annual_report", "npc_report", "party_report", "white_paper", "self_check", "interim_report", "multi_year_report"]
)

_YEAR = re.compile(r"(20[0-3]\d|二[〇○零][〇○零一二三四五六七八九]{2})(?=年|度|$|[^\d])")
_RANGE = re.compile(r"20[0-3]\d年?[-—–~至到]{1,2}20[0-3]\d年?")
_QUOTED = re.compile(r"《[^》]*》?")
_NUMERALS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}
_NO_WORD = re.compile(r"[\W_]+")
_LABEL = re.compile(r"^(【[^】]*】|\[[^\]]*\]|\d{1,2}[.、])+")
_NEWS_VERB = re.compile(r"听取(和|并)?审议|听取|审议|召开|研究|印发|转发")
_NOISE = re.compile(r"(\.(pdf|docx?|wps|ofd|html?))$|(_|-|\|).{2,20}(网|网站|平台|政府)$", re.I)
# what is left of a title once year, 关于 and the core are gone; it belongs to no body's name
_SUBJECT_NOISE = re.compile(
    r"^(关于|印发|转发|公开|公布|[\s《》\"“”()・·:,、-])+|"
    r"(关于|深入|持续|全面|加快|加强|推进|推动|开展|落实|贯彻|履行|进一步|扎实|度|年|的|[\s《》\"“”()・·:,、-])+$"
)
_WRAPPER = re.compile(r"(印发|公布|公开|发布).{0,60}(通知|公告|公示)$")


@dataclass(frozen=True, slots=True)
class TitleReading:
    """`doc_type` (contract's code), `report_year` or None, `subject`: the body as the title prints it, or None."""

    doc_type: str
    report_year: int | None
    subject: str | None

    @property
    def is_report(self) -> bool:
        """True for the document types that are reports."""
        return self.doc_type in REPORT_TYPES


@dataclass(frozen=True, slots=True)
class _Rule:
    type: str
    any: re.Pattern[str]
    unless: re.Pattern[str] | None
    needs_core: bool


@cache
def _rules() -> tuple[tuple[_Rule, ...], re.Pattern[str], re.Pattern[str]]:
    raw = load("titles.toml")
    rules = tuple(
        _Rule(r["type"], union(r["any"]), union(r["unless"]) if "unless" in r else None, r.get("needs_core", False))
        for r in raw["rule"]
    )
    return rules, re.compile(raw["core"]), re.compile(f"{raw['core']}.{{0,24}}?{raw['genre']}")


@cache
def marks() -> tuple[str, ...]:
    """Words of which every title of the genre holds one, in simplified and in traditional script alike."""
    return tuple(load("titles.toml")["marks"])


def fold(title: str) -> str:
    """Title reduced to what identifies it: half width, without white space and punctuation."""
    return squash(plain(title))


def squash(seen: str) -> str:
    """`fold` for text that is already as patterns see it."""
    return _NO_WORD.sub("", seen)


def clean_title(title: str) -> str:
    """Title on one line: white space collapsed, site name and file ending dropped."""
    title = re.sub(r"\s+", " ", title.replace("\u3000", " ").replace("\xa0", " ")).strip()
    return _NOISE.sub("", title).strip()


def year_number(printed: str) -> int:
    """2023 for 2023 or 二〇二三."""
    return int("".join(_NUMERALS.get(c, c) for c in printed))


@lru_cache(maxsize=4096)  # a page's title is read when it is chosen and again when the page is identified
def read_title(title: str) -> TitleReading:
    """Kind, year and subject of a title. A title that is no report of any kind has doc_type other or a look-alike's."""
    folded = _LABEL.sub("", re.sub(r"\s+", "", plain(clean_title(title))))
    doc_type = _doc_type(folded)
    # 关于《某县…报告》的解读: the body in the quoted title is not the one that explains it
    own = _QUOTED.sub("", folded) if doc_type == "interpretation" else folded
    return TitleReading(doc_type, _report_year(folded), _subject(re.sub(r"^.{0,6}(读懂|看懂|图解|解读):?", "", own)))


def _doc_type(folded: str) -> str:
    rules, core, report = _rules()
    has_core = core.search(folded) is not None
    for rule in rules:
        if rule.needs_core and not has_core:
            continue
        if rule.any.search(folded) and not (rule.unless and rule.unless.search(folded)):
            return rule.type
    return "annual_report" if report.search(folded) else "other"


def _report_year(folded: str) -> int | None:
    """The year stated in the title outside quoted titles and year ranges; the one nearest the core words wins."""
    _, core, _ = _rules()
    plain = _RANGE.sub(lambda m: "#" * len(m[0]), folded)
    outside = _QUOTED.sub(lambda m: "#" * len(m[0]), plain)
    for text in (outside, plain):
        years = list(_YEAR.finditer(text))
        if years:
            at = m.start() if (m := core.search(text)) else len(text)
            return year_number(min(years, key=lambda y: (abs(at - y.end()), y.start()))[1])
    return None


def _subject(folded: str) -> str | None:
    """The body named before the core words, as printed: 潜江市人民政府, 高要区, 中共沅陵县委沅陵县人民政府."""
    _, core, _ = _rules()
    text = folded
    if _WRAPPER.search(text) and (inner := re.search(r"《([^》]+)》", text)):
        text = inner[1]
    text = _RANGE.sub("", text)
    m = core.search(text)
    text = text[: m.start()] if m else text
    text = re.sub(r"(20[0-3]\d|二[〇○零]\w{2})(年度|年|度)?", "", text)
    parts = [p for p in (_trim_subject(_NEWS_VERB.split(x)[-1]) for x in text.split("关于")) if p]
    return parts[0] if parts and len(parts[0]) >= 2 else None


def _trim_subject(text: str) -> str:
    while (shorter := _SUBJECT_NOISE.sub("", text)) != text:
        text = shorter
    return text


def reads_as_title(line: str) -> bool:
    """True if a line of flattened page text can be a report's title: short, no sentence, core and genre words."""
    folded = re.sub(r"\s+", "", plain(line))
    if (
        not 6 <= len(folded) <= 90
        or folded.endswith(("。", ";", ":"))
        or re.match(r"[一二三四五六七八九十]+、|\(", folded)
    ):
        return False
    return _rules()[2].search(folded) is not None and not re.match(r"(名称|标题|索引号|来源)", folded)
