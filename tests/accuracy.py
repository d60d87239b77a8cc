"""docs/codebook.md and docs/accuracy.md: the catalogue, and how well it is read, measured now.

python -m tests.accuracy --codebook > docs/codebook.md
python -m tests.accuracy > docs/accuracy.md
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from knowledge.cues import load
from knowledge.indicators import catalogue
from knowledge.schema import vocabulary
from tests.figure_gold import Score, held_out, phrase_hits, reports, score, share, traps

_HERE = Path(__file__).parent
_ATTRIBUTES = ("modifier", "measure", "period", "value_max", "scope", "is_part")

_CODEBOOK = """# Codebook

Made by `make docs` from `knowledge/indicators.csv`; change it there. The same is in the warehouse: table
`indicator_catalogue`. Codes are stable: a code is never used for another thing.

**Values** are in the unit given: money in 元, ratios in percent 0–100, multiplied out (3.2万件 is 32000). `modifier` says what
was said of the number (余, 以上, 约), `measure` whether it is the thing itself or a change, target or limit, `period` and
`year` what time it is about, `scope` whose it is: words in [tables.md](tables.md). A number that is not stated is NULL; that
is not zero. Zero is zero only where the report says so (未发生行政复议案件).

**Plausible** is the range for a county's year; larger bodies may have more (`plausible_times` in `knowledge/checks.toml`). A
value outside is kept and listed in `checks`.

**Read** is how many of the facts labelled by hand with this code are found, on composed reports and sentences that were used
to develop the rules. So it tells which codes rest on few cases, not how real reports fare: [accuracy.md](accuracy.md)."""

_ACCURACY = """# Accuracy: what is measured, on what, and what that is worth

Made by `make docs`; the figures under *Numbers* are those of this code. `make test` fails when one falls below its floor in
`tests/floors.toml`; whoever lowers a floor writes the reason beside it.

## What the figures cannot say

- **No random sample of real reports has been labelled.** The sets below are composed for the project, in officials'
  language, with the traps that such reports are known for, and labelled before and apart from the code. Three real reports
  with hand-made truth, real titles and 36 real pages are checked where a folder of them lies beside the project.
- Figures on *reports* and *sentences* are those of a set that rules were mended on. **Only the set kept unseen says how the
  rules fare on texts that nobody tuned for**: its texts and misses are never looked at, only totals are printed
  (`tests/gold/heldout/README.md`). It has eight reports, so a point or two up or down means nothing.
