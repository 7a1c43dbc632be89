"""Run another program: no terminal, no prompt, what it says kept within bounds."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
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
    kept = () if lock is None else (lock,)
    terms = Terms(kept, environment or {}, is_answer_told)
    with Child(command, folder, terms) as child:
        return child.wait(seconds)


class Terms(NamedTuple):
    """How a program is started. kept: descriptors that it inherits. input: its standard input."""

    kept: tuple[int, ...] = ()
    environment: Mapping[str, str] = {}
    is_answer_told: bool = False
    input: int = subprocess.DEVNULL


class Child:
    """A program that runs. Leaving its `with` block kills it and what it started, if it still does.

    Errors: ChildError.
    """

    def __init__(self, command: Sequence[str], folder: str, terms: Terms) -> None:
        self._command = command
        with ExitStack() as files:
            self._answer = files.enter_context(tempfile.TemporaryFile())
            self._messages = files.enter_context(tempfile.TemporaryFile())
            try:
                self._process = self._start(folder, terms)
            except OSError as error:
                raise ChildError(f"{command[0]}: cannot be run: {error.strerror}") from error
            self._files = files.pop_all()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        with self._files:
            if self._process.poll() is None:  # its children may hold on to what it was asked for
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def wait(self, seconds: float | None = None) -> Done:
        """Return how it went, once it has ended; after *seconds* that is an error."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ChildError(f"{' '.join(self._command)}: no end after {seconds:g} s") from error
        self._answer.seek(0)
        return Done(code, self._answer.read(_MOST), _kept(self._messages))

    def _start(self, folder: str, terms: Terms) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=folder,
            stdin=terms.input,
            stdout=self._messages if terms.is_answer_told else self._answer,
            stderr=self._messages,
            env={**os.environ, **terms.environment},
            pass_fds=terms.kept,
            start_new_session=True,
        )


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
