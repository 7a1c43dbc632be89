"""What one run of issuance works with, and what it has to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zonebuild.acme.certificate import Chain
from zonebuild.acme.clock import Clock
from zonebuild.acme.desks import Desks
from zonebuild.acme.plan import Plan
from zonebuild.acme.state import State
from zonebuild.acme.store import Store
from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.site.tlsa_map import MAP_FILE


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asks for. names: lineages, all where empty. gap: seconds to the next run."""

    names: tuple[str, ...] = ()
    is_forced: bool = False
    gap: int = 0


@dataclass(slots=True)
class Report:
    """What there is to tell. issued, exported: lineages; times: seconds of each stage."""

    findings: list[Finding] = field(default_factory=list)
    waitings: list[Waiting] = field(default_factory=list)
    issued: dict[str, Chain] = field(default_factory=dict)
    exported: list[str] = field(default_factory=list)
    proven: list[str] = field(default_factory=list)

    def say(self, finding: Finding) -> None:
        """Add a finding, once."""
        if finding not in self.findings:
            self.findings.append(finding)


@dataclass(slots=True)
class World:
    """publish: brings the drop-box to the servers where this process does that itself."""

    plan: Plan
    state: State
    store: Store
    clock: Clock
    publish: Callable[[], None]
    desks: Desks
    report: Report = field(default_factory=Report)

    def tell(
        self, lineage: str, message: str, check: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Tell something about a lineage, at its place in the map."""
        where = self.plan.entries[lineage].lineage.location
        self.report.say(Finding(where, severity, check, f"{lineage}: {message}"))

    def complain(self, message: str, check: str) -> None:
        """Tell something that is about no lineage."""
        self.report.say(Finding(Location(MAP_FILE), Severity.ERROR, check, message))
