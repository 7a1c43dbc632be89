"""Whether anything that a zone is made of changed, told from `lstat` alone.

What a symbolic link leads to counts as well.

For each zone the paths that were looked at are kept (files, directories that were listed, files
that were not there) with one digest over what `lstat` said of them. Size, times, inode and mode
are all in it: an edit that keeps the modification time still changes the inode's change time.
A digest that does not fit any more makes a zone stale; a lost stamp file makes all zones stale.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from zonebuild.files.feed import feed_stamp
from zonebuild.files.read import SourceError, read_outside

# The stages that keep stamps.
ZONES, HANDOFF, ARRIVAL, LOOK = "zones", "handoff", "arrival", "look"
_LIMIT = 1 << 28  # octets
_NUMBER = re.compile(r"[0-9]{1,12}")
TICK = 20_000_000  # nanoseconds; file systems take the time from a clock that ticks coarsely


class Stamp(NamedTuple):
    """What a zone was made of. due: Unix time at which it is stale all the same, 0: never."""

    digest: str
    due: int
    paths: tuple[str, ...]


def make_stamp(
    root: Path, read: Iterable[str], written: Iterable[str] = (), *, since: int, due: int = 0
) -> Stamp:
    """Return the stamp of the paths that were *read* and *written*: absolute, or below *root*.

    since: when the reading began, Unix time in nanoseconds. What changed later may or may not
    have been read, so its stamp fits nothing and the zone is looked at again.
    """
    read, written = tuple(read), tuple(written)
    paths = read + written
    if any(_changed_since(os.path.join(root, path), since - TICK) for path in read):
        return Stamp("changed", due, paths)
    return Stamp(_digest(f"{root}/", paths), due, paths)


def feed_folder(root: Path, path: str) -> Path:
    """Return the directory of a feed; *path* is absolute or below the site's top."""
    return root / path


def feeds_digest(root: Path, paths: Iterable[str], *, since: int | None = None) -> str:
    """Return what changes when anything does in the feeds at *paths*.

    since: when their reading began, Unix time in nanoseconds. What changed at about that time may
    or may not have been read, so its digest fits nothing and the feeds are looked at again.
    """
    stamps = [feed_stamp(feed_folder(root, path)) for path in paths]
    if since is not None and any(last >= since - TICK for _, last in stamps):
        return "changed"
    seen = "\0\0".join(text for text, _ in stamps)
    return hashlib.blake2b(seen.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def files_below(root: Path, folders: Iterable[str]) -> list[str]:
    """Return *folders* and the files in them, sorted, all relative to *root*."""
    paths = list(folders)
    for folder in folders:
        try:
            paths += sorted(f"{folder}/{name}" for name in os.listdir(root / folder))
        except OSError:
            continue
    return paths


def _changed_since(path: str, moment: int) -> bool:
    try:
        return any(found.st_ctime_ns >= moment for found in _look_at(path))
    except OSError:
        return False


def is_fresh(root: Path, stamp: Stamp, now: int) -> bool:
    """Say whether *stamp* still describes its paths at time *now* (Unix seconds)."""
    if stamp.due and now >= stamp.due:
        return False
    return _digest(f"{root}/", stamp.paths) == stamp.digest


def _digest(prefix: str, paths: Iterable[str]) -> str:
    seen = []
    for path in paths:
        try:
            seen += [
                f"{found.st_mtime_ns} {found.st_size} {found.st_ino} {found.st_ctime_ns} "
                f"{found.st_mode}"
                for found in _look_at(path if path[:1] == "/" else prefix + path)
            ]
        except OSError:
            seen.append("-")
    return hashlib.blake2b("\n".join(seen).encode(), digest_size=12).hexdigest()


def _look_at(path: str) -> tuple[os.stat_result, ...]:
    """Return what is at *path*, and what a link there leads to, if anything. Errors: OSError."""
    found = os.lstat(path)
    if not stat.S_ISLNK(found.st_mode):
        return (found,)
    try:
        return (found, os.stat(path))
    except OSError:
        return (found,)


def read_stamp(parts: list[Any]) -> Stamp:
    """Return the stamp whose fields JSON has kept. Errors: ValueError, TypeError."""
    made, due, paths = parts
    return Stamp(str(made), int(due), tuple(map(str, paths)))


def read_stamps(path: Path, key: str) -> dict[str, Stamp]:
    """Return the stamps kept in *path*; none where they were made under another *key*."""
    try:
        text = read_outside(path, _LIMIT).decode("utf-8", "surrogateescape")
    except SourceError:
        return {}
    first, *lines = text.split("\n")
    return dict(_parse(lines)) if first == key else {}


def _parse(lines: Iterable[str]) -> Iterator[tuple[str, Stamp]]:
    for line in lines:
        parts = line.split("\0")
        if len(parts) >= 3 and _NUMBER.fullmatch(parts[2]):
            yield parts[0], Stamp(parts[1], int(parts[2]), tuple(parts[3:]))


def stamps_text(stamps: Mapping[str, Stamp], key: str) -> bytes:
    """Return *stamps* as the cache keeps them; a path with a line feed makes its zone stale."""
    lines = [key]
    for apex, stamp in sorted(stamps.items()):
        line = "\0".join((apex, stamp.digest, str(stamp.due), *stamp.paths))
        if "\n" not in line:
            lines.append(line)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def program_key() -> str:
    """Return a digest that another version of this program, Python or a library changes."""
    seen = [sys.version]
    package = Path(__file__).parents[2]
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            found = os.lstat(f"{folder}/{name}")
            seen.append(f"{name} {found.st_mtime_ns} {found.st_size}")
    for place in sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}):
        # Whatever is installed, upgraded or removed changes an entry of this directory.
        seen.append(f"{place} {os.stat(place).st_mtime_ns if os.path.isdir(place) else 0}")
    return hashlib.blake2b("\n".join(seen).encode(), digest_size=12).hexdigest()
