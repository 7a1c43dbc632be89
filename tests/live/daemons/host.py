"""A host for daemons: namespaces of network, mounts and processes, and what runs inside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.live.namespaces import COMMAND_SECONDS, ENVIRONMENT, STOP_SECONDS, started
from zonebuild.files.host import VARIABLE

PATIENCE = 30  # seconds until something must be so
TOP = Path(__file__).parents[3]
_CLOCK = Path(__file__).parent / "clock"
_PAUSE = 0.02
# named listens only at addresses that an interface has by itself, so each gets one. OpenDNSSEC's
# sockets and the folder that sshd wants lie in /run, wherever the package put anything.
_FIRST = (
    "mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 755 /run/sshd /run/opendnssec && "
    "ip link set lo up && for last in 2 3 4 5 6 7 8; do ip address add 127.0.0.$last/32 dev lo; "
    "done && echo up && exec cat"
)
_END = 4000  # characters of a log in a message
Words = Sequence[str | Path]
Said = subprocess.CompletedProcess[str]


class Host:
    """Namespaces that live as long as the process *pid*, the first inside.

    settings: the environment of all that is run from now on, beside a small one.
    clock: what lets a program other than Python see another time.
    """

    def __init__(self, pid: int) -> None:
        user = [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]
        self._enter = ["nsenter", "-t", str(pid), *user, "-n", "-m", "-p", "--", "env"]
        self.clock: tuple[str, ...] = ()
        self.settings: dict[str, str] = {"PYTHONPATH": str(TOP)}

    def run(
        self, command: Words, *, folder: Path = Path("/"), seconds: float = COMMAND_SECONDS
    ) -> Said:
        """Run *command* in *folder* to its end; its exit code is the caller's to judge."""
        return subprocess.run(
            self.words(command, folder),
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def do(self, *command: str | Path) -> str:
        """Run *command*, see that it goes well, and return what it printed."""
        said = self.run(command)
        assert said.returncode == 0, f"{command}: {said.stdout}{said.stderr}"
        return said.stdout

    def zonebuild(self, site: Path, *words: str) -> Said:
        """Run zonebuild in the folder *site*."""
        return self.run([sys.executable, "-m", "zonebuild", *words], folder=site)

    def doit(self, site: Path, *words: str) -> Said:
        """Run doit in the folder *site*."""
        return self.run([sys.executable, "-m", "doit", *words], folder=site)

    def dig(self, server: str, *question: str) -> str:
        """Return the short answer of *server*, or what dig says where there is none."""
        command = ["dig", f"@{server}", "+short", "+time=1", "+tries=1", *question]
        return self.run(command).stdout.strip()

    def bind(self, source: Path, target: str) -> None:
        """Mount *source* over the existing *target*, inside only."""
        self.do("mount", "--bind", source, target)

    def set_clock(self, seconds: int) -> None:
        """Have zonebuild and daemons that are run from now on take it for *seconds* later.

        Fewer than 0: earlier. The times of files stay true, and so do clocks that only measure.
        """
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        self.settings["TESTS_CLOCK_SECONDS"] = str(seconds)
        self.settings["PYTHONPATH"] = f"{_CLOCK}:{TOP}"
        self.clock = (
            f"LD_PRELOAD={library}",
            f"FAKETIME={seconds:+d}s",
            "NO_FAKE_STAT=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        )

    def words(self, command: Words, folder: Path = Path("/")) -> list[str | Path]:
        """Return what runs *command* inside, for a process of the caller's own."""
        named = {VARIABLE: os.environ[VARIABLE]} if VARIABLE in os.environ else {}
        settings = [f"{name}={value}" for name, value in (self.settings | named).items()]
        return [*self._enter, "-C", folder, *settings, *command]


class Daemon:
    """A server in the foreground, of which *command* is the one process that is told to end.

    is_ready: asked until it is so after a start. has_clock: whether `Host.set_clock` moves its own.
    """

    has_clock = True

    def __init__(
        self, host: Host, command: Words, log: Path, is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        self._host, self._command, self.log = host, command, log
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, seconds: float = PATIENCE) -> None:
        """Start it, and wait until it is ready. seconds: how long that may take."""
        clock = self._host.clock if self.has_clock else ()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._host.words(["env", *clock, *self._command]),
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: not self.is_running or self._is_ready(), self.log, seconds=seconds)
        if not self.is_running:
            pytest.fail(f"{self._command} ended at once: {_end_of(self.log)}")

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it with SIGTERM; with SIGKILL where that is not enough."""
        if not self._end(signal.SIGTERM, STOP_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End it with SIGKILL."""
        assert self._end(signal.SIGKILL, STOP_SECONDS), f"{self._command} cannot be killed"

    def _end(self, number: int, seconds: float) -> bool:
        if not self.is_running:
            return True
        assert self._process is not None
        for pid in inside(self._process.pid):
            os.kill(pid, number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def inside(pid: int) -> list[int]:
    """Return the process that nsenter, whose number is *pid*, waits for; none when it has ended."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in children.split()]


@contextmanager
def host() -> Iterator[Host]:
    """Make a host with a loopback interface that is up, and end it with all that runs there."""
    user = [] if os.geteuid() == 0 else ["-r"]
    kinds = ["-n", "-m", "-p", "-f", "--mount-proc", "--propagation", "private", "--kill-child"]
    first = ["sh", "-c", _FIRST]
    reading, writing = os.pipe()
    with started(["unshare", *user, *kinds, "--", *first], writing) as process:
        os.close(writing)
        with os.fdopen(reading) as told:
            said = told.readline()
            assert said == "up\n", f"no namespaces: {said}{told.read()}"
            (pid,) = inside(process.pid)
            try:
                yield Host(pid)
            finally:  # unshare heeds no signal, but the first process inside reads until here
                assert process.stdin is not None
                process.stdin.close()
                process.wait(STOP_SECONDS)


def wait_until(is_so: Callable[[], bool], *logs: Path, seconds: float = PATIENCE) -> None:
    """Wait until *is_so*; fail with the ends of *logs* where it is not after *seconds*."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            pytest.fail("\n".join(_end_of(log) for log in logs) or "it never came to be so")
        time.sleep(_PAUSE)


def _end_of(log: Path) -> str:
    return f"{log}: {log.read_text(errors='replace')[-_END:]}" if log.exists() else ""
