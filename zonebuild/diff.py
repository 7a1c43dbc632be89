"""Two versions of a zone into what differs between them, record by record.

Order, spelling and comments of the sources do not count; the serial does not either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from zonebuild.model import Block, Change, Records, TTLChange, ZoneDiff, absolute
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.order import name_order
from zonebuild.rdata.types import type_number

_SOA_FIELDS = ("mname", "rname", "serial", "refresh", "retry", "expire", "minimum")


def diff_records(apex: str, old: Records, new: Records) -> ZoneDiff:
    """Return what *new* has that *old* has not, and the other way round.

    A record whose TTL alone differs is told once for its RRset; the SOA's fields one by one.
    """
    old_lines, new_lines = _lines(old.blocks), _lines(new.blocks)
    removed = {_change(*line) for line in old_lines - new_lines}
    added = {_change(*line) for line in new_lines - old_lines}
    removed, added = removed - added, added - removed
    soa, removed, added = _split_soa(apex, removed, added)
    ttl_changed, removed, added = _split_ttls(removed, added)
    return ZoneDiff(apex, _in_order(added), _in_order(removed), _in_order(ttl_changed), tuple(soa))


def _lines(blocks: Iterable[Block]) -> set[tuple[str, str]]:
    """Return each record's line with its origin: equal pairs are equal records."""
    lines: set[tuple[str, str]] = set()
    for block in blocks:
        origin = block.origin
        lines.update([(origin, line) for line in block.text.split("\n")[:-1]])
    return lines


def _change(origin: str, line: str) -> Change:
    written, ttl, rdtype, rdata = line.split("\t", 3)
    owner = absolute(written, origin).lower()
    return Change(owner, int(ttl), rdtype, canonical_text(rdtype, rdata, origin))


def _split_soa(
    apex: str, removed: set[Change], added: set[Change]
) -> tuple[list[tuple[str, str, str]], set[Change], set[Change]]:
    """Return the SOA fields that differ, and the changes without a SOA that is on both sides."""
    before = {change for change in removed if change.rdtype == "SOA" and change.owner == apex}
    after = {change for change in added if change.rdtype == "SOA" and change.owner == apex}
    if len(before) != 1 or len(after) != 1:
        return [], removed, added
    (old,), (new,) = before, after
    fields = [
        (field, a, b)
        for field, a, b in zip(_SOA_FIELDS, old.rdata.split(), new.rdata.split(), strict=True)
        if a != b and field != "serial"
    ]
    if old.ttl != new.ttl:
        fields.append(("ttl", str(old.ttl), str(new.ttl)))
    return fields, removed - before, added - after


def _split_ttls(
    removed: set[Change], added: set[Change]
) -> tuple[set[TTLChange], set[Change], set[Change]]:
    """Return the RRsets with another TTL, and the changes that are more than that."""
    before = {(c.owner, c.rdtype, c.rdata): c for c in removed}
    changed: set[TTLChange] = set()
    only_ttl: set[Change] = set()
    for change in added:
        old = before.get((change.owner, change.rdtype, change.rdata))
        if old is not None:
            changed.add(TTLChange(change.owner, change.rdtype, old.ttl, change.ttl))
            only_ttl |= {old, change}
    return changed, removed - only_ttl, added - only_ttl


_AnyChange = TypeVar("_AnyChange", Change, TTLChange)


def _in_order(changes: Iterable[_AnyChange]) -> tuple[_AnyChange, ...]:
    return tuple(
        sorted(changes, key=lambda c: (name_order(c.owner), type_number(c.rdtype) or 0, c))
    )
