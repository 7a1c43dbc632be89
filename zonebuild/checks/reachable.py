"""Addresses that the Internet does not route (RFC 6890 and the IANA special-purpose registries)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_PRIVATE, _DOCUMENTATION = "private use", "documentation"
_SPECIAL = {
    "0.0.0.0/8": "this network", "10.0.0.0/8": _PRIVATE, "100.64.0.0/10": "shared, RFC 6598",
    "127.0.0.0/8": "loopback", "169.254.0.0/16": "link-local", "172.16.0.0/12": _PRIVATE,
    "192.0.2.0/24": _DOCUMENTATION, "192.168.0.0/16": _PRIVATE, "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": _DOCUMENTATION, "203.0.113.0/24": _DOCUMENTATION,
    "224.0.0.0/4": "multicast", "240.0.0.0/4": "reserved",
    "::/128": "unspecified", "::1/128": "loopback", "::ffff:0:0/96": "IPv4-mapped",
    "64:ff9b:1::/48": _PRIVATE, "100::/64": "discard-only", "2001:2::/48": "benchmarking",
    "2001:10::/28": "ORCHID", "2001:db8::/32": _DOCUMENTATION, "3fff::/20": _DOCUMENTATION,
    "fc00::/7": _PRIVATE, "fe80::/10": "link-local", "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}  # fmt: skip
# What most addresses look like, none of them in a network above.
_GLOBAL = re.compile(
    r"(?!0\.|10\.|100\.|127\.|169\.|172\.|192\.|198\.|203\.|22[4-9]|2[345]\d)[\d.]+"
    r"|(?!2001:(?:2|1[0-9a-f]|db8):)2[0-9a-f]{3}:.*",
    re.ASCII,
)


@lru_cache(maxsize=1024)  # servers are few, and those of many zones the same
def unreachable(address: str) -> str | None:
    """Return why nobody on the Internet reaches *address*, None where one may.

    address: IPv4 or IPv6 in canonical text form (RFC 5952).
    """
    if _GLOBAL.fullmatch(address):
        return None
    from ipaddress import ip_address

    number = ip_address(address)
    return next((why for network, why in _networks() if number in network), None)


@cache
def _networks() -> tuple[tuple[IPv4Network | IPv6Network, str], ...]:
    from ipaddress import ip_network

    return tuple((ip_network(network), why) for network, why in _SPECIAL.items())
