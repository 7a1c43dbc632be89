"""A zone's `fragments:` into the files of the site that it is made of, in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from zonebuild.diagnostic import Finding, Location
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name, is_skipped
from zonebuild.site.patterns import FragmentPattern, path_problem
from zonebuild.site.rules import FragmentRule
from zonebuild.site.tree import error

HEADS = "soa/"
MACHINE_MADE = "extra/"
PRODUCED = ("acme", "sshfp", "tlsa")  # what producers make joins its zone, listed or not
_ZONE = "{zone}"

Listing = Callable[[str], Collection[str]]


class FragmentSource(NamedTuple):
    """One file that a zone is made of.

    path: relative to the site.
    is_head: it is a template, under soa/. is_machine: a machine made it, under extra/.
    rule: what it may hold, None for everything.
    location: of the entry of `fragments:` that names it.
    """

    path: str
    is_head: bool
    is_machine: bool
    rule: FragmentRule | None
    location: Location


class FragmentFinder:
    """Finds the files of zones; each directory is listed once and kept for the run.

    listing: returns the names of the regular files in a directory, none where there is none.
    apexes: of all zones of the site, sound and broken: they decide to whom a flat file belongs.
    """

    def __init__(self, listing: Listing, apexes: Iterable[str]) -> None:
        self._listing = listing
        self._zones = frozenset(file_name(apex) for apex in apexes)
        self._listed: dict[str, frozenset[str]] = {}
        self._owned: dict[tuple[str, str], dict[str, list[str]]] = {}

    def find(self, zone: ZoneConfig) -> tuple[tuple[FragmentSource, ...], list[Finding]]:
        """Return the files of *zone* and what is missing.

        A file that two entries name comes once, where and as the first one says.
        """
        sources: dict[str, FragmentSource] = {}
        findings: list[Finding] = []
        for pattern in zone.fragments:
            location = pattern.location if pattern.location.path else Location(zone.path)
            for path in self._paths(pattern, zone.apex, location, findings):
                source = FragmentSource(
                    path,
                    path.startswith(HEADS),
                    path.startswith(MACHINE_MADE),
                    pattern.rule,
                    location,
                )
                sources.setdefault(path, source)
        folder, here = f"{MACHINE_MADE}{file_name(zone.apex)}", Location(zone.path)
        made = self._files(folder)
        for path in (f"{folder}/{name}" for name in PRODUCED if name in made):
            sources.setdefault(path, FragmentSource(path, False, True, None, here))
        return tuple(sources.values()), findings

    def _paths(
        self, pattern: FragmentPattern, apex: str, location: Location, findings: list[Finding]
    ) -> list[str]:
        name = file_name(apex)
        paths = [path.replace(_ZONE, name) for path in pattern.paths]
        for path in paths:
            if reason := path_problem(path):
                findings.append(error(location, "fragment-path", f"{path} {reason}"))
                return []
        if pattern.is_glob:
            return self._matches(pattern.paths[0], name)
        present = [path for path in paths if self._exists(path)]
        if not present:
            message = _missing(paths)
            findings.append(error(location, "missing-fragment", message))
        return present[:1]

    def _exists(self, path: str) -> bool:
        directory, _, name = path.rpartition("/")
        return name in self._files(directory)

    def _files(self, directory: str) -> frozenset[str]:
        if directory not in self._listed:
            self._listed[directory] = frozenset(self._listing(directory))
        return self._listed[directory]

    def _matches(self, pattern: str, zone: str) -> list[str]:
        """Return the files that match *pattern* for *zone*, sorted; skipped ones left out."""
        directory, _, last = pattern.rpartition("/")
        directory = directory.replace(_ZONE, zone)
        if _ZONE in last:
            names = self._owned_names(directory, last).get(zone, [])
        else:
            names = [name for name in self._files(directory) if _between(name, last) is not None]
        prefix = f"{directory}/" if directory else ""
        return [prefix + name for name in sorted(names) if not is_skipped(name)]

    def _owned_names(self, directory: str, last: str) -> dict[str, list[str]]:
        """Return the files of *directory* by zone, each with the longest zone name that fits."""
        key = (directory, last)
        if key not in self._owned:
            owned = self._owned[key] = {}
            for name in self._files(directory):
                zone = self._longest_zone(name, last)
                if zone is not None:
                    owned.setdefault(zone, []).append(name)
        return self._owned[key]

    def _longest_zone(self, name: str, last: str) -> str | None:
        fitting = (zone for zone in _candidates(name, last) if zone in self._zones)
        return max(fitting, key=len, default=None)


def _missing(paths: list[str]) -> str:
    if len(paths) == 1:
        return f"{paths[0]} does not exist"
    return f"none of {', '.join(paths)} exists"


def _between(name: str, pattern: str) -> str | None:
    """Return what the `*` of *pattern* stands for in *name*, None where it does not match."""
    before, _, after = pattern.partition("*")
    if len(name) <= len(before) + len(after):
        return None
    if not (name.startswith(before) and name.endswith(after)):
        return None
    return name[len(before) : len(name) - len(after)]


def _candidates(name: str, pattern: str) -> list[str]:
    """Return every text that `{zone}` may stand for where *pattern*, with one `*`, is *name*."""
    before, _, after = pattern.partition(_ZONE)
    if "*" in before:
        head, _, middle = before.partition("*")
        inner = _between(name, f"{head}*{after}") or ""
        splits = range(1, len(inner) - len(middle))
        return [inner[i + len(middle) :] for i in splits if inner.startswith(middle, i)]
    middle, _, tail = after.partition("*")
    inner = _between(name, f"{before}*{tail}") or ""
    splits = range(1, len(inner) - len(middle))
    return [inner[:i] for i in splits if inner.startswith(middle, i)]
