"""The waits of a rollover, one function each: None where nothing is waited for.

The tables at the end are the whole of it; take one line out, and the model in the tests meets a
client that is turned away.
Spec: RFC 7671 section 8 (what is served must be listed, whatever a cache holds).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zonebuild.diagnostic import Waiting
from zonebuild.tlsa.clocks import Sighting, is_clear, rdatas_of, seen_at, sighting
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Key, Observation, Policy, Sources, State


@dataclass(frozen=True, slots=True)
class Moment:
    """All that a wait looks at. seen: a fresh observation."""

    state: State
    sources: Sources
    seen: Observation
    policy: Policy
    now: int


def needed_seconds(key: Key, moment: Moment) -> int:
    """Return how long *key* must be visible before it is used: one TTL in an emergency, else two.

    Spec: RFC 7671 section 8.1.
    """
    policy = moment.policy
    if moment.state.is_emergency:
        return key.ttl + policy.longest_gap
    return seconds_between_renewals(key.ttl, 0, policy)


def seconds_between_renewals(ttl: int, lag: int, policy: Policy) -> int:
    """Return what must lie between two renewals where each is a rollover, as under `3 0 1`.

    ttl: of the TLSA records. lag: from the build to the last server, as measured. In seconds.
    """
    return 2 * ttl + max(policy.margin, policy.longest_gap) + lag


# -- before a key is used ----------------------------------------------------------------------


def wait_for_caches(key: Key, moment: Moment) -> Waiting | None:
    """Wait until no cache can hold an RRset without *key*: from the last server on, two TTLs."""
    if not moment.state.owners:
        return None
    what = f"{_called(key, moment)} in all caches"
    if not key.visible:
        return Waiting(what, _servers_without(key, moment), None, _SERVERS)
    left = needed_seconds(key, moment) - key.waited
    if left <= 0:
        return None
    why = f"a client may still hold the TLSA records of before, of a TTL of {key.ttl} s"
    way_on = _WITHDRAW if moment.state.is_emergency else "time alone"
    return Waiting(what, why, moment.now + left, way_on)


def wait_for_last_look(key: Key, moment: Moment) -> Waiting | None:
    """Wait until the servers, asked once more in this run, still have *key*."""
    found = sighting(key.pin, moment.state, moment.sources, moment.seen)
    if found in (Sighting.EVERYWHERE, Sighting.PARTLY):
        return None
    why = "the name servers were not all asked in this run, and must still have it"
    return Waiting(f"a last look at {_called(key, moment)}", why, None, "the next probe")


def wait_for_hands(key: Key, moment: Moment) -> Waiting | None:
    """Wait until the host of each endpoint has *key*, where keys are carried there by hand."""
    missing = [host for host in moment.sources.by_hand if host not in key.carried]
    if not missing:
        return None
    way_on = f"carry it there, then `zonebuild lineage carried {moment.state.lineage} "
    why = f"keys are carried by hand, and not yet to {', '.join(missing)}"
    return Waiting(
        f"{_called(key, moment)} on its hosts", why, None, f"{way_on}{' '.join(missing)}`"
    )


def wait_for_another_key(key: Key, moment: Moment) -> Waiting | None:
    """Wait for a certificate with another key than one that is in wrong hands."""
    return _another(key.pin, moment)


# -- before an old key goes --------------------------------------------------------------------


def wait_for_endpoints(key: Key, moment: Moment) -> Waiting | None:
    """Wait until every endpoint has been seen with the current key, and none with *key*."""
    if is_clear(key, moment.state, moment.sources):
        return None
    missing = list(_endpoints_without(key, moment))
    why = f"not seen with the new key: {_some(missing)}" if missing else "no endpoint is known"
    way_on = "restart what serves there; an address that is no more goes out of the zone"
    return Waiting(f"{_called(key, moment)} to leave", why, None, way_on)


def wait_for_hold(key: Key, moment: Moment) -> Waiting | None:
    """Wait while there shall be a way back; not for a key that is compromised."""
    left = moment.policy.hold - key.held
    if key.pin.name in moment.state.compromised or left <= 0:
        return None
    why = "every endpoint has the new key; the old one stays listed for a way back"
    return Waiting(f"{_called(key, moment)} to leave", why, moment.now + left, "time alone")


# -- before a new key, or a first record, is listed --------------------------------------------


def wait_for_another_pin(pin: Pin, moment: Moment) -> Waiting | None:
    """Wait for another pin than one in wrong hands: its record would vouch for the thief."""
    return _another(pin, moment)


def wait_for_ghost(pin: Pin, moment: Moment) -> Waiting | None:
    """Wait until no server shows *pin* from an older zone: its clock would start too early."""
    what = f"the TLSA records of {pin} for {moment.state.lineage}"
    for owner in moment.state.owners:
        wanted = rdatas_of(pin, moment.sources.owners[owner])
        views = moment.seen.servers.get(owner, ())
        heard = [
            (view.server, view.rdatas)
            for view in views
            if view.rdatas is not None and view.is_proved
        ]
        if not heard:
            answer = "gives an answer that is proved" if views else "was asked"
            why = f"no name server {answer} about {owner}"
            return Waiting(what, why, None, "the next probe")
        ghosts = [server for server, rdatas in heard if wanted & rdatas]
        if ghosts:
            why = f"{_some(ghosts)} still shows them from an older zone, which must go first"
            return Waiting(what, why, None, _SERVERS)
    return None


def wait_for_service(owner: str, moment: Moment) -> Waiting | None:
    """Wait until every endpoint of *owner* serves what will be listed: the first record is last."""
    state, here = moment.state, moment.sources.owners[owner]
    is_vouched_for = moment.policy.publishes_unseen and state.current is not None
    if here.published or here.is_begun or is_vouched_for:
        return None
    listed = {key.pin.name for key in state.keys}
    shown = seen_at(owner, state)
    if shown and all(
        pins & listed and here.beside <= pins <= listed | here.beside for pins in shown
    ):
        return None
    why = "not every endpoint has been seen with the certificate, and none needs TLSA before"
    return Waiting(f"the first TLSA records of {owner}", why, None, "put the certificate there")


KeyWait = Callable[[Key, Moment], Waiting | None]
EXPORT_WAITS: tuple[KeyWait, ...] = (
    wait_for_another_key,
    wait_for_caches,
    wait_for_last_look,
    wait_for_hands,
)
RETIRE_WAITS: tuple[KeyWait, ...] = (wait_for_endpoints, wait_for_hold)
LIST_WAITS: tuple[Callable[[Pin, Moment], Waiting | None], ...] = (
    wait_for_another_pin,
    wait_for_ghost,
)
START_WAITS: tuple[Callable[[str, Moment], Waiting | None], ...] = (wait_for_service,)

_SERVERS = "the servers catch up by themselves; else look at their transfers and signatures"
_WITHDRAW = "time alone; taking its places out of the map, so that nobody asks, takes as long"
_RENEW = "get a certificate for another key"


def before_export(key: Key, moment: Moment) -> Waiting | None:
    """Return the first thing that *key* waits for before it may be exported, None for nothing."""
    return next((found for wait in EXPORT_WAITS if (found := wait(key, moment))), None)


def before_retiring(key: Key, moment: Moment) -> Waiting | None:
    """Return the first thing that the old *key* waits for before its records go."""
    return next((found for wait in RETIRE_WAITS if (found := wait(key, moment))), None)


def before_listing(pin: Pin, moment: Moment) -> Waiting | None:
    """Return the first thing that *pin* waits for before it is listed."""
    return next((found for wait in LIST_WAITS if (found := wait(pin, moment))), None)


def before_start(owner: str, moment: Moment) -> Waiting | None:
    """Return the first thing that *owner* waits for before its first records."""
    return next((found for wait in START_WAITS if (found := wait(owner, moment))), None)


def _another(pin: Pin, moment: Moment) -> Waiting | None:
    if pin.name not in moment.state.compromised:
        return None
    why = f"its {moment.state.unit} {pin} is compromised"
    return Waiting(f"the newest certificate of {moment.state.lineage}", why, None, _RENEW)


def _called(key: Key, moment: Moment) -> str:
    return f"the {moment.state.unit} {key.pin} of {moment.state.lineage}"


def _servers_without(key: Key, moment: Moment) -> str:
    """Say which servers keep the clock of *key* from starting."""
    lacking, silent = list[str](), list[str]()
    for owner in moment.state.owners:
        wanted = rdatas_of(key.pin, moment.sources.owners[owner])
        for view in moment.seen.servers.get(owner, ()):
            if view.rdatas is None:
                silent.append(view.server)
            elif not wanted <= view.rdatas:
                lacking.append(view.server)
    if lacking:
        return f"without its TLSA records: {_some(lacking)}"
    if silent:
        return f"no validated answer of {_some(silent)}, whose copy may be old until it expires"
    return "no name server has been asked since its TLSA records were made"


def _endpoints_without(key: Key, moment: Moment) -> Iterator[str]:
    current = moment.state.current
    for (owner, endpoint), pins in moment.state.seen.items():
        if current is None or current.pin.name not in pins or key.pin.name in pins:
            yield f"{endpoint} ({owner})"


def _some(names: list[str], most: int = 5) -> str:
    """Return the first of *names*, and how many more there are."""
    each = list(dict.fromkeys(names))
    more = f" and {len(each) - most} more" if len(each) > most else ""
    return ", ".join(each[:most]) + more
