"""Fragments of TLSA records, and the guard that never takes away what is served."""

from __future__ import annotations

import pytest

from tests.rollover_world import pin
from zonebuild.diagnostic import Location
from zonebuild.tlsa.parameters import DEFAULT, Parameters
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.records import (
    Guarded,
    TlsaRecord,
    Track,
    fragment_text,
    guard,
    read_fragment,
)
from zonebuild.tlsa.state import Key, Memory, Owner, State

OWNER = "_25._tcp.mx.example.org."
PLACE = Location("tlsa-map.yaml", 3)
ENDPOINT = (OWNER, "192.0.2.1:25")


def track(
    listed: int, served: int | None, parameters: Parameters = DEFAULT, unit: str = "key"
) -> Track:
    state = State(
        "mx",
        unit,
        keys=(Key(pin(listed), 1, exported=1, is_current=True),),
        owners={OWNER: Memory(3600, 604_800)},
        seen={ENDPOINT: frozenset() if served is None else frozenset({pin(served).name})},
    )
    return Track(state, Owner((parameters,), 3600))


def rdata(key: int, numbers: str = "3 1 1") -> str:
    return f"{numbers} {key:064x}"


def guarded(*tracks: Track, published: tuple[str, ...] = ()) -> Guarded:
    return guard(OWNER, tracks, frozenset(published), PLACE)


def test_the_records_of_all_tracks_stand_together() -> None:
    found = guarded(track(1, 1), track(2, 2), track(3, 3, Parameters(3, 0, 1), "certificate"))
    assert found == Guarded(frozenset({rdata(1), rdata(2), rdata(3, "3 0 1")}))


def test_what_is_published_leaves_where_all_that_is_served_is_listed() -> None:
    assert guarded(track(1, 1), published=(rdata(1), rdata(2))).rdatas == {rdata(1)}


def test_nothing_leaves_while_an_endpoint_serves_what_is_not_listed() -> None:
    found = guarded(track(1, 2), published=(rdata(1), rdata(2)))
    assert found.rdatas == {rdata(1), rdata(2)}
    (finding,) = found.findings
    assert finding.location == PLACE
    assert finding.check == "served-key-not-listed"
    assert finding.message.startswith(f"an endpoint of {OWNER} serves the key 0000000000000000…")


def test_what_is_served_unknown_is_not_listed_for_that() -> None:
    assert guarded(track(1, 9)).rdatas == {rdata(1)}


def test_each_combination_needs_its_match() -> None:
    known_by_one = State(
        "mx",
        keys=(Key(Pin(pin(1).sha256), 1),),
        owners={OWNER: Memory(1, 1)},
        seen={ENDPOINT: frozenset({pin(1).name})},
    )
    both = Owner((DEFAULT, Parameters(3, 1, 2)), 3600)
    found = guard(OWNER, [Track(known_by_one, both)], frozenset({rdata(1)}), PLACE)
    assert len(found.findings) == 1


def test_an_owner_that_has_not_begun_has_no_records() -> None:
    assert guard("_443._tcp.www.example.org.", [track(1, 1)], frozenset(), PLACE).rdatas == set()


def test_a_fragment_is_sorted_and_read_back() -> None:
    records = [TlsaRecord("b.", 300, rdata(2)), TlsaRecord("a.", 300, rdata(1))]
    text = fragment_text([*records, records[0]])
    assert text.startswith(f"a.\t300\tIN\tTLSA\t{rdata(1)}\n")
    assert read_fragment(text) == sorted(records)


@pytest.mark.parametrize("line", ["", "; note", "a.\t300\tIN\tA\t192.0.2.1", "a. 300 IN TLSA 3"])
def test_other_lines_of_a_fragment_are_passed(line: str) -> None:
    assert read_fragment(line) == []
