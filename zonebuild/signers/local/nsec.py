"""The NSEC chain: which names exist and with which types.

Spec: RFC 4034 section 4; RFC 4035 section 2.3; RFC 9077 section 3 (its TTL).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from zonebuild.rdata.types import type_number, written_type
from zonebuild.signers.local.names import read_name, wire_form
from zonebuild.signers.local.nodes import DS, NS, Authority, Node, RRset, make_rrset

RRSIG, NSEC = 46, 47


def chain(nodes: Iterable[Node], ttl: int) -> Iterator[tuple[Node, RRset | None]]:
    """Yield each node with the NSEC RRset it owns, None for glue and occluded names.

    nodes: the whole zone in canonical order, the apex first. ttl: seconds.
    """
    nodes = list(nodes)
    linked = [node for node in nodes if node.authority is not Authority.NONE]
    following = iter([*linked[1:], *linked[:1]])
    for node in nodes:
        if node.authority is Authority.NONE:
            yield node, None
        else:
            types = _types_text(tuple([rrset.rdtype for rrset in node.rrsets]), node.authority)
            rdata = f"{next(following).owner.text} {types}"
            yield node, make_rrset(node.owner, NSEC, ttl, (rdata,))


@lru_cache(maxsize=4096)
def _types_text(present: tuple[int, ...], authority: Authority) -> str:
    """Return the types an NSEC tells; at a cut only what the parent answers for."""
    answered = {NS, DS} if authority is Authority.DS_ONLY else set(present)
    return " ".join(map(written_type, sorted(answered & set(present) | {RRSIG, NSEC})))


def nsec_wire(rdata: str) -> bytes:
    """Return the canonical wire form of an NSEC rdata that `chain` made."""
    following, types = rdata.split(" ", 1)
    return wire_form(read_name(following).key) + _bitmap(types)


@lru_cache(maxsize=4096)
def _bitmap(types: str) -> bytes:
    """Return the type bit maps field for the mnemonics in *types* (RFC 4034 section 4.1.2)."""
    windows: dict[int, bytearray] = {}
    for number in sorted(filter(None, map(type_number, types.split(" ")))):
        bits = windows.setdefault(number >> 8, bytearray())
        octet = (number & 0xFF) >> 3
        bits.extend(bytes(octet + 1 - len(bits)))
        bits[octet] |= 0x80 >> (number & 7)
    return b"".join(bytes((window, len(bits))) + bits for window, bits in windows.items())
