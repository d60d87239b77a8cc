"""What a part of a report is about: role and topic by cue words (sections.toml)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from ahocorasick_rs import AhoCorasick, MatchKind

from knowledge.cues import load, union
from knowledge.sieve import Sieve, parse

TOPIC_CHARS = 150  # what a part is about, it says at its beginning
_PLANS = re.compile("安排|部署|计划|打算")
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
    def _role_list(self) -> list[tuple[str, re.Pattern[str]]]:
        return list(self.roles.items())

    @cached_property
    def _role_sieve(self) -> Sieve:
        return Sieve(list(map(parse, self.roles.values())))

    @cached_property
    def _content_sieve(self) -> Sieve:
        return Sieve(list(map(parse, self.content.values())))

    def hits(self, title: str) -> list[tuple[int, int, str]]:
        """(end, place in the file, role) of the cues of roles in a heading, the one that ends first at the front."""
        roles = self._role_list
        found = ((i, roles[i][1].search(title)) for i in self._role_sieve.candidates(title))
        return sorted((m.end(), i, roles[i][0]) for i, m in found if m)

    def role_of_sentence(self, sentence: str) -> str | None:
        """Role that a sentence under no heading speaks for: next_year or problems; None for ordinary ones."""
        words = list(self.content.items())
        return next(
            (words[i][0] for i in self._content_sieve.candidates(sentence) if words[i][1].search(sentence)), None
        )


# Offices take their headings from the same outlines: what a title says is worked out once.


@lru_cache(maxsize=2**12)
def read_heading(title: str, report_year: int | None = None) -> tuple[str | None, tuple[str, ...]]:
    """Role of the cue that ends first in a heading, and of problems and next_year those that it names, in order.

    The end counts, for a cue may begin early: 2023年工作情况和2024年工作安排 is about the measures first. The role
    is None for a heading that names a topic only; 存在的问题及下一步打算 names both problems and next_year.
    """
    hits = section_cues().hits(title)
    named = tuple(role for _, _, role in hits if role in _MERGED)
    if _is_about_the_year(title, report_year):
        hits = section_cues().hits(_PLANS.sub("□", title))
    return (hits[0][2] if hits else None), named


def role_of_heading(title: str) -> str | None:
    """Role that a heading names; None if it names a topic only."""
    return read_heading(title)[0]


def _is_about_the_year(title: str, report_year: int | None) -> bool:
    """True for 2023年工作部署落实情况 in the report on 2023: what was planned has been done."""
    if title.endswith("落实情况"):
        return True
    years = [int(y) for y in re.findall(r"20\d\d", title)] if report_year and "20" in title else []
    return bool(report_year and years and max(years) <= report_year)


@lru_cache(maxsize=2**14)
def said_by_title(title: str) -> tuple[bool, str | None]:
    """Whether a part's own heading or point title is about the 第一责任人, and the topic that it names, its first clause first."""
    first, comma, _ = title.partition(",")
    topic = topic_of_text(first) or (topic_of_text(title) if comma else None)
    return section_cues().roles["first_responsible"].search(title) is not None, topic


def topic_of_text(words: str) -> str | None:
    """The topic of the greatest weight of cue words; None if there are none."""
    weights: dict[str, int] = {}
    automaton, topics = _topic_words()
    for word, start, end in automaton.find_matches_as_indexes(words):
        weights[topics[word]] = weights.get(topics[word], 0) + end - start
    return max(weights, key=weights.__getitem__) if weights else None


@cache
def _topic_words() -> tuple[AhoCorasick, list[str]]:
    """The words that topics are known by, the longest of those that begin at one place, and each one's topic."""
    topics = section_cues().topics
    return AhoCorasick(topics, matchkind=MatchKind.LeftmostLongest), list(topics.values())


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
