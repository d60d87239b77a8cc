"""A crawl in parts, each a run of its own, on a Ray cluster (ENGINE=ray).

A host is asked by one part only, whatever links lead there: portals that share a domain are in the same part, and a part
asks no host of any other domain. What it meets beyond its own domains it leaves; once all parts have ended, one more run
visits the portals that met such links, and follows them. So the pauses between requests to one host hold as in a crawl
by one process. Equal registries and numbers of parts give equal parts.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.policy import literal_address
from crawler.registry import Portal
from knowledge import cluster

LOST = 2  # exit status of a part whose worker died
# Of a processor, at one request in two seconds to each of 32 hosts: a page costs a crawl 5 to 8 ms.
SHARE = 0.125
# Second-level names under which others register theirs.
_SHARED = frozenset(("gov", "com", "org", "net", "edu", "ac", "mil"))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a part ended: exit status, what it printed, and the portals that met hosts of other domains."""

    status: int
    said: str
    elsewhere: frozenset[str]


def domain(host: str) -> str:
    """The domain of a host (host:port) that one body registers: sfj.x.gov.cn:443 → x.gov.cn. An address is its own."""
    name = host.rsplit(":", 1)[0]
    if literal_address(name) is not None:
        return host
    labels = name.split(".")
    count = 3 if len(labels) > 2 and labels[-2] in _SHARED else 2
    return ".".join(labels[-count:])


def domains(portals: Iterable[Portal]) -> frozenset[str]:
    """Domains of the hosts that the registry names for these portals."""
    return frozenset(domain(host) for portal in portals for host in portal.hosts)


def may_ask(mine: frozenset[str], host: str) -> bool:
    """True if a host (host:port) lies in one of the domains."""
    return domain(host) in mine


def split(portals: Sequence[Portal], count: int) -> list[list[Portal]]:
    """The portals in at most `count` parts of about equal size, none empty; no domain is in two of them."""
    group: dict[str, str] = {}  # domain → the domain that stands for its group

    def of(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for portal in portals:
        first, *others = sorted(domains([portal]))
        for name in (first, *others):
            group.setdefault(name, name)
            group[of(name)] = of(first)
    together: defaultdict[str, list[Portal]] = defaultdict(list)
    for portal in portals:
        together[of(min(domains([portal])))].append(portal)
    parts: list[list[Portal]] = [[] for _ in range(max(1, count))]
    sizes = [(0, i) for i in range(len(parts))]
    for some in sorted(together.values(), key=lambda g: (-len(g), g[0].portal_id)):
        size, i = heapq.heappop(sizes)
        parts[i] += some
        heapq.heappush(sizes, (size + len(some), i))
    return [part for part in parts if part]


def crawl(parts: Sequence[list[Portal]], task: Callable[[int, list[Portal]], Ended]) -> Iterator[Ended]:
    """Carry out task(number, portals) for each part on the cluster; what they return, as they end.

    A part whose node dies is not begun anew: two of the kind might ask the same hosts. The next crawl goes on from there.
    """

    def carry_out(number: int, portals: list[Portal]) -> Ended:
        return task(number, portals)

    with cluster.joined(math.ceil(len(parts) * SHARE)) as ray:
        # a process for each: Scrapy's reactor cannot be started twice
        remote = ray.remote(num_cpus=SHARE, max_retries=0, max_calls=1)(carry_out)
        waiting: list[Any] = [remote.remote(i, portals) for i, portals in enumerate(parts)]
        while waiting:
            (done,), waiting = ray.wait(waiting, num_returns=1)
            try:
                yield ray.get(done)
            except ray.exceptions.RayTaskError as e:
                raise e.cause from None
            except ray.exceptions.RayError as e:
                yield Ended(LOST, f"a part was lost with its worker ({type(e).__name__})\n", frozenset())
