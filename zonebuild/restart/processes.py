"""The process that a PID file names: whether it is the one meant, how it was started."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.files.read import SourceError, read_outside
from zonebuild.restart.service import Hangup, NoSetup

_MAX_OCTETS = 1 << 16


def read_pid(text: str) -> int | None:
    """Return the process id that a PID file holds (some pad it with spaces), None without one."""
    word = text.strip()
    is_number = word.isascii() and word.isdigit() and len(word) <= 10
    return int(word) if is_number and int(word) > 1 else None


def arguments_of(pid: int, program: str) -> list[str]:
    """Return the argument vector of a process that must be *program*. Errors: NoSetup."""
    try:
        data = read_outside(Path(f"/proc/{pid}/cmdline"), _MAX_OCTETS)
    except SourceError as error:
        raise NoSetup(f"there is no process {pid}: is {program} running?") from error
    words = data.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
    if os.path.basename(words[0]) != program:
        raise NoSetup(f"process {pid} is {quoted(words[0])}, want {program}: the PID file is stale")
    return words


def hang_up(cure: Hangup) -> str:
    """Send the SIGHUP; return the sentence that says why it could not be sent, else nothing."""
    try:
        pid = read_pid(read_outside(Path(cure.pid_file), _MAX_OCTETS).decode("ascii", "replace"))
    except SourceError as error:
        return f"{quoted(cure.pid_file)} {error.reason}: is {cure.program} running?"
    if pid is None:
        return f"{quoted(cure.pid_file)} holds no process id"
    try:
        arguments_of(pid, cure.program)
        os.kill(pid, signal.SIGHUP)
    except NoSetup as error:
        return str(error)
    except OSError as error:
        return f"process {pid} cannot be told: {(error.strerror or 'unknown error').lower()}"
    return ""
