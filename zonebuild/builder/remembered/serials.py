"""The serial of each zone as it was last built, kept in one small file.

It reaches the disk before a zone is renamed into place: a gap in the numbers is harmless, a
number used twice is not (RFC 1982). A line a zone: `NAME SERIAL POLICY`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from zonebuild.files.read import SourceError, read_outside

_LIMIT = 1 << 26  # octets
_MAX_SERIAL = 2**32 - 1
_LINE = re.compile(r"([!-~]+) ([0-9]{1,10}) (date|unixtime|counter|keep|-)")


class KeptSerial(NamedTuple):
    """The serial of the last build and the policy that gave it, None where it was learnt."""

    serial: int
    policy: str | None


class SerialsError(Exception):
    """state/serials cannot be read: without it a serial could go backwards."""


def read_serials(path: Path) -> dict[str, KeptSerial]:
    """Return the serial of each apex; empty where there is no file yet. Errors: SerialsError."""
    try:
        text = read_outside(path, _LIMIT).decode("ascii", "replace")
    except SourceError as error:
        if path.exists() or path.is_symlink():
            raise SerialsError(f"{path} {error.reason}") from error
        return {}
    kept = {}
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        found = _LINE.fullmatch(line)
        if found is None or int(found[2]) > _MAX_SERIAL:
            message = f'{path}:{number}: not "NAME SERIAL POLICY"; restore or mend the line'
            raise SerialsError(message)
        kept[found[1]] = KeptSerial(int(found[2]), None if found[3] == "-" else found[3])
    return kept


def serials_text(serials: Mapping[str, KeptSerial]) -> bytes:
    """Return *serials* as the file keeps them, sorted."""
    lines = [f"{apex} {kept.serial} {kept.policy or '-'}\n" for apex, kept in serials.items()]
    return "".join(sorted(lines)).encode("ascii")
