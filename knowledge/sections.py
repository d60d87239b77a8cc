"""What a part of a report is about: role and topic by cue words (sections.toml)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

import ahocorasick

from knowledge.cues import load, union

_TOPIC_CHARS = 300  # what a part is about, it says at its beginning
_MERGED = ("problems", "next_year")  # the roles that one heading may state together


@dataclass(frozen=True)
class SectionCues:
    """Compiled cues; all match half-width text."""

    roles: dict[str, re.Pattern[str]]
    content: dict[str, re.Pattern[str]]
    attachment: re.Pattern[str]
    closing: re.Pattern[str]
    signature_date: re.Pattern[str]
    announces: re.Pattern[str]
    verbs: str
    topics: dict[str, str]

    @cached_property
    def _topic_words(self) -> ahocorasick.Automaton:
        automaton = ahocorasick.Automaton()
        for word, code in self.topics.items():
            automaton.add_word(word, (code, len(word)))
        automaton.make_automaton()
        return automaton

    def role_of_heading(self, title: str, report_year: int | None = None) -> str | None:
        """Role of the cue that ends first in a heading; None for a heading that names a topic only.

        The end counts, for a cue may begin early: 2023年工作情况和2024年工作安排 is about the measures first.
        """
        if self._is_about_the_year(title, report_year):
            title = title.replace("安排", "□").replace("部署", "□").replace("计划", "□").replace("打算", "□")
        hits = [(m.end(), i, role) for i, (role, p) in enumerate(self.roles.items()) if (m := p.search(title))]
        return min(hits)[2] if hits else None

    @staticmethod
    def _is_about_the_year(title: str, report_year: int | None) -> bool:
        """True for 2023年工作部署落实情况 in the report on 2023: what was planned has been done."""
        years = [int(y) for y in re.findall(r"20\d\d", title)]
        return title.endswith("落实情况") or bool(report_year and years and max(years) <= report_year)

    def roles_of_heading(self, title: str) -> list[str]:
        """All roles that a merged heading names, in order: 存在的问题及下一步打算 → problems, next_year."""
        hits = sorted((m.end(), role) for role, p in self.roles.items() if role in _MERGED and (m := p.search(title)))
        return [role for _, role in hits]

    def role_of_sentence(self, sentence: str) -> str | None:
        """Role that a sentence under no heading speaks for: next_year or problems; None for ordinary ones."""
        return next((role for role, p in self.content.items() if p.search(sentence)), None)

    def is_first_responsible(self, title: str) -> bool:
        """True if a part's own heading or point title is about the 第一责任人."""
        return self.roles["first_responsible"].search(title) is not None

    def topic(self, title: str, text: str, role: str, above: str) -> str:
        """Topic with the greatest weight of cue words; the title decides where it says anything (its first clause first), else the text.

        Where neither does, the part is about what the part above it is about; a part on the 第一责任人 is leadership.
        """
        first, comma, _ = title.partition(",")
        for part in (first, title if comma else "", "" if role == "first_responsible" else text[:_TOPIC_CHARS]):
            weights: dict[str, int] = {}
            for _, (code, length) in self._topic_words.iter_long(part):
                weights[code] = weights.get(code, 0) + length
            if weights:
                return max(weights, key=lambda c: weights[c])
        return "leadership" if role == "first_responsible" else above


@cache
def lost_point(number: int) -> re.Pattern[str]:
    """Where the marker of point `number` lost 是 (四严格…) or its numeral (。是做好…); group m is what is left of it."""
    numeral = "一二三四五六七八九十"[number - 1] if number <= 10 else "\0"
    verbs = section_cues().verbs
    return re.compile(rf"(?<=[。;\n])(?P<m>{numeral}(?={verbs})|是(?={verbs}))")


@cache
def section_cues() -> SectionCues:
    """The cues of sections.toml."""
    raw = load("sections.toml")
    content = raw["content"]
    return SectionCues(
        roles={role: union(p) for role, p in raw["roles"].items()},
        content={k: union(content[k]) for k in ("next_year", "problems")},
        attachment=re.compile(content["attachment"]),
        closing=union(content["closing"]),
        signature_date=re.compile(content["signature_date"]),
        announces=re.compile(content["announces"]),
        verbs=raw["points"]["verbs"],
        topics={word: code for code, words in raw["topics"].items() for word in words},
    )
