"""Where a site stands now, in one value: what is wrong, what waits, what will happen; the headline.

Every form in which it is printed is made of this, so that none can say another thing.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zonebuild.acme.state import waiting_certificates
from zonebuild.builder.plans.freeze import tell_freezes
from zonebuild.builder.remembered.clock import DISTRUSTED, RETURNED, judge_now
from zonebuild.diagnostic import Finding, Severity, Waiting
from zonebuild.plan import HELD
from zonebuild.site.monitoring import MonitoringConfig
from zonebuild.site.servers import USUAL_SIGNATURES
from zonebuild.status.agenda import Event, agenda, next_event
from zonebuild.status.facts import Facts, gather
from zonebuild.status.judge import judge, last_run
from zonebuild.status.spans import counted, from_now

# What a stage found in the last run, and what is judged here by the time of now in its place.
_JUDGED_ANEW = {
    "certificate-expired": {"certificate-ended"},
    "signatures-expiring": {"signatures-ended", "signatures-end-soon"},
    "server-behind": {"server-expiring"},
}
# Of what is equally bad these come first: they tell why there is more.
_CAUSES = (
    DISTRUSTED,
    RETURNED,
    "run-in-future",
    "run-overdue",
    "signatures-ended",
    "ds-of-another-key",
)
_SHOWN = 120  # characters of the worst message in the headline


class Level(enum.IntEnum):
    """How a site stands; the values are the exit codes of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Overview:
    """What is known, what is wrong (the worst first), what waits (the soonest first), events."""

    facts: Facts
    thresholds: MonitoringConfig
    findings: tuple[Finding, ...]
    waitings: tuple[Waiting, ...]
    events: tuple[Event, ...]

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return sum(finding.severity is Severity.WARNING for finding in self.findings)

    @property
    def held(self) -> int:
        """How many zones have a plan that is held."""
        return len(self.facts.outcome.held_zones())

    @property
    def level(self) -> Level:
        """How the site stands. What could not be looked at may hide worse than a warning."""
        if self.errors:
            return Level.CRITICAL
        if self.facts.unreadable or not self.facts.is_built:
            return Level.UNKNOWN
        return Level.WARNING if self.warnings else Level.OK

    @property
    def exit_code(self) -> int:
        """The contract of plain `status`: 1 something failed or is held, 2 could not be read."""
        if self.errors or any(finding.check == HELD for finding in self.findings):
            return 1
        return 2 if self.facts.unreadable else 0

    def headline(self) -> str:
        """Return the first line: whether all is well, else what is worst."""
        facts = self.facts
        parts = [self._verdict(), self._size()]
        if self._verdict() == "all is well":
            parts = [f"all is well: {self._size()}"]
        if self.waitings:
            parts.append(f"{len(self.waitings)} waiting")
        last = last_run(facts)
        if last:
            parts.append(f"last run {from_now(min(last - facts.now, -1))}")
        following = next_event(self.events, facts.now)
        if following is not None:
            parts.append(f"next event {from_now(following.at - facts.now)} ({following.what})")
        return "; ".join(parts)

    def _verdict(self) -> str:
        if self.errors or self.warnings:
            kinds = ((self.errors, "error"), (self.warnings, "warning"))
            counts = ", ".join(counted(number, noun) for number, noun in kinds if number)
            return f"{counts}: {_shortened(self.findings[0].message)}"
        if self.facts.unreadable:
            return f"unknown: {_shortened(self.facts.unreadable[0])}"
        return "all is well" if self.facts.is_built else "nothing is built here yet, run `doit`"

    def _size(self) -> str:
        zones = counted(len(self.facts.zones), "zone")
        lineages = len(self.facts.lineages)
        return f"{zones}, {counted(lineages, 'lineage')}" if lineages else zones


def look_at_site(root: Path, now: int) -> Overview:
    """Return where the site at *root* stands at *now*, Unix seconds. Reads files only."""
    facts = gather(root, now)
    thresholds = facts.site.monitoring if facts.site else MonitoringConfig()
    foreign = facts.site.arrival.signatures if facts.site else USUAL_SIGNATURES
    tell_freezes(facts.outcome, facts.freezes, facts.zones.keys())
    judged = [*judge(facts, thresholds, foreign=foreign)]
    clock = judge_now(facts.places, now)
    if clock.is_trusted:
        judged += clock.report()
    else:  # by a clock that is not believed nothing has ended, and nothing is late
        judged = list(clock.report())
    kept = (f for f in facts.outcome.findings() if not _is_judged_anew(f, judged))
    findings = sorted({*judged, *kept}, key=_rank)
    waitings = [*facts.outcome.waitings(), *waiting_certificates(root, now)]
    return Overview(
        facts, thresholds, tuple(findings), tuple(waitings), tuple(agenda(facts, waitings))
    )


def _is_judged_anew(finding: Finding, judged: Sequence[Finding]) -> bool:
    """Return whether one of *judged* says by the time of now what the last run said of a thing."""
    checks = _JUDGED_ANEW.get(finding.check)
    return checks is not None and any(
        each.message.partition(": ")[0] in finding.message or each.location.path in finding.message
        for each in judged
        if each.check in checks
    )


def _rank(finding: Finding) -> tuple[object, ...]:
    """Return what sorts findings: the worst first, and what explains others before them."""
    rank = _CAUSES.index(finding.check) if finding.check in _CAUSES else len(_CAUSES)
    return -finding.severity, rank, finding.location, finding.check, finding.message


def _shortened(message: str) -> str:
    """Return *message* fit for the headline."""
    line = " ".join(message.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN].rpartition(" ")[0] + " …"
