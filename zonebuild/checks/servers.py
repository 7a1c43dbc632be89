"""The name servers that a zone and its delegations name, and the addresses here of these hosts."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from zonebuild.checks import bits
from zonebuild.checks.survey import Survey
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.types import type_mnemonic

# What is canonical at a glance: up to six groups, none of them 0, and `::` between two of them.
_GROUP = "[1-9a-f][0-9a-f]{0,3}"
_PLAIN_IPV6 = re.compile(rf"(?!(?:[^:]*:){{7}})(?:{_GROUP}:)+(?::{_GROUP})+")


class Address(NamedTuple):
    """An address of a host. row: of its A or AAAA. text: in canonical form."""

    row: int
    text: str


class Servers:
    """The NS of one zone that somebody sees: those of its apex and of its zone cuts."""

    def __init__(self, survey: Survey) -> None:
        """Look at *survey*, which keeps the answers."""
        self._survey = survey
        owners = survey.records.owners
        seen = set(survey.cuts)
        if survey.apex_index is not None:
            seen.add(survey.apex_index)
        rows, targets = survey.pointing(bits.NS)
        is_seen = [owners[row] in seen for row in rows]
        self.rows: list[int] = list(compress(rows, is_seen))
        self.targets: list[int] = list(compress(targets, is_seen))

    @cached_property
    def owners(self) -> list[int]:
        """The owner of each of `rows`."""
        return [self._survey.records.owners[row] for row in self.rows]

    @cached_property
    def counts(self) -> Counter[int]:
        """How many NS each owner has."""
        return Counter(self.owners)

    @cached_property
    def hosts(self) -> frozenset[int]:
        """The names that NS point at."""
        return frozenset(self.targets)

    def of(self, owner: int) -> list[tuple[int, int]]:
        """Return rows and targets of the NS of one *owner*; for many owners use `by_owner`."""
        pairs = zip(self.rows, self.targets, strict=True)
        return list(compress(pairs, map(owner.__eq__, self.owners)))

    @cached_property
    def by_owner(self) -> dict[int, list[tuple[int, int]]]:
        """Rows and targets of the NS of each owner."""
        found: dict[int, list[tuple[int, int]]] = {}
        for owner, row, target in zip(self.owners, self.rows, self.targets, strict=True):
            found.setdefault(owner, []).append((row, target))
        return found

    @cached_property
    def addresses(self) -> dict[int, list[Address]]:
        """The addresses that this zone has for hosts that NS point at."""
        survey, records = self._survey, self._survey.records
        holding = {i for i in self.hosts if survey.masks[i] & bits.ADDRESS_BITS}
        found: dict[int, list[Address]] = {}
        if not holding:
            return found
        owned = compress(range(len(records)), map(holding.__contains__, records.owners))
        rows = [row for row in owned if records.rdtypes[row] in (bits.A, bits.AAAA)]
        for row, origin, rdata in survey.rdatas(rows):
            rdtype = records.rdtypes[row]
            if not (_PLAIN_IPV6.fullmatch(rdata) if rdtype == bits.AAAA else "\\" not in rdata):
                rdata = canonical_text(type_mnemonic(rdtype), rdata, origin)
            found.setdefault(records.owners[row], []).append(Address(row, rdata))
        return found
