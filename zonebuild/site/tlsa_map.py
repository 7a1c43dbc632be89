"""tlsa-map.yaml into values: which certificate answers at which host, port and protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zonebuild.diagnostic import Finding, Location, has_errors
from zonebuild.site.feeds import parse_folder
from zonebuild.site.host import MAP_RULES, NO_TERMS, HostTerms, committed_beyond_rights
from zonebuild.site.issue import ISSUE, Issue
from zonebuild.site.kinds import (
    Given,
    Key,
    choice,
    list_of,
    mapping_of,
    read_keys,
    scalar,
    within,
)
from zonebuild.site.source import SOURCE, Source
from zonebuild.site.tlsa_places import PLACE_KEYS, adapted, located, read_places
from zonebuild.site.tree import error
from zonebuild.site.values import MAX_TTL, parse_bool, parse_duration
from zonebuild.site.yaml import read_yaml
from zonebuild.tlsa.issuers import parse_set_name
from zonebuild.tlsa.parameters import SHA256, unit_of
from zonebuild.tlsa.places import KEY_POLICIES, Lineage, parse_lineage_name

MAP_FILE = "tlsa-map.yaml"
MAX_FINDINGS = 100  # told of the map; the rest is counted
AT_ONCE, WHEN_SEEN = "at-once", "when-seen"


@dataclass(frozen=True, slots=True)
class MapEntry:
    """A lineage of the map, and where the parts lie that it is made of.

    certificate: a file, or a folder with fullchain.pem or cert.pem. public_key: the file of the
    key that the certificate must have, next: of the one that is published in advance; "": as the
    folder has it, key.pub and next.pub. All are absolute, or below the site's top.
    first: AT_ONCE or WHEN_SEEN. roll_after: seconds after which a key gives way, 0: never.
    certificate_at: where the map names it.
    issue: what to ask a CA for, source: the store of another client; None where it comes from
        elsewhere.
    issuers: the name of a list of issuers for 2 1 1, "" for none; issuers_max_age: seconds.
    """

    lineage: Lineage
    certificate: str
    public_key: str
    next: str
    first: str
    certificate_at: Location
    issue: Issue | None = None
    roll_after: int = 0
    source: Source | None = None
    issuers: str = ""
    issuers_max_age: int = 15_552_000

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the certificate that is asked for, sorted; none where it is not."""
        if self.issue is None:
            return ()
        hosts = (place.host.removesuffix(".") for place in self.lineage.places)
        return tuple(sorted(set(self.issue.names or hosts)))


@dataclass(frozen=True, slots=True)
class TlsaMap:
    """What the map says. ttl: seconds, of every TLSA record. entries: by the lineage's name.

    look: whether servers and endpoints are asked. anchors: a file of DS and DNSKEY, "" for none.
    """

    ttl: int
    entries: Mapping[str, MapEntry]
    look: bool = False
    anchors: str = ""


def read_map(data: bytes, terms: HostTerms = NO_TERMS) -> tuple[TlsaMap | None, list[Finding]]:
    """Return the map that *data* is, None where anything in it is wrong, and all findings.

    terms: what the host's own file allows; without them nothing outside the site may be named.
    """
    root, findings = read_yaml(data, MAP_FILE)
    given = {} if root is None else read_keys(root, MAP_KEYS, findings)
    findings += committed_beyond_rights(root, MAP_RULES, terms)
    values = {key.name: key.default for key in MAP_KEYS}
    values |= {name: value for name, (value, _) in given.items()}
    named = {name: _named(name, entry) for name, entry in values["lineages"].items()}
    findings += [*_repeated(named), *_nameless(named), *_from_two(named), *_unlistable(named)]
    if len(findings) > MAX_FINDINGS:
        message = f"{len(findings) - MAX_FINDINGS} more mistakes in this file"
        findings[MAX_FINDINGS:] = [error(Location(MAP_FILE), "more-findings", message)]
    if has_errors(findings):
        return None, findings
    return TlsaMap(values["ttl"], named, values["look"], values["anchors"]), findings


def _named(name: str, entry: MapEntry) -> MapEntry:
    return replace(entry, lineage=replace(entry.lineage, name=name))


def _repeated(entries: Mapping[str, MapEntry]) -> list[Finding]:
    """Return what is wrong where one lineage has the same owner twice."""
    findings = []
    for name, entry in entries.items():
        seen = set()
        for place in entry.lineage.places:
            if place.owner in seen:
                message = f"{place.owner} stands twice in lineage {name}, want it once"
                findings.append(error(place.location, "duplicate-place", message))
            seen.add(place.owner)
    return findings


