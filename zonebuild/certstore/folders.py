"""Numbered folders and the relative link `current` to one of them, safe against a kill.

A folder gets its number when it is whole and on disk; the link is replaced by a rename. So who goes
through `current` finds the files of one number, all or none, and a key is never beside the chain of
another. Nothing in a numbered folder changes any more.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from zonebuild.files.write import WriteError, make_directory, sync_directory

CURRENT = "current"
_TEMPORARY = ".zonebuild-tmp."
_NUMBER = re.compile(r"[0-9]{4,9}", re.ASCII)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_counter = itertools.count()

Prepare = Callable[[Path], None]


def numbers(folder: Path) -> list[int]:
    """Return the numbers of the folders in *folder*, sorted; none where it does not exist."""
    try:
        with os.scandir(folder) as entries:
            found = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WriteError(folder, error) from error
    return sorted(int(name) for name in found if _NUMBER.fullmatch(name))


def name_of(number: int) -> str:
    """Return the name of the folder with *number*."""
    return f"{number:04}"


def current(folder: Path) -> int:
    """Return the number that `current` leads to, 0 where there is none."""
    try:
        name = os.readlink(folder / CURRENT)
    except OSError:
        return 0
    is_there = _NUMBER.fullmatch(name) and (folder / name).is_dir()
    return int(name) if is_there else 0


def put_folder(
    folder: Path, name: str, files: Mapping[str, bytes], prepare: Prepare | None = None
) -> None:
    """Make the folder *name* with *files* in *folder*; it is seen when it is whole.

    prepare: adds what is made of the files, in the folder that is not yet seen.
    Folders are 0700, files 0600, from their first instant on.
    Errors: WriteError; what *prepare* raises.
    """
    make_directory(folder, 0o700)
    temporary = folder / f"{_TEMPORARY}{os.getpid()}.{next(_counter)}"
    try:
        temporary.mkdir(0o700)
        for file, data in files.items():
            _write(temporary / file, data)
        if prepare is not None:
            prepare(temporary)
        _sync_all(temporary)
        os.rename(temporary, folder / name)
        sync_directory(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise WriteError(folder / name, error) from error
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def switch(folder: Path, number: int) -> None:
    """Let `current` lead to *number*. Errors: WriteError."""
    temporary = folder / f"{_TEMPORARY}{os.getpid()}.{next(_counter)}"
    try:
        os.symlink(name_of(number), temporary)
        os.rename(temporary, folder / CURRENT)
        sync_directory(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WriteError(folder / CURRENT, error) from error


def keep_only(folder: Path, kept: set[int]) -> None:
    """Remove the numbered folders that are not *kept*. Errors: WriteError."""
    for number in numbers(folder):
        if number not in kept:
            remove_folder(folder / name_of(number))


def remove_folder(path: Path) -> None:
    """Remove a folder; it is gone under its name before the first file of it is.

    Errors: WriteError.
    """
    temporary = path.parent / f"{_TEMPORARY}{os.getpid()}.{next(_counter)}"
    try:
        os.rename(path, temporary)
        shutil.rmtree(temporary)
    except OSError as error:
        raise WriteError(path, error) from error


def has_leftovers(folder: Path) -> bool:
    """Say whether a killed run, or one under way, has left anything in *folder*."""
    try:
        return any(name.startswith(_TEMPORARY) for name in os.listdir(folder))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WriteError(folder, error) from error


def sweep_folders(folder: Path) -> None:
    """Remove what a killed run left in *folder*: for the holder of the lock. Errors: WriteError."""
    try:
        with os.scandir(folder) as entries:
            left = [entry for entry in entries if entry.name.startswith(_TEMPORARY)]
        for entry in left:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WriteError(folder, error) from error


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, _CREATE, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _sync_all(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_directory(folder)
