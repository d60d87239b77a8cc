"""`make explain`: where the rules of an indicator fire, sentence by sentence, so that a new wording can be tried at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.text import Text

from knowledge.console import Problem, guard, inert
from knowledge.indicators import catalogue
from knowledge.text import plain
from transform.extract_files import files, read_file
from transform.indicators import Found
from transform.measure import Issuer, Reading, measure

_STOPS = "。!?\n"


def sentence(text: str, found: Found) -> tuple[str, int, int]:
    """The sentence round a fact, and where in it the number (or the words) begins and ends."""
    folded = plain(text)
    end = found.quantity.char_end if found.quantity else found.char_end
    start = max(folded.rfind(stop, 0, found.anchor) for stop in _STOPS) + 1
    stop = min((i for sign in _STOPS if (i := folded.find(sign, end)) >= 0), default=len(text))
    return text[start:stop], found.anchor - start, end - start


def show(name: str, text: str, got: Reading, code: str | None, out: Console) -> int:
    """Print every fact of a text (or those of one code); returns how many."""
    rows = [f for f in got.found if code in (None, f.code)]
    for found in rows:
        words, start, end = sentence(text, found)
        line = Text(inert(words))
        line.stylize("bold reverse", start, end)
        value = f"{found.value:g} {found.unit}, {found.modifier}, {found.measure}, {found.period}, {found.scope}"
        out.print(Text(f"{inert(name)}  {found.code} = {value}  [{found.kind}: {found.rule}]", style="dim"))
        out.print(line)
    return len(rows)


def main() -> None:
    """Command line of `make explain`."""
    parser = argparse.ArgumentParser(prog="python -m transform.explain", description=__doc__)
    parser.add_argument("--src", type=Path, required=True, help="folder or file with reports (.html .txt)")
    parser.add_argument("--code", help="indicator code; all where none is given")
    parser.add_argument("--year", type=int, help="report year")
    parser.add_argument(
        "--department", action="store_true", help="the issuer is no government: its figures are its own"
    )
    given = parser.parse_args()
    if not given.src.exists():
        raise Problem(f"SRC={given.src}: no such file or folder")
    if given.code and given.code not in catalogue():
        raise Problem(f"CODE={given.code}: no such indicator; the codes stand in knowledge/indicators.csv")
    out = Console(markup=False, highlight=False)
    total = 0
    for path in files(given.src):
        text = read_file(path, path.name)["text"]
        total += show(path.name, text, measure(text, Issuer(given.year, not given.department)), given.code, out)
    out.print(f"{total} facts.")


if __name__ == "__main__":
    guard(main)
