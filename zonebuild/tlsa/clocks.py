"""How an observation moves the clocks of a track: what every server has, what every endpoint.

A clock starts when the last server shows a record with signatures that hold, not when the zone is
built; a server that answers without it sets the clock back. One that is silent is waited for until
its copy of the zone must have expired. Time is counted in steps that no leaping clock can stretch.
Spec: RFC 7671 section 8.1; RFC 1034 section 4.3.5 (expire); RFC 2181 section 5.2 (one TTL).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import replace

from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Key, Memory, Observation, Owner, Policy, ServerView, Sources, State


class Sighting(enum.Enum):
    """What the servers of all owners together say of a pin."""

    EVERYWHERE = "every server has it"
    PARTLY = "every server that answers has it, and one does not answer"
    LACKING = "a server answers without it"
    UNKNOWN = "of some owner nobody answers"


def counted_seconds(state: State, now: int, elapsed: int | None, policy: Policy) -> int:
    """Return the seconds that have surely gone by since the last run.

    elapsed: seconds by a clock that cannot be set, where the caller has one; None where not.
    """
    if elapsed is not None:
        return max(elapsed, 0)
    return min(max(now - state.last, 0), policy.longest_gap)


def fresh(observation: Observation | None, state: State, now: int, policy: Policy) -> Observation:
    """Return *observation*; an empty one where it is old, or older than the last change."""
    if (
        observation is None
        or observation.epoch != state.epoch
        or not 0 <= now - observation.at <= policy.oldest_look
    ):
        return Observation(state.epoch, now)
    return observation


def note(
    state: State, sources: Sources, seen: Observation, *, now: int, seconds: int, policy: Policy
) -> State:
    """Return *state* after *seen*, which is fresh, with all clocks moved by *seconds*."""
    owners = {
        name: _remember(memory, sources.owners[name], seen.servers.get(name, ()), seconds, policy)
        for name, memory in state.owners.items()
        if name in sources.owners
    }
    known = _endpoints(state, sources, seen)
    state = replace(state, owners=owners, seen=known)
    keys = []
    for key in state.keys:
        moved = _shown(key, sighting(key.pin, state, sources, seen), state, now, seconds, policy)
        keys.append(_cleared(moved, state, sources, now, seconds, policy))
    return replace(state, keys=tuple(keys))


def sighting(pin: Pin, state: State, sources: Sources, seen: Observation) -> Sighting:
    """Return what the servers of all published owners say of *pin*."""
    found = set()
    for owner in state.owners:
        wanted = rdatas_of(pin, sources.owners[owner])
        views = seen.servers.get(owner, ())
        heard = [view.rdatas for view in views if view.rdatas is not None]
        if not heard or not wanted:
            found.add(Sighting.UNKNOWN)
        elif not all(wanted <= rdatas for rdatas in heard):
            return Sighting.LACKING
        else:
            found.add(Sighting.EVERYWHERE if len(heard) == len(views) else Sighting.PARTLY)
    if Sighting.UNKNOWN in found:
        return Sighting.UNKNOWN
    return Sighting.PARTLY if Sighting.PARTLY in found else Sighting.EVERYWHERE


def rdatas_of(pin: Pin, owner: Owner) -> frozenset[str]:
    """Return the rdata that list *pin* at *owner*, as far as its digests are known."""
    made = (pin.rdata(parameters) for parameters in owner.parameters)
    return frozenset(rdata for rdata in made if rdata)


def is_clear(key: Key, state: State, sources: Sources) -> bool:
    """Say whether every endpoint has been seen with the current key, and none with *key*."""
    current = state.current
    looked_at = {owner for owner, _ in state.seen}
    if current is None or not sources.owners or not looked_at.issuperset(sources.owners):
        return False
    return all(
        current.pin.name in pins and key.pin.name not in pins for pins in state.seen.values()
    )


def seen_at(owner: str, state: State) -> list[frozenset[str]]:
    """Return what each endpoint of *owner* was last seen with."""
    return [pins for (name, _), pins in state.seen.items() if name == owner]


def longest(state: State, field: str) -> int:
    """Return the largest `ttl` or `expire` that is remembered of any owner, in seconds."""
    return max((int(getattr(memory, field)) for memory in state.owners.values()), default=0)


def _remember(
    memory: Memory, owner: Owner, views: tuple[ServerView, ...], seconds: int, policy: Policy
) -> Memory:
    """Return what TTLs may still be alive; a larger one is forgotten once no cache can have it."""
    ttls = [view.ttl for view in views if view.rdatas]
    ttl, expire = max([memory.ttl, owner.ttl, *ttls]), max(memory.expire, owner.expire)
    if (ttl, expire) == (owner.ttl, owner.expire):
        return Memory(ttl, expire)
    is_calm = bool(views) and all(
        view.rdatas is not None and view.is_proved and view.ttl in (0, owner.ttl) for view in views
    )
    # What was not watched may have hidden a server's detour through an older zone.
    calm = memory.calm + min(seconds, policy.longest_gap) if is_calm and memory.calm else 0
    if calm > ttl:
        return Memory(owner.ttl, owner.expire)
    return Memory(ttl, expire, max(calm, 1) if is_calm else 0)


def _shown(key: Key, what: Sighting, state: State, now: int, seconds: int, policy: Policy) -> Key:
    """Return *key* with the clocks of name servers and caches moved."""
    if what is Sighting.LACKING:
        return replace(key, shown=0, visible=0, unheard=0, waited=0, ttl=0)
    if key.visible:
        most = 2 * key.ttl + max(policy.margin, policy.longest_gap)
        return replace(key, waited=min(key.waited + seconds, most))
    if what is Sighting.UNKNOWN:
        return key
    expire = longest(state, "expire")
    unheard = min(key.unheard + seconds, expire) if key.shown else 0
    key = replace(key, shown=key.shown or now, unheard=unheard)
    if what is Sighting.PARTLY and unheard < expire:
        return key
    return replace(key, visible=now, ttl=longest(state, "ttl"))


def _cleared(
    key: Key, state: State, sources: Sources, now: int, seconds: int, policy: Policy
) -> Key:
    """Return *key* with the clock of its holding moved: the time in which a way back is open."""
    if not key.exported or key.is_current or not is_clear(key, state, sources):
        return replace(key, cleared=0, held=0)
    if not key.cleared:
        return replace(key, cleared=now)
    return replace(key, held=min(key.held + seconds, policy.hold))


def _endpoints(
    state: State, sources: Sources, seen: Observation
) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return what each endpoint was last seen with; one that is gone from the map is forgotten."""
    kept = {
        at: pins
        for at, pins in state.seen.items()
        if at[0] in sources.owners and at[0] not in seen.endpoints
    }
    kept.update(_looked_at(state, sources, seen))
    return dict(sorted(kept.items()))


def _looked_at(
    state: State, sources: Sources, seen: Observation
) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    for owner, views in seen.endpoints.items():
        if owner not in sources.owners:
            continue
        for view in views:
            at = (owner, view.endpoint)
            if view.pins is None:
                yield at, state.seen.get(at, frozenset())
            else:
                yield at, frozenset(_name(pin, state) for pin in view.pins)


def _name(pin: Pin, state: State) -> str:
    key = state.key(pin)
    return key.pin.name if key else pin.name
