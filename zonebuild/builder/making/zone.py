"""One zone from its sources, or from its last good copy where they are wrong.

What people write and what machines make are kept apart. An error in the hand-written part puts
the last good copy of that part in its place; a machine's record that brings an error is left out
alone. Only if both fail does the last built zone stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from zonebuild.assemble import assemble
from zonebuild.builder.making.admission import Admission, Place
from zonebuild.builder.making.overrides import allows_of, apply_severities, asked_of, is_shared
from zonebuild.builder.making.placing import place_records
from zonebuild.builder.sources import Part, SourceReader, ZoneSources, in_template
from zonebuild.checks.allow import Allow, AllowComments, Silenced
from zonebuild.checks.limits import limit
from zonebuild.compile import (
    USUAL,
    Asked,
    Compiled,
    Judgement,
    judge_fragments,
    read_fragments,
)
from zonebuild.diagnostic import Finding, Severity, has_errors
from zonebuild.model import Fragment, Zone
from zonebuild.rdata.forms import LOADED_ALL_THE_SAME
from zonebuild.site.config import ZoneConfig
from zonebuild.site.rules import outside_rule
from zonebuild.zonefile import Source
from zonebuild.zonefile.columns import edit_rows

_WITHOUT_HEAD = frozenset(
    {"missing-soa", "missing-apex-ns", "unused-allow"}
)  # follow from what is said already


@dataclass(slots=True)
class Candidate:
    """A zone that could be built.

    findings: of the hand-written part as it is now. quarantined: what a machine's part was
    refused for. is_good: the hand-written part is today's, not its last good copy.
    zone: None where not even the last good copy makes one.
    silenced: of the hand-written part as it is now, what it or the zone's YAML allows.
    allows: all that these allow, for findings beside those of the zone alone.
    """

    zone: Zone | None
    findings: list[Finding]
    quarantined: list[Finding]
    is_good: bool = True
    silenced: Sequence[Silenced] = ()
    allows: Collection[Allow] = ()


def make_candidate(
    config: ZoneConfig,
    sources: ZoneSources,
    reader: SourceReader,
    *,
    serial: int,
    good: Source | None,
    is_held: bool = False,
    asked: Asked = USUAL,
) -> Candidate:
    """Return the best zone that *sources* allow.

    serial: what the head's `{{ serial }}` becomes. good: the last good hand-written part.
    is_held: today's hand-written part waits, so that the last good one is taken.
    asked: which checks are made beside those that the zone's YAML asks for.
    """
    workshop = _Workshop(config, sources, reader, serial, asked)
    if not is_held:
        compiled = workshop.settle(sources.parts)
        if not has_errors(compiled.findings) and not has_errors(sources.findings):
            told = compiled.findings, workshop.quarantined
            return Candidate(compiled.zone, *told, True, compiled.silenced, compiled.sieve.allows)
    return _salvage(workshop, sources, good, is_held=is_held)


def hand_written_zone(
    config: ZoneConfig, sources: ZoneSources, reader: SourceReader, *, serial: int = 1
) -> Zone:
    """Return the zone that the hand-written parts alone make, right or wrong; nothing is checked.

    serial: what the head's `{{ serial }}` becomes.
    """
    workshop = _Workshop(config, sources, reader, serial)
    return assemble(config.apex, workshop.fragments(sources.hand))


def _salvage(
    workshop: _Workshop, sources: ZoneSources, good: Source | None, *, is_held: bool
) -> Candidate:
    """Return the zone without what is wrong or held; each side is judged alone to find it."""
    hand, findings, silenced, sieve = workshop.compile(sources.hand)
    workshop.carried = sieve.carried(hand)
    if has_errors(sources.findings):
        findings = [finding for finding in findings if finding.check not in _WITHOUT_HEAD]
    parts = sources.hand
    is_good = not is_held and not has_errors([*sources.findings, *findings])
    if not is_good:
        parts = [] if good is None else [Part(good, is_machine=False, rule=None)]
        if not parts or has_errors(workshop.compile(parts).findings):
            return Candidate(None, findings, workshop.quarantined, False, silenced, sieve.allows)
    admission = Admission(
        lambda machine: workshop.admissible([*parts, *machine]), workshop.left_out, workshop.refused
    )
    zone = admission.admit(sources.machine)
    return Candidate(zone, findings, workshop.quarantined, is_good, silenced, sieve.allows)


class _Workshop:
    """Compiles selections of one zone's parts and gathers what machines are refused for.

    carried: what comments of today's hand-written part allow, for its last good copy.
    """

    def __init__(
        self,
        config: ZoneConfig,
        sources: ZoneSources,
        reader: SourceReader,
        serial: int,
        asked: Asked = USUAL,
    ) -> None:
        self.config, self.sources, self.reader, self.serial = config, sources, reader, serial
        self.asked = asked_of(config, asked)
        self.carried: Sequence[Allow] = ()
        self.refused: dict[Finding, None] = dict.fromkeys(sources.machine_findings)
        self.left_out: set[Place] = set()
        self.ttls: dict[Place, int] = {}

    @property
    def quarantined(self) -> list[Finding]:
        """What machines are refused for: to be told, never to fail the zone."""
        return [replace(f, severity=Severity.WARNING) for f in limit(self.refused)]

    def fragments(
        self, parts: Sequence[Part], comments: AllowComments | None = None
    ) -> list[Fragment]:
        """Return *parts* read, without the records that they may not hold or that are left out.

        comments: gathers what people allow in them.
        """
        config, comments = self.config, comments or AllowComments()
        for part in parts:
            if not part.is_machine:
                comments.take(part.source)
        fragments = read_fragments(
            config.apex,
            [part.with_serial(self.serial) for part in parts],
            default_ttl=config.ttl,
            include=comments.taking(self._include),
        )
        for part, fragment in zip(parts, fragments, strict=True):
            self._keep_to_rules(part, fragment)
        return fragments

    def settle(self, parts: Sequence[Part]) -> Compiled:
        """Return the zone of *parts* with machines' records where they may stand, if it is right.

        What stands wrong is left out from now on; a zone with errors is returned as it is.
        """
        compiled = self.compile(parts)
        if has_errors(compiled.findings):
            return compiled
        return self._settled(compiled, parts)

    def admissible(self, parts: Sequence[Part]) -> Compiled:
        """Return the zone of *parts* as `settle` does, also where machines bring errors."""
        return self._settled(self.compile(parts), parts)

    def _settled(self, compiled: Compiled, parts: Sequence[Part]) -> Compiled:
        placing = place_records(compiled.zone, parts)
        is_new = bool(placing.refused.keys() - self.left_out) or bool(placing.ttls)
        self.refused |= dict.fromkeys(placing.refused.values())
        self.left_out.update(placing.refused)
        self.ttls |= placing.ttls
        return self.compile(parts) if is_new else compiled

    def compile(self, parts: Sequence[Part]) -> Compiled:
        """Return the zone of *parts*, without the records left out, judged by the zone's policy."""
        config = self.config
        comments = AllowComments(partial(is_shared, config))
        fragments = self.fragments(parts, comments)
        written = sum(not part.is_machine for part in parts)
        today = set(map(id, self.sources.parts))
        is_today = all(part.is_machine or id(part) in today for part in parts)
        allows = [*allows_of(config), *([] if is_today else self.carried)]
        by = Judgement(config.policy, self.asked, comments=comments, allows=allows)
        compiled = judge_fragments(config.apex, fragments, by, written=written)
        findings = in_template(compiled.findings, parts)
        hidden = in_template([finding for finding, _ in compiled.silenced], parts)
        silenced = [
            old._replace(finding=f) for old, f in zip(compiled.silenced, hidden, strict=True)
        ]
        judged = apply_severities(findings, config)
        return compiled._replace(findings=judged, silenced=silenced)

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
            rows += [row for row, place in self._places(fragment) if place in self.left_out]
        ttls = dict(self._ttls(fragment)) if part.is_machine else {}
        if rows or ttls:
            edit_rows(fragment, dropped=set(rows), ttls=ttls)

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

    def _ttls(self, fragment: Fragment) -> Iterator[tuple[int, int]]:
        for row, place in self._places(fragment) if self.ttls else ():
            if place in self.ttls:
                yield row, self.ttls[place]

    def _places(self, fragment: Fragment) -> Iterator[tuple[int, Place]]:
        """Yield each row of *fragment* with its place, if any is asked for."""
        records = fragment.records
        if self.left_out or self.ttls:
            for row in range(len(records)):
                yield row, (records.block(row).path, records.lines[row])


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR
