"""One writer at a time: a lock on a file of the data folder, held as long as the process lives.

POSIX record locks, because they belong to the process that took them: worker processes do not inherit one, and a
killed process leaves none behind, whatever became of its workers.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.console import Problem


@contextmanager
def held(path: Path, what: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock file `path` inside the `with`; waits for whoever has it, saying so in one line.

    `what` names the work for that line. Holders that are `shared` (they only read what the lock guards) do not wait
    for each other. Raises Problem if the folder is missing or cannot be written.
    """
    try:
        lock = path.open("a+")
    except FileNotFoundError:
        raise Problem(f"no data folder {path.parent}: DATA=… names it; make crawl and make ingest make one.") from None
    except OSError as e:
        raise Problem(f"{path.parent}: cannot be written ({e.strerror}); choose another folder with DATA=…") from None
    with lock:
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.lockf(lock, mode | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            print(
                f"{what}: waiting for process {holder}, which works on {path.parent} ...", file=sys.stderr, flush=True
            )
            fcntl.lockf(lock, mode)
        lock.truncate(0)  # the number only tells whom to wait for
        lock.write(str(os.getpid()))
        lock.flush()
        yield
