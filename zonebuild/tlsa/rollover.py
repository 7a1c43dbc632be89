"""The rollover of one track: its state, what was seen and the time in; the next state and what is
due out.

The invariant: what is served and what may be exported is listed, at every owner, in every version
of the zone that a cache can hold. So a key is listed first, exported when `waits.EXPORT_WAITS` let
it, and leaves when `waits.RETIRE_WAITS` do. Write the state before doing what is due: a crash in
between then leaves more listed than needed, never less.
Spec: RFC 7671 section 8; RFC 7583 section 3 for the terms of timing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from zonebuild.clock import plausible
from zonebuild.diagnostic import Finding, Severity, Waiting
from zonebuild.tlsa import waits
from zonebuild.tlsa.clocks import counted_seconds, fresh, note
from zonebuild.tlsa.parameters import unit_of
from zonebuild.tlsa.phase import Phase, phase_of
from zonebuild.tlsa.pin import Pin, pin_from
from zonebuild.tlsa.state import (
    DEFAULT_POLICY,
    Key,
    Memory,
    Observation,
    Order,
    Policy,
    Sources,
    State,
)
from zonebuild.tlsa.waits import Moment


@dataclass(frozen=True, slots=True)
class Step:
    """What a run does for a track. First the state is kept, then the rest is done.

    export: the newest chain may go to the publication folder; it has this pin.
    use: the key for the next request of a certificate; None where there is none yet.
    retired: what is no more listed: its key is archived and its certificates may be revoked.
    needs_next: a next key is wanted, and there is none.
    """

    state: State
    phase: Phase
    export: Pin | None = None
    use: Pin | None = None
    retired: tuple[Pin, ...] = ()
    needs_next: bool = False
    waiting: tuple[Waiting, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Run:
    """One run in the making; each stage reads and replaces the state."""

    state: State
    sources: Sources
    seen: Observation
    policy: Policy
    now: int
    waiting: list[Waiting]
    findings: list[Finding]

    def moment(self) -> Moment:
        return Moment(self.state, self.sources, self.seen, self.policy, self.now)

    def put(self, key: Key) -> None:
        """Put *key* in the place of the one of the same pin, or behind all."""
        others = self.state.keys
        if any(each is key for each in others):
            return
        places = [i for i, other in enumerate(others) if other.pin.is_same(key.pin)]
        at = places[0] if places else len(others)
        self.state = replace(self.state, keys=(*others[:at], key, *others[at + 1 :]))

    def say(self, check: str, message: str) -> None:
        self.findings.append(Finding(self.sources.location, Severity.ERROR, check, message))


def start_over(lineage: str, unit: str, now: int) -> State:
    """Return the state to go on with where there is none, or where it is lost.

    The first run then takes from the zone and the certificates what is listed, keeps all of it
    until every endpoint is seen without it, and starts every clock anew.
    """
    return State(lineage, unit, epoch=max(now, 1), last=max(now, 1))


def advance(
    state: State,
    sources: Sources,
    observation: Observation | None,
    now: int,
    *,
    elapsed: int | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Step:
    """Return what a run at *now* (Unix seconds) does for the track of *state*.

    observation: None where nothing was looked at; an old one, or one from before a change, is not
        counted.
    elapsed: seconds since the last run by a clock that cannot be set; None where there is none,
        then at most `policy.longest_gap` of the time between two runs counts.
    """
    now = max(now, 1)
    kept, state = state, _without_future(state, now)
    seconds = counted_seconds(state, now, elapsed, policy)
    seen = fresh(observation, state, now, policy)
    run = _Run(state, sources, seen, policy, now, [], [])
    run.state = note(state, sources, seen, now=now, seconds=seconds, policy=policy)
    for stage in (_adopt, _list_keys, _note_served, _start_owners):
        stage(run)
    retired = _retire(run)
    export = _export(run)
    use = _key_to_use(run)
    run.state = _closed(kept, run.state, now)
    return Step(
        state=run.state,
        phase=phase_of(run.moment()),
        export=export,
        use=use,
        retired=retired,
        needs_next=policy.keeps_next and state.unit == "key" and not sources.planned,
        waiting=tuple(run.waiting),
        findings=tuple(run.findings),
    )


def _without_future(state: State, now: int) -> State:
    """Return *state* without times that only a clock that was ahead can have left.

    An age that counts from one of them would never come.
    """
    keys = (
        replace(
            key,
            listed=plausible(key.listed, now),
            exported=plausible(key.exported, now),
            shown=plausible(key.shown, now),
            visible=plausible(key.visible, now),
            cleared=plausible(key.cleared, now),
        )
        for key in state.keys
    )
    return replace(state, keys=tuple(keys))


def _closed(before: State, after: State, now: int) -> State:
    """Return *after* with its epoch and time; *before* where there is nothing new to remember."""
    if _published(before) != _published(after):
        after = replace(after, epoch=before.epoch + 1)
    if after == before and now >= before.last:
        return before
    return replace(after, last=now)


def _published(state: State) -> tuple[object, ...]:
    current = state.current
    return [key.pin for key in state.keys], set(state.owners), current and current.pin


# -- stages ------------------------------------------------------------------------------------


def _adopt(run: _Run) -> None:
    """Take over what the zone already lists at owners that are new here, and the exported key."""
    exported = run.sources.exported
    for name, owner in run.sources.owners.items():
        if name in run.state.owners:
            continue
        for parameters, pin in filter(None, map(pin_from, sorted(owner.published))):
            if unit_of(parameters) == run.state.unit:
                known = run.state.key(pin) or Key(pin, run.now, exported=run.now)
                run.put(replace(known, pin=_merged(known.pin, pin)))
    if exported is None:
        return
    key = run.state.key(exported)
    if key is None and run.state.owners:
        message = f"the exported {run.state.unit} {exported} of {run.state.lineage} was not listed"
        run.say("exported-key-not-listed", f"{message}: it is from now on; look who exported it")
    if key is None or not key.exported or run.state.current is None:
        _make_current(run, replace(_known(run, exported), exported=run.now))


def _list_keys(run: _Run) -> None:
    """List the newest certificate's key and those planned; let go what nobody plans any more."""
    issued, planned = run.sources.issued, run.sources.planned
    wanted = [pin for pin in (issued, *planned) if pin is not None]
    for pin in wanted:
        if run.state.key(pin) is not None:
            run.put(_known(run, pin))
        elif waiting := waits.before_listing(pin, run.moment()):
            run.waiting.append(waiting)
        else:
            run.put(_known(run, pin))
    kept = tuple(
        key
        for key in run.state.keys
        if key.exported or _is_among(key, wanted) or key.pin.name in _all_seen(run.state)
    )
    run.state = replace(run.state, keys=kept)


