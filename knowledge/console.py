"""What a person sees, the same from every stage: progress on long steps, a closing summary, one line for an error.

With rich on a terminal, as plain lines anywhere else.
"""

from __future__ import annotations

import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_PLAIN_EVERY = 10.0  # seconds between progress lines where nobody watches
_NAMES_SHOWN = 5


class Problem(Exception):
    """What a person can put right; its text is one line that says what to do."""


def on_terminal() -> bool:
    """True if a person watches standard output."""
    return sys.stdout.isatty()


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """A step counter: a bar on a terminal, else a plain line now and then. Call the value with a note after each step."""
    if sys.stderr.isatty():
        columns = (
            TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}"),
        )  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total, note="")
            yield lambda note: bar.update(task, advance=1, note=inert(note).replace("[", r"\["))
        return
    done, said = 0, time.monotonic()

    def step(note: str) -> None:
        nonlocal done, said
        done += 1
        if time.monotonic() - said >= _PLAIN_EVERY:
            said = time.monotonic()
            print(f"{what}: {done} of {total}, {inert(note)}", file=sys.stderr, flush=True)

    yield step


def inert(text: str) -> str:
    """Text of others as a terminal may show it: on one line, without control characters or marks of direction.

    A page can hold escape sequences that repaint the screen, and marks that turn the order of what is shown.
    """
    kept = (" " if c in "\t\r\n\u2028\u2029" else c for c in text)
    return "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def names(items: Sequence[str]) -> str:
    """Up to five names and how many more there are."""
    more = len(items) - _NAMES_SHOWN
    return ", ".join(map(inert, items[:_NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")


def summary(title: str, facts: Mapping[str, Any], notes: Sequence[str]) -> None:
    """Print the facts of a run (a table on a terminal, one line each elsewhere) and its notes."""
    if on_terminal():
        console = Console(markup=False, highlight=False)
        table = Table(show_header=False)
        for name, value in facts.items():
            table.add_row(name, inert(str(value)))
        console.print(title)
        console.print(table)
    else:
        print(title)
        for name, value in facts.items():
            print(f"  {name}: {inert(str(value))}")
    for note in notes:
        print(inert(note))


def guard(main: Callable[[], int | None]) -> None:
    """Run a command's main and exit with its status. Any error ends in one line and status 1; DEBUG=1 shows where."""
    debug = os.environ.get("DEBUG") == "1"
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        sys.exit(130)
    except (Problem, OSError) as e:
        if debug:
            raise
        print(f"error: {inert(str(e))}", file=sys.stderr)
        sys.exit(1)
    except Exception as e:
        if debug:
            raise
        print(f"error: {type(e).__name__}: {inert(str(e))} (DEBUG=1 shows where)", file=sys.stderr)
        sys.exit(1)
