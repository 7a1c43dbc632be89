"""The clock of this host, judged before a run does anything: `state/clock` and the kernel's own.

While the clock is distrusted nothing is built, signed, aged, forgotten or numbered: what is served
stays as it is, and every run says so until the clock is right or a person vouches for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

from zonebuild.builder.places import STATE, Places, SiteError
from zonebuild.clock import (
    EARLIEST,
    STEP,
    Mark,
    Uptime,
    Verdict,
    accepted_mark,
    judge_clock,
    mark_text,
    next_mark,
    read_mark,
    rough,
)
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, remove_file, replace_file
from zonebuild.site.names import SITE_FILE, ZONES_DIRECTORY

CLOCK = "clock"  # as a stage of the outcome
DISTRUSTED, RETURNED = "clock-distrusted", "clock-returned"
CLOCK_FILE = f"{STATE}/clock"
ACCEPT = "zonebuild clock --accept"
_LIMIT = 1 << 12  # octets
# Both are files, not calls: what moves the clock of one process does not move them.
_UPTIME, _BOOT = "/proc/uptime", "/proc/sys/kernel/random/boot_id"


class Judged(NamedTuple):
    """What a run at *now*, Unix seconds, is to think of the clock."""

    verdict: Verdict
    now: int
    up: Uptime
    mark: Mark | None

    @property
    def is_trusted(self) -> bool:
        """Whether a run may go on."""
        return self.verdict.is_trusted

    @property
    def has_returned(self) -> bool:
        """Whether earlier runs had a clock that was ahead: what they left is to be made again."""
        return self.verdict is Verdict.RETURNED

    def report(self) -> tuple[Finding, ...]:
        """Return what is to be reported of the clock; nothing where it is right."""
        if self.verdict is Verdict.RIGHT:
            return ()
        where = Location(CLOCK_FILE)
        if self.has_returned:
            return (Finding(where, Severity.WARNING, RETURNED, self.text()),)
        return (Finding(where, Severity.ERROR, DISTRUSTED, self.text()),)

    def text(self) -> str:
        """Return the sentence about a clock that is not right."""
        shown = f"the clock shows {_utc(self.now)}"
        last = self.mark.at if self.mark else 0
        if self.has_returned:
            return (
                f"the clock was ahead by up to {rough(last - self.now)} until now: whatever "
                "the runs of that time signed or dated is made again"
            )
        if not last:
            far = "far after state/ was last written"
            how = far if self.now >= EARLIEST else "before this program was made"
        else:
            side = "after" if self.now > last else "before"
            how = f"{rough(abs(self.now - last))} {side} the last run ({_utc(last)})"
        can_be_right = f" or, if it is right, run `{ACCEPT}`" if self.now >= EARLIEST else ""
        return (
            f"{shown}, {how}: nothing is built, signed or forgotten until that is settled; "
            f"set the clock right{can_be_right}"
        )


def judge_now(places: Places, now: int) -> Judged:
    """Return what is to be thought of *now*, Unix seconds; reads three small files."""
    up, mark = read_uptime(), kept_mark(places)
    changed = 0 if mark else _changed(places, STATE, f"{STATE}/serials")
    return Judged(judge_clock(now, up, mark, changed=changed), now, up, mark)


def require_clock(places: Places, now: int) -> Judged:
    """Return what is thought of *now*, Unix seconds. Raises: SiteError where it is distrusted."""
    judged = judge_now(places, now)
    if not judged.is_trusted:
        raise SiteError(judged.text())
    return judged


def keep_clock(places: Places, judged: Judged) -> None:
    """Keep the mark of this run, which is trusted, unless the one there is as good.

    Where the clock was ahead until now, the stamps of all stages go first: what they call fresh was
    judged by that clock. So a run that is killed, or `acme run`, leaves nothing of it behind.
    Raises: WriteError.
    """
    mark = judged.mark
    if judged.has_returned:
        for path in places.cache.glob("stamps.*"):
            remove_file(path)
    if mark is not None and 0 <= judged.now - mark.at < STEP and mark.up.boot == judged.up.boot:
        return
    changed = 0 if mark else _changed(places, SITE_FILE, ZONES_DIRECTORY)
    _write(places, next_mark(judged.now, judged.up, mark, changed=changed))


def accept_clock(places: Places, now: int) -> None:
    """Keep that a person vouches for *now*, Unix seconds. Raises: WriteError."""
    _write(places, accepted_mark(now, read_uptime(), kept_mark(places)))


def kept_mark(places: Places) -> Mark | None:
    """Return what the last trusted run left, None where there is none that makes sense."""
    with suppress(SourceError):
        return read_mark(read_outside(places.root / CLOCK_FILE, _LIMIT))
    return None


def read_uptime() -> Uptime:
    """Return how long this machine has been up; nothing where the system does not tell it."""
    try:
        with open(_BOOT, encoding="ascii") as boot, open(_UPTIME, encoding="ascii") as uptime:
            name, seconds = boot.read(64).strip(), uptime.read(64).split(".")[0]
            return Uptime(name, int(seconds)) if name and " " not in name else Uptime()
    except (OSError, ValueError):
        return Uptime()


def _utc(moment: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _write(places: Places, mark: Mark) -> None:
    path = places.root / CLOCK_FILE
    make_directory(path.parent)
    replace_file(path, mark_text(mark))


def _changed(places: Places, *paths: str) -> int:
    """Return when the first of *paths* that is there, or any after it, changed last; 0: never.

    By the time of change of the inode, which no tool sets.
    """
    times = [0]
    for path in paths:
        with suppress(OSError):
            times.append(int(os.stat(places.root / path).st_ctime))
    return max(times)