def _note_served(run: _Run) -> None:
    """Take note of keys that an endpoint serves although they were never exported."""
    served = _all_seen(run.state)
    for key in run.state.keys:
        if not key.exported and key.pin.name in served:
            run.put(replace(key, exported=run.now))


def _start_owners(run: _Run) -> None:
    """Begin to publish at owners that are new here, and set back the clocks of all keys if so."""
    new = {}
    for name, owner in run.sources.owners.items():
        if name in run.state.owners or not run.state.keys:
            continue
        if waiting := waits.before_start(name, run.moment()):
            run.waiting.append(waiting)
            continue
        lost = run.policy.lost_ttl if owner.published or owner.is_begun else 0
        new[name] = Memory(max(owner.ttl, lost), owner.expire)
    if new:
        keys = tuple(
            replace(key, shown=0, visible=0, unheard=0, waited=0, ttl=0) for key in run.state.keys
        )
        owners = dict(sorted({**run.state.owners, **new}.items()))
        run.state = replace(run.state, keys=keys, owners=owners)


def _retire(run: _Run) -> tuple[Pin, ...]:
    """Let go old keys that nothing waits for any more, and return them."""
    kept_pins = [p for p in (run.sources.issued, *run.sources.planned) if p is not None]
    retired = []
    for key in run.state.keys:
        if not key.exported or key.is_current or _is_among(key, kept_pins):
            continue
        if waiting := waits.before_retiring(key, run.moment()):
            run.waiting.append(waiting)
        else:
            retired.append(key.pin)
    keys = tuple(key for key in run.state.keys if key.pin not in retired)
    run.state = replace(run.state, keys=keys)
    return tuple(retired)


def _export(run: _Run) -> Pin | None:
    """Return the pin of the newest chain where it may be exported."""
    key = run.state.key(run.sources.issued)
    if key is None:
        return None
    exported = run.sources.exported
    if key.is_current and exported is not None and key.pin.is_same(exported):
        return key.pin  # a renewal with the same key; not so after a crash before its export
    if waiting := waits.before_export(key, run.moment()):
        run.waiting.append(waiting)
        return None
    if run.state.current is not None:
        run.state = replace(run.state, order=Order.NONE)
    _make_current(run, replace(key, exported=run.now))
    return key.pin


def _key_to_use(run: _Run) -> Pin | None:
    """Return the key for the next request: the next one where it is called for and ready."""
    current, moment = run.state.current, run.moment()
    is_roll = current is None or run.state.is_emergency or _is_asked(run, current)
    for pin in run.sources.planned if is_roll and run.state.unit == "key" else ():
        key = run.state.key(pin)
        if key is None or key.is_current:
            continue
        waiting = waits.before_export(key, moment)
        if waiting is None:
            return key.pin
        if waiting not in run.waiting:
            run.waiting.append(waiting)
    return None if current is None or run.state.is_emergency else current.pin


def _is_asked(run: _Run, current: Key) -> bool:
    """Say whether a person, or the age of the current key, calls for the next one."""
    age = run.now - current.exported
    return run.state.order is Order.ROLL or 0 < run.policy.roll_after <= age


# -- small parts -------------------------------------------------------------------------------


def _known(run: _Run, pin: Pin) -> Key:
    """Return the key of *pin*, new where there is none, with the digests of both."""
    key = run.state.key(pin)
    if key is None:
        return Key(pin, run.now)
    merged = _merged(key.pin, pin)
    if merged.name != key.pin.name:  # what was seen names it otherwise: look again
        run.state = replace(run.state, seen=dict.fromkeys(run.state.seen, frozenset()))
    return key if merged == key.pin else replace(key, pin=merged)


def _merged(one: Pin, other: Pin) -> Pin:
    return Pin(one.sha256 or other.sha256, one.sha512 or other.sha512)


def _make_current(run: _Run, key: Key) -> None:
    """Make *key* the current one; what endpoints were seen with before counts no more."""
    others = (replace(each, is_current=False, cleared=0, held=0) for each in run.state.keys)
    unseen = dict.fromkeys(run.state.seen, frozenset[str]())
    run.state = replace(run.state, keys=tuple(others), seen=unseen)
    run.put(replace(key, is_current=True, cleared=0, held=0))


def _is_among(key: Key, pins: Iterable[Pin]) -> bool:
    return any(key.pin.is_same(pin) for pin in pins)


def _all_seen(state: State) -> frozenset[str]:
    return frozenset[str]().union(*state.seen.values())
