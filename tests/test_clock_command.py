"""A clock that leaps, through the commands that people and cron type."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import dns.dnssec
import pytest

from tests.built_zones import validate_all
from tests.sites import DODO, DOIT, REPOSITORY, ZONEBUILD, SmallSite, environment
from zonebuild.builder.run import open_run
from zonebuild.cli import run as run_command

HOUR, DAY = 3600, 86_400
YEAR = 365 * DAY
SITE = """\
signer: local
defaults:
  serial: date
  ns: [ns1.test., ns2.test.]
  soa: {rname: hostmaster.test.}
"""
ZONE = "a.example"
SHIM = REPOSITORY / "tests/live/daemons/clock"  # moves the clock of one process

Done = subprocess.CompletedProcess[str]


class Desk:
    """A site, and a shell in it whose clock can be moved."""

    def __init__(self, root: Path) -> None:
        self.site = SmallSite(root, [ZONE], SITE)
        self.site.write("dodo.py", DODO)

    def type(self, *command: str, leap: int = 0) -> Done:
        moved = {"PYTHONPATH": f"{SHIM}:{REPOSITORY}", "TESTS_CLOCK_SECONDS": str(leap)}
        return subprocess.run(
            command,
            cwd=self.site.root,
            env={**environment(), **moved},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def doit(self, *arguments: str, leap: int = 0) -> Done:
        return self.type(*DOIT, *arguments, leap=leap)

    def zonebuild(self, *arguments: str, leap: int = 0) -> Done:
        return self.type(*ZONEBUILD, *arguments, leap=leap)

    def signed(self) -> bytes:
        return (self.site.root / "signed" / ZONE).read_bytes()

    def outputs(self) -> dict[str, bytes]:
        """Return what runs write, but for the times of runs."""
        found = {path: data for path, (_, _, data) in self.site.outputs().items()}
        return {p: d for p, d in found.items() if not p.startswith("state/runs/")}

    def is_valid(self) -> bool:
        """Return whether a validator accepts the whole signed zone now."""
        try:
            return bool(validate_all(self.signed().decode(), f"{ZONE}.", int(time.time())))
        except dns.dnssec.ValidationFailure:
            return False


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "site")
    assert made.doit().returncode == 0
    assert made.is_valid()
    return made


LEAPS = {
    "400 days ahead": (400 * DAY, "400 days after the last run"),
    "ten years ahead": (3653 * DAY, "10 years after the last run"),
    "three days back": (-3 * DAY, "3 days before the last run"),
    "ten years back": (-3653 * DAY, "10 years before the last run"),
}


@pytest.mark.parametrize(("leap", "why"), LEAPS.values(), ids=LEAPS)
def test_a_leap_is_reported_and_nothing_is_built_or_signed(desk: Desk, leap: int, why: str) -> None:
    before = desk.outputs()
    desk.site.append(f"primary/{ZONE}", "new A 192.0.2.77\n")
    commands = (DOIT, (*DOIT, f"zone:{ZONE}"), *((*ZONEBUILD, each) for each in ("poll", "look")))
    for command in commands:
        done = desk.type(*command, leap=leap)
        assert done.returncode == 2, command
        told = done.stdout + done.stderr
        assert why in told
        assert "set the clock right" in told
        assert ("zonebuild clock --accept" in told) == (leap > -YEAR)
        assert "Traceback" not in told
    kept = {path: data for path, data in desk.outputs().items() if path != "state/poll.json"}
    assert kept == before
    assert desk.doit().returncode == 0
    assert "new.a.example" in desk.signed().decode()
    assert desk.is_valid()


def test_an_idle_run_reports_a_leap_as_well(desk: Desk) -> None:
    assert desk.doit().stderr == ""
    done = desk.doit(leap=-2 * DAY)
    assert (done.returncode, done.stderr.count("the clock shows")) == (2, 1)


def test_status_and_clock_show_a_leap_until_the_clock_is_right(desk: Desk) -> None:
    assert desk.zonebuild("clock").returncode == 0
    assert desk.zonebuild("clock", leap=400 * DAY).returncode == 1
    for form in ("text", "json"):
        status = desk.zonebuild("status", "--format", form, leap=400 * DAY)
        assert (status.returncode, "400 days after the last run" in status.stdout) == (1, True)
    found = json.loads(desk.zonebuild("status", "--format", "json").stdout)
    assert [each["check"] for each in found["failures"]] == []


def ahead_with_an_edit(desk: Desk) -> None:
    desk.site.append(f"primary/{ZONE}", "new A 192.0.2.77\n")
    assert desk.doit(leap=10 * HOUR).returncode == 0


def ahead_for_weeks(desk: Desk) -> None:
    desk.site.append(f"primary/{ZONE}", "new A 192.0.2.77\n")
    for day in range(60, 64):
        assert desk.doit(leap=day * DAY).returncode == 0


def ahead_by_force(desk: Desk) -> None:
    assert desk.zonebuild("clock", "--accept", leap=400 * DAY).returncode == 0
    assert desk.doit(leap=400 * DAY).returncode == 0


AHEAD = (ahead_with_an_edit, ahead_for_weeks, ahead_by_force)


@pytest.mark.parametrize("go_ahead", AHEAD)
def test_what_a_clock_ahead_has_left_heals_in_the_first_run_that_is_right(
    desk: Desk, go_ahead: Callable[[Desk], None]
) -> None:
    go_ahead(desk)
    assert not desk.is_valid()
    done = desk.doit()
    assert (done.returncode, "the clock was ahead by up to" in done.stderr) == (0, True)
    assert desk.is_valid()
    assert desk.doit().stderr == ""


def test_a_run_that_is_killed_at_once_does_not_keep_the_next_from_healing(desk: Desk) -> None:
    ahead_with_an_edit(desk)
    root, now = desk.site.root, int(time.time())
    with open_run(root, now=now, command="a run that is killed", is_builder=True):
        pass
    assert desk.doit().returncode == 0
    assert desk.is_valid()


def test_a_lost_mark_hides_nothing_that_a_clock_ahead_has_left(desk: Desk) -> None:
    ahead_by_force(desk)
    desk.site.forget("state/clock")
    assert desk.doit().returncode == 0
    assert desk.is_valid()


def test_a_first_run_that_was_ahead_heals_as_well(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "site")
    desk.doit(leap=400 * DAY)
    serial = desk.site.serial(ZONE)
    assert not desk.is_valid()
    done = desk.doit()
    assert (done.returncode, desk.is_valid()) == (0, True)
    assert done.stderr.count(f"the serial {serial} of {ZONE}. is ahead of the date") == 1
    desk.site.append(f"primary/{ZONE}", "new A 192.0.2.77\n")
    assert desk.doit().stderr == ""
    assert desk.site.serial(ZONE) == serial + 1  # no secondary would take one of today


@pytest.mark.parametrize("outage", [14 * DAY, 120 * DAY])
def test_after_an_outage_of_cron_everything_goes_on(desk: Desk, outage: int) -> None:
    done = desk.doit(leap=outage)
    assert (done.returncode, done.stderr) == (0, "")


def test_after_a_longer_outage_one_command_lets_everything_go_on(desk: Desk) -> None:
    assert desk.doit(leap=YEAR).returncode == 2
    assert desk.zonebuild("clock", "--accept", leap=YEAR).returncode == 0
    assert desk.doit(leap=YEAR).returncode == 0
    assert desk.doit(leap=YEAR + DAY).returncode == 0


def test_nobody_can_vouch_for_a_time_before_this_program_was_made(desk: Desk) -> None:
    done = desk.zonebuild("clock", "--accept", leap=-3653 * DAY)
    assert (done.returncode, "set the clock right" in done.stderr) == (2, True)


def test_a_clock_that_was_ahead_for_long_heals_by_the_word_of_a_person(desk: Desk) -> None:
    desk.site.append(f"primary/{ZONE}", "new A 192.0.2.77\n")
    for day in (30, 95, 160):  # whatever came before is long past
        assert desk.doit(leap=day * DAY).returncode == 0
    assert desk.doit().returncode == 2
    assert desk.zonebuild("clock", "--accept").returncode == 0
    assert desk.doit().returncode == 0
    assert desk.is_valid()


def test_the_clock_command_wants_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["clock", "--accept"]) == 2


def test_a_freeze_cannot_be_timed_by_a_clock_that_is_wrong(desk: Desk) -> None:
    wanted = ("freeze", "--until", "2h", "--reason", "a move")
    assert desk.zonebuild(*wanted, leap=400 * DAY).returncode == 2
    assert not os.path.lexists(desk.site.root / "state/frozen.site")
    assert desk.zonebuild(*wanted).returncode == 0
