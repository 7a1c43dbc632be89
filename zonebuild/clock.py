"""Whether the clock of this host can be trusted, judged by what is known of earlier runs.

A clock cannot tell that it is wrong; the run before can. Each trusted run leaves a mark: its time,
and how long the machine had been up, by a clock that nobody sets. The next run compares:

    now against the mark              verdict
    about as long after it as the     right: the time has really passed
      machine has been up since
    at most MOST_OUTAGE after it      right: cron may have been off, nothing else shows it
    further after it                  ahead: nothing is built until something confirms it
    before it, as long after the run  returned: the runs in between had a clock that was ahead;
      before a leap as can be           what they left is made again
    before it in any other way        behind: nothing is built until the clock is right

The clock of the machine proves that time has passed. It never proves the contrary: a machine that
was restored from a snapshot, or moved, counts anew.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

_DAY = 86_400  # seconds
LEEWAY = 300  # seconds that an NTP client may correct at once
STEP = 600  # seconds between two runs, beyond which a leap is possible
RETURN_WITHIN = 14 * _DAY  # of outages, in a time in which the clock was ahead as well
_LONG_PAST = 60 * _DAY  # of a leap that nothing has undone: it was none
# An outage of cron for a summer has happened; a clock that leaps has mostly leapt by years. A leap
# of less is undone by itself: whatever it left behind is judged by time in both directions.
MOST_OUTAGE = 180 * _DAY
EARLIEST = 1_767_225_600  # 2026-01-01: no run of this program was before
_DRIFT = 100  # the part of a time by which two clocks may differ


class Uptime(NamedTuple):
    """The machine's own clock. boot: names this boot, "" where unknown. seconds: since then."""

    boot: str = ""
    seconds: int = 0


class Mark(NamedTuple):
    """What is remembered of trusted runs; times are Unix seconds.

    at, up: the last run. since: the first run since the greatest step of late that the machine's
    clock does not prove, which may have been a leap.
    before, up_before: the last run before that step; 0 where there was none.
    """

    at: int
    up: Uptime
    since: int
    before: int = 0
    up_before: Uptime = Uptime()


class Verdict(enum.Enum):
    """What `judge_clock` says; only the first two let a run go on."""

    RIGHT = "right"
    RETURNED = "returned"
    AHEAD = "ahead"
    BEHIND = "behind"

    @property
    def is_trusted(self) -> bool:
        """Whether a run may build, sign, age and forget."""
        return self in (Verdict.RIGHT, Verdict.RETURNED)


def judge_clock(now: int, up: Uptime, mark: Mark | None, *, changed: int = 0) -> Verdict:
    """Return what *now* is, as far as *mark* and the machine's clock *up* show.

    now: Unix seconds. mark: None where none is kept; then *changed* stands in for it, when state/
    was last written, Unix seconds, 0 where there is no state.
    """
    if now < EARLIEST <= (mark.at if mark else EARLIEST):
        return Verdict.BEHIND
    if mark is None:
        return Verdict.AHEAD if changed and now - changed > MOST_OUTAGE else Verdict.RIGHT
    if has_passed(mark.at, mark.up, now, up):
        return Verdict.RIGHT
    if now >= mark.at - LEEWAY:
        return Verdict.RIGHT if now - mark.at <= MOST_OUTAGE else Verdict.AHEAD
    return Verdict.RETURNED if _has_returned(now, up, mark) else Verdict.BEHIND


