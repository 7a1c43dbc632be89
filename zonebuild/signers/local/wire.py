"""Canonical wire forms of an RRset's rdata, what a signature is made over.

dnspython knows every type; the few types that fill most zones are turned without it.

Spec: RFC 4034 sections 6.2 and 6.3.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from zonebuild.rdata.canonical import parse
from zonebuild.rdata.types import type_mnemonic
from zonebuild.signers.local.names import read_name, wire_form
from zonebuild.signers.local.nodes import RRset
from zonebuild.signers.local.nsec import nsec_wire


def canonical_wires(rrset: RRset) -> list[bytes]:
    """Return the rdata of *rrset* in canonical form and order, each once.

    Errors: dns.exception.DNSException where dnspython does not read an rdata.
    """
    turn = _DIRECT.get(rrset.rdtype)
    if turn is not None:
        return sorted({turn(rdata) for rdata in rrset.rdatas})
    mnemonic = type_mnemonic(rrset.rdtype)
    return sorted({parse(mnemonic, rdata, ".").to_digestable() for rdata in rrset.rdatas})


def _ipv4(rdata: str) -> bytes:
    return socket.inet_pton(socket.AF_INET, rdata)


def _ipv6(rdata: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, rdata)


def _name(rdata: str) -> bytes:
    return wire_form(read_name(rdata).key)


_DIRECT: dict[int, Callable[[str], bytes]] = {
    1: _ipv4,
    2: _name,
    5: _name,
    12: _name,
    28: _ipv6,
    39: _name,
    47: nsec_wire,
}
