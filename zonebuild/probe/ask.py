"""Ask each authoritative server of a zone for one RRset, by address, all at the same time.

A spoofed or broken datagram does not end the wait for the right one; a truncated answer is asked
for again by TCP. Every question has a deadline, so nothing here can hang.

Spec: RFC 1035 section 4.2 (transport), RFC 6891 (EDNS), RFC 9715 (no fragments: 1232 octets).
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.probe.denial import verify_denial
from zonebuild.probe.keyring import Keyring, TsigKey
from zonebuild.probe.trust import Anchor, Untrusted, verify

if TYPE_CHECKING:
    import dns.message
    import dns.rdata
    import dns.rrset

DEADLINE = 2.0  # seconds a server is given for one question, once by UDP and once by TCP
NO_KEYS: Keyring = MappingProxyType({})
_EDNS_OCTETS = 1232
_PARALLEL = 32  # questions at a time
_NO_WAY_OUT = (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def ask(
    servers: Sequence[Server],
    owner: str,
    rdtype: str,
    *,
    deadline: float = DEADLINE,
    anchors: Sequence[Anchor] = (),
    keyring: Keyring = NO_KEYS,
) -> tuple[Answer, ...]:
    """Return what each of *servers* says of the RRset, in their order.

    owner: absolute. deadline: seconds for one server.
    anchors: where there are any, an RRset counts only with signatures that one of them proves.
    keyring: the TSIG keys that servers name.
    """
    if not servers:
        return ()
    from concurrent.futures import ThreadPoolExecutor

    def one(server: Server) -> Answer:
        return ask_server(
            server, owner, rdtype, deadline=deadline, anchors=anchors, keyring=keyring
        )

    with ThreadPoolExecutor(min(len(servers), _PARALLEL)) as pool:
        return tuple(pool.map(one, servers))


def ask_server(
    server: Server,
    owner: str,
    rdtype: str,
    *,
    deadline: float = DEADLINE,
    anchors: Sequence[Anchor] = (),
    keyring: Keyring = NO_KEYS,
    proves_denial: bool = False,
) -> Answer:
    """Return what *server* says of the RRset; the arguments are those of `ask`.

    proves_denial: where there are anchors, also look whether an answer without it is proved.
    """
    if server.key and server.key not in keyring:
        return Answer(server, Status.UNREACHABLE, detail=f"there is no TSIG key {server.key}")
    asked = _Question(server, deadline, keyring.get(server.key))
    response = _exchange(asked, owner, rdtype, signed=bool(anchors))
    if isinstance(response, Answer):
        return response
    answer = _read(server, response)
    is_denial = proves_denial and answer.status is Status.ABSENT
    if not anchors or not (is_denial or answer.status is Status.ANSWERED):
        return answer

    def keys(zone: str) -> dns.message.Message | None:
        told = _exchange(asked, zone, "DNSKEY", signed=True)
        return None if isinstance(told, Answer) else told

    try:
        if is_denial:
            verify_denial(response, rdtype, anchors, keys)
        else:
            verify(response, anchors, keys)
    except Untrusted as reason:
        if is_denial:
            return replace(answer, detail=f"its denial is not proved: {reason}")
        return Answer(server, Status.BOGUS, rtt=answer.rtt, alias=answer.alias, detail=str(reason))
    return replace(answer, is_proved=is_denial)


class _Question(NamedTuple):
    """To whom, for how many seconds, and with which key."""

    server: Server
    deadline: float
    key: TsigKey | None


def _exchange(
    asked: _Question, owner: str, rdtype: str, *, signed: bool
) -> dns.message.Message | Answer:
    """Return the server's message, or the answer that stands for there being none."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.query

    query = dns.message.make_query(
        owner, rdtype, use_edns=0, payload=_EDNS_OCTETS, want_dnssec=signed, flags=0
    )
    server, deadline, key = asked
    if key is not None:
        query.use_tsig({dns.name.from_text(key.name): key.secret}, algorithm=key.algorithm)
    try:
        response, _ = dns.query.udp_with_fallback(
            query,
            server.address,
            timeout=deadline,
            port=server.port,
            ignore_unexpected=True,
            ignore_errors=True,
        )
    except dns.exception.Timeout:
        return Answer(server, Status.SILENT)
    except OSError as error:
        is_here = error.errno in _NO_WAY_OUT
        detail = (error.strerror or "").lower()
        return Answer(server, Status.UNREACHABLE if is_here else Status.SILENT, detail=detail)
    except (dns.exception.DNSException, EOFError, ValueError):  # EOFError: TCP ends too early
        return Answer(server, Status.BROKEN, detail="it is no DNS message that can be read")
    return response


def _read(server: Server, response: dns.message.Message) -> Answer:
    """Return what the message says; its signatures are another matter."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.rcode

    rcode, rtt = response.rcode(), response.time
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        status = _BY_RCODE.get(int(rcode), Status.BROKEN)
        detail = dns.rcode.to_text(rcode) if status is Status.BROKEN else ""
        return Answer(server, status, rtt=rtt, detail=detail)
    if not response.flags & dns.flags.AA:
        return Answer(server, Status.NOT_AUTHORITATIVE, rtt=rtt)
    if not isinstance(response, dns.message.QueryMessage):
        return Answer(server, Status.BROKEN, rtt=rtt, detail="it is no answer to a question")
    try:
        chain = response.resolve_chaining()
    except dns.exception.DNSException:
        return Answer(server, Status.BROKEN, rtt=rtt, detail="its chain of CNAME has no end")
    alias = chain.canonical_name.to_text().lower() if chain.cnames else None
    rrset = chain.answer
    if rrset is None:
        is_elsewhere = alias is not None and not response.authority
        status = Status.ALIAS if is_elsewhere else Status.ABSENT
        return Answer(server, status, rtt=rtt, alias=alias, detail=alias or "")
    values = tuple(sorted(_value(rdata) for rdata in rrset))
    return Answer(server, Status.ANSWERED, values, rrset.ttl, rtt, alias)


def _value(rdata: dns.rdata.Rdata) -> str:
    import dns.rdtypes.ANY.TXT

    if isinstance(rdata, dns.rdtypes.ANY.TXT.TXT):
        return b"".join(rdata.strings).decode("ascii", "backslashreplace")
    return rdata.to_text()


_BY_RCODE = {2: Status.SERVFAIL, 5: Status.REFUSED}
