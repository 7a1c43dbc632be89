"""Backups of a lineage's keys and chain: a folder for each state, and which of them are kept."""

from __future__ import annotations

import calendar
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from zonebuild.certstore.error import StoreError
from zonebuild.certstore.folders import put_folder, remove_folder, sweep_folders
from zonebuild.certstore.pair import FULL, KEY
from zonebuild.certstore.shelf import Shelf, read_file
from zonebuild.files.write import WriteError, make_directory

_NAME = re.compile(r"([0-9]{8}T[0-9]{6}Z)-([0-9]{4})", re.ASCII)
_TIME = "%Y%m%dT%H%M%SZ"
CURRENT_KEY, NEXT_KEY = "key.pem", "next.pem"
_PARTS = (CURRENT_KEY, NEXT_KEY, KEY, FULL)


class Backup(NamedTuple):
    """One backup. at: Unix seconds. name: its folder's; they sort by age."""

    name: str
    at: int


def list_backups(shelf: Shelf) -> list[Backup]:
    """Return the backups of a lineage, the oldest first. Errors: WriteError."""
    try:
        names = sorted(os.listdir(shelf.backups))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WriteError(shelf.backups, error) from error
    return list(filter(None, map(_backup, names)))


def _backup(name: str) -> Backup | None:
    """Return the backup in a folder of this *name*, None where no backup is named so."""
    found = _NAME.fullmatch(name)
    try:
        return Backup(name, calendar.timegm(time.strptime(found[1], _TIME))) if found else None
    except ValueError:  # digits that are no moment
        return None


def back_up(shelf: Shelf, *, now: int) -> Backup | None:
    """Keep what the lineage has now; None where the last backup has the very same.

    now: Unix seconds. Errors: StoreError, WriteError.
    """
    files = _files(shelf)
    sweep_folders(shelf.backups)
    known = list_backups(shelf)
    if not files or (known and read_backup(shelf, known[-1].name) == files):
        return None
    last = int(known[-1].name.rpartition("-")[2]) if known else 0
    at = max(now, known[-1].at if known else 0)  # names sort by age, whatever the clock does
    same = known and known[-1].at == at
    stamp = time.strftime(_TIME, time.gmtime(at))
    name = f"{stamp}-{last + 1 if same else 1:04}"
    make_directory(shelf.backups.parent, 0o700)
    put_folder(shelf.backups, name, files)
    return Backup(name, at)


def read_backup(shelf: Shelf, name: str) -> dict[str, bytes]:
    """Return the files of a backup, by name. Errors: StoreError."""
    if not _NAME.fullmatch(name):
        raise StoreError(f"{name!a} is no backup, want a name that `zonebuild backup list` prints")
    return _read(shelf.backups / name, _PARTS)


def is_backed_up(shelf: Shelf, full: bytes | None) -> bool:
    """Say whether the newest backup has the chain *full*."""
    known = list_backups(shelf)
    return bool(known) and read_file(shelf.backups / known[-1].name / FULL) == full


def rotate(shelf: Shelf, *, kept: int, age: int, now: int) -> None:
    """Remove the backups that are neither among the *kept* newest nor younger than *age* seconds.

    Errors: WriteError.
    """
    for backup in list_backups(shelf)[:-kept]:
        if now - backup.at > age:
            remove_folder(shelf.backups / backup.name)


def _files(shelf: Shelf) -> dict[str, bytes]:
    keys = _read(shelf.private, (CURRENT_KEY, NEXT_KEY))
    try:
        newest = shelf.newest()
    except StoreError:  # damaged: what is whole is kept, and a backup must not keep from mending
        return keys
    return keys if newest is None else {**keys, **{n: newest.files[n] for n in (KEY, FULL)}}


def _read(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    found = ((name, read_file(folder / name)) for name in names)
    return {name: data for name, data in found if data is not None}
