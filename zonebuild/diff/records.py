"""Two versions of a zone into what differs between them, record by record.

Order, spelling and comments of the sources do not count; the serial does not either.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar

from zonebuild.model import Block, Change, Records, TTLChange, ZoneDiff, absolute
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.order import name_order
from zonebuild.rdata.types import type_number

# What signers make; DS is not among them: it is written into the parent. In records of TYPE65534
# BIND notes at the apex how far it has signed.
DNSSEC_TYPES = frozenset(
    {"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534"}
)

# A record of those types in one line that states its owner, and that no other takes it from.
_DNSSEC_LINE = re.compile(
    r"^[^\s;$][^\s;\"()]*[ \t]+(?:[0-9]+[ \t]+)?(?:IN[ \t]+)?"
    rf"(?:{'|'.join(sorted(DNSSEC_TYPES))})[ \t][^;\"()\n]*(?:;.*)?\n(?![ \t])",
    re.MULTILINE,
)

_SOA_FIELDS = ("mname", "rname", "serial", "refresh", "retry", "expire", "minimum")
_FEW = 32  # lines, each of which is looked for in the whole other text


class Line(NamedTuple):
    """A record as a block spells it: equal lines are equal records."""

    origin: str
    text: str

    @property
    def rdtype(self) -> str:
        """Its type's mnemonic."""
        return self.text.split("\t", 3)[2]


def without_dnssec_lines(text: str) -> str:
    """Return *text*, of a signed zone, without the records of DNSSEC_TYPES that stand in one line.

    Two thirds of what signers write would be read with the greatest care only to be left out; a
    record that is written in another way stays, and is left out when it has been read.
    """
    return _DNSSEC_LINE.sub("", text)


def diff_records(apex: str, old: Records, new: Records) -> ZoneDiff:
    """Return what *new* has that *old* has not, and the other way round.

    A record whose TTL alone differs is told once for its RRset; the SOA's fields one by one.
    """
    return diff_of_lines(apex, *changed_lines(old.blocks, new.blocks))


def diff_of_lines(apex: str, gone: Iterable[Line], come: Iterable[Line]) -> ZoneDiff:
    """Return the difference that the lines make which only one version has."""
    removed = {_change(*line) for line in gone}
    added = {_change(*line) for line in come}
    removed, added = removed - added, added - removed
    soa, removed, added = _split_soa(apex, removed, added)
    ttl_changed, removed, added = _split_ttls(removed, added)
    return ZoneDiff(apex, _in_order(added), _in_order(removed), _in_order(ttl_changed), tuple(soa))


def changed_lines(old: Collection[Block], new: Collection[Block]) -> tuple[list[Line], list[Line]]:
    """Return the lines that only *old* has, and those that only *new* has."""
    before, after = _texts(old), _texts(new)
    gone: list[Line] = []
    come: list[Line] = []
    for origin in {**before, **after}:
        ours, theirs = _differing(before.get(origin, ""), after.get(origin, ""))
        gone += [Line(origin, text) for text in ours]
        come += [Line(origin, text) for text in theirs]
    return gone, come


def _texts(blocks: Iterable[Block]) -> dict[str, str]:
    """Return all lines of each origin: their order does not count."""
    texts: dict[str, list[str]] = {}
    for block in blocks:
        texts.setdefault(block.origin, []).append(block.text)
    return {origin: "".join(parts) for origin, parts in texts.items()}


def _differing(old: str, new: str) -> tuple[set[str], set[str]]:
    """Return the lines of *old* that are not in *new*, and the other way round.

    Most changes are small: what both texts begin and end with is never cut into lines.
    """
    if old == new:
        return set(), set()
    start = _common_start(old, new)
    end = _common_end(old, new, start)
    before, after = _lines(old[start : len(old) - end]), _lines(new[start : len(new) - end])
    gone, come = before - after, after - before
    if len(gone) + len(come) > _FEW:  # a line may stand twice, in the common part as well
        before, after = _lines(old), _lines(new)
        return before - after, after - before
    return {x for x in gone if not _has(new, x)}, {x for x in come if not _has(old, x)}


def _lines(text: str) -> set[str]:
    return set(text.split("\n")[:-1])


def _has(text: str, line: str) -> bool:
    return text.startswith(f"{line}\n") or f"\n{line}\n" in text


def _common_start(one: str, other: str) -> int:
    """Return how many characters of whole lines both texts begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return one.rfind("\n", 0, low) + 1


def _common_end(one: str, other: str, start: int) -> int:
    """Return how many characters of whole lines both texts end with, behind *start*."""
    low, high = 0, min(len(one), len(other)) - start
    while low < high:
        middle = (low + high + 1) // 2
        tail = one[len(one) - middle : len(one) - low]
        if tail == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return len(one) - (one.find("\n", len(one) - low) + 1) if low else 0


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
