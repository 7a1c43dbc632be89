"""Write files so that a kill at any instant leaves each of them wholly old or wholly new.

Content goes to a temporary file beside its target, reaches the disk, and is renamed into place;
then the directory reaches the disk. What must be true on disk before something else may be,
goes into an earlier batch: a serial into `state/`, then its zone into `unsigned/`.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
from collections.abc import Iterable
from pathlib import Path

_TEMPORARY = ".zonebuild-tmp."
_IS_TEMPORARY = re.compile(re.escape(_TEMPORARY) + r"[0-9]+\.[0-9]+")
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_NO_DIRECTORY_SYNC = (errno.EINVAL, errno.ENOTSUP)  # file systems that cannot, and need not
_SYNC_THREADS = 8

_counter = itertools.count()


class WriteError(Exception):
    """The machine would not write. path: which file; reason: the system's word for why."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        self.reason = (error.strerror or "unknown error").lower()
        self._error = error
        super().__init__(f"{path}: cannot be written: {self.reason}")

    def __reduce__(self) -> tuple[type[WriteError], tuple[Path, OSError]]:
        return WriteError, (self.path, self._error)  # it may travel between processes


class WriteBatch:
    """Files that are written together, each renamed into place in the order of staging.

    Leaving the `with` block without `commit` removes the temporary files.
    """

    def __init__(self) -> None:
        self._staged: list[tuple[Path, Path]] = []

    def __enter__(self) -> WriteBatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.abandon()

    def stage(self, path: Path, data: bytes | Iterable[bytes], mode: int = 0o644) -> None:
        """Write *data* beside *path*; nothing is seen at *path* before `commit`.

        data: whole, or in pieces where the whole would need much memory.
        mode: permissions from the first octet on, less the umask; a secret's is 0o600.
        Errors: WriteError; the whole batch is then abandoned.
        """
        try:
            descriptor, temporary = _create_beside(path, mode)
            self._staged.append((temporary, path))
            try:
                for piece in (data,) if isinstance(data, bytes) else data:
                    _write_all(descriptor, piece)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.abandon()
            raise WriteError(path, error) from error

    def commit(self) -> None:
        """Bring the staged files to disk, rename each into place, then bring that to disk.

        Errors: WriteError; the files renamed before it are new, the others untouched.
        """
        try:
            _sync_files(self._staged)
            directories = dict.fromkeys(target.parent for _, target in self._staged)
            while self._staged:
                rename_file(*self._staged[0])
                del self._staged[0]
            for directory in directories:
                sync_directory(directory)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Remove the temporary files that are not yet renamed."""
        while self._staged:
            temporary, _ = self._staged.pop()
            try:
                temporary.unlink(missing_ok=True)
            except OSError:  # what cannot be removed now, `sweep` removes
                continue


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write one file, whole or not at all. mode: as for `WriteBatch.stage`.

    Errors: WriteError.
    """
    with WriteBatch() as batch:
        batch.stage(path, data, mode)
        batch.commit()


def rename_file(path: Path, target: Path) -> None:
    """Rename the file at *path*; what is at *target* is replaced. Errors: WriteError."""
    try:
        os.rename(path, target)
    except OSError as error:
        raise WriteError(target, error) from error


def remove_file(path: Path) -> bool:
    """Remove the file at *path*; say whether there was one. Errors: WriteError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WriteError(path, error) from error
    return True


def make_directory(path: Path, mode: int = 0o755) -> None:
    """Make a directory and those above it that are missing, and bring them to disk.

    mode: permissions of *path* where it is made, less the umask; those above get 0o755.
    Errors: WriteError.
    """
    try:
        for missing in reversed(_missing_above(path)):
            missing.mkdir(mode if missing == path else 0o755, exist_ok=True)
            sync_directory(missing.parent)
        os.stat(f"{path}/")  # fails where something else has that name
    except OSError as error:
        raise WriteError(path, error) from error


def sweep(directory: Path) -> list[Path]:
    """Remove the temporary files that a killed run left in *directory*; return them, sorted.

    For the holder of the lock: the files of a run that lives look the same.
    Errors: WriteError. A directory that does not exist holds none.
    """
    try:
        with os.scandir(directory) as entries:
            leftovers = sorted(directory / entry.name for entry in entries if _is_leftover(entry))
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WriteError(directory, error) from error
    return leftovers


def _is_leftover(entry: os.DirEntry[str]) -> bool:
    return bool(_IS_TEMPORARY.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False)


def _missing_above(path: Path) -> list[Path]:
    """Return *path* and its parents as far as they do not exist, the deepest first."""
    return list(
        itertools.takewhile(lambda place: not os.path.lexists(place), (path, *path.parents))
    )


def _create_beside(path: Path, mode: int) -> tuple[int, Path]:
    """Return a new temporary file in the directory of *path*.

    Its name is short whatever the target's: a zone's may fill all 255 octets.
    """
    while True:
        temporary = path.parent / f"{_TEMPORARY}{os.getpid()}.{next(_counter)}"
        try:
            return os.open(temporary, _CREATE, mode), temporary
        except FileExistsError:
            continue


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_files(staged: list[tuple[Path, Path]]) -> None:
    """Bring temporary files to disk, several at a time: the journal then takes them together."""
    if len(staged) < 2:
        for pair in staged:
            _sync_file(pair)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(_SYNC_THREADS, len(staged))) as pool:
        list(pool.map(_sync_file, staged))  # a list, so that the first error is raised here


def _sync_file(pair: tuple[Path, Path]) -> None:
    temporary, target = pair
    try:
        _sync(temporary, os.O_RDONLY)
    except OSError as error:
        raise WriteError(target, error) from error


def sync_directory(path: Path) -> None:
    """Bring the names in a directory to disk. Errors: WriteError, OSError."""
    try:
        _sync(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise WriteError(path, error) from error


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
