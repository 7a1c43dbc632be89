"""The last good copy of each zone: a second name of the built file, renamed into place.

A built zone is replaced by renaming and never written into, so a hard link keeps what it was at
no cost. Its hand-written part stands in for sources that are wrong.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from zonebuild.builder.output import hand_written
from zonebuild.builder.places import Places
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteError, replace_file
from zonebuild.zonefile import Source

_LIMIT = 1 << 30  # octets
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP)


def good_part(places: Places, apex: str) -> Source | None:
    """Return the hand-written part of the last good copy of *apex*, None where there is none."""
    data = good_copy(places, apex)
    path = places.good(apex).relative_to(places.root).as_posix()
    return hand_written(path, data) if data else None


def good_copy(places: Places, apex: str) -> bytes | None:
    """Return the last good copy of *apex*, None where there is none."""
    try:
        return read_outside(places.good(apex), _LIMIT)
    except SourceError:
        return None


def keep_good(places: Places, apexes: Iterable[str]) -> None:
    """Make what stands in unsigned/ the last good copy of each of *apexes*. Errors: WriteError."""
    for apex in apexes:
        built, good = places.unsigned(apex), places.good(apex)
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
