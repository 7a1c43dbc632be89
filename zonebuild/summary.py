"""What people wrote in a large zone, summed up: which names exist and which types they own.

Machines' records are judged against it without reading a million records again. A name is its
64-bit hash here, so that a summary of 700,000 names is looked up as it lies on the disk: loading
it makes no object a name. Two names with one hash are expected once in 10^7 such zones, and then
a challenge could stand at a name that does not exist; nothing else would change.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress

from zonebuild.model import Zone, type_bit

_MAGIC = b"zonebuild summary 1\n" + array("Q", [1]).tobytes()  # which tells the byte order
_HASH_OCTETS, _MASK_OCTETS = 8, 4


@dataclass(frozen=True, slots=True)
class Summary:
    """The names of one zone as sorted hashes, with the types of each; 0: an empty non-terminal."""

    hashes: array[int]
    masks: array[int]

    def mask(self, name: str) -> int:
        """Return the types that *name* (absolute, lower case) owns, as bits of `TYPE_BITS`."""
        at = self._index(name)
        return 0 if at is None else self.masks[at]

    def exists(self, name: str) -> bool:
        """Say whether *name*, or a name below it, owns something. Wildcards do not count."""
        return self._index(name) is not None

    def _index(self, name: str) -> int | None:
        wanted = _hash(name)
        at = bisect_left(self.hashes, wanted)
        return at if at < len(self.hashes) and self.hashes[at] == wanted else None

    def to_bytes(self) -> bytes:
        """Return the summary as a file holds it, for machines of this byte order alone."""
        return b"".join((_MAGIC, self.hashes.tobytes(), self.masks.tobytes()))


def read_summary(data: bytes) -> Summary | None:
    """Return the summary that *data* holds, None where it is damaged or of another kind."""
    count, rest = divmod(len(data) - len(_MAGIC), _HASH_OCTETS + _MASK_OCTETS)
    if not data.startswith(_MAGIC) or rest:
        return None
    middle = len(_MAGIC) + count * _HASH_OCTETS
    hashes, masks = array("Q"), array("I")
    hashes.frombytes(memoryview(data)[len(_MAGIC) : middle])
    masks.frombytes(memoryview(data)[middle:])
    return Summary(hashes, masks)


def summarise(zone: Zone, written: int) -> Summary:
    """Return the summary of the first *written* rows of *zone*: what people wrote."""
    return _sum_up(zone, written_masks(zone, written))


def summarise_rows(zone: Zone, rows: Iterable[int]) -> Summary:
    """Return the summary of *rows* of *zone* alone."""
    masks = [0] * len(zone.masks)
    for row in rows:
        masks[zone.records.owners[row]] |= type_bit(zone.records.rdtypes[row])
    return _sum_up(zone, masks)


def _sum_up(zone: Zone, masks: list[int]) -> Summary:
    owned = list(compress(zone.records.names, masks))
    empty = _empty_non_terminals(owned, zone.apex)
    pairs = list(zip(map(_hash, owned), filter(None, masks), strict=True))
    pairs += [(_hash(name), 0) for name in empty]
    pairs.sort()
    return Summary(array("Q", [h for h, _ in pairs]), array("I", [mask for _, mask in pairs]))


def written_masks(zone: Zone, written: int) -> list[int]:
    """Return the types of each name index in the first *written* rows of *zone* alone."""
    owners, rdtypes = zone.records.owners, zone.records.rdtypes
    masks = list(zone.masks)
    touched = frozenset(owners[written:])
    for index in touched:
        masks[index] = 0
    if touched:
        for row in compress(range(written), map(touched.__contains__, owners[:written])):
            masks[owners[row]] |= type_bit(rdtypes[row])
    return masks


def _empty_non_terminals(owned: Collection[str], apex: str) -> set[str]:
    """Return the names between *owned* and the apex that own nothing (RFC 4592 section 2.2.2)."""
    known = set(owned)
    empty: set[str] = set()
    level: Iterable[str] = known
    while True:
        above = {name for name in _parents(level) if len(name) > len(apex)}
        level = above - known - empty
        if not level:
            return empty
        empty |= level


def _parents(names: Iterable[str]) -> Iterator[str]:
    """Yield the name one label above each; a dot behind a backslash ends no label."""
    for name in names:
        label, _, rest = name.partition(".")
        while label.endswith("\\") and rest:  # `\\.` is rare: at worst a name too many exists
            label, _, rest = rest.partition(".")
        yield rest


def _hash(name: str) -> int:
    digest = blake2b(name.encode("ascii", "replace"), digest_size=_HASH_OCTETS).digest()
    return int.from_bytes(digest, "big")
