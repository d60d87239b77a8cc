"""Words in two languages: both stand in the page, the style sheet shows one."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path

from website.markup import Html, Node, el

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CAPITALS = frozenset({"npc", "cppcc"})
# what a stated number is, as a sign that both languages read: ≥ not under, > over, ≈ about
_SIGNS = {"approx": "≈", "over": ">", "at_least": "≥", "under": "<", "at_most": "≤"}


@cache
def words() -> dict[str, dict[str, list[str]]]:
    """What words.toml says: column → word → [Chinese, English]."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def both(zh: Node, en: Node) -> Html:
    """The same in Chinese and English."""
    return Html(el("span", zh, _class="zh") + el("span", en, _class="en", lang="en"))


@cache
def word(column: str, value: str | None) -> Html:
    """A word of a coded column in both languages; one that words.toml does not know as it is."""
    zh, en = words()[column].get(value or "", (value or "", value or ""))
    return both(zh, en) if zh or en else Html("")


def english(code: str) -> str:
    """An indicator's English name: its code in plain words."""
    return " ".join(w.upper() if w in _CAPITALS else w for w in code.split("_"))


def number(value: float) -> str:
    """A number with all its digits, in groups of three: 1640000000.0 → 1,640,000,000; 98.6 → 98.6."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    shown = f"{Decimal(repr(value)):,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def stated(value: float, value_max: float | None = None, modifier: str | None = None) -> str:
    """A stated number with what was said of it: ≥98, ≈1,200, 3–5. A range keeps both ends."""
    span = number(value) if value_max is None else f"{number(value)}–{number(value_max)}"
    return _SIGNS.get(modifier or "", "") + span


def computed(value: float) -> str:
    """A number that the site worked out (a median): ten significant digits, no more than a computer's own noise lost."""
    return number(float(f"{value:.10g}"))


def reason(detail: str | None) -> Html:
    """Why there is no report, as the table coverage says it, in both languages; an unknown reason as it is.

    Sentences with days, outcomes of a request, reasons of quarantine.
    """
    said = detail or ""
    dates = _DATE.findall(said)
    known = words()
    zh, en = (
        known["reason"].get(_DATE.sub("{}", said))
        or known["outcome"].get(said)
        or known["aside"].get(said)
        or (said, said)
    )
    return both(zh.format(*dates), en.format(*dates)) if "{}" in zh else both(zh, en)


def flags(codes: list[str]) -> Html:
    """Flags of a row in both languages; one that words.toml does not know as it is."""
    known = [words()["flags"].get(code, [code, code]) for code in codes]
    return both("；".join(zh for zh, _ in known), "; ".join(en for _, en in known))
