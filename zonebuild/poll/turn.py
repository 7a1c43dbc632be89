"""One poll at a time: a lock of its own, which the programs that poll starts inherit.

So when poll is killed and what it started lives on, the next poll still finds the lock taken and
leaves the working copy and the site alone until that has ended, too.
"""

from __future__ import annotations

import fcntl
import os

LOCK = "poll.lock"  # in the cache; its modification time is when the last poll began
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LONG = 3600  # seconds; the age from which a poll that still runs is talked about, and how often


class Turn:
    """The right to poll, while its `with` block lasts. is_mine: whether it could be had.

    folder: of the lock, made where it is missing. now: Unix seconds.
    Errors, on entry: OSError where the lock cannot be made.
    """

    def __init__(self, folder: str, *, now: float) -> None:
        self._path, self._told = f"{folder}/{LOCK}", f"{folder}/poll.waiting"
        self._now = now
        self.descriptor = -1
        self.is_mine = False

    def __enter__(self) -> Turn:
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        while not self.is_mine:
            self.descriptor = os.open(self._path, _OPEN, 0o644)
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.is_mine = self._is_still_there()
            except BlockingIOError:
                return self
            except BaseException:
                os.close(self.descriptor)
                raise
            if not self.is_mine:
                os.close(self.descriptor)
        os.utime(self.descriptor, (self._now, self._now))
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def complaint(self) -> str:
        """Return what to say where another poll has the turn: nothing, unless for over an hour.

        It is said once an hour. Errors: OSError.
        """
        age = self._now - os.stat(self._path).st_mtime
        if age < 0:  # it began by a clock that was ahead: from now on it counts
            os.utime(self._path, (self._now, self._now))
        if age < _LONG or 0 <= self._now - _time_of(self._told) < _LONG:
            return ""
        with open(self._told, "wb"):
            os.utime(self._told, (self._now, self._now))
        return (
            f"another poll has been running for {int(age // 60)} min, so this one did nothing: "
            f"`fuser {self._path}` names its processes"
        )

    def _is_still_there(self) -> bool:
        """Say whether the locked file is the one that others find: the cache may be deleted."""
        try:
            return os.path.samestat(os.fstat(self.descriptor), os.lstat(self._path))
        except FileNotFoundError:
            return False


def _time_of(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0
