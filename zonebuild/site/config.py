"""A site and its zones as values, every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zonebuild.diagnostic import Finding, Location
from zonebuild.plan import SiteRails, ZoneRails
from zonebuild.probe.answers import Server
from zonebuild.site.acme import AcmeConfig
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.host import HostTerms
from zonebuild.site.monitoring import MonitoringConfig
from zonebuild.site.patterns import FragmentPattern
from zonebuild.site.schema import Allow, SeverityRule
from zonebuild.site.signers import ServerConfig, SignerConfig

TemplateValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoaConfig:
    """The SOA record's parameters. mname: None where neither it nor `ns` is given.

    refresh, retry, expire, minimum: seconds.
    """

    mname: str | None
    rname: str
    refresh: int
    retry: int
    expire: int
    minimum: int


@dataclass(frozen=True, slots=True)
class SigningConfig:
    """How the zone is signed. dnskey_ttl, validity: seconds, None leaves them to the signer."""

    enabled: bool
    cds: Literal["off", "publish", "delete"]
    dnskey_ttl: int | None
    validity: int | None


@dataclass(frozen=True, slots=True)
class ZoneConfig:
    """What zones/NAME.yaml and `defaults:` say of one zone; `schema.ZONE_KEYS` explains each.

    apex: absolute, lower case. path: of its YAML file. ttl: seconds.
    locations: of each key that is given, by dotted name, here or in `defaults:`.
    """

    apex: str
    path: str
    fragments: tuple[FragmentPattern, ...]
    soa: SoaConfig
    ns: tuple[str, ...]
    ttl: int
    serial: str
    policy: str
    signing: SigningConfig
    allow: tuple[Allow, ...]
    severity: Mapping[str, SeverityRule]
    vars: Mapping[str, TemplateValue]
    servers: tuple[Server, ...]
    acme: Mapping[str, tuple[str, ...]]
    sshfp: Mapping[str, tuple[str, ...]]
    plan: ZoneRails
    locations: Mapping[str, Location]

    def location(self, key: str) -> Location:
        """Return where *key* (dotted) is given, the zone's file as a whole where it is not."""
        return self.locations.get(key, Location(self.path))

    def is_own(self, key: str) -> bool:
        """Say whether the zone's own file gives *key* (dotted), and not `defaults:`."""
        return key in self.locations and self.locations[key].path == self.path


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read, in octets: a file of zone text; a head as written, and as rendered."""

    fragment_octets: int
    template_octets: int


@dataclass(frozen=True, slots=True)
class SshfpConfig:
    """What holds for all host keys. ttl, grace, stale_after: seconds."""

    ttl: int
    hold_new: bool
    grace: int
    stale_after: int


@dataclass(frozen=True, slots=True)
class ArrivalConfig:
    """How it is seen that zones arrive at their servers. Times in seconds.

    signatures: how long before its end a signature must have been renewed.
    """

    ask: Literal["named", "all"]
    deadline: int
    late: int
    signatures: int


@dataclass(frozen=True, slots=True)
class HandoffConfig:
    """To whom built zones go: one that signs them, one that serves the files, and where it says."""

    signer: SignerConfig
    server: ServerConfig | None
    signer_at: Location
    server_at: Location


@dataclass(frozen=True, slots=True)
class Site:
    """What site.yaml says, and the zones whose files are in order, by apex.

    path: of site.yaml or of the file that overrides it.
    signer: the kind of signer. handoff: that one and the server, with their options.
    host: what the host's own file allows and defines.
    feeds: the directory of each, absolute or below the site's top.
    tsig: the file of each TSIG key, by its absolute name.
    zones: sorted by apex. broken: the findings of each zone whose file is not in order.
    fallbacks: for the broken ones, what could be read of their files, defaults for the rest.
    is_sound: whether site.yaml itself has no error; nothing may be handed off where it has.
    """

    path: str
    signer: str
    handoff: HandoffConfig
    limits: Limits
    plan: SiteRails
    feeds: Mapping[str, str]
    acme: AcmeConfig
    sshfp: SshfpConfig
    certstore: CertstoreConfig
    arrival: ArrivalConfig
    monitoring: MonitoringConfig
    host: HostTerms
    tsig: Mapping[str, str]
    zones: Mapping[str, ZoneConfig]
    broken: Mapping[str, tuple[Finding, ...]]
    fallbacks: Mapping[str, ZoneConfig]
    is_sound: bool


def template_variables(zone: ZoneConfig) -> dict[str, object]:
    """Return what the head of *zone* may name: `zone`, `soa.*`, `ns`, `ttl`, `vars.*`.

    What is not given is left out, so that using it is an `undefined-variable`.
    """
    soa: dict[str, object] = {name: getattr(zone.soa, name) for name in SoaConfig.__slots__}
    if zone.soa.mname is None:
        del soa["mname"]
    return {"zone": zone.apex, "soa": soa, "ns": zone.ns, "ttl": zone.ttl, "vars": zone.vars}
