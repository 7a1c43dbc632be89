"""The names of each zone as people wrote it last without a mistake, looked up and not read again.

A summary lies in the cache beside a digest of the hand-written part that it was made of.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path

from zonebuild.assemble import assemble
from zonebuild.builder.output import MACHINES, hand_written
from zonebuild.builder.places import Places
from zonebuild.builder.remembered.good import GoodCopies
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.summary import Summary, read_summary, summarise
from zonebuild.zonefile import read_fragment

_LIMIT = 1 << 28  # octets of a summary
_SERIAL = re.compile(rb"\tSOA\t\S+ \S+ (\d+) ")


def hand_octets(text: bytes) -> int:
    """Return how long the hand-written part of a built zone is."""
    at = text.find(b"\n" + MACHINES.encode())
    return len(text) if at < 0 else at + 1


def serial_span(text: bytes) -> tuple[int, int] | None:
    """Return where the serial of a built zone begins and ends, None where it has none."""
    found = _SERIAL.search(text)
    return found.span(1) if found else None


def hand_digest(text: bytes) -> str:
    """Return a digest of the hand-written part of a built zone, whatever its serial."""
    end, span = hand_octets(text), serial_span(text)
    digest = blake2b(digest_size=16)
    view = memoryview(text)
    if span is not None and span[1] <= end:
        digest.update(view[: span[0]])
        digest.update(view[span[1] : end])
    else:
        digest.update(view[:end])
    return digest.hexdigest()


def known_names(places: Places, good_copies: GoodCopies, apex: str) -> Summary | None:
    """Return the names of the last good hand-written part of *apex*, None where there is none.

    Errors: WriteError.
    """
    good = good_copies.read(apex).data
    if good is None:
        return None
    digest = hand_digest(good)
    summary = kept_names(places.names(apex), digest)
    if summary is None:
        source = hand_written("", good)
        zone = assemble(apex, [read_fragment(source, apex=apex)])
        summary = summarise(zone, len(zone.records))
        keep_names(places.names(apex), digest, summary)
    return summary


def kept_names(path: Path, digest: str) -> Summary | None:
    """Return the names that *path* keeps of the hand-written part with this *digest*."""
    try:
        first, _, rest = read_outside(path, _LIMIT).partition(b"\n")
    except SourceError:
        return None
    return read_summary(rest) if first == digest.encode() else None


def keep_names(path: Path, digest: str, summary: Summary) -> None:
    """Keep the names of the hand-written part with this *digest*. Errors: WriteError."""
    make_directory(path.parent)
    replace_file(path, digest.encode() + b"\n" + summary.to_bytes())
