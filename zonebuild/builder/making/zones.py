"""The stage `zones`: every stale zone read, checked, numbered and written into unsigned/.

First the serials reach the disk, then the zones are renamed into place, then what was read is
remembered. A kill at any instant leaves each zone old or new, and the next run heals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from zonebuild.builder.bugs import attempt
from zonebuild.builder.making.built import Built
from zonebuild.builder.making.memory import keep, learn
from zonebuild.builder.making.numbering import AskServers
from zonebuild.builder.making.quick import build_quickly
from zonebuild.builder.outcome import Report
from zonebuild.builder.parallel import map_zones
from zonebuild.builder.places import UNSIGNED
from zonebuild.builder.plans.freeze import tell_freezes
from zonebuild.builder.plans.holding import Holding, read_holding, remember_reached
from zonebuild.builder.remembered.serials import serials_text
from zonebuild.builder.remembered.stamps import ZONES, Stamp, is_fresh, make_stamp
from zonebuild.builder.run import Run, remember_serials
from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.files.manifest import Manifest, ManifestError, read_manifest
from zonebuild.files.write import WriteBatch, make_directory, replace_file
from zonebuild.site.names import file_name

Progress = Callable[[int, int], None]


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
    built = _write_zones(run, apexes, _Work(run, progress, ask_servers))
    run.good.keep({zone.apex: zone.digest for zone in built if zone.is_good})
    _remember(run, built, begun)
    root = run.places.root
    for zone in built:
        output = f"{UNSIGNED}/{file_name(zone.apex)}"
        stamps[zone.apex] = make_stamp(root, zone.inputs, [output], since=begun, due=zone.due)


def _write_zones(run: Run, apexes: Sequence[str], work: _Work) -> list[Built]:
    """Write what differs of *apexes*; return what building each gave.

    Where all of it together turns out to change too many zones, these are built once more, held.
    """
    holding = read_holding(run)
    tell_freezes(run.outcome, holding.freezes, {*run.site.zones, *run.site.broken})
    with WriteBatch() as batch, WriteBatch() as changing:
        zones = {zone.apex: zone for zone in work.stage(apexes, holding, batch, changing)}
        changes = {apex: zone.change for apex, zone in zones.items() if zone.change}
        judged = holding.with_changes(changes, zones)
        again = [apex for apex, plan in changes.items() if judged.differs(holding, apex, plan)]
        if again:
            changing.abandon()
            zones |= {zone.apex: zone for zone in work.stage(again, judged, batch, batch)}
        built = list(zones.values())
        _write_serials(run, built)
        _write_manifest(run, built)
        remember_reached(run, judged, {zone.apex: zone.change for zone in built})
        batch.commit()
        changing.commit()
    return built


class _Work:
    """The building of one zone after the other, each text staged as soon as it is made."""

    def __init__(self, run: Run, progress: Progress, ask_servers: AskServers) -> None:
        self._run, self._progress, self._ask_servers = run, progress, ask_servers

    def stage(
        self, apexes: Sequence[str], holding: Holding, batch: WriteBatch, changing: WriteBatch
    ) -> Iterator[Built]:
        """Yield *apexes* built and staged. changing: for changes that nobody has approved."""
        run = self._run
        work = partial(_build, run, ask_servers=self._ask_servers, holding=holding)
        for done, zone in enumerate(map_zones(work, apexes, in_child=run.leave_to_parent)):
            self._progress(done, len(apexes))
            run.outcome.put(ZONES, zone.apex, zone.report)
            if zone.text is not None:
                target = changing if zone.is_free else batch
                target.stage(run.places.unsigned(zone.apex), zone.text)
            yield replace(zone, text=None)


def _build(run: Run, apex: str, *, ask_servers: AskServers, holding: Holding) -> Built:
    """Build one zone; a bug that it meets is its own failure, and it is tried again."""

    def failed(bug: Finding) -> Built:
        return Built(apex, Report((bug,)), (), is_good=False, due=run.now)

    work = partial(_build_unguarded, run, apex, ask_servers=ask_servers, holding=holding)
    return attempt(run.places, ZONES, apex, work, failed)


def _build_unguarded(run: Run, apex: str, *, ask_servers: AskServers, holding: Holding) -> Built:
    """Build one zone, quickly where only machines' records changed."""
    built = build_quickly(run, apex, ask_servers=ask_servers, holding=holding)
    if built is not None:
        return built
    from zonebuild.builder.making.job import (
        build_zone,  # with all checks, which take a while to load
    )

    return build_zone(run, apex, ask_servers=ask_servers, holding=holding)


def _remember(run: Run, built: Sequence[Built], begun: int) -> None:
    """Keep what lets large zones take machines' records quickly."""
    places = run.places
    for zone in built:
        if zone.learnt is not None:
            learn(places, zone.apex, zone.learnt, zone.inputs, zone.digest, since=begun)
        elif zone.memory is not None:
            keep(places, zone.apex, zone.memory, zone.inputs, since=begun)


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
        way_on = f"run zonebuild remove {apex} or restore the file"
        message = f"the file is gone, and {apex} is still served as it was built; {way_on}"
        finding = Finding(Location(config.path), Severity.WARNING, "zone-file-gone", message)
        run.outcome.put(ZONES, apex, Report((finding,), (Waiting(what, why, None, way_on),)))
