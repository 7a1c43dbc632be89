"""What tlsa-map.yaml says, as values: lineages, and the places where each answers.

The reader of the map gives each scalar to one of the `parse_` functions here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zonebuild.diagnostic import Location
from zonebuild.tlsa.parameters import (
    DEFAULT,
    MAX_PORT,
    PROTOCOLS,
    Parameters,
    Wrong,
    owner_of,
    unit_of,
)
from zonebuild.tlsa.state import MAP

STARTTLS = ("none", "smtp", "imap", "pop3", "ldap")
KEY_POLICIES = ("reuse", "by-hand")
_LINEAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_USUAL = {25: "smtp", 587: "smtp", 143: "imap", 110: "pop3", 389: "ldap"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lineage answers.

    host: absolute, lower case. starttls: one of STARTTLS.
    alias: where the owner of the service is a CNAME, the name that it leads to, which owns the
        records; empty otherwise.
    """

    host: str
    port: int
    protocol: str = "tcp"
    starttls: str = "none"
    parameters: tuple[Parameters, ...] = (DEFAULT,)
    alias: str = ""
    location: Location = MAP

    @property
    def owner(self) -> str:
        """The owner of the TLSA records."""
        return self.alias or self.service_owner

    @property
    def service_owner(self) -> str:
        """The name that clients ask: the owner, or a CNAME that must lead to it."""
        return owner_of(self.host, self.port, self.protocol)


@dataclass(frozen=True, slots=True)
class Lineage:
    """One certificate and those that follow it. path: of its file or folder, as the map has it."""

    name: str
    path: str
    places: tuple[Place, ...] = ()
    keys: str = "reuse"
    location: Location = MAP

    @property
    def units(self) -> tuple[str, ...]:
        """What takes turns in it: a track each."""
        found = (unit_of(p) for place in self.places for p in place.parameters)
        return tuple(sorted(set(found)))


def parse_lineage_name(text: str) -> str | Wrong:
    """Return the name of a lineage: it stands in file names and in the state."""
    if _LINEAGE.fullmatch(text):
        return text
    return Wrong("is no name of a lineage, want letters, digits, `.`, `_` and `-`")


def parse_port(text: str) -> int | Wrong:
    """Return a port, 1 to 65535."""
    if _NUMBER.fullmatch(text) and 1 <= int(text) <= MAX_PORT:
        return int(text)
    return Wrong(f"is no port, want 1 to {MAX_PORT}")


def parse_protocol(text: str) -> str | Wrong:
    """Return the label of a transport without its underscore."""
    return text if text in PROTOCOLS else Wrong(f"is unknown, want {', '.join(PROTOCOLS)}")


def usual_starttls(port: int) -> str:
    """Return how TLS begins at *port* where the map does not say."""
    return _USUAL.get(port, "none")
