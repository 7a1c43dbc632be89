"""Questions to the name servers of a zone, each with a deadline.

Spec: RFC 1035 section 4.2 (transport).
"""

from __future__ import annotations

DEADLINE = 2.0  # seconds an address is given to answer


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


def public_records(apex: str, rdtype: str) -> list[str]:
    """Return the rdatas of *apex* that the resolvers of this machine have; none where none tells.

    Waits two seconds at most, and asks without validation: a bogus zone shows its key, too.
    """
    import dns.exception
    import dns.flags
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
        resolver.flags = dns.flags.RD | dns.flags.CD
        answer = resolver.resolve(apex, rdtype, lifetime=DEADLINE)
    except (OSError, dns.exception.DNSException):
        return []
    return [rdata.to_text() for rdata in answer]
