"""What will happen to a site, and what will end, by time: facts in, events out.

Times are those that are expected if runs go on as they do; of a step that waits for an answer from
outside no time is known, and it stands among what waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.tlsa.state import DEFAULT_POLICY, Key, Order, State
from zonebuild.tlsa.waits import seconds_between_renewals

if TYPE_CHECKING:
    from zonebuild.diagnostic import Waiting
    from zonebuild.status.facts import Facts, LineageFacts, ZoneFacts

# The kinds of events; `JUST_ENDS` are those that something else comes before while all is well.
SIGNING, SIGNATURES_END = "signing", "signatures-end"
RENEWAL, CERTIFICATE_END = "renewal", "certificate-end"
ROLLOVER, FREEZE_END, LIST_END, WAIT = "rollover", "freeze-end", "list-end", "wait"
JUST_ENDS = (SIGNATURES_END, CERTIFICATE_END, LIST_END)
_GROUPED = {
    SIGNING: "{count} zones are signed again",
    SIGNATURES_END: "first signatures of {count} zones end, unless they are renewed",
}
_MOST = 5  # events of one kind in an hour that are listed one by one
_HOUR = 3600


class Event(NamedTuple):
    """at: Unix seconds. kind: one of those above. subject: a zone or lineage, "" for the site.

    number: how many of its kind it stands for.
    """

    at: int
    kind: str
    subject: str
    what: str
    number: int = 1


def agenda(facts: Facts, waitings: Iterable[Waiting]) -> list[Event]:
    """Return all events of a site, the soonest first, also those that are past and did not happen.

    waitings: what waits now; each that has a time is an event as well.
    """
    found = [event for zone in facts.zones.values() for event in _of_zone(zone)]
    found = list(_grouped(found))
    for lineage in facts.lineages.values():
        found += _of_lineage(lineage)
    for (name, _), state in facts.tracks.items():
        if name in facts.lineages:
            found += _of_track(state, facts.lineages[name], facts.now)
    found += (
        Event(each.until, WAIT, "", f"{each.what}: {each.why}")
        for each in waitings
        if each.until is not None and not _is_freeze(each)
    )
    found += _freezes(facts)
    return sorted(set(found))


def next_event(events: Iterable[Event], now: int) -> Event | None:
    """Return what happens next, None where nothing is known to.

    An end counts only where nothing is to happen before that keeps it from coming.
    """
    ahead = [event for event in events if event.at > now]
    return next((e for e in ahead if e.kind not in JUST_ENDS), next(iter(ahead), None))


def _of_zone(zone: ZoneFacts) -> Iterator[Event]:
    if zone.renewal:
        yield Event(zone.renewal, SIGNING, zone.apex, f"{zone.apex} is signed again")
    if zone.first_end:
        what = f"the first signatures of {zone.apex} end, unless they are renewed"
        yield Event(zone.first_end, SIGNATURES_END, zone.apex, what)


def _grouped(events: Iterable[Event]) -> Iterator[Event]:
    """Yield *events*; where many of a kind come within one hour, one that counts them."""
    groups: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        groups.setdefault((event.kind, event.at // _HOUR), []).append(event)
    for (kind, _), group in groups.items():
        if len(group) <= _MOST:
            yield from group
        else:
            what = _GROUPED[kind].format(count=len(group))
            yield Event(min(group).at, kind, "", what, len(group))


def _of_lineage(lineage: LineageFacts) -> Iterator[Event]:
    name, schedule = lineage.name, lineage.memory.schedule
    if lineage.is_renewed and schedule is not None:
        at = max(schedule.at, lineage.memory.failures.next_try)
        window = schedule.window
        reason = f": {window.explanation}" if window and window.explanation else ""
        yield Event(at, RENEWAL, name, f"{name} renews{reason}")
    if lineage.end:
        what = f"the certificate of {name} ends, unless it is renewed"
        yield Event(lineage.end, CERTIFICATE_END, name, what)
    if lineage.list_end:
        what = f"the list of issuers of {name} is too old, unless a newer one is written"
        yield Event(lineage.list_end, LIST_END, name, what)


def _of_track(state: State, lineage: LineageFacts, now: int) -> Iterator[Event]:
    """Yield the steps of a rollover whose time is known. Spec: RFC 7671 section 8.1."""
    for key in state.keys:
        called = f"{state.lineage}: the {state.unit} {key.pin}"
        if key.is_current:
            if lineage.roll_after:
                at = key.exported + lineage.roll_after
                yield Event(at, ROLLOVER, state.lineage, f"{called} is to be replaced by age")
        elif key.exported:
            if key.cleared:
                at = now + max(DEFAULT_POLICY.hold - key.held, 0)
                yield Event(at, ROLLOVER, state.lineage, f"{called} leaves the zone")
        elif key.visible:
            yield from _use(state, key, called, now)


def _use(state: State, key: Key, called: str, now: int) -> Iterator[Event]:
    needed = (
        key.ttl + DEFAULT_POLICY.longest_gap
        if state.is_emergency
        else seconds_between_renewals(key.ttl, 0, DEFAULT_POLICY)
    )
    ready = now + max(needed - key.waited, 0)
    if ready > now:
        yield Event(ready, ROLLOVER, state.lineage, f"{called} may be used: no cache lacks it")
    current = state.current
    if current is not None and state.order is Order.ROLL:
        what = f"{state.lineage}: the {state.unit} {current.pin} leaves the zone at the earliest"
        yield Event(ready + DEFAULT_POLICY.hold, ROLLOVER, state.lineage, what)


def _freezes(facts: Facts) -> Iterator[Event]:
    found: Mapping[str, object] = {"": facts.freezes.site, **facts.freezes.zones}
    for apex in found:
        freeze = facts.freezes.zones[apex] if apex else facts.freezes.site
        if freeze is not None and freeze.until is not None:
            what = f"the freeze of {apex or 'every zone'} ends ({freeze.reason})"
            yield Event(freeze.until, FREEZE_END, apex, what)


def _is_freeze(waiting: Waiting) -> bool:
    return waiting.why.startswith("frozen: ")
