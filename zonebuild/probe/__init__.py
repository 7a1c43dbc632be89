"""Questions to the name servers of a zone, each with a deadline.

Spec: RFC 1035 section 4.2 (transport).
"""

from __future__ import annotations

from collections.abc import Iterable

DEADLINE = 2.0  # seconds an address is given to answer
_PORT = 53


def ask_serial(apex: str, servers: Iterable[str]) -> int | None:
    """Return the greatest serial (RFC 1982) that *servers* have for *apex*, None if none answers.

    apex: absolute. servers: IPv4 or IPv6 addresses.
    """
    from zonebuild.serial import is_newer

    newest: int | None = None
    for server in servers:
        serial = _serial_at(apex, server)
        if serial is not None and (newest is None or is_newer(serial, newest)):
            newest = serial
    return newest


def _serial_at(apex: str, server: str) -> int | None:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rdatatype

    question = dns.message.make_query(apex, dns.rdatatype.SOA)
    question.flags &= ~dns.flags.RD
    try:
        answer = dns.query.udp(question, server, timeout=DEADLINE, port=_PORT)
    except (OSError, dns.exception.DNSException):
        return None
    if not answer.flags & dns.flags.AA:
        return None
    serials = [rd.serial for rrset in answer.answer for rd in rrset if rd.rdtype == 6]
    return serials[0] if serials else None


def has_ds(apex: str) -> bool | None:
    """Say whether the parent of *apex* has a DS for it; None where no resolver tells.

    Asks the resolvers of this machine.
    """
    import dns.exception
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
        answer = resolver.resolve(apex, "DS", lifetime=DEADLINE * 2, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return False
    except (OSError, dns.exception.DNSException):
        return None
    return answer.rrset is not None
