"""Run one command of a daemon's control program: no shell, a deadline, the end of what it said.

Output goes to unnamed files and not to pipes: a child that the command leaves behind cannot keep
the reader waiting, and what is printed without end fills no memory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from zonebuild.diagnostic import quoted

SYSTEM_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # where daemons are; cron leaves them out
_END = 300  # characters of the output that a message shows
_SMALL = 1 << 20  # octets of output that are kept
_PAUSES = (0.1, 0.4, 1.0)  # seconds between two tries to reach a daemon that may be restarting


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did.

    code: its exit code, negative for a signal; None where it did not run to its end.
    why: a clause, where it did not.
    """

    command: tuple[str, ...]
    code: int | None
    out: str = ""
    err: str = ""
    why: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether it ended with exit code 0."""
        return self.code == 0

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err

    def __str__(self) -> str:
        shown = quoted(" ".join(self.command), 200)
        if self.code is None:
            return f"{shown} {self.why}"
        end = " ".join((self.err.strip() or self.out.strip())[-_END:].split())
        said = f": {quoted(end, _END)}" if end else ""
        how = f"exit code {self.code}" if self.code >= 0 else f"signal {-self.code}"
        return f"{shown} ended with {how}{said}"


def run_command(
    command: Sequence[str], *, deadline: float, given: str = "", limit: int = _SMALL
) -> Done:
    """Run *command* to its end.

    deadline: seconds, after which it and its children are killed, if this user may.
    given: its standard input.
    limit: octets of its output that are kept, from the start.
    """
    words = tuple(command)
    try:
        with (
            tempfile.TemporaryFile() as source,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            source.write(os.fsencode(given))
            source.seek(0)
            process = subprocess.Popen(
                words, stdin=source, stdout=out, stderr=err, env=_environment(), process_group=0
            )
            code = _wait(process, deadline)
            why = f"did not end within {deadline:g} s" if code is None else ""
            return Done(words, code, _text(out, limit), _text(err, _SMALL), why)
    except OSError as error:  # of the program, or of a full disk
        reason = (error.strerror or "unknown error").lower()
        return Done(words, None, why=f"cannot be run: {reason}")


def _wait(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """Return the exit code, None where *process* did not end. deadline: seconds."""
    try:
        return process.wait(deadline)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill *process* and its children; what sudo runs for another user is left to itself."""
    with suppress(PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment() -> dict[str, str]:
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "LC_ALL": "C", "PATH": os.pathsep.join((path, *SYSTEM_PATH))}


def _text(file: BinaryIO, limit: int) -> str:
    file.seek(0)
    return file.read(limit).decode("utf-8", "replace")


def reach(ask: Callable[[], str | None]) -> str | None:
    """Return None as soon as the daemon can be reached, else what *ask* said last.

    ask: returns what is wrong, None where nothing is; it is called a few times, for a second
    and a half, since a daemon may be restarting just now.
    """
    problem = ask()
    for pause in _PAUSES:
        if problem is None:
            break
        time.sleep(pause)
        problem = ask()
    return problem
