"""The stage `zones`: every stale zone read, checked, numbered and written into unsigned/.

First the serials reach the disk, then the zones are renamed into place, then what was read is
remembered. A kill at any instant leaves each zone old or new, and the next run heals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from zonebuild.builder.good import good_copy, good_part, keep_good
from zonebuild.builder.numbering import (
    KEEP,
    AskServers,
    NumberingError,
    effective_policy,
    is_same_content,
    keep_without_serial,
    kept_problem,
    next_number,
    read_history,
)
from zonebuild.builder.outcome import Report
from zonebuild.builder.output import set_serial, soa_serial, zone_text
from zonebuild.builder.parallel import map_zones
from zonebuild.builder.places import UNSIGNED
from zonebuild.builder.run import Run, inputs_of, remember_serials
from zonebuild.builder.serials import KeptSerial, serials_text
from zonebuild.builder.sources import ZoneSources
from zonebuild.builder.stamps import ZONES, Stamp, is_fresh, make_stamp
from zonebuild.builder.zone import Candidate, compile_hand, make_candidate
from zonebuild.diagnostic import (
    Finding,
    Location,
    Severity,
    Waiting,
    has_errors,
    sort_findings,
)
from zonebuild.diff import diff_records
from zonebuild.files.manifest import Manifest, ManifestError, digest, read_manifest
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteBatch, make_directory, replace_file
from zonebuild.model import Zone
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name
from zonebuild.zonefile import read_fragment

_LIMIT = 1 << 30  # octets of a built zone

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Built:
    """What building one zone gave.

    text: what goes into unsigned/, None where what stands there stays, and once it is staged.
    digest: SHA-256 in hex of what then stands there, "" where the sources make nothing.
    is_good: no error in the hand-written part: the built zone is its last good copy.
    """

    apex: str
    report: Report
    inputs: Sequence[str]
    is_good: bool
    text: bytes | None = None
    digest: str = ""
    serial: KeptSerial | None = None


def stale_zones(run: Run, stamps: dict[str, Stamp]) -> list[str]:
    """Return the zones of the site that something was changed for, sorted.

    All of them where it is not known what was written: the manifest is to list it again.
    """
    root, now = run.places.root, run.now
    apexes = sorted({*run.site.zones, *run.site.broken})
    if not _known_manifest(run).entries:
        return apexes
    return [a for a in apexes if a not in stamps or not is_fresh(root, stamps[a], now)]


def build_zones(
    run: Run,
    apexes: Sequence[str],
    stamps: dict[str, Stamp],
    *,
    progress: Progress,
    ask_servers: AskServers,
) -> None:
    """Build *apexes*, and write what differs from what stands in unsigned/.

    stamps: of all zones; those of *apexes* are replaced.
    progress: told how many zones are done, of how many.
    Errors: WriteError; SiteError.
    """
    begun = time.time_ns()  # only ever compared with the times of files
    remember_serials(run)
    for file in (run.places.unsigned("."), run.places.good(".")):
        make_directory(file.parent)
    work = partial(build_zone, run, ask_servers=ask_servers)
    with WriteBatch() as batch:
        built: list[Built] = []
        for zone in map_zones(work, apexes, in_child=run.leave_to_parent):
            progress(len(built), len(apexes))
            run.outcome.put(ZONES, zone.apex, zone.report)
            if zone.text is not None:
                batch.stage(run.places.unsigned(zone.apex), zone.text)
                zone = replace(zone, text=None)
            built.append(zone)
        _write_serials(run, built)
        _write_manifest(run, built)
        batch.commit()
    keep_good(run.places, [zone.apex for zone in built if zone.is_good])
    for zone in built:
        output = f"{UNSIGNED}/{file_name(zone.apex)}"
        stamps[zone.apex] = make_stamp(run.places.root, zone.inputs, [output], since=begun)


def _write_serials(run: Run, built: Sequence[Built]) -> None:
    serials = {zone.apex: zone.serial for zone in built if zone.serial is not None}
    if any(run.serials.get(apex) != serial for apex, serial in serials.items()):
        run.serials |= serials
        replace_file(run.places.serials, serials_text(run.serials))


def _write_manifest(run: Run, built: Sequence[Built]) -> None:
    """List what is about to be written: what a kill prevents, the next run writes."""
    entries = {f"{UNSIGNED}/{file_name(z.apex)}": z.digest for z in built if z.digest}
    known = _known_manifest(run)
    manifest = known.with_entries(entries)
    if manifest != known:
        replace_file(run.places.manifest, manifest.to_bytes())


def _known_manifest(run: Run) -> Manifest:
    """Return what is known to have been written; nothing where the list is damaged."""
    report, manifest = Report(), Manifest()
    try:
        manifest = read_manifest(run.places.manifest)
    except ManifestError as error:
        message = f"state/manifest is made anew, it is damaged: {error}"
        where = Location("state/manifest")
        report = Report((Finding(where, Severity.WARNING, "manifest-damaged", message),))
    run.outcome.put("manifest", "", report)
    return manifest


def tell_of_orphans(run: Run) -> None:
    """Say which zones have no file in zones/ any more; forget those that are gone altogether."""
    there = {*run.site.zones, *run.site.broken, *run.orphans, ""}
    run.outcome.forget(run.outcome.zones() - there)
    for apex, config in run.orphans.items():
        what, why = f"removal of {apex}", f"{config.path} is gone: it is served as it was built"
        way_on = f"zonebuild remove {apex}, or restore the file"
        run.outcome.put(ZONES, apex, Report((), (Waiting(what, why, None, way_on),)))


def build_zone(run: Run, apex: str, *, ask_servers: AskServers) -> Built:
    """Return what the sources of *apex* make; nothing is written."""
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    sources = run.reader.read(config)
    sources.findings += run.site.broken.get(apex, ())
    job = _Job(run, config, sources, ask_servers)
    return job.built()


class _Output(NamedTuple):
    """The last fields of `Built`."""

    text: bytes | None = None
    digest: str = ""
    serial: KeptSerial | None = None


class _Job:
    """The building of one zone: what stands, what is wanted, what it is numbered."""

    def __init__(
        self, run: Run, config: ZoneConfig, sources: ZoneSources, ask_servers: AskServers
    ) -> None:
        self.run, self.config, self.sources = run, config, sources
        self.ask_servers = ask_servers
        self.output = f"{UNSIGNED}/{file_name(config.apex)}"
        self.old = self._read_old()
        kept = run.serials.get(config.apex)
        past = good_copy(run.places, config.apex) if self.old is None else self.old
        self.history = read_history(config.apex, self.output, past, kept)
        self.policy = self._policy(kept)
        self.machine = frozenset(part.source.path for part in sources.machine)
        self.good = good_part(run.places, config.apex)

    def _policy(self, kept: KeptSerial | None) -> str:
        """Return the serial policy; a head or a YAML file that is wrong does not change it."""
        if kept is not None and kept.policy is not None and has_errors(self.sources.findings):
            return kept.policy
        return effective_policy(self.config, has_mark=self.sources.serial_marks() > 0)

    def _read_old(self) -> bytes | None:
        try:
            return read_outside(self.run.places.unsigned(self.config.apex), _LIMIT)
        except SourceError:
            return None

    def built(self) -> Built:
        """Return the zone as it is to be written, and what there is to say."""
        if self.policy == KEEP:
            self.sources.findings += self._kept_problem()
        candidate = self._candidate(self.history.provisional())
        findings = [*self.sources.findings, *candidate.findings]
        output = _Output()
        if candidate.zone is not None:
            try:
                output = self._numbered(candidate.zone, is_good=candidate.is_good)
            except NumberingError as error:
                findings.append(error.finding)
        report = Report(tuple(sort_findings({*findings, *candidate.quarantined})))
        inputs = [*inputs_of(self.run, self.config), *self.sources.included]
        is_good = candidate.is_good and not has_errors(findings)
        return Built(self.config.apex, report, inputs, is_good, *output)

    def _candidate(self, serial: int) -> Candidate:
        return make_candidate(
            self.config, self.sources, self.run.reader, serial=serial, good=self.good
        )

    def _kept_problem(self) -> list[Finding]:
        """Say what is wrong with a serial that stays though the hand-written part changed."""
        if self.sources.serial_marks():
            return [keep_without_serial(self.config)]
        zone = compile_hand(self.config, self.sources, self.run.reader)
        before = None
        if self.good is not None:
            before = read_fragment(self.good, apex=self.config.apex).records
        changed = before is not None and bool(diff_records(self.config.apex, before, zone.records))
        return kept_problem(zone, self.history, hand_changed=changed)

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
