"""Each type's rdata: what is right, what is wrong, and its one canonical spelling."""

from __future__ import annotations

import ipaddress
import random

import dns.rdata
import dns.rdatatype
import pytest
from dns.exception import DNSException
from hypothesis import given
from hypothesis import strategies as st

from tests.reading import findings, read, records
from zonebuild.rdata.canonical import canonical_text, parse, seconds, target_of
from zonebuild.rdata.forms import FORMS, fault
from zonebuild.rdata.grammar import FAST_TYPES, is_plain, odd_ones
from zonebuild.rdata.types import COMMON, type_mnemonic, type_number, written_type

ORIGIN = "z.example."
SHA1 = "0f" * 20
SHA256 = "0f" * 32
SHA512 = "0f" * 64
SIGNATURE = "A 13 2 3600 20300101000000 20200101000000 1 @ AA=="
EMPTY = "\\# 0"

# A good spelling and a bad one of every type that dnspython knows and a zone may hold.
SPELLINGS: dict[str, tuple[str, str]] = {
    "A": ("192.0.2.1", "192.0.2.2222"),
    "A6": (f"\\# 17 {'00' * 17}", "0 ::1"),
    "AAAA": ("2001:db8::1", "2001:db8::1::2"),
    "AFSDB": ("1 host", "65536 host"),
    "AMTRELAY": ("10 0 1 192.0.2.1", "10 0 1 2001:db8::1"),
    "APL": ("1:192.0.2.0/24 !2:2001:db8::/32", "1:192.0.2.0/33"),
    "AVC": ('"app"', '"' + "x" * 256 + '"'),
    "BRID": ("\\# 1 00", "x y"),
    "CAA": ('0 issue "ca.example; a=b"', '256 issue "ca.example"'),
    "CDNSKEY": ("257 3 13 AA==", "257 3 13"),
    "CDS": (f"1 13 2 {SHA256}", "1 13 2 0f"),
    "CERT": ("PKIX 1 RSASHA256 AA==", "PKIX 1 RSASHA256"),
    "CNAME": ("host", "a..b"),
    "CSYNC": ("1 3 A NS", "1 65536 A"),
    "DHCID": ("AAEC", "A"),
    "DLV": (f"1 13 2 {SHA256}", "1 13 2 0f"),
    "DNAME": ("host", "a b"),
    "DNSKEY": ("256 3 13 AA==", "256 3 nonsense AA=="),
    "DS": (f"1 13 2 {SHA256}", f"1 13 2 {SHA1}"),
    "DSYNC": ("CDS NOTIFY 53 host", "CDS NOTIFY 65536 host"),
    "EUI48": ("00-00-5e-00-53-2a", "00-00-5e-00-53"),
    "EUI64": ("00-00-5e-ef-10-00-00-2a", "00-00-5e-ef-10-00-00"),
    "GPOS": ("-32.6882 116.8652 10.0", "-132 116.8652 10.0"),
    "HHIT": ("\\# 1 00", "x y"),
    "HINFO": ("PC Linux", "PC"),
    "HIP": ("2 200100107b1a74df365639cc39f1d578 AwEA host", "2 zz AwEA host"),
    "HTTPS": ('1 . alpn="h2,h3" port=443', "1 . alpn=h2 alpn=h3"),
    "IPSECKEY": ("10 1 2 192.0.2.1 AA==", "10 1 2 2001:db8::1 AA=="),
    "ISDN": ('"150862028003217" "004"', ""),
    "KEY": ("256 3 13 AA==", "256 3 5"),
    "KX": ("10 host", "-1 host"),
    "L32": ("10 192.0.2.1", "10 2001:db8::1"),
    "L64": ("10 2001:0db8:1140:1000", "10 2001:0db8:1140"),
    "LOC": ("52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", "91 N 4 E 0m"),
    "LP": ("10 host", "10 a..b"),
    "MB": ("host", "a..b"),
    "MD": ("\\# 3 016100", "host"),
    "MF": ("\\# 3 016100", "host"),
    "MG": ("host", "a b"),
    "MINFO": ("a B", "a"),
    "MR": ("\\# 3 016100", "a\\256"),
    "MX": ("10 mail", "70000 mail"),
    "NAPTR": ('100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .', '100 10 "u" "E2U+sip" .'),
    "NID": ("10 0014:4fff:ff20:ee64", "10 0014:4fff:ff20"),
    "NINFO": ('"status"', '"' + "x" * 256 + '"'),
    "NS": ("host", "a\\256"),
    "NSAP": ("0x47.0005.80", "47.0005.80"),
    "NSAP-PTR": ("host", "a..b"),
    "NSEC": ("host A NS TYPE65280", "host BOGUS"),
    "NSEC3": (f"1 0 0 - {'0' * 32} A", "1 0 0 - !!! A"),
    "NSEC3PARAM": ("1 0 0 -", "1 0 0 xyz"),
    "NULL": ("\\# 1 00", "x"),
    "OPENPGPKEY": ("AAEC", "A"),
    "PTR": ("host", "host extra"),
    "PX": ("50 a b", "50 a"),
    "RESINFO": ("qnamemin exterr=15", '"' + "x" * 256 + '"'),
    "RP": ("mail text", "mail"),
    "RRSIG": (SIGNATURE, SIGNATURE.replace("20300101000000", "20301301000000")),
    "RT": ("10 host", "host 10"),
    "SMIMEA": (f"3 1 1 {SHA256}", "3 1 1 0fz"),
    "SOA": ("ns host 1 2 3 4 5", "ns host 20240116000001 2 3 4 5"),
    "SPF": ('"v=spf1 -all"', '"' + "x" * 256 + '"'),
    "SRV": ("0 5 5060 host", "0 5 65536 host"),
    "SSHFP": (f"4 2 {SHA256}", f"4 2 {SHA1}"),
    "SVCB": ("0 host", "1 host mandatory=port"),
    "TA": (f"\\# 36 00010d02{SHA256}", "1 13 2 zz"),
    "TLSA": (f"3 1 2 {SHA512}", f"3 1 2 {SHA256}0"),
    "TXT": ('"a" b "c\\"d"', '"' + "x" * 256 + '"'),
    "UNSPEC": ("\\# 1 00", "x"),
    "URI": ('10 1 "https://z.example/"', '10 1 ""'),
    "WALLET": ('"BTC" "x"', '"' + "x" * 256 + '"'),
    "WKS": ("192.0.2.1 6 25 80", "192.0.2.1 nonsense 25"),
    "X25": ("311061700956", '"' + "1" * 256 + '"'),
    "ZONEMD": (f"1 1 1 {'0f' * 48}", "1 1 1 0f"),
}


