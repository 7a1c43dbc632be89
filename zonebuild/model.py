"""Records, fragments, zones and the difference of two zones, as values.

Layer 0: values only, standard library only. A zone of a million records is kept as parallel
columns: a name is an index into one table, a record is made only when somebody looks at it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from zonebuild.diagnostic import Finding, Location


class Record(NamedTuple):
    """One resource record as its source has it.

    owner: absolute, lower case, with its final dot, in presentation format.
    ttl: seconds.
    rdtype: the type's mnemonic in upper case, `TYPE65280` where it has none.
    rdata: presentation format on one line; its names may be relative to *origin*.
    origin: absolute; what a relative name in *rdata* hangs on.
    """

    owner: str
    ttl: int
    rdtype: str
    rdata: str
    origin: str
    path: str
    line: int

    @property
    def location(self) -> Location:
        """Where the record stands in its source; the column is not worked out."""
        return Location(self.path, self.line)


class Block(NamedTuple):
    """Consecutive records of one file under one `$ORIGIN`, in the built zone's spelling.

    start: the row of its first record.
    text: a line a record, `OWNER TAB TTL TAB TYPE TAB RDATA LF`; names relative to *origin*.
    """

    start: int
    origin: str
    path: str
    text: str


@dataclass(slots=True)
class Records:
    """Records as parallel columns; row *i* of each column is record *i*.

    names: every owner and every target, absolute and lower case, to its index.
    owners, rdtypes, ttls, lines: name index, RFC type number, seconds, 1-based source line.
    target_rows, targets: for records whose rdata names a host: the row, and the name's index.
    blocks: the text of the records, in row order, without gaps.
    """

    names: dict[str, int] = field(default_factory=dict)
    owners: array[int] = field(default_factory=lambda: array("I"))
    rdtypes: array[int] = field(default_factory=lambda: array("H"))
    ttls: array[int] = field(default_factory=lambda: array("I"))
    lines: array[int] = field(default_factory=lambda: array("I"))
    target_rows: array[int] = field(default_factory=lambda: array("I"))
    targets: array[int] = field(default_factory=lambda: array("I"))
    blocks: list[Block] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.owners)

    def block(self, row: int) -> Block:
        """Return the block that holds *row*."""
        return self.blocks[bisect_right(self.blocks, row, key=_start) - 1]

    def location(self, row: int) -> Location:
        """Return where record *row* stands in its source."""
        return Location(self.block(row).path, self.lines[row])

    def record(self, row: int) -> Record:
        """Return record *row*; for many rows in order, `iterate` is faster."""
        block = self.block(row)
        return self._view(row, block, block.text.split("\n")[row - block.start])

    def iterate(self) -> Iterator[Record]:
        """Yield every record in row order."""
        for block in self.blocks:
            for row, text in enumerate(block.text.split("\n")[:-1], block.start):
                yield self._view(row, block, text)

    def select(self, rows: list[int]) -> Iterator[Record]:
        """Yield the records of *rows*, which must rise; each block is split only once."""
        block, texts = None, [""]
        for row in rows:
            wanted = self.block(row)
            if wanted is not block:
                block, texts = wanted, wanted.text.split("\n")
            yield self._view(row, wanted, texts[row - wanted.start])

    def name_list(self) -> list[str]:
        """Return the names so that `name_list()[index]` is the name of that index."""
        return list(self.names)

    def _view(self, row: int, block: Block, text: str) -> Record:
        written, ttl, rdtype, rdata = text.split("\t", 3)
        owner = self._owner(written, block.origin)
        return Record(owner, int(ttl), rdtype, rdata, block.origin, block.path, self.lines[row])

    @staticmethod
    def _owner(written: str, origin: str) -> str:
        return absolute(written, origin).lower()


def _start(block: Block) -> int:
    return block.start


def absolute(name: str, origin: str) -> str:
    """Return *name* made absolute: `@` is *origin*, a final dot ends it, else *origin* follows.

    origin: absolute. Case stays. A dot behind a backslash is no end (RFC 1035 section 5.1).
    """
    if name == "@":
        return origin
    if name.endswith(".") and not _is_escaped(name):
        return name
    return f"{name}." if origin == "." else f"{name}.{origin}"


def _is_escaped(name: str) -> bool:
    """Say whether the last character of *name* stands behind an odd number of backslashes."""
    body = name[:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1


@dataclass(slots=True)
class Leaks:
    """What a fragment would leave to, or take from, its neighbours if files were only joined.

    origin, owner, ttl: what holds at its end: the `$ORIGIN`, the last owner (absolute, None where
        there is none), the seconds of its last `$TTL` (None where it has none).
    own_origin_row: rows before it hang on the origin that the fragment began with.
    default_ttl_row: the first row that took the default TTL that the fragment began with.
    """

    origin: str
    owner: str | None = None
    ttl: int | None = None
    own_origin_row: int | None = None
    default_ttl_row: int | None = None


@dataclass(slots=True)
class Fragment:
    """What reading one file (and what it includes) gave.

    path: as messages name it, relative to the site.
    ttl: seconds; the default TTL in force at its end, None where there is none.
    fast: how many of its records took the fast path.
    """

    path: str
    records: Records
    findings: tuple[Finding, ...]
    leaks: Leaks
    ttl: int | None = None
    fast: int = 0


class Span(NamedTuple):
    """The rows of one fragment in its zone, up to but without *end*. ttl: as the fragment's."""

    path: str
    end: int
    ttl: int | None


@dataclass(slots=True)
class Zone:
    """The records of one zone, from its fragments in order.

    apex: absolute, lower case.
    masks: for each name index, the types it owns as bits of `TYPE_BITS`; 0: owns nothing.
    repeated: rising rows whose owner already had a record of the same bit: each belongs to an
        RRset of several records or, for `OTHER_BIT`, may do so.
    spans: the rows of each fragment, in row order.
    """

    apex: str
    records: Records
    masks: list[int]
    repeated: array[int]
    spans: tuple[Span, ...] = ()

    def types_at(self, owner: str) -> int:
        """Return the mask of *owner* (absolute, lower case), 0 where it owns nothing."""
        index = self.records.names.get(owner)
        return 0 if index is None else self.masks[index]


_COMMON = (
    1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 41, 43, 44, 46, 47, 48, 50, 51, 52, 59, 60, 64, 65,
    99, 256, 257,
)  # fmt: skip
TYPE_BITS: dict[int, int] = {rdtype: 1 << i for i, rdtype in enumerate(_COMMON)}
OTHER_BIT = 1 << len(_COMMON)  # every type that no check asks for by name


def type_bit(rdtype: int) -> int:
    """Return the mask bit of the type with RFC number *rdtype*."""
    return TYPE_BITS.get(rdtype, OTHER_BIT)


class Change(NamedTuple):
    """A record that was added or removed. rdata: canonical, its names absolute."""

    owner: str
    ttl: int
    rdtype: str
    rdata: str


class TTLChange(NamedTuple):
    """An RRset whose TTL alone changed, in seconds."""

    owner: str
    rdtype: str
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class ZoneDiff:
    """What differs between two versions of a zone, each part in canonical order (RFC 4034 6.1).

    soa: the SOA fields other than the serial that differ, each with its old and new value.
    """

    origin: str
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    ttl_changed: tuple[TTLChange, ...] = ()
    soa: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.ttl_changed or self.soa)
