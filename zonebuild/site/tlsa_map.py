"""tlsa-map.yaml into values: which certificate answers at which host, port and protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zonebuild.diagnostic import Finding, Location, has_errors
from zonebuild.site.feeds import parse_folder
from zonebuild.site.kinds import (
    Given,
    Key,
    Kind,
    choice,
    list_of,
    mapping_of,
    one_or_many,
    read_keys,
    scalar,
    within,
    wrong_type,
)
from zonebuild.site.tree import MappingNode, Node, error
from zonebuild.site.values import MAX_TTL, Wrong, parse_duration, parse_name
from zonebuild.site.yaml import read_yaml
from zonebuild.tlsa import parameters
from zonebuild.tlsa.parameters import PROTOCOLS, parse_parameters
from zonebuild.tlsa.places import (
    KEY_POLICIES,
    STARTTLS,
    Lineage,
    Place,
    parse_lineage_name,
    parse_port,
    usual_starttls,
)

MAP_FILE = "tlsa-map.yaml"
MAX_FINDINGS = 100  # told of the map; the rest is counted
AT_ONCE, WHEN_SEEN = "at-once", "when-seen"
_OWNER = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+", re.ASCII)
_HOST = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+", re.ASCII)
_INNER = re.compile(r"_[0-9]+\._[a-z]+\.")


@dataclass(frozen=True, slots=True)
class MapEntry:
    """A lineage of the map, and where the parts lie that it is made of.

    certificate: a file, or a folder with fullchain.pem or cert.pem. public_key: the file of the
    key that the certificate must have, next: of the one that is published in advance; "": as the
    folder has it, key.pub and next.pub. All are absolute, or below the site's top.
    first: AT_ONCE or WHEN_SEEN. certificate_at: where the map names it.
    """

    lineage: Lineage
    certificate: str
    public_key: str
    next: str
    first: str
    certificate_at: Location


@dataclass(frozen=True, slots=True)
class TlsaMap:
    """What the map says. ttl: seconds, of every TLSA record. entries: by the lineage's name."""

    ttl: int
    entries: Mapping[str, MapEntry]


def read_map(data: bytes) -> tuple[TlsaMap | None, list[Finding]]:
    """Return the map that *data* is, None where anything in it is wrong, and all findings."""
    root, findings = read_yaml(data, MAP_FILE)
    given = {} if root is None else read_keys(root, MAP_KEYS, findings)
    values = {key.name: key.default for key in MAP_KEYS}
    values |= {name: value for name, (value, _) in given.items()}
    named = {name: _named(name, entry) for name, entry in values["lineages"].items()}
    findings += _repeated(named)
    if len(findings) > MAX_FINDINGS:
        message = f"{len(findings) - MAX_FINDINGS} more mistakes in this file"
        findings[MAX_FINDINGS:] = [error(Location(MAP_FILE), "more-findings", message)]
    return (None if has_errors(findings) else TlsaMap(values["ttl"], named)), findings


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


# -- scalars ---------------------------------------------------------------------------------------