def test_the_table_has_every_type_that_a_zone_can_hold() -> None:
    known = (rdtype.name.replace("_", "-") for rdtype in dns.rdatatype.RdataType)
    assert {name for name in known if type_number(name) is not None} <= SPELLINGS.keys()


@pytest.mark.parametrize("rdtype", SPELLINGS)
def test_the_good_spelling_is_read(rdtype: str) -> None:
    fragment = read(f"x {rdtype} {SPELLINGS[rdtype][0]}\n")
    assert not fragment.findings
    assert fragment.records.record(0).rdtype == written_type(type_number(rdtype) or 0)


@pytest.mark.parametrize("rdtype", SPELLINGS)
def test_the_bad_spelling_is_found_at_its_place(rdtype: str) -> None:
    bad = SPELLINGS[rdtype][1]
    column = 4 + len(rdtype) if bad else 3
    assert findings(read(f"; first\nx {rdtype} {bad}\n")) == [f"f:2:{column} rdata-syntax"]


@pytest.mark.parametrize("rdtype", SPELLINGS)
def test_the_message_is_ours_and_names_the_type(rdtype: str) -> None:
    bad = SPELLINGS[rdtype][1]
    (finding,) = read(f"x {rdtype} {bad}\n").findings
    assert finding.message.startswith((rdtype, f'"{rdtype}"'))
    assert _what_dnspython_says(rdtype, bad) not in finding.message


