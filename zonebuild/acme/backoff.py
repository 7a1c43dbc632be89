"""When a set of names that failed may be tried again: 1, 10, 100 minutes, then daily.

Spec: RFC 9773 section 4.3: clients keep the number of failures and the time of the last one.
"""

from __future__ import annotations

from dataclasses import dataclass

PAUSES = (60, 600, 6000, 86400)  # seconds
MOST_WAIT = 8 * 86400  # seconds that a CA may put us off: its limits are of a week at the most


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures in a row. last: Unix seconds. until: what the CA asked for, 0 where nothing."""

    count: int = 0
    last: int = 0
    until: int = 0

    @property
    def next_try(self) -> int:
        """The Unix time from which another try is right; 0 where nothing failed."""
        if not self.count:
            return self.until
        return max(self.last + PAUSES[min(self.count, len(PAUSES)) - 1], self.until)


def add_failure(failures: Failures, now: int, *, until: int = 0) -> Failures:
    """Return *failures* and one more at *now*. until: Unix seconds, not to be tried before."""
    return Failures(failures.count + 1, now, min(until, now + MOST_WAIT))
