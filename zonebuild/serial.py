"""Turn the serial now published into the one that follows it.

Serials are 32-bit numbers on a circle (RFC 1982): greater means "less than half the circle
ahead". What a policy does is a line in `_OWN`; a policy that is not there only counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SPACE = 1 << 32
LARGEST_STEP = (1 << 31) - 1


class SerialError(Exception):
    """A change of policy that would set the serial back; its text says the way out.

    policy: the policy asked for. old: the serial now published. wanted: what *policy* would
    give. wrap: the serial of the first of two steps that lead from *old* to *wanted*.
    """

    def __init__(self, before: str | None, policy: str, old: int, wanted: int) -> None:
        self.before, self.policy, self.old, self.wanted = before, policy, old, wanted
        self.wrap = half_way(old)
        stay = f"the serial policy {before}" if before else "a serial policy that counts on"
        super().__init__(
            f"serial policy {policy} would set the serial back from {old} to {wanted} "
            f"(RFC 1982); either keep {stay}, or go round in two steps (RFC 1912 section 3.1): "
            f"publish the serial {self.wrap}, wait until every secondary serves it, "
            f"then change to {policy}"
        )


def half_way(serial: int) -> int:
    """Return the serial that every server takes for newer than *serial*, as far on as can be.

    Whatever lies before *serial* is newer than it: the first of two steps back.
    Spec: RFC 1912 section 3.1; RFC 1982 section 7.
    """
    return (serial + LARGEST_STEP) % SPACE or SPACE - 1


def is_newer(a: int, b: int) -> bool:
    """Say whether serial *a* is greater than serial *b*.

    Where they are exactly half the circle apart, neither is greater.
    Spec: RFC 1982 section 3.2.
    """
    return 0 < (a - b) % SPACE <= LARGEST_STEP


def next_serial(policy: str, old: int, *, now: int) -> int:
    """Return the serial that follows *old* when the content of the zone changed.

    policy: `date`, `unixtime` or `counter`; ValueError for another, `keep` is written by hand.
    old: the serial now published, 32-bit unsigned.
    now: Unix time in seconds, UTC.
    The result is greater than *old* for every *now*, and never 0, which some servers read as
    "none"; past 99 changes a day `date` goes on counting into the next day's numbers.
    Spec: RFC 1982 section 3; RFC 1912 section 2.2 for the YYYYMMDDnn habit.
    """
    following = (old + 1) % SPACE or 1
    own = _own_serial(policy, now)
    return own if own is not None and is_newer(own, old) else following


def first_serial(policy: str, now: int) -> int:
    """Return the serial of a zone that the caller has learnt to be new.

    Never for want of history: a zone that is served somewhere needs the serial served there.
    policy, now: as for `next_serial`.
    """
    own = _own_serial(policy, now)
    return 1 if own is None else own


def policy_change(before: str | None, after: str, old: int, *, now: int) -> None:
    """Refuse a change of policy that could only count on from *old* and never be itself.

    before: the policy that gave *old*, None where that is not known.
    old: the serial now published; now: Unix time in seconds, UTC.
    Errors: SerialError when the numbers of *after* lie behind *old*: `date` to `unixtime` does
    (2026112301 is greater than 1795000000).
    Spec: RFC 1982 section 3; RFC 1912 section 3.1.
    """
    if before == after or after == "keep":
        return
    own = _own_serial(after, now)
    if own is None or is_newer(own, old) or is_newer(own + _AHEAD[after], old):
        return
    raise SerialError(before, after, old, own)


def is_ahead(policy: str | None, serial: int, *, now: int) -> bool:
    """Return whether *serial* is further ahead of the clock than *policy* comes by counting.

    policy: which gave it, None where that is not known. now: Unix time in seconds, UTC.
    """
    own = _own_serial(policy, now) if policy in _OWN else None
    return own is not None and is_newer(serial, (own + _AHEAD[policy or ""]) % SPACE)


def check_kept(old: int | None, new: int, *, content_changed: bool) -> str | None:
    """Return what is wrong with a serial that is written by hand, None where it is right.

    old: the serial last built, None without history.
    new: the serial as written. content_changed: whether anything but the serial differs.
    Spec: RFC 1982 section 3.2.
    """
    if old is None or is_newer(new, old) or (new == old and not content_changed):
        return None
    following = (old + 1) % SPACE or 1
    if content_changed:
        return (
            f"records changed, but the serial {new} is not greater than {old}, "
            f"the one last built; want {following} or greater (RFC 1982)"
        )
    return f"the serial {new} goes back from {old}, the one last built; want {old} (RFC 1982)"


def _today(now: int) -> int:
    """Return YYYYMMDD00 of the day in UTC."""
    return int(time.strftime("%Y%m%d00", time.gmtime(now))) % SPACE


def _second(now: int) -> int:
    return now % SPACE or 1


_OWN: dict[str | None, Callable[[int], int] | None] = {
    "date": _today,
    "unixtime": _second,
    "counter": None,
}

# How far a policy's own counting may be ahead of the clock: a month, in its own numbers.
_AHEAD = {"date": 10_000, "unixtime": 31 * 86_400}


def _own_serial(policy: str | None, now: int) -> int | None:
    """Return the number that *policy* takes from the clock, None where it only counts."""
    if policy not in _OWN:
        raise ValueError(f"serial policy {policy!r} computes no serial; want one of {list(_OWN)}")
    read = _OWN[policy]
    return None if read is None else read(now)
