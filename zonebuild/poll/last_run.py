"""When the site was last run, by whom: state/runs/KIND, whose modification time says it.

A run that had nothing to do counts as well: it shows that somebody still looks after the site. To
note one costs a single `utime`, since an idle poll is made each minute. Nothing that decides
whether a stage is up to date reads these files.

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
_PACE = re.compile(rb"([0-9]{1,6})\n")
_LIMIT = 64  # octets


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
    path = f"{root}/{FOLDER}/{kind}"
    try:
        if pace == _pace_in(path):
            os.utime(path, (now, now), follow_symlinks=False)
            return ""
    except OSError:  # it is missing, or another user's: it is replaced, where the folder lets us
        pass
    from pathlib import Path

    from zonebuild.files.write import WriteError, make_directory, replace_file

    try:
        make_directory(Path(root, FOLDER))
        replace_file(Path(path), f"{pace}\n".encode())
        os.utime(path, (now, now), follow_symlinks=False)
    except (OSError, WriteError) as error:
        return f"{error}; so `zonebuild status` misses this run"
    return ""


def last_runs(root: str) -> dict[str, LastRun]:
    """Return the last run of each kind that there was, as far as it is known."""
    found = {}
    for kind in KINDS:
        path = f"{root}/{FOLDER}/{kind}"
        try:
            found[kind] = LastRun(int(os.lstat(path).st_mtime), max(_pace_in(path), 0))
        except OSError:
            continue
    return found


def _pace_in(path: str) -> int:
    """Return the pace that the file keeps, -1 where it is damaged. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        match = _PACE.fullmatch(os.read(descriptor, _LIMIT))
    finally:
        os.close(descriptor)
    return int(match[1]) if match else -1
