"""When the site was last run: noted by every run, also by one that had nothing to do."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.polling import POLL, PolledSite, environment_of_polls
from tests.sites import DOIT, ZONEBUILD, environment
from zonebuild.poll.last_run import ACME, FOLDER, HAND, WATCH, LastRun, last_runs, note_run
from zonebuild.poll.last_run import DOIT as BY_DOIT
from zonebuild.poll.last_run import POLL as BY_POLL


@pytest.fixture(autouse=True)
def _this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of_polls().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def site(tmp_path: Path) -> PolledSite:
    return PolledSite(tmp_path / "site")


def command(site: PolledSite, *words: str) -> None:
    subprocess.run(
        words, cwd=site.root, env=environment(), check=True, timeout=60, stdin=subprocess.DEVNULL
    )


def test_an_idle_poll_notes_its_time_and_stays_idle(site: PolledSite) -> None:
    site.settle()
    for later in (60, 120):
        site.later = later
        done = site.poll()
        assert (done.is_done, done.has_built, done.text) == (True, False, "")
        assert abs(last_runs(str(site.root))[HAND].at - time.time() - later) < 5


def test_an_idle_doit_notes_its_time(site: PolledSite) -> None:
    command(site, *DOIT)
    note_run(str(site.root), BY_DOIT, 1000)
    command(site, *DOIT)
    assert time.time() - last_runs(str(site.root))[BY_DOIT].at < 60


def test_a_poll_without_a_terminal_is_one_that_comes_by_itself(site: PolledSite) -> None:
    command(site, *POLL)
    assert set(last_runs(str(site.root))) == {BY_POLL, BY_DOIT}


def test_a_poll_at_a_terminal_is_a_persons(site: PolledSite) -> None:
    leader, terminal = os.openpty()
    done = subprocess.run(POLL, cwd=site.root, env=environment(), stdin=terminal, timeout=60)
    for end in (leader, terminal):
        os.close(end)
    assert done.returncode == 0
    assert set(last_runs(str(site.root))) == {HAND, BY_DOIT}


def test_a_run_of_issuance_with_nothing_to_ask_is_one(site: PolledSite) -> None:
    command(site, *ZONEBUILD, "acme", "run")
    assert ACME in last_runs(str(site.root))


def test_what_did_not_build_is_no_run(site: PolledSite) -> None:
    for words in (("check",), ("status",), ("list",)):
        command(site, *DOIT, *words)
    assert last_runs(str(site.root)) == {}


def test_the_pace_of_a_watch_is_kept(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert note_run(root, WATCH, 500, pace=3600) == ""
    assert note_run(root, WATCH, 900, pace=3600) == ""
    assert last_runs(root) == {WATCH: LastRun(900, 3600)}
    note_run(root, WATCH, 901, pace=60)
    assert last_runs(root) == {WATCH: LastRun(901, 60)}


@pytest.mark.parametrize("harm", ["", "x\n", "1" * 100, "\0"])
def test_a_damaged_record_still_has_its_time_and_heals(tmp_path: Path, harm: str) -> None:
    root = str(tmp_path)
    note_run(root, BY_POLL, 500)
    path = tmp_path / FOLDER / BY_POLL
    path.write_text(harm)
    os.utime(path, (500, 500))
    assert last_runs(root) == {BY_POLL: LastRun(500)}
    note_run(root, BY_POLL, 560)
    assert path.read_text() == "000000000560 000000\n"
    assert last_runs(root) == {BY_POLL: LastRun(560)}


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("000000000007 000000\n")
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / BY_POLL).symlink_to(other)
    assert note_run(str(tmp_path), BY_POLL, 560) == ""
    assert other.read_text() == "000000000007 000000\n"
    assert last_runs(str(tmp_path)) == {BY_POLL: LastRun(560)}


def test_a_poll_that_cannot_note_its_time_says_so_each_time(site: PolledSite) -> None:
    site.settle()
    site.forget(FOLDER)
    site.write(FOLDER, "in the way")
    for _ in range(2):
        done = site.poll()
        assert done.code == 2
        assert "so `zonebuild status` misses this run" in done.text
