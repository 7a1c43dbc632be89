"""Denials of an RRset: those that NSD gives are proved, and no record denies what there is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest

from tests.test_probe import nsd
from zonebuild.probe import denial
from zonebuild.probe.answers import Server, Status
from zonebuild.probe.ask import ask_server
from zonebuild.probe.denial import verify_denial
from zonebuild.probe.trust import Anchor, Untrusted

pytestmark = pytest.mark.live

ZONE = "example.test."
TLSA = f"_25._tcp.mx.{ZONE} 60 IN TLSA 3 1 1 {'ab' * 32}\n"
TEXT = f"""{ZONE} 60 IN SOA ns1.{ZONE} h.{ZONE} 1 3600 600 86400 60
{ZONE} 60 IN NS ns1.{ZONE}
ns1.{ZONE} 60 IN A 127.0.0.1
mx.{ZONE} 60 IN A 127.0.0.1
{TLSA}*.wild.{ZONE} 60 IN TXT "any"
alias.{ZONE} 60 IN CNAME mx.{ZONE}
deleg.{ZONE} 60 IN NS ns1.elsewhere.example.
zzz.{ZONE} 60 IN TXT "last"
"""
KINDS = {"nsec": [], "nsec3": ["-n"], "salted": ["-n", "-t", "5", "-s", "beef"], "opt-out": ["-np"]}
ABSENT = [f"_443._tcp.mx.{ZONE}", f"_tcp.mx.{ZONE}", f"mx.{ZONE}", f"a.b.absent.{ZONE}"]
ABSENT += [f"x.wild.{ZONE}", f"wild.{ZONE}", f"zzzz.{ZONE}", f"0.{ZONE}", ZONE, f"alias.{ZONE}"]
THERE = [(f"_25._tcp.mx.{ZONE}", "TLSA"), (f"mx.{ZONE}", "A"), (f"x.wild.{ZONE}", "TXT")]
THERE += [(ZONE, "SOA"), (f"zzz.{ZONE}", "TXT"), (f"alias.{ZONE}", "CNAME")]
BELOW = [(f"deleg.{ZONE}", "TLSA"), (f"_25._tcp.deleg.{ZONE}", "TLSA")]


@dataclass(frozen=True, slots=True)
class Signed:
    """A zone that ldns signed, and NSD serves."""

    kind: str
    server: Server
    anchor: Anchor
    text: str

    def keys(self, _: str) -> dns.message.Message:
        query = dns.message.make_query(ZONE, "DNSKEY", want_dnssec=True)
        return dns.query.tcp(query, self.server.address, port=self.server.port, timeout=5)

    def ask(self, owner: str, rdtype: str = "TLSA") -> dns.message.Message:
        query = dns.message.make_query(owner, rdtype, want_dnssec=True, flags=0)
        return dns.query.tcp(query, self.server.address, port=self.server.port, timeout=5)

    def is_denied(self, response: dns.message.Message, rdtype: str = "TLSA") -> bool:
        try:
            verify_denial(response, rdtype, [self.anchor], self.keys)
        except Untrusted:
            return False
        return True


@pytest.fixture(scope="module", params=KINDS)
def zone(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Signed]:
    folder = tmp_path_factory.mktemp(request.param)
    text = sign(folder, TEXT, KINDS[request.param])
    (key,) = (line.split("DNSKEY")[1].strip() for line in text.splitlines() if "\tDNSKEY\t" in line)
    anchor = Anchor(ZONE, "DNSKEY", key.partition(";")[0])
    with nsd(folder, {ZONE: text}) as servers:
        yield Signed(request.param, servers[0], anchor, text)


def sign(folder: Path, text: str, options: list[str]) -> str:
    assert shutil.which("ldns-signzone"), "ldnsutils is missing"
    (folder / "plain").write_text(text)
    command = ["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", ZONE]
    name = subprocess.check_output(command, cwd=folder, text=True).strip()
    subprocess.run(["ldns-signzone", "-f", "out", *options, "plain", name], cwd=folder, check=True)
    return (folder / "out").read_text()


@pytest.mark.parametrize("owner", ABSENT)
def test_what_a_server_denies_is_proved(zone: Signed, owner: str) -> None:
    answer = ask_server(zone.server, owner, "TLSA", anchors=[zone.anchor], proves_denial=True)
    assert (answer.status, answer.is_proved) == (Status.ABSENT, True), answer.detail


@pytest.mark.parametrize("owner", ABSENT)
def test_nothing_is_proved_without_what_proves_it(zone: Signed, owner: str) -> None:
    response = zone.ask(owner)
    assert zone.is_denied(response)
    whole = list(response.authority)
    for kind in (dns.rdatatype.NSEC, dns.rdatatype.NSEC3, dns.rdatatype.RRSIG):
        response.authority = [rrset for rrset in whole if rrset.rdtype != kind]
        assert zone.is_denied(response) == (len(response.authority) == len(whole))


def test_no_record_of_the_zone_denies_what_there_is(
    zone: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denial, "_MAX_RECORDS", 1000)
    parsed = dns.zone.from_text(zone.text, ZONE, relativize=False, check_origin=False)
    every = all_of(parsed)
    for owner, rdtype in [*THERE, *(BELOW if zone.kind != "opt-out" else [])]:
        assert not zone.is_denied(claim(owner, rdtype, every), rdtype), owner
    for owner in ABSENT[:-1]:
        assert zone.is_denied(claim(owner, "TLSA", every)), owner


def all_of(zone: dns.zone.Zone) -> list[dns.rrset.RRset]:
    """Return all NSEC and NSEC3 records with their signatures."""
    kinds = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
    return [
        made(name, rdataset)
        for name, node in zone.nodes.items()
        for rdataset in node
        if rdataset.rdtype in kinds or rdataset.covers in kinds
    ]


def made(name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> dns.rrset.RRset:
    rrset = dns.rrset.RRset(name, rdataset.rdclass, rdataset.rdtype, rdataset.covers)
    rrset.update(rdataset)
    return rrset


def claim(owner: str, rdtype: str, records: list[dns.rrset.RRset]) -> dns.message.Message:
    """Return the answer of a server that lies: nothing at *owner*, by all *records*."""
    response = dns.message.make_response(dns.message.make_query(owner, rdtype, want_dnssec=True))
    response.flags |= dns.flags.AA
    response.authority = list(records)
    return response


SPOILT: dict[str, Callable[[Signed], Anchor]] = {
    "of another zone": lambda zone: Anchor("test.", "DNSKEY", zone.anchor.rdata),
    "of another key": lambda _: Anchor(ZONE, "DS", f"1 13 2 {'00' * 32}"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_denial_that_no_anchor_proves_is_told_and_is_one_all_the_same(
    zone: Signed, spoil: Callable[[Signed], Anchor]
) -> None:
    owner = f"absent.{ZONE}"
    answer = ask_server(zone.server, owner, "TLSA", anchors=[spoil(zone)], proves_denial=True)
    assert (answer.status, answer.is_proved) == (Status.ABSENT, False)
    assert answer.detail.startswith("its denial is not proved: ")


def test_a_zone_that_is_not_signed_proves_nothing(tmp_path: Path) -> None:
    anchor = Anchor(ZONE, "DS", f"1 13 2 {'00' * 32}")
    with nsd(tmp_path, {ZONE: TEXT}) as servers:
        answer = ask_server(servers[0], ABSENT[0], "TLSA", anchors=[anchor], proves_denial=True)
    assert (answer.status, answer.is_proved) == (Status.ABSENT, False)
    assert "0 NSEC and NSEC3 records" in answer.detail
