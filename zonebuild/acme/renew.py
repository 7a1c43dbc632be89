"""When a certificate is to be renewed: in the window that the CA suggests, else at a share of its
lifetime. Values and the time in, decisions out.

The instant in a window is drawn once and kept: drawing anew at each run would favour early ones.
Spec: RFC 9773 section 4.2 (windows), section 4.3 (schedule, Retry-After).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
SHORT = 10 * _DAY  # seconds; a shorter lifetime is renewed at its half
_SPREAD = 50  # the part of a lifetime that renewals are spread over, as CAs do it
_LAST_CALL = 10  # the part of a lifetime that must be left, whatever a window says
LOOK_AGAIN = 6 * _HOUR  # after an answer that will not be better soon
LEAST_LOOK, MOST_LOOK = _MINUTE, _DAY
_RETRIES = 3  # an hour each, before an answer that fails counts as lasting


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From when to when a certificate is valid, Unix seconds, both included."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """How long it is valid."""
        return max(self.end - self.start, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """When the CA wants the renewal, Unix seconds, and where it says why."""

    start: int
    end: int
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is kept of one certificate.

    certificate: its SHA-256, hexadecimal. at: when to renew. look: when to ask the CA again.
    window: as the CA said it last. silent: answers in a row that failed.
    """

    certificate: str
    at: int
    look: int = 0
    window: Window | None = None
    silent: int = 0


def usual_window(lifetime: Lifetime) -> Window:
    """Return the window that holds where the CA suggests none: around two thirds, or a half."""
    passed = lifetime.seconds // 2 if lifetime.seconds < SHORT else lifetime.seconds * 2 // 3
    half = lifetime.seconds // _SPREAD // 2
    return Window(lifetime.start + passed - half, lifetime.start + passed + half)


def begin(certificate: str, lifetime: Lifetime, draw: float) -> Schedule:
    """Return the schedule of a new certificate. draw: 0 ≤ draw < 1, random."""
    return Schedule(certificate, _drawn(usual_window(lifetime), lifetime, draw))


def take_window(
    schedule: Schedule, window: Window, lifetime: Lifetime, *, now: int, retry: int | None
) -> Schedule:
    """Return the schedule after the CA's answer, without a new instant; see `draw_again`.

    retry: seconds of its Retry-After, None where it has none. A window that does not end after
    it starts is no answer.
    """
    if window.end <= window.start:
        return take_silence(schedule, now=now, is_lasting=True)
    pause = LOOK_AGAIN if retry is None else min(max(retry, LEAST_LOOK), MOST_LOOK)
    look = now + min(pause, max(lifetime.seconds // _SPREAD // 2, LEAST_LOOK))
    return replace(schedule, window=window, look=look, silent=0)


def draw_again(before: Schedule, after: Schedule, lifetime: Lifetime, draw: float) -> Schedule:
    """Return *after* with its instant: the one of *before* where the window is the same."""
    if after.window is None or _same(before.window, after.window):
        return after
    return replace(after, at=_drawn(after.window, lifetime, draw))


def take_silence(schedule: Schedule, *, now: int, is_lasting: bool) -> Schedule:
    """Return the schedule after no answer: the window stands, the next question waits.

    is_lasting: the CA has no such answer (404, nonsense), other than one that is out of reach.
    """
    silent = schedule.silent + 1
    pause = LOOK_AGAIN if is_lasting or silent > _RETRIES else _HOUR
    return replace(schedule, look=now + pause, silent=silent)


def is_due(schedule: Schedule, now: int, gap: int = 0) -> bool:
    """Say whether to renew now. gap: seconds until the next run, as far as that is known."""
    return schedule.at <= now + gap


def is_in_window(schedule: Schedule, now: int) -> bool:
    """Say whether *now* is in the CA's window, where an order that says `replaces` is free."""
    window = schedule.window
    return window is not None and window.start <= now < window.end


def is_to_look(schedule: Schedule, lifetime: Lifetime, now: int) -> bool:
    """Say whether to ask the CA: never about a certificate that has expired."""
    return schedule.look <= now <= lifetime.end


def last_call(lifetime: Lifetime) -> int:
    """Return the instant after which no window puts the renewal off."""
    return lifetime.end - lifetime.seconds // _LAST_CALL


def _drawn(window: Window, lifetime: Lifetime, draw: float) -> int:
    at = window.start + int((window.end - window.start) * draw)
    return min(at, last_call(lifetime))


def _same(one: Window | None, other: Window) -> bool:
    return one is not None and (one.start, one.end) == (other.start, other.end)
