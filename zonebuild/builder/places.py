"""Where things lie in a site tree."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from zonebuild.diagnostic import Finding
from zonebuild.site.names import ZONES_DIRECTORY, file_name

UNSIGNED, SIGNED, KEYS, STATE, CACHE = "unsigned", "signed", "keys", "state", ".zonebuild"
PUBLICATION = "publication"  # unless site.yaml moves it: keys lie in it
PRIVATE = frozenset(
    {UNSIGNED, SIGNED, KEYS, STATE, CACHE, PUBLICATION}
)  # no source may be read from them


class SiteError(Exception):
    """The site or the machine does not let anything be built: exit code 2.

    findings: what is wrong with site.yaml, where that is the reason.
    is_told: the user knows; each stage of a run meets the same error.
    """

    def __init__(self, message: str, findings: Collection[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        self.is_told = False


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of one site. root: its tree; cache: always safe to delete."""

    root: Path
    cache: Path

    def unsigned(self, apex: str) -> Path:
        """The built zone."""
        return self.root / UNSIGNED / file_name(apex)

    def signed(self, apex: str) -> Path:
        """What the embedded signer made of it."""
        return self.root / SIGNED / file_name(apex)

    def good(self, apex: str) -> Path:
        """The last zone that was built without an error: its hand-written part comes first."""
        return self.root / STATE / "good" / file_name(apex)

    @property
    def good_digests(self) -> Path:
        """The digests of all good copies."""
        return self.root / STATE / "good.sha256"

    @property
    def good_site(self) -> Path:
        """The last site.yaml that had no error."""
        return self.root / STATE / "good.site.yaml"

    @property
    def good_host(self) -> Path:
        """The last of the host's own files, which ZONEBUILD_SITE names, that had no error."""
        return self.root / STATE / "good.override.yaml"

    @property
    def good_zones(self) -> Path:
        """The last files of zones/ that had no error."""
        return self.root / STATE / "good.zones.json"

    @property
    def serials(self) -> Path:
        """The serial of each zone."""
        return self.root / STATE / "serials"

    @property
    def reached(self) -> Path:
        """The plans that are held because they came with those of many other zones."""
        return self.root / STATE / "held"

    def names(self, apex: str) -> Path:
        """The names of the hand-written part of a zone, summed up."""
        return self.cache / "names" / file_name(apex)

    def other_names(self, apex: str) -> Path:
        """The names that machines wrote into a zone which are no producers of ours."""
        return self.cache / "names.others" / file_name(apex)

    def memory(self, apex: str) -> Path:
        """What lets a large zone take machines' records quickly."""
        return self.cache / "memory" / file_name(apex)

    @property
    def challenges(self) -> Path:
        """When each challenge was first seen."""
        return self.root / STATE / "challenges"

    @property
    def host_keys(self) -> Path:
        """Which SSH host keys are published, withdrawn or held."""
        return self.root / STATE / "sshfp"

    @property
    def feed_reports(self) -> Path:
        """How much of each feed was reported today."""
        return self.root / STATE / "feeds"

    @property
    def orders(self) -> Path:
        """The folder of orders for those who hold keys, a file a lineage."""
        return self.root / STATE / "lineages"

    @property
    def handed(self) -> Path:
        """What each program was last given of each zone."""
        return self.root / STATE / "handed"

    @property
    def outcome(self) -> Path:
        """What failed and what waits, by stage and zone."""
        return self.root / STATE / "outcome.json"

    @property
    def manifest(self) -> Path:
        """What the build wrote into unsigned/."""
        return self.root / STATE / "manifest"

    @property
    def lock(self) -> Path:
        """The lock of the one writer."""
        return self.cache / "lock"

    def written_folders(self) -> tuple[Path, ...]:
        """Every folder that a run writes into."""
        state = self.root / STATE
        tops = (UNSIGNED, SIGNED, KEYS)
        own = ("good", "signed", "frozen", "lineages", "runs")
        below = tuple(self.root / top for top in tops)
        return (self.cache, state, *(state / name for name in own), *below)

    def stamps(self, stage: str) -> Path:
        """What each zone's inputs were when *stage* last dealt with it."""
        return self.cache / f"stamps.{stage}"


def find_places(root: Path) -> Places:
    """Return the places of the site at *root*; ZONEBUILD_CACHE moves the cache."""
    moved = os.environ.get("ZONEBUILD_CACHE")
    return Places(root, Path(moved) if moved else root / CACHE)


def zone_files(root: Path) -> list[str]:
    """Return the names of the files in zones/, sorted. Errors: SiteError where it is missing."""
    try:
        with os.scandir(root / ZONES_DIRECTORY) as entries:
            return sorted(entry.name for entry in entries)
    except OSError as error:
        message = f"{root / ZONES_DIRECTORY}: {error.strerror}; a site has a file for each zone"
        raise SiteError(message) from error
