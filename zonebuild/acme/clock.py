"""Time and chance for the talk with a CA, so that tests can give their own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


def _unix_time() -> int:
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Clock:
    """now: Unix seconds. sleep: waits for seconds. draw: a random number, 0 ≤ draw < 1."""

    now: Callable[[], int] = _unix_time
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random
