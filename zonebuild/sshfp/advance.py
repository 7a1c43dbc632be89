"""One run of the whole: what is remembered, seen and approved in; what is due and what waits out.

    NEW ──▶ published ──(another key, approved)──▶ withdrawn ──(caches are clear)──▶ published
               │  ▲                                    ▲ │
               │  └──────(the same key again)──────────┼─┘
               └──(no key for the grace time)──────────┘

Never two keys of one algorithm at one host, in the zone or in a cache: a key follows another only
when no server has answered the other's record for its TTL (RFC 4255 section 2.4; OpenSSH >= 8.7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from zonebuild.diagnostic import Waiting
from zonebuild.sshfp import say
from zonebuild.sshfp.given import Given, Place, Sight, place_of
from zonebuild.sshfp.judge import Case
from zonebuild.sshfp.rails import Rails, rails_of
from zonebuild.sshfp.say import Kind, Said
from zonebuild.sshfp.state import Entry, Slot, State

_MEMORY = 365 * 86_400  # seconds for which a key that is gone is remembered


@dataclass(frozen=True, slots=True)
class Step:
    """What a run comes to. due: Unix seconds at which time alone changes something, 0: never."""

    state: State
    waitings: tuple[Waiting, ...] = ()
    alarms: tuple[say.Alarm, ...] = ()
    due: int = 0


def advance(state: State, sights: Mapping[str, Sight], given: Given, *, now: int) -> Step:
    """Return what follows from *state* when the hosts offer *sights*. now: Unix seconds."""
    offered = {Slot(host, key.algorithm) for host, sight in sights.items() for key in sight.keys}
    places = [
        place_of(slot, state.entries.get(slot), sights.get(slot.host, Sight()), given, now=now)
        for slot in sorted(offered.union(state.entries))
    ]
    run = _Run(given, rails_of(places, state, given), now, state.not_before)
    for place in places:
        run.deal_with(place)
    not_before = 0 if run.is_free else state.not_before
    waitings, alarms = say.told(run.said)
    due = min((due for due in run.dues if due > now), default=0)
    return Step(State(run.entries, frozenset(run.held), not_before), waitings, alarms, due)


class _Run:
    """What grows while the places of a run are dealt with. is_free: new keys may be published."""

    def __init__(self, given: Given, rails: Rails, now: int, not_before: int) -> None:
        self._given, self._rails, self._now, self._not_before = given, rails, now, not_before
        self.is_free = now >= not_before
        self.entries: dict[Slot, Entry] = {}
        self.held: set[tuple[Slot, str]] = set()
        self.said: list[Said] = []
        self.dues: list[int] = [not_before]

    def deal_with(self, place: Place) -> None:
        """Take one slot into the next state, and say what waits there."""
        if place.entry is None:
            entry = _ACTS_ON_NOTHING[place.case](self, place)
        else:
            entry = _ACTS[place.case](self, place, place.entry)
        if entry is not None:
            self.entries[place.slot] = entry

    def say(self, kind: Kind, place: Place, until: int | None = None) -> None:
        """Say that something of *place* waits; who lists the keys that do will find it."""
        old = place.entry.fingerprint if place.entry else ""
        follows = place.approved if kind is Kind.LEAVING else None
        new = frozenset({follows}) if follows else place.offered
        self.said.append(Said(kind, place.slot, old, new, until))
        if kind in say.TO_APPROVE and len(place.offered) == 1:
            self.held |= {(place.slot, fingerprint) for fingerprint in place.offered}

    # -- where something is remembered ------------------------------------------------------------

    def keep(self, _: Place, entry: Entry) -> Entry:
        """Leave the slot as it is; what it has is not missing."""
        return replace(entry, missing=0)

    def hold_two(self, place: Place, entry: Entry) -> Entry:
        """Publish none of several keys; what is published stays."""
        self.say(Kind.TWO, place)
        return self.keep(place, entry)

    def contradict(self, place: Place, entry: Entry) -> Entry:
        """Publish no key where a person has said that it is another."""
        self.say(Kind.CONTRADICTED, place)
        return entry

    def hold_replaced(self, place: Place, entry: Entry) -> Entry:
        """Hold another key; the old record stays as it is."""
        self.say(Kind.MANY if self._rails.is_great_change else Kind.REPLACED, place)
        return self.keep(place, entry)

    def let_miss(self, place: Place, entry: Entry) -> Entry:
        """Let a missing key's record stay for the grace time, longer where many are missing."""
        since = entry.missing or self._now
        end = since + self._given.grace
        if self._rails.is_great_change:
            self.say(Kind.MANY, place)
        elif end <= self._now:
            return self._withdrawn(entry)
        else:
            self.say(Kind.MISSING, place, end)
            self.dues.append(end)
        return replace(entry, missing=since)

    def withdraw(self, place: Place, entry: Entry) -> Entry:
        """Take the record out of the zone, for the approved key that follows."""
        self.say(Kind.LEAVING, place)
        return self._withdrawn(entry)

    def forbid(self, place: Place, entry: Entry) -> Entry | None:
        """Take the record out of the zone by a person's word."""
        return self._withdrawn(entry) if entry.is_published else self.idle(place, entry)

    def idle(self, place: Place, entry: Entry) -> Entry | None:
        """Remember a key that is gone, but not for ever."""
        is_clear = self._is_clear(entry) or self._given.terms(place.slot.host) is None
        return None if is_clear and self._now >= entry.withdrawn + _MEMORY else entry

    def follow(self, place: Place, entry: Entry) -> Entry | None:
        """Publish the key that follows as soon as nobody has its forerunner's record."""
        if self._is_clear(entry):
            return self._published(place)
        self.say(Kind.LEAVING, place, entry.clear or None)
        self.dues.append(entry.clear)
        return entry

    def bring_back(self, place: Place, entry: Entry) -> Entry | None:
        """Publish the same key again: what caches have of it is right."""
        return self._published(place, entry.ttl)

    # -- where nothing is -------------------------------------------------------------------------

    def nothing(self, _: Place) -> None:
        """Leave the slot empty."""

    def say_two(self, place: Place) -> None:
        """Publish none of several keys."""
        self.say(Kind.TWO, place)

    def say_contradicted(self, place: Place) -> None:
        """Publish no key where a person has said that it is another."""
        self.say(Kind.CONTRADICTED, place)

    def begin(self, place: Place) -> Entry | None:
        """Publish a key of a host that had none of its algorithm."""
        if not self.is_free:
            self.say(Kind.LOST, place, self._not_before)
        elif self._rails.why_not_new and not place.approved:
            self.say(self._rails.why_not_new, place)
        else:
            return self._published(place)
        return None

    # -- steps ------------------------------------------------------------------------------------

    def _withdrawn(self, entry: Entry) -> Entry:
        return replace(entry, missing=0, withdrawn=self._now)

    def _is_clear(self, entry: Entry) -> bool:
        return 0 < entry.clear <= self._now

    def _published(self, place: Place, ttl: int = 0) -> Entry | None:
        terms = self._given.terms(place.slot.host)
        if terms is None:  # never: without terms everything is forbidden
            return place.entry
        (only,) = place.offered
        return Entry(only, max(ttl, terms.ttl))


_ACTS: dict[Case, Callable[[_Run, Place, Entry], Entry | None]] = {
    Case.FORBIDDEN: _Run.forbid,
    Case.KEPT: _Run.keep,
    Case.MISSING: _Run.let_miss,
    Case.APPROVED: _Run.withdraw,
    Case.REPLACED: _Run.hold_replaced,
    Case.TWO: _Run.hold_two,
    Case.IDLE: _Run.idle,
    Case.BACK: _Run.bring_back,
    Case.NEXT: _Run.follow,
    Case.CONTRADICTED: _Run.contradict,
}
_ACTS_ON_NOTHING: dict[Case, Callable[[_Run, Place], Entry | None]] = {
    Case.FORBIDDEN: _Run.nothing,
    Case.IDLE: _Run.nothing,
    Case.TWO: _Run.say_two,
    Case.NEW: _Run.begin,
    Case.CONTRADICTED: _Run.say_contradicted,
}
