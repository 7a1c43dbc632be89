"""The last good copy of each zone: a second name of the built file, renamed into place.

A built zone is replaced by renaming and never written into, so a hard link keeps what it was at
no cost. Its hand-written part stands in for sources that are wrong. A copy is used only while it
is what was kept: state/good.sha256 has the digests, the last two of each, so that a kill between
the digest and the copy leaves a copy that fits.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.output import hand_written
from zonebuild.builder.places import UNSIGNED, Places
from zonebuild.files.manifest import ManifestError, digest, read_manifest
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteError, make_directory, replace_file
from zonebuild.site.names import file_name
from zonebuild.zonefile import Source

_LIMIT = 1 << 30  # octets of a copy
_LIST_LIMIT = 1 << 28  # octets of the digests
GOOD_DAMAGED = "good-copy-damaged"
_GOOD = "good"  # the folder of the copies in state/
_KEPT = 2  # digests of each copy, the newest first
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP)
_HEAD = re.compile(r"zonebuild-good 1 ([0-9]{1,9})", re.ASCII)
_LINE = re.compile(r"([0-9a-f]{64})  ([!-~]+)", re.ASCII)


class GoodDigests:
    """The digests of what is kept as good, by its path in state/.

    is_lost: there is no list, or it is damaged, so that no copy can be verified.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        known = _read(path)
        self.is_lost = known is None
        self._known = known or {}
        self._is_changed = False

    def fits(self, name: str, data: bytes) -> bool:
        """Return whether *data* is what was kept under *name*, as far as that is known."""
        return name not in self._known or digest(data) in self._known[name]

    def knows(self, name: str) -> bool:
        """Return whether anything was kept under *name*."""
        return name in self._known

    def put(self, name: str, sha256: str) -> None:
        """Remember what is about to be kept under *name*. sha256: in hexadecimal."""
        old = self._known.get(name, ())
        if old[:1] != (sha256,):
            self._known[name] = (sha256, *(each for each in old if each != sha256))[:_KEPT]
            self._is_changed = True

    def forget(self, name: str) -> None:
        """Forget what was kept under *name*."""
        self._is_changed = self._known.pop(name, None) is not None or self._is_changed

    def save(self) -> None:
        """Write the list if any of it changed. Errors: WriteError."""
        if self._is_changed:
            lines = [f"{sha}  {name}\n" for name, known in self._known.items() for sha in known]
            head = f"zonebuild-good 1 {len(lines)}\n"
            make_directory(self._path.parent)
            replace_file(self._path, (head + "".join(lines)).encode("ascii"))
            self._is_changed, self.is_lost = False, False


def _read(path: Path) -> dict[str, tuple[str, ...]] | None:
    """Return the digests by name, None where there is no whole list."""
    try:
        text = read_outside(path, _LIST_LIMIT).decode("ascii", "replace")
    except SourceError:
        return None
    head, *lines = text.removesuffix("\n").split("\n")
    match = _HEAD.fullmatch(head)
    found = [_LINE.fullmatch(line) for line in lines]
    if match is None or len(lines) != int(match[1]) or not all(found):
        return None
    known: dict[str, tuple[str, ...]] = {}
    for each in found:
        if each:
            known[each[2]] = (*known.get(each[2], ()), each[1])
    return known


def keep_good_file(path: Path, digests: GoodDigests, data: bytes) -> None:
    """Make *data* the good copy at *path*, a file in state/. Errors: WriteError."""
    digests.put(path.name, digest(data))
    digests.save()
    make_directory(path.parent)
    replace_file(path, data)


class GoodCopy(NamedTuple):
    """A good copy. path: relative to the site. data: None where there is none.

    is_damaged: what is in state/good/ is not what was kept; *data* is then of unsigned/, or None.
    """

    path: str
    data: bytes | None
    is_damaged: bool = False

    @property
    def part(self) -> Source | None:
        """The hand-written part of the copy, None where there is none."""
        return hand_written(self.path, self.data) if self.data else None


