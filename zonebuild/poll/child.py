"""Run another program: no terminal, no prompt, what it says kept within bounds."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, NamedTuple

_HALF = 16 << 10  # octets of the beginning, and of the end, of what is kept of its messages
_MOST = 4 << 20  # octets of what is kept of its answer


class Done(NamedTuple):
    """How it went. code: of the exit, negative for a signal. said: answer. told: messages."""

    code: int
    said: bytes
    told: str


class ChildError(Exception):
    """The program could not be run, or not to its end; the text says which, and why."""


def run_child(
    command: Sequence[str],
    folder: str,
    *,
    lock: int | None = None,
    seconds: float | None = None,
    environment: Mapping[str, str] | None = None,
    is_answer_told: bool = False,
) -> Done:
    """Run *command* in *folder*, in a session of its own: it has no terminal to ask at.

    lock: a descriptor that it inherits. seconds: after which it is killed with all it started.
    environment: laid over this process's own. is_answer_told: its answer joins the messages.
    Errors: ChildError.
    """
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as messages:
        try:
            files = (messages if is_answer_told else answer, messages)
            code = _wait(command, folder, files, (lock, seconds, environment or {}))
        except OSError as error:
            raise ChildError(f"{command[0]}: cannot be run: {error.strerror}") from error
        answer.seek(0)
        return Done(code, answer.read(_MOST), _kept(messages))


def _wait(
    command: Sequence[str],
    folder: str,
    files: tuple[IO[bytes], IO[bytes]],
    terms: tuple[int | None, float | None, Mapping[str, str]],
) -> int:
    lock, seconds, environment = terms
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=files[0],
        stderr=files[1],
        env={**os.environ, **environment},
        pass_fds=() if lock is None else (lock,),
        start_new_session=True,
    ) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ChildError(f"{' '.join(command)}: no end after {seconds:g} s") from error
        finally:
            if process.returncode is None:  # its children may hold on to what it was asked for
                os.killpg(process.pid, signal.SIGKILL)


def _kept(messages: IO[bytes]) -> str:
    """Return what *messages* holds; of too much the beginning and the end, in whole lines."""
    size = messages.seek(0, os.SEEK_END)
    messages.seek(0)
    text = messages.read(2 * _HALF).decode("utf-8", "replace")
    if size <= 2 * _HALF:
        return text
    messages.seek(-_HALF, os.SEEK_END)
    end = messages.read(_HALF).decode("utf-8", "replace")
    begin = text[:_HALF].rpartition("\n")[0]
    return f"{begin}\n… ({size} octets in all) …\n{end.partition(chr(10))[2]}"
