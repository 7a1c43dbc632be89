"""A built zone in, a signed zone out; no disk, no clock.

Equal content that is not due keeps the old text to the octet. Otherwise the serial rises, and
only what changed or is due gets a new signature.

Spec: RFC 4035 section 2; RFC 1982 and RFC 6781 section 4.1 (the serial); RFC 9077.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from zonebuild.model import Zone
from zonebuild.rdata.types import type_mnemonic
from zonebuild.serial import is_newer, next_serial
from zonebuild.signers.local.errors import SigningError
from zonebuild.signers.local.keys import CDSPolicy, SigningKey, key_rrsets
from zonebuild.signers.local.names import Name, is_below, read_name
from zonebuild.signers.local.nodes import SOA, Node, RRset, make_rrset, read_nodes
from zonebuild.signers.local.nsec import chain
from zonebuild.signers.local.signatures import Period, Signer, signing_period
from zonebuild.signers.local.signed_text import SignedWriter, signatures_in

# The signer's own records, the second set only where it publishes CDS itself.
_OWN_TYPES = {46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 63: "ZONEMD"}
_CDS_TYPES = {59: "CDS", 60: "CDNSKEY"}


@dataclass(frozen=True, slots=True)
class SigningParameters:
    """What a zone's YAML says about its signing; times in seconds.

    validity: how long signatures hold, at least twice SOA expire; None: two weeks or that.
    refresh: how long before their end they are renewed; None: SOA expire + the largest TTL.
    """

    validity: int | None = None
    refresh: int | None = None
    cds: CDSPolicy = "off"
    dnskey_ttl: int = 3600


class Previous(NamedTuple):
    """The last signed zone.

    text: empty where its octets are not known to be the signer's own.
    serial: the serial it published, None where the zone was never signed.
    """

    text: str = ""
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class SignedZone:
    """A signed zone.

    due_at: Unix seconds when the first signature is to be renewed. valid_from: Unix seconds of
    the inception of those made now. first_end: Unix seconds when the first signature expires.
    reused, made: how many signatures were kept and made.
    is_changed: False where *text* is the previous text.
    """

    text: str
    serial: int
    due_at: int
    valid_from: int
    first_end: int
    reused: int
    made: int
    is_changed: bool = True


class _SOA(NamedTuple):
    """The SOA RRset and those of its fields that signing needs, in seconds."""

    rrset: RRset
    serial: int
    expire: int
    minimum: int

    def with_serial(self, serial: int) -> RRset:
        fields = self.rrset.rdatas[0].split(" ")
        fields[2] = str(serial)
        return make_rrset(self.rrset.owner, SOA, self.rrset.ttl, (" ".join(fields),))


def sign_zone(
    zone: Zone,
    key: SigningKey,
    parameters: SigningParameters,
    *,
    now: int,
    previous: Previous = Previous(),  # noqa: B008  (an immutable value)
) -> SignedZone:
    """Return *zone* signed with *key*.

    now: Unix seconds; the signatures' times count from it.
    Errors: SigningError where the zone cannot be signed as it is.
    """
    _refuse_signed(zone, parameters)
    apex = read_name(zone.apex)
    nodes = read_nodes(zone, key_rrsets(apex, key, parameters.cds, parameters.dnskey_ttl))
    soa = _find_soa(apex, nodes)
    signer = Signer(apex, key, _period(now, nodes, soa, parameters))
    old = signatures_in(previous.text, key)
    body = SignedWriter(signer, old)
    _write_body(body, nodes, soa)
    last = previous.serial
    if last is not None and not is_newer(soa.serial, last) and not body.tally().made:
        same = _with_soa(soa.with_serial(last), body, SignedWriter(signer, old))
        if same.made == 0 and same.text == previous.text:
            return replace(same, is_changed=False)
    serial = soa.serial if last is None else _following(soa.serial, last)
    return _with_soa(soa.with_serial(serial), body, SignedWriter(signer, {}))


def _period(now: int, nodes: list[Node], soa: _SOA, parameters: SigningParameters) -> Period:
    return signing_period(
        now,
        expire=soa.expire,
        largest_ttl=max(rrset.ttl for node in nodes for rrset in node.rrsets),
        validity=parameters.validity,
        refresh=parameters.refresh,
    )


def _write_body(body: SignedWriter, nodes: list[Node], soa: _SOA) -> None:
    """Add all but the apex SOA to *body*."""
    for node, nsec in chain(nodes, min(soa.rrset.ttl, soa.minimum)):
        for rrset in node.rrsets:
            if rrset is not soa.rrset:
                body.add(rrset, is_signed=node.is_signed(rrset.rdtype))
        if nsec is not None:
            body.add(nsec, is_signed=True)


def _with_soa(soa: RRset, body: SignedWriter, head: SignedWriter) -> SignedZone:
    """Return the whole zone; *head* is empty and gets the SOA."""
    head.add(soa, is_signed=True)
    top, below = head.tally(), body.tally()
    period = head.signer.period
    first_end = min(top.first_expiration, below.first_expiration)
    return SignedZone(
        text=head.text() + body.text(),
        serial=int(soa.rdatas[0].split(" ")[2]),
        due_at=first_end - period.margin,
        valid_from=period.inception,
        first_end=first_end,
        reused=top.reused + below.reused,
        made=top.made + below.made,
    )


def _following(unsigned: int, last: int) -> int:
    """Return the greater of the unsigned serial and *last* + 1 (RFC 1982)."""
    following = next_serial("counter", last, now=0)
    return unsigned if is_newer(unsigned, following) else following


def _find_soa(apex: Name, nodes: list[Node]) -> _SOA:
    """Return the zone's SOA, which stands first.

    Errors: SigningError where there is not exactly one, or a record lies outside the zone.
    """
    for node in (*nodes[:1], *nodes[-1:]):
        if not is_below(node.owner.key, apex.key):
            raise SigningError(apex.text, f"{node.owner.text} is outside the zone", "remove it")
    first = nodes[0].rrsets[0] if nodes and nodes[0].owner.key == apex.key else None
    if first is None or first.rdtype != SOA or len(first.rdatas) != 1:
        count = len(first.rdatas) if first is not None and first.rdtype == SOA else 0
        raise SigningError(apex.text, f"its apex has {count} SOA records", "exactly 1 is wanted")
    _, _, serial, _, _, expire, minimum = first.rdatas[0].split(" ")
    return _SOA(first, int(serial), int(expire), int(minimum))


def _refuse_signed(zone: Zone, parameters: SigningParameters) -> None:
    """Refuse a zone with records that the signer makes, or that signing makes wrong.

    Errors: SigningError.
    """
    refused = _OWN_TYPES if parameters.cds == "off" else {**_OWN_TYPES, **_CDS_TYPES}
    rdtypes = zone.records.rdtypes
    for rdtype in set(rdtypes) & refused.keys():
        record = zone.records.record(rdtypes.index(rdtype))
        problem = f"{record.location} has a {type_mnemonic(rdtype)} record at {record.owner}"
        way_out = "remove it: the embedded signer signs an unsigned zone with its own key"
        raise SigningError(zone.apex, problem, way_out)
