"""A run of plain records, cut from a piece: the columns that one stop leaves to the next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple, TypeVar

from zonebuild.rdata.canonical import TARGET_TOKEN
from zonebuild.zonefile.scan import Piece

_T = TypeVar("_T")
LONGEST_NAME = 254  # characters with the final dot, without escapes (RFC 1035 section 2.3.4)
_NAMED = frozenset(TARGET_TOKEN) | {"SOA"}


class Run(NamedTuple):
    """Plain records as columns. indices: where each stands in its piece."""

    owners: Sequence[str]
    ttls: Sequence[str]
    types: Sequence[str]
    rdatas: Sequence[str]
    lines: Sequence[int]
    indices: Sequence[int]

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
        named = [r for t, r in zip(self.types, self.rdatas, strict=True) if t in _NAMED]
        if max(map(len, self.owners)) <= room and (not named or max(map(len, named)) <= room):
            return []
        records = zip(self.owners, self.types, self.rdatas, self.indices, strict=True)
        return [i for o, t, r, i in records if len(o) > room or (t in _NAMED and len(r) > room)]


def first_unsafe(
    piece: Piece, first: int, stop: int, *, owner_is_safe: bool, ttl_is_safe: bool
) -> int:
    """Return where, in piece[first:stop], the first record stands that inherits what it may not.

    owner_is_safe, ttl_is_safe: whether a blank owner, or no TTL, may be inherited unsaid.
    """
    if not owner_is_safe:
        record = next((i for i in range(first, stop) if piece.types[i]), stop)
        if record < stop and not piece.owners[record]:
            return record
    return stop if ttl_is_safe else _first_without_ttl(piece, first, stop)


def _first_without_ttl(piece: Piece, first: int, stop: int) -> int:
    try:
        while True:
            first = piece.ttls.index("", first, stop)
            if piece.types[first]:
                return first
            first += 1
    except ValueError:
        return stop


def cut_run(piece: Piece, first: int, stop: int) -> Run | None:
    """Return the records of piece[first:stop], None where there is none among them."""
    part = slice(first, stop)
    types = piece.types[part]
    if "" not in types:
        columns = (piece.owners[part], piece.ttls[part], types, piece.rdatas[part])
        return Run(*columns, piece.lines[part], range(first, stop)) if types else None

    def records(column: Sequence[_T]) -> list[_T]:
        return list(compress(column, types))

    run = Run(
        records(piece.owners[part]),
        records(piece.ttls[part]),
        records(types),
        records(piece.rdatas[part]),
        records(piece.lines[part]),
        records(range(first, stop)),
    )
    return run if run.types else None