def _entry(values: dict[str, Any], given: Mapping[str, Given], at: Location) -> MapEntry:
    where = tuple(place for places_ in values["places"] for place in places_)
    path = values["certificate"]
    return MapEntry(
        lineage=Lineage("", path, where, values["keys"], at),
        certificate=path,
        public_key=values["public_key"],
        next=values["next"],
        first=values["first"],
        roll_after=values["roll_after"],
        certificate_at=given["certificate"].location,
        issue=values["issue"],
        source=values["source"],
        issuers=values["issuers"],
        issuers_max_age=values["issuers_max_age"],
    )


def _nameless(entries: Mapping[str, MapEntry]) -> list[Finding]:
    """Return what is wrong where a certificate without any name is to be asked for."""
    return [
        error(entry.lineage.location, "missing-key", f"lineage {name} has no names, and no places")
        for name, entry in entries.items()
        if entry.issue is not None and not entry.names
    ]


def _unlistable(entries: Mapping[str, MapEntry]) -> list[Finding]:
    """Return what is wrong where a list of issuers lacks the digests that are wanted."""
    return [
        error(place.location, "wrong-value", f"{p} of {name}: a list of issuers gives 2 1 1 alone")
        for name, entry in entries.items()
        for place in entry.lineage.places
        for p in place.parameters
        if entry.issuers and unit_of(p) == "issuer" and p.matching != SHA256
    ]


def _from_two(entries: Mapping[str, MapEntry]) -> list[Finding]:
    """Return what is wrong where two clients are to give one lineage its certificates."""
    return [
        error(entry.source.location, "wrong-value", f"{name} has `issue` and `source`, want one")
        for name, entry in entries.items()
        if entry.issue is not None and entry.source is not None
    ]


# -- the table of keys -----------------------------------------------------------------------------

_PATH = scalar("a path, absolute or below the site's top", parse_folder)
_SECONDS = within(scalar("a duration", parse_duration), 1, MAX_TTL, "seconds")

LINEAGE_KEYS = (
    Key(
        "certificate",
        _PATH,
        None,
        "",
        "the chain that hosts serve, PEM or DER; or a folder with `fullchain.pem` or `cert.pem`",
        required=True,
    ),
    Key(
        "next",
        _PATH,
        "",
        "`next.pub` in the folder, if there",
        "the public part of the key to be published in advance",
    ),
    Key(
        "public_key",
        _PATH,
        "",
        "`key.pub` in the folder, if there",
        "the public part of the key that the certificate must have",
    ),
    Key("keys", choice(*KEY_POLICIES), "reuse", "reuse", "who brings keys to their hosts"),
    Key(
        "first",
        choice(AT_ONCE, WHEN_SEEN),
        WHEN_SEEN,
        WHEN_SEEN,
        "when the first records of an owner are published: once each endpoint has been seen with "
        "the certificate, or at once, because you say that all of them serve it",
    ),
    Key(
        "roll_after",
        _SECONDS,
        0,
        "never",
        "the age at which a key gives way to the next one by itself; else a person says so",
    ),
    Key("issue", ISSUE, None, "none", "the certificate to ask a CA for; `{}` for the usual one"),
    Key(
        "issuers",
        scalar("a name", adapted(parse_set_name)),
        "",
        "none",
        "a list of issuers: under 2 1 1 all of them are published, and no other issuer's chain is "
        "used; `letsencrypt`, or a file `issuers/NAME` of the site, which goes first",
    ),
    Key("issuers_max_age", _SECONDS, 15_552_000, "180d", "from when on an older list is warned of"),
    Key("source", SOURCE, None, "none", "another ACME client's store, which it is taken from"),
    Key(
        "places",
        list_of("places", located(PLACE_KEYS, read_places)),
        (),
        "[]",
        "where it answers; several lineages may share an owner",
    ),
)
MAP_KEYS = (
    Key("ttl", _SECONDS, 3600, "1h", "the TTL of TLSA records"),
    Key(
        "look",
        scalar("true or false", parse_bool),
        False,
        "false",
        "whether name servers and endpoints are asked what they show; without it nothing that "
        "must be seen first is exported, and nothing is taken away",
    ),
    Key(
        "anchors",
        _PATH,
        "",
        "the keys of the embedded signer",
        "a file with DS or DNSKEY of the zones, which the answers of their servers are proved by",
    ),
    Key(
        "lineages",
        mapping_of(adapted(parse_lineage_name), located(LINEAGE_KEYS, _entry)),
        {},
        "{}",
        "one certificate and those that follow it, by name",
        "lineages: {mx1: {certificate: certs/mx1, places: [{host: mx1.example.org, port: 25}]}}",
    ),
)
