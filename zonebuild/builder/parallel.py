"""Many zones over the processors of the machine.

A zone is built from its own files alone, so zones can be built in any order by any process. The
children are forked: they see the run as it is, and only what they built travels back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

_Result = TypeVar("_Result")

_WORTHWHILE = 100  # zones; below it the processes cost more than they save
_BATCH = 25  # zones that travel together

_work: Callable[[str], object] | None = None  # what the forked children do


def map_zones(work: Callable[[str], _Result], apexes: Sequence[str]) -> Iterator[_Result]:
    """Yield what *work* makes of each of *apexes*, in their order.

    work: must change nothing that outlives it, since it may run in another process.
    """
    processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if processes < 2 or len(apexes) < _WORTHWHILE:
        yield from map(work, apexes)
        return
    import multiprocessing

    global _work
    _work = work
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield from pool.imap(_call, apexes, chunksize=_BATCH)
    finally:
        _work = None


def _call(apex: str) -> object:
    if _work is None:
        raise AssertionError("a child was forked without its work")
    return _work(apex)