def _what_dnspython_says(rdtype: str, rdata: str) -> str:
    try:
        parse(rdtype, rdata, ORIGIN)
    except DNSException as error:
        return str(error) or "nothing"
    return "nothing"


@pytest.mark.parametrize("rdtype", [r for r in SPELLINGS if r in COMMON and r != "NSEC3"])
def test_common_types_say_what_they_want(rdtype: str) -> None:
    bad = SPELLINGS[rdtype][1]
    found = fault(rdtype, bad, ORIGIN)
    wanted = FORMS[rdtype].rfc if rdtype in FORMS else "wants"
    assert found is not None
    assert wanted in found.message or "RFC 1035 section 3.3" in found.message


@pytest.mark.parametrize("rdtype", SPELLINGS)
def test_canonical_text_is_its_own_canonical_text(rdtype: str) -> None:
    once = canonical_text(rdtype, SPELLINGS[rdtype][0], ORIGIN)
    assert canonical_text(rdtype, once, "other.") == once
    wire = parse(rdtype, SPELLINGS[rdtype][0], ORIGIN).to_digestable()
    assert parse(rdtype, once, ".").to_digestable() == wire


@pytest.mark.parametrize("rdtype", SPELLINGS)
def test_generic_rdata_is_the_same_record(rdtype: str) -> None:
    good = SPELLINGS[rdtype][0]
    wire = parse(rdtype, good, ORIGIN).to_wire() or b""
    generic = f"\\# {len(wire)} {wire.hex()}"
    assert canonical_text(rdtype, generic, ORIGIN) == canonical_text(rdtype, good, ORIGIN)


PLAIN = {
    "A": ["192.0.2.1"],
    "AAAA": ["2001:DB8:0:0::0001", "::ffff:192.0.2.1", "::"],
    "CAA": ['0 issue "CA.example"', '128 Issue ""'],
    "CNAME": ["@", ".", "A.b"],
    "DNAME": ["Host"],
    "DS": [f"00001 013 2 {SHA256.upper()}"],
    "HTTPS": ["1 .", "16 HOST alpn=h3,h2", "9999 @ alpn=h2", "1 a.B. alpn=h3"],
    "MX": ["010 Mail", "0 ."],
    "NS": ["Host"],
    "PTR": ["*.a/b"],
    "SOA": ["@ Host 0001 1h 1m30s 4w 5"],
    "SRV": ["0 05 5060 Host"],
    "SSHFP": [f"4 02 {SHA256.upper()}", f"1 1 {SHA1}"],
    "TLSA": [f"3 1 1 {SHA256[:56]} {SHA256[56:].upper()}"],
    "TXT": ["a b", '"a  b" ""'],
}


@pytest.mark.parametrize("rdtype", FAST_TYPES)
def test_plain_spellings_are_turned_by_text_as_by_the_wire(rdtype: str) -> None:
    for rdata in PLAIN[rdtype]:
        if is_plain(rdtype, rdata):
            parsed = parse(rdtype, rdata, ORIGIN)
            wire = parsed.to_digestable()
            again = dns.rdata.from_wire(parsed.rdclass, parsed.rdtype, wire, 0, len(wire))
            assert canonical_text(rdtype, rdata, ORIGIN) == again.to_text()
    assert any(is_plain(rdtype, rdata) for rdata in PLAIN[rdtype])


SAME = {
    "case of a name": ("NS", "HOST", "host.z.example."),
    "escape that need not be": ("NS", "\\104ost", "host"),
    "@ and the origin": ("CNAME", "@", "z.example."),
    "leading zeros": ("MX", "010 host", "10 host"),
    "TTL units in a SOA": ("SOA", "a b 1 1h 1m 1w 1d", "a b 1 3600 60 604800 86400"),
    "zeros of an address": ("AAAA", "2001:DB8:0:0::0001", "2001:db8::1"),
    "an address with dots": ("AAAA", "::ffff:192.0.2.1", "::ffff:c000:201"),
    "strings with and without quotes": ("TXT", "a b", '"a" "b"'),
    "escapes in strings": ("TXT", '"\\065\\;b"', '"A;b"'),
    "hex in groups": ("DS", f"1 13 2 {SHA256[:56]} {SHA256[56:]}", f"1 13 2 {SHA256.upper()}"),
    "order of parameters": ("HTTPS", "1 . port=1 alpn=h2", '1 . alpn="h2" port="1"'),
}


