"""What machines may add to a zone that is right without them: all but what brings an error.

An error names the record that brings it, or the records at its owner are meant. Where neither
helps, or too many are wrong, the files and then halves of them are tried, as far as time allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import starmap

from zonebuild.builder.sources import Part
from zonebuild.compile import Compiled
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.model import Zone

Place = tuple[str, int]  # path and line

_WORK = 4_000_000  # records that may be compiled to find the culprits of one zone
_TRIALS = 200  # compilations for that, however small the zone


class Admission:
    """One zone's machine-made records on their way into it.

    compile: judges the hand-written part with these parts, without the places left out.
    left_out, refused: the places that do not come in, and why; both grow.
    """

    def __init__(
        self,
        compile: Callable[[Sequence[Part]], Compiled],
        left_out: set[Place],
        refused: dict[Finding, None],
    ) -> None:
        self._compile, self._left_out, self._refused = compile, left_out, refused
        self._work = _WORK

    def admit(self, machine: Sequence[Part]) -> Zone:
        """Return the zone with all of *machine* that can come into it."""
        compiled = self._without_named_culprits(machine)
        errors = _errors(compiled)
        if not errors:
            return compiled.zone
        self._refused |= dict.fromkeys(errors)
        by_file: dict[str, list[Place]] = {}
        for place in sorted(_places(compiled.zone, machine)):
            by_file.setdefault(place[0], []).append(place)
        self._left_out.update(place for places in by_file.values() for place in places)
        self._try_all(machine, list(by_file.values()))
        return self._compile(machine).zone

    def _without_named_culprits(self, machine: Sequence[Part]) -> Compiled:
        """Leave out what errors name, again and again: a check tells of so many places at once."""
        while True:
            compiled = self._compile(machine)
            self._work -= len(compiled.zone.records) + _WORK // _TRIALS
            named = _culprits(_errors(compiled), compiled.zone, machine)
            culprits = {place for places in named.values() for place in places} - self._left_out
            if not culprits or self._work < _WORK // 2:
                return compiled
            self._refused |= dict.fromkeys(starmap(_at_culprit, named.items()))
            self._left_out |= culprits

    def _try_all(self, machine: Sequence[Part], groups: list[list[Place]]) -> None:
        """Let in each of *groups* that brings no error; halve the others, the largest last."""
        while groups:
            group = groups.pop(0)
            self._left_out.difference_update(group)
            compiled = self._compile(machine)
            self._work -= len(compiled.zone.records) + _WORK // _TRIALS
            errors = _errors(compiled)
            if not errors:
                continue
            self._left_out.update(group)
            if len(group) == 1:
                self._refused |= dict.fromkeys(errors)
            elif self._work > 0:
                middle = len(group) // 2
                groups += [group[:middle], group[middle:]]
            else:
                self._refused[_not_taken(group)] = None


def _errors(compiled: Compiled) -> list[Finding]:
    return [finding for finding in compiled.findings if finding.severity is Severity.ERROR]


def _not_taken(group: Sequence[Place]) -> Finding:
    path, first = group[0]
    message = f"lines {first} to {group[-1][1]} are not taken: among them are records that do not"
    where = Location(path, first)
    return Finding(where, Severity.ERROR, "machine-part-refused", f"{message} fit the zone")


def _at_culprit(finding: Finding, culprits: set[Place]) -> Finding:
    """Return *finding* where the machine's record is: that is the one which is left out."""
    if not culprits or _place(finding.location) in culprits:
        return finding
    return replace(finding, location=Location(*min(culprits)), notes=(), part=None)


def _culprits(
    errors: Sequence[Finding], zone: Zone, machine: Sequence[Part]
) -> dict[Finding, set[Place]]:
    """Return for each of *errors* the places of machine-made records that it speaks of.

    That is the place of the error, else those of its notes, else those at its owner.
    """
    if not errors:
        return {}
    at_owner: dict[int, set[Place]] = {}
    made = _places(zone, machine, at_owner)
    culprits: dict[Finding, set[Place]] = {}
    for finding in errors:
        here = made & {_place(finding.location)}
        noted = made.intersection(_place(note.location) for note in finding.notes)
        owned = at_owner.get(_owner_at(zone, finding.location), set())
        culprits[finding] = here or noted or owned
    return culprits


def _place(where: Location) -> Place:
    return where.path, where.line


def _places(
    zone: Zone, machine: Iterable[Part], at_owner: dict[int, set[Place]] | None = None
) -> set[Place]:
    """Return the places of the records that came with *machine*; and those *at_owner*, by owner."""
    paths = {part.source.path for part in machine}
    places: set[Place] = set()
    first = 0
    for span in zone.spans:
        for row in range(first, span.end) if span.path in paths else ():
            place = _place(zone.records.location(row))
            places.add(place)
            if at_owner is not None:
                at_owner.setdefault(zone.records.owners[row], set()).add(place)
        first = span.end
    return places


def _owner_at(zone: Zone, where: Location) -> int:
    """Return the name index of the owner of the record at *where*, -1 where there is none."""
    records = zone.records
    for row, line in enumerate(records.lines):
        if line == where.line and records.block(row).path == where.path:
            return records.owners[row]
    return -1
