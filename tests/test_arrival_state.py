"""What is remembered of zones on their way: text and back, lags, who is behind and who ahead."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zonebuild.builder.delivery.arrival_state import (
    Arrival,
    Lag,
    arrivals_text,
    note_seen,
    read_arrivals,
    shown,
    slowest,
)
from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.probe.serials import Seen

ONE, TWO = Server("192.0.2.1", name="ns1.example."), Server("2001:db8::2", 5353)
SERIALS = st.integers(0, 2**32 - 1)
LAGS = st.builds(
    Lag,
    st.none() | st.integers(0, 10**11),
    st.none() | SERIALS,
    st.sampled_from([status.value for status in Status]),
)
ARRIVALS = st.builds(
    Arrival,
    SERIALS,
    st.integers(0, 10**11),
    st.booleans(),
    st.dictionaries(st.sampled_from([str(ONE), str(TWO), "192.0.2.9"]), LAGS),
)


def seen(server: Server, serial: int | None, after: float | None) -> Seen:
    status = Status.SILENT if serial is None else Status.ANSWERED
    return Seen(server, serial, Answer(server, status), after)


@given(st.dictionaries(st.sampled_from(["example.org.", ".", "a.test."]), ARRIVALS))
def test_what_is_written_is_read_again(arrivals: dict[str, Arrival]) -> None:
    assert read_arrivals(arrivals_text(arrivals)) == arrivals


@given(st.text(max_size=200))
def test_no_damage_stops_the_reading(text: str) -> None:
    read_arrivals(text)


def test_the_lag_is_counted_from_the_first_sight_of_the_serial() -> None:
    after = note_seen(Arrival(5, 1000), [seen(ONE, 5, 0.25), seen(TWO, 4, None)], waited=60_000)
    assert after.lags[str(ONE)].milliseconds == 60_250
    assert list(after.behind) == [str(TWO)]


def test_a_lag_that_is_known_stays() -> None:
    first = note_seen(Arrival(5, 1000), [seen(ONE, 5, 0.25)], waited=0)
    assert note_seen(first, [seen(ONE, 5, 0.01)], waited=9_000) == first


def test_a_server_that_falls_back_is_behind_again() -> None:
    first = note_seen(Arrival(5, 1000), [seen(ONE, 5, 0.25)], waited=0)
    assert note_seen(first, [seen(ONE, 4, None)], waited=9_000).behind


def test_a_server_with_a_newer_serial_than_the_signer_is_ahead_around_the_end_too() -> None:
    after = note_seen(
        Arrival(2**32 - 1, 0), [seen(ONE, 1, 0.1), seen(TWO, 2**32 - 1, 0.1)], waited=0
    )
    assert list(after.ahead) == [str(ONE)]


def test_a_message_names_serials_and_silence() -> None:
    after = note_seen(Arrival(5, 0), [seen(ONE, 4, None), seen(TWO, None, None)], waited=0)
    assert shown(after.behind) == (
        "ns1.example. (192.0.2.1) has serial 4; [2001:db8::2]:5353 is silent"
    )


def test_the_slowest_of_all_is_told() -> None:
    quick = Arrival(1, 0, True, {"a": Lag(3, 1, "")})
    slow = Arrival(1, 0, True, {"a": Lag(9, 1, ""), "b": Lag(None, 1, "")})
    assert slowest({"q.": quick, "s.": slow}) == ("s.", "a", 9)
    assert slowest({}) is None
