"""The text of what was seen: read back whole, or not at all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zonebuild.tlsa.observed_text import HEAD, observed_text, read_observed
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import EndpointView, Observation, ServerView

NAMES = st.from_regex(r"[a-z0-9._:-]{1,20}", fullmatch=True)
NUMBERS = st.integers(0, 10**9)
HEX = st.binary(min_size=1, max_size=4).map(bytes.hex)
RDATAS = st.builds("3 1 {} {}".format, st.sampled_from("12"), HEX)
PINS = st.builds(Pin, HEX, st.just("") | HEX) | st.builds(Pin, st.just(""), HEX)


def views(kind: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    each = st.lists(kind, min_size=1, max_size=3).map(tuple)
    return st.dictionaries(NAMES, each, max_size=2)


SEEN = st.builds(
    Observation,
    NUMBERS,
    NUMBERS,
    views(
        st.builds(ServerView, NAMES, st.none() | st.frozensets(RDATAS, max_size=3), NUMBERS)
        | st.builds(ServerView, NAMES, st.just(frozenset()), NUMBERS, st.just(False))
    ),
    views(st.builds(EndpointView, NAMES, st.none() | st.frozensets(PINS, max_size=3))),
)
OBSERVED = st.dictionaries(st.tuples(NAMES, st.sampled_from(("key", "issuer"))), SEEN, max_size=3)


@given(OBSERVED)
def test_what_is_written_is_read_back(observed: dict[tuple[str, str], Observation]) -> None:
    assert read_observed(observed_text(observed)) == observed


@given(OBSERVED, st.data())
def test_a_changed_octet_tells_nothing(
    observed: dict[tuple[str, str], Observation], data: st.DataObject
) -> None:
    text = observed_text(observed)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + (b"x" if text[at : at + 1] != b"x" else b"y") + text[at + 1 :]
    assert read_observed(changed) == {}
    assert read_observed(text[:at]) == {}


def test_nothing_at_all_is_nothing_seen() -> None:
    assert read_observed(b"") == {}
    assert read_observed(HEAD.encode()) == {}
