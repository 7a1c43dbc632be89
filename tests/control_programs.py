"""Stand-ins for the control programs of daemons: they note what they are told, say what is set."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = """\
#!{python}
import json, sys
from pathlib import Path
folder = Path({folder!r})
words = " ".join(sys.argv[1:])
given = "" if sys.stdin.isatty() else sys.stdin.read()
log = folder / "log"
before = log.read_text().splitlines() if log.exists() else []
with log.open("a") as file:
    for line in [words, *given.splitlines()]:
        file.write(line + "\\n")
for start, replies in json.loads((folder / "replies").read_text()):
    if words.startswith(start):
        done = sum(line.startswith(start) for line in before)
        code, out, err = replies[min(done, len(replies) - 1)]
        print(out, end="")
        print(err, end="", file=sys.stderr)
        sys.exit(code)
"""
Reply = tuple[int, str, str]


def ok(out: str = "") -> Reply:
    """Return what a program prints that did what it was told."""
    return (0, out, "")


def bad(err: str, code: int = 1) -> Reply:
    """Return what a program prints on standard error that did not."""
    return (code, "", err)


class ControlProgram:
    """A program in *folder*. Without a reply for what it is told it says nothing and ends well."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.path = folder / "control"
        self.path.write_text(_PROGRAM.format(python=sys.executable, folder=str(folder)))
        self.path.chmod(0o755)
        self._replies: list[tuple[str, Sequence[Reply]]] = []
        self._save()

    def when(self, start: str, *replies: Reply) -> None:
        """Set what it says to words that begin with *start*: the first time, the second, …"""
        self._replies.insert(0, (start, replies))
        self._save()

    def told(self, start: str = "") -> list[str]:
        """Return what it was told, the lines of its standard input too, as far as *start* fits."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith(start)]

    def _save(self) -> None:
        (self.folder / "replies").write_text(json.dumps(self._replies))
