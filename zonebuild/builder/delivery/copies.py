"""Zones copied to where a program reads them, each whole or not at all.

A program may read at any moment, so a copy is renamed into place. To a program that takes a
change only with a greater serial, a copy has one, whatever the built zone has: the serial policy
`keep` lets machines' records change under a serial that a person wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteBatch, WriteError, sweep
from zonebuild.serial import SPACE, is_newer
from zonebuild.signers.told import file_serial, with_serial
from zonebuild.site.names import file_name

LIMIT = 1 << 32  # octets of a zone
_AT_ONCE = 16 << 20  # octets that are written together


class Copied(NamedTuple):
    """Where a program reads a zone, and the serial there."""

    file: Path
    serial: int | None


class _File(NamedTuple):
    """A copy to be written."""

    apex: str
    path: Path
    data: bytes
    serial: int | None


def copy_zones(
    folder: Path, zones: Iterable[tuple[str, bytes]], *, wants_rising: bool
) -> dict[str, Copied | str]:
    """Copy *zones*, apex and content, into *folder*; return where each lies, or why it does not.

    wants_rising: each change is to have a greater serial than the copy that it replaces.
    """
    with suppress(WriteError):  # the first copy will tell
        sweep(folder)
    done: dict[str, Copied | str] = {}
    files: list[_File] = []
    size = 0
    for apex, data in zones:
        file = _file_of(folder, apex, data, wants_rising=wants_rising)
        done[apex] = Copied(file.path, file.serial)
        if _content(file.path) != file.data:
            files.append(file)
            size += len(file.data)
        if size > _AT_ONCE:
            done.update(_write(files))
            files, size = [], 0
    done.update(_write(files))
    return done


def _file_of(folder: Path, apex: str, data: bytes, *, wants_rising: bool) -> _File:
    path = folder / file_name(apex)
    text = data.decode("utf-8", "surrogateescape")
    serial = file_serial(text)
    if wants_rising and serial is not None:
        serial, text = _risen(path, text, serial)
        data = text.encode("utf-8", "surrogateescape")
    return _File(apex, path, data, serial)


def _write(files: Sequence[_File]) -> dict[str, Copied | str]:
    """Write *files*, together if that goes; return the faults of those that cannot be."""
    try:
        with WriteBatch() as batch:
            for file in files:
                batch.stage(file.path, file.data)
            batch.commit()
    except WriteError as error:
        if len(files) == 1:
            return {files[0].apex: str(error)}
        return {apex: why for file in files for apex, why in _write([file]).items()}
    return {}


def _content(path: Path) -> bytes | None:
    try:
        return read_outside(path, LIMIT)
    except SourceError:
        return None


def _risen(path: Path, text: str, serial: int) -> tuple[int, str]:
    """Return the serial that a change wants, and *text* with it; the old one for no change."""
    old = (_content(path) or b"").decode("utf-8", "surrogateescape")
    last = file_serial(old)
    if last is None:
        return serial, text
    if with_serial(text, last) == old:
        return last, old
    if not is_newer(serial, last):
        serial = (last + 1) % SPACE or 1
    return serial, with_serial(text, serial)
