"""Which portal of the registry an address belongs to: by its host, subdomains included."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from crawler.registry import Portal
from knowledge.urls import canonical_url

# Second levels under .cn that anybody may hold a name below: no portal's subdomains.
_SHARED = re.compile(
    r"(?:gov|com|org|net|edu|ac|mil|ah|bj|cq|fj|gd|gs|gx|gz|ha|hb|he|hi|hk|hl|hn|jl|js|jx|ln|mo|nm|nx|qh|sc|sd|sh|sn|sx|"
    r"tj|tw|xj|xz|yn|zj)\.cn"
)
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#\\]+)", re.I)
_NUMBERED = re.compile(r"[0-9.]+|\[.*|localhost")


class Hosts:
    """The hosts of a registry: those its rows name, and every subdomain of a homepage's (www. left out).

    Offices publish below their government's name: mzj.a.gov.cn belongs to the portal at www.a.gov.cn. Of nested names the
    longest counts. Ports do not, except where the host is a number.
    """

    def __init__(self, portals: Iterable[Portal]) -> None:
        self._portals: dict[str, Portal] = {}
        self._columns: dict[str, Portal] = {}  # columns on another portal's host: what their addresses begin with
        self._of_host = lru_cache(maxsize=1 << 16)(self._look_up)
        entries = []
        for portal in portals:
            self._portals.setdefault(_base(_host_of(portal.homepage)), portal)
            entries += [(url, portal) for url in portal.entry_urls]
        for url, portal in entries:
            if self._portals.setdefault(_base(_host_of(url)), portal) is not portal:
                self._columns[_place(url).rpartition("/")[0] + "/"] = portal

    def has(self, host: str) -> bool:
        """True if a host (with its port, if the address has one) is a portal's."""
        return self._of_host(host) is not None

    def portal(self, url: str) -> Portal | None:
        """Portal of a canonical address; None if the registry does not know its host."""
        place = _place(url)
        for start, portal in self._columns.items():
            if place.startswith(start):
                return portal
        return self._of_host(_host_of(url))

    def _look_up(self, host: str) -> Portal | None:
        name = host.lower().rstrip(".")
        if not name.isascii() or _NUMBERED.match(name):
            try:
                name = _host_of(canonical_url(f"http://{host}/"))
            except ValueError:
                return None
        if _NUMBERED.match(name):
            return self._portals.get(name)
        name = name.partition(":")[0]
        if name in self._portals:
            return self._portals[name]
        while name := name.partition(".")[2]:
            if name in self._portals and not _SHARED.fullmatch(name):
                return self._portals[name]
        return None


def printed_host(address: str) -> str | None:
    """Host of an address as printed, with its port if it has one, lower case; None if it is no http(s) address."""
    found = _HOST.match(address)
    return found[1].lower() if found else None


def _host_of(url: str) -> str:
    return urlsplit(url).netloc


def _place(url: str) -> str:
    """Host and path: a column is the same with and without www. and TLS."""
    return _base(_host_of(url)) + urlsplit(url).path


def _base(host: str) -> str:
    """The name that a portal's subdomains end in; a host that is a number stays with its port."""
    if _NUMBERED.match(host):
        return host
    name = host.partition(":")[0]
    short = name.removeprefix("www.")
    return name if _SHARED.fullmatch(short) else short
