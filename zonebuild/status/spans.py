"""Lengths of time as people say them: `40 s`, `12 min`, `3 h`, `3 d`."""

from __future__ import annotations

_UNITS = (
    (63_072_000, 31_536_000, "years"),
    (172_800, 86_400, "d"),
    (7200, 3600, "h"),
    (120, 60, "min"),
)


def span(seconds: int) -> str:
    """Return *seconds*, whose sign does not count, in the largest unit of which there are two."""
    length = abs(seconds)
    for least, unit, name in _UNITS:
        if length >= least:
            return f"{length // unit} {name}"
    return f"{length} s"


def from_now(seconds: int) -> str:
    """Return when something is or was, *seconds* from now."""
    return f"in {span(seconds)}" if seconds >= 0 else f"{span(seconds)} ago"


def counted(number: int, noun: str) -> str:
    """Return *number* with its noun: `1 zone`, `12 zones`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
