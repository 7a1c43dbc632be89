"""Whether the NSEC or NSEC3 records of an answer prove that there is no such RRset.

Spec: RFC 4035 section 5.4 and RFC 6840 section 4 (NSEC); RFC 5155 section 8 (NSEC3); RFC 9276
section 3.2 (iterations). What opt-out may hide is an unsigned delegation: it hides no signed RRset,
so that a span with it proves as much as any other here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.probe.trust import Anchor, Untrusted, prove_rrsets, verify

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdata
    import dns.rrset

_MAX_RECORDS = 8  # of a denial: three are enough
_MAX_ITERATIONS = 150
_NS, _CNAME, _SOA, _DNAME, _NSEC, _NSEC3 = 2, 5, 6, 39, 47, 50


class _Span(NamedTuple):
    """An NSEC record: nothing lies between *owner* and *next*. types: of the RRsets at *owner*.

    Owners are names, or hashes in base32hex: both sort as the zone does.
    """

    owner: dns.name.Name | str
    next: dns.name.Name | str
    types: frozenset[int]

    def covers(self, owner: dns.name.Name | str) -> bool:
        """Say whether *owner*, which is in the zone, lies in the span."""
        after, before = self.owner < owner, owner < self.next
        return after and before if self.owner < self.next else after or before

    @property
    def is_cut(self) -> bool:
        """Whether what is below *owner* is not this zone's to deny."""
        return _DNAME in self.types or (_NS in self.types and _SOA not in self.types)

    def lacks(self, kind: int) -> bool:
        """Say whether *owner* has no RRset of this *kind*, nor one of another name."""
        is_delegated = _NS in self.types and _SOA not in self.types
        return not is_delegated and not {kind, _CNAME} & self.types


def verify_denial(
    response: dns.message.Message,
    rdtype: str,
    anchors: Sequence[Anchor],
    ask_keys: Callable[[str], dns.message.Message | None],
) -> None:
    """Prove that the name that was asked for, or the end of its aliases, has no *rdtype*.

    response: without such an RRset. anchors, ask_keys: as for `verify`. Errors: Untrusted.
    """
    import dns.message
    import dns.rdatatype

    verify(response, anchors, ask_keys)
    if not isinstance(response, dns.message.QueryMessage):
        raise Untrusted("it is no answer to a question")
    name = response.resolve_chaining().canonical_name
    records = [rrset for rrset in response.authority if rrset.rdtype in (_NSEC, _NSEC3)]
    if not 0 < len(records) <= _MAX_RECORDS:
        raise Untrusted(f"it comes with {len(records)} NSEC and NSEC3 records")
    zones = prove_rrsets(response.authority, records, anchors, ask_keys)
    zone, kind = zones.pop(), int(dns.rdatatype.from_text(rdtype))
    if zones or not name.is_subdomain(zone):
        raise Untrusted(f"it is denied in the name of another zone than that of {name}")
    denies = _nsec_denies if records[0].rdtype == _NSEC else _nsec3_denies
    if not denies(records, name, kind, zone):
        raise Untrusted(f"its NSEC records do not deny the {rdtype} at {name}")


def _nsec_denies(
    records: Sequence[dns.rrset.RRset], name: dns.name.Name, kind: int, zone: dns.name.Name
) -> bool:
    import dns.name

    spans = [
        _Span(rrset.name, rrset[0].next, _types(rrset[0]))
        for rrset in records
        if rrset.rdtype == _NSEC
    ]
    at = {span.owner: span for span in spans}
    if name in at:
        return at[name].lacks(kind)
    around = [
        span
        for span in spans
        if span.covers(name) and not (span.is_cut and name.is_subdomain(span.owner))  # type: ignore[arg-type]
    ]
    if not around:
        return False
    if around[0].next.is_subdomain(name):  # type: ignore[union-attr]
        return True  # the name has names below it, and no RRset
    ends = (around[0].owner, around[0].next)
    common = max(name.fullcompare(end)[2] for end in ends)  # type: ignore[arg-type]
    wildcard = dns.name.Name([b"*"]).concatenate(name.split(common)[1])
    if wildcard in at:
        return at[wildcard].lacks(kind)
    return any(span.covers(wildcard) for span in spans)


def _nsec3_denies(
    records: Sequence[dns.rrset.RRset], name: dns.name.Name, kind: int, zone: dns.name.Name
) -> bool:
    import dns.dnssec
    import dns.name

    terms = _terms(records[0][0])
    if terms.algorithm != 1 or terms.iterations > _MAX_ITERATIONS:
        what = f"algorithm {terms.algorithm} and {terms.iterations} iterations"
        raise Untrusted(f"its NSEC3 has {what}")
    spans = [
        _Span(
            rrset.name.labels[0].decode("ascii", "replace").upper(),
            base64.b32hexencode(rrset[0].next).decode("ascii"),
            _types(rrset[0]),
        )
        for rrset in records
        if rrset.rdtype == _NSEC3 and rrset.name.parent() == zone and _terms(rrset[0]) == terms
    ]
    at = {span.owner: span for span in spans}

    def hashed(owner: dns.name.Name) -> str:
        return dns.dnssec.nsec3_hash(owner, terms.salt, terms.iterations, terms.algorithm)

    def is_covered(owner: dns.name.Name) -> bool:
        return any(span.covers(hashed(owner)) for span in spans)

    if own := at.get(hashed(name)):
        return own.lacks(kind)
    while name != zone:
        closer, name = name, name.parent()
        if encloser := at.get(hashed(name)):
            wildcard = dns.name.Name([b"*"]).concatenate(name)
            star = at.get(hashed(wildcard))
            is_denied = star.lacks(kind) if star else is_covered(wildcard)
            return not encloser.is_cut and is_covered(closer) and is_denied
    return False


class _Terms(NamedTuple):
    """How NSEC3 owners are hashed. salt: octets."""

    algorithm: int
    iterations: int
    salt: bytes


def _terms(rdata: dns.rdata.Rdata) -> _Terms:
    return _Terms(rdata.algorithm, rdata.iterations, rdata.salt)  # type: ignore[attr-defined]


def _types(rdata: dns.rdata.Rdata) -> frozenset[int]:
    """Return the types in the bitmap of an NSEC or NSEC3. Spec: RFC 4034 section 4.1.2."""
    windows: Sequence[tuple[int, bytes]] = rdata.windows  # type: ignore[attr-defined]
    return frozenset(
        window * 256 + index * 8 + bit
        for window, bitmap in windows
        for index, octet in enumerate(bitmap)
        for bit in range(8)
        if octet & 0x80 >> bit
    )
