"""What the embedded signer makes, judged by the C tools, served by NSD, validated by delv."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.built_zones import built_zone, plain_zone
from tests.live.namespaces import Namespace, run
from tests.live.serving import DENIED, EXISTS, served
from zonebuild.model import Zone
from zonebuild.signers.local.disk import sign
from zonebuild.signers.local.zone_signing import SigningParameters

pytestmark = pytest.mark.live

ODD = """\
ns 3600 A 127.0.0.1
WWW 3600 A 192.0.2.1
www 3600 AAAA 2001:DB8::1
*.wild 300 TXT "any" "thing"
a.b.ent 3600 A 192.0.2.3
child 3600 NS ns.child
child 3600 DS 1 13 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
ns.child 3600 A 192.0.2.54
deep.under.child 3600 AAAA 2001:db8::2
insecure 3600 NS ns.elsewhere.test.
old 3600 DNAME new.example.
alias 3600 CNAME WWW
dot\\046ted 60 TXT "an \\"escaped\\" \\000 octet; and \\\\"
nul\\000 60 A 192.0.2.4
Mixed.CASE 60 MX 10 Mail.Example.
many 60 A 192.0.2.8
many 60 A 192.0.2.10
many 60 A 192.0.2.9
@ 60 CAA 0 issue "ca.example.net; accounturi=https://ca.example.net/1"
_web._tcp 60 SRV 0 0 443 www
svc 60 SVCB 1 . alpn=h2,h3 port=8443
www 60 HTTPS 1 . alpn=h2
strange 60 TYPE65280 \\# 4 0a000001
_443._tcp.www 60 TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
"""
ROOT = """\
@ 3600 SOA ns. h. 1 3600 900 604800 300
@ 3600 NS ns.
ns. 3600 A 127.0.0.1
test. 3600 NS ns.test.
test. 3600 DS 1 13 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
ns.test. 3600 A 192.0.2.1
"""
NS = "ns 60 A 127.0.0.1\n"
ZONES: dict[str, Zone] = {
    "example.": built_zone(ODD),
    "0/25.2.0.192.in-addr.arpa.": built_zone(
        NS + "1 60 PTR www.example.\n", "0/25.2.0.192.in-addr.arpa."
    ),
    "bare.test.": built_zone(NS, "bare.test."),
    ".": plain_zone(ROOT, "."),
}
# -z: one key signs the keys and the rest (RFC 6781 section 3.1); BIND expects two without it.
CHECKERS: dict[str, Callable[[str, Path], list[str | Path]]] = {
    "ldns-verify-zone": lambda apex, file: ["ldns-verify-zone", file],
    "dnssec-verify": lambda apex, file: ["dnssec-verify", "-z", "-o", apex, file],
    "kzonecheck": lambda apex, file: ["kzonecheck", "-d", "on", "-o", apex, file],
    "named-checkzone": lambda apex, file: ["named-checkzone", "-i", "none", apex, file],
}


def signed(site: Path, apex: str, zone: Zone, cds: str = "off") -> Path:
    """Sign *zone* now; return where it is."""
    parameters = SigningParameters(cds=cds)  # type: ignore[arg-type]
    sign(site, apex, zone, now=int(time.time()), parameters=parameters)
    (file,) = (site / "signed").iterdir()
    return file


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("apex", ZONES)
def test_the_c_tools_take_a_signed_zone(tmp_path: Path, apex: str, checker: str) -> None:
    said = run(CHECKERS[checker](apex, signed(tmp_path, apex, ZONES[apex])))
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("checker", ["ldns-verify-zone", "dnssec-verify", "kzonecheck"])
def test_the_c_tools_refuse_an_altered_one(tmp_path: Path, checker: str) -> None:
    file = signed(tmp_path, "example.", ZONES["example."])
    file.write_text(file.read_text().replace("A\t192.0.2.3\n", "A\t192.0.2.99\n"))
    assert run(CHECKERS[checker]("example.", file)).returncode != 0


@pytest.mark.parametrize("cds", ["publish", "delete"])
@pytest.mark.parametrize("checker", CHECKERS)
def test_the_c_tools_take_cds(tmp_path: Path, cds: str, checker: str) -> None:
    said = run(
        CHECKERS[checker]("bare.test.", signed(tmp_path, "bare.test.", ZONES["bare.test."], cds))
    )
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_c_tools_take_a_zone_that_keeps_old_signatures(tmp_path: Path, checker: str) -> None:
    signed(tmp_path, "example.", ZONES["example."])
    file = signed(tmp_path, "example.", built_zone(ODD + '_acme-challenge.www 60 TXT "t"\n'))
    said = run(CHECKERS[checker]("example.", file))
    assert said.returncode == 0, said.stdout + said.stderr


# Served and validated.


QUESTIONS = [
    ("www.example.", "A", EXISTS),
    ("WwW.eXample.", "AAAA", EXISTS),
    ("many.example.", "A", EXISTS),
    ("x.y.wild.example.", "TXT", EXISTS),
    ("alias.example.", "A", EXISTS),
    ("child.example.", "DS", EXISTS),
    ("dot\\046ted.example.", "TXT", EXISTS),
    ("svc.example.", "SVCB", EXISTS),
    ("strange.example.", "TYPE65280", EXISTS),
    ("mixed.case.example.", "MX", EXISTS),
    ("example.", "DNSKEY", EXISTS),
    ("nothere.example.", "A", DENIED),
    ("www.example.", "TXT", DENIED),
    ("ent.example.", "A", DENIED),
    ("insecure.example.", "DS", DENIED),
    ("x.wild.example.", "A", DENIED),
]


def test_nsd_serves_answers_that_delv_validates(tmp_path: Path, namespace: Namespace) -> None:
    signed(tmp_path, "example.", ZONES["example."])
    with served(namespace, tmp_path, "example.") as (validator,):
        said = {(name, rdtype): validator.ask(name, rdtype) for name, rdtype, _ in QUESTIONS}
    wrong = [said[n, t] for n, t, verdict in QUESTIONS if verdict not in said[n, t].splitlines()]
    assert wrong == []


def test_delv_refuses_an_answer_that_was_altered(tmp_path: Path, namespace: Namespace) -> None:
    file = signed(tmp_path, "example.", ZONES["example."])
    file.write_text(file.read_text().replace("A\t192.0.2.3\n", "A\t192.0.2.99\n"))
    with served(namespace, tmp_path, "example.") as (validator,):
        assert "fully validated" not in validator.ask("a.b.ent.example.", "A")


def test_the_root_is_served_and_validated(tmp_path: Path, namespace: Namespace) -> None:
    signed(tmp_path, ".", ZONES["."])
    with served(namespace, tmp_path, ".") as (validator,):
        assert EXISTS in validator.ask("test.", "DS").splitlines()
        assert DENIED in validator.ask("nothere.", "A").splitlines()
