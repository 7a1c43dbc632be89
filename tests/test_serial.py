"""Serials go forward on the circle of RFC 1982, whatever the policy and the clock."""

from __future__ import annotations

import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.serial import (
    LARGEST_STEP,
    SPACE,
    SerialError,
    check_kept,
    first_serial,
    is_newer,
    next_serial,
    policy_change,
)

NOON = calendar.timegm((2026, 11, 23, 12, 0, 0))
SERIALS = st.integers(0, SPACE - 1)
INSTANTS = st.integers(0, 1 << 33)  # past the end of 32-bit Unix time


@pytest.mark.parametrize(
    ("a", "b", "newer"),
    [
        pytest.param(2, 1, True, id="one-more"),
        pytest.param(1, 1, False, id="equal"),
        pytest.param(1, 2, False, id="one-less"),
        pytest.param(0, SPACE - 1, True, id="over-the-end"),
        pytest.param(1 + LARGEST_STEP, 1, True, id="largest-step"),
        pytest.param(2 + LARGEST_STEP, 1, False, id="half-the-circle"),
        pytest.param(1, 2 + LARGEST_STEP, False, id="half-the-circle-back"),
    ],
)
def test_greater_means_less_than_half_the_circle_ahead(a: int, b: int, newer: bool) -> None:
    assert is_newer(a, b) is newer


@pytest.mark.parametrize(
    ("policy", "old", "following"),
    [
        pytest.param("date", 2026112200, 2026112300, id="date-new-day"),
        pytest.param("date", 2026112299, 2026112300, id="date-after-a-full-day"),
        pytest.param("date", 2026112300, 2026112301, id="date-same-day"),
        pytest.param("date", 2026112399, 2026112400, id="date-past-99"),
        pytest.param("date", 2026112450, 2026112451, id="date-ahead-of-the-clock"),
        pytest.param("date", 1, 2026112300, id="date-after-a-counter"),
        pytest.param("date", SPACE - 1, 2026112300, id="date-over-the-end"),
        pytest.param("unixtime", NOON - 60, NOON, id="unixtime"),
        pytest.param("unixtime", NOON, NOON + 1, id="unixtime-twice-a-second"),
        pytest.param("unixtime", NOON + 60, NOON + 61, id="unixtime-clock-went-back"),
        pytest.param("unixtime", NOON + LARGEST_STEP + 1, NOON + LARGEST_STEP + 2, id="half"),
        pytest.param("counter", 7, 8, id="counter"),
        pytest.param("counter", SPACE - 1, 1, id="counter-skips-0"),
    ],
)
def test_the_following_serial(policy: str, old: int, following: int) -> None:
    assert next_serial(policy, old, now=NOON) == following


@pytest.mark.parametrize("policy", ["date", "unixtime", "counter"])
@given(old=SERIALS, now=INSTANTS)
def test_the_following_serial_is_greater_and_never_0(policy: str, old: int, now: int) -> None:
    following = next_serial(policy, old, now=now)
    assert 0 < following < SPACE
    assert is_newer(following, old)


@pytest.mark.parametrize(
    ("clock", "serial"), [((2026, 11, 23, 23, 59, 59), 2026112300), ((2026, 11, 24), 2026112400)]
)
def test_the_day_of_a_date_serial_is_utc(clock: tuple[int, ...], serial: int) -> None:
    now = calendar.timegm((*clock, 0, 0, 0)[:6])
    assert next_serial("date", 2026010100, now=now) == serial


@pytest.mark.parametrize(
    ("policy", "serial"), [("date", 2026112300), ("unixtime", NOON), ("counter", 1)]
)
def test_the_first_serial_of_a_new_zone(policy: str, serial: int) -> None:
    assert first_serial(policy, NOON) == serial


