"""A clock that leaps: recognised before anything is signed, and undone when it is right again."""

from __future__ import annotations

import pytest

from zonebuild.clock import (
    LEEWAY,
    MOST_OUTAGE,
    Mark,
    Uptime,
    Verdict,
    accepted_mark,
    judge_clock,
    mark_text,
    next_mark,
    plausible,
    read_mark,
    rough,
)

NOW, HOUR, DAY = 1_795_000_000, 3600, 86_400
YEAR = 365 * DAY
UP = Uptime("boot-1", 1000)
LAST = Mark(NOW, UP, NOW - 30 * DAY, NOW - 31 * DAY)


def up(seconds: int, boot: str = "boot-1") -> Uptime:
    return Uptime(boot, UP.seconds + seconds)


@pytest.mark.parametrize(
    ("leap", "uptime", "verdict"),
    [
        pytest.param(60, up(60), Verdict.RIGHT, id="a minute later"),
        pytest.param(-LEEWAY, up(60), Verdict.RIGHT, id="corrected by NTP"),
        pytest.param(14 * DAY, up(0, "boot-2"), Verdict.RIGHT, id="cron was off for two weeks"),
        pytest.param(14 * DAY, up(60), Verdict.RIGHT, id="the uptime never proves the contrary"),
        pytest.param(120 * DAY, Uptime(), Verdict.RIGHT, id="cron was off for a summer"),
        pytest.param(2 * YEAR, up(2 * YEAR), Verdict.RIGHT, id="two years that were really there"),
        pytest.param(2 * YEAR, up(2 * YEAR, "boot-2"), Verdict.AHEAD, id="another boot proves not"),
        pytest.param(YEAR, up(60), Verdict.AHEAD, id="a year ahead"),
        pytest.param(10 * YEAR, Uptime(), Verdict.AHEAD, id="ten years ahead"),
        pytest.param(MOST_OUTAGE + 1, Uptime(), Verdict.AHEAD, id="just too far"),
        pytest.param(-10 * YEAR, Uptime(), Verdict.BEHIND, id="ten years back"),
        pytest.param(-40 * DAY, up(60), Verdict.BEHIND, id="back before all that is known"),
        pytest.param(-30 * DAY - HOUR, Uptime(), Verdict.RETURNED, id="back to before a leap"),
    ],
)
def test_a_clock_is_judged_by_the_run_before(leap: int, uptime: Uptime, verdict: Verdict) -> None:
    assert judge_clock(NOW + leap, uptime, LAST) is verdict


def test_the_first_run_of_all_has_nothing_to_compare_but_the_age_of_this_program() -> None:
    assert judge_clock(NOW, UP, None) is Verdict.RIGHT
    assert judge_clock(NOW - 10 * YEAR, UP, None) is Verdict.BEHIND


def test_a_lone_run_says_nothing_against_an_earlier_clock_but_a_day_of_runs_does() -> None:
    lone = next_mark(NOW, UP, None)
    assert judge_clock(NOW - 30 * DAY, UP, lone) is Verdict.RETURNED
    assert judge_clock(NOW - 30 * DAY, UP, lone._replace(at=NOW + DAY)) is Verdict.BEHIND
    for changed in (NOW - HOUR, NOW, NOW + 1):
        mark = next_mark(NOW, UP, None, changed=changed)
        assert judge_clock(NOW - 30 * DAY, UP, mark) is Verdict.BEHIND


def test_where_the_mark_is_lost_the_age_of_the_state_stands_in() -> None:
    assert judge_clock(NOW + YEAR, UP, None, changed=NOW) is Verdict.AHEAD
    assert judge_clock(NOW + DAY, UP, None, changed=NOW) is Verdict.RIGHT


@pytest.mark.parametrize("boot", ["", "boot-1"], ids=["no uptime", "with uptime"])
@pytest.mark.parametrize("ahead", [HOUR, 10 * HOUR, 3 * DAY, 100 * DAY])
def test_runs_that_were_ahead_are_known_when_the_clock_is_right_again(
    ahead: int, boot: str
) -> None:
    mark = next_mark(NOW, Uptime(boot, 1000), None)
    for minute in range(1, 60):  # an hour with a clock that is ahead
        at = Uptime(boot, 1000 + 60 * minute)
        assert judge_clock(NOW + ahead + 60 * minute, at, mark).is_trusted
        mark = next_mark(NOW + ahead + 60 * minute, at, mark)
    assert judge_clock(NOW + 3660, Uptime(boot, 4660), mark) is Verdict.RETURNED


def test_a_clock_that_goes_back_in_the_midst_of_daily_runs_is_behind() -> None:
    mark = None
    for day in range(60):
        mark = next_mark(NOW + day * DAY, Uptime(), mark)
    assert judge_clock(NOW + 30 * DAY, Uptime(), mark) is Verdict.BEHIND
    assert judge_clock(NOW + 60 * DAY, Uptime(), mark) is Verdict.RIGHT


def test_daily_runs_with_a_clock_that_is_weeks_ahead_do_not_hide_the_weeks() -> None:
    mark = next_mark(NOW, Uptime(), None)
    for day in range(60, 70):
        mark = next_mark(NOW + day * DAY, Uptime(), mark)
    assert judge_clock(NOW + 10 * DAY, Uptime(), mark) is Verdict.RETURNED


@pytest.mark.parametrize("leap", [400 * DAY, -40 * DAY, -300 * DAY])
def test_a_person_can_vouch_for_the_clock_whatever_it_shows(leap: int) -> None:
    mark = accepted_mark(NOW + leap, up(60), LAST)
    wanted = Verdict.RIGHT if leap > 0 else Verdict.RETURNED
    assert judge_clock(NOW + leap + 60, up(120), mark) is wanted
    assert judge_clock(NOW + leap + 60, Uptime(), mark) is wanted


def test_a_leap_that_was_accepted_by_mistake_is_undone_when_the_clock_is_right() -> None:
    mark = accepted_mark(NOW + 400 * DAY, Uptime(), LAST)
    assert judge_clock(NOW + HOUR, Uptime(), mark) is Verdict.RETURNED


def test_a_remembered_time_in_the_future_is_now() -> None:
    assert plausible(NOW - 5, NOW) == NOW - 5
    assert plausible(0, NOW) == 0
    assert plausible(NOW + YEAR, NOW) == NOW
    assert plausible(NOW + HOUR, NOW, most=DAY) == NOW + HOUR


@pytest.mark.parametrize(
    "mark", [LAST, Mark(NOW, Uptime(), NOW), Mark(1, UP, 2, 3, Uptime("another boot", 4))]
)
def test_a_mark_is_read_back_as_it_was_written(mark: Mark) -> None:
    assert read_mark(mark_text(mark)) == mark


@pytest.mark.parametrize("data", [b"", b"\xff", mark_text(LAST)[:-9], b"zonebuild-clock 1\n\n\n\n"])
def test_a_damaged_mark_is_none(data: bytes) -> None:
    assert read_mark(data) is None


def test_lengths_of_time_come_in_one_unit() -> None:
    found = [rough(600), rough(10 * HOUR), rough(400 * DAY), rough(3653 * DAY)]
    assert found == ["10 minutes", "10 hours", "400 days", "10 years"]
