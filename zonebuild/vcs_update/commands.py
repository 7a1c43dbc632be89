"""The commands of version control as poll runs them: with a deadline, and never asking back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from zonebuild.poll.child import ChildError, Done, run_child
from zonebuild.poll.news import Trouble

# No translated messages, no prompt, no editor. No terminal either: it is a session of its own.
_QUIET = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_EDITOR": "false",
    "SVN_EDITOR": "false",
}
_LAST = 600  # characters of a command's messages that are shown


class CommandError(Exception):
    """A command failed; the text shows it, its exit code and the end of what it said.

    told: all of that.
    """

    def __init__(self, text: str, told: str = "") -> None:
        self.told = told
        super().__init__(text)


class Commands:
    """Runs commands in one working copy.

    is_changed: whether they may have changed files. troubles: found so far.
    """

    def __init__(self, root: str, *, mark: str, lock: int, seconds: float) -> None:
        self.root, self.mark = root, mark
        self._lock, self._seconds = lock, seconds
        self.is_changed = False
        self.troubles: list[Trouble] = []

    def run(self, *command: str) -> str:
        """Run *command*; return its answer. Errors: CommandError."""
        return os.fsdecode(self.run_binary(*command))

    def run_binary(self, *command: str) -> bytes:
        """Run *command*; return the octets of its answer. Errors: CommandError."""
        done = self._run(command)
        if done.code == 0:
            return done.said
        end = done.told.strip()[-_LAST:] or "it said nothing"
        raise CommandError(f"{' '.join(command)}: exit code {done.code}: {end}", done.told)

    def _run(self, command: Sequence[str]) -> Done:
        try:
            return run_child(
                command, self.root, lock=self._lock, seconds=self._seconds, environment=_QUIET
            )
        except ChildError as error:
            raise CommandError(str(error)) from error

    def was_interrupted(self) -> bool:
        """Say whether an update of ours was cut off, by a kill or by its deadline."""
        return os.path.lexists(self.mark)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Leave the mark while files are changed; it stays where a command did not end by itself.

        Errors: CommandError where it cannot be left.
        """
        try:
            os.close(os.open(self.mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
        except OSError as error:
            raise CommandError(f"{self.mark}: cannot be written: {error.strerror}") from error
        self.is_changed = True
        try:
            yield
        except CommandError as error:
            if error.told:
                os.unlink(self.mark)
            raise
        os.unlink(self.mark)
