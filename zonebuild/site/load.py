"""site.yaml and zones/*.yaml into a `Site`, over a function that reads files.

A mistake in a zone's file breaks that zone alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from zonebuild.diagnostic import Finding, Location, Severity, has_errors, quoted, sort_findings
from zonebuild.plan import SiteRails, ZoneRails
from zonebuild.site.acme import AcmeConfig
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.config import (
    ArrivalConfig,
    HandoffConfig,
    Limits,
    SigningConfig,
    Site,
    SoaConfig,
    SshfpConfig,
    ZoneConfig,
)
from zonebuild.site.host import SITE_RULES, HostTerms, committed_beyond_rights
from zonebuild.site.kinds import Given, Key, read_keys
from zonebuild.site.monitoring import MonitoringConfig
from zonebuild.site.names import SITE_FILE, SUFFIX, ZONES_DIRECTORY, is_skipped, zone_name_from_file
from zonebuild.site.schema import SITE_KEYS, ZONE_KEYS
from zonebuild.site.tree import error
from zonebuild.site.values import Wrong
from zonebuild.site.yaml import MAX_OCTETS, read_yaml

MAX_FINDINGS = 100  # told of one file; the rest is counted

Read = Callable[[str, int], bytes]


class Override(NamedTuple):
    """The host's own file, laid over site.yaml key by key. path: as messages name it."""

    path: str
    data: bytes


def load_site(
    read: Read,
    names: Iterable[str],
    *,
    override: Override | None = None,
    committed: bytes | None = None,
) -> tuple[Site, list[Finding]]:
    """Return the site and all findings about its YAML, sorted.

    read: returns the content of a path of the site, up to a number of octets; SourceError.
    names: the files in zones/, each without its directory.
    override: the host's own file. committed: the text that counts as site.yaml, else it is read.
    """
    site, own, site_findings = _read_settings(read, override, committed)
    values = _values(SITE_KEYS, site, own)
    site = {**site, **own}
    path = override.path if override else SITE_FILE
    zones, broken, findings = _load_zones(read, names, values)
    sound = {apex: config for apex, config in sorted(zones.items()) if apex not in broken}
    fallbacks = {apex: zones[apex] for apex in broken}
    loaded = Site(
        path,
        values["signer"].kind,
        _handoff(values, site, path),
        Limits(**_section(values, "limits")),
        SiteRails(**_section(values, "plan")),
        values["feeds"],
        AcmeConfig(**_section(values, "acme")),
        SshfpConfig(**_section(values, "sshfp")),
        CertstoreConfig(**_section(values, "certstore")),
        ArrivalConfig(**_section(values, "arrival")),
        MonitoringConfig(**_section(values, "monitoring")),
        HostTerms(values["code"], values["dodo"], values["hooks"], _allowed(values, own)),
        values["tsig"],
        sound,
        dict(sorted(broken.items())),
        fallbacks,
        not has_errors(site_findings),
    )
    return loaded, sort_findings(site_findings + findings)


def _read_settings(
    read: Read, override: Override | None, committed: bytes | None
) -> tuple[dict[str, Given], dict[str, Given], list[Finding]]:
    """Return what site.yaml and the host's own file give, and what is wrong with either."""
    site, findings = _read_file(read, SITE_FILE, SITE_KEYS, committed, is_committed=True)
    if override is None:
        return site, {}, findings
    own, found = _read_file(read, override.path, SITE_KEYS, override.data)
    return site, own, findings + found


def _allowed(values: Mapping[str, Any], own: Mapping[str, Given]) -> tuple[str, ...]:
    """Return the folders outside the site that tlsa-map.yaml may name."""
    public = own.get("certstore.public")
    return (*values["paths.allow"], *((public.value,) if public else ()))


def _handoff(values: Mapping[str, Any], given: Mapping[str, Given], path: str) -> HandoffConfig:
    signer_at, server_at = (
        given[key].location if key in given else Location(path) for key in ("signer", "serve")
    )
    return HandoffConfig(values["signer"], values["serve"], signer_at, server_at)


