"""What the last run without a fault left behind: as long as it fits, there is nothing to do.

It lies in the cache, a line each: what was seen, when it was made, when something is due, and the
paths outside the site that builds read. Lost or damaged, it fits nothing and `doit` is run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST = 3600  # seconds without any run, whatever nobody told of
FILE = "poll.stamp"  # in the cache
_LIMIT = 1 << 24  # octets
_DIGITS = 12  # of a time
_FIELDS = 3  # before the paths


class Stamp(NamedTuple):
    """seen: the digests of versions, surroundings, inputs, outputs. made, due: Unix seconds."""

    seen: str
    made: int
    due: int
    outside: tuple[str, ...]


def fits(stamp: Stamp | None, seen: str, now: float) -> bool:
    """Say whether *stamp* still describes what is *seen*, and nothing is due *now*.

    Before it was made is no time to trust it: the clock was set back.
    """
    return stamp is not None and stamp.seen == seen and stamp.made <= now < stamp.due


def read_stamp(cache: str) -> Stamp | None:
    """Return what is kept in *cache*, None where that is nothing of use."""
    lines = read_text(f"{cache}/{FILE}").split("\n")
    if len(lines) <= _FIELDS or lines.pop():
        return None
    seen, made, due, *outside = lines
    try:
        return Stamp(seen, int(made), int(due), tuple(outside))
    except ValueError:
        return None


def stamp_text(stamp: Stamp) -> str:
    """Return *stamp* as its file has it; a path with a line end makes it one of no use."""
    lines = [stamp.seen, str(stamp.made), str(stamp.due), *stamp.outside]
    return "".join(f"{line}\n" for line in lines)


def plan_next(cache: str, root: str, now: int) -> tuple[int, tuple[str, ...]]:
    """Return when something is due, and the paths outside *root*, as the stages' stamps have it.

    now: Unix seconds; due is later, and at most LONGEST.
    """
    dues, outside = [now + LONGEST], set()
    for due, paths in _entries(cache):
        if due:
            dues.append(max(due, now))
        outside |= {place for place in (_outside(root, path) for path in paths) if place}
    return min(dues), tuple(sorted(outside))


def _entries(cache: str) -> Iterator[tuple[int, Iterable[str]]]:
    """Yield what is due and what was looked at, of each entry of each stage's stamps."""
    for name in sorted(os.listdir(cache)):
        if name.startswith("stamps."):
            for line in read_text(f"{cache}/{name}", 1 << 28).split("\n")[1:]:
                _, _, *rest = (*line.split("\0"), "", "")
                if rest[0].isascii() and rest[0].isdigit() and len(rest[0]) <= _DIGITS:
                    yield int(rest[0]), [path for path in rest[1:] if path]


def _outside(root: str, path: str) -> str:
    """Return *path* made absolute where it is not below *root*, else nothing."""
    if not path.startswith(("/", "../")):
        return ""
    place = os.path.normpath(os.path.join(root, path))
    return "" if place.startswith(f"{root}/") else place


def read_text(path: str, limit: int = _LIMIT) -> str:
    """Return the text in *path*, at most *limit* octets of it; nothing where it cannot be had."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(limit).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
