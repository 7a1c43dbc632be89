"""What a check is, and what it yields: values that the table and the families share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Finding, Location, Note, Part, Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


class Fact(NamedTuple):
    """One place where a check holds; the table gives it its name and its severity.

    row: the record that is pointed at, None for the zone as a whole.
    notes: other rows that belong to it, each with what is to be said of it.
    severity: where this place weighs more or less than the check usually does.
    """

    row: int | None
    message: str
    part: Part = Part.OWNER
    notes: tuple[tuple[int, str], ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A mistake that has a name, and where there is one, the function that finds it.

    numbers: its entries in the catalogue of checks.
    refused_by: which of BIND, Knot and NSD refuse to load such a zone, by their initials.
    about: the types without which it finds nothing, as numbers; empty where it may always find.
    bad, good: lines of example.org that have the mistake, and how they are meant; the zone's SOA,
        NS and TTL stand before them.
    find: None where reading the sources finds it.
    is_off: it is made only where a zone's YAML gives it a severity, or a person asks for it.
    """

    name: str
    numbers: tuple[str, ...]
    severity: Severity
    refused_by: str
    spec: str
    why: str
    bad: str = ""
    good: str = ""
    is_off: bool = False
    about: tuple[int, ...] = ()
    find: Callable[[Survey], Iterator[Fact]] | None = None

    @property
    def servers(self) -> Severity:
        """The most that it weighs under the policy `servers`: what all three load is no error."""
        return self.severity if self.refused_by else min(self.severity, Severity.WARNING)

    def findings(self, survey: Survey) -> Iterator[Finding]:
        """Yield what it finds, columns not worked out."""
        if self.find is None or (self.about and survey.rdtypes.isdisjoint(self.about)):
            return
        for fact in self.find(survey):
            location, part = _place(survey, fact)
            notes = tuple(Note(survey.records.location(row), said) for row, said in fact.notes)
            severity = self.severity if fact.severity is None else fact.severity
            yield Finding(location, severity, self.name, fact.message, notes, part)


def about(checks: Collection[Check], rdtypes: frozenset[int]) -> list[Check]:
    """Return those of *checks* that may find something in a zone of these types alone."""
    return [check for check in checks if not check.about or not rdtypes.isdisjoint(check.about)]


def _place(survey: Survey, fact: Fact) -> tuple[Location, Part | None]:
    if fact.row is not None:
        return survey.records.location(fact.row), fact.part
    spans = survey.zone.spans
    return Location(spans[0][0] if spans else survey.apex), None
