"""What people ask of a track: each function returns the state that remembers it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Order, State


def ask_roll(state: State) -> State:
    """Ask for the next key to take its turn as soon as it is ready."""
    return replace(state, order=Order.ROLL)


def cancel_roll(state: State) -> State:
    """Take the request back; a key that is exported already goes on."""
    return replace(state, order=Order.NONE)


def note_compromised(state: State, pin: Pin) -> State | Wrong:
    """Remember that *pin* is in wrong hands: shorter waits, and it goes with its last endpoint."""
    key = state.key(pin)
    if key is None:
        return Wrong(f"is not listed for {state.lineage}, want one of {_listed(state)}")
    return replace(state, compromised=state.compromised | {key.pin.name})


def note_carried(state: State, pin: Pin, hosts: Iterable[str]) -> State | Wrong:
    """Remember that *hosts* have the key *pin*: a person says so, or a CSR from there."""
    key = state.key(pin)
    if key is None:
        return Wrong(f"is not listed for {state.lineage}, want one of {_listed(state)}")
    marked = replace(key, carried=tuple(sorted({*key.carried, *hosts})))
    return replace(state, keys=tuple(marked if each is key else each for each in state.keys))


def _listed(state: State) -> str:
    return ", ".join(str(key.pin) for key in state.keys) or "none"
