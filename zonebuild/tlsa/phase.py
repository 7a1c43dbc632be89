"""Where a track stands, in one word: read off its keys, never kept, so that it cannot be wrong."""

from __future__ import annotations

import enum
from collections.abc import Collection

from zonebuild.tlsa.clocks import is_clear
from zonebuild.tlsa.state import DEFAULT_POLICY, Key, Order, State
from zonebuild.tlsa.waits import Moment, before_export, seconds_between_renewals


class Phase(enum.Enum):
    """The states of docs/dane.md."""

    UNPUBLISHED = "unpublished"
    STABLE = "stable"
    PREPUBLISH = "prepublish"
    STABLE_NEXT = "stable+next"
    READY = "ready"
    STAGED = "staged"
    DEPLOYING = "deploying"
    RETIRING = "retiring"


def phase_of(moment: Moment) -> Phase:
    """Return the phase of the track at *moment*: the one that is farthest on."""
    state, sources = moment.state, moment.sources
    if not state.owners:
        return Phase.UNPUBLISHED
    issued = state.key(sources.issued)
    planned = [key for pin in sources.planned if (key := state.key(pin)) and not key.is_current]
    old = [k for k in state.keys if k.exported and not k.is_current and k not in planned]
    if issued is not None and not issued.is_current:
        return Phase.STAGED
    if old:
        is_done = all(is_clear(key, state, sources) for key in old)
        return Phase.RETIRING if is_done else Phase.DEPLOYING
    return _of_next(planned, moment)


def is_quiet(state: State, owners: Collection[str]) -> bool:
    """Say whether nothing in the track of *state* moves, so that it need not be watched closely.

    owners: that it is to be published at.
    """
    return (
        state.current is not None
        and state.owners.keys() >= set(owners)
        and state.order is Order.NONE
        and not state.is_emergency
        and all(_is_settled(key) for key in state.keys)
    )


def _is_settled(key: Key) -> bool:
    needed = seconds_between_renewals(key.ttl, 0, DEFAULT_POLICY)
    return bool(key.visible) and key.waited >= needed and (key.is_current or not key.exported)


def _of_next(planned: list[Key], moment: Moment) -> Phase:
    if not planned:
        return Phase.STABLE
    if any(before_export(key, moment) for key in planned):
        return Phase.PREPUBLISH
    is_called = moment.state.order is Order.ROLL or moment.state.is_emergency
    return Phase.READY if is_called else Phase.STABLE_NEXT
