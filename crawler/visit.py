"""One portal in one run: what is known of it, what waits, and which links of its pages join what waits. No I/O."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from crawler.circles import Circles
from crawler.discovery import (
    Link,
    Site,
    bounds,
    is_signpost,
    links,
    looks_like_article,
    may_be_column,
    original,
    score,
    sitemap_addresses,
)
from crawler.families import Fetched, ListFamily, Page, gkmlpt
from crawler.families.page import Row, ending
from crawler.frontier import HOME, OF_REPORTS, Frontier, Item, patience
from crawler.learnt import Learnt
from crawler.registry import Portal
from crawler.rows import reads_as_report, years_named
from knowledge.urls import host_key

# Most portals have no sitemap.xml, and it names columns without their titles.
SITEMAP_SCORE = 25


@dataclass(slots=True)
class Visit:
    """One portal in one run."""

    portal: Portal
    site: Site
    learnt: Learnt
    search: bool
    frontier: Frontier = field(default_factory=Frontier)
    parsed: bool = False  # at least one list was understood
    stale: bool = False  # a column known to hold reports could not be read
    why: str | None = None  # what ended the visit before its time
    elsewhere: bool = False  # a page was left to one more run (crawler.parts)
    closed: bool = False
    circles: Circles = field(default_factory=Circles)
    home_read: bool = False
    home_links: set[str] = field(default_factory=set)
    unnamed: int = 0  # links followed although nothing speaks for them
    mirrors: dict[str, tuple[Row, str]] = field(default_factory=dict)
    sites: dict[str, str | None] = field(default_factory=dict)  # …/gkmlpt/ → its number, once its index was read
    catalogues: defaultdict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))  # waiting for that

    def start_search(self) -> None:
        """Let the portal's columns be searched for, from its home page."""
        self.search = True
        home = self.portal.homepage
        self.frontier.push(Item(Page(home), HOME, "home", ("home page",)))

    def follow(self, page: Fetched, family: ListFamily, item: Item) -> None:
        """Let the links of a page wait that may lead to reports."""
        if item.depth >= bounds()["depth"]:
            return
        if gkmlpt.site(page.html) and "/gkmlpt/" in page.url:
            home = page.url[: page.url.index("/gkmlpt/") + len("/gkmlpt/")]
            self.sites[home] = gkmlpt.site(page.html)
            for waiting in self.catalogues.pop(home, ()):
                self._push_catalogue(waiting, home)
        found = [*links(page), *(Link(address, name) for name, address in family.columns(page))]
        for link in found:
            address = link.address.partition("#")[0]
            if is_signpost(link):
                if not (self.site.holds(address) or host_key(address).rsplit(":", 1)[0].endswith(".gov.cn")):
                    continue  # an expired name may send its visitors anywhere
                self.site = replace(self.site, also=self.site.also | {host_key(address)})
                self.frontier.push(Item(Page(address), HOME, "list", ("signpost",), item.depth, page.url))
            elif self.site.holds(address) and not original(address):
                self._consider(link, address, item, page.url)

    def _consider(self, link: Link, address: str, item: Item, found_on: str) -> None:
        if looks_like_article(address) or (years_named(link.text) and reads_as_report(link.text)):
            return
        parent = item.score if item.role != "home" else 0
        judged = score(link, item.depth, parent, self.site.outside(address))
        if judged.value < self.frontier.threshold:
            limit = bounds()
            unnamed = item.score >= limit["unnamed_from"] and may_be_column(link)
            if not (unnamed or item.role == "sitemap") or address in self.home_links:
                return
            if self.unnamed >= limit["unnamed"]:
                return
            why = f"text {link.text}: unknown, in a menu of the kind" if link.text else "named by the sitemap alone"
            unsure = Item(Page(address), limit["threshold"], reasons=(why,), depth=item.depth + 1, found_on=found_on)
            self.unnamed += self.frontier.push(unsure)
            return
        following = Item(
            Page(address),
            judged.value,
            reasons=judged.reasons,
            depth=item.depth + 1,
            found_on=found_on,
            patience=max(judged.walk, patience(judged.value)),
            of_reports=judged.value >= OF_REPORTS,
        )
        named = gkmlpt.catalogue(link.address)
        if named is None:
            self.frontier.push(following)
        elif named[0] in self.sites:
            self._push_catalogue(replace(following, page=Page(link.address)), named[0])
        else:
            # its list has an address only once the platform's own number is known
            self.catalogues[named[0]].append(replace(following, page=Page(link.address)))
            self.frontier.push(following)

    def _push_catalogue(self, item: Item, home: str) -> None:
        named = gkmlpt.catalogue(item.page.url)
        if named is not None:
            address = gkmlpt.list_address(home, named[1], self.sites.get(home))
            self.frontier.push(replace(item, page=Page(address)))

    def follow_sitemap(self, xml: str, item: Item) -> None:
        for address in sitemap_addresses(xml):
            if not self.site.holds(address):
                continue
            if ending(address) == ".xml":
                reasons = ("part of the sitemap",)
                self.frontier.push(Item(Page(address), SITEMAP_SCORE, "sitemap", reasons, item.depth + 1))
            elif not looks_like_article(address) and original(address) is None:
                self._consider(Link(address, ""), address, item, item.page.url)
