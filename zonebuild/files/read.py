"""Read files of the site tree, and files that a user names, without hanging or leaving.

A path from a zone's YAML or an `$INCLUDE` is foreign: it may lead out of the tree, into keys/,
to a named pipe or to a file of any size. Directories are walked by descriptor with O_NOFOLLOW,
so what is swapped for a symbolic link meanwhile is refused and never followed.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAYBE_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)  # EMLINK: FreeBSD's word for ELOOP
_CHUNK = 1 << 20  # octets
_KEPT_OPEN = 32  # directories; far below the usual limit of 1,024 descriptors

_NOT_REGULAR = {
    stat.S_IFDIR: "is a directory",
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}
_REASONS = {
    errno.ENOENT: "does not exist",
    errno.EISDIR: "is a directory",
    errno.ENXIO: "is a socket or a device",  # what open says of a socket
    errno.ELOOP: "is a loop of symbolic links",
    errno.EMLINK: "is a loop of symbolic links",
}


class SourceError(Exception):
    """A source that cannot be used. reason: a clause that follows the file's name."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SourceTree:
    """A site tree that is read during one run, by one thread.

    It keeps a few directories open, and so sees each as it was when first used; a context
    manager closes them.
    forbidden: top-level directories that no path may enter, nor any symbolic link.
    Errors: OSError where *root* itself cannot be opened.
    """

    def __init__(self, root: Path, *, forbidden: frozenset[str] = frozenset()) -> None:
        self._real_root = os.path.realpath(root)
        self._forbidden = forbidden
        self._root = os.open(self._real_root, _DIRECTORY)
        self._directories: dict[tuple[str, ...], int] = {}

    def __enter__(self) -> SourceTree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the directories; the tree cannot be read afterwards."""
        self._close_directories()
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def read(self, relative: str, limit: int) -> bytes:
        """Return the content of the regular file *relative* to the root.

        A symbolic link is followed when the file it leads to is inside the tree as well.
        limit: octets; a file that is larger, or grows past it while it is read, is refused.
        Errors: SourceError.
        """
        parts = self._inside(relative)
        try:
            descriptor = self._open(parts)
        except OSError as error:
            if error.errno not in _MAYBE_LINK:
                raise SourceError(_reason(error)) from error
            descriptor = self._open_linked(parts)
        return read_open(descriptor, limit)

    def _inside(self, relative: str) -> tuple[str, ...]:
        """Return the components of *relative*, refusing what is no path inside the tree."""
        _refuse_unusable_name(relative)
        parts = tuple(part for part in relative.split("/") if part not in ("", "."))
        if relative.startswith("/") or ".." in parts:
            raise SourceError('leaves the site, want a path from its top without ".."')
        return self._allowed(parts)

    def _allowed(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        if not parts:
            raise SourceError("is a directory")
        if parts[0] in self._forbidden:
            raise SourceError(f"is in {parts[0]}/, from where nothing may be included")
        return parts

    def _open(self, parts: tuple[str, ...]) -> int:
        """Return a descriptor of the file; a symbolic link anywhere is ELOOP or ENOTDIR."""
        directory = self._directory(parts[:-1])
        return os.open(parts[-1], _FILE | os.O_NOFOLLOW, dir_fd=directory)

    def _open_linked(self, parts: tuple[str, ...]) -> int:
        """Open where the links of *parts* lead; the walk there follows none."""
        path = os.path.join(self._real_root, *parts)
        try:
            os.stat(path)  # the kernel counts links; realpath recurses as deep as they go
            inside = os.path.relpath(os.path.realpath(path), self._real_root).split(os.sep)
            if inside[0] == os.pardir:
                raise SourceError("leaves the site through a symbolic link")
            return self._open(self._allowed(tuple(part for part in inside if part != os.curdir)))
        except OSError as error:
            raise SourceError(_reason_at(path, error)) from error

    def _directory(self, parts: tuple[str, ...]) -> int:
        """Return the descriptor of a directory of the tree, from the few kept open."""
        if not parts:
            return self._root
        kept = self._directories.get(parts)
        if kept is not None:
            return kept
        if len(self._directories) >= _KEPT_OPEN:
            self._close_directories()
        return self._directories.setdefault(parts, self._walk(parts))

    def _walk(self, parts: tuple[str, ...]) -> int:
        current = os.open(".", _DIRECTORY, dir_fd=self._root)
        for part in parts:
            try:
                below = os.open(part, _DIRECTORY, dir_fd=current)
            finally:
                os.close(current)
            current = below
        return current

    def _close_directories(self) -> None:
        while self._directories:
            os.close(self._directories.popitem()[1])


def read_source(
    root: Path, relative: str, *, limit: int, forbidden: frozenset[str] = frozenset()
) -> bytes:
    """Return the content of one file of the site tree; for many, keep a `SourceTree`.

    limit: octets. Errors: SourceError.
    """
    with SourceTree(root, forbidden=forbidden) as tree:
        return tree.read(relative, limit)


def read_outside(path: Path, limit: int) -> bytes:
    """Return the content of a regular file that the user or the program itself names.

    Symbolic links are followed, a directory, named pipe, socket or device is refused.
    limit: octets. Errors: SourceError.
    """
    _refuse_unusable_name(os.fspath(path))
    try:
        descriptor = os.open(path, _FILE)
    except OSError as error:
        raise SourceError(_reason_at(path, error)) from error
    return read_open(descriptor, limit)


def _refuse_unusable_name(name: str) -> None:
    """Refuse what Python cannot hand to the system: an octet 0, a lone surrogate."""
    try:
        usable = b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise SourceError("has a character in its name that no file name can have")


def read_open(descriptor: int, limit: int) -> bytes:
    """Return all that *descriptor* has, and close it.

    limit: octets. Errors: SourceError, also for what is no regular file.
    """
    try:
        return _read_whole(descriptor, limit)
    except OSError as error:
        raise SourceError(_reason(error)) from error
    finally:
        os.close(descriptor)


def _read_whole(descriptor: int, limit: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(_NOT_REGULAR.get(stat.S_IFMT(status.st_mode), "is no regular file"))
    if status.st_size > limit:
        raise SourceError(f"is larger than {limit} octets")
    content = os.read(descriptor, status.st_size + 1)
    chunks, size = [content], len(content)
    while content and size <= limit:  # a regular file ends with an empty read
        content = os.read(descriptor, min(_CHUNK, limit - size + 1))
        chunks.append(content)
        size += len(content)
    if size > limit:
        raise SourceError(f"is larger than {limit} octets")
    return chunks[0] if size == len(chunks[0]) else b"".join(chunks)  # a large one is not copied


def _reason(error: OSError) -> str:
    known = _REASONS.get(error.errno or 0)
    return known or f"cannot be read: {(error.strerror or 'unknown error').lower()}"


def _reason_at(path: str | Path, error: OSError) -> str:
    """Return the reason of *error*, telling a link without a file from no file at all."""
    if error.errno == errno.ENOENT and os.path.islink(path):
        return "is a dangling symbolic link"
    return _reason(error)
