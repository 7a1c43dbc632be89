"""What site.yaml, zones/ and tlsa-map.yaml say of certificates, as one run needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zonebuild.acme.limits import LIMITS, Limits
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.served import Scene
from zonebuild.diagnostic import Finding
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.probe.answers import parse_server
from zonebuild.probe.ask import NO_KEYS
from zonebuild.probe.keyring import Keyring
from zonebuild.probe.trust import MAX_OCTETS as MAX_ANCHORS
from zonebuild.probe.trust import Anchor, read_anchors
from zonebuild.site.acme import AcmeConfig, CaConfig
from zonebuild.site.config import Site
from zonebuild.site.host import HostTerms
from zonebuild.site.tlsa_map import MAP_FILE, MapEntry, read_map
from zonebuild.site.yaml import MAX_OCTETS

STAGING = "/staging"
GOOD_MAP = "state/acme/good.tlsa-map.yaml"


@dataclass(frozen=True, slots=True)
class Place:
    """One directory of a CA. name: `CA` or `CA/staging`."""

    name: str
    url: str
    ca: CaConfig

    @property
    def limits(self) -> Limits:
        """What it allows."""
        of_staging = f"{self.ca.limits}-staging" if self.name.endswith(STAGING) else self.ca.limits
        return LIMITS.get(of_staging, LIMITS["none"])

    @property
    def folder(self) -> str:
        """The name of the folder of the account there."""
        return self.name.replace("/", ".")


@dataclass(frozen=True, slots=True)
class Plan:
    """entries: the lineages that ask for certificates. findings: what is wrong with the map.

    hooks: the commands of the host's own file, by name.
    """

    root: Path
    config: AcmeConfig
    entries: Mapping[str, MapEntry]
    scene: Scene
    findings: tuple[Finding, ...] = ()
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def path(self, text: str) -> Path:
        """Return a path of site.yaml, absolute."""
        return self.root / text

    def directory(self, entry: MapEntry, *, staging: bool = False) -> Place | None:
        """Return the directory that a lineage means, None where there is none."""
        name = self.config.name_of(entry.issue.ca if entry.issue else "")
        ca = self.config.find(name)
        if ca is None or (staging and not ca.staging):
            return None
        return Place(name + STAGING, ca.staging, ca) if staging else Place(name, ca.directory, ca)

    def tries_staging(self, entry: MapEntry) -> bool:
        """Say whether new names of the lineage are tried at the staging directory first."""
        wanted = entry.issue.staging_first if entry.issue else None
        return self.config.staging_first if wanted is None else wanted


def make_plan(root: Path, site: Site, keyring: Keyring = NO_KEYS) -> Plan:
    """Return the plan; where the map has errors, after the last good copy of it.

    Errors: AcmeError, WriteError.
    """
    entries, findings = _read_map(root, site.host)
    wanted = {name: entry for name, entry in entries.items() if entry.issue is not None}
    config = site.acme
    scene = Scene(
        {apex: zone.servers for apex, zone in site.zones.items() if zone.servers},
        parse_server(config.resolver) if config.resolver else None,
        _anchors(root, config.trust_anchor),
        config.wait,
        keyring,
    )
    return Plan(root, config, wanted, scene, tuple(findings), site.host.hooks or {})


def _read_map(root: Path, terms: HostTerms) -> tuple[Mapping[str, MapEntry], list[Finding]]:
    """Return the lineages of the map, and what is wrong with it; keep a copy of a good one."""
    data = _content(root / MAP_FILE)
    found, findings = read_map(data, terms)
    if found is not None:
        if _content(root / GOOD_MAP) != data:
            make_directory((root / GOOD_MAP).parent, 0o700)
            replace_file(root / GOOD_MAP, data)
        return found.entries, findings
    good, _ = read_map(_content(root / GOOD_MAP), terms)
    return (good.entries if good is not None else {}), findings


def _anchors(root: Path, path: str) -> tuple[Anchor, ...]:
    """Return the trust anchors; none are not the same as some that cannot be read."""
    if not path:
        return ()
    try:
        text = read_outside(root / path, MAX_ANCHORS).decode("utf-8", "backslashreplace")
    except SourceError as error:
        raise AcmeError(
            f"the trust anchor {path} {error.reason}", "mend `acme.trust_anchor`"
        ) from error
    anchors, findings = read_anchors(text, path)
    if findings:
        raise AcmeError(f"{findings[0].location}: {findings[0].message}")
    if not anchors:
        raise AcmeError(f"the trust anchor {path} holds no record", "mend `acme.trust_anchor`")
    return anchors


def _content(path: Path, limit: int = MAX_OCTETS) -> bytes:
    try:
        return read_outside(path, limit)
    except SourceError:
        return b""
