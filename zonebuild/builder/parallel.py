"""Many zones over the processors of the machine.

A zone is built from its own files alone, so zones can be built in any order by any process. The
children are forked: they see the run as it is, and only what they made travels back. No pool of
the standard library is used: its workers outlive a parent that is killed, and with them the lock.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, TypeVar

_Result = TypeVar("_Result")

_WORTHWHILE = 100  # zones; below it the processes cost more than they save


def map_zones(
    work: Callable[[str], _Result], apexes: Sequence[str], *, in_child: Callable[[], None]
) -> Iterator[_Result]:
    """Yield what *work* makes of each of *apexes*, in their order.

    work: must change nothing in memory that outlives it, since it may run in another process.
    in_child: called first in each such process, to let go of what is the parent's alone.
    Errors: what *work* raises.
    """
    processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if processes < 2 or len(apexes) < _WORTHWHILE:
        yield from map(work, apexes)
        return
    with ExitStack() as stack:
        readers: list[BinaryIO] = []
        for first in range(processes):
            results = map(work, apexes[first::processes])
            readers.append(_start(stack, readers, results, in_child))
        for number in range(len(apexes)):
            yield _receive(readers[number % processes])


def _start(
    stack: ExitStack,
    others: Sequence[BinaryIO],
    results: Iterator[object],
    in_child: Callable[[], None],
) -> BinaryIO:
    """Fork a child that sends *results*; it ends with them, or when nobody reads them any more."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for reader in others:
                reader.close()
            os.close(reading)
            in_child()
            _send(results, writing)
        finally:
            os._exit(0)
    os.close(writing)
    stack.callback(os.waitpid, child, 0)
    return stack.enter_context(os.fdopen(reading, "rb"))


def _send(results: Iterator[object], writing: int) -> None:
    with os.fdopen(writing, "wb") as pipe:
        try:
            for result in results:
                pickle.dump(result, pipe)
                pipe.flush()
        except Exception as error:  # noqa: BLE001 - the parent raises it
            pickle.dump(error, pipe)


def _receive(reader: BinaryIO) -> Any:
    try:
        result = pickle.load(reader)  # noqa: S301 - from our own child
    except EOFError:
        raise ChildProcessError("a process that builds zones has died") from None
    if isinstance(result, BaseException):
        raise result
    return result