@pytest.mark.parametrize("policy", ["keep", "Date", ""])
def test_a_policy_that_computes_nothing_is_a_bug_of_the_caller(policy: str) -> None:
    with pytest.raises(ValueError, match="computes no serial"):
        next_serial(policy, 1, now=NOON)
    with pytest.raises(ValueError, match="computes no serial"):
        first_serial(policy, NOON)


@pytest.mark.parametrize(
    ("before", "after", "old"),
    [
        pytest.param("unixtime", "date", NOON, id="unixtime-to-date"),
        pytest.param("counter", "unixtime", 12, id="counter-to-unixtime"),
        pytest.param("date", "counter", 2026112301, id="date-to-counter"),
        pytest.param("date", "keep", 2026112301, id="to-keep"),
        pytest.param("keep", "date", 2026112417, id="by-hand-a-day-ahead"),
        pytest.param("unixtime", "unixtime", NOON + 90 * 86_400, id="no-change-with-a-bad-clock"),
        pytest.param(None, "unixtime", NOON + 3600, id="unknown-but-near"),
    ],
)
def test_a_change_of_policy_that_goes_forward_passes(
    before: str | None, after: str, old: int
) -> None:
    policy_change(before, after, old, now=NOON)


@pytest.mark.parametrize(
    ("before", "after", "old", "stay"),
    [
        pytest.param("date", "unixtime", 2026112301, "keep the serial policy date", id="date"),
        pytest.param("keep", "unixtime", 2026112301, "keep the serial policy keep", id="by-hand"),
        pytest.param(None, "unixtime", 2026112301, "a serial policy that counts on", id="unknown"),
        pytest.param("counter", "date", 4026112301, "policy counter", id="counter-to-date"),
    ],
)
def test_a_change_of_policy_that_steps_back_names_both_ways_out(
    before: str | None, after: str, old: int, stay: str
) -> None:
    with pytest.raises(SerialError) as caught:
        policy_change(before, after, old, now=NOON)
    wrap = (old + 2**31 - 1) % 2**32
    assert stay in str(caught.value)
    assert f"publish the serial {wrap}, wait until every secondary serves it" in str(caught.value)
    assert (caught.value.policy, caught.value.old, caught.value.wrap) == (after, old, wrap)


@given(now=st.integers(NOON, 2**31), ahead=st.integers(40 * 86_400, LARGEST_STEP))
def test_the_two_steps_out_lead_forward_to_the_new_policy(now: int, ahead: int) -> None:
    old = (now + ahead) % SPACE
    with pytest.raises(SerialError) as caught:
        policy_change("date", "unixtime", old, now=now)
    wrap = caught.value.wrap
    assert is_newer(wrap, old)
    policy_change("keep", "unixtime", wrap, now=now)
    assert next_serial("unixtime", wrap, now=now) == now


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        pytest.param(None, 5, True, id="no-history"),
        pytest.param(5, 6, True, id="raised"),
        pytest.param(5, 5, False, id="nothing-changed"),
        pytest.param(5, 6, False, id="raised-for-nothing"),
        pytest.param(SPACE - 1, 1, True, id="over-the-end"),
    ],
)
def test_a_written_serial_is_right(old: int | None, new: int, changed: bool) -> None:
    assert check_kept(old, new, content_changed=changed) is None


@pytest.mark.parametrize(
    ("old", "new", "changed", "message"),
    [
        pytest.param(5, 5, True, "want 6 or greater", id="forgotten"),
        pytest.param(5, 4, True, "the serial 4 is not greater than 5", id="lowered"),
        pytest.param(SPACE - 1, SPACE - 1, True, "want 1 or greater", id="at-the-end"),
        pytest.param(5, 4, False, "the serial 4 goes back from 5", id="lowered-alone"),
        pytest.param(5, 6 + LARGEST_STEP, True, "not greater than 5", id="half-the-circle"),
    ],
)
def test_a_written_serial_is_wrong(old: int, new: int, changed: bool, message: str) -> None:
    assert message in str(check_kept(old, new, content_changed=changed))
