"""Polls of small sites, in this process and as programs of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.host_file import trust_code
from tests.sites import DODO, REPOSITORY, SITE, SmallSite, environment
from zonebuild.poll.run import Poll, find_site, poll

_RUN = """\
import argparse, importlib, sys
command = importlib.import_module("zonebuild.cli." + sys.argv.pop(1))
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args()))
"""
POLL = (sys.executable, "-c", _RUN, "poll")
WATCH = (sys.executable, "-c", _RUN, "watch")
TICK = 0.03  # seconds; longer than one of the file system's clock


class PolledSite(SmallSite):
    """A small site that `doit` can build. later: seconds by which its clock is ahead."""

    def __init__(self, root: Path, site: str = SITE) -> None:
        super().__init__(root, ("a.example",), site)
        self.write("dodo.py", DODO)
        self.later = 0

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file; a dodo.py of its own is one that the host trusts."""
        if path == "dodo.py" and content != DODO:
            trust_code(self.root)
        return super().write(path, content)

    def poll(self, *, is_updated: bool = True) -> Poll:
        """Poll it once, after the clock of files has ticked."""
        time.sleep(TICK)
        site = find_site(str(self.root))
        return poll(site, is_updated=is_updated, now=lambda: time.time() + self.later)

    def settle(self) -> Poll:
        """Poll it until there is nothing to do; return the first of these polls."""
        first = self.poll()
        for _ in range(3):
            if self.poll().is_done:
                return first
        raise AssertionError("it does not settle")

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program in it, in a process group of its own."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def environment_of_polls() -> dict[str, str]:
    """Return what lets the `doit` of a poll in this process find this tree's zonebuild."""
    return {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
