"""Random zones: every signature validates, and the NSEC chain is that of a naive model."""

from __future__ import annotations

import dns.name
import dns.rdata
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.built_zones import Where, built_zone, read_signed, validate_all
from zonebuild.signers.local.keys import make_key
from zonebuild.signers.local.names import read_name
from zonebuild.signers.local.nodes import make_rrset
from zonebuild.signers.local.wire import canonical_wires
from zonebuild.signers.local.zone_signing import Previous, SigningParameters, sign_zone

NOW = 1_790_000_000
KEY = make_key()
APEX = dns.name.from_text("example.")
T = dns.rdatatype
RDATAS = {
    "A": ("192.0.2.1", "192.0.2.2"),
    "AAAA": ("2001:db8::1", "::"),
    "NS": ("ns.elsewhere.test.", "Ns"),
    "CNAME": ("Target",),  # dnspython holds one of it, and one DNAME
    "DNAME": ("A.other.test.",),
    "DS": ("1 13 2 " + "AB" * 32, "2 13 2 " + "cd" * 32),
    "MX": ("10 MAIL", "0 ."),
    "TXT": ('"a" "b c"', '"\\"\\000\\255;"', '""'),
    "SRV": ("0 0 443 web", "1 2 3 Web.Example."),
    "CAA": ('0 issue "ca.example.net"', '128 iodef "mailto:a@b"'),
    "SVCB": ("1 . alpn=h2", "0 Pool"),
    "HTTPS": ("1 . alpn=h2,h3 ipv4hint=192.0.2.1", "1 b.example."),
    "NAPTR": ('1 1 "u" "" "!^.*$!x!" .', '2 2 "s" "" "" Host'),
    "SSHFP": ("4 2 " + "Ab" * 32, "1 1 " + "00" * 20),
    "RP": ("Mbox txt", ". ."),
    "TYPE65280": ("\\# 3 0aFF00", "\\# 0"),
    "TYPE1": ("\\# 4 c0000201",),
}
LABELS = st.sampled_from(
    ["a", "b", "A", "*", "_tcp", "x-1", "z", "\\046", "\\000", "\\255q", "a\\.b"]
)
OWNERS = st.lists(LABELS, max_size=4).map(lambda labels: ".".join(labels) or "@")
RECORDS = st.sampled_from([(rdtype, rdata) for rdtype in RDATAS for rdata in RDATAS[rdtype]])
LINES = st.builds(lambda owner, record: f"{owner} 60 {record[0]} {record[1]}", OWNERS, RECORDS)
ZONES = st.lists(LINES, max_size=25)


def naive_model(rrsets: set[Where]) -> tuple[set[Where], list[dns.name.Name]]:
    """Return which RRsets the zone signs, and its authoritative names in canonical order."""
    cuts = {name for name, rdtype in rrsets if rdtype == T.NS and name != APEX}
    covers = cuts | {name for name, rdtype in rrsets if rdtype == T.DNAME}

    def is_covered(name: dns.name.Name) -> bool:
        return any(name != above and name.is_subdomain(above) for above in covers)

    seen = {where for where in rrsets if not is_covered(where[0])}
    signed = {where for where in seen if where[0] not in cuts or where[1] == T.DS}
    return signed, sorted({name for name, _ in seen})


@settings(max_examples=120, deadline=None)
@given(ZONES)
def test_a_random_zone_validates_and_has_the_naive_chain(lines: list[str]) -> None:
    text = sign_zone(built_zone("\n".join(lines)), KEY, SigningParameters(), now=NOW).text
    rrsets, _ = read_signed(text)
    data = {where for where in rrsets if where[1] != T.NSEC}
    signed, names = naive_model(data)
    nsecs = {(name, T.NSEC) for name in names}
    assert validate_all(text, "example.", NOW) == signed | nsecs
    assert set(rrsets) == data | nsecs
    for name, following in zip(names, [*names[1:], *names[:1]], strict=True):
        (nsec,) = rrsets[name, T.NSEC]
        is_cut = (name, T.NS) in data and name != APEX
        types = {t for n, t in data if n == name and (not is_cut or t in (T.NS, T.DS))}
        bits = " ".join(T.to_text(t) for t in sorted(types | {T.RRSIG, T.NSEC}))
        assert nsec.to_text() == f"{following.to_text()} {bits}"


@settings(max_examples=60, deadline=None)
@given(ZONES, ZONES)
def test_signing_on_from_any_zone_gives_the_same_records(old: list[str], new: list[str]) -> None:
    first = sign_zone(built_zone("\n".join(old)), KEY, SigningParameters(), now=NOW)
    previous = Previous(first.text, first.serial)
    zone = built_zone("\n".join(new), serial=2)
    then = sign_zone(zone, KEY, SigningParameters(), now=NOW + 60, previous=previous)
    fresh = sign_zone(zone, KEY, SigningParameters(), now=NOW + 60)
    assert unsigned_lines(then.text) == unsigned_lines(fresh.text)
    assert then.made + then.reused == fresh.made
    validate_all(then.text, "example.", NOW + 60)


def unsigned_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.split("\t")[2] != "RRSIG"]


@pytest.mark.parametrize("rdtype", ["A", "AAAA", "NS", "CNAME", "PTR", "DNAME", "NSEC"])
def test_a_wire_form_made_by_hand_is_dnspythons(rdtype: str) -> None:
    names = ("a.b.example.", "\\000\\..x.", ".", "*.a.")
    types = " A NS SOA TYPE300 TYPE65280 CAA RRSIG"
    samples = {
        "A": ("192.0.2.255", "0.0.0.0"),
        "AAAA": ("2001:db8::ffff", "::", "::ffff:192.0.2.1"),
        "NSEC": tuple(name + types for name in names),
    }.get(rdtype, names)
    rrset = make_rrset(read_name("x."), T.from_text(rdtype), 1, samples)
    wanted = {dns.rdata.from_text("IN", rdtype, sample).to_digestable() for sample in samples}
    assert canonical_wires(rrset) == sorted(wanted)
