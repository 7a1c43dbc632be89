"""A `doit` that is started ahead of time and waits with everything loaded until there is work.

Starting Python and loading the libraries takes longer than most builds. So a watch keeps one such
process, for one run: what a build leaves behind in memory never reaches the next.
"""

from __future__ import annotations

import socket

from zonebuild.poll.build import result_of, run_doit
from zonebuild.poll.child import Child, ChildError, Terms
from zonebuild.poll.look import versions
from zonebuild.poll.program import isolated_command, isolated_environment


class Spare:
    """The process in waiting for the site at *root*, with its *cache*."""

    def __init__(self, root: str, cache: str) -> None:
        self._root, self._cache = root, cache
        self._child: Child | None = None
        self._line: socket.socket | None = None
        self._versions = ""

    def prepare(self) -> None:
        """Start a process where none waits, or the one that does has loaded what is replaced now.

        Where it cannot be started, the next run does without, and tells why if it cannot start.
        """
        if self._child is not None and self._versions == versions():
            return
        self.close()
        self._versions = versions()
        ours, its = socket.socketpair()
        command = isolated_command("zonebuild.tasks.ready", self._cache)
        environment = isolated_environment(self._root)
        with its:
            try:
                terms = Terms((), environment, is_answer_told=True, input=its.fileno())
                self._child, self._line = Child(command, self._root, terms), ours
            except ChildError:
                ours.close()

    def run(self, root: str, *, lock: int) -> tuple[int, str]:
        """Do what `run_doit` does, in the process that waits where there is one."""
        child = self._child if self._versions == versions() else None
        if child is None or self._line is None or not _is_told(self._line, lock):
            return run_doit(root, lock=lock)
        try:
            return result_of(child.wait(), root)
        finally:
            self.close()

    def close(self) -> None:
        """End the process that waits."""
        child, line = self._child, self._line
        self._child = self._line = None
        if line is not None:
            line.close()
        if child is not None:
            child.__exit__()


def _is_told(line: socket.socket, lock: int) -> bool:
    """Hand the lock over, which says go; say whether anybody was there to take it."""
    try:
        socket.send_fds(line, [b"g"], [lock])
    except OSError:
        return False
    return True
