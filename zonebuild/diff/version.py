"""One version of a zone, seen from the names that a difference touches.

Spec: RFC 1034 section 4.3.2 (how a server finds its answer); RFC 2308 section 5 (how long a
negative answer is kept); RFC 4592 section 3.3.1 (the closest encloser); RFC 6672 (DNAME).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from zonebuild.model import Records
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.types import type_mnemonic

_FIRST_LABEL = re.compile(r"(?:[^.\\]|\\\d{3}|\\.)*\.")


class Held(NamedTuple):
    """An RRset: its TTL in seconds, the greatest where they differ, and how many records."""

    ttl: int
    size: int


class Version:
    """What one version of a zone holds at, above and around some owner names.

    owners: absolute, lower case; only of these, of what is above them and of the wildcards
        that might answer for them anything can be asked.
    """

    def __init__(self, apex: str, records: Records, owners: Iterable[str]) -> None:
        self.apex, self._records = apex, records
        self._rrsets: dict[str, dict[str, Held]] = {}
        self._read(_around(apex, owners))

    def _read(self, wanted: set[str]) -> None:
        known = self._records.names
        names = {known[name]: name for name in wanted if name in known}
        owners, rdtypes, ttls = self._records.owners, self._records.rdtypes, self._records.ttls
        self._soa_row: int | None = None
        for row in [row for row, owner in enumerate(owners) if owner in names]:
            owner, rdtype = names[owners[row]], type_mnemonic(rdtypes[row])
            held = self._rrsets.setdefault(owner, {})
            ttl, size = held.get(rdtype, (0, 0))
            held[rdtype] = Held(max(ttl, ttls[row]), size + 1)
            if rdtype == "SOA" and owner == self.apex:
                self._soa_row = row

    @property
    def is_empty(self) -> bool:
        """Whether there is no zone at all."""
        return not len(self._records)

    @property
    def longest_ttl(self) -> int:
        """The greatest TTL of the zone, in seconds."""
        return max(self._records.ttls, default=0)

    @cached_property
    def negative_ttl(self) -> int | None:
        """Seconds for which resolvers keep that something is not there; None without a SOA."""
        if self._soa_row is None:
            return None
        (soa,) = self._records.select([self._soa_row])
        fields = canonical_text("SOA", soa.rdata, soa.origin).split(" ")
        return min(soa.ttl, int(fields[-1]))

    def rrset(self, owner: str, rdtype: str) -> Held | None:
        """Return the RRset of *rdtype* at *owner*, None where there is none."""
        return self._rrsets.get(owner, {}).get(rdtype)

    def exists(self, name: str) -> bool:
        """Say whether *name* owns anything, or has a name below it that does."""
        return name in self._rrsets or name in self._names

    def cut_over(self, name: str) -> str | None:
        """Return the zone cut at or above *name*, the apex not counted, None where none is."""
        cuts = [n for n in (name, *lineage(self.apex, name)) if self.rrset(n, "NS")]
        return next((cut for cut in reversed(cuts) if cut != self.apex), None)

    def dname_over(self, name: str) -> str | None:
        """Return the owner of the DNAME that redirects *name*, None where none does."""
        found = [n for n in lineage(self.apex, name) if self.rrset(n, "DNAME")]
        return found[-1] if found else None

    def wildcard_for(self, name: str) -> str | None:
        """Return the wildcard that answers for *name*, which does not exist; None without one."""
        encloser = next((n for n in lineage(self.apex, name) if self.exists(n)), self.apex)
        wildcard = _child("*", encloser)
        return wildcard if wildcard in self._rrsets else None

    @cached_property
    def _names(self) -> set[str]:
        """Every name that exists, the empty non-terminals among them (RFC 9499 section 7)."""
        names = self._records.name_list()
        level = {names[index] for index in set(self._records.owners)}
        found: set[str] = set()
        while level:
            found |= level
            level = {parent(name) for name in level} - found - {""}
        return found


def lineage(apex: str, name: str) -> Iterator[str]:
    """Yield the names above *name*, the nearest first, up to and with *apex*."""
    while name != apex and name not in ("", "."):
        name = parent(name) or "."
        yield name


def parent(name: str) -> str:
    """Return *name* (absolute) without its first label; nothing is above the top-level names."""
    if "\\" not in name:
        return name.partition(".")[2]
    match = _FIRST_LABEL.match(name)
    return name[match.end() :] if match else ""


def _around(apex: str, owners: Iterable[str]) -> set[str]:
    """Return *owners*, the names above them up to *apex*, and the wildcards beside all these."""
    wanted = {apex}
    for owner in owners:
        for name in (owner, *lineage(apex, owner)):
            if name in wanted:
                break
            wanted.add(name)
    return wanted | {_child("*", name) for name in wanted}


def _child(label: str, name: str) -> str:
    return f"{label}." if name == "." else f"{label}.{name}"