def has_passed(then: int, up_then: Uptime, now: int, up: Uptime) -> bool:
    """Return whether the machine's clock proves the time from *then* to *now*, Unix seconds."""
    if not up.boot or up.boot != up_then.boot or up.seconds < up_then.seconds:
        return False
    real = up.seconds - up_then.seconds
    return abs(now - then - real) <= max(LEEWAY, real // _DRIFT)


def _has_returned(now: int, up: Uptime, mark: Mark) -> bool:
    """Return whether *now* goes on from the run before the last leap: that leap was wrong."""
    if not mark.before:  # a first run against this one: neither has more to show for itself
        return mark.at - mark.since < _DAY
    if has_passed(mark.before, mark.up_before, now, up):
        return True
    ahead = mark.at - mark.since  # so long the clock was ahead
    return -LEEWAY <= now - mark.before <= ahead + RETURN_WITHIN


def next_mark(now: int, up: Uptime, mark: Mark | None, *, changed: int = 0) -> Mark:
    """Return the mark that a trusted run at *now* leaves.

    changed: where there was no mark, when the site was last changed, Unix seconds, 0: unknown.
    """
    if mark is None:
        return Mark(now, up, now, min(changed, now) if changed <= now + LEEWAY else 0)
    if now < mark.at - LEEWAY:
        return Mark(now, up, now, min(mark.before, now), mark.up_before)
    if _may_be_leap(now, up, mark):
        return Mark(now, up, now, mark.at, mark.up)
    return mark._replace(at=now, up=up) if now >= mark.at else mark


def _may_be_leap(now: int, up: Uptime, mark: Mark) -> bool:
    """Return whether the step from *mark* to *now* is the one to be remembered as a leap.

    A greater one that is not long past stays: daily runs with a clock that is a month ahead must
    not hide the month.
    """
    step = now - mark.at
    if step <= STEP or has_passed(mark.at, mark.up, now, up):
        return False
    known = mark.since - mark.before if mark.before else 0
    return step >= known or mark.at - mark.since > _LONG_PAST


def accepted_mark(now: int, up: Uptime, mark: Mark | None) -> Mark:
    """Return the mark that lets a run at *now* go on, whose clock a person vouches for.

    Where the clock was ahead until then, the next run is still to find what that has left.
    """
    if mark is None or now >= mark.at:
        return next_mark(now, up, mark)
    return mark._replace(before=now, up_before=up)


def plausible(then: int, now: int, *, most: int = 0) -> int:
    """Return *then*, a time in the past that was remembered; *now* where it is none.

    then, now: Unix seconds; 0 stays what it is: never. most: seconds that *then* may lie ahead,
    for what must not end early by a clock that is a little behind now.
    A clock that was ahead when it was written must not keep anything waiting until then.
    """
    return then if then <= now + most else now


def rough(seconds: int) -> str:
    """Return a length of time in one unit that people use: `10 hours`, `400 days`, `10 years`."""
    for unit, size in (("years", 365 * _DAY), ("days", _DAY), ("hours", 3600)):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds / 60)} minutes"


# -- text --------------------------------------------------------------------------------------

_HEAD = "zonebuild-clock 1"


def mark_text(mark: Mark) -> bytes:
    """Return the file that keeps *mark*."""
    lines = (
        _HEAD,
        f"last {mark.at} {mark.up.seconds} {mark.up.boot or '-'}",
        f"since {mark.since}",
        f"before {mark.before} {mark.up_before.seconds} {mark.up_before.boot or '-'}",
    )
    return "".join(f"{line}\n" for line in lines).encode("ascii", "replace")


def read_mark(data: bytes) -> Mark | None:
    """Return the mark that a file keeps, None where it makes no sense."""
    try:
        head, last, since, before, end = data.decode("ascii").split("\n")
        (name, at, up), (of, start), (former, earlier, up_then) = (
            last.split(" ", 2), since.split(" "), before.split(" ", 2),
        )  # fmt: skip
        if (head, name, of, former, end) != (_HEAD, "last", "since", "before", ""):
            return None
        return Mark(int(at), _uptime(up), int(start), int(earlier), _uptime(up_then))
    except ValueError:
        return None


def _uptime(text: str) -> Uptime:
    seconds, _, boot = text.partition(" ")
    return Uptime("" if boot == "-" else boot, int(seconds))
