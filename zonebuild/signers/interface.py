"""What every signer and name server on this host can do with a built zone; one module each.

`apply` hands over what changed, `read_back` says what the program holds, `remove` takes a zone
away. What a program reads and writes (`source`, `output`) is also what its configuration names.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from zonebuild.diagnostic import Finding, Waiting


class Verdict(enum.Enum):
    """How a hand-off went."""

    TAKEN = "taken"
    REFUSED = "refused"  # this zone, by a program that runs
    DOWN = "down"  # the program cannot be reached, whatever the zone


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """A zone file to be handed over.

    apex: absolute, lower case. name: the zone's file name. path: the file, complete.
    serial: of its SOA, None where it has none. last_serial: what was handed over last, None where
        nothing was. is_signed: whether the zone has or gets DNSSEC signatures.
    """

    apex: str
    name: str
    path: Path
    serial: int | None
    last_serial: int | None = None
    is_signed: bool = True

    @property
    def is_stuck(self) -> bool:
        """Whether it is another content under the serial that was handed over before."""
        return self.serial is not None and self.serial == self.last_serial

    @property
    def bare_name(self) -> str:
        """The apex as the programs spell it: without its final dot, but for the root."""
        return self.apex.rstrip(".") or "."


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one zone.

    problem, way_out: clauses that say what is wrong and what a person does, where it was not taken.
    due: Unix seconds when the zone is to be handed over again without a change, 0: never.
    """

    apex: str
    verdict: Verdict = Verdict.TAKEN
    problem: str = ""
    way_out: str = ""
    due: int = 0
    findings: tuple[Finding, ...] = ()
    waitings: tuple[Waiting, ...] = ()


class Signer(Protocol):
    """A program that takes zone files: it signs them, serves them, or does both."""

    @property
    def title(self) -> str:
        """What messages call it."""

    def source(self, name: str) -> Path | None:
        """Return where the program reads the zone of file name *name*; None: where it lies."""

    def output(self, name: str) -> Path | None:
        """Return the file into which it signs that zone, None where it keeps it to itself."""

    def apply(self, zones: Sequence[ZoneFile]) -> Iterator[Handed]:
        """Hand over *zones* and yield one `Handed` for each, as soon as it is known.

        Errors: WriteError where the machine cannot write.
        """

    def read_back(self, zone: ZoneFile) -> str | None:
        """Return the zone as the program holds it, as master-file text; None: it has none."""

    def remove(self, zone: ZoneFile) -> Handed:
        """Take the zone away; TAKEN also where it was not there."""


def all_down(zones: Sequence[ZoneFile], problem: str, way_out: str) -> Iterator[Handed]:
    """Yield for each of *zones* that the program is down."""
    for zone in zones:
        yield Handed(zone.apex, Verdict.DOWN, problem, way_out)
