"""Trust anchors, and whether the signatures of an answer lead to one.

An anchor is a DS or a DNSKEY of the very zone that is asked. The chain from an anchor of an
ancestor (the root's, say) is not walked: the zone would have to be asked through its parents.

Spec: RFC 4035 section 5; RFC 8624 section 3 (digests and algorithms that may be trusted).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonebuild.diagnostic import Finding, Location, Severity, quoted

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdata
    import dns.rrset

MAX_OCTETS = 64 * 1024  # of a file of anchors
_MAX_KEYS = 16  # of a zone, and signatures of an RRset: more is an attack on the processor
_TYPES = ("DS", "DNSKEY")
_SEP, _REVOKED = 0x0001, 0x0080  # flags of a DNSKEY, RFC 4034 section 2.1.1 and RFC 5011
_ZONE_KEY = 0x0100


class Untrusted(Exception):
    """The signatures do not lead to an anchor; the text is a clause that says why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A key that is trusted for *zone* (absolute, lower case). rdtype: DS or DNSKEY."""

    zone: str
    rdtype: str
    rdata: str


def can_verify() -> bool:
    """Say whether this Python has what signatures are verified with (cryptography)."""
    from importlib.util import find_spec

    return find_spec("cryptography") is not None


def read_anchors(text: str, path: str) -> tuple[tuple[Anchor, ...], tuple[Finding, ...]]:
    """Return the anchors of *text*, a record a line, and what is wrong with its other lines.

    Lines are master-file text: `example.org. IN DS 12345 13 2 4F…`; class and TTL may be left out.
    path: as messages name it.
    """
    anchors: list[Anchor] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition(";")[0].split()
        if not words:
            continue
        anchor = _anchor(words)
        if anchor is None:
            wanted = "want NAME [IN] DS or DNSKEY and its rdata"
            message = f"{quoted(line.strip())} is no trust anchor, {wanted}"
            where = Location(path, number)
            findings.append(Finding(where, Severity.ERROR, "trust-anchor-syntax", message))
        else:
            anchors.append(anchor)
    return tuple(anchors), tuple(findings)


def _anchor(words: Sequence[str]) -> Anchor | None:
    import dns.exception
    import dns.name
    import dns.rdata

    rest = list(words[1:])
    while rest and (rest[0].isdigit() or rest[0].upper() == "IN"):
        del rest[0]
    if not rest or rest[0].upper() not in _TYPES:
        return None
    rdtype, text = rest[0].upper(), " ".join(rest[1:])
    try:
        zone = dns.name.from_text(words[0], dns.name.root).to_text().lower()
        rdata = dns.rdata.from_text("IN", rdtype, text)
    except (dns.exception.DNSException, UnicodeError, ValueError):
        return None
    return Anchor(zone, rdtype, rdata.to_text())


def verify(
    response: dns.message.Message,
    anchors: Sequence[Anchor],
    ask_keys: Callable[[str], dns.message.Message | None],
) -> None:
    """Prove every RRset of the answer section, the CNAMEs on the way included.

    ask_keys: returns what the server says of a zone's DNSKEY.
    Errors: Untrusted.
    """
    import dns.rdatatype

    rrsets = [rrset for rrset in response.answer if rrset.rdtype != dns.rdatatype.RRSIG]
    prove_rrsets(response.answer, rrsets, anchors, ask_keys)


def prove_rrsets(
    section: Sequence[dns.rrset.RRset],
    rrsets: Sequence[dns.rrset.RRset],
    anchors: Sequence[Anchor],
    ask_keys: Callable[[str], dns.message.Message | None],
) -> set[dns.name.Name]:
    """Prove *rrsets* by the signatures in their *section*; return the zones that signed them.

    ask_keys: as for `verify`. Errors: Untrusted.
    """
    known: dict[str, dict[dns.name.Name, dns.rrset.RRset]] = {}
    for rrset in rrsets:
        signatures = _signatures(section, rrset)
        zone = signatures[0].signer.to_text().lower()
        if zone not in known:
            known[zone] = _trusted_keys(zone, anchors, ask_keys)
        _prove(rrset, signatures, known[zone])
    return {name for keys in known.values() for name in keys}


def _signatures(section: Sequence[dns.rrset.RRset], rrset: dns.rrset.RRset) -> dns.rrset.RRset:
    """Return the signatures of *rrset*, all by one signer at or above its owner."""
    import dns.rdatatype

    wanted = (rrset.name, rrset.rdclass, dns.rdatatype.RRSIG, rrset.rdtype)
    found = next((each for each in section if each.match(*wanted)), None)
    where = f"its {dns.rdatatype.to_text(rrset.rdtype)} at {rrset.name}"
    if found is None:
        raise Untrusted(f"{where} is not signed")
    if len(found) > _MAX_KEYS:
        raise Untrusted(f"{where} has more than {_MAX_KEYS} signatures")
    if len({rrsig.signer for rrsig in found}) > 1 or not rrset.name.is_subdomain(found[0].signer):
        raise Untrusted(f"{where} is signed in the name of another zone")
    labels = len(rrset.name.labels) - 1 - rrset.name.is_wild()  # RFC 4034 section 3.1.3
    if any(rrsig.labels != labels for rrsig in found):
        raise Untrusted(f"{where} comes from a wildcard")
    return found


def _trusted_keys(
    zone: str, anchors: Sequence[Anchor], ask_keys: Callable[[str], dns.message.Message | None]
) -> dict[dns.name.Name, dns.rrset.RRset]:
    """Return the keys of *zone* once a key that an anchor names has signed them."""
    import dns.name
    import dns.rdataclass
    import dns.rdatatype
    import dns.rrset

    own = [anchor for anchor in anchors if anchor.zone == zone]
    if not own:
        given = ", ".join(sorted({anchor.zone for anchor in anchors}))
        raise Untrusted(f"there is no trust anchor of {zone} itself (those given: {given})")
    response = ask_keys(zone)
    name = dns.name.from_text(zone)
    rrset = response and response.get_rrset(
        response.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY
    )
    if response is None or not rrset:
        raise Untrusted(f"it does not say the DNSKEY of {zone}")
    if len(rrset) > _MAX_KEYS:
        raise Untrusted(f"{zone} has more than {_MAX_KEYS} keys")
    entries = [key for key in rrset if any(_is_named(key, name, anchor) for anchor in own)]
    if not entries:
        raise Untrusted(f"no key of {zone} is the one of the trust anchor")
    trusted = dns.rrset.from_rdata_list(name, rrset.ttl, entries)
    _prove(rrset, _signatures(response.answer, rrset), {name: trusted})
    return {name: rrset}


def _is_named(key: dns.rdata.Rdata, zone: dns.name.Name, anchor: Anchor) -> bool:
    """Say whether *anchor* is this key or its digest."""
    import dns.dnssec
    import dns.exception
    import dns.rdata

    wanted = dns.rdata.from_text("IN", anchor.rdtype, anchor.rdata)
    flags: int = key.flags  # type: ignore[attr-defined]
    if not flags & _ZONE_KEY or flags & _REVOKED:
        return False
    if anchor.rdtype == "DNSKEY":
        return bool(key == wanted)
    try:
        digest = wanted.digest_type  # type: ignore[attr-defined]
        return bool(dns.dnssec.make_ds(zone, key, digest, validating=True) == wanted)
    except (dns.exception.DNSException, ValueError):  # a digest that nobody may trust
        return False


def _prove(
    rrset: dns.rrset.RRset,
    signatures: dns.rrset.RRset,
    keys: dict[dns.name.Name, dns.rrset.RRset],
) -> None:
    import dns.dnssec
    import dns.exception
    import dns.rdatatype

    try:
        dns.dnssec.validate(rrset, signatures, dict(keys))
    except (dns.exception.DNSException, ValueError):
        what = f"{dns.rdatatype.to_text(rrset.rdtype)} at {rrset.name}"
        reasons = ", ".join(_faults(signatures, next(iter(keys.values()))))
        raise Untrusted(f"no signature of its {what} holds{reasons and ': '}{reasons}") from None


def _faults(signatures: dns.rrset.RRset, keys: dns.rrset.RRset) -> Iterator[str]:
    """Yield what is plainly wrong with signatures: time, or the key."""
    import time

    import dns.dnssec

    now = time.time()
    tags = {dns.dnssec.key_id(key) for key in keys}
    if all(rrsig.expiration < now for rrsig in signatures):
        yield "they have expired"
    if all(rrsig.inception > now for rrsig in signatures):
        yield "they are not valid yet"
    if all(rrsig.key_tag not in tags for rrsig in signatures):
        yield "they are by another key"
