"""What a part of a report is about: role and topic by cue words (sections.toml)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from knowledge.cues import load, union


@dataclass(frozen=True)
class SectionCues:
    """Compiled cues; all match half-width text."""

    roles: dict[str, re.Pattern[str]]
    content: dict[str, re.Pattern[str]]
    attachment: re.Pattern[str]
    closing: re.Pattern[str]
    signature_date: re.Pattern[str]
    salutation: re.Pattern[str]
    verbs: str
    topics: dict[str, str]

    @cached_property
    def _topic_pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self.topics, key=len, reverse=True))))

    def role_of_heading(self, title: str) -> str | None:
        """Role of the cue that ends first in a heading; None for a heading that names a topic only.

        The end counts, for a cue may begin early: 2023年工作情况和2024年工作安排 is about the measures first.
        """
        hits = [(m.end(), i, role) for i, (role, p) in enumerate(self.roles.items()) if (m := p.search(title))]
        return min(hits)[2] if hits else None

    def is_first_responsible(self, title: str) -> bool:
        """True if a part's own heading or point title is about the 第一责任人."""
        return self.roles["first_responsible"].search(title) is not None

    def topic(self, title: str, text: str, role: str, above: str) -> str:
        """Topic with the greatest weight of cue words; the title decides where it says anything, else the text.

        Where neither does, the part is about what the part above it is about; a part on the 第一责任人 is leadership.
        """
        for part in (title, "" if role == "first_responsible" else text):
            weights: dict[str, int] = {}
            for m in self._topic_pattern.finditer(part):
                code = self.topics[m[0]]
                weights[code] = weights.get(code, 0) + len(m[0])
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
        salutation=re.compile(content["salutation"]),
        verbs=raw["points"]["verbs"],
        topics={word: code for code, words in raw["topics"].items() for word in words},
    )
