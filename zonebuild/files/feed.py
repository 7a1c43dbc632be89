"""A feed: a flat directory that another jail writes, mounted read-only, read as if by its enemy.

Whoever controls the jail may change anything at any moment. The directory is opened once and its
files only through that descriptor, without following a link and without blocking; names, sizes,
counts and the time that all of it may take are limited. What is beyond a limit is never chosen by
a name that the jail can pick: each subject (the host that a file speaks for) has its own share,
and within it the newest files are read first.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from zonebuild.diagnostic import quoted
from zonebuild.files.read import SourceError, read_open

MARKER = ".zonebuild-feed"
MAX_LISTED = 100_000  # entries of a directory that may be a feed's files, and of a stamp
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_MOST_OCTETS = 64 << 20  # of all files of a feed
_SECONDS = 5.0  # for one feed; a slow mount must not hold up the others
_EXAMPLES = 3  # names of strangers that are kept for a message


class FeedFile(NamedTuple):
    """A file of a feed. data: None where it cannot be used, said in *reason*.

    changed: Unix seconds of its last change as the file system has it, not as its writer says.
    """

    name: str
    data: bytes | None
    changed: float
    reason: str = ""


class Subject(NamedTuple):
    """What a file is about, told from its name alone. is_allowed: the feed may speak for it."""

    name: str
    is_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Strangers:
    """Entries whose names no file of such a feed has. examples: the first few, sorted."""

    number: int = 0
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the examples, quoted, and how many more there are."""
        more = self.number - len(self.examples)
        return ", ".join(map(quoted, self.examples)) + (f" and {more} more" if more else "")


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed held. is_there: its marker was.

    left: files beyond the limits that the feed may have.
    strangers: what was passed over before anything was counted.
    """

    files: tuple[FeedFile, ...]
    is_there: bool
    left: int = 0
    strangers: Strangers = field(default_factory=Strangers)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """How much of a feed is read.

    file_octets: the size of a file. files: of the feed, read in one run.
    subject_files: of one subject, the newest.
    """

    file_octets: int
    files: int
    subject_files: int


def read_feed(
    folder: Path, limits: FeedLimits, subject_of: Callable[[str], Subject | None]
) -> Feed:
    """Return the files of the feed in *folder*, by name; entries that begin with a dot are passed.

    subject_of: what a file of this name is about, None for a stranger, which is not even opened.
    A missing marker, an unreadable folder, or a link in its place: the feed is not there.
    """
    try:
        directory = os.open(folder, _DIRECTORY)
    except (OSError, ValueError):
        return Feed((), is_there=False)
    try:
        if not _is_marked(directory):
            return Feed((), is_there=False)
        found, strangers, left = _list(directory, subject_of)
        chosen = _choose(found, limits)
        files = tuple(_read_files(directory, chosen, limits.file_octets))
        read = {file.name for file in files}  # not those that went meanwhile
        left += sum(entry.subject.is_allowed and entry.name not in read for entry in found)
        return Feed(tuple(sorted(files)), _is_marked(directory), left, strangers)
    except OSError:
        return Feed((), is_there=False)
    finally:
        os.close(directory)


def feed_stamp(folder: Path) -> tuple[str, int]:
    """Return what changes when anything in *folder* does, and the time of the last change.

    That is names, inodes, sizes and times; the time is in nanoseconds, of the file system's clock.
    The directory's own time is in it, for what comes and goes beyond the entries that are counted.
    """
    seen, last = [], 0
    try:
        last = os.stat(folder).st_mtime_ns
        seen.append(f"{last}")
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


class _Entry(NamedTuple):
    """A file that may be read. changed: nanoseconds, of its last change."""

    name: str
    subject: Subject
    changed: int
    size: int


def _list(
    directory: int, subject_of: Callable[[str], Subject | None]
) -> tuple[list[_Entry], Strangers, int]:
    """Return the entries that may be files of the feed, the strangers, and how many are left."""
    found: list[_Entry] = []
    examples: list[str] = []
    number = left = 0
    end = time.monotonic() + _SECONDS
    with os.scandir(directory) as entries:
        for entry in entries:
            if time.monotonic() > end:
                left += 1  # one is enough to say that there are more
                break
            if entry.name.startswith("."):
                continue
            subject = subject_of(entry.name)
            if subject is None:
                number += 1
                examples = sorted([*examples, entry.name])[:_EXAMPLES]
            elif len(found) >= MAX_LISTED:
                left += subject.is_allowed
            elif (status := _status(entry)) is not None:
                found.append(_Entry(entry.name, subject, status.st_ctime_ns, status.st_size))
    return found, Strangers(number, tuple(examples)), left


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what `lstat` says of an entry, None where it has gone meanwhile."""
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def _choose(found: list[_Entry], limits: FeedLimits) -> list[str]:
    """Return the names to read, in order: subjects take turns, each with its newest files first.

    What the feed may not speak for comes last, and among equals small files come first, so that
    neither strange names nor large files use up what honest ones need.
    """
    turns: Counter[str] = Counter()
    ranked: list[tuple[bool, int, int, str]] = []
    for entry in sorted(found, key=lambda e: (-e.changed, e.name)):
        turn = turns[entry.subject.name]
        turns[entry.subject.name] += 1
        if turn < limits.subject_files:
            ranked.append((not entry.subject.is_allowed, turn, entry.size, entry.name))
    return [name for *_, name in sorted(ranked)[: limits.files]]


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
