"""What the sources change in the zones of a site, against one of several old sides.

An old side is what stands in unsigned/, what version control has, or what a server answers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from zonebuild.builder.making.zone import make_candidate
from zonebuild.builder.output import read_built, set_serial, zone_text
from zonebuild.builder.parallel import map_zones
from zonebuild.builder.places import UNSIGNED, Places
from zonebuild.builder.run import Run
from zonebuild.builder.sources import ZoneSources
from zonebuild.diagnostic import Severity, has_errors, sort_findings
from zonebuild.diff import Effect, compare_versions
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Records, Zone, ZoneDiff
from zonebuild.probe.transfer import Server, TransferError, Transfers
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name, is_skipped, zone_name_from_file
from zonebuild.zonefile import decode_source, read_fragment

_LIMIT = 1 << 30  # octets of a built zone
_SERIAL = re.compile(rb"\tSOA\t\S+ \S+ ([0-9]{1,10}) ")
_INCLUDE = "$INCLUDE"


class Compared(NamedTuple):
    """What the sources change in a zone.

    diff: None where one side cannot be had, which `why` says; it also tells a new zone and one
        that is gone.
    left_out: records of signers that differ as well. notes: a line each, to be told at the end.
    """

    apex: str
    diff: ZoneDiff | None
    why: str = ""
    effects: tuple[Effect, ...] = ()
    left_out: int = 0
    notes: tuple[str, ...] = ()


class Made(NamedTuple):
    """A zone as the sources make it. machine: the paths of what machines wrote of it."""

    zone: Zone
    machine: frozenset[str]


# The records of a zone, why they cannot be had, or None where there is no such zone.
Had = Records | str | None


class OldSide(Protocol):
    """What the sources are compared with. gone: what is said of a zone that only it has."""

    gone: str

    def zones(self) -> set[str]:
        """Return the zones that it has."""

    def is_same(self, run: Run, apex: str) -> bool:
        """Say whether a cheap look shows that the sources of *run* change nothing."""

    def records(self, apex: str, made: Made | None) -> Had:
        """Return the zone of *apex* there. made: the zone that the sources make."""


def compare_zones(
    run: Run, old: OldSide, *, dnssec: bool = False, most: int | None = None
) -> Iterator[Compared]:
    """Yield what the sources change in each zone that they change, by apex.

    dnssec: the types that signers make count as well.
    most: RRsets of each zone, from the first, whose effect is told; None: all.
    """
    apexes = sorted({*run.site.zones, *run.site.broken, *old.zones()})
    work = partial(_compare, run, old, dnssec=dnssec, most=most)
    for compared in map_zones(work, apexes, in_child=run.leave_to_parent):
        if compared.diff is None or compared.diff or compared.why:
            yield compared


def _compare(run: Run, old: OldSide, apex: str, *, dnssec: bool, most: int | None) -> Compared:
    if old.is_same(run, apex):
        return Compared(apex, ZoneDiff(apex))
    new = make_zone(run, apex)
    before = old.records(apex, new if isinstance(new, Made) else None)
    reasons = [
        f"{side}: {found}" for side, found in (("before", before), ("now", new)) if _is_text(found)
    ]
    if reasons or isinstance(before, str) or isinstance(new, str):
        return Compared(apex, None, "; ".join(dict.fromkeys(reasons)))
    if new is None and isinstance(old, BuiltSide):
        return Compared(apex, ZoneDiff(apex), old.gone)
    why = old.gone if new is None else "the zone is new" if before is None else ""
    now = Records() if new is None else new.zone.records
    found = compare_versions(apex, before or Records(), now, dnssec=dnssec, most=most)
    return Compared(apex, found.diff, why, found.effects, found.left_out)


def _is_text(found: object) -> bool:
    return isinstance(found, str)


def make_zone(run: Run, apex: str) -> Made | str | None:
    """Return the zone that the sources of *run* make, None for no zone, a text for errors."""
    sources = _sources(run, apex)
    if sources is None:
        return None
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    candidate = make_candidate(config, sources, run.reader, serial=1, good=None)
    findings = [*sources.findings, *candidate.findings]
    if candidate.zone is not None and not has_errors(findings):
        return Made(candidate.zone, frozenset(part.source.path for part in sources.machine))
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    first = sort_findings(errors)[0]
    return f"cannot be built: {first.location}: {first.message}"


def _sources(run: Run, apex: str) -> ZoneSources | None:
    """Return what the files of *apex* hold, None where *run* has no such zone."""
    if apex not in run.site.zones and apex not in run.site.broken:
        return None
    sources = run.reader.read(run.site.zones.get(apex) or run.site.fallbacks[apex])
    sources.findings += run.site.broken.get(apex, ())
    return sources


class BuiltSide:
    """What stands in unsigned/, from where no build takes a zone away."""

    gone = "its file in zones/ is gone: it is served as it was built until `zonebuild remove`"

    def __init__(self, places: Places) -> None:
        self._places = places

    def zones(self) -> set[str]:
        """Return the zones that were built."""
        try:
            names = os.listdir(self._places.unsigned(".").parent)
        except OSError:
            return set()
        found = (zone_name_from_file(name) for name in names if not is_skipped(name))
        return {apex for apex in found if isinstance(apex, str)}

    def is_same(self, run: Run, apex: str) -> bool:
        """Say no: what was built does not tell from what."""
        return False

    def records(self, apex: str, made: Made | None) -> Had:
        """Return the built zone; the records of *made* themselves where it has the same text."""
        try:
            data = read_outside(self._places.unsigned(apex), _LIMIT)
        except SourceError:
            return None
        if made is not None:
            serial = _SERIAL.search(data)
            if serial:
                set_serial(made.zone, int(serial[1]))
            if zone_text(made.zone, made.machine).encode("ascii") == data:
                return made.zone.records
        return read_built(f"{UNSIGNED}/{file_name(apex)}", data, apex)


class BaseSide:
    """The site as it was, for instance in version control."""

    gone = "the zone is gone"

    def __init__(self, base: Run) -> None:
        self.base = base

    def zones(self) -> set[str]:
        """Return the zones that the site had."""
        return {*self.base.site.zones, *self.base.site.broken}

    def is_same(self, run: Run, apex: str) -> bool:
        """Say whether both sides have the same files and settings, and these include no other."""
        if _settings(run, apex) != _settings(self.base, apex):
            return False
        ours, theirs = _sources(run, apex), _sources(self.base, apex)
        return ours is not None and ours == theirs and not _includes(ours)

    def records(self, apex: str, made: Made | None) -> Had:
        """Return the zone that the sources made then."""
        found = make_zone(self.base, apex)
        return found.zone.records if isinstance(found, Made) else found


def _settings(run: Run, apex: str) -> ZoneConfig | None:
    """Return what is configured for *apex*, wherever in the files it stands."""
    config = run.site.zones.get(apex)
    return config and replace(config, locations={})


def _includes(sources: ZoneSources) -> bool:
    texts = (part.source.text for part in sources.parts)
    return any("$" in text and _INCLUDE in text.upper() for text in texts)


class ServedSide:
    """What a name server answers."""

    gone = "the zone is gone"

    def __init__(self, server: Server) -> None:
        self._name, self._transfers = f"axfr:{server}", Transfers(server)

    def zones(self) -> set[str]:
        """Return none: no server tells which zones it has."""
        return set()

    def is_same(self, run: Run, apex: str) -> bool:
        """Say no: only the whole zone tells."""
        return False

    def records(self, apex: str, made: Made | None) -> Had:
        """Return the zone that the server sends."""
        try:
            text = self._transfers.zone(apex)
        except TransferError as error:
            return f"{self._name} {error}"
        source = decode_source(self._name, text.encode("ascii"))
        fragment = read_fragment(source, apex=apex)
        if len(fragment.records) < text.count("\n") - 1:  # the first line is the $ORIGIN
            first = next(f for f in fragment.findings if f.severity is Severity.ERROR)
            return f"{self._name} sends what cannot be read: {first.message}"
        return fragment.records
