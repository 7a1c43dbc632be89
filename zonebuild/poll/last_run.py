"""When the site was last run, by whom: state/runs/KIND, one line: `TIME PACE`.

A run that had nothing to do counts as well: it shows that somebody still looks after the site. An
idle poll is made each minute, so noting one is a single write of twenty octets in place: no other
file, no rename, no fsync; the size never changes, so that a kill leaves the old time or the new.
Nothing that decides whether a stage is up to date reads these files.

What counts as a run: a poll that got its turn and came to its end, whatever it found; a `doit` that
reached its last task; an `acme run`, idle or not. A poll or a watch that a person starts at a
terminal is `HAND`: only what runs by itself can be overdue.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

POLL, WATCH, HAND, DOIT, ACME = "poll", "watch", "hand", "doit", "acme"
KINDS = (POLL, WATCH, HAND, DOIT, ACME)
BY_ITSELF = (POLL, WATCH)  # of which the next is expected
FOLDER = "state/runs"
_FORM = re.compile(rb"([0-9]{12}) ([0-9]{6})\n")
_SIZE = 20  # octets
_MOST_PACE = 999_999  # seconds
_OPEN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LastRun(NamedTuple):
    """The last run of one kind. at: when it ended, Unix seconds.

    pace: seconds to the next at the latest, where the program that runs knows it; 0 where not.
    """

    at: int
    pace: int = 0


def note_run(root: str, kind: str, now: float, *, pace: int = 0) -> str:
    """Note that a run of *kind* of the site at *root* came to its end.

    now: Unix seconds. pace: as for `LastRun`. Returns why it could not be kept, "" where it was:
    `zonebuild status` will miss the run then.
    """
    path, line = f"{root}/{FOLDER}/{kind}", _line(now, pace)
    try:
        if _write_in_place(path, line):
            return ""
    except OSError:  # it is missing, or another user's: it is replaced, where the folder lets us
        pass
    from pathlib import Path

    from zonebuild.files.write import WriteError, make_directory, replace_file

    try:
        make_directory(Path(root, FOLDER))
        replace_file(Path(path), line)
    except WriteError as error:
        return f"{error}; so `zonebuild status` misses this run"
    return ""


def _line(now: float, pace: int) -> bytes:
    return f"{max(int(now), 0):012d} {min(pace, _MOST_PACE):06d}\n".encode()


def _write_in_place(path: str, line: bytes) -> bool:
    """Write *line* over the one in *path*; return False where no such line is there.

    Raises: OSError.
    """
    descriptor = os.open(path, os.O_RDWR | _OPEN)
    try:
        is_sound = _FORM.fullmatch(os.read(descriptor, _SIZE + 1)) is not None
        return is_sound and os.pwrite(descriptor, line, 0) == _SIZE
    finally:
        os.close(descriptor)


def last_runs(root: str) -> dict[str, LastRun]:
    """Return the last run of each kind that there was; of a damaged record the file's own time."""
    found = {}
    for kind in KINDS:
        try:
            descriptor = os.open(f"{root}/{FOLDER}/{kind}", os.O_RDONLY | _OPEN)
        except OSError:
            continue
        try:
            match = _FORM.fullmatch(os.read(descriptor, _SIZE + 1))
            at = int(match[1]) if match else int(os.fstat(descriptor).st_mtime)
            found[kind] = LastRun(at, int(match[2]) if match else 0)
        except OSError:  # a folder in its place
            continue
        finally:
            os.close(descriptor)
    return found
