"""The code of the rollover with one wait, or one thing that a wait rests on, taken out.

Each must make the model meet harm: test_rollover_model runs them all, each through the story that
needs what is taken out. Most are met by the random walks as well, the rarest only after hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

from tests import rollover_stories as stories
from tests import rollover_world
from tests.rollover_world import World
from zonebuild.tlsa import clocks, rollover, waits
from zonebuild.tlsa.clocks import Sighting
from zonebuild.tlsa.state import Key, Memory, Observation, Policy, State
from zonebuild.tlsa.waits import Moment

Story = Callable[[], World]


class Mutant(NamedTuple):
    """One mutant: in *module*, *name* is *replacement*."""

    what: str
    module: ModuleType
    name: str
    replacement: Any
    story: Callable[[], World]


def _without(table: Iterable[Any], wait: Callable[..., Any]) -> tuple[Any, ...]:
    return tuple(each for each in table if each is not wait)


def _no_export_wait(wait: Callable[..., Any], story: Story) -> Mutant:
    left = _without(waits.EXPORT_WAITS, wait)
    return Mutant(f"no {wait.__name__}", waits, "EXPORT_WAITS", left, story)


def _no_retire_wait(wait: Callable[..., Any], story: Story) -> Mutant:
    left = _without(waits.RETIRE_WAITS, wait)
    return Mutant(f"no {wait.__name__}", waits, "RETIRE_WAITS", left, story)


def _everywhere(*_: object) -> Sighting:
    return Sighting.EVERYWHERE


_sighting = clocks.sighting


def _never_lacking(*args: Any) -> Sighting:
    found = _sighting(*args)
    return Sighting.UNKNOWN if found is Sighting.LACKING else found


def _one_is_enough(*args: Any) -> Sighting:
    pin, state, sources, seen = args
    servers = {owner: views[:1] for owner, views in seen.servers.items()}
    return _sighting(pin, state, sources, Observation(seen.epoch, seen.at, servers))


def _only_margin(key: Key, moment: Moment) -> int:
    return moment.policy.margin


def _nothing_in_emergency(key: Key, moment: Moment) -> int:
    return 0 if moment.state.is_emergency else 2 * key.ttl + moment.policy.margin


_remember, _longest = clocks._remember, clocks.longest
_make_current, _export = rollover._make_current, rollover._export


def _ttl_of_now(memory: Memory, owner: Any, *_: object) -> Memory:
    return Memory(owner.ttl, owner.expire)


def _calm_at_once(memory: Memory, owner: Any, *rest: Any) -> Memory:
    found = _remember(memory, owner, *rest)
    return Memory(owner.ttl, owner.expire) if found.calm else found


def _no_expire(state: State, field: str) -> int:
    return 0 if field == "expire" else _longest(state, field)


def _as_the_clock_says(state: State, now: int, *_: object) -> int:
    return max(now - state.last, 0)


def _whatever_is_seen(observation: Observation | None, state: State, *_: object) -> Observation:
    return observation or Observation(state.epoch)


def _seen_before_counts(run: Any, key: Key) -> None:
    seen = run.state.seen
    _make_current(run, key)
    run.state = replace(run.state, seen=seen)


def _current_goes_out(run: Any) -> Any:
    current = run.state.current
    is_current = current is not None and current.pin == run.sources.issued
    return run.sources.issued if is_current else _export(run)


def _nothing(*_: object) -> None:
    return None


MUTANTS: tuple[Mutant, ...] = (
    _no_export_wait(waits.wait_for_another_key, stories.key_in_wrong_hands),
    _no_export_wait(waits.wait_for_caches, stories.unplanned_key),
    _no_export_wait(waits.wait_for_last_look, stories.server_from_a_backup),
    _no_export_wait(waits.wait_for_hands, stories.carried_by_hand),
    _no_retire_wait(waits.wait_for_endpoints, stories.endpoint_that_lags_in_an_emergency),
    _no_retire_wait(waits.wait_for_hold, stories.plain_rollover),
    Mutant(
        "no wait_for_another_pin",
        waits,
        "LIST_WAITS",
        (waits.wait_for_ghost,),
        stories.key_in_wrong_hands,
    ),
    Mutant(
        "no wait_for_ghost",
        waits,
        "LIST_WAITS",
        (waits.wait_for_another_pin,),
        stories.relisted_key,
    ),
    Mutant("no wait_for_service", waits, "START_WAITS", (), stories.first_records),
    Mutant(
        "the clock starts at the build", clocks, "sighting", _everywhere, stories.server_that_lags
    ),
    Mutant(
        "the clock starts at the first server",
        clocks,
        "sighting",
        _one_is_enough,
        stories.server_that_lags,
    ),
    Mutant(
        "a server without it sets no clock back",
        clocks,
        "sighting",
        _never_lacking,
        stories.server_from_a_backup,
    ),
    Mutant("a silent server is passed over", clocks, "longest", _no_expire, stories.silent_server),
    Mutant("no TTL is waited for", waits, "needed_seconds", _only_margin, stories.lower_ttl),
    Mutant(
        "no wait in an emergency", waits, "needed_seconds", _nothing_in_emergency, stories.emergency
    ),
    Mutant("a larger TTL is not remembered", clocks, "_remember", _ttl_of_now, stories.lower_ttl),
    Mutant(
        "a larger TTL is forgotten at once", clocks, "_remember", _calm_at_once, stories.lower_ttl
    ),
    Mutant(
        "a leap of the clock counts",
        rollover,
        "counted_seconds",
        _as_the_clock_says,
        stories.leaping_clock,
    ),
    Mutant("an old observation counts", rollover, "fresh", _whatever_is_seen, stories.old_look),
    Mutant(
        "what was seen before counts",
        rollover,
        "_make_current",
        _seen_before_counts,
        stories.old_look_of_endpoints,
    ),
    Mutant(
        "no last look after a crash",
        rollover,
        "_export",
        _current_goes_out,
        stories.crash_before_the_export,
    ),
    Mutant("lost state forgets the zone", rollover, "_adopt", _nothing, stories.lost_state),
    Mutant("lost TTLs were small", rollover_world, "POLICY", Policy(lost_ttl=0), stories.lost_ttl),
)
