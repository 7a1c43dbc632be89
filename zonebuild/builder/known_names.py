"""The names of each zone as people wrote it last without a mistake, looked up and not read again.

A summary lies in the cache beside the stamp of the last good copy that it was made of. It is only
made when somebody asks: few zones take records from machines.
"""

from __future__ import annotations

import os
from pathlib import Path

from zonebuild.assemble import assemble
from zonebuild.builder.good import good_part
from zonebuild.builder.places import Places
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.site.names import file_name
from zonebuild.summary import Summary, read_summary, summarise
from zonebuild.zonefile import read_fragment

_LIMIT = 1 << 28  # octets of a summary


def known_names(places: Places, apex: str) -> Summary | None:
    """Return the names of the last good hand-written part of *apex*, None where there is none.

    Errors: WriteError.
    """
    stamp = _stamp(places.good(apex))
    if stamp is None:
        return None
    path = places.cache / "names" / file_name(apex)
    try:
        first, _, rest = read_outside(path, _LIMIT).partition(b"\n")
    except SourceError:
        first, rest = b"", b""
    summary = read_summary(rest) if first == stamp else None
    if summary is not None:
        return summary
    source = good_part(places, apex)
    if source is None:
        return None
    zone = assemble(apex, [read_fragment(source, apex=apex)])
    summary = summarise(zone, len(zone.records))
    make_directory(path.parent)
    replace_file(path, stamp + b"\n" + summary.to_bytes())
    return summary


def _stamp(path: Path) -> bytes | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}".encode()
