"""What a reporting body calls itself, and the titles, dates and numbers on what it publishes.

Cheap on purpose: lists need these of every document, the document itself only when its page is asked for.
"""

from __future__ import annotations

from datetime import date, timedelta

from .dice import Dice
from .figures import KINDS
from .phrasing import Voice, fill
from .places import Issuer, phrases


def words(issuer: Issuer, year: int, dice: Dice) -> dict[str, str]:
    """The words that a body uses of itself, by their name in the phrase book."""
    place, upper = issuer.place, issuer.place.upper
    area = issuer.area
    party = {"government": f"{area}委", "department": "局党组", "township": f"{area}党委", "subdistrict": "街道党工委"}
    out = {
        "名": place.name, "机": issuer.printed, "镇": issuer.key, "全": "全" + area, "我": "我" + area, "域": place.word,
        "上": upper, "委": party[issuer.kind], "府": f"{place.word}政府", "镇域": area,
        "乡镇": {"县": "乡镇", "区": "镇（街道）"}.get(place.word, "县（市、区）"),
        "Y": str(year), "Y-1": str(year - 1), "Y+1": str(year + 1),
        "普法": "“七五”" if year <= 2020 else "“八五”",
        "纲要": f"《法治政府建设实施纲要（{'2015—2020' if year <= 2020 else '2021—2025'}年）》",
    }  # fmt: skip
    if issuer.kind == "department":
        book_entry = phrases()["departments"][issuer.key]
        fields = dice.shuffled(book_entry["fields"])
        bureau = issuer.key.removesuffix("局") + "厅" if upper == "省" else issuer.key
        out |= {"领域": fields[0], "领域二": fields[1], "法律": dice.pick(book_entry["laws"])}
        out["上级部门"] = upper + bureau
    return out


def dates(seed: int, issuer: Issuer, year: int) -> tuple[date, date]:
    """(signed, published) of a report: in the first quarter of the next year, one in ten later."""
    dice = Dice(seed, issuer.region_code, issuer.key, year, "dates")
    signed = date(year + 1, 1, 8) + timedelta(days=dice.whole(0, 66 if dice.chance(0.9) else 140))
    return signed, signed + timedelta(days=dice.whole(1, 14))


def title_of(seed: int, issuer: Issuer, year: int) -> str:
    """The report's title; cheap, for lists."""
    dice = Dice(seed, issuer.region_code, issuer.key, year, "title")
    voice = Voice(words(issuer, year, dice), "件", False)
    return fill(dice.pick(phrases()["titles"][KINDS[issuer.kind]]), voice, dice)


def numbers(seed: int, issuer: Issuer, published: date, what: str) -> tuple[str, str | None]:
    """(index number, document number or None); the index number embeds a credit code of the invented region."""
    dice = Dice(seed, issuer.region_code, issuer.key, what, published)
    body = Dice(issuer.region_code, issuer.key)
    organ = "".join(str(body.whole(0, 9)) for _ in range(8)) + "X"
    index = f"11{issuer.region_code}{organ}{body.pick('0123456789ABCDEFGH')}/{published.year}-{dice.whole(1, 400):05d}"
    sign = "政" if issuer.kind == "government" else issuer.key[0]
    if not dice.chance(0.35):
        return index, None
    return index, f"{issuer.place.name[0]}{sign}发〔{published.year}〕{dice.whole(1, 60)}号"
