"""The addresses and the TLSA records of a service, as a resolver tells them.

A resolver that is trusted, over a path that is, says by the AD bit that it has validated them.

Spec: RFC 4035 section 3.2.3, RFC 6840 section 5.8 (AD); RFC 7671 section 7 (aliases).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonebuild.probe.answers import Server

if TYPE_CHECKING:
    import dns.resolver

DEADLINE = 10.0  # seconds the resolver is given for one question
_EDNS_OCTETS = 1232
MAX_RECORDS = 64  # of one RRset: more is a mistake, or an attack


@dataclass(frozen=True, slots=True)
class Told:
    """What a resolver says of an RRset. values: rdata, names absolute; none where there is none.

    is_secure: the AD bit. by: the resolver that said so.
    problem: a clause that follows the resolver, where it says nothing of use.
    """

    values: tuple[str, ...] = ()
    is_secure: bool = False
    by: str = ""
    problem: str = ""


def ask_resolver(
    owner: str, rdtype: str, *, resolver: Server | None = None, deadline: float = DEADLINE
) -> Told:
    """Return what *resolver* says, None for those of this machine. deadline: seconds."""
    import dns.exception
    import dns.resolver

    by = f"the resolver {resolver}" if resolver else "the resolver of this machine"
    try:
        answer = _resolver(resolver, deadline).resolve(owner, rdtype, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN as error:
        responses = error.kwargs.get("responses", {}).values()
        return Told((), any(map(_is_secure, responses)), by)
    except dns.exception.Timeout:
        return Told(by=by, problem="is silent")
    except dns.resolver.NoNameservers:
        return Told(by=by, problem="fails to answer, as it does where signatures do not hold")
    except (dns.exception.DNSException, OSError, EOFError):
        return Told(by=by, problem="cannot be asked")
    rdatas = list(answer.rrset or ())[:MAX_RECORDS]
    values = tuple(sorted(rdata.to_text() for rdata in rdatas))
    return Told(values, _is_secure(answer.response), by)


def addresses_of(host: str, *, resolver: Server | None = None) -> Told:
    """Return the IPv4 and IPv6 addresses of *host* (absolute) as values."""
    told = [ask_resolver(host, rdtype, resolver=resolver) for rdtype in ("A", "AAAA")]
    values = tuple(value for each in told for value in each.values)
    problem = "" if values else next((each.problem for each in told if each.problem), "")
    return Told(values, all(each.is_secure for each in told), told[0].by, problem)


def _is_secure(response: object) -> bool:
    import dns.flags

    return bool(getattr(response, "flags", 0) & dns.flags.AD)


def _resolver(server: Server | None, deadline: float) -> dns.resolver.Resolver:
    import dns.flags
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        resolver.nameservers = [server.address]
        resolver.port = server.port
    resolver.lifetime = deadline
    resolver.use_edns(0, dns.flags.DO, _EDNS_OCTETS)
    resolver.flags = dns.flags.RD | dns.flags.AD
    return resolver
