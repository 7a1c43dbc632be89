"""state/acme on disk: what is kept of each lineage, the ledger, the tokens that lie about.

One run at a time writes it, under a lock of its own; the builder's lock is another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from zonebuild.acme.due import Wish, waits, waits_for_hook
from zonebuild.acme.keeper import Keeper
from zonebuild.acme.ledger import Event, ledger_text, read_ledger
from zonebuild.acme.memory import Memory, memories_text, read_memories, without_future
from zonebuild.clock import plausible
from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.files.lock import Lock
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file, sweep

FOLDER = "state/acme"
_LIMIT = 1 << 26  # octets of one file


@dataclass(slots=True)
class State:
    """What is kept in *folder*. findings: what of it is damaged."""

    folder: Path
    memories: dict[str, Memory] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def lock(self, command: str) -> Lock:
        """Return the lock that keeps others out."""
        return Lock(self.folder / "lock", command=command)

    def keeper(self, dropbox: Path) -> Keeper:
        """Return who writes tokens into *dropbox*."""
        return Keeper(dropbox, self.folder / "tokens")

    def prepare(self) -> None:
        """Make the folder where it is missing, and clear what a killed run left.

        Errors: WriteError.
        """
        make_directory(self.folder, 0o700)
        sweep(self.folder)

    def load(self) -> None:
        """Read what is kept; what is damaged is told, and starts over."""
        self.memories = read_memories(_read(self.folder / "lineages"))
        self.events, damaged = read_ledger(_read(self.folder / "ledger"))
        for line in damaged:
            message = "the line is damaged and counts no more: CA limits may be nearer than thought"
            where = Location(f"{FOLDER}/ledger", line)
            self.findings.append(Finding(where, Severity.WARNING, "damaged-state", message))

    def forget_future(self, now: int) -> None:
        """Correct the times that a clock which was ahead has left. now: Unix seconds.

        Raises: WriteError.
        """
        memories = {name: without_future(memory, now) for name, memory in self.memories.items()}
        if memories != self.memories:
            self.memories = memories
            self.save()
        events = [event._replace(at=plausible(event.at, now)) for event in self.events]
        if events != self.events:
            self.events = events
            self.note(now=now)

    def change(self, lineage: str, change: Callable[[Memory], Memory]) -> None:
        """Keep what *change* makes of a lineage's memory. Errors: WriteError."""
        before = self.memories.get(lineage, Memory())
        after = change(before)
        if after != before:
            self.memories[lineage] = after
            self.save()

    def save(self) -> None:
        """Bring what is kept of the lineages to disk. Errors: WriteError."""
        replace_file(self.folder / "lineages", memories_text(self.memories))

    def note(self, *events: Event, now: int) -> None:
        """Write *events* into the ledger. Errors: WriteError."""
        self.events.extend(events)
        replace_file(self.folder / "ledger", ledger_text(self.events, now))


def waiting_certificates(root: Path, now: int) -> list[Waiting]:
    """Return which lineages of the site at *root*, and hooks, wait, for `zonebuild status`."""
    memories = read_memories(_read(root / FOLDER / "lineages"))
    found = (
        each
        for name, memory in sorted(memories.items())
        for each in (waits(Wish(name, ()), memory, now), waits_for_hook(name, memory))
    )
    return [waiting for waiting in found if waiting is not None]


def _read(path: Path) -> bytes:
    try:
        return read_outside(path, _LIMIT)
    except SourceError:
        return b""