@pytest.mark.parametrize(("rdtype", "one", "other"), SAME.values(), ids=SAME.keys())
def test_spellings_of_one_record_have_one_canonical_text(rdtype: str, one: str, other: str) -> None:
    assert canonical_text(rdtype, one, ORIGIN) == canonical_text(rdtype, other, ORIGIN)


DIFFERENT = {
    "case of a string": ("TXT", '"A"', '"a"'),
    "one string and two": ("TXT", '"a b"', '"a" "b"'),
    "an escaped dot": ("NS", "a\\.b", "a.b"),
    "an octet and its letter": ("NS", "b\\252cher", "xn--bcher-kva"),
}


@pytest.mark.parametrize(("rdtype", "one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different_records_have_different_canonical_text(rdtype: str, one: str, other: str) -> None:
    assert canonical_text(rdtype, one, ORIGIN) != canonical_text(rdtype, other, ORIGIN)


# -- the plain spellings ---------------------------------------------------------------------

PLAIN = {
    rdtype: [spelling for kind, *both in SAME.values() if kind == rdtype for spelling in both]
    + [*SPELLINGS[rdtype], "16 host", "1 . alpn=h3,h2"]
    for rdtype in FAST_TYPES
}


@pytest.mark.parametrize("rdtype", FAST_TYPES)
def test_what_is_plain_is_right_for_dnspython_and_has_the_same_canonical_text(
    rdtype: str,
) -> None:
    chance = random.Random(rdtype)
    plain = 0
    for _ in range(3_000):
        rdata = _changed(chance, chance.choice(PLAIN[rdtype]))
        if rdata and is_plain(rdtype, rdata):
            plain += 1
            wire = parse(rdtype, rdata, ORIGIN).to_digestable()
            text = canonical_text(rdtype, rdata, ORIGIN)
            assert parse(rdtype, text, ".").to_digestable() == wire, rdata
            assert canonical_text(rdtype, f"\\# {len(wire)} {wire.hex()}", ".") == text, rdata
    assert plain > 50


def _changed(chance: random.Random, rdata: str) -> str:
    place = chance.randrange(len(rdata) + 1)
    insert = chance.choice(("", '"', " ", "\\", ".", "0", "9", "a", "@", "*", "-", ";", ":", "F"))
    return (rdata[:place] + insert + rdata[place + chance.randrange(2) :]).strip()


@given(st.binary(min_size=16, max_size=16))
def test_every_address_has_one_canonical_text(octets: bytes) -> None:
    address = ipaddress.IPv6Address(octets)
    texts = {
        canonical_text("AAAA", rdata, ORIGIN)
        for rdata in (address.exploded, address.compressed.upper(), f"\\# 16 {octets.hex()}")
    }
    assert len(texts) == 1


@pytest.mark.parametrize("octets", ["0" * 24 + "c0000201", "0" * 20 + "ffffc0000201", "0" * 32])
def test_an_address_with_a_mapped_one_has_one_canonical_text(octets: str) -> None:
    address = ipaddress.IPv6Address(bytes.fromhex(octets)).exploded
    generic = canonical_text("AAAA", f"\\# 16 {octets}", ORIGIN)
    assert canonical_text("AAAA", address, ORIGIN) == generic


def test_odd_ones_are_named_by_their_index() -> None:
    assert odd_ones("A", ["192.0.2.1", "192.0.2", "192.0.2.3", "x"]) == [1, 3]
    assert odd_ones("MX", ["10 a", "10", "0 ."]) == [1]
    assert odd_ones("NS", ["a", "b."]) == []


def test_strings_of_a_txt_record_end_at_65535_octets() -> None:
    string = f'"{"x" * 254}"'
    assert not read(f"a TXT {' '.join([string] * 257)}\n").findings
    assert findings(read(f"a TXT {' '.join([string] * 258)}\n")) == ["f:1:7 rdata-syntax"]


def test_a_string_that_is_too_long_is_counted_in_octets() -> None:
    found = fault("TXT", '"' + "\\065" * 256 + '"', ORIGIN)
    assert found is not None
    assert "string of 256 octets" in found.message


NEAR_MISSES = {
    "a digest too short": ("TLSA", "3 1 1 0f", "digest-length", "3 1 1 0f"),
    "a digest of the other type": ("SMIMEA", f"3 1 2 {SHA256}", "digest-length", f"3 1 2 {SHA256}"),
    "an alias with parameters": (
        "HTTPS",
        "0 www alpn=h2",
        "alias-with-parameters",
        '0 www.z.example. alpn="h2"',
    ),
}


@pytest.mark.parametrize(
    ("rdtype", "rdata", "check", "canonical"), NEAR_MISSES.values(), ids=NEAR_MISSES
)
def test_what_name_servers_load_is_a_record_and_a_finding(
    rdtype: str, rdata: str, check: str, canonical: str
) -> None:
    fragment = read(f"x {rdtype} {rdata}\n")
    assert [finding.check for finding in fragment.findings] == [check]
    record = next(fragment.records.iterate())
    assert canonical_text(rdtype, record.rdata, ORIGIN) == canonical


# -- names that rdata points at --------------------------------------------------------------

TARGETS = {
    "relative": ("NS", "Host", "host.z.example."),
    "absolute": ("MX", "10 Host.", "host."),
    "origin": ("CNAME", "@", "z.example."),
    "root": ("MX", "0 .", "."),
    "fourth token": ("SRV", "0 5 5060 host", "host.z.example."),
    "before parameters": ("HTTPS", '1 host alpn="h2"', "host.z.example."),
    "escaped": ("NS", "\\104o\\.st", "ho\\.st.z.example."),
    "sign that the usual spelling escapes": ("NS", "a@b", "a\\@b.z.example."),
    "generic": ("NS", "\\# 6 04486f737400", "host."),
}


@pytest.mark.parametrize(("rdtype", "rdata", "target"), TARGETS.values(), ids=TARGETS.keys())
def test_target_is_absolute_and_in_lower_case(rdtype: str, rdata: str, target: str) -> None:
    assert target_of(rdtype, rdata, ORIGIN) == target


def test_an_address_points_at_no_name() -> None:
    assert target_of("A", "192.0.2.1", ORIGIN) is None


@pytest.mark.parametrize(
    "text", ["MINFO \\# 0", "MB \\# 3 000000", "TYPE9 \\# 1 40", "MINFO \\# 1 00"]
)
def test_octets_that_are_not_the_names_of_their_type_are_found(text: str) -> None:
    assert findings(read(f"a {text}\n")) == [f"f:1:{3 + len(text.split()[0]) + 1} rdata-syntax"]


def test_octets_that_are_the_names_of_their_type_are_read() -> None:
    assert records(read("a MINFO \\# 2 0000\n")) == ["a.z.example. 3600 MINFO \\# 2 0000"]


@pytest.mark.parametrize("mnemonic", ["SIG", "NXT"])
def test_types_that_make_a_zone_look_like_old_dnssec_are_in_no_zone(mnemonic: str) -> None:
    assert type_number(mnemonic) is None


def test_an_escaped_blank_does_not_part_a_target() -> None:
    fragment = read("a MX 10 b\\ c\n")
    assert records(fragment) == ["a.z.example. 3600 MX 10 b\\032c.z.example."]
    assert "b\\032c.z.example." in fragment.records.names


# -- types and periods -----------------------------------------------------------------------


@pytest.mark.parametrize("mnemonic", ["OPT", "ANY", "AXFR", "TSIG", "NONE", "TYPE0", "TYPE255"])
def test_types_that_no_zone_holds_have_no_number(mnemonic: str) -> None:
    assert type_number(mnemonic) is None


@pytest.mark.parametrize("wrong", ["", "TYPE", "TYPE65536", "TYPE-1", "TYPE²", "A " * 99, "BOGUS"])
def test_what_is_no_type_has_no_number(wrong: str) -> None:
    assert type_number(wrong) is None


@pytest.mark.parametrize("rdtype", SPELLINGS)
def test_mnemonic_and_number_belong_together(rdtype: str) -> None:
    number = type_number(rdtype.lower())
    assert number is not None
    assert type_mnemonic(number) == rdtype
    assert type_number(f"type{number}") == number


PERIODS = {
    "0": 0, "3600": 3600, "1h30m": 5400, "1W2D3H4M5S": 788_645, "1h1h": 7200, "": None, "h": None,
    "1x": None, "-1": None, "1 h": None, "1h30": None, "²": None, "1s" * 33: None,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), PERIODS.items())
def test_seconds_reads_units(text: str, value: int | None) -> None:
    assert seconds(text) == value


def test_the_mnemonics_of_cert_are_taken_in_any_case() -> None:
    assert canonical_text("CERT", "pkix 1 8 AA==", ORIGIN) == canonical_text(
        "CERT", "PKIX 1 8 AA==", ORIGIN
    )
    assert fault("CERT", "pkix 1 8 AA==", ORIGIN) is None


@pytest.mark.parametrize(
    ("rdtype", "rdata"),
    [("A", "192\\.0.2.1"), ("TLSA", f"3 1 \\049 {SHA256}"), ("DS", "\\049 8 2 00")],
)
def test_numbers_and_addresses_have_no_escapes(rdtype: str, rdata: str) -> None:
    found = fault(rdtype, rdata, ORIGIN)
    assert found is not None
    assert found.check == "rdata-syntax"


LONG = "v=DKIM1; p=" + "x" * 250

MENDS = {
    "zeros in front": ("A", "192.0.02.001", "write 192.0.2.1"),
    "a prefix length": ("A", "192.0.2.1/24", "write 192.0.2.1"),
    "brackets": ("AAAA", "[2001:db8::1]", "write 2001:db8::1"),
    "a zone": ("AAAA", "fe80::1%eth0", "write fe80::1"),
    "the other family": ("A", "2001:db8::1", "an IPv6 address stands in an AAAA record"),
    "the other family again": ("AAAA", "192.0.2.1", "an IPv4 address stands in an A record"),
    "a name for an address": ("A", "www.example.", "to point at another name write CNAME"),
    "no preference": ("MX", "mail.example.", 'the preference is missing: write "10 mail.example."'),
    "preference last": ("MX", "mail 10", 'the preference comes first: write "10 mail"'),
    "a number too large": ("MX", "70000 mail", '"70000" is over 65535'),
    "no subtype": ("AFSDB", "host", 'the subtype is missing: write "1 host"'),
    "a field too few": ("SRV", "5060 host", "found 2 of 4 fields"),
    "a port's name": ("SRV", "0 0 https host", '"https" is no number'),
    "two names": ("CNAME", "www example.org.", "found 2 words, want one name"),
    "a serial with the hour": ("SOA", "a b 20240116000001 2 3 4 5", "write one like 2024011600"),
    "a SOA too short": ("SOA", "a b 1 2 3 4", "found 6 of 7 fields"),
    "a digest too short": ("DS", "1 13 2 0f", "the digest has 2 hex digits, want 64"),
    "an odd digit": ("DS", "1 13 2 0g", '"g" is no hex digit'),
    "an odd number": ("CDS", "0 0 0 0", "the hex digits are odd in number"),
    "no digest": ("DS", "1 13 2", "found 3 of 4 fields"),
    "a mnemonic": ("TLSA", "PKIX-EE 1 1 0f", '"PKIX-EE" is no number'),
    "an octet too large": ("SSHFP", "256 2 0f", '"256" is over 255'),
    "a string too long": ("TXT", f'"{LONG}"', f'in parts: "{LONG[:255]}" "{LONG[255:]}"'),
    "no priority": ("HTTPS", ". alpn=h2", 'the priority is missing: write "1 . alpn=h2"'),
    "no target": ("SVCB", "1", "the target is missing"),
    "a key twice": ("HTTPS", "1 . alpn=h2 alpn=h3", 'the key "alpn" stands there twice'),
    "a capital key": ("HTTPS", "1 . ALPN=h2", '"ALPN" is no key of RFC 9460: write alpn'),
    "a key without value": ("HTTPS", "1 . alpn", "the key alpn wants a value: alpn=…"),
    "a wrong hint": ("HTTPS", "1 . ipv4hint=::1", '"::1" in ipv4hint is no address of its kind'),
    "mandatory itself": ("SVCB", "1 . mandatory=mandatory", "mandatory never names itself"),
    "mandatory twice": ("SVCB", "1 . mandatory=port,port port=1", 'mandatory names "port" twice'),
    "mandatory absent": (
        "SVCB",
        "1 . mandatory=port",
        'mandatory names "port", which is not there',
    ),
    "no protocol": ("HTTPS", "1 . no-default-alpn", "no-default-alpn leaves no protocol"),
    "beyond the pole": ("LOC", "90 0 1 N 0 E 0m", "the latitude ends at 90 degrees"),
    "beyond the antimeridian": ("LOC", "0 N 180 0 0.001 E 0m", "the longitude ends at 180 degrees"),
}


@pytest.mark.parametrize(("rdtype", "rdata", "mend"), MENDS.values(), ids=MENDS)
def test_a_message_says_what_to_write(rdtype: str, rdata: str, mend: str) -> None:
    found = fault(rdtype, rdata, ORIGIN)
    assert found is not None
    assert mend in found.message


@pytest.mark.parametrize("rdtype", SPELLINGS)
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=30))
def test_no_rdata_is_too_odd_for_a_message(rdtype: str, text: str) -> None:
    rdata = " ".join(text.split(" "))
    found = fault(rdtype, rdata, ORIGIN)
    assert found is None or found.message.isprintable()