def _adapted(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return *parse*, of the room `tlsa`, with what is wrong in this room's words."""

    def adapted(text: str) -> Any:
        value = parse(text)
        return Wrong(value.reason) if isinstance(value, parameters.Wrong) else value

    return adapted


def parse_host(text: str) -> str | Wrong:
    """Return the name of the host whose addresses clients connect to, absolute, lower case."""
    name = parse_name(text)
    if isinstance(name, Wrong) or _HOST.fullmatch(name):
        return name
    inner = _INNER.sub("", name, count=1)
    if inner != name and _HOST.fullmatch(inner):
        return Wrong(f"is the owner of TLSA records, want the host: {inner[:-1]}")
    return Wrong("is not the name of a host, want one such as mx1.example.org")


def parse_alias(text: str) -> str | Wrong:
    """Return the name that a service's CNAME leads to, absolute, lower case."""
    name = parse_name(text)
    if isinstance(name, Wrong) or (_OWNER.fullmatch(name) and name.startswith("_")):
        return name
    return Wrong('is no name with a "_" in front, want one such as _dane.example.org')


# -- mappings that know where they stand -----------------------------------------------------------


def _located(fields: tuple[Key, ...], make: Callable[..., Any]) -> Kind:
    """Return the kind of a mapping with *fields*; *make* takes what is given, and the place."""
    wanted = "a mapping with " + ", ".join(field.name for field in fields)

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        if not isinstance(node, MappingNode):
            findings.append(wrong_type(node, name, wanted))
            return None
        before = len(findings)
        given = read_keys(node, fields, findings, of=name)
        if len(findings) > before:
            return None
        values = {field.name: field.default for field in fields}
        values |= {key: value for key, (value, _) in given.items()}
        return make(values, given, node.location)

    return Kind(wanted, read, fields)


def _as_tuple(value: Any) -> Any:
    """Return *value* as `one_or_many` means it; parameters are a tuple themselves."""
    is_many = isinstance(value, tuple) and not isinstance(value, parameters.Parameters)
    return value if is_many else (value,)


def _places(values: dict[str, Any], _: Mapping[str, Given], at: Location) -> tuple[Place, ...]:
    """Return the places of one item of the map: one for each of its ports."""
    return tuple(
        Place(
            host=values["host"],
            port=port,
            protocol=values["protocol"],
            starttls=values["starttls"] or usual_starttls(port),
            parameters=_as_tuple(values["tlsa"]),
            alias=values["alias"],
            location=at,
        )
        for port in _as_tuple(values["port"])
    )


def _entry(values: dict[str, Any], given: Mapping[str, Given], at: Location) -> MapEntry:
    where = tuple(place for places_ in values["places"] for place in places_)
    path = values["certificate"]
    return MapEntry(
        lineage=Lineage("", path, where, values["keys"], at),
        certificate=path,
        public_key=values["public_key"],
        next=values["next"],
        first=values["first"],
        certificate_at=given["certificate"].location,
    )


# -- the table of keys -----------------------------------------------------------------------------

_PATH = scalar("a path, absolute or below the site's top", parse_folder)
_SECONDS = within(scalar("a duration", parse_duration), 1, MAX_TTL, "seconds")
_PARAMETERS = scalar("usage, selector and matching type", _adapted(parse_parameters))

PLACE_KEYS = (
    Key(
        "host",
        scalar("a host", parse_host),
        None,
        "",
        "the host to which clients connect: for mail the MX target, not the mail domain",
        required=True,
    ),
    Key(
        "port",
        one_or_many("ports", scalar("a port", _adapted(parse_port))),
        None,
        "",
        "where the service listens",
        required=True,
    ),
    Key("protocol", choice(*PROTOCOLS), "tcp", "tcp", "the transport"),
    Key(
        "starttls",
        choice(*STARTTLS),
        "",
        "what is usual at the port, else none",
        "how TLS begins; for the look at what is served",
    ),
    Key(
        "tlsa",
        one_or_many("parameters", _PARAMETERS),
        (parameters.DEFAULT,),
        "3 1 1",
        "usage, selector and matching type of the records",
    ),
    Key(
        "alias",
        scalar("a name", parse_alias),
        "",
        "none",
        "where `_port._protocol.HOST` is a CNAME: the name that it leads to",
    ),
)
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
        "places",
        list_of("places", _located(PLACE_KEYS, _places)),
        (),
        "[]",
        "where it answers; several lineages may share an owner",
    ),
)
MAP_KEYS = (
    Key("ttl", _SECONDS, 3600, "1h", "the TTL of TLSA records"),
    Key(
        "lineages",
        mapping_of(_adapted(parse_lineage_name), _located(LINEAGE_KEYS, _entry)),
        {},
        "{}",
        "one certificate and those that follow it, by name",
        "lineages: {mx1: {certificate: certs/mx1, places: [{host: mx1.example.org, port: 25}]}}",
    ),
)
