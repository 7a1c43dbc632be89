"""One run: the site as it is now, the lock, what is remembered, the tree that is read.

Whoever builds enters a `Run`; `check` and `diff` only read and need no lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from zonebuild.builder.outcome import Outcome, Report, read_outcome
from zonebuild.builder.places import PRIVATE, Places, SiteError, find_places, zone_files
from zonebuild.builder.remembered.clock import CLOCK, keep_clock, require_clock
from zonebuild.builder.remembered.good import (
    GOOD_DAMAGED,
    BuiltZones,
    GoodCopies,
    GoodDigests,
    keep_good_file,
)
from zonebuild.builder.remembered.kept import configured, keep, read_kept, yaml_path
from zonebuild.builder.remembered.serials import KeptSerial, SerialsError, read_serials
from zonebuild.builder.sources import SourceReader
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.lock import Lock, LockError
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.files.write import make_directory, sweep
from zonebuild.site.config import Site, ZoneConfig
from zonebuild.site.fragments import MACHINE_MADE, FragmentFinder
from zonebuild.site.load import Override, load_site
from zonebuild.site.names import (
    SITE_FILE,
    file_name,
    is_skipped,
    zone_name_from_file,
)

_SITE_LIMIT = 1 << 20  # octets
_KEPT_LIMIT = 1 << 30  # octets of a good copy of YAML


@dataclass(slots=True)
class Run:
    """What one run works with. now: Unix seconds, the same for the whole run.

    site_findings: what is wrong with site.yaml, of which then the last good copy is used.
    override: the file that is read in its place. yamls: the text of each file that was read.
    orphans: zones that stand built, but have no file in zones/ any more.
    serials: as `remember_serials` found them.
    built, good: the built zones and their last good copies, verified as they are read.
    read_besides: the paths that a producer read beside its feeds and inputs, there or not.
    """

    places: Places
    site: Site
    site_findings: list[Finding]
    zone_findings: list[Finding]
    now: int
    tree: SourceTree
    finder: FragmentFinder
    reader: SourceReader
    override: Override | None
    yamls: dict[str, bytes]
    built: BuiltZones
    good: GoodCopies
    orphans: dict[str, ZoneConfig] = field(default_factory=dict)
    serials: dict[str, KeptSerial] = field(default_factory=dict)
    read_besides: list[str] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    lock: Lock | None = None

    def leave_to_parent(self) -> None:
        """Let go, in a forked child, of what is the parent's alone."""
        if self.lock is not None:
            self.lock.leave_to_parent()


@contextmanager
def open_run(root: Path, *, now: int, command: str, is_builder: bool) -> Iterator[Run]:
    """Give the run of the site at *root*; a builder's holds the lock.

    now: Unix seconds; a builder's run is refused while that is distrusted.
    command: what the lock names to others.
    Errors: SiteError; WriteError.
    """
    places = find_places(root)
    if not is_builder:
        with _tree(root) as tree:
            yield _load(places, tree, now)
        return
    make_directory(places.cache)
    try:
        with Lock(places.lock, command=command) as lock, _tree(root) as tree:
            judged = require_clock(places, now)
            run = _remember(_load(places, tree, now))
            run.lock = lock
            keep_clock(places, judged)
            run.outcome.put(CLOCK, "", Report(judged.report()))
            yield run
    except LockError as error:
        raise SiteError(str(error)) from error


def _tree(root: Path) -> SourceTree:
    try:
        return SourceTree(root, forbidden=PRIVATE)
    except OSError as error:
        raise SiteError(f"{root}: {error.strerror}") from error


def _load(places: Places, tree: SourceTree, now: int) -> Run:
    names = zone_files(places.root)
    yamls: dict[str, bytes] = {}

    def read(path: str, limit: int) -> bytes:
        yamls[path] = tree.read(path, limit)
        return yamls[path]

    override = _override()
    site, findings = load_site(read, names, override=override)
    wrong = [finding for finding in findings if finding.location.path == site.path]
    built = BuiltZones(places)
    good = GoodCopies(places, built)
    if not site.is_sound:
        override = _good_site(places)
        if override is None:
            raise SiteError(f"{site.path} has errors, and no sound copy of it is kept", wrong)
        site, findings = load_site(read, names, override=override)
    finder = FragmentFinder(_listing(places.root), [*site.zones, *site.broken])
    reader = SourceReader(places.root, tree, site, finder)
    others = [finding for finding in findings if finding.location.path != site.path]
    return Run(places, site, wrong, others, now, tree, finder, reader, override, yamls, built, good)


def read_settings(root: Path) -> Site:
    """Return what site.yaml says at *root*, without a zone: a thousand files are not read for it.

    Where it is wrong, what its last good copy says. Raises: SiteError where there is none.
    """
    places = find_places(root)
    with _tree(root) as tree:
        override = _override()
        site, findings = load_site(tree.read, (), override=override)
        if site.is_sound:
            return site
        good = _good_site(places)
        if good is None:
            raise SiteError(f"{site.path} has errors, and no sound copy of it is kept", findings)
        return load_site(tree.read, (), override=good)[0]


