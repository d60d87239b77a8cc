"""Families of portals: how addresses, lists, paging and article bodies look, a module each.

A family answers the questions of base.Family; everything else on a page is shared (pages.py). To add one, write a
class and name it in FAMILIES.
"""

from .aspx import Aspx
from .base import Answer, Family, ListPage
from .epoint import Epoint
from .generic import Generic
from .hanweb import Jcms, Jpaas
from .lonsun import Lonsun
from .nfcms import Gkmlpt
from .trs import Trs
from .ucap import Ucap
from .vsb import Vsb

FAMILIES: dict[str, Family] = {
    f.name: f for f in (Trs(), Generic(), Jcms(), Gkmlpt(), Jpaas(), Ucap(), Vsb(), Epoint(), Lonsun(), Aspx())
}

__all__ = ["FAMILIES", "Answer", "Family", "ListPage"]
