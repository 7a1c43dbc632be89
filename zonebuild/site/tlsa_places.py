"""The places of tlsa-map.yaml: where a certificate answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from zonebuild.diagnostic import Finding, Location
from zonebuild.site.kinds import (
    Given,
    Key,
    Kind,
    choice,
    one_or_many,
    read_keys,
    scalar,
    wrong_type,
)
from zonebuild.site.tree import MappingNode, Node
from zonebuild.site.values import Wrong, parse_name
from zonebuild.tlsa import parameters
from zonebuild.tlsa.parameters import PROTOCOLS, parse_parameters
from zonebuild.tlsa.places import STARTTLS, Place, parse_port, usual_starttls

_OWNER = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+", re.ASCII)
_HOST = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+", re.ASCII)
_INNER = re.compile(r"_[0-9]+\._[a-z]+\.")


# -- scalars ---------------------------------------------------------------------------------------


def adapted(parse: Callable[[str], Any]) -> Callable[[str], Any]:
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


def located(fields: tuple[Key, ...], make: Callable[..., Any]) -> Kind:
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


def read_places(values: dict[str, Any], _: Mapping[str, Given], at: Location) -> tuple[Place, ...]:
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


# -- the table of keys -----------------------------------------------------------------------------

_PARAMETERS = scalar("usage, selector and matching type", adapted(parse_parameters))

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
        one_or_many("ports", scalar("a port", adapted(parse_port))),
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
