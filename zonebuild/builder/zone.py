"""One zone from its sources, or from its last good copy where they are wrong.

What people write and what machines make are kept apart. An error in the hand-written part puts
the last good copy of that part in its place; a machine's record that brings an error is left out
alone. Only if both fail does the last built zone stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zonebuild.builder.admission import Admission, Place
from zonebuild.builder.overrides import apply_overrides
from zonebuild.builder.sources import Part, SourceReader, ZoneSources, in_template
from zonebuild.checks.limits import limit
from zonebuild.compile import Compiled, judge_fragments, read_fragments
from zonebuild.diagnostic import Finding, Severity, has_errors
from zonebuild.model import Fragment, Zone
from zonebuild.rdata.forms import LOADED_ALL_THE_SAME
from zonebuild.site.config import ZoneConfig
from zonebuild.site.rules import outside_rule
from zonebuild.zonefile import Source
from zonebuild.zonefile.columns import drop_rows

_WITHOUT_HEAD = frozenset({"missing-soa", "missing-apex-ns"})  # follow from what is said already


@dataclass(slots=True)
class Candidate:
    """A zone that could be built.

    findings: of the hand-written part as it is now. quarantined: what a machine's part was
    refused for. is_good: the hand-written part is today's, not its last good copy.
    zone: None where not even the last good copy makes one.
    """

    zone: Zone | None
    findings: list[Finding]
    quarantined: list[Finding]
    is_good: bool = True


def make_candidate(
    config: ZoneConfig,
    sources: ZoneSources,
    reader: SourceReader,
    *,
    serial: int,
    good: Source | None,
) -> Candidate:
    """Return the best zone that *sources* allow.

    serial: what the head's `{{ serial }}` becomes. good: the last good hand-written part.
    """
    workshop = _Workshop(config, sources, reader, serial)
    compiled = workshop.compile(sources.parts)
    if not has_errors(compiled.findings) and not has_errors(sources.findings):
        return Candidate(compiled.zone, compiled.findings, workshop.quarantined)
    return _salvage(workshop, sources, good)


def compile_hand(config: ZoneConfig, sources: ZoneSources, reader: SourceReader) -> Zone:
    """Return the zone that the hand-written parts alone make, right or wrong."""
    return _Workshop(config, sources, reader, serial=1).compile(sources.hand).zone


def _salvage(workshop: _Workshop, sources: ZoneSources, good: Source | None) -> Candidate:
    """Return the zone without what is wrong; each side is judged alone to find which it is."""
    findings = workshop.compile(sources.hand).findings
    if has_errors(sources.findings):
        findings = [finding for finding in findings if finding.check not in _WITHOUT_HEAD]
    parts = sources.hand
    is_good = not has_errors([*sources.findings, *findings])
    if not is_good:
        parts = [] if good is None else [Part(good, is_machine=False, rule=None)]
        if not parts or has_errors(workshop.compile(parts).findings):
            return Candidate(None, findings, workshop.quarantined, is_good=False)
    admission = Admission(
        lambda machine: workshop.compile([*parts, *machine]), workshop.left_out, workshop.refused
    )
    zone = admission.admit(sources.machine)
    return Candidate(zone, findings, workshop.quarantined, is_good)


class _Workshop:
    """Compiles selections of one zone's parts and gathers what machines are refused for."""

    def __init__(
        self, config: ZoneConfig, sources: ZoneSources, reader: SourceReader, serial: int
    ) -> None:
        self.config, self.sources, self.reader, self.serial = config, sources, reader, serial
        self.refused: dict[Finding, None] = dict.fromkeys(sources.machine_findings)
        self.left_out: set[Place] = set()

    @property
    def quarantined(self) -> list[Finding]:
        """What machines are refused for: to be told, never to fail the zone."""
        return [replace(f, severity=Severity.WARNING) for f in limit(self.refused)]

    def compile(self, parts: Sequence[Part]) -> Compiled:
        """Return the zone of *parts*, without the records left out, judged by the zone's policy."""
        config = self.config
        fragments = read_fragments(
            config.apex,
            [part.with_serial(self.serial) for part in parts],
            default_ttl=config.ttl,
            include=self._include,
        )
        for part, fragment in zip(parts, fragments, strict=True):
            self._keep_to_rules(part, fragment)
        written = sum(not part.is_machine for part in parts)
        compiled = judge_fragments(config.apex, fragments, policy=config.policy, written=written)
        findings = in_template(compiled.findings, parts)
        return Compiled(compiled.zone, apply_overrides(findings, config, compiled.zone))

    def _include(self, including: str, name: str) -> Source | str:
        if any(part.source.path == including for part in self.sources.machine):
            return "a file that machines make may include no other"
        return self.reader.include(self.sources, including, name)

    def _keep_to_rules(self, part: Part, fragment: Fragment) -> None:
        """Take out of *fragment* what it may not hold; a machine's mistakes are only told."""
        rows = [] if part.rule is None else self._outside(part, fragment)
        if part.is_machine:
            errors = [f for f in fragment.findings if _is_error(f)]
            self.refused |= dict.fromkeys(errors)
            # The reader has kept these records, since name servers load them.
            kept = [f.location for f in errors if f.check in LOADED_ALL_THE_SAME]
            self.left_out |= {(where.path, where.line) for where in kept}
            fragment.findings = tuple(f for f in fragment.findings if not _is_error(f))
            rows += self._left_out_rows(fragment)
        if rows:
            drop_rows(fragment, set(rows))

    def _outside(self, part: Part, fragment: Fragment) -> list[int]:
        rows, findings = [], []
        rule = part.rule
        for row, record in enumerate(fragment.records.iterate()):
            reason = rule and outside_rule(rule, record.owner, record.rdtype, self.config.apex)
            if reason:
                rows.append(row)
                findings.append(
                    Finding(record.location, Severity.ERROR, "outside-fragment-rule", reason)
                )
        fragment.findings += tuple(findings)
        return rows

    def _left_out_rows(self, fragment: Fragment) -> list[int]:
        if not self.left_out:
            return []
        records = fragment.records
        return [
            row
            for row in range(len(records))
            if (records.block(row).path, records.lines[row]) in self.left_out
        ]


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR
