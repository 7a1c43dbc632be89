"""Built zones for the tests of the signers, made without the reader of master files."""

from __future__ import annotations

from array import array

import dns.dnssec
import dns.name
import dns.node
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.rrset

from zonebuild.model import Block, Records, Zone, absolute
from zonebuild.rdata.types import type_number
from zonebuild.signers.local.keys import SigningKey, make_key
from zonebuild.signers.local.zone_signing import (
    Previous,
    SignedZone,
    SigningParameters,
    sign_zone,
)

Where = tuple[dns.name.Name, dns.rdatatype.RdataType]
NOW = 1_790_000_000
KEY = make_key()
ZONE = """\
www 3600 A 192.0.2.1
www 3600 A 192.0.2.2
ns 3600 A 192.0.2.53
*.wild 300 TXT "any"
a.b.ent 3600 A 192.0.2.3
child 3600 NS ns.child
child 3600 DS 1 13 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
child 3600 TXT "no data of the parent"
ns.child 3600 A 192.0.2.54
plain 3600 NS ns.elsewhere.test.
old 3600 DNAME new.example.
x.old 3600 A 192.0.2.9
"""
SOA = "@ 3600 SOA ns hostmaster {serial} 14400 3600 604800 600\n@ 3600 NS ns\n"


def built_zone(text: str, apex: str = "example.", serial: int = 1) -> Zone:
    """Return the zone of an SOA, an NS and *text*: `OWNER TTL TYPE RDATA` a line."""
    return plain_zone(SOA.format(serial=serial) + text, apex)


def plain_zone(text: str, apex: str = "example.") -> Zone:
    """Return the zone of *text* alone."""
    records, lines = Records(), []
    for number, line in enumerate(filter(None, text.split("\n")), 1):
        owner, ttl, rdtype, rdata = line.split(" ", 3)
        name = absolute(owner, apex).lower()
        records.owners.append(records.names.setdefault(name, len(records.names)))
        records.rdtypes.append(type_number(rdtype) or 0)
        records.ttls.append(int(ttl))
        records.lines.append(number)
        lines.append(f"{owner}\t{ttl}\t{rdtype}\t{rdata}\n")
    records.blocks.append(Block(0, apex, "primary/test", "".join(lines)))
    return Zone(apex, records, [], array("I"))


def read_signed(text: str) -> tuple[dict[Where, dns.rrset.RRset], dict[Where, dns.rrset.RRset]]:
    """Return the RRsets that dnspython reads, and their RRSIGs by what they cover."""
    rrsets: dict[Where, dns.rrset.RRset] = {}
    rrsigs: dict[Where, dns.rrset.RRset] = {}
    for line in text.splitlines():
        owner, ttl, rdtype, rdata = line.split("\t", 3)
        name, parsed = dns.name.from_text(owner), dns.rdata.from_text("IN", rdtype, rdata)
        into = rrsigs if rdtype == "RRSIG" else rrsets
        where = (name, parsed.covers() or parsed.rdtype)
        rrset = into.setdefault(where, dns.rrset.RRset(name, parsed.rdclass, parsed.rdtype))
        rrset.add(parsed, int(ttl))
    return rrsets, rrsigs


def validate_all(text: str, apex: str, now: int) -> set[Where]:
    """Let dnspython validate every RRSIG in *text*; return which RRsets have one."""
    rrsets, rrsigs = read_signed(text)
    name = dns.name.from_text(apex)
    keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {
        name: rrsets[name, dns.rdatatype.DNSKEY]
    }
    for where, rrsig in rrsigs.items():
        dns.dnssec.validate(rrsets[where], rrsig, keys, now=now)
        assert rrsig.ttl == rrsets[where].ttl == rrsig[0].original_ttl
    return set(rrsigs)


def signed(
    text: str = ZONE,
    serial: int = 1,
    now: int = NOW,
    key: SigningKey = KEY,
    previous: SignedZone | Previous | None = None,
    **parameters: object,
) -> SignedZone:
    """Return the signed zone of `built_zone(text)`; *parameters*: of `SigningParameters`."""
    if isinstance(previous, SignedZone):
        previous = Previous(previous.text, previous.serial)
    settings = SigningParameters(**parameters)  # type: ignore[arg-type]
    zone = built_zone(text, serial=serial)
    return sign_zone(zone, key, settings, now=now, previous=previous or Previous())
