"""A zone looked over once: what several checks ask, worked out when the first of them asks.

A million records leave no time to look at each for each check: names are numbers here, and every
question is first put to the few type masks that occur, then to the names that have them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from itertools import chain, compress, islice, repeat
from operator import eq
from typing import TypeVar, cast

from zonebuild.checks import bits
from zonebuild.checks.existence import EmptyNonTerminals
from zonebuild.checks.lines import Lines
from zonebuild.checks.names import ancestors, is_below
from zonebuild.checks.place import OURS, OUTSIDE, Places
from zonebuild.checks.rrsets import repeated_rrsets
from zonebuild.checks.settings import NO_SETTINGS, Settings
from zonebuild.model import Zone
from zonebuild.rdata.canonical import TARGET_TOKEN
from zonebuild.rdata.types import type_mnemonic

_WATCHED = (
    bits.NS_BIT | bits.CNAME_BIT | bits.SOA_BIT | bits.DNAME_BIT | bits.DS_BIT | bits.SIGNER_BITS
)
_Answer = TypeVar("_Answer")


class Survey:
    """What checks ask of one zone. A name is its index, a record its row."""

    def __init__(self, zone: Zone, settings: Settings = NO_SETTINGS) -> None:
        self.settings = settings
        self.zone, self.apex = zone, zone.apex
        self.records, self.masks = zone.records, zone.masks
        self.indices = zone.records.names
        self.names = zone.records.name_list()
        self.apex_index = self.indices.get(zone.apex)
        self._lines = Lines(zone.records)
        self._sources: dict[int, int | None] = {}
        self._answers: dict[Callable[[Survey], object], object] = {}
        self._rows: dict[int, list[int]] = {}
        self._pointing: dict[int, tuple[list[int], list[int]]] = {}

    def once(self, ask: Callable[[Survey], _Answer]) -> _Answer:
        """Return what *ask* answers for this zone, worked out at the first call alone.

        For what the checks of one family share.
        """
        if ask not in self._answers:
            self._answers[ask] = ask(self)
        return cast("_Answer", self._answers[ask])

    # -- names and the types they own -----------------------------------------------------------

    @cached_property
    def kinds(self) -> frozenset[int]:
        """The masks that occur."""
        return frozenset(self.masks)

    @cached_property
    def _holders(self) -> dict[int, list[int]]:
        """The names that have each mask worth watching; a lone CNAME is too common to be."""
        watched = {m for m in self.kinds if m & _WATCHED and m != bits.CNAME_BIT}
        holders: dict[int, list[int]] = {mask: [] for mask in watched}
        for index in compress(range(len(self.masks)), map(watched.__contains__, self.masks)):
            holders[self.masks[index]].append(index)
        return holders

    def holders(self, wanted: int) -> list[int]:
        """Return the names, rising, that own a type of *wanted* and not just a CNAME."""
        lists = [indices for mask, indices in self._holders.items() if mask & wanted]
        return sorted(index for indices in lists for index in indices)

    def mask(self, name: str) -> int:
        """Return the types that *name* owns, 0 where it owns nothing."""
        return self.zone.types_at(name)

    def owner(self, row: int) -> str:
        """Return the owner name of record *row*."""
        return self.names[self.records.owners[row]]

    def type_of(self, row: int) -> str:
        """Return the mnemonic of the type of record *row*."""
        return type_mnemonic(self.records.rdtypes[row])

    # -- rows -----------------------------------------------------------------------------------

    def rows_at(self, owners: Collection[int]) -> dict[int, list[int]]:
        """Return the rising rows of each name of *owners*, names in the order of their first."""
        found: dict[int, list[int]] = {}
        if owners:
            wanted = frozenset(owners)
            for row in [row for row, o in enumerate(self.records.owners) if o in wanted]:
                found.setdefault(self.records.owners[row], []).append(row)
        return found

    def first_rows(self, owners: Collection[int], rdtype: int) -> dict[int, list[int]]:
        """Return as `rows_at`, with the first row of *rdtype* put in front of the others."""
        rdtypes = self.records.rdtypes
        rows_at = self.rows_at(owners)
        return {o: sorted(rows, key=lambda r: rdtypes[r] != rdtype) for o, rows in rows_at.items()}

    @cached_property
    def rdtypes(self) -> frozenset[int]:
        """The types that occur."""
        return frozenset(self.records.rdtypes)

    def rdatas(self, rows: Sequence[int]) -> Iterator[tuple[int, str, str]]:
        """Yield row, origin and rdata text of *rows*, which must rise."""
        return self._lines.rdatas(rows) if rows else iter(())

    def rows_of(self, rdtype: int) -> Sequence[int]:
        """Return the rising rows of *rdtype*."""
        if rdtype not in self.rdtypes:
            return ()
        if type_mnemonic(rdtype) in TARGET_TOKEN:
            return self.pointing(rdtype)[0]
        if rdtype not in self._rows:
            is_wanted = map(eq, self.records.rdtypes, repeat(rdtype))
            self._rows[rdtype] = list(compress(range(len(self.records)), is_wanted))
        return self._rows[rdtype]

    def search(self, pattern: re.Pattern[str]) -> Sequence[tuple[int, re.Match[str]]]:
        """Return the row of each match of *pattern* in the zone's text, of one row at most one.

        pattern: sees lines `OWNER TAB TTL TAB TYPE TAB RDATA`; it must match inside one line.
        Several checks may ask for the same; the text is searched once.
        """
        return self._lines.search(pattern)

    def unusual(self, rdtype: int) -> Sequence[tuple[int, str, str]]:
        """Return rising row, origin and rdata of what a glance at *rdtype* does not find right.

        rdtype: one that `usual` has a pattern for.
        """
        return self._lines.unusual.get(type_mnemonic(rdtype), ())

    @cached_property
    def rrsets(self) -> dict[int, list[list[int]]]:
        """By type, the RRsets of several records, each as its rising rows."""
        return repeated_rrsets(self.records, self.zone.repeated)

    @cached_property
    def repeated_texts(self) -> dict[int, tuple[str, str]]:
        """By row the origin and rdata of the records of `rrsets`, but of types that name hosts."""
        rrsets = (
            rrsets
            for rdtype, rrsets in self.rrsets.items()
            if type_mnemonic(rdtype) not in TARGET_TOKEN
        )
        rows = sorted(chain.from_iterable(chain.from_iterable(rrsets)))
        return {row: (origin, rdata) for row, origin, rdata in self.rdatas(rows)}

    # -- where names lie ------------------------------------------------------------------------

    @cached_property
    def places(self) -> Places:
        """Which names lie outside, below a zone cut, below a DNAME."""
        holders = self.holders(bits.NS_BIT | bits.DNAME_BIT)
        # A name above the apex, which is out of zone, hides nothing of the zone.
        inside = (i for i in holders if not is_below(self.apex, self.names[i]))
        return Places(self.zone, self.names, inside)

    @cached_property
    def cuts(self) -> list[int]:
        """The zone cuts: names with NS below the apex, not below another cut or a DNAME."""
        candidates = [i for i in self.holders(bits.NS_BIT) if i != self.apex_index]
        return [i for i in candidates if not self.places.of(i)]

    def highest_holder(self, name: str, wanted: int) -> str:
        """Return the highest name above *name* that has *wanted*; NS at the apex hide nothing."""
        inside = [above for above in ancestors(name) if is_below(above, self.apex)]
        if self.mask(self.apex) & wanted & ~bits.NS_BIT:
            return self.apex
        return [above for above in inside if self.mask(above) & wanted][-1]

    # -- what answers for a name ----------------------------------------------------------------

    @cached_property
    def _empty_non_terminals(self) -> EmptyNonTerminals:
        return EmptyNonTerminals(self.places.occupied())

    def exists(self, name: str) -> bool:
        """Say whether *name* exists here: it, or a name below it, owns something."""
        return name == self.apex or self.mask(name) != 0 or name in self._empty_non_terminals

    def closest_encloser(self, name: str) -> str:
        """Return the nearest existing name above *name*, which lies below the apex.

        Spec: RFC 4592 section 3.3.1.
        """
        return next((above for above in ancestors(name) if self.exists(above)), self.apex)

    def source_of(self, index: int) -> int | None:
        """Return the name whose records answer for *index*: itself, a wildcard, or None.

        index: a name of the zone that no cut and no DNAME hides.
        """
        if self.masks[index]:
            return index
        if index not in self._sources:
            self._sources[index] = self._find_source(index)
        return self._sources[index]

    def _find_source(self, index: int) -> int | None:
        name = self.names[index]
        if self.exists(name):
            return index
        encloser = self.closest_encloser(name)
        wildcard = self.indices.get("*." if encloser == "." else f"*.{encloser}")
        return wildcard if wildcard is not None and self.masks[wildcard] else None

    # -- targets --------------------------------------------------------------------------------

    def targets_of(self, rows: list[int]) -> Sequence[int]:
        """Return the targets of *rows*, rising, the rdata of each of which names a host."""
        target_rows, targets, count = self.records.target_rows, self.records.targets, len(rows)
        first = bisect_left(target_rows, rows[0])
        if rows[-1] - rows[0] == count - 1:
            return targets[first : first + count]
        return [targets[bisect_left(target_rows, row, first)] for row in rows]

    @cached_property
    def before_same_target(self) -> frozenset[int]:
        """The rows with a target, the next of which has the same target."""
        rows, targets = self.records.target_rows, self.records.targets
        return frozenset(compress(rows, map(eq, targets, islice(targets, 1, None))))

    @cached_property
    def _target_types(self) -> list[int]:
        return list(map(self.records.rdtypes.__getitem__, self.records.target_rows))

    def pointing(self, rdtype: int) -> tuple[list[int], list[int]]:
        """Return the rising rows of *rdtype*, which names a host, and the target of each."""
        if rdtype not in self.rdtypes:
            return [], []
        if rdtype not in self._pointing:
            chosen = list(map(eq, self._target_types, repeat(rdtype)))
            columns = self.records.target_rows, self.records.targets
            rows, targets = (list(compress(column, chosen)) for column in columns)
            self._pointing[rdtype] = rows, targets
        return self._pointing[rdtype]

    @cached_property
    def name_servers(self) -> frozenset[int]:
        """The targets of all NS: whose addresses may be glue."""
        return frozenset(self.pointing(bits.NS)[1])

    @cached_property
    def unaddressed(self) -> dict[int, list[tuple[int, int]]]:
        """For CNAME, NS, MX and SRV: rows, with in-zone targets that own no address here.

        A row whose own owner is hidden or out of the zone is left out.
        """
        place, owners = self.places.of, self.records.owners
        pointing = {rdtype: self.pointing(rdtype) for rdtype in bits.HOST_TYPES}
        aimed_at = set().union(*(targets for _rows, targets in pointing.values()))
        bare = {target for target in aimed_at if not self.masks[target] & bits.ADDRESS_BITS}
        bare = {target for target in bare if not place(target) & OUTSIDE}
        found: dict[int, list[tuple[int, int]]] = {}
        for rdtype, (rows, targets) in pointing.items():
            pairs = compress(zip(rows, targets, strict=True), map(bare.__contains__, targets))
            found[rdtype] = [pair for pair in pairs if not place(owners[pair[0]])]
        return found

    def is_ours(self, index: int) -> bool:
        """Say whether this zone answers for *index*: inside, at or below no cut, no DNAME."""
        is_cut = self.masks[index] & bits.NS_BIT and index != self.apex_index
        return not is_cut and self.places.of(index) == OURS