def test_the_parts_of_a_string_are_the_string_and_no_escape_is_cut() -> None:
    found = fault("TXT", '"' + "\\065" * 270 + '" "b"', ORIGIN)
    assert found is not None
    first, second, last = found.message.rpartition(": ")[2].split(" ")
    assert (first, second) == ('"' + "\\065" * 255 + '"', '"' + "\\065" * 15 + '"')
    assert last == '"b"'
    assert fault("TXT", f"{first} {second} {last}", ORIGIN) is None


def test_parts_that_fill_pages_are_shown_by_their_ends() -> None:
    found = fault("TXT", '"' + "x" * 5000 + '"', ORIGIN)
    assert found is not None
    assert len(found.message) < 500


@pytest.mark.parametrize(
    "rdata", ["90 0 0 N 180 0 0 E 0m", "89 59 59.999 S 179 59 59.999 W -100000m"]
)
def test_a_place_may_be_a_pole(rdata: str) -> None:
    assert fault("LOC", rdata, ORIGIN) is None


@pytest.mark.parametrize("altitude", ["-200000m", "42849673m", "0m 90000001m"])
def test_a_place_that_does_not_fit_the_wire_is_found(altitude: str) -> None:
    found = fault("LOC", f"0 N 0 E {altitude}", ORIGIN)
    assert found is not None
    assert found.check == "rdata-syntax"


@pytest.mark.parametrize("rdata", ["311061700956.", "311", "31106a"])
def test_an_x25_address_is_of_digits(rdata: str) -> None:
    found = fault("X25", rdata, "example.org.")
    assert found is not None
    assert "digits" in found.message


def test_dohpath_wants_a_value() -> None:
    found = fault("SVCB", "1 . alpn=h2 dohpath", "example.org.")
    assert found is not None
    assert "dohpath=/dns-query" in found.message
    assert fault("SVCB", "1 . alpn=h2 dohpath=/q{?dns}", "example.org.") is None
    assert fault("HTTPS", "1 . alpn=h2", "example.org.") is None
