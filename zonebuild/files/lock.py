"""Let one builder at a time work in a site tree.

The lock is the kernel's (flock) and dies with its process, so that a text a dead holder left in
the file is no obstacle. Readers never take it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from pathlib import Path

_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PAUSE = 0.05  # seconds between two tries
_LONGEST = 400  # octets of the holder's text


class LockError(Exception):
    """The lock cannot be used. path: its file; reason: a clause that follows the file's name."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class LockHeld(LockError):
    """Another builder works in this tree. holder: `pid N on HOST since TIME, command …`."""

    def __init__(self, path: Path, holder: str) -> None:
        self.holder = holder
        super().__init__(path, f"is held by {holder}")


class Lock:
    """The lock of a site tree, held inside its `with` block.

    path: its file; the directory above it is made where it is missing, the file stays.
    command: what the holder does, for the message that another builder gets.
    wait: seconds to wait for another holder.
    Errors, on entry: LockHeld; LockError where the file cannot be made or is none.
    """

    def __init__(self, path: Path, *, command: str, wait: float = 0.0) -> None:
        self._path = path
        self._command = command
        self._wait = wait
        self._descriptor = -1

    def __enter__(self) -> Lock:
        last_try = time.monotonic() + self._wait
        while True:
            descriptor = self._try_once(is_last=time.monotonic() >= last_try)
            if descriptor is not None:
                self._descriptor = descriptor
                return self
            time.sleep(_PAUSE)

    def __exit__(self, *_: object) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1

    def leave_to_parent(self) -> None:
        """Let go of the lock in a forked child: it stays the parent's, and dies with it."""
        os.close(self._descriptor)
        self._descriptor = -1

    def _try_once(self, *, is_last: bool) -> int | None:
        """Return the descriptor of the lock, None where it is held and time is left."""
        descriptor = _open(self._path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still_there(descriptor, self._path):
                _write_holder(descriptor, self._command)
                return descriptor
        except BlockingIOError:
            if is_last:
                holder = _read_holder(descriptor)
                os.close(descriptor)
                raise LockHeld(self._path, holder) from None
        except OSError as error:
            os.close(descriptor)
            raise LockError(self._path, _reason(error)) from error
        os.close(descriptor)
        return None


def _open(path: Path) -> int:
    """Return a descriptor of the regular file at *path*, made where it is missing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, _OPEN, 0o644)
    except OSError as error:
        raise LockError(path, _reason(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LockError(path, "is no regular file")
    return descriptor


def _is_still_there(descriptor: int, path: Path) -> bool:
    """Say whether the locked file is the one that others find: the cache may be deleted."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int, command: str) -> None:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = f"pid {os.getpid()} on {os.uname().nodename} since {since}, command {command}"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("utf-8", "replace")[:_LONGEST] + b"\n", 0)


def _read_holder(descriptor: int) -> str:
    """Return the holder's text on one line of printable characters."""
    text = os.pread(descriptor, _LONGEST, 0).decode("utf-8", "replace").strip()
    return "".join(c if c.isprintable() else "?" for c in text) or "another builder"


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "is a symbolic link, want a regular file"
    return f"cannot be locked: {(error.strerror or 'unknown error').lower()}"
