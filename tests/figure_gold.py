"""Numbers of composed reports and sentences labelled by hand (tests/gold/figures), and how well a reading agrees."""

from __future__ import annotations

import argparse
import csv
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import section_gold
from transform.measure import Issuer, Reading, measure

_ENOUGH = 30  # rows that a precision is believed of
FOLDER = Path(__file__).parent / "gold" / "figures"
_UPPER = {
    "county": "省市州盟国",
    "county-level city": "省国",
    "township": "省市州盟国",
    "prefecture": "省国",
    "province": "国",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled fact: where its number stands and what it means.

    `codes`: for each indicator that the fact states the codes accepted for it; `is_wanted`: the number must be found;
    `is_coded`: its indicators must be found.
    """

    start: int
    end: int
    value: float
    value_max: float | None
    unit: str
    modifier: str
    measure: str
    period: str
    codes: tuple[frozenset[str], ...]
    is_wanted: bool
    is_coded: bool
    scope: frozenset[str]
    is_part: bool
    is_derived: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One report, or one sentence under a heading, with its facts in order."""

    name: str
    text: str
    issuer: Issuer
    facts: tuple[Fact, ...]


def reports() -> list[Case]:
    """The composed reports of the section gold, with their numbers."""
    texts = {g.name: g.text for g in section_gold.load()}
    with (FOLDER / "reports.tsv").open(encoding="utf-8", newline="") as f:
        issuers = {row["report"]: row for row in csv.DictReader(f, delimiter="\t")}
    out = []
    for name, row in issuers.items():
        issuer = Issuer(int(row["year"]), row["kind"] == "government", _UPPER[row["level"]])
        with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
        out.append(Case(name, texts[name], issuer, tuple(_facts(name, texts[name], rows))))
    return out


def traps() -> list[Case]:
    """Single sentences, each with what may and may not be found in it."""
    out = []
    for path in sorted(FOLDER.glob("traps-*.toml")):
        for i, trap in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["trap"], 1):
            heading = f"{trap['heading']}\n" if trap.get("heading") else ""
            text = heading + trap["text"]
            name = f"{path.stem}/{i} {trap['about']}"
            issuer = Issuer(trap["year"], trap["issuer"] == "government", _UPPER["county"])
            out.append(Case(name, text, issuer, tuple(_facts(name, text, trap["rows"], len(heading)))))
    return out