- **On openings of real pages, seen by nobody who wrote rules when they were scored** (2026-11; the texts are not the
  project's to publish, so this cannot be repeated from the repository): 86 pages of governments, annotated before the
  code ran, 216 firm facts: recall .83, precision .89; 112 pages, mostly of recent reports: recall .87, precision .93 on
  reports. The rules met some 700 other real pages batch by batch; each batch, read for the first time, gave about .76 to
  .81 recall and .89 to .94 precision. Whose report is worded like nobody's loses more.
- What is missed is missing from the tables without a trace. Recall on the unseen set says how much: do not count reports
  that state an indicator as if the others did not.
- The sample of `make run` was written by the same hands as the rules: its scores say that nothing broke.

## Numbers

`quantities`: every number with a measure. `indicators`: those that the catalogue knows, levels only. A number is right if its
value is; an indicator if value and code are. Recall: of the facts labelled, how many are found. Precision: of the rows made,
how many are right.
"""

_KINDS = """
The other columns, where the number itself is right:
"""

_CONFIDENCE = """
**`indicators.confidence`** is the measured precision of the kind of rule that made the row, from `knowledge/confidence.toml`: on
the unseen set, together with the others where it has fewer than 30 such rows. It belongs to the kind, not to the single row
and not to the indicator; a precision of 1 on 40 rows is not certainty.
"""

_REST = """
## Everything else: floors

Measured values are at or above these; the tests print them (`pytest -s`).
"""

_SETS = {
    "samples": "sample portals of seeds that `make run` does not use, all families and faults, exact truth",
    "section_gold": "forty composed reports with section trees written by hand, ten of them damaged",
    "seeds": "three real reports with hand-made truth, where they lie beside the project",
    "titles": "real titles with hand-made truth, likewise",
    "pages": "main text of 36 real Chinese pages, likewise; `make bench` measures other extractors on the same pages",
}

_AGAIN = """
## Measuring again

    python -m tests.figure_gold             # totals of all sets, recall of each code
    python -m tests.figure_gold --misses    # every miss, of the sets that may be looked at
    python -m tests.figure_gold --write     # renews knowledge/confidence.toml
    make bench                              # main text beside other extractors, in one run

Cross-checks between numbers are tested on composed cases, near misses included (`tests/gold/checks`): [checks.md](checks.md)."""


@cache
def _scores() -> dict[str, tuple[int, Score]]:
    sets = {"reports": reports(), "sentences": traps(), "unseen": held_out()}
    return {name: (len(cases), score(cases)) for name, cases in sets.items()}


def codebook() -> str:
    """The catalogue by topic, with how many labelled facts of each code are read."""
    read: dict[str, list[int]] = {}
    for name in ("reports", "sentences"):
        for code, (right, wanted, _) in _scores()[name][1].by_code.items():
            counts = read.setdefault(code, [0, 0])
            counts[0] += right
            counts[1] += wanted
    out = [_CODEBOOK]
    for topic, meaning in vocabulary()["topic"].items():
        rows = [
            (f"`{i.indicator_code}`", i.name_zh, i.unit, i.kind, i.definition_zh, f"{i.plausible_min:,.10g}–{i.plausible_max:,.10g}",
             "{} of {}".format(*read[i.indicator_code]) if read.get(i.indicator_code, (0, 0))[1] else "no case")
            for i in catalogue().values() if i.topic == topic
        ]  # fmt: skip
        if rows:
            head = ("code", "name", "unit", "kind", "definition", "plausible", "read")
            out += ["", f"## {topic}: {meaning}", "", *_grid(head, rows)]
    return "\n".join(out) + "\n"


def accuracy() -> str:
    """How accuracy is measured, and the figures."""
    out = [_ACCURACY]
    names = {"reports": "composed reports", "sentences": "single sentences, traps", "unseen": "**reports kept unseen**"}
    rows = []
    for name, (cases, got) in _scores().items():
        counted = (_told(got.numbers), _told(got.strays), _told(got.recall), _told(got.precision))
        rows.append((names[name], str(cases), *counted))
    out += _grid(("set", "cases", "quantities: recall", "precision", "indicators: recall", "precision"), rows)
    found, confused = phrase_hits()
    out += [
        "",
        f"Of {found[1]:,} phrasings written to be found {share(found):.3f} are; of {confused[1]:,} confusable ones {share(confused):.3f} get the code wrongly",
        "(`tests/gold/phrases`; rules were mended on these, too).",
    ]
    out += [_KINDS]
    of_sets = [(names[name], *(_told(got.attributes[a]) for a in _ATTRIBUTES)) for name, (_, got) in _scores().items()]
    out += _grid(("set", *(f"`{a}`" for a in _ATTRIBUTES)), of_sets)
    out += [_CONFIDENCE]
    kinds = [(f"`{k}`", f"{v['precision']:.3f}", str(v["rows"])) for k, v in load("confidence.toml").items()]
    out += _grid(("kind of rule", "precision", "rows"), kinds)
    out += [_REST]
    floors = tomllib.loads((_HERE / "floors.toml").read_text(encoding="utf-8"))
    for name, about in _SETS.items():
        out += [
            f"**{about[0].upper()}{about[1:]}**: " + ", ".join(f"{k} {v}" for k, v in floors[name].items()) + ".",
            "",
        ]
    return "\n".join([*out[:-1], _AGAIN]) + "\n"


def _told(counts: list[int]) -> str:
    return f"{share(counts):.3f} of {counts[1]:,}"


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, *rows)]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


def main() -> None:
    """Command line: print one of the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codebook", action="store_true", help="the codebook instead of the page on accuracy")
    print(codebook() if parser.parse_args().codebook else accuracy(), end="")


if __name__ == "__main__":
    main()