class BuiltZone(NamedTuple):
    """A zone in unsigned/. data: None where there is none. is_damaged: it is not what was built."""

    data: bytes | None
    is_damaged: bool = False


class BuiltZones:
    """The zones in unsigned/, each verified by state/manifest as it is read."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._stamp: tuple[int, ...] = ()
        self._written: Mapping[str, str] = {}

    def read(self, apex: str) -> BuiltZone:
        """Return what was built of *apex*. A zone that the manifest does not list is believed."""
        data = _content(self._places.unsigned(apex))
        known = self._entries().get(f"{UNSIGNED}/{file_name(apex)}")
        if data is None:
            return BuiltZone(None, known is not None)
        if known is None or known == digest(data):
            return BuiltZone(data)
        return BuiltZone(None, is_damaged=True)

    def _entries(self) -> Mapping[str, str]:
        """Return the digests by path; the stage `zones` may have written others meanwhile."""
        path = self._places.manifest
        try:
            status = path.stat()
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._stamp, self._written = stamp, read_manifest(path).entries
        except (OSError, ManifestError):
            self._written = {}
        return self._written


class GoodCopies:
    """The good copies of one site's zones, verified as they are read."""

    def __init__(self, places: Places, built: BuiltZones) -> None:
        self._places, self._built = places, built

    @cached_property
    def digests(self) -> GoodDigests:
        """The digests of the copies."""
        return GoodDigests(self._places.good_digests)

    def read(self, apex: str) -> GoodCopy:
        """Return the last good copy of *apex*.

        Where it is damaged, the built zone stands in for it, if that is as it was written: its
        hand-written part is the same.
        """
        good = self._places.good(apex)
        data = _content(good)
        if data is not None and self.digests.fits(_name(apex), data):
            return GoodCopy(self._path(good), data)
        is_known = os.path.lexists(good) or self.digests.knows(_name(apex))
        instead = self._built.read(apex) if is_known else None
        path = self._path(self._places.unsigned(apex))
        return GoodCopy(path, None if instead is None else instead.data, is_damaged=is_known)

    def _path(self, path: Path) -> str:
        return path.relative_to(self._places.root).as_posix()

    def load(self) -> None:
        """Read the digests, before children are forked; make the list again where it is lost."""
        if not self.digests.is_lost:
            return
        folder = self._places.good(".").parent
        below = [folder / name for name in os.listdir(folder)] if folder.is_dir() else []
        for path in (
            self._places.good_site,
            self._places.good_host,
            self._places.good_zones,
            *below,
        ):
            data = _content(path)
            if data is not None:
                self.digests.put(path.relative_to(folder.parent).as_posix(), digest(data))
        self.digests.save()

    def forget(self, apex: str) -> None:
        """Forget the digests of *apex*, whose copy is removed. Errors: WriteError."""
        self.digests.forget(_name(apex))
        self.digests.save()

    def keep(self, built: Mapping[str, str]) -> None:
        """Make what is in unsigned/ the last good copy of each zone of *built*.

        built: by apex, the SHA-256 of what is there. Errors: WriteError.
        """
        for apex, sha256 in built.items():
            self.digests.put(_name(apex), sha256)
        self.digests.save()
        for apex in built:
            _keep(self._places.unsigned(apex), self._places.good(apex))


def _name(apex: str) -> str:
    return f"{_GOOD}/{file_name(apex)}"


def _content(path: Path) -> bytes | None:
    if path.is_symlink():
        return None
    try:
        return read_outside(path, _LIMIT)
    except SourceError:
        return None


def _keep(built: Path, good: Path) -> None:
    temporary = good.with_name(".zonebuild-tmp.0.0")
    try:
        temporary.unlink(missing_ok=True)
        os.link(built, temporary, follow_symlinks=False)
        os.rename(temporary, good)
        temporary.unlink(missing_ok=True)  # renaming onto the same inode leaves both names
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise WriteError(good, error) from error
        replace_file(good, read_outside(built, _LIMIT))
