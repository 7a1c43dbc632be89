"""The embedded signer's core: authority, the NSEC chain, serials, what is kept and renewed."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import pytest

from tests.built_zones import KEY, NOW, Where, plain_zone, read_signed, signed, validate_all
from zonebuild.signers.local.errors import SigningError
from zonebuild.signers.local.names import label_count, read_name, wire_form
from zonebuild.signers.local.zone_signing import (
    SignedZone,
    SigningParameters,
    sign_zone,
)


def at(owner: str, rdtype: str) -> Where:
    return dns.name.from_text(owner, dns.name.from_text("example.")), dns.rdatatype.from_text(
        rdtype
    )


def rdata_of(zone: SignedZone, owner: str, rdtype: str) -> list[str]:
    rrsets, _ = read_signed(zone.text)
    return sorted(rdata.to_text() for rdata in rrsets.get(at(owner, rdtype), ()))


def test_every_signature_validates() -> None:
    assert len(validate_all(signed().text, "example.", NOW)) == signed().made


@pytest.mark.parametrize(
    ("owner", "rdtype", "is_signed"),
    [
        ("@", "SOA", True),
        ("@", "NS", True),
        ("@", "DNSKEY", True),
        ("www", "A", True),
        ("*.wild", "TXT", True),
        ("old", "DNAME", True),
        ("child", "DS", True),
        ("child", "NSEC", True),
        ("plain", "NSEC", True),
        ("child", "NS", False),
        ("child", "TXT", False),
        ("plain", "NS", False),
        ("ns.child", "A", False),
        ("x.old", "A", False),
    ],
)
def test_what_is_authoritative_is_signed_and_nothing_else(
    owner: str, rdtype: str, is_signed: bool
) -> None:
    rrsets, rrsigs = read_signed(signed().text)
    assert at(owner, rdtype) in rrsets
    assert (at(owner, rdtype) in rrsigs) is is_signed


@pytest.mark.parametrize(
    ("owner", "rdata"),
    [
        ("@", "child.example. NS SOA RRSIG NSEC DNSKEY"),
        ("child", "a.b.ent.example. NS DS RRSIG NSEC"),
        ("a.b.ent", "ns.example. A RRSIG NSEC"),
        ("old", "plain.example. DNAME RRSIG NSEC"),
        ("plain", "*.wild.example. NS RRSIG NSEC"),
        ("www", "example. A RRSIG NSEC"),
    ],
)
def test_nsec_names_the_next_owner_and_the_types(owner: str, rdata: str) -> None:
    assert rdata_of(signed(), owner, "NSEC") == [rdata]


@pytest.mark.parametrize("owner", ["ns.child", "x.old", "ent", "b.ent", "wild"])
def test_glue_occluded_names_and_empty_non_terminals_have_no_nsec(owner: str) -> None:
    assert rdata_of(signed(), owner, "NSEC") == []


@pytest.mark.parametrize(("soa_ttl", "minimum", "ttl"), [(3600, 600, 600), (300, 600, 300)])
def test_nsec_has_the_lesser_of_soa_ttl_and_minimum(soa_ttl: int, minimum: int, ttl: int) -> None:
    zone = plain_zone(f"@ {soa_ttl} SOA ns h 1 2 3 4 {minimum}\n@ 9 NS ns\n")
    rrsets, _ = read_signed(sign_zone(zone, KEY, SigningParameters(), now=NOW).text)
    assert rrsets[at("@", "NSEC")].ttl == ttl


def test_the_soa_stands_first_and_owners_are_in_canonical_order() -> None:
    lines = signed().text.splitlines()
    names = [dns.name.from_text(line.split("\t")[0]) for line in lines]
    assert lines[0].split("\t")[2] == "SOA"
    assert names == sorted(names)


def test_a_ttl_that_differs_in_an_rrset_becomes_the_least() -> None:
    rrsets, _ = read_signed(signed("w 300 A 192.0.2.1\nw 60 A 192.0.2.2\n").text)
    assert rrsets[at("w", "A")].ttl == 60


def test_a_record_in_two_spellings_is_one() -> None:
    zone = signed('W 60 MX 10 Mail\nw 60 MX 10 mail.example.\n\\119 60 TXT "a"\nw 60 TXT a\n')
    assert rdata_of(zone, "w", "MX") == ["10 mail.example."]
    assert rdata_of(zone, "w", "TXT") == ['"a"']


def test_order_and_case_of_the_input_do_not_matter() -> None:
    turned = "\n".join(line.swapcase() for line in ("Www 60 a 192.0.2.1", "A 60 txt B"))
    first = signed("www 60 A 192.0.2.1\na 60 TXT b\n")
    assert not signed(turned.replace("wWW", "WwW"), previous=first).is_changed


def test_the_root_can_be_signed() -> None:
    text = "@ 60 SOA ns. h. 1 2 3 4 5\n@ 60 NS ns.\nns. 60 A 192.0.2.1\ntest. 60 NS ns.test.\n"
    zone = sign_zone(plain_zone(text, "."), KEY, SigningParameters(), now=NOW)
    assert (dns.name.root, dns.rdatatype.NSEC) in validate_all(zone.text, ".", NOW)
    assert ".\t5\tNSEC\tns. NS SOA RRSIG NSEC DNSKEY\n" in zone.text


# Keys' records and refusals.


def test_cds_is_off_by_default() -> None:
    assert rdata_of(signed(), "@", "CDS") == rdata_of(signed(), "@", "CDNSKEY") == []


def test_cds_publishes_the_key() -> None:
    zone = signed(cds="publish", dnskey_ttl=60)
    rrsets, _ = read_signed(zone.text)
    dnskey = rrsets[at("@", "DNSKEY")]
    wanted = dns.dnssec.make_ds("example.", dnskey[0], "SHA256").to_text()
    assert rdata_of(zone, "@", "CDS") == [wanted]
    assert rdata_of(zone, "@", "CDNSKEY") == [dnskey[0].to_text()]
    assert dnskey.ttl == 60
    assert at("@", "CDS") in validate_all(zone.text, "example.", NOW)


def test_cds_delete_has_the_form_of_rfc_8078() -> None:
    lines = signed(cds="delete").text
    assert "example.\t3600\tCDS\t0 0 0 00\n" in lines
    assert "example.\t3600\tCDNSKEY\t0 3 0 AA==\n" in lines
    assert validate_all(lines, "example.", NOW)


@pytest.mark.parametrize(
    ("line", "cds"),
    [
        ("@ 60 DNSKEY 257 3 13 aaaa", "off"),
        ("www 60 NSEC a.example. A", "off"),
        ("@ 60 NSEC3PARAM 1 0 0 -", "off"),
        ("@ 60 CDS 0 0 0 00", "publish"),
    ],
)
def test_a_zone_with_the_signers_own_records_is_refused(line: str, cds: str) -> None:
    rdtype = line.split(" ")[2]
    with pytest.raises(SigningError, match=rf"primary/test:3 has a {rdtype} record at .*remove it"):
        signed(line, cds=cds)


def test_cds_written_by_hand_is_signed_where_the_signer_publishes_none() -> None:
    assert at("@", "CDS") in validate_all(signed("@ 60 CDS 0 0 0 00").text, "example.", NOW)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 SOA"),
        ("@ 60 NS ns\n", "0 SOA"),
        ("w 60 SOA ns h 1 2 3 4 5\n", "0 SOA"),
        ("@ 60 SOA ns h 1 2 3 4 5\n@ 60 SOA ns h 2 2 3 4 5\n", "2 SOA"),
        ("@ 60 SOA ns h 1 2 3 4 5\nother. 60 A 192.0.2.1\n", "other. is outside the zone"),
        ("@ 60 SOA ns h 1 2 3 4 5\n@ 60 A 192.0.2.333\n", "primary/test:2 .* cannot be read"),
    ],
)
def test_a_zone_that_is_no_zone_is_refused(text: str, message: str) -> None:
    with pytest.raises(SigningError, match=message):
        sign_zone(plain_zone(text), KEY, SigningParameters(), now=NOW)


# Names.


@pytest.mark.parametrize(
    ("text", "labels"),
    [(".", 0), ("example.", 1), ("*.example.", 1), ("*.a.example.", 2), ("a.*.example.", 3)],
)
def test_a_leading_asterisk_is_no_label_of_a_signature(text: str, labels: int) -> None:
    assert label_count(read_name(text).key) == labels


@pytest.mark.parametrize("text", [".", "a.B.", "a\\.b.c.", "\\000.\\255x.", "\\097.", "\\\\.a."])
def test_a_name_has_dnspythons_wire_form(text: str) -> None:
    name = dns.name.from_text(text).canonicalize()
    assert wire_form(read_name(text).key) == name.to_wire()
    assert dns.name.from_text(read_name(text).text) == name
