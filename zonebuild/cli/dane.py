"""`zonebuild dane`: whether what services show is what their TLSA records list.

Exit codes: 0 every address shows what every server lists, 1 one does not, 2 it could not be told.
"""

from __future__ import annotations

import argparse
import ipaddress
import time
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.cli.dane_words import Asked, Unusable, anchors_of, judge
from zonebuild.tlsa.places import STARTTLS, parse_port, usual_starttls

if TYPE_CHECKING:
    from zonebuild.probe.answers import Server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the services, and whom to trust."""
    parser.add_argument("services", nargs="+", metavar="HOST:PORT", help="a service")
    text = "how TLS begins (default: what is usual at the port, else none)"
    parser.add_argument("--starttls", choices=STARTTLS, help=text)
    text = "whom to ask, and without a trust anchor the one whose AD bit is trusted"
    parser.add_argument("--resolver", metavar="ADDRESS[:PORT]", help=text)
    text = "a file of DS or DNSKEY of the zone, or one such: signatures are then verified here"
    parser.add_argument("--trust-anchor", default="", metavar="ANCHOR", help=text)
    text = "ADDRESS[:PORT] of a name server of the zone, any number of times; the anchor's need"
    parser.add_argument("--server", action="append", default=[], metavar="ADDRESS", help=text)
    text = "connect to this address instead of those of the host, any number of times"
    parser.add_argument("--address", action="append", default=[], metavar="ADDRESS", help=text)


def run(options: argparse.Namespace) -> int:
    """Compare, say how it went, and return the worst exit code: 2, then 1."""
    try:
        services = _asked(options)
    except Unusable as reason:
        return fail(str(reason))
    return max(judge(service, time.time()) for service in services)


def _asked(options: argparse.Namespace) -> list[Asked]:
    """Return what is asked for. Errors: Unusable."""
    for text in options.address:
        if not _is_address(text):
            raise Unusable(f"--address is {text!a}, want an address such as 192.0.2.1")
    resolver = _server(options.resolver) if options.resolver else None
    servers = tuple(map(_server, options.server))
    anchors = anchors_of(options.trust_anchor)
    if servers and not anchors:
        raise Unusable("--server needs --trust-anchor: what a name server says proves nothing")
    services = []
    for text in options.services:
        host, port = _service(text)
        starttls = options.starttls or usual_starttls(port)
        addresses = tuple(options.address)
        services.append(Asked(host, port, starttls, resolver, servers, anchors, addresses))
    return services


def _server(text: str) -> Server:
    from zonebuild.probe.answers import parse_server

    server = parse_server(text)
    if server is None:
        raise Unusable(f"{text!a} is no address, want one such as 192.0.2.1 or [::1]:5353")
    return server


def _service(text: str) -> tuple[str, int]:
    """Return the host, absolute, and the port. Errors: Unusable."""
    from zonebuild.zonefile.entry import name_key

    name, _, number = text.rpartition(":")
    port = parse_port(number)
    host = name_key(name, ".") if name and ":" not in name and name != "@" else None
    if host is None or host == "." or not isinstance(port, int):
        raise Unusable(f"{text!a} is no service, want HOST:PORT, such as mx.example.org:25")
    return host, port


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
