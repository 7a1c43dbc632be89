"""Ask again and again, for many zones at once, until each has an answer or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from zonebuild.signers.interface import Handed, ZoneFile

_FIRST, _LONGEST, _GROWTH = 0.01, 0.5, 1.5  # seconds between two rounds

Ask = Callable[[Sequence[ZoneFile]], dict[str, Handed]]


def poll(
    zones: Sequence[ZoneFile],
    ask: Ask,
    *,
    deadline: float,
    give_up: Callable[[ZoneFile], Handed],
) -> Iterator[Handed]:
    """Yield what becomes of each of *zones*, as soon as *ask* knows it.

    ask: returns, by apex, what is settled among the zones it is given.
    deadline: seconds for all of them together; after it *give_up* judges those that are left.
    """
    end, pause, left = time.monotonic() + deadline, _FIRST, list(zones)
    while left:
        is_last = time.monotonic() >= end
        settled = ask(left)
        yield from settled.values()
        left = [zone for zone in left if zone.apex not in settled]
        if is_last:
            yield from map(give_up, left)
            return
        if left:
            time.sleep(max(0.0, min(pause, end - time.monotonic())))
            pause = min(pause * _GROWTH, _LONGEST)