def _override() -> Override | None:
    """Return the file that ZONEBUILD_SITE names instead of site.yaml."""
    path = os.environ.get("ZONEBUILD_SITE")
    if not path:
        return None
    try:
        return Override(path, read_outside(Path(path), _SITE_LIMIT))
    except SourceError as error:
        raise SiteError(f"ZONEBUILD_SITE={path}: {error.reason}") from error


def _good_site(places: Places) -> Override | None:
    """Return the last good site.yaml, None where there is none, or another than was kept."""
    path = places.good_site
    try:
        data = read_outside(path, _SITE_LIMIT)
    except SourceError:
        return None
    fits = GoodDigests(places.good_digests).fits(path.name, data)
    return Override(SITE_FILE, data) if fits else None


def _remember(run: Run) -> Run:
    """Add to *run* what state/ knows, keep the YAML that is good; sweep after a killed run."""
    for folder in run.places.written_folders():
        sweep(folder)
    run.good.load()
    run.outcome = read_outcome(run.places.outcome)
    run.outcome.put("state", "", Report(tuple(_damage(run))))
    if not run.site_findings:
        _keep_site(run)
    _keep_zones(run)
    return run


def _damage(run: Run) -> Iterator[Finding]:
    """Yield a warning for each good copy of YAML that is not what was kept."""
    for path in (run.places.good_site, run.places.good_zones):
        try:
            fits = run.good.digests.fits(path.name, read_outside(path, _KEPT_LIMIT))
        except SourceError:
            fits = not run.good.digests.knows(path.name)
        if not fits:
            message = "it is not what was kept, so it is not used; a sound one takes its place"
            where = Location(path.relative_to(run.places.root).as_posix())
            yield Finding(where, Severity.WARNING, GOOD_DAMAGED, message)


def remember_serials(run: Run) -> None:
    """Read the serials of the last builds. Errors: SiteError: one could go back without them."""
    try:
        run.serials = read_serials(run.places.serials)
    except SerialsError as error:
        raise SiteError(str(error)) from error


def _keep_zones(run: Run) -> None:
    """Keep the YAML of sound zones; take what was kept of those that are broken or gone."""
    kept = read_kept(run.places.good_zones, run.good.digests)
    gone = _built_zones(run.places) - {*run.site.zones, *run.site.broken}
    broken = [apex for apex in run.site.broken if yaml_path(apex) in kept]
    if gone or broken:
        known = configured([*gone, *broken], kept, run.tree.read, run.override)
        run.orphans = {apex: known[apex] for apex in sorted(gone)}
        fallbacks = {**run.site.fallbacks, **{apex: known[apex] for apex in broken}}
        run.site = replace(run.site, fallbacks=fallbacks)
    old = {path: kept[path] for path in map(yaml_path, [*gone, *broken]) if path in kept}
    sound = {path: run.yamls[path] for path in map(yaml_path, run.site.zones)}
    keep(run.places.good_zones, run.good.digests, kept, {**old, **sound})


def _built_zones(places: Places) -> set[str]:
    """Return the zones that stand in unsigned/."""
    try:
        names = os.listdir(places.unsigned(".").parent)
    except OSError:
        return set()
    apexes = (zone_name_from_file(name) for name in names if not is_skipped(name))
    return {apex for apex in apexes if isinstance(apex, str)}


def _keep_site(run: Run) -> None:
    override = run.override
    data = run.tree.read(SITE_FILE, _SITE_LIMIT) if override is None else override.data
    try:
        is_kept = read_outside(run.places.good_site, _SITE_LIMIT) == data
    except SourceError:
        is_kept = False
    if not is_kept:
        keep_good_file(run.places.good_site, run.good.digests, data)


def _listing(root: Path) -> Callable[[str], list[str]]:
    """Return what lists the names in a directory of the site; none where it cannot be read."""

    def names(directory: str) -> list[str]:
        try:
            return os.listdir(root / directory)
        except OSError:
            return []

    return names


def all_zones(run: Run) -> dict[str, ZoneConfig]:
    """Return the zones of the site by apex; of those whose YAML is wrong, what was good last."""
    return {**run.site.fallbacks, **run.site.zones}


def inputs_of(run: Run, config: ZoneConfig) -> list[str]:
    """Return the paths that decide what *config*'s zone is made of, there or not."""
    paths = [SITE_FILE, config.path, f"{MACHINE_MADE}{file_name(config.apex)}"]
    for pattern in config.fragments:
        for path in pattern.paths:
            place = path.replace("{zone}", file_name(config.apex))
            paths.append((place.rpartition("/")[0] or ".") if pattern.is_glob else place)
    found, _ = run.finder.find(config)
    return list(dict.fromkeys([*paths, *(source.path for source in found)]))
