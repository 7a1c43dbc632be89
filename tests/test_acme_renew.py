"""When a certificate is renewed, and when one that failed is tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.acme.backoff import Failures, add_failure
from zonebuild.acme.renew import (
    LOOK_AGAIN,
    Lifetime,
    Schedule,
    Window,
    begin,
    draw_again,
    is_due,
    is_in_window,
    is_to_look,
    last_call,
    take_silence,
    take_window,
    usual_window,
)

HOUR, DAY = 3600, 86400
START = 1_800_000_000
LIFETIME = Lifetime(START, START + 90 * DAY)
DRAWS = st.floats(0, 1, exclude_max=True)
LIFETIMES = st.integers(HOUR, 400 * DAY).map(lambda seconds: Lifetime(START, START + seconds))


@pytest.mark.parametrize(
    ("days", "earliest", "latest"),
    [(90, 59.1, 60.9), (64, 42.0, 43.4), (45, 29.5, 30.5), (160 / 24, 3.26, 3.41)],
    ids=["90 days", "64 days", "45 days", "160 hours"],
)
def test_without_a_window_a_share_of_the_lifetime_decides(
    days: float, earliest: float, latest: float
) -> None:
    lifetime = Lifetime(START, START + int(days * DAY))
    first, last = (begin("c", lifetime, draw).at for draw in (0.0, 0.999))
    assert START + earliest * DAY <= first < last <= START + latest * DAY


@given(LIFETIMES, DRAWS)
def test_every_lifetime_is_renewed_in_its_second_half_with_time_left(
    lifetime: Lifetime, draw: float
) -> None:
    at = begin("c", lifetime, draw).at
    assert lifetime.start + lifetime.seconds * 0.48 <= at <= last_call(lifetime) < lifetime.end


@given(LIFETIMES, st.integers(-400 * DAY, 400 * DAY), st.integers(1, 30 * DAY), DRAWS)
def test_the_instant_lies_in_the_window_and_stays_while_the_window_does(
    lifetime: Lifetime, offset: int, width: int, draw: float
) -> None:
    before = begin("c", lifetime, draw)
    window = Window(lifetime.start + offset, lifetime.start + offset + width)
    told = take_window(before, window, lifetime, now=lifetime.start, retry=None)
    drawn = draw_again(before, told, lifetime, draw)
    assert drawn.at <= last_call(lifetime)
    assert window.start <= drawn.at < window.end or drawn.at == last_call(lifetime)
    again = take_window(drawn, window, lifetime, now=lifetime.start + 60, retry=None)
    assert draw_again(drawn, again, lifetime, 1 - draw / 2).at == drawn.at


def test_a_window_that_is_past_means_now() -> None:
    now = START + 10 * DAY
    before = begin("c", LIFETIME, 0.5)
    incident = Window(now - HOUR, now - HOUR // 2, "https://ca.example/why")
    told = take_window(before, incident, LIFETIME, now=now, retry=None)
    after = draw_again(before, told, LIFETIME, 0.5)
    assert is_due(after, now)
    assert not is_due(before, now)
    assert not is_in_window(after, now)


def test_what_comes_before_the_next_run_is_due_now() -> None:
    schedule = Schedule("c", START + HOUR)
    assert not is_due(schedule, START, HOUR - 1)
    assert is_due(schedule, START, HOUR)


@pytest.mark.parametrize(
    ("retry", "pause"),
    [(None, LOOK_AGAIN), (0, 60), (30, 60), (7200, 7200), (10 * DAY, DAY * 9 // 10)],
    ids=["missing", "zero", "too soon", "as told", "too late"],
)
def test_the_next_question_comes_when_the_ca_says_within_reason(
    retry: int | None, pause: int
) -> None:
    window = usual_window(LIFETIME)
    told = take_window(begin("c", LIFETIME, 0), window, LIFETIME, now=START, retry=retry)
    assert told.look == START + pause


def test_a_short_lived_certificate_is_asked_about_at_least_every_two_hours() -> None:
    lifetime = Lifetime(START, START + 160 * HOUR)
    told = take_window(
        begin("c", lifetime, 0), usual_window(lifetime), lifetime, now=START, retry=DAY
    )
    assert told.look - START <= 2 * HOUR


def test_a_window_that_ends_before_it_starts_is_no_answer() -> None:
    before = begin("c", LIFETIME, 0.5)
    window = Window(START + DAY, START + DAY)
    told = take_window(before, window, LIFETIME, now=START, retry=60)
    assert (told.at, told.window, told.look) == (before.at, None, START + LOOK_AGAIN)


def test_silence_keeps_the_window_and_asks_again_in_an_hour_then_in_six() -> None:
    schedule = replace(begin("c", LIFETIME, 0.5), window=usual_window(LIFETIME))
    looks = []
    for _ in range(5):
        schedule = take_silence(schedule, now=START, is_lasting=False)
        looks.append((schedule.look - START) // HOUR)
    assert looks == [1, 1, 1, 6, 6]
    assert schedule.window == usual_window(LIFETIME)
    assert (
        take_silence(begin("c", LIFETIME, 0), now=START, is_lasting=True).look == START + 6 * HOUR
    )


def test_nobody_asks_about_a_certificate_that_has_expired() -> None:
    schedule = begin("c", LIFETIME, 0.5)
    assert is_to_look(schedule, LIFETIME, LIFETIME.end)
    assert not is_to_look(schedule, LIFETIME, LIFETIME.end + 1)
    assert not is_to_look(replace(schedule, look=START + 60), LIFETIME, START + 59)


def test_failures_wait_1_10_and_100_minutes_then_a_day() -> None:
    failures, now, pauses = Failures(), START, []
    for _ in range(5):
        failures = add_failure(failures, now)
        pauses.append((failures.next_try - now) // 60)
        now = failures.next_try
    assert pauses == [1, 10, 100, 1440, 1440]


def test_a_failure_waits_as_long_as_the_ca_asks() -> None:
    assert add_failure(Failures(), START, until=START + DAY).next_try == START + DAY
    assert add_failure(Failures(), START, until=START + 5).next_try == START + 60
    assert Failures().next_try == 0
