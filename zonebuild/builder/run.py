"""One run: the site as it is now, the lock, what is remembered, the tree that is read.

Whoever builds enters a `Run`; `check` and `diff` only read and need no lock.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.outcome import Outcome, Report, read_outcome
from zonebuild.builder.places import KEYS, PRIVATE, Places, SiteError, find_places, zone_files
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
from zonebuild.files.host import VARIABLE, host_file
from zonebuild.files.lock import Lock, LockError
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.files.write import make_directory, sweep
from zonebuild.site.config import Site, ZoneConfig
from zonebuild.site.fragments import MACHINE_MADE, FragmentFinder
from zonebuild.site.load import Override, Read, load_site
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
    override, committed: the host's own file, and the text that counts as site.yaml where that has
        errors. yamls: the text of each file that was read.
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
    committed: bytes | None
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
    require_owner(places)
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


def require_owner(places: Places) -> None:
    """Raise SiteError where keys/ is another user's: what this run made, that user could not read.

    A key that root makes once leaves the zone without signatures in every later run of cron.
    """
    try:
        owner = os.lstat(places.root / KEYS).st_uid
    except OSError:
        return
    if owner == os.geteuid():
        return
    import pwd

    try:
        user = pwd.getpwuid(owner).pw_name
    except KeyError:
        user = f"the user {owner}"
    raise SiteError(
        f"{places.root / KEYS} belongs to {user}, and this run does not: nothing was written; "
        f"run it as that user (`runuser -u {user} -- …`), or change the owner of the whole site"
    )


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

    loaded = _load_site(places, read, names)
    site = loaded.site
    built = BuiltZones(places)
    good = GoodCopies(places, built)
    finder = FragmentFinder(_listing(places.root), [*site.zones, *site.broken])
    reader = SourceReader(places.root, tree, site, finder)
    others = [f for f in loaded.findings if f.location.path not in loaded.paths]
    return Run(
        places, site, loaded.wrong, others, now, tree, finder, reader, loaded.override,
        loaded.committed, yamls, built, good,
    )  # fmt: skip


class _Loaded(NamedTuple):
    """A site as it was read. wrong: what is wrong with its files as they are now.

    override, committed: the host's own file and the text of site.yaml that were used; None where
    there is none, and for site.yaml where it is the file itself. paths: of those two.
    """

    site: Site
    findings: list[Finding]
    wrong: list[Finding]
    override: Override | None
    committed: bytes | None
    paths: frozenset[str]


def _load_site(places: Places, read: Read, names: Sequence[str]) -> _Loaded:
    """Read the site; the last sound copy takes the place of a file that has errors.

    Raises: SiteError where no sound copy is kept.
    """
    override, committed = _override(places.root), None
    site, findings = load_site(read, names, override=override)
    paths = frozenset({SITE_FILE, *((override.path,) if override else ())})
    wrong = [finding for finding in findings if finding.location.path in paths]
    if site.is_sound:
        return _Loaded(site, findings, wrong, override, committed, paths)
    bad = {f.location.path for f in wrong if f.severity is Severity.ERROR}
    if override is not None and override.path in bad:
        data = _good_copy(places, places.good_host)
        override = None if data is None else Override(override.path, data)
        is_lost = override is None
    else:
        is_lost = False
    if SITE_FILE in bad:
        committed = _good_copy(places, places.good_site)
        is_lost = is_lost or committed is None
    if not is_lost:
        site, findings = load_site(read, names, override=override, committed=committed)
    if is_lost or not site.is_sound:
        names_bad = " and ".join(sorted(bad))
        raise SiteError(f"{names_bad} has errors, and no sound copy of it is kept", wrong)
    return _Loaded(site, findings, wrong, override, committed, paths)


def read_settings(root: Path) -> Site:
    """Return what site.yaml says at *root*, without a zone: a thousand files are not read for it.

    Where it is wrong, what its last good copy says. Raises: SiteError where there is none.
    """
    places = find_places(root)
    with _tree(root) as tree:
        return _load_site(places, tree.read, ()).site


def read_host_code(root: str) -> tuple[str, str]:
    """Return `code` and `dodo` of the host's own file: what a poll of the site at *root* may run.

    Raises: SiteError where that file cannot be read, or has errors.
    """
    override = _override(Path(root))
    if override is None:
        return "data", ""
    site, findings = load_site(_nothing, (), override=override, committed=b"")
    if not site.is_sound:
        raise SiteError(f"{override.path} has errors", findings)
    return site.host.code, site.host.dodo


def _nothing(path: str, limit: int) -> bytes:
    raise SourceError("is not read")


def _override(root: Path) -> Override | None:
    """Return the host's own file, which ZONEBUILD_SITE names. Raises: SiteError."""
    path = host_file()
    if not path:
        return None
    try:
        _require_safe_owner(path)
        _require_outside(path, root)
        return Override(path, read_outside(Path(path), _SITE_LIMIT))
    except SourceError as error:
        raise SiteError(f"{VARIABLE}={path}: {error.reason}") from error


def _require_safe_owner(path: str) -> None:
    """Refuse a host's own file that somebody else could have written. Raises: SourceError."""
    try:
        found = os.stat(path)
    except OSError:
        return  # reading it says why
    if found.st_uid not in (0, os.geteuid()):
        raise SourceError("belongs to another user; expected root or the one who runs this")
    if found.st_mode & stat.S_IWOTH:
        raise SourceError("can be written by everybody; expected mode 0644 or less")


def _require_outside(path: str, root: Path) -> None:
    """Refuse a host's own file that is in the site at *root*. Raises: SourceError."""
    top = os.path.realpath(root)
    for place in (path, os.path.realpath(path)):
        if os.path.commonpath((top, place)) == top:
            raise SourceError("is in the site, where a commit could change it; expected outside")


def _good_copy(places: Places, path: Path) -> bytes | None:
    """Return the last sound copy at *path*, None where there is none, or another than was kept."""
    try:
        data = read_outside(path, _SITE_LIMIT)
    except SourceError:
        return None
    return data if GoodDigests(places.good_digests).fits(path.name, data) else None


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
        known = configured([*gone, *broken], kept, run.tree.read, run.override, run.committed)
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
    texts = {run.places.good_site: run.tree.read(SITE_FILE, _SITE_LIMIT)}
    if run.override is not None:
        texts[run.places.good_host] = run.override.data
    for path, data in texts.items():
        try:
            is_kept = read_outside(path, _SITE_LIMIT) == data
        except SourceError:
            is_kept = False
        if not is_kept:
            keep_good_file(path, run.good.digests, data)


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
