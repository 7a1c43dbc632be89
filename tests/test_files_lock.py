"""One builder at a time, and a dead one is no obstacle."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from zonebuild.files.lock import Lock, LockError, LockHeld


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".zonebuild/lock"


def test_a_second_builder_learns_who_the_first_is(path: Path) -> None:
    with Lock(path, command="doit build"), pytest.raises(LockHeld) as caught:
        Lock(path, command="doit").__enter__()
    host = re.escape(os.uname().nodename)
    wanted = rf"pid {os.getpid()} on {host} since \d{{4}}-\d\d-\d\dT[\d:]{{8}}Z, command doit build"
    assert re.fullmatch(wanted, caught.value.holder)
    assert str(caught.value) == f"{path}: is held by {caught.value.holder}"


def test_a_lock_let_go_can_be_taken_again(path: Path) -> None:
    for _ in range(2):
        with Lock(path, command="doit"):
            assert path.read_bytes() != b""
        assert path.read_bytes() == b""


def test_the_lock_is_let_go_when_its_block_fails(path: Path) -> None:
    with pytest.raises(RuntimeError, match="bug"), Lock(path, command="doit"):
        raise RuntimeError("bug")
    with Lock(path, command="doit"):
        pass


def test_the_text_of_a_dead_holder_is_no_obstacle(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("pid 1 on elsewhere since 2020-01-01T00:00:00Z, command " + "x" * 10_000)
    with Lock(path, command="doit"):
        assert "elsewhere" not in path.read_text()
        assert len(path.read_text()) < 500


HOLD = """
import sys, time
from pathlib import Path
from zonebuild.files.lock import Lock
with Lock(Path(sys.argv[1]), command="doit"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_killed_holder_lets_go(path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    argv = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockHeld, match=f"pid {child.pid} "):
            Lock(path, command="doit").__enter__()
        child.send_signal(signal.SIGKILL)
        child.wait()
    with Lock(path, command="doit"):
        pass


def test_a_child_does_not_keep_the_lock(path: Path) -> None:
    with Lock(path, command="doit"):
        child = subprocess.Popen(["sleep", "600"], close_fds=False)
    try:
        with Lock(path, command="doit"):
            pass
    finally:
        child.kill()
        child.wait()


def test_waiting_gets_the_lock_once_it_is_free(path: Path) -> None:
    first = Lock(path, command="first").__enter__()
    timer = threading.Timer(0.1, first.__exit__)
    timer.start()
    with Lock(path, command="second", wait=60):
        assert "second" in path.read_text()
    timer.join()


def test_waiting_ends(path: Path) -> None:
    with Lock(path, command="first"), pytest.raises(LockHeld):
        Lock(path, command="second", wait=0.1).__enter__()


def test_a_lock_file_deleted_under_its_holder_is_not_taken_for_the_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between open and flock the file is deleted, as `.zonebuild/` always may be."""
    import fcntl

    real = fcntl.flock
    deleted: list[Path] = []

    def flock(descriptor: int, operation: int) -> None:
        if not deleted:
            path.unlink()
            deleted.append(path)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with Lock(path, command="first"), pytest.raises(LockHeld):
        Lock(path, command="second").__enter__()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda path: path.symlink_to("else"), "is a symbolic link", id="link"),
        pytest.param(os.mkfifo, "is no regular file", id="fifo"),
        pytest.param(Path.mkdir, "cannot be locked: is a directory", id="directory"),
    ],
)
def test_what_is_no_lock_file_is_refused(
    path: Path, make: Callable[[Path], None], said: str
) -> None:
    path.parent.mkdir()
    make(path)
    with pytest.raises(LockError, match=said):
        Lock(path, command="doit").__enter__()
    assert not (path.parent / "else").exists()


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".zonebuild").write_bytes(b"")
    with pytest.raises(LockError, match="cannot be locked: file exists"):
        Lock(tmp_path / ".zonebuild/lock", command="doit").__enter__()


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        pytest.param(b"", "another builder", id="not-yet-written"),
        pytest.param(b"pid 1\x1b[31m\nx", "pid 1?[31m?x", id="control-characters"),
        pytest.param(b"\xff\xfe", "\ufffd\ufffd", id="no-utf-8"),
    ],
)
def test_foreign_text_in_the_lock_is_shown_harmless(path: Path, text: bytes, holder: str) -> None:
    with Lock(path, command="doit"):
        path.write_bytes(text)
        with pytest.raises(LockHeld) as caught:
            Lock(path, command="doit").__enter__()
    assert caught.value.holder == holder


def test_a_command_on_many_lines_or_without_end_is_cut(path: Path) -> None:
    with Lock(path, command="é" * 10_000 + "\n"), pytest.raises(LockHeld) as caught:
        Lock(path, command="doit").__enter__()
    assert len(caught.value.holder) <= 400


def test_no_descriptor_is_left(path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        with Lock(path, command="first"), pytest.raises(LockHeld):
            Lock(path, command="second", wait=0.06).__enter__()
    assert os.listdir("/proc/self/fd") == before
