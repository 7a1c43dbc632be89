"""What many hosts may not do together: one that is wrong is a mistake, a great many an attack."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from zonebuild.sshfp.given import Given, Place
from zonebuild.sshfp.judge import Case
from zonebuild.sshfp.say import Kind
from zonebuild.sshfp.state import State

MAX_ENTRIES = 40_000  # remembered; a feed cannot fill the disk
_FEW_HOSTS = 3  # that may change whatever their part of all
_PART = 20  # more than one in so many hosts is a great many
_KNOWN_HOSTS = 20  # before which many new ones are a beginning, not an attack


@dataclass(frozen=True, slots=True)
class Rails:
    """What holds for all hosts of a run. why_not_new: why no new key is published, if so."""

    why_not_new: Kind | None
    is_great_change: bool


def rails_of(places: Collection[Place], state: State, given: Given) -> Rails:
    """Return what the hosts of a run do together; what is approved does not count.

    A host whose key is missing counts until its record goes: a feed that is emptied slowly does
    no more than one that is emptied at once.
    """
    known = {slot.host for slot, entry in state.entries.items() if entry.is_published}
    changing = {p.slot.host for p in places if p.case in (Case.REPLACED, Case.MISSING)}
    new = {p.slot.host for p in places if p.case is Case.NEW and not p.approved}
    reasons = (
        (len(state.entries) + len(new) > MAX_ENTRIES, Kind.FULL),
        (len(known) >= _KNOWN_HOSTS and _is_many(new, known), Kind.MANY_NEW),
        (given.hold_new, Kind.NEW),
    )
    why_not_new = next((kind for holds, kind in reasons if holds), None)
    return Rails(why_not_new, _is_many(changing, known))


def _is_many(some: Collection[str], known: Collection[str]) -> bool:
    return len(some) >= _FEW_HOSTS and len(some) * _PART > len(known)
