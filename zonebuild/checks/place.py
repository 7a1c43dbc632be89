"""Where each name of a zone lies: ours, outside, below a zone cut, below a DNAME.

Names that share a parent share their place, so it is worked out once for each parent. Ancestors
are looked at but never kept: a hostile zone has a hundred for each name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress, count, repeat
from operator import itemgetter

from zonebuild.checks import bits
from zonebuild.checks.names import is_below, parent_of
from zonebuild.model import Zone

# What keeps a name from being answered from its own records, as bits; OURS: nothing does.
OURS, OUTSIDE, BELOW_CUT, BELOW_DNAME = 0, 1, 2, 4

MAX_DOTS = 255  # of a name as text, some of them escaped (RFC 1035 section 2.3.4)
_ROOT = ""  # its key: what stands behind the dot of a top-level name
_ParentsOf = Callable[[Iterable[str]], Iterator[str]]


class Places:
    """The place of every name of one zone, by index."""

    def __init__(self, zone: Zone, names: Sequence[str], hiding: Iterable[int]) -> None:
        """Look at *zone* with these *names*; *hiding* are those that own NS or DNAME."""
        self._masks, self._apex_index = zone.masks, zone.records.names.get(zone.apex)
        parents_of = _careful_parents if _may_be_escaped(zone) else _plain_parents
        ids: defaultdict[str, int] = defaultdict(count().__next__)
        self._parents = list(map(ids.__getitem__, parents_of(names)))
        self._parent_keys = list(ids)
        made = {_key(names[index]): _made_by(zone.masks[index]) for index in hiding}
        if self._apex_index is not None:
            made[_key(zone.apex)] = _made_by(zone.types_at(zone.apex) & ~bits.NS_BIT)
        places = _hidden(ids, made, parents_of)
        for key_id in _outside(self._parent_keys, zone.apex):
            places[key_id] |= OUTSIDE
        self._places = bytes(places)

    def of(self, index: int) -> int:
        """Return the place of the name *index*."""
        return OURS if index == self._apex_index else self._places[self._parents[index]]

    @cached_property
    def _elsewhere(self) -> list[int]:
        places = map(self._places.__getitem__, self._parents)
        return [i for i in compress(range(len(self._parents)), places) if i != self._apex_index]

    def elsewhere(self, wanted: int) -> list[int]:
        """Return the names, rising, that own something and lie where *wanted* says."""
        places, parents, masks = self._places, self._parents, self._masks
        return [i for i in self._elsewhere if places[parents[i]] & wanted and masks[i]]

    def parents(self) -> Sequence[str]:
        """Return the names right above those of the zone, the root as ""."""
        return self._parent_keys

    def occupied(self) -> Iterator[str]:
        """Yield each name that has an owner right below it, and perhaps the root."""
        taken = set(compress(self._parents, self._masks))
        return (self._parent_keys[parent] or "." for parent in taken)


def _hidden(ids: dict[str, int], made: dict[str, int], parents_of: _ParentsOf) -> bytearray:
    """Return for each key of *ids* what it and the names above it make of the names below it.

    made: what a name makes of the names below it. A name with no more dots than any of these has
    none of them above it.
    """
    made = {key: place for key, place in made.items() if place}
    places = bytearray([made.pop(_ROOT, OURS)]) * len(ids)
    fewest = min((key.count(".") for key in made), default=MAX_DOTS)
    keys, at = list(ids), list(range(len(ids)))
    while keys and made:
        for key_id, key in compress(zip(at, keys, strict=True), map(made.__contains__, keys)):
            places[key_id] |= made[key]
        is_deep = list(map(fewest.__lt__, map(str.count, keys, repeat("."))))
        keys, at = list(parents_of(compress(keys, is_deep))), list(compress(at, is_deep))
    return places


def _outside(keys: Sequence[str], apex: str) -> list[int]:
    """Return the ids of those of *keys* that are neither *apex* nor below it."""
    if apex == ".":
        return []
    suffix = f".{apex}"
    unsure = [i for i, key in enumerate(keys) if not key.endswith(suffix) or "\\" in key]
    return [i for i in unsure if keys[i] != apex and not is_below(keys[i], apex)]


def _key(name: str) -> str:
    return _ROOT if name == "." else name


def _plain_parents(names: Iterable[str]) -> Iterator[str]:
    """Yield the key of the parent of each of *names*, none of which has an escape."""
    return map(itemgetter(2), map(str.partition, names, repeat(".")))


def _careful_parents(names: Iterable[str]) -> Iterator[str]:
    return map(_key, map(parent_of, names))


def _made_by(mask: int) -> int:
    """Return where the types of *mask* put the names below their owner."""
    below_cut = BELOW_CUT if mask & bits.NS_BIT else OURS
    below_dname = BELOW_DNAME if mask & bits.DNAME_BIT else OURS
    return below_cut | below_dname


def _may_be_escaped(zone: Zone) -> bool:
    """Say whether a name of *zone* may hold a backslash; its texts are fewer than its names."""
    blocks = zone.records.blocks
    return "\\" in zone.apex or any("\\" in block.text or "\\" in block.origin for block in blocks)
