"""The keys that say where a zone is served, and how those servers are asked.

Spec: RFC 8945 (TSIG).
"""

from __future__ import annotations

from zonebuild.probe.answers import PORT, Server, parse_server
from zonebuild.site.feeds import parse_folder
from zonebuild.site.kinds import (
    Key,
    choice,
    either,
    list_of,
    mapping_of,
    record_of,
    scalar,
    within,
)
from zonebuild.site.values import Wrong, parse_address, parse_count, parse_duration, parse_name

NAMED, ALL = "named", "all"


def parse_place(text: str) -> Server | Wrong:
    """Return the server at `ADDRESS`, `ADDRESS:PORT` or `[IPV6]:PORT`."""
    return parse_server(text) or Wrong("is no IP address, with :PORT or without")


def parse_key_name(text: str) -> str | Wrong:
    """Return the name of a TSIG key: absolute, lower case; its final dot may be left out."""
    return parse_name(text if text.endswith(".") else f"{text}.")


def _server(address: str, port: int, key: str) -> Server:
    return Server(address, port, key=key)


_KEY_NAME = scalar("the name of a key", parse_key_name)
_PLACE = scalar("an IP address", parse_place)
_SERVER_FIELDS = (
    Key(
        "address",
        scalar("an IP address", parse_address),
        None,
        "",
        "where it answers",
        required=True,
    ),
    Key(
        "port",
        within(scalar("a number", parse_count), 1, 65535, "for a port"),
        PORT,
        "53",
        "the port there",
    ),
    Key("key", _KEY_NAME, "", "none", "the TSIG key, one of `tsig` in site.yaml"),
)

SERVER_ZONE_KEYS = (
    Key(
        "servers",
        list_of(
            "IP addresses, each with :PORT or a mapping with address, port, key",
            either(_PLACE, record_of(_SERVER_FIELDS, _server)),
        ),
        (),
        "[]",
        "where the zone is served, hidden primaries too: each is asked whether what was built "
        "has arrived there",
        "servers: [192.0.2.53, {address: 192.0.2.1, port: 5353, key: hidden}]",
    ),
)
_SECONDS = scalar("a duration", parse_duration)
USUAL_SIGNATURES = 86_400  # seconds; of `arrival.signatures`
SERVER_SITE_KEYS = (
    Key(
        "tsig",
        mapping_of(parse_key_name, scalar("a path", parse_folder)),
        {},
        "{}",
        "TSIG keys by name, each the file that `tsig-keygen` wrote, readable by nobody else",
        "tsig: {hidden: /etc/zonebuild/hidden.key}",
    ),
    Key(
        "arrival.ask",
        choice(NAMED, ALL),
        NAMED,
        NAMED,
        "whose servers are asked for the serial: of zones with `servers`, or of all, by their NS",
    ),
    Key(
        "arrival.deadline",
        within(_SECONDS, 0, 3600, "seconds"),
        5,
        "5s",
        "how long a run waits for servers; what has not arrived by then is asked in the next run",
    ),
    Key(
        "arrival.late",
        within(_SECONDS, 1, 2592000, "seconds"),
        900,
        "15m",
        "after which time a server that lacks a zone is a warning",
    ),
    Key(
        "arrival.signatures",
        within(_SECONDS, 1, 2592000, "seconds"),
        USUAL_SIGNATURES,
        "1d",
        "how long before its end a signature that the signer has not renewed is an error",
    ),
)
