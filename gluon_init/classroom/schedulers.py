"""Where jobs run: in processes of this machine, or on a Dask cluster.

Jobs are taken one by one, when there is room: whoever makes them can still leave one out.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from ..errors import ArgumentError
from .jobs import Job, run_job
from .running import Run

_TRIES = 3
_PATIENCE = 20  # seconds

Outcome = dict[str, Run] | Exception


def run_here(jobs: Iterable[Job], processes: int) -> Iterator[tuple[Job, Outcome]]:
    """Runs jobs in as many processes of this machine; gives each job as it is done.

    Where a process dies, nobody knows whose job it was. Those that ran then run again, each alone:
    the one that ends its process again has failed, the others have lost nothing.
    """
    waiting = iter(jobs)
    suspects: list[Job] = []
    pool = _pool(processes)
    running: dict[Future[dict[str, Run]], Job] = {}
    try:
        while True:
            alone = bool(suspects) and not running
            if alone:
                job = suspects.pop()
                running[pool.submit(run_job, job)] = job
            while not suspects and not alone and len(running) < processes:
                following = next(waiting, None)
                if following is None:
                    break
                running[pool.submit(run_job, following)] = following
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            outcomes = [(running.pop(future), _outcome(future)) for future in done]
            if any(isinstance(outcome, BrokenProcessPool) for _, outcome in outcomes):
                outcomes += [(job, _outcome(future)) for future, job in running.items()]
                running.clear()
                _end(pool)
                pool = _pool(processes)
            for job, outcome in outcomes:
                if isinstance(outcome, BrokenProcessPool) and not alone:
                    suspects.append(job)
                else:
                    yield job, outcome
    finally:
        _end(pool)


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_obey_the_parent,
    )


def _obey_the_parent() -> None:
    """An interrupt is the parent's to deal with; when it ends a process, that one cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _outcome(future: Future[dict[str, Run]]) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # a fault of ours, or a process that died; told for this job alone
        return error


def _end(pool: ProcessPoolExecutor) -> None:
    """Ends a pool at once; the sandboxes that its processes have started end with them."""
    processes = list((pool._processes or {}).values())  # noqa: SLF001 (no public way to end them)
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def run_on_dask(jobs: Iterable[Job], address: str) -> Iterator[tuple[Job, Outcome]]:
    """Runs jobs on a Dask cluster, one task each; gives each job as it is done.

    Dask itself gives the task of a worker that died to another worker.

    Args:
        jobs: what to run.
        address: the scheduler's, such as ``tcp://10.0.0.1:8786``.

    """
    try:
        from distributed import Client
        from distributed import as_completed as as_tasks_complete
    except ImportError:
        raise ArgumentError(
            f"--scheduler is {address!r}, but Dask is not installed: pip install distributed"
        ) from None
    try:
        client = Client(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"--scheduler is {address!r}, and no Dask scheduler answers there within {_PATIENCE} s "
            f"({error}): start one by `dask scheduler`, and workers by `dask worker {address}`."
        ) from None
    waiting = iter(jobs)
    with client:
        room = 2 * max(sum(client.nthreads().values()), 1)  # one runs, one waits
        tasks = {}
        done = as_tasks_complete()

        def add() -> None:
            job = next(waiting, None)
            if job is not None:
                task = client.submit(run_job, job, pure=False, retries=_TRIES)
                tasks[task.key] = job
                done.add(task)

        for _ in range(room):
            add()
        for task in done:
            failure = task.exception()
            yield tasks.pop(task.key), task.result() if failure is None else failure
            add()
