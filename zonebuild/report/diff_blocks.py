"""The difference of two zones cut into what is told together: one owner, its changes, its effects.

What the formats for people share: how much is shown, in which words it is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from zonebuild.diff import Effect, RRsetChange, rrset_changes
from zonebuild.diff.rrsets import Counts, count_changes, first_changes
from zonebuild.model import ZoneDiff


class OwnerBlock(NamedTuple):
    """What changes at one owner. soa: the fields of the SOA, at the apex alone."""

    owner: str
    changes: list[RRsetChange]
    effects: list[Effect]
    soa: tuple[tuple[str, str, str], ...] = ()


def owner_blocks(
    diff: ZoneDiff, effects: Iterable[Effect], limit: int
) -> tuple[list[OwnerBlock], Counts]:
    """Return the changes of *diff* by owner, up to *limit* changes, and how many are left."""
    shown, left = first_changes(rrset_changes(diff), limit)
    told = {(effect.owner, effect.rdtype): effect for effect in effects}
    blocks: dict[str, OwnerBlock] = {}
    soa = told.pop((diff.origin, "SOA"), None)
    if soa or diff.soa:
        blocks[diff.origin] = OwnerBlock(diff.origin, [], [soa] if soa else [], diff.soa)
    for change in shown:
        block = blocks.setdefault(change.owner, OwnerBlock(change.owner, [], []))
        block.changes.append(change)
        effect = told.get((change.owner, change.rdtype))
        if effect:
            block.effects.append(effect)
    return list(blocks.values()), left


def effect_texts(diff: ZoneDiff, block: OwnerBlock) -> Iterator[str]:
    """Yield what resolvers will see at one owner; types that share it are told together."""
    types: dict[str, list[str]] = {}
    for effect in block.effects:
        types.setdefault(effect.text, []).append(effect.rdtype)
    owner = short_owner(diff.origin, block.owner)
    for text, rdtypes in types.items():
        yield f"{owner} {', '.join(rdtypes)}: {text}"


def short_owner(origin: str, owner: str) -> str:
    """Return *owner* as the zone's file would spell it."""
    if owner == origin:
        return "@"
    return owner.removesuffix("." if origin == "." else f".{origin}")


def counted(counts: Counts) -> str:
    """Return *counts* in words; what there is none of is left out."""
    words = (
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.ttl_changed, "with another TTL"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in words if number)


def summary(diff: ZoneDiff) -> str:
    """Return in words how much *diff* changes."""
    fields = ", ".join(field for field, _, _ in diff.soa)
    parts = (counted(count_changes(rrset_changes(diff))), fields and f"SOA {fields}")
    return ", ".join(part for part in parts if part)


def left_out_text(number: int) -> str:
    """Return the sentence about *number* records of signers that are not shown."""
    noun = "DNSSEC record" if number == 1 else "DNSSEC records"
    return f"{number:,} {noun} left out; --dnssec shows them"
