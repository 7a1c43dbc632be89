"""What the last run without a fault left behind: as long as it fits, there is nothing to do.

It lies in the cache, a line each: what was seen, when it was made, when something is due, and paths
outside the site, after a `<` those that builds read, after a `>` those that signers write. Lost or
damaged, it fits nothing and `doit` is run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from zonebuild.poll.look import NOWHERE, Outside

LONGEST = 3600  # seconds without any run, whatever nobody told of
FILE = "poll.stamp"  # in the cache
_SIGNER = "stamps.arrival"  # of the stage that reads back what the signer made
_LIMIT = 1 << 24  # octets
_DIGITS = 12  # of a time
_FIELDS = 3  # before the paths


class Stamp(NamedTuple):
    """seen: the digests of versions, surroundings, inputs, outputs. made, due: Unix seconds."""

    seen: str
    made: int
    due: int
    outside: Outside = NOWHERE


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
        return Stamp(seen, int(made), int(due), Outside(_after("<", outside), _after(">", outside)))
    except ValueError:
        return None


def stamp_text(stamp: Stamp) -> str:
    """Return *stamp* as its file has it; a path with a line end makes it one of no use."""
    outside = [f"<{path}" for path in stamp.outside.read]
    outside += [f">{path}" for path in stamp.outside.signed]
    return "".join(f"{line}\n" for line in (stamp.seen, stamp.made, stamp.due, *outside))


def _after(mark: str, lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line[1:] for line in lines if line[:1] == mark)


def plan_next(cache: str, root: str, now: int) -> tuple[int, Outside]:
    """Return when something is due, and the paths outside *root*, as the stages' stamps have it.

    now: Unix seconds; due is later, and at most LONGEST.
    """
    dues, read, signed = [now + LONGEST], set[str](), set[str]()
    for stage, due, paths in _entries(cache):
        if due:
            dues.append(max(due, now))
        places = signed if stage == _SIGNER else read
        places.update(place for place in (_outside(root, path) for path in paths) if place)
    return min(dues), Outside(tuple(sorted(read)), tuple(sorted(signed - read)))


def _entries(cache: str) -> Iterator[tuple[str, int, Iterable[str]]]:
    """Yield the stage, what is due and what was looked at, of each entry of the stages' stamps."""
    for name in sorted(os.listdir(cache)):
        if name.startswith("stamps."):
            for line in read_text(f"{cache}/{name}", 1 << 28).split("\n")[1:]:
                _, _, *rest = (*line.split("\0"), "", "")
                if rest[0].isascii() and rest[0].isdigit() and len(rest[0]) <= _DIGITS:
                    yield name, int(rest[0]), [path for path in rest[1:] if path]


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
