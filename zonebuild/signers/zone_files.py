"""The zone files that go to another program: a copy where it reads, the serial in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteBatch, make_directory
from zonebuild.signers.interface import ZoneFile

LIMIT = 1 << 32  # octets of a signed zone
_HEAD = 1 << 16  # octets in which the SOA stands: all of zonebuild's signers write it first
_SOA = re.compile(rb"[ \t]SOA[ \t]+\S+[ \t]+\S+[ \t(]+(\d{1,10})\b", re.IGNORECASE)


def serial_of(data: bytes) -> int | None:
    """Return the serial of the SOA at the head of a zone's text, None where there is none."""
    found = _SOA.search(data[:_HEAD])
    return int(found[1]) if found else None


def read_serial(path: Path) -> int | None:
    """Return the serial of the zone file *path*, None where there is no such file or no SOA."""
    try:
        with open(path, "rb") as file:
            return serial_of(file.read(_HEAD))
    except OSError:
        return None


def read_text(path: Path | None) -> str | None:
    """Return the text of a zone file, None where it cannot be read."""
    if path is None:
        return None
    try:
        return read_outside(path, LIMIT).decode("utf-8", "surrogateescape")
    except SourceError:
        return None


def copied(zones: Sequence[ZoneFile], folder: Path | None) -> list[ZoneFile]:
    """Copy *zones* into *folder*, each whole or not at all; return them as they lie there.

    folder: None where the program reads them as they are. Errors: WriteError.
    """
    if folder is None or not zones:
        return list(zones)
    make_directory(folder)
    return [replace(zone, path=path) for zone, path in _copies(zones, folder)]


def _copies(zones: Sequence[ZoneFile], folder: Path) -> Iterator[tuple[ZoneFile, Path]]:
    with WriteBatch() as batch:
        for zone in zones:
            target = folder / zone.name
            batch.stage(target, _pieces(zone.path))
            yield zone, target
        batch.commit()


def _pieces(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            yield piece
