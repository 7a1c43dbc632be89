"""The stages of one run as a task graph calls them: each opens what it needs, once.

A session is one process's run: the lock is taken by its first builder and held to the end.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.builder.outcome import SITE, Outcome, Report, read_outcome
from zonebuild.builder.places import Places, SiteError, find_places, zone_files
from zonebuild.builder.progress import show_progress
from zonebuild.builder.remembered.clock import Judged, judge_now, keep_clock
from zonebuild.builder.remembered.stamps import (
    ARRIVAL,
    HANDOFF,
    LOOK,
    ZONES,
    Stamp,
    feeds_digest,
    files_below,
    is_fresh,
    make_stamp,
    program_key,
    read_stamps,
    stamps_text,
)
from zonebuild.clock import Verdict
from zonebuild.files.host import host_file
from zonebuild.files.write import WriteError, make_directory, replace_file
from zonebuild.site.names import SITE_FILE, ZONES_DIRECTORY

if TYPE_CHECKING:
    from zonebuild.builder.run import Run

# Entries of the stamps that are no zone.
_LISTING, _SITE, _FREEZES = "zones/", "site.yaml", "state/frozen/"
_FEEDS, _YAML = "feeds", "yaml"


class Session:
    """One process's work on the site at *root*. now: Unix seconds, the same for all of it."""

    def __init__(self, root: Path, *, command: str, now: int | None = None) -> None:
        self.root, self.command = root, command
        self.now = int(time.time()) if now is None else now
        self.places: Places = find_places(root)
        self._stack = ExitStack()
        self._run: Run | None = None
        self._key = program_key() + _override_key()
        self._failure: SiteError | None = None
        self._judged: Judged | None = None
        self._opened, self._listed = 0, ""  # when the run was opened, and what zones/ held then
        self._is_outcome_lost = read_outcome(self.places.outcome).is_lost

    def close(self) -> None:
        """Give the lock back."""
        self._stack.close()
        self._run = None

    def run(self) -> Run:
        """Return the run, with the lock. Errors: SiteError, the same at every call; WriteError."""
        if self._failure is not None:
            raise self._failure
        if self._run is None:
            from zonebuild.builder.run import open_run

            self._opened, self._listed = time.time_ns(), self._listing()
            opened = open_run(self.root, now=self.now, command=self.command, is_builder=True)
            try:
                self._run = self._stack.enter_context(opened)
            except SiteError as error:
                self._failure = error
                raise
        return self._run

    @property
    def has_failed(self) -> bool:
        """Whether nothing could be done at all."""
        return self._failure is not None

    # -- feeds ------------------------------------------------------------------------------

    def feed_is_fresh(self, stage: str) -> bool:
        """Say whether nothing that the producer of *stage* reads has changed; opens no file."""
        stamps = self._stamps(stage)
        feeds = stamps.pop(_FEEDS, None)
        if feeds is None or (feeds.due and self.now >= feeds.due) or not self._fit(stamps):
            return False
        return feeds.digest == feeds_digest(self.root, feeds.paths)

    def take_feed(self, stage: str) -> None:
        """Make fragments of what the producer of *stage* reads. Errors: SiteError, WriteError."""
        from zonebuild.builder.machines.feeds import used_feeds
        from zonebuild.builder.producers import PRODUCERS

        run, begun = self.run(), time.time_ns()
        producer = PRODUCERS[stage]()
        paths = tuple(used_feeds(run, producer.key).values())
        digest = feeds_digest(self.root, paths, since=begun)
        run.read_besides.clear()
        stamps = {_FEEDS: Stamp(digest, producer.take(run), paths)}
        inputs = [*run.yamls, *files_below(self.root, producer.inputs), *run.read_besides]
        stamps[_YAML] = make_stamp(self.root, inputs, since=begun)
        self._save(stage, stamps, apexes=stamps.keys())

    # -- zones ------------------------------------------------------------------------------

    def zones_are_fresh(self) -> bool:
        """Say whether nothing that any zone is made of has changed; loads nothing but stamps."""
        return self._are_fresh(ZONES)

    def build_zones(self) -> None:
        """Build every zone that something was changed for. Errors: SiteError, WriteError."""
        from zonebuild.builder.making import zones

        run, stamps = self.run(), self._stamps(ZONES)
        zones.tell_of_orphans(run)
        self._build(zones.stale_zones(run, stamps), stamps)
        self._save(ZONES, stamps, apexes={*run.site.zones, *run.site.broken})

    def build_zone(self, apex: str) -> None:
        """Build the one zone *apex*, changed or not. Errors: SiteError, WriteError."""
        stamps = self._stamps(ZONES)
        self._build([apex], stamps)
        self._save(ZONES, stamps)

    def _build(self, apexes: list[str], stamps: dict[str, Stamp]) -> None:
        from zonebuild.builder.making import zones
        from zonebuild.builder.making.numbering import serials_ahead
        from zonebuild.builder.outside.server_serials import ServerSerials

        run = self.run()
        with show_progress("building") as progress:
            ask = ServerSerials(run)
            zones.build_zones(run, apexes, stamps, progress=progress, ask_servers=ask)
        run.outcome.put(*SITE, Report(tuple(run.site_findings)))
        run.outcome.put("zones/", "", _listing_report(run))
        has_returned = self._judged is not None and self._judged.has_returned
        run.outcome.put("serials", "", Report(tuple(serials_ahead(run)) if has_returned else ()))

    # -- handoff ----------------------------------------------------------------------------

    def handoff_is_fresh(self) -> bool:
        """Say whether the signer has every built zone and no signature is due."""
        return self._are_fresh(HANDOFF)

    def hand_off(self) -> None:
        """Give the signer what it has not; sign what is due. Errors: SiteError, WriteError."""
        from zonebuild.builder.delivery import handoff

        run, stamps = self.run(), self._stamps(HANDOFF)
        with show_progress("signing") as progress:
            apexes = handoff.zones_to_look_at(run, stamps)
            handoff.hand_off(run, apexes, stamps, progress=progress)
        self._save(HANDOFF, stamps, apexes=set(handoff.zones_at_hand(run)))

    # -- arrival ----------------------------------------------------------------------------

    def arrival_is_fresh(self) -> bool:
        """Say whether every zone is known to have arrived where it is served."""
        return self._are_fresh(ARRIVAL)

    def look_for_zones(self) -> None:
        """Look whether zones have arrived at signer and servers. Errors: SiteError, WriteError."""
        from zonebuild.builder.delivery import arrival

        run, stamps = self.run(), self._stamps(ARRIVAL)
        arrival.look_for_zones(run, stamps)
        self._save(ARRIVAL, stamps, apexes=set(arrival.zones_under_way(run)))

    # -- look -------------------------------------------------------------------------------

    def look_is_fresh(self) -> bool:
        """Say whether nothing outside is to be looked at yet."""
        kept = self._stamps(LOOK).get(LOOK)
        return kept is not None and is_fresh(self.root, kept, self.now)

    def look(self) -> None:
        """Look at servers and endpoints, for the next run; the lock is given back before.

        Errors: SiteError, WriteError.
        """
        from zonebuild.builder.lineages.observation import STATE_FILE, look_out
        from zonebuild.site.tlsa_map import MAP_FILE

        if self._failure is not None:
            raise self._failure
        self.close()
        begun = time.time_ns()
        due = look_out(self.root, now=self.now)
        # Without a due time, too: any of these may give the next look something to do.
        read = [MAP_FILE, STATE_FILE, SITE_FILE, ZONES_DIRECTORY]
        stamp = make_stamp(self.root, read, since=begun, due=due)
        make_directory(self.places.cache)
        replace_file(self.places.stamps(LOOK), stamps_text({LOOK: stamp}, self._key))

    # -- outcome ----------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        """Return what failed and what waits, as far as this run and those before it know."""
        return self._run.outcome if self._run else read_outcome(self.places.outcome)

    # -- stamps -----------------------------------------------------------------------------

    def _listing(self) -> str:
        names = "\0".join(zone_files(self.root))
        return hashlib.blake2b(names.encode("utf-8", "surrogateescape")).hexdigest()

    def _stamps(self, stage: str) -> dict[str, Stamp]:
        """Return the stamps of *stage*; none where what was said with them is lost.

        None either where the clock is not right, or was not, or may not have been, when they were
        made.
        """
        if self._is_outcome_lost or not self._is_clock_known():
            return {}
        return read_stamps(self.places.stamps(stage), self._key)

    def _is_clock_known(self) -> bool:
        """Return whether the clock is right, and was at the run before.

        Keeps the time of this run, too, so that idle runs count as runs.
        """
        if self._judged is None:
            self._judged = judge_now(self.places, self.now)
            if self._judged.verdict is Verdict.RIGHT and self._judged.mark:
                with suppress(WriteError):  # whoever may only read has nothing to remember
                    keep_clock(self.places, self._judged)
        return self._judged.verdict is Verdict.RIGHT and self._judged.mark is not None

    def _are_fresh(self, stage: str) -> bool:
        return self._fit(self._stamps(stage))

    def _fit(self, stamps: dict[str, Stamp]) -> bool:
        """Say whether *stamps* still describe what they were made of."""
        kept = stamps.pop(_LISTING, None)
        if kept is None or kept.digest != self._listing():
            return False
        return all(is_fresh(self.root, stamp, self.now) for stamp in stamps.values())

    def _freezes_stamp(self) -> Stamp:
        """Return what changes when a freeze begins or ends: status is to tell."""
        from zonebuild.builder.plans.freeze import FOLDER, SITE_FREEZE, read_freezes

        due = read_freezes(self.places, self.now).next_end()
        return make_stamp(self.root, [FOLDER, SITE_FREEZE], since=self._opened, due=due)

    def _save(
        self, stage: str, stamps: dict[str, Stamp], *, apexes: Collection[str] | None = None
    ) -> None:
        """Keep what was said, then the stamps that keep it from being said again.

        apexes: all zones that there are; None where only some of them were looked at.
        """
        if apexes is not None:
            for apex in stamps.keys() - apexes:
                del stamps[apex]
            stamps[_LISTING] = Stamp(self._listed, 0, ())
            stamps[_SITE] = make_stamp(self.root, [SITE_FILE], since=self._opened)
            if stage == ARRIVAL:  # which zones have servers to ask stands in any of them
                stamps[_YAML] = make_stamp(self.root, self.run().yamls, since=self._opened)
            if stage == ZONES:
                stamps[_FREEZES] = self._freezes_stamp()
        self.run().outcome.save(self.places.outcome)
        replace_file(self.places.stamps(stage), stamps_text(stamps, self._key))


def _override_key() -> str:
    """Return what changes when another file than site.yaml is read, or that file changes."""
    path = host_file()
    if not path:
        return ""
    try:
        found = os.stat(path)
    except OSError:
        return f" {path}"
    return f" {path} {found.st_mtime_ns} {found.st_size} {found.st_ino} {found.st_ctime_ns}"


def _listing_report(run: Run) -> Report:
    """Return what is wrong with files in zones/ that are no zone's."""
    of_zones = {finding for found in run.site.broken.values() for finding in found}
    return Report(tuple(finding for finding in run.zone_findings if finding not in of_zones))
