"""Where machines' records stand in the zone that people wrote: each producer's own rule.

A record that may not stand is left out and told; one that joins an RRset takes its TTL
(RFC 2181 section 5.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import compress
from typing import NamedTuple, Protocol

from zonebuild import dropbox
from zonebuild.builder.sources import Part
from zonebuild.diagnostic import Finding, Severity
from zonebuild.model import Record, Zone, type_bit
from zonebuild.rdata.types import type_number
from zonebuild.site.names import file_name
from zonebuild.sshfp import place as sshfp
from zonebuild.summary import written_masks
from zonebuild.tlsa import placed as tlsa

Place = tuple[str, int]  # path and line
Rule = Callable[[str, str, Callable[[str], int], Callable[[str], bool]], str | None]

# By the name of a producer's fragment: the type of its records, and where they may stand.
RULES: dict[str, tuple[str, Rule]] = {
    "acme": ("TXT", dropbox.misplaced),
    "sshfp": ("SSHFP", sshfp.misplaced),
    "tlsa": ("TLSA", tlsa.misplaced),
}


class Placing(NamedTuple):
    """What is to be done with machines' records. refused: by place; ttls: seconds, by place."""

    refused: dict[Place, Finding]
    ttls: dict[Place, int]


class Written:
    """What people wrote of a zone: the first *rows* of it."""

    def __init__(self, zone: Zone, rows: int) -> None:
        self._zone, self._rows = zone, rows
        self._masks = written_masks(zone, rows)

    def mask(self, name: str) -> int:
        """Return the types that *name* owns."""
        index = self._zone.records.names.get(name)
        return 0 if index is None else self._masks[index]

    def exists(self, name: str) -> bool:
        """Say whether *name*, or a name below it, owns something. Wildcards do not count."""
        return self.mask(name) != 0 or self._is_empty_non_terminal(name)

    def _is_empty_non_terminal(self, name: str) -> bool:
        return any(owned.endswith(f".{name}") for owned in self._owned)

    @cached_property
    def _owned(self) -> list[str]:
        return list(compress(self._zone.records.names, self._masks))

    def ttl(self, owner: str, rdtype: int) -> int | None:
        """Return the TTL of an RRset, None where there is none."""
        if not self.mask(owner) & type_bit(rdtype):
            return None
        records, index = self._zone.records, self._zone.records.names[owner]
        rows = compress(range(self._rows), map(index.__eq__, records.owners))
        return next((records.ttls[row] for row in rows if records.rdtypes[row] == rdtype), None)


class Names(Protocol):
    """What people wrote, as rules ask of it: a `Written` zone, or its summary."""

    def mask(self, name: str) -> int:
        """Return the types that *name* owns."""

    def exists(self, name: str) -> bool:
        """Say whether *name*, or a name below it, owns something."""


def refuse(record: Record, apex: str, names: Names, producer: tuple[str, Rule]) -> Finding | None:
    """Return why a producer's record may not stand in the zone of *apex*, None where it may."""
    mnemonic, rule = producer
    why = f"it is {record.rdtype}, want {mnemonic} alone" if record.rdtype != mnemonic else None
    why = why or rule(record.owner, apex, names.mask, names.exists)
    if why is None:
        return None
    return Finding(record.location, Severity.ERROR, "misplaced-record", why)


def place_records(zone: Zone, parts: Sequence[Part]) -> Placing:
    """Return which records of producers may not stand in *zone*, and which take another TTL.

    zone: of *parts*, those of machines last.
    """
    ruled = ruled_paths(zone.apex)
    placing = Placing({}, {})
    if not any(part.is_machine and part.source.path in ruled for part in parts):
        return placing
    machine = {part.source.path for part in parts if part.is_machine}
    ends = [span.end for span in zone.spans if span.path not in machine]
    written = Written(zone, max(ends, default=0))
    for path, rows in _spans(zone):
        if path in ruled:
            _place(placing, zone, rows, written, ruled[path])
    return placing


def ruled_paths(apex: str) -> dict[str, tuple[str, Rule]]:
    """Return the fragments of producers in the zone of *apex*, with the rule of each."""
    return {f"extra/{file_name(apex)}/{name}": rule for name, rule in RULES.items()}


def _spans(zone: Zone) -> Iterator[tuple[str, range]]:
    start = 0
    for span in zone.spans:
        yield span.path, range(start, span.end)
        start = span.end


def _place(
    placing: Placing, zone: Zone, rows: range, written: Written, producer: tuple[str, Rule]
) -> None:
    mnemonic, _ = producer
    for record in zone.records.select(list(rows)):
        place = (record.path, record.line)
        refusal = refuse(record, zone.apex, written, producer)
        if refusal is not None:
            placing.refused[place] = refusal
            continue
        ttl = written.ttl(record.owner, type_number(mnemonic) or 0)
        if ttl is not None and ttl != record.ttl:
            placing.ttls[place] = ttl
