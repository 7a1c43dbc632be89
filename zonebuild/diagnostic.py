"""What is said to people: where, how bad, which check, what to do.

Layer 0: values only, standard library only.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Severity(enum.IntEnum):
    """How bad a finding is; the order is the order of harm."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        """The lower-case word that reports print."""
        return self.name.lower()


class Location(NamedTuple):
    """A place in a source file that a person can edit.

    line, column: 1-based; 0 means "the file as a whole" and "not worked out yet".
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.path]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


class Note(NamedTuple):
    """A second place that belongs to a finding: the other record, the directive, the include."""

    location: Location
    message: str


class Part(enum.Enum):
    """Which part of a record a finding points at, until its column is worked out."""

    OWNER = "owner"
    TTL = "ttl"
    TYPE = "type"
    RDATA = "rdata"


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, or one thing worth knowing, at one place.

    check: the kebab-case name of the fact (`missing-glue`).
    message: what was found and what is wanted; names absolute, foreign text quoted and escaped.
    part: where a column is still to be worked out, the part of the record it points at.
    """

    location: Location
    severity: Severity
    check: str
    message: str
    notes: tuple[Note, ...] = ()
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that has not happened yet, why, until when, and what would bring it on.

    until: Unix time in seconds, UTC; None where only the way on ends the wait.
    """

    what: str
    why: str
    until: int | None
    way_on: str


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return *findings* by path, line, column, check, then message: the order of every report."""
    return sorted(findings, key=lambda f: (f.location, f.check, f.message))


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the greatest severity among *findings*, None where there is none."""
    return max((f.severity for f in findings), default=None)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Say whether any of *findings* is an error."""
    return any(f.severity is Severity.ERROR for f in findings)


def quoted(text: str, limit: int = 60) -> str:
    """Return foreign *text* fit for a message: ASCII, escaped, in double quotes, at most *limit*.

    limit: characters of *text* that are shown before "…".
    """
    shown = text if len(text) <= limit else text[:limit] + "…"
    escaped = shown.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{escaped}"'
