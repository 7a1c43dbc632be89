"""A feed: a flat directory that another jail writes, mounted read-only, read as if by its enemy.

Whoever controls the jail may change anything at any moment. The directory is opened once and its
files only through that descriptor, without following a link and without blocking; names, sizes,
counts and the time that all of it may take are limited.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from zonebuild.files.read import SourceError, read_open

MARKER = ".zonebuild-feed"
MAX_LISTED = 100_000  # entries of a directory that are looked at at all
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_MOST_OCTETS = 64 << 20  # of all files of a feed
_SECONDS = 5.0  # for one feed; a slow mount must not hold up the others


class FeedFile(NamedTuple):
    """A file of a feed. data: None where it cannot be used, said in *reason*.

    changed: Unix seconds of its last change as the file system has it, not as its writer says.
    """

    name: str
    data: bytes | None
    changed: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed held. is_there: its marker was. left: entries beyond the limits."""

    files: tuple[FeedFile, ...]
    is_there: bool
    left: int = 0


def read_feed(folder: Path, *, file_octets: int, most_files: int) -> Feed:
    """Return the files of the feed in *folder*, by name; entries that begin with a dot are passed.

    file_octets: the size of a file. most_files: how many are read, the first by name.
    A missing marker, an unreadable folder, or a link in its place: the feed is not there.
    """
    try:
        directory = os.open(folder, _DIRECTORY)
    except (OSError, ValueError):
        return Feed((), is_there=False)
    try:
        if not _is_marked(directory):
            return Feed((), is_there=False)
        names, left = _names(directory)
        files = tuple(_read_files(directory, names[:most_files], file_octets))
        left += len(names) - len(files)  # those that went meanwhile among them
        return Feed(files, is_there=_is_marked(directory), left=left)
    except OSError:
        return Feed((), is_there=False)
    finally:
        os.close(directory)


def feed_stamp(folder: Path) -> tuple[str, int]:
    """Return what changes when anything in *folder* does, and the time of the last change.

    That is names, inodes, sizes and times; the time is in nanoseconds, of the file system's clock.
    """
    seen, last = [], 0
    try:
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(MAX_LISTED), strict=False):
                found = entry.stat(follow_symlinks=False)
                last = max(last, found.st_ctime_ns)
                seen.append(
                    f"{entry.name}\0{found.st_ino} {found.st_size} {found.st_ctime_ns} "
                    f"{found.st_mtime_ns} {found.st_mode}"
                )
    except OSError as error:
        seen.append(f"errno {error.errno}")
    return "\0".join(sorted(seen)), last


def _is_marked(directory: int) -> bool:
    try:
        found = os.stat(MARKER, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode)


def _names(directory: int) -> tuple[list[str], int]:
    """Return the names in the directory, sorted, and how many are beyond what is looked at."""
    names, left = [], 0
    with os.scandir(directory) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_LISTED:
                left += 1
                break  # one is enough to say that there are more
            if not entry.name.startswith("."):
                names.append(entry.name)
    return sorted(names), left


def _read_files(directory: int, names: list[str], limit: int) -> Iterator[FeedFile]:
    end, octets = time.monotonic() + _SECONDS, 0
    for name in names:
        if time.monotonic() > end or octets > _MOST_OCTETS:
            return
        file = _read_file(directory, name, limit)
        if file is not None:
            octets += len(file.data or b"")
            yield file


def _read_file(directory: int, name: str, limit: int) -> FeedFile | None:
    """Return one file, None where it has gone meanwhile."""
    try:
        descriptor = os.open(name, _FILE, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        return FeedFile(name, None, 0, _refused(error))
    try:
        changed = os.fstat(descriptor).st_ctime
    except OSError:
        changed = 0
    try:
        return FeedFile(name, read_open(descriptor, limit), changed)
    except SourceError as error:
        return FeedFile(name, None, changed, error.reason)


def _refused(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return "is a symbolic link"
    if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):
        return "is a socket or a device"
    return "cannot be opened"
