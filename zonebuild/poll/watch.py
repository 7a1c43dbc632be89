"""Poll a site whenever a file changes, when something is due, and at a slow pace anyway.

A loop around `poll`, not another engine: an event says no more than "look now". So events that
are lost, doubled or of this program's own making do no harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from zonebuild.poll.last_run import WATCH
from zonebuild.poll.run import Caller, Poll, Site, poll
from zonebuild.poll.spare import Spare
from zonebuild.poll.stamp import read_stamp
from zonebuild.poll.wake import Bell, Events, places_of

_SECOND = 1.0
_LONGEST_REST = 5.0  # seconds between builds that follow upon each other


class Pace(NamedTuple):
    """How a watch goes, in seconds. interval: between two updates, and looks without an event.

    debounce: from the first event to the look, which more of them do not put off.
    """

    interval: float = 60.0
    debounce: float = 0.05


class Watch:
    """A watch on one site. tell: is given each poll that was made. kind: as its runs are noted."""

    def __init__(
        self,
        site: Site,
        *,
        tell: Callable[[Poll], object],
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        kind: str = WATCH,
    ) -> None:
        self._site, self._tell, self._clock = site, tell, clock
        self._pace = pace or Pace()
        self._caller = Caller(kind, round(self._pace.interval))
        self._bell = Bell()
        self._events = Events(self._bell)
        self._spare = Spare(site.root, site.cache)
        self._is_stopped = False
        self._trouble = self._told = ""
        self._builds = 0  # in a row that left something to do
        self._updated = float("-inf")

    def stop(self) -> None:
        """End the watch after the poll that is being made. For signal handlers and threads."""
        self._is_stopped = True
        self._bell.ring()

    def update_soon(self) -> None:
        """Have the repository asked at once. For signal handlers and threads."""
        self._updated = float("-inf")
        self._bell.ring()

    def run(self) -> None:
        """Watch until `stop` is called."""
        try:
            while not self._is_stopped:
                self._follow()  # before the poll, so that what changes meanwhile rings
                done = self._poll()
                self._tell_new(done)
                self._spare.prepare()
                self._wait(self._patience(done))
        finally:
            self._events.close()
            self._spare.close()

    def _tell_new(self, done: Poll) -> None:
        """Tell *done*; what was told last and is still so, such as that the site is away, once."""
        is_news = done.has_built or done.text != self._told
        self._tell(done if is_news else done._replace(text=""))
        self._told = done.text

    def _follow(self) -> None:
        kept = read_stamp(self._site.cache)
        outside = (*kept.outside.read, *kept.outside.signed) if kept else ()
        self._events.follow(places_of(self._site.root, self._site.cache, outside))
        if self._events.trouble != self._trouble:
            self._trouble = self._events.trouble
            found = f"{self._trouble}; it looks each second instead" if self._trouble else "again"
            self._tell(Poll(0, f"zonebuild watch: file events: {found}\n"))

    def _poll(self) -> Poll:
        is_updated = time.monotonic() - self._updated >= self._pace.interval
        if is_updated:
            self._updated = time.monotonic()
        done = poll(
            self._site,
            is_updated=is_updated,
            now=self._clock,
            run=self._spare.run,
            caller=self._caller,
        )
        self._builds = self._builds + 1 if done.has_built and not done.is_done else 0
        return done

    def _patience(self, done: Poll) -> float:
        """Return how long to wait for an event, in seconds."""
        if done.code == 0 and not done.is_done:  # it went on changing, or another poll is at work
            return 0.0 if done.has_built else _SECOND
        until_update = self._updated + self._pace.interval - time.monotonic()
        patience = min(self._pace.interval, max(until_update, self._pace.debounce))
        if done.due:
            patience = min(patience, max(done.due - self._clock(), _SECOND))
        return min(patience, _SECOND) if self._trouble else patience

    def _wait(self, seconds: float) -> None:
        """Wait for an event, at most *seconds*, then for those that follow it closely.

        Builds after which there is more to do rest longer and longer: one may be what changes the
        files.
        """
        end = time.monotonic() + seconds
        while not self._is_stopped and (left := end - time.monotonic()) > 0:
            if self._bell.wait(min(left, _SECOND)) or self._events.is_broken():
                break
        if not self._is_stopped:
            rest = self._pace.debounce * 2 ** min(max(self._builds - 1, 0), 16)
            self._sleep(min(rest, _LONGEST_REST))
        self._bell.hush()

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._is_stopped and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
