"""Zones built by several processes: in order, with their errors, and never beyond their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sites import REPOSITORY, environment
from zonebuild.builder.parallel import map_zones
from zonebuild.files.lock import Lock
from zonebuild.files.write import WriteError

MANY = [f"z{number}.example." for number in range(250)]
several = pytest.mark.usefixtures("_two_processors")


@pytest.fixture
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})


@several
def test_the_results_come_in_order_from_two_other_processes() -> None:
    found = list(map_zones(lambda apex: (apex, os.getpid()), MANY, in_child=lambda: None))
    assert [apex for apex, _ in found] == MANY
    assert len({pid for _, pid in found} - {os.getpid()}) == 2


@several
@pytest.mark.parametrize("error", [WriteError(Path("x"), OSError(28, "full")), ValueError("bug")])
def test_an_error_is_raised_where_the_results_are_read(error: Exception) -> None:
    def work(apex: str) -> str:
        if apex == MANY[200]:
            raise error
        return apex

    found: list[str] = []
    with pytest.raises(type(error), match=str(error)):
        found.extend(map_zones(work, MANY, in_child=lambda: None))
    assert found == MANY[:200]


@several
def test_a_process_that_dies_is_an_error_and_no_hang() -> None:
    def work(apex: str) -> str:
        if apex == MANY[100]:
            os.kill(os.getpid(), signal.SIGKILL)
        return apex

    with pytest.raises(ChildProcessError):
        list(map_zones(work, MANY, in_child=lambda: None))


KILLED = """\
import os, signal, time
from pathlib import Path
from zonebuild.builder.parallel import map_zones
from zonebuild.files.lock import Lock

os.sched_getaffinity = lambda pid: {0, 1}

def work(apex):
    time.sleep(0.05)
    return apex * 1000

with Lock(Path("lock"), command="a test") as lock:
    results = map_zones(work, [str(n) for n in range(1000)], in_child=lock.leave_to_parent)
    next(results)
    print(os.getpid(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_parent_leaves_no_lock_and_no_process(tmp_path: Path) -> None:
    begun = subprocess.run(
        [sys.executable, "-c", KILLED],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(REPOSITORY)),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert begun.returncode == -signal.SIGKILL
    with Lock(tmp_path / "lock", command="the next"):
        pass
    deadline = time.monotonic() + 20
    while _processes_of(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _processes_of(folder: Path) -> list[str]:
    """Return the processes whose working directory is *folder*."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if os.readlink(process / "cwd") == str(folder.resolve()):
                    found.append(process.name)
            except OSError:
                continue
    return found
