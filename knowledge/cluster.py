"""Who does the work (ENGINE), and a Ray cluster: the one at RAY_ADDRESS, or one of this machine alone, for as long as it is needed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from knowledge.console import Problem

# A node that dies takes its tasks with it: they are begun anew elsewhere, so often. The same for want of memory.
RETRIES = 3


def engine(text: str) -> str:
    """`local` or `ray`, what ENGINE may be; raises Problem for anything else."""
    if text not in ("local", "ray"):
        raise Problem(f"ENGINE={text}: must be local or ray.")
    return text


@contextmanager
def joined(jobs: int) -> Iterator[Any]:
    """The module `ray`, connected inside the `with`. `jobs`: processors of a cluster that is started here.

    Raises Problem if Ray is not installed or the cluster does not answer.
    """
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # Ray's switch for: listen on loopback alone
        # and there only to us: who may give a cluster tasks may do what its user may
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    ray = _ray()
    start: dict[str, Any] = {"address": address} if address else {"num_cpus": jobs, "include_dashboard": False}
    debug = os.environ.get("DEBUG") == "1"
    try:
        ray.init(**start, log_to_driver=debug, configure_logging=debug, logging_level="INFO" if debug else "ERROR")
    except (ConnectionError, RuntimeError, TimeoutError, ValueError) as e:
        raise Problem(
            f"the Ray cluster at {address or 'this machine'} does not answer: {str(e).splitlines()[0]}"
        ) from e
    try:
        yield ray
    finally:
        ray.shutdown()


def _ray() -> ModuleType:
    # before it is imported
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody
    os.environ["RAY_task_oom_retries"] = str(RETRIES)  # else without end  # noqa: SIM112
    try:
        import_module("ray.exceptions")
        return import_module("ray")
    except ImportError:
        raise Problem("ENGINE=ray: Ray is not installed: make cluster (or pip install 'ray>=2.60,<2.61').") from None
