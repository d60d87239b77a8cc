"""From a sentence pattern to text and the facts it states. The pattern's notation is explained in phrases.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from .dice import Dice
from .figures import Figures, Unsayable, unit

MODIFIERS = {
    "余": "over", "超": "over", "约": "approx", "近": "approx", "以上": "at_least", "不少于": "at_least", "不超过": "at_most",
}  # fmt: skip
LOOSE = ("", "", "", "余", "余", "余", "余", "约", "近", "超")
HAN = "零一二三四五六七八九十"
WAN = Decimal(10000)
YI = WAN * WAN

_ALTERNATIVES = re.compile(r"<([^<>]*)>")
_TOKEN = re.compile(r"\[|\]|\{[^{}]*\}|[^\[\]{}]+")
_SENTENCE = re.compile(r"(?:@(?P<first>\d{4})?-(?P<last>\d{4})? )?(?:(?P<lead>[^:]+)::)?(?P<text>.+)", re.S)
_SLOT = re.compile(
    r"(?:(?P<how>余|约|近|以上|超|不少于|不超过|增|降|点) |(?P<loose>~))?"
    r"(?:#(?P<low>[\d.]+)-(?P<high>[\d.]+)|(?P<codes>[a-z_&]+))"
    r"(?::(?P<unit>[^:]+))?(?::(?P<measure>[a-z]+))?"
)
_NIL = re.compile(r"=(?P<code>[a-z_]+)=(?P<value>\d+)")


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that a line states.

    code: indicator code, None for a quantity that the catalogue does not know; value: in `unit`, money in 元, ratios
    0–100, a change as printed without its sign; unit: the catalogue's (of a change % or 百分点, without a code as
    printed); modifier, measure: words of table `quantities`; quote: the words of the line that hold number and noun.
    """

    code: str | None
    value: float
    unit: str
    modifier: str
    measure: str
    quote: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rendered pattern: its lead (short title, may be empty), text ending in 。 and facts in reading order."""

    lead: str
    text: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """How one report speaks: its own words, the word for a case, whether small counts are written 三次."""

    words: Mapping[str, str]
    case_word: str
    han_counts: bool


def holds(pattern: str, year: int) -> bool:
    """Whether a sentence pattern may be used in a report on `year`."""
    m = _SENTENCE.fullmatch(pattern)
    assert m, pattern
    return int(m["first"] or 0) <= year <= int(m["last"] or 9999)


def fill(pattern: str, voice: Voice, dice: Dice) -> str:
    """A pattern without figures: alternatives chosen, words put in. Raises KeyError for an unknown word."""
    text = _ALTERNATIVES.sub(lambda m: dice.pick(m[1].split("|")), pattern)
    return re.sub(r"\{([^{}]+)\}", lambda m: voice.words[m[1]], text)


def speak(pattern: str, voice: Voice, figures: Figures, dice: Dice, *, plans: bool = False) -> Sentence:
    """Render one sentence; `plans` makes every figure a target. Raises Unsayable, ValueError for a bad pattern."""
    m = _SENTENCE.fullmatch(pattern)
    if m is None:
        raise ValueError(f"no sentence: {pattern}")
    body = _ALTERNATIVES.sub(lambda a: dice.pick(a[1].split("|")), m["text"])
    out: list[str] = []
    facts: list[Fact] = []
    opened, pending = -1, 0
    for token in _TOKEN.findall(body):
        if token == "[":
            opened, pending = len(out), len(facts)
        elif token == "]":
            quote = "".join(out[opened:])
            facts[pending:] = [Fact(f.code, f.value, f.unit, f.modifier, f.measure, quote) for f in facts[pending:]]
            opened = -1
        elif token[0] != "{":
            out.append(token)
        elif token[1:-1] in voice.words:
            out.append(voice.words[token[1:-1]])
        elif nil := _NIL.fullmatch(token[1:-1]):
            facts.append(Fact(nil["code"], float(nil["value"]), unit(nil["code"]), "exact", "level", ""))
        elif slot := _SLOT.fullmatch(token[1:-1]):
            if opened < 0:
                raise ValueError(f"figure outside a quote: {pattern}")
            printed, stated = _figure(slot, voice, figures, dice, plans)
            out.append(printed)
            facts.extend(stated)
        else:
            raise ValueError(f"neither word nor figure: {token} in {pattern}")
    return Sentence(m["lead"] or "", "".join(out), tuple(facts))


def _figure(slot: re.Match[str], voice: Voice, figures: Figures, dice: Dice, plans: bool) -> tuple[str, list[Fact]]:
    how = slot["how"] or ("~" if slot["loose"] else "")
    codes: list[str | None] = list(slot["codes"].split("&")) if slot["codes"] else [None]
    printed_unit = slot["unit"] or (unit(codes[0]) if codes[0] else "")
    if printed_unit == "案":
        printed_unit = voice.case_word
    measure = "target" if plans else slot["measure"] or "level"
    if how in ("增", "降", "点"):
        return _change(slot, how, codes[0], figures, dice)
    if codes[0] is None:
        value, factor, printed_unit = _drawn(slot, printed_unit, dice)
        fact_unit = printed_unit.lstrip("万") if factor > 1 else printed_unit
    else:
        value, factor, fact_unit = Decimal(str(figures.value(codes[0]))), Decimal(1), unit(codes[0])
    if plans:
        value = _planned(value, fact_unit)
    if fact_unit == "元":
        printed, stated, modifier = _money(value, how, dice)
    elif fact_unit == "%":
        printed, stated, modifier = _rate(value, how)
    else:
        printed, stated, modifier = _count(value, factor, printed_unit, how, voice, dice)
    return printed, [Fact(code, float(stated), fact_unit, modifier, measure, "") for code in codes]


def _drawn(slot: re.Match[str], printed_unit: str, dice: Dice) -> tuple[Decimal, Decimal, str]:
    """A number without a code: (value, factor of its unit word, unit as printed)."""
    number = Decimal(dice.whole(int(slot["low"]), int(slot["high"])))
    if printed_unit.startswith("万"):
        return number * WAN, WAN, printed_unit
    if printed_unit == "千元":
        return number * 1000, Decimal(1), "元"
    if printed_unit == "千万元":
        return number * 1000 * WAN, Decimal(1), "元"
    return number, Decimal(1), printed_unit


def _planned(value: Decimal, fact_unit: str) -> Decimal:
    if fact_unit == "%":
        return min(Decimal(100), value.to_integral_value(ROUND_CEILING))
    if value < 20:
        return value
    return _digits(value * Decimal("1.1"), 2, ROUND_CEILING)


def _change(slot: re.Match[str], how: str, code: str | None, figures: Figures, dice: Dice) -> tuple[str, list[Fact]]:
    if code is not None:
        size = figures.change(code)
    else:
        size = round(dice.real(float(slot["low"]), float(slot["high"])), 1) * (-1 if how == "降" else 1)
    if how == "点":
        word, printed_unit, fact_unit = "提高" if size > 0 else "下降", "个百分点", "百分点"
    else:
        word, printed_unit, fact_unit = "增长" if size > 0 else "下降", "%", "%"
    return f"{word}{abs(size):g}{printed_unit}", [Fact(code, abs(size), fact_unit, "exact", "change", "")]


def _digits(value: Decimal, keep: int, rounding: str) -> Decimal:
    """Round to `keep` leading digits."""
    step = Decimal(1).scaleb(value.adjusted() + 1 - keep)
    return (value / step).to_integral_value(rounding) * step


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _loosened(value: Decimal, how: str, dice: Dice, smallest: int) -> tuple[Decimal, str]:
    """The number to print and its modifier word, for `how` among ~ and the words of MODIFIERS."""
    if how == "~":
        how = dice.pick(LOOSE) if value >= smallest else ""
    if how in ("余", "超"):
        floor = _digits(value, 2, ROUND_FLOOR)
        return (floor, how) if floor < value else (value, "")
    if how == "近":
        ceiling = _digits(value, 2, ROUND_CEILING)
        return (ceiling, how) if ceiling > value else (value, "")
    if how == "约":
        return _digits(value, 2, ROUND_HALF_UP), how
    return value, how


def _around(number: str, unit_word: str, how: str) -> str:
    if how in ("余", "以上"):
        return f"{number}余{unit_word}" if how == "余" else f"{number}{unit_word}以上"
    return f"{how}{number}{unit_word}"


def _count(
    value: Decimal, factor: Decimal, unit_word: str, how: str, voice: Voice, dice: Dice
) -> tuple[str, Decimal, str]:
    value, how = _loosened(value, how, dice, 100)
    modifier = MODIFIERS.get(how, "exact")
    if factor > 1:
        return _around(_plain(value / factor), unit_word, how), value, modifier
    if value >= WAN and how and value % 1000 == 0:
        return _around(_plain(value / WAN) + "万", unit_word, how), value, modifier
    if voice.han_counts and not how and value <= 10 and unit_word in ("次", "场", "期"):
        word = "两" if value == 2 else HAN[int(value)]
        return word + unit_word, value, modifier
    return _around(_plain(value), unit_word, how), value, modifier


def _money(value: Decimal, how: str, dice: Dice) -> tuple[str, Decimal, str]:
    value, how = _loosened(value, how, dice, 1_000_000)
    scale, word = (YI, "亿元") if value >= YI else (WAN, "万元") if value >= WAN else (Decimal(1), "元")
    number = (value / scale).quantize(Decimal("0.01"), ROUND_HALF_UP)
    printed = _plain(number)
    if how == "余" and "." in printed:  # 1.2亿余元, but 3200余万元
        return f"{printed}{word[0]}余元", number * scale, MODIFIERS[how]
    return _around(printed, word, how), number * scale, MODIFIERS.get(how, "exact")


def _rate(value: Decimal, how: str) -> tuple[str, Decimal, str]:
    if how == "以上":
        value = min(value, Decimal("99.9")).to_integral_value(ROUND_FLOOR)
    return _around(_plain(value), "%", how), value, MODIFIERS.get(how, "exact")


__all__ = ["Fact", "Sentence", "Unsayable", "Voice", "fill", "holds", "speak"]
