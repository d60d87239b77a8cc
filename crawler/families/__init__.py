"""Portal families: portals are rows of a table, families are code.

A family answers questions about a list page, as pure functions of its address and text: is it mine, which rows does
it hold, where is the next page. How a family's pages are recognised is data (knowledge/families.toml).
"""

from __future__ import annotations

from crawler.families import aspx, epoint, generic, gkmlpt, jcms, jpaas, lonsun, trs, ucap, vsb
from crawler.families.page import Fetched, ListFamily, Page, Row

__all__ = ["FAMILIES", "Fetched", "ListFamily", "Page", "Row", "choose"]

# In the order in which they are tried; generic takes every page.
FAMILIES: dict[str, ListFamily] = {
    family.name: family
    for family in (
        gkmlpt.FAMILY,
        jpaas.FAMILY,
        jcms.FAMILY,
        ucap.FAMILY,
        trs.FAMILY,
        vsb.FAMILY,
        epoint.FAMILY,
        lonsun.FAMILY,
        aspx.FAMILY,
        generic.FAMILY,
    )
}


def choose(cms: str, url: str, html: str) -> ListFamily:
    """Family of a list page: the registry's word if it names a known one, else by the page's marks, else generic."""
    if cms in FAMILIES:
        return FAMILIES[cms]
    return next(family for family in FAMILIES.values() if family.is_mine(url, html))