def _read_file(
    read: Read,
    path: str,
    keys: tuple[Key, ...],
    data: bytes | None = None,
    *,
    is_committed: bool = False,
) -> tuple[dict[str, Given], list[Finding]]:
    """Return what the YAML file *path* gives of *keys*, and what is wrong with it.

    is_committed: it is the site's own, so that some values are refused.
    """
    from zonebuild.files.read import SourceError

    if data is None:
        try:
            data = read(path, MAX_OCTETS)
        except SourceError as problem:
            message = f"{path} {problem.reason}"
            return {}, [error(Location(path), "unreadable-file", message)]
    root, findings = read_yaml(data, path)
    given = {} if root is None else read_keys(root, keys, findings)
    if is_committed:
        findings += committed_beyond_rights(root, SITE_RULES)
    return given, _capped(findings, path)


def _capped(findings: list[Finding], path: str) -> list[Finding]:
    """Return the first of *findings* and, where there are more, how many."""
    if len(findings) <= MAX_FINDINGS:
        return findings
    message = f"{len(findings) - MAX_FINDINGS} more mistakes in this file"
    return [*findings[:MAX_FINDINGS], error(Location(path), "more-findings", message)]


_Zones = tuple[dict[str, ZoneConfig], dict[str, tuple[Finding, ...]], list[Finding]]


def _load_zones(read: Read, names: Iterable[str], site: Mapping[str, Any]) -> _Zones:
    zones: dict[str, ZoneConfig] = {}
    broken: dict[str, tuple[Finding, ...]] = {}
    findings: list[Finding] = []
    for name in names:
        if is_skipped(name):
            continue
        apex = _apex(name)
        if isinstance(apex, Finding):
            findings.append(apex)
            continue
        path = f"{ZONES_DIRECTORY}/{name}"
        given, found = _read_file(read, path, ZONE_KEYS)
        findings += found
        if has_errors(found):
            broken[apex] = tuple(sort_findings(found))
        zones[apex] = _zone(apex, path, given, site)
    return zones, broken, findings


def _apex(name: str) -> str | Finding:
    """Return the zone that the file *name* in zones/ is about, or what is wrong with the name."""
    location = Location(f"{ZONES_DIRECTORY}/{name}")
    stem = name.removesuffix(SUFFIX)
    if stem == name:
        message = f"the file name {quoted(name)} does not end in {SUFFIX}, so it is no zone"
        return Finding(location, Severity.WARNING, "zone-file-name", message)
    apex = zone_name_from_file(stem)
    if isinstance(apex, Wrong):
        return error(location, "zone-file-name", f"the zone name {quoted(stem)} {apex.reason}")
    return apex


def _zone(apex: str, path: str, own: Mapping[str, Given], site: Mapping[str, Any]) -> ZoneConfig:
    defaults: Mapping[str, Given] = site["defaults"]
    values = _values(ZONE_KEYS, defaults, own)
    soa = _section(values, "soa")
    soa["mname"] = soa["mname"] or next(iter(values["ns"]), None)
    soa["rname"] = soa["rname"] or "hostmaster." + apex.removeprefix(".")
    signing = _section(values, "signing")
    if signing["enabled"] is None:
        signing["enabled"] = site["signer"].kind != "none"
    locations = {key: given.location for key, given in {**defaults, **own}.items()}
    flat = {name: value for name, value in values.items() if "." not in name}
    return ZoneConfig(
        apex=apex,
        path=path,
        soa=SoaConfig(**soa),
        signing=SigningConfig(**signing),
        plan=ZoneRails(**_section(values, "plan")),
        locations=locations,
        **flat,
    )


def _values(
    keys: tuple[Key, ...], defaults: Mapping[str, Given], own: Mapping[str, Given]
) -> dict[str, Any]:
    """Return the value of every key: a file's own, else that of `defaults:`, else the table's."""
    values = {key.name: key.default for key in keys}
    values |= {name: given.value for name, given in defaults.items()}
    values |= {name: given.value for name, given in own.items()}
    for key in keys:
        if key.merges and key.name in defaults and key.name in own:
            values[key.name] = {**defaults[key.name].value, **own[key.name].value}
    return values


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the values of the keys below *name*, by the last part of their names."""
    prefix = f"{name}."
    return {key[len(prefix) :]: v for key, v in values.items() if key.startswith(prefix)}
