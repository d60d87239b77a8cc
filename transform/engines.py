"""Who does the work: an engine takes jobs and gives back (job, rows per table, or why the shard failed) as each is done.

`local`: a thread per worker, each of which waits for a reader process of its own. `ray`: tasks of a Ray cluster, at
RAY_ADDRESS or else started here for as long as it takes. Both make the same folders by the same code (make.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from functools import cache
from itertools import islice
from queue import SimpleQueue
from typing import Any

from knowledge import cluster
from knowledge.console import Problem
from knowledge.storage import StorageError
from knowledge.version import code_version
from transform.make import Job, ShardFailed, make
from transform.reader import Reader

Result = tuple[Job, dict[str, int] | str]
Engine = Callable[[Sequence[Job], int], Iterator[Result]]

# Tasks that a cluster holds at a time: enough for any number of nodes to be asked for, few enough to be counted.
_WINDOW = 1000


def local(due: Sequence[Job], jobs: int) -> Iterator[Result]:
    """As many shards at a time as there are `jobs`."""
    with ExitStack() as stack:
        idle: SimpleQueue[Reader] = SimpleQueue()
        readers = [stack.enter_context(Reader()) for _ in range(max(1, min(jobs, len(due))))]
        for reader in readers:
            idle.put(reader)

        def work(job: Job) -> Result:
            reader = idle.get()
            try:
                return job, make(job, reader)
            except ShardFailed as e:
                return job, str(e)
            finally:
                idle.put(reader)

        pool = ThreadPoolExecutor(max_workers=len(readers))
        try:
            for done in as_completed([pool.submit(work, job) for job in due]):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def on_ray(due: Sequence[Job], jobs: int) -> Iterator[Result]:
    """As many shards at a time as the cluster has processors (`jobs`, if it is started here)."""
    with cluster.joined(jobs) as ray:
        task = ray.remote(num_cpus=1, max_retries=cluster.RETRIES, retry_exceptions=[StorageError, OSError])(work_there)
        waiting: dict[Any, Job] = {}
        ahead = iter(due)
        while True:
            for job in islice(ahead, _WINDOW - len(waiting)):
                waiting[task.remote(job)] = job
            if not waiting:
                return
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            job = waiting.pop(done)
            try:
                yield job, ray.get(done)
            except ray.exceptions.RayTaskError as e:
                if not isinstance(e.cause, ShardFailed):
                    raise e.cause from None
                yield job, str(e.cause)
            except ray.exceptions.RayError as e:
                yield job, f"its worker died, also when it was begun anew {cluster.RETRIES} times ({type(e).__name__})"


def work_there(job: Job) -> dict[str, int]:
    """The task: one shard, on a node of the cluster."""
    if code_version("transform", "knowledge") != job.version:
        raise Problem("a node of the cluster has other code than this machine: bring its checkout up to date.")
    return make(job, _reader())


@cache
def _reader() -> Reader:
    """The reader process of this worker; it ends with the worker."""
    return Reader()


ENGINES: Mapping[str, Engine] = {"local": local, "ray": on_ray}
