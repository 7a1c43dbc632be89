"""What a fragment and all that it includes share: the rows, the findings, and how much may come.

Two kinds of bomb are defused here: mistakes without end, and files or `$GENERATE` lines that
multiply (eight levels of ten `$INCLUDE` are a hundred million files).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from zonebuild.diagnostic import Finding, Note
from zonebuild.zonefile.columns import Columns
from zonebuild.zonefile.text import Source

MAX_DEPTH = 8  # of $INCLUDE
MAX_FINDINGS = 1000  # of a fragment; then reading stops
MAX_ADDED = 1 << 26  # octets that $INCLUDE and $GENERATE may add to a fragment
_OPENING = 1 << 10  # octets that opening a file counts for: an empty one costs time, too

# From the including file's path and the name it writes: the file, or why it is not given.
Include = Callable[[str, str], Source | str]


class TooManyMistakes(Exception):
    """A fragment has so many mistakes that reading on would help nobody."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(path, line)
        self.path, self.line = path, line


class Doubt(NamedTuple):
    """Why the next record that relies on inherited state is read differently elsewhere."""

    check: str
    message: str
    note: Note


class Reading:
    """The state of reading one fragment that does not end with a file."""

    def __init__(self, include: Include | None) -> None:
        self.include = include
        self.columns = Columns()
        self.findings: list[Finding] = []
        self.fast_records = 0
        self.open_paths: list[str] = []
        self.room = MAX_ADDED
        self._most = MAX_FINDINGS

    def report(self, finding: Finding) -> None:
        """Keep *finding*. Errors: TooManyMistakes when there are as many as there may be."""
        if len(self.findings) >= self._most:
            raise TooManyMistakes(finding.location.path, finding.location.line)
        self.findings.append(finding)

    @contextmanager
    def one_finding(self) -> Iterator[None]:
        """Keep the first finding of what is read inside, and stop reading at the second."""
        self._most = min(len(self.findings) + 1, MAX_FINDINGS)
        try:
            yield
        except TooManyMistakes:
            pass
        finally:
            self._most = MAX_FINDINGS

    def find(self, name: str) -> Source | str:
        """Return the file that *name* means in the file being read, or why it cannot be read."""
        if self.include is None:
            return "no file may be included here"
        if len(self.open_paths) > MAX_DEPTH:
            return f"files include each other more than {MAX_DEPTH} deep"
        if self.room <= 0:
            return f"included files and $GENERATE make over {MAX_ADDED} octets"
        source = self.include(self.open_paths[-1], name)
        if isinstance(source, Source):
            if source.path in self.open_paths:
                return f"{source.path} includes itself"
            self.room -= len(source.text) + _OPENING
        return source
