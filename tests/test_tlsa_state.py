"""The text of states: read back whole, and a damaged block is lost alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.rollover_stories import plain_rollover
from zonebuild.tlsa.parameters import UNITS
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Key, Memory, Order, State
from zonebuild.tlsa.state_text import HEAD, from_text, read_states, states_text, to_text

NUMBERS = st.integers(0, 10**12 - 1)
NAMES = st.from_regex(r"[a-z0-9._:-]{1,20}", fullmatch=True)
SHA256 = st.binary(min_size=32, max_size=32).map(bytes.hex)
SHA512 = st.binary(min_size=64, max_size=64).map(bytes.hex)
PINS = st.builds(Pin, SHA256, st.just("") | SHA512) | st.builds(Pin, st.just(""), SHA512)
KEYS = st.builds(
    Key,
    PINS,
    *[NUMBERS] * 9,
    is_current=st.booleans(),
    carried=st.lists(st.from_regex(r"[a-z]{2,8}\.", fullmatch=True), max_size=2).map(tuple),
)
STATES = st.builds(
    State,
    NAMES,
    st.sampled_from(sorted(UNITS.values())),
    NUMBERS,
    NUMBERS,
    st.sampled_from(Order),
    compromised=st.frozensets(SHA256, max_size=2),
    keys=st.lists(KEYS, max_size=3).map(tuple),
    owners=st.dictionaries(NAMES, st.builds(Memory, NUMBERS, NUMBERS, NUMBERS), max_size=2),
    seen=st.dictionaries(st.tuples(NAMES, NAMES), st.frozensets(SHA256, max_size=2), max_size=2),
)


@given(STATES)
def test_a_state_is_read_back_as_it_was(state: State) -> None:
    assert from_text(to_text(state)) == state


@given(st.lists(STATES, max_size=3, unique_by=lambda state: (state.lineage, state.unit)))
def test_all_states_of_a_file_are_read_back(states: list[State]) -> None:
    text = states_text(states)
    assert read_states(text) == {(state.lineage, state.unit): state for state in states}
    assert states_text(reversed(states)) == text


@given(STATES, st.data())
def test_a_changed_octet_loses_the_block(state: State, data: st.DataObject) -> None:
    text = to_text(state)
    at = data.draw(st.integers(0, len(text) - 2))
    changed = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
    assert from_text(changed) is None


def test_a_damaged_block_is_lost_alone() -> None:
    text = states_text([State("a"), State("b"), State("c")])
    assert set(read_states(text.replace(b"track b", b"track x"))) == {("a", "key"), ("c", "key")}
    assert set(read_states(text[:-10])) == {("a", "key"), ("b", "key")}


@given(st.binary(max_size=300))
def test_no_file_is_too_odd_to_be_read(noise: bytes) -> None:
    assert read_states(HEAD.encode() + noise) == {}
    assert read_states(noise) == {}


def test_a_real_state_is_short() -> None:
    state = plain_rollover().state
    assert state
    assert len(to_text(state)) < 1000
