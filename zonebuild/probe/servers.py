"""Find the authoritative servers of the zone that a name is in, through a resolver.

Spec: RFC 9499 (closest enclosing zone), RFC 1034 section 3.6.2 (CNAME).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonebuild.probe.answers import PORT, Server

if TYPE_CHECKING:
    import dns.resolver

DEADLINE = 10.0  # seconds the resolver is given for one question
_MAX_SERVERS = 32  # names; more are a mistake, or an attack
_RESOLVER_CONF_HINT = "name one with --resolver, or the zone's servers with --server"


class NotFound(Exception):
    """The servers of a name cannot be found; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where the RRset of *owner* is served.

    owner: absolute; where the chain of CNAME from the name that was asked for ends.
    zone: the apex of the zone it is in.
    servers: each address of each server.
    missing: the servers without any address that the resolver knows.
    """

    owner: str
    zone: str
    servers: tuple[Server, ...]
    missing: tuple[str, ...] = ()


def locate(
    owner: str,
    rdtype: str,
    *,
    resolver: Server | None = None,
    deadline: float = DEADLINE,
) -> Located:
    """Return where the RRset of *owner* is served, following CNAME.

    resolver: None for those of this machine. deadline: seconds for each question to it.
    Errors: NotFound.
    """
    import dns.exception
    import dns.resolver

    try:
        ours = _resolver(resolver, deadline)
        target = _end_of_aliases(owner, rdtype, ours)
        zone = dns.resolver.zone_for_name(target, resolver=ours, lifetime=deadline).to_text()
        names = sorted(str(rdata.target).lower() for rdata in ours.resolve(zone, "NS"))
        servers, missing = _addresses(names[:_MAX_SERVERS], ours)
    except (dns.exception.DNSException, OSError, EOFError) as error:
        asked = f"the resolver {resolver}" if resolver else "no resolver of this machine"
        says = "does not say" if resolver else "says"
        raise NotFound(
            f"{asked} {says} which servers have {owner} ({type(error).__name__}); "
            + _RESOLVER_CONF_HINT
        ) from error
    if not servers:
        raise NotFound(f"none of the name servers of {zone} has an address: {', '.join(names)}")
    return Located(target, zone.lower(), servers, missing)


def _resolver(server: Server | None, deadline: float) -> dns.resolver.Resolver:
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        resolver.nameservers = [server.address]
        resolver.port = server.port
    resolver.lifetime = deadline
    return resolver


def _end_of_aliases(owner: str, rdtype: str, resolver: dns.resolver.Resolver) -> str:
    import dns.resolver

    try:
        answer = resolver.resolve(owner, rdtype, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN as error:
        return str(error.canonical_name).lower()
    return str(answer.canonical_name).lower()


def _addresses(
    names: Sequence[str], resolver: dns.resolver.Resolver
) -> tuple[tuple[Server, ...], tuple[str, ...]]:
    """Return the servers at all addresses of *names*, and the names without one."""
    from concurrent.futures import ThreadPoolExecutor

    questions = [(name, rdtype, resolver) for name in names for rdtype in ("A", "AAAA")]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda question: _look_up(*question), questions))
    servers = {
        Server(address, PORT, name)
        for (name, _, _), addresses in zip(questions, told, strict=True)
        for address in addresses
    }
    found = {server.name for server in servers}
    in_order = sorted(servers, key=lambda server: (server.name, ":" in server.address, server))
    return tuple(in_order), tuple(name for name in names if name not in found)


def _look_up(name: str, rdtype: str, resolver: dns.resolver.Resolver) -> list[str]:
    import dns.exception

    try:
        return [rdata.to_text() for rdata in resolver.resolve(name, rdtype)]
    except (dns.exception.DNSException, OSError, EOFError):
        return []
