"""What a person sees: progress on long steps, one line for an error."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PLAIN_EVERY = 10.0  # seconds between progress lines where the output is no terminal


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """A step counter: a bar on a terminal, else a plain line now and then. Call the value with a note after each step."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total, note="")
            yield lambda note: bar.update(task, advance=1, note=note)
        return
    done, said = 0, time.monotonic()

    def step(note: str) -> None:
        nonlocal done, said
        done += 1
        if time.monotonic() - said >= _PLAIN_EVERY:
            said = time.monotonic()
            print(f"{what}: {done} of {total}, {note}", file=sys.stderr, flush=True)

    yield step


def guard(main: Callable[[], None]) -> None:
    """Run a command's main: any error ends in one line and exit code 1; the traceback shows under DEBUG=1."""
    try:
        main()
    except SystemExit as e:
        if isinstance(e.code, str):
            print(f"error: {e.code}", file=sys.stderr)
            sys.exit(1)
        raise
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        sys.exit(130)
    except Exception as e:
        if os.environ.get("DEBUG") == "1":
            raise
        print(f"error: {type(e).__name__}: {e} (DEBUG=1 shows where)", file=sys.stderr)
        sys.exit(1)