def held_out() -> list[Case]:
    """Reports kept unseen: only totals over them are printed, never what was missed."""
    out = []
    for path in sorted((FOLDER.parent / "heldout").glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        issuer = Issuer(raw["year"], raw["kind"] == "government", _UPPER[raw["level"]])
        out.append(Case(path.stem, raw["text"], issuer, tuple(_facts(path.stem, raw["text"], raw["rows"]))))
    return out


def _facts(name: str, text: str, rows: list[dict[str, Any]], at: int = 0) -> Iterator[Fact]:
    """Facts of rows in text order; each row is looked for from where the row before it stands."""
    taken = -1
    for row in rows:
        number = row["number"].replace("\\t", "\t")
        words = (row.get("at") or number).replace("\\t", "\t")
        found = text.find(words, at)
        start = found + words.find(number)
        if words is number or words == number:  # the same number again is the next one
            while 0 <= start <= taken and not row.get("at"):
                start = text.find(number, taken + 1)
        if found < 0 or start < 0 or number not in words:
            raise ValueError(f"{name}: {words!r} does not stand after character {at}")
        at = found
        if row.get("derived") not in (1, "1"):
            taken = start
        codes = str(row.get("codes") or "")
        bare = codes.lstrip("?")
        scope = frozenset(str(row.get("scope") or "").split("|")) - {""}
        top = row.get("value_max")
        yield Fact(
            start,
            start + len(number),
            float(row["value"]),
            float(top) if top not in (None, "") else None,
            row.get("unit") or "",
            row["modifier"],
            row["measure"],
            row["period"],
            tuple(frozenset(c.split("|")) for c in bare.split("+")) if bare else (),
            codes != "?",
            bool(bare) and not codes.startswith("?"),
            scope,
            str(row.get("part") or 0) == "1",
            str(row.get("derived") or 0) == "1",
        )


@dataclass(slots=True)
class Score:
    """Counts over cases; pairs are (right, all)."""

    recall: list[int] = field(default_factory=lambda: [0, 0])  # catalogue levels wanted
    precision: list[int] = field(default_factory=lambda: [0, 0])  # catalogue levels found
    numbers: list[int] = field(default_factory=lambda: [0, 0])  # quantities wanted
    strays: list[int] = field(default_factory=lambda: [0, 0])  # quantities found, right where they are labelled
    attributes: dict[str, list[int]] = field(default_factory=dict)
    by_code: dict[str, list[int]] = field(default_factory=dict)  # code → right, wanted, found
    by_kind: dict[str, list[int]] = field(default_factory=dict)  # kind of rule → right, found
    misses: list[str] = field(default_factory=list)

    def attribute(self, name: str, right: bool) -> None:
        """Count one comparison of an attribute."""
        counts = self.attributes.setdefault(name, [0, 0])
        counts[0] += right
        counts[1] += 1


def share(counts: list[int]) -> float:
    """Right over all; 1 where there is nothing."""
    return counts[0] / counts[1] if counts[1] else 1.0


def score(cases: Iterable[Case]) -> Score:
    """Read every case and compare."""
    out = Score()
    for case in cases:
        got = measure(case.text, case.issuer)
        _score_numbers(case, got, out)
        _score_indicators(case, got, out)
    return out


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * max(1, abs(b))


def _score_numbers(case: Case, got: Reading, out: Score) -> None:
    stated = [f for f in case.facts if not f.is_derived]
    used: set[int] = set()
    for fact in stated:
        over = [q for q in got.numbers if q.char_start < fact.end and q.char_end > fact.start]
        hit = next((q for q in over if _same(q.value, fact.value) and id(q) not in used), None)
        if fact.is_wanted:
            out.numbers[0] += hit is not None
            out.numbers[1] += 1
        if hit is None:
            if fact.is_wanted:
                out.misses.append(
                    f"{case.name} number {_around(case.text, fact)} missed; there: {[q.quote for q in over]}"
                )
            continue
        used.add(id(hit))
        if fact.is_wanted:
            top_right = fact.value_max is None or (hit.value_max is not None and _same(hit.value_max, fact.value_max))
            for name, have, want in (
                ("modifier", hit.modifier, fact.modifier),
                ("measure", hit.measure.replace("share", "level"), fact.measure.replace("share", "level")),
                ("period", hit.period, fact.period),
                ("value_max", top_right, True),
            ):
                out.attribute(name, have == want)
                if have != want:
                    out.misses.append(f"{case.name} {name} {_around(case.text, fact)} is {want}, not {have}")
    for q in got.numbers:
        known = any(q.char_start < f.end and q.char_end > f.start for f in case.facts)
        out.strays[0] += known
        out.strays[1] += 1
        if not known:
            out.misses.append(
                f"{case.name} stray {case.text[max(0, q.char_start - 12) : q.char_end + 8]!r} [{q.quote}]"
            )


def _score_indicators(case: Case, got: Reading, out: Score) -> None:
    levels = [f for f in got.found if f.measure == "level"]
    used: set[int] = set()
    wanted = [(fact, codes) for fact in case.facts if fact.measure == "level" for codes in fact.codes]
    for fact, codes in sorted(wanted, key=lambda w: (not w[0].is_coded, w[0].start)):
        near = (f for f in levels if f.char_start < fact.end and f.char_end > fact.start and id(f) not in used)
        hit = next((f for f in near if f.code in codes and _same(f.value, fact.value)), None)
        if fact.is_coded:
            out.recall[0] += hit is not None
            out.recall[1] += 1
            counts = out.by_code.setdefault(sorted(codes)[0] if hit is None else hit.code, [0, 0, 0])
            counts[0] += hit is not None
            counts[1] += 1
            if hit is None:
                here = [f.code for f in levels if f.char_start < fact.end and f.char_end > fact.start]
                out.misses.append(
                    f"{case.name} missed {'|'.join(sorted(codes))} {_around(case.text, fact)}; there: {here}"
                )
        if hit is not None:
            used.add(id(hit))
            if fact.is_coded:
                out.attribute("scope", not fact.scope or hit.scope in fact.scope)
                out.attribute("is_part", hit.is_part == fact.is_part)
                if fact.scope and hit.scope not in fact.scope:
                    out.misses.append(
                        f"{case.name} scope {_around(case.text, fact)} is {set(fact.scope)}, not {hit.scope}"
                    )
                if hit.is_part != fact.is_part:
                    out.misses.append(f"{case.name} is_part {_around(case.text, fact)} is {fact.is_part}")
    for f in levels:
        right = id(f) in used
        out.precision[0] += right
        out.precision[1] += 1
        out.by_code.setdefault(f.code, [0, 0, 0])[2] += 1
        kind = out.by_kind.setdefault(f.kind, [0, 0])
        kind[0] += right
        kind[1] += 1
        if not right:
            out.misses.append(f"{case.name} extra {f.code} {f.value:g} [{case.text[f.char_start : f.char_end]}]")


def _around(text: str, fact: Fact) -> str:
    before = text[max(0, fact.start - 24) : fact.start].rpartition("\n")[2]
    return f"{before}【{text[fact.start : fact.end]}】{text[fact.end : fact.end + 16]}".split("\n")[0]


def phrase_hits() -> tuple[list[int], list[int]]:
    """Of the bank of phrases: (found, all) of those that state their code, (taken, all) of those that must not."""
    found, wrong = [0, 0], [0, 0]
    for path in sorted((FOLDER.parent / "phrases").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
                heading = f"{row['heading']}\n" if row["heading"] else ""
                text = heading + row["text"]
                at = text.find(row["number"], len(heading))
                got = measure(text, Issuer(2023, True, "省国")).found
                hit = any(
                    x.code == row["code"] and x.quantity and x.quantity.char_start < at + len(row["number"])
                    and x.quantity.char_end > at and x.measure == "level"
                    for x in got
                )  # fmt: skip
                counts = found if row["polarity"] == "+" else wrong
                counts[0] += hit
                counts[1] += 1
    return found, wrong


def by_kind() -> dict[str, list[int]]:
    """Right and found rows by kind of rule: on the reports kept unseen; with the others where those have too few."""
    unseen, all_sets = score(held_out()).by_kind, score([*held_out(), *reports(), *traps()]).by_kind
    return {k: unseen[k] if unseen.get(k, [0, 0])[1] >= _ENOUGH else n for k, n in sorted(all_sets.items())}


def confidence_toml() -> str:
    """knowledge/confidence.toml: precision and number of rows by kind of rule."""
    path = Path(__file__).parent.parent / "knowledge" / "confidence.toml"
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    rows = [f"{kind} = {{ precision = {share(n):.3f}, rows = {n[1]} }}" for kind, n in by_kind().items()]
    return "\n".join([*head, *rows]) + "\n"


def main() -> None:
    """Print the score of all cases and of each code; --write renews knowledge/confidence.toml, --misses lists misses."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write", action="store_true", help="renew knowledge/confidence.toml")
    parser.add_argument("--misses", action="store_true", help="list what was missed or wrong")
    given = parser.parse_args()
    for name, cases in (("reports", reports()), ("sentences", traps()), ("kept unseen", held_out())):
        out = score(cases)
        print(
            f"{name}: {len(cases)}, {sum(len(c.facts) for c in cases)} facts; catalogue levels: recall {share(out.recall):.4f} "
            f"of {out.recall[1]}, precision {share(out.precision):.4f} of {out.precision[1]}; quantities: recall "
            f"{share(out.numbers):.4f} of {out.numbers[1]}, precision {share(out.strays):.4f}"
        )
        print("  " + ", ".join(f"{k} {share(v):.3f}" for k, v in out.attributes.items()))
    both = score([*reports(), *traps()])
    print(f"{'code':45s} {'wanted':>6s} {'recall':>7s} {'found':>6s}")
    for code, (right, wanted, found) in sorted(both.by_code.items()):
        print(f"{code:45s} {wanted:6d} {right / wanted if wanted else 1:7.3f} {found:6d}")
    if given.misses:
        print("\n".join(both.misses))
    if given.write:
        path = Path(__file__).parent.parent / "knowledge" / "confidence.toml"
        path.write_text(confidence_toml(), encoding="utf-8")


if __name__ == "__main__":
    main()
