"""A difference by RRset, in the canonical order of owners (RFC 4034 section 6.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from zonebuild.model import Change, TTLChange, ZoneDiff
from zonebuild.rdata.order import name_order
from zonebuild.rdata.types import type_number

_MANY = 16  # records of an RRset; beyond it, who replaces whom is not looked for


class RRsetChange(NamedTuple):
    """What changes in one RRset. ttls: records that stay, with another TTL."""

    owner: str
    rdtype: str
    removed: tuple[Change, ...] = ()
    added: tuple[Change, ...] = ()
    ttls: tuple[TTLChange, ...] = ()

    @property
    def size(self) -> int:
        """How many changes these are."""
        return len(self.removed) + len(self.added) + len(self.ttls)


class Counts(NamedTuple):
    """How many records were added and removed, and how many RRsets have another TTL."""

    added: int = 0
    removed: int = 0
    ttl_changed: int = 0


def count_changes(changes: Iterable[RRsetChange]) -> Counts:
    """Return how many changes there are of each kind."""
    sizes = [(len(change.added), len(change.removed), len(change.ttls)) for change in changes]
    return Counts(*map(sum, zip(*sizes, strict=True))) if sizes else Counts()


def rrset_changes(diff: ZoneDiff) -> list[RRsetChange]:
    """Return the changes of *diff* by RRset, in canonical order; those of the SOA's fields not."""
    removed, added = _by_rrset(diff.removed), _by_rrset(diff.added)
    ttls: dict[tuple[str, str], list[TTLChange]] = {}
    for ttl in diff.ttl_changed:
        ttls.setdefault((ttl.owner, ttl.rdtype), []).append(ttl)
    keys = {**removed, **added, **ttls}
    return [
        RRsetChange(
            *key,
            tuple(removed.get(key, ())),
            tuple(added.get(key, ())),
            tuple(ttls.get(key, ())),
        )
        for key in sorted(keys, key=_canonical)
    ]


def _by_rrset(changes: Iterable[Change]) -> dict[tuple[str, str], list[Change]]:
    found: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.owner, change.rdtype), []).append(change)
    return found


def _canonical(key: tuple[str, str]) -> tuple[tuple[bytes, ...], int, str]:
    owner, rdtype = key
    return name_order(owner), type_number(rdtype) or 0, rdtype


def first_changes(changes: Sequence[RRsetChange], limit: int) -> tuple[list[RRsetChange], Counts]:
    """Return *changes* up to *limit* of them, and how many of each kind are left."""
    shown: list[RRsetChange] = []
    for change in changes:
        if limit <= 0:
            break
        shown.append(_cut(change, limit))
        limit -= change.size
    every, told = count_changes(changes), count_changes(shown)
    return shown, Counts(*(a - b for a, b in zip(every, told, strict=True)))


def _cut(change: RRsetChange, limit: int) -> RRsetChange:
    if change.size <= limit:
        return change
    removed, ttls = change.removed[:limit], change.ttls
    added = change.added[: limit - len(removed)]
    return change._replace(
        removed=removed, added=added, ttls=ttls[: limit - len(removed) - len(added)]
    )


def replacements(change: RRsetChange) -> Iterator[tuple[Change | None, Change | None]]:
    """Yield each removed record with the added one that takes its place, None where none does."""
    left = list(change.added)
    is_alone = len(change.removed) == len(left) == 1
    are_few = len(change.removed) <= _MANY and len(left) <= _MANY
    for old in change.removed:
        new = left[0] if is_alone else _nearest(old, left) if are_few else None
        if new is not None:
            left.remove(new)
        yield old, new
    for new in left:
        yield None, new


def _nearest(old: Change, among: Iterable[Change]) -> Change | None:
    """Return what is most like *old*, where at least half of it is the same."""
    best = max(among, key=lambda new: _likeness(old.rdata, new.rdata), default=None)
    return best if best and 2 * _likeness(old.rdata, best.rdata) >= len(old.rdata) else None


def _likeness(one: str, other: str) -> int:
    """Return how many characters the two begin and end with alike."""
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return start + end
