"""The building of one zone: what its sources make, whether that may be built, and its number.

Nothing is written here: the stage `zones` does that, for all zones together.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from zonebuild.builder.making.built import Built
from zonebuild.builder.making.memory import Learnt, learnt_from
from zonebuild.builder.making.numbering import (
    KEEP,
    AskServers,
    NumberingError,
    effective_policy,
    is_same_content,
    keep_without_serial,
    kept_problem,
    next_number,
    read_history,
    unseen_change,
)
from zonebuild.builder.making.zone import Candidate, hand_written_zone, make_candidate
from zonebuild.builder.outcome import Report
from zonebuild.builder.output import set_serial, soa_serial, zone_text
from zonebuild.builder.places import UNSIGNED
from zonebuild.builder.plans.holding import Hold, Holding
from zonebuild.builder.remembered.good import GOOD_DAMAGED
from zonebuild.builder.remembered.serials import KeptSerial
from zonebuild.builder.run import Run, inputs_of
from zonebuild.builder.sources import ZoneSources
from zonebuild.diagnostic import Finding, Location, Severity, has_errors, sort_findings
from zonebuild.diff import diff_records
from zonebuild.files.manifest import digest
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Records, Zone, ZoneDiff
from zonebuild.plan import Plan, make_plan
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name
from zonebuild.zonefile import read_fragment
from zonebuild.zonefile.write import write_zone

LARGE = 2000  # records; a smaller zone is built whole in no time
_LIMIT = 1 << 30  # octets of a built zone


def build_zone(run: Run, apex: str, *, ask_servers: AskServers, holding: Holding) -> Built:
    """Return what the sources of *apex* make, as far as *holding* lets it; nothing is written."""
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    sources = run.reader.read(config)
    sources.findings += run.site.broken.get(apex, ())
    return _Job(run, config, sources, ask_servers).built(holding)


class _Output(NamedTuple):
    """The last fields of `Built`."""

    text: bytes | None = None
    digest: str = ""
    serial: KeptSerial | None = None


_NO_CHANGE = Plan(ZoneDiff(""), "")


class _Job:
    """The building of one zone: what stands, what is wanted, what it is numbered."""

    def __init__(
        self, run: Run, config: ZoneConfig, sources: ZoneSources, ask_servers: AskServers
    ) -> None:
        self.run, self.config, self.sources = run, config, sources
        self.ask_servers = ask_servers
        self.output = f"{UNSIGNED}/{file_name(config.apex)}"
        self.old = self._read_old()
        self.kept = run.serials.get(config.apex)
        self.good = run.good.read(config.apex)
        past = self.good.data if self.old is None else self.old
        self.history = read_history(config.apex, self.output, past, self.kept)
        self.policy = self._policy()
        self.machine = frozenset(part.source.path for part in sources.machine)
        self.good_part = self.good.part

    def _policy(self, *, is_held: bool = False) -> str:
        """Return the serial policy; a head or a YAML file that is wrong or waits changes it not."""
        old = None if self.kept is None else self.kept.policy
        if old is not None and (is_held or has_errors(self.sources.findings)):
            return old
        return effective_policy(self.config, has_mark=self.sources.serial_marks() > 0)

    def _read_old(self) -> bytes | None:
        try:
            return read_outside(self.run.places.unsigned(self.config.apex), _LIMIT)
        except SourceError:
            return None

    def built(self, holding: Holding) -> Built:
        """Return the zone as it is to be written, and what there is to say."""
        if self.policy == KEEP:
            self.sources.findings += self._kept_problem()
        candidate = self._candidate(self.history.provisional())
        plan = self._plan(candidate)
        hold = holding.hold(self.config, plan) if candidate.is_good else None
        if hold is not None:
            self.policy = self._policy(is_held=True)
            candidate = self._candidate(self.history.provisional(), is_held=True)
        built = self._built(candidate, hold or Hold())
        if plan is not None:
            built.change = plan.checksum
            built.is_free = bool(plan) and hold is None and plan.checksum not in holding.approved
        return built

    def _built(self, candidate: Candidate, hold: Hold) -> Built:
        findings = [*self.sources.findings, *candidate.findings]
        output = _Output()
        if candidate.zone is not None:
            try:
                output = self._numbered(candidate.zone, is_good=candidate.is_good)
            except NumberingError as error:
                findings.append(error.finding)
            if self.policy == KEEP and not self._is_renumbered():
                unseen = unseen_change(candidate.zone, self.history)
                findings += [unseen] if unseen is not None else []
        due = hold.due
        if self.good.is_damaged:
            findings.append(self._damage())
            due = self.run.now  # what is good now is kept, and the next run finds nothing wrong
        told = sort_findings({*findings, *candidate.quarantined, *hold.findings})
        report = Report(tuple(told), hold.waitings)
        inputs = [*inputs_of(self.run, self.config), *self.sources.included, *hold.inputs]
        is_good = candidate.is_good and not has_errors(findings)
        learnt = None
        if is_good and not told and not hold.waitings and candidate.zone is not None:
            learnt = self._learnt(candidate.zone)
        built = Built(self.config.apex, report, inputs, is_good, due=due, learnt=learnt)
        return replace(built, **output._asdict())

    def _damage(self) -> Finding:
        """Return the warning that the good copy is not what was kept."""
        if self.good.data is None:
            instead = "nothing can stand in for it where the sources are wrong"
        else:
            instead = f"the hand-written part of {self.good.path} stands in for it"
        path = self.run.places.good(self.config.apex).relative_to(self.run.places.root).as_posix()
        message = f"it is not what was kept (state/good.sha256), so it is not used; {instead}"
        return Finding(Location(path), Severity.WARNING, GOOD_DAMAGED, message)

    def _learnt(self, zone: Zone) -> Learnt | None:
        """Return what lets the next build be quick where only machines' records change."""
        takes_records = self.machine or self.config.acme or self.config.sshfp
        if not takes_records or self.policy == KEEP or len(zone.records) < LARGE:
            return None
        return learnt_from(zone, self.machine, self.policy)

    def _candidate(self, serial: int, *, is_held: bool = False) -> Candidate:
        return make_candidate(
            self.config,
            self.sources,
            self.run.reader,
            serial=serial,
            good=self.good_part,
            is_held=is_held,
        )

    @cached_property
    def _good_records(self) -> Records | None:
        if self.good_part is None:
            return None
        return read_fragment(self.good_part, apex=self.config.apex).records

    def _plan(self, candidate: Candidate) -> Plan | None:
        """Return what people changed, None where nobody can tell: no good part, then or now."""
        if self.good_part is None or not candidate.is_good or candidate.zone is None:
            return None
        written = (text for path, text in write_zone(candidate.zone) if path not in self.machine)
        if "".join(written) == self.good_part.text:
            return _NO_CHANGE
        apex, old = self.config.apex, self._good_records or Records()
        # A serial that a head puts elsewhere, too, is no change that anybody makes.
        serial = soa_serial(old, apex)
        if serial is None:  # the copy is damaged: nobody knows what was there
            return None
        hand = hand_written_zone(self.config, self.sources, self.run.reader, serial=serial)
        diff = diff_records(apex, old, hand.records)
        return make_plan(diff, old, hand.records, self.config.plan) if diff else _NO_CHANGE

    def _kept_problem(self) -> list[Finding]:
        """Say what is wrong with a serial that stays though the hand-written part changed."""
        if self.sources.serial_marks():
            return [keep_without_serial(self.config)]
        zone = hand_written_zone(self.config, self.sources, self.run.reader)
        before = self._good_records
        changed = before is not None and bool(diff_records(self.config.apex, before, zone.records))
        return kept_problem(zone, self.history, hand_changed=changed)

    def _is_renumbered(self) -> bool:
        """Return whether a signer gives the served zone serials of its own."""
        return self.config.signing.enabled and self.run.site.signer != "none"

    def _numbered(self, zone: Zone, *, is_good: bool) -> _Output:
        """Return the text to write, None where it stands there already, and its serial."""
        provisional = self.history.provisional()
        is_in_soa_alone = self.sources.serial_marks() == 1 and (
            soa_serial(zone.records, zone.apex) == provisional
        )
        if self.policy != KEEP:
            set_serial(zone, provisional)
        text = self._text(zone)
        if text == self.old:
            return _Output(None, digest(text))
        if self.old is not None and not is_good and is_same_content(zone, self.history):
            return _Output(None, digest(self.old))  # its good part is spelled as one fragment
        number = self._number(zone)
        if number != provisional and self.policy != KEEP:
            if is_good and not is_in_soa_alone:
                zone = self._candidate(number).zone or zone
            set_serial(zone, number)
            text = self._text(zone)
        return _Output(text, digest(text), KeptSerial(number, self.policy))

    def _text(self, zone: Zone) -> bytes:
        return zone_text(zone, self.machine).encode("ascii")

    def _number(self, zone: Zone) -> int:
        if self.policy == KEEP:
            return soa_serial(zone.records, zone.apex) or 0
        if self.history.published is not None and is_same_content(zone, self.history):
            return self.history.published
        return next_number(
            self.config,
            self.policy,
            self.history,
            now=self.run.now,
            ask_servers=self.ask_servers,
        )
