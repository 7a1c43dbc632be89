"""What one run of the state machine goes by: what hosts offer, what is approved, what is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from zonebuild.clock import plausible
from zonebuild.sshfp.approval import NONE, Approval
from zonebuild.sshfp.judge import Case, judge
from zonebuild.sshfp.key import Key
from zonebuild.sshfp.state import Entry, Slot

_DAY = 86_400  # seconds
# How long a secondary may serve what is gone, whatever the SOA said when it was withdrawn; only a
# clock that was ahead names a later time.
LONGEST_EXPIRE = 90 * _DAY


@dataclass(frozen=True, slots=True)
class Sight:
    """What a host offers now. is_whole: every feed that may speak for it was read."""

    keys: frozenset[Key] = frozenset()
    is_whole: bool = True

    def of(self, algorithm: int) -> frozenset[str]:
        """Return the fingerprints of one algorithm."""
        return frozenset(key.fingerprint for key in self.keys if key.algorithm == algorithm)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the hosts of one zone.

    ttl: seconds, of its SSHFP records. expire: seconds, of its SOA: so long a secondary may serve
        a zone that it can no longer refresh.
    handed_off: Unix seconds at which it last went to its signer or servers, 0 for never.
    """

    ttl: int
    expire: int
    handed_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one run goes by.

    terms: gives a host's, None where no feed may speak for it.
    gone: since when no server answers a withdrawn record, Unix seconds, as far as it was seen.
    grace: seconds for which a missing key stays. hold_new: whether new keys want approval.
    """

    terms: Callable[[str], Terms | None]
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    gone: Mapping[Slot, int] = field(default_factory=dict)
    grace: int = 7 * _DAY
    hold_new: bool = False

    def approved(self, slot: Slot) -> str | None:
        """Return what holds for *slot*: a fingerprint, NONE, or None for nothing."""
        if self.terms(slot.host) is None:
            return NONE
        return self.approvals.get(slot.host, {}).get(slot.algorithm)


@dataclass(frozen=True, slots=True)
class Place:
    """A slot in one run: what is remembered, offered and approved there, and what that means."""

    slot: Slot
    entry: Entry | None
    offered: frozenset[str]
    approved: str | None
    case: Case


def place_of(slot: Slot, entry: Entry | None, sight: Sight, given: Given, *, now: int) -> Place:
    """Return what *slot* is in this run. now: Unix seconds."""
    offered, approved = sight.of(slot.algorithm), given.approved(slot)
    if entry is not None:
        entry = _observed(entry, given.terms(slot.host), given.gone.get(slot, 0), now)
    case = judge(entry, offered, approved, is_whole=sight.is_whole)
    return Place(slot, entry, offered, approved, case)


def _observed(entry: Entry, terms: Terms | None, seen_gone: int, now: int) -> Entry:
    """Return *entry* with what is now known of its record: its TTL, or when nobody answers it.

    Without anybody who looked, a secondary may serve it until the SOA's expire is over. Times
    are brought back to *now* where a clock was wrong: nothing may wait for the year 2099.
    """
    missing, withdrawn = plausible(entry.missing, now), plausible(entry.withdrawn, now)
    if not withdrawn:
        ttl = max(entry.ttl, terms.ttl if terms else 0)
        return replace(entry, ttl=ttl, missing=missing)
    known = [min(entry.gone, now + LONGEST_EXPIRE)] if entry.gone else []
    if withdrawn <= seen_gone <= now:
        known.append(seen_gone)
    if terms is not None and withdrawn <= terms.handed_off <= now:
        known.append(terms.handed_off + terms.expire)
    return replace(entry, missing=0, withdrawn=withdrawn, gone=min(known, default=0))
