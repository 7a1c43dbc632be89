"""A network of its own for each live test: real ports, no way out, no clash with another run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")),
    "LC_ALL": "C",
    "TZ": "UTC",
}
STOP_SECONDS = 10
COMMAND_SECONDS = 180


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end and return what it said; its exit code is the caller's to judge."""
    return subprocess.run(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


class Namespace:
    """A network namespace that lives as long as the process *pid* in it."""

    def __init__(self, pid: int) -> None:
        user = [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]
        self._enter = ["nsenter", "-t", str(pid), *user, "-n", "--"]

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a tool inside, to its end."""
        return run([*self._enter, *command])

    @contextmanager
    def daemon(self, command: Sequence[str | Path], log: Path) -> Iterator[None]:
        """Keep a foreground server running inside; its output goes to *log*."""
        with log.open("ab") as output, started([*self._enter, *command], output.fileno()):
            yield


@contextmanager
def started(command: Sequence[str | Path], output: int) -> Iterator[subprocess.Popen[bytes]]:
    """Keep *command* running, and end it with SIGTERM, by its own process id."""
    process = subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()


@contextmanager
def network_namespace() -> Iterator[Namespace]:
    """Make a namespace with a loopback interface that is up."""
    user = [] if os.geteuid() == 0 else ["-r"]
    holder = ["sh", "-c", "ip link set lo up && echo up && exec cat"]
    reading, writing = os.pipe()
    with started(["unshare", *user, "-n", "--", *holder], writing) as process:
        os.close(writing)
        with os.fdopen(reading) as told:
            said = told.readline()
            assert said == "up\n", f"no network namespace: {said}{told.read()}"
            yield Namespace(process.pid)
