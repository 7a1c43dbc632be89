"""A run of plain records, cut from a piece: the columns that one stop leaves to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zonebuild.zonefile.scan import NAMED, Piece

LONGEST_NAME = 254  # characters with the final dot, without escapes (RFC 1035 section 2.3.4)


class Run(NamedTuple):
    """Plain records as columns. first: where the first of them stands in its piece."""

    owners: Sequence[str]
    ttls: Sequence[str]
    types: Sequence[str]
    rdatas: Sequence[str]
    lines: Sequence[int]
    first: int

    @property
    def last_owner(self) -> str:
        """The last owner that is written, "" where none is."""
        return next((owner for owner in reversed(self.owners) if owner), "")

    @property
    def last_ttl(self) -> str:
        """The last TTL that is written, "" where none is."""
        return next((ttl for ttl in reversed(self.ttls) if ttl), "")

    def long_names(self, origin_length: int) -> list[int]:
        """Return the piece's indices of records with a name that may be too long.

        origin_length: characters that complete a relative name.
        """
        room = LONGEST_NAME - 1 - origin_length
        records = enumerate(zip(self.owners, self.types, self.rdatas, strict=True), self.first)
        return [i for i, (o, t, r) in records if len(o) > room or (t in NAMED and len(r) > room)]


def first_unsafe(
    piece: Piece, first: int, stop: int, *, owner_is_safe: bool, ttl_is_safe: bool
) -> int:
    """Return where, in piece[first:stop], the first record stands that inherits what it may not.

    owner_is_safe, ttl_is_safe: whether a blank owner, or no TTL, may be inherited unsaid.
    """
    if not owner_is_safe and first < stop and not piece.owners[first]:
        return first
    if ttl_is_safe:
        return stop
    try:
        return piece.ttls.index("", first, stop)
    except ValueError:
        return stop


def cut_run(piece: Piece, first: int, stop: int) -> Run | None:
    """Return the records of piece[first:stop], between two stops; None where there is none."""
    if first == stop:
        return None
    part = slice(first, stop)
    return Run(
        piece.owners[part],
        piece.ttls[part],
        piece.types[part],
        piece.rdatas[part],
        piece.lines[part],
        first,
    )
