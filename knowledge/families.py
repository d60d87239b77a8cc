"""Portal families as data: recognising one, and where a page's body sits (families.toml)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from knowledge.cues import load


@dataclass(frozen=True, slots=True)
class Family:
    """A portal family: `url` patterns and `markers` recognise its pages, `body` are container selectors in order."""

    name: str
    label: str
    url: tuple[re.Pattern[str], ...]
    markers: tuple[str, ...]
    body: tuple[str, ...]

    def owns(self, url: str, html: str) -> bool:
        """True if the address or the page's source shows this family's marks."""
        return self.owns_address(url) or any(m in html for m in self.markers)

    def owns_address(self, url: str) -> bool:
        """True if the address is one of this family's articles."""
        return any(p.search(url) for p in self.url)


@cache
def families() -> dict[str, Family]:
    """All families by short name, in the order in which they are tried; `generic` is last and takes the rest."""
    return {
        name: Family(name, f["name"], tuple(map(re.compile, f["url"])), tuple(f["markers"]), tuple(f["body"]))
        for name, f in load("families.toml").items()
    }


def family_of(url: str, html: str) -> Family:
    """The family of a page: by its address, which costs nothing to look at, else by marks in its source."""
    known = families()
    by_address = next((f for f in known.values() if f.owns_address(url)), None)
    return by_address or next((f for f in known.values() if f.owns(url, html)), known["generic"])
