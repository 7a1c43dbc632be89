"""`zonebuild dane`: what is served against what is signed, and its exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dns.dnssec
import dns.flags
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.endpoint_servers import certificate, der, ec_key, tls_server
from tests.test_probe import nsd, says, serving, signed
from zonebuild.cli import run as zonebuild
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.parameters import DEFAULT, association_data

ZONE, HOST = "example.test.", "mx.example.test"
KEY = ec_key()
OWN, OTHER = certificate(KEY, subject=HOST), certificate(ec_key())
AD = dns.flags.AD | dns.flags.RA
LOCAL = ("--address", "127.0.0.1")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with tls_server((KEY, OWN)) as port:
        yield port


def tlsa(port: int, made: object = OWN) -> str:
    material = read_material(der(OWN if made is OWN else OTHER))
    assert isinstance(material, Material)
    data = association_data(material.public_key, DEFAULT.matching)
    return f"_{port}._tcp.{HOST}. TLSA {DEFAULT} {data}"


@pytest.mark.parametrize(
    ("made", "flags", "rcode", "code", "said"),
    [
        (OWN, AD, 0, 0, "validated as the AD bit of the resolver 127.0.0.1"),
        (OTHER, AD, 0, 1, "which no record lists"),
        (OWN, dns.flags.RA, 0, 2, "has not validated"),
        (None, AD, 3, 1, "there is no TLSA record"),
        (None, AD, 2, 2, "fails to answer"),
    ],
    ids=["listed", "not listed", "not validated", "no record", "bogus"],
)
def test_the_ad_bit_of_a_resolver_counts(
    port: int,
    made: object,
    flags: int,
    rcode: int,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [] if made is None else [tlsa(port, made)]
    with serving(says(*lines, flags=flags, rcode=rcode)) as server:
        arguments = ("dane", "--resolver", f"127.0.0.1:{server.port}", *LOCAL)
        assert zonebuild([*arguments, f"{HOST}:{port}"]) == code
    told = capsys.readouterr()
    assert said in told.out + told.err


@pytest.mark.live
@pytest.mark.parametrize(
    ("made", "is_right_anchor", "code", "said"),
    [
        (OWN, True, 0, "at 1 server, validated with the trust anchor"),
        (OTHER, True, 1, "which no record lists"),
        (OWN, False, 1, "no key of example.test. is the one of the trust anchor"),
        (None, True, 1, "answers without it"),
    ],
    ids=["listed", "not listed", "wrong anchor", "no record"],
)
def test_with_an_anchor_each_server_is_asked_and_its_signatures_verified(
    port: int,
    made: object,
    is_right_anchor: bool,
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = [
        (dns.dnssec.make_dnskey(private.public_key(), 13, flags=257), private)
        for private in (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ]
    text = f"{ZONE} 60 IN SOA ns1 h 1 3600 600 86400 60\n{ZONE} 60 IN NS ns1\n"
    record = "" if made is None else tlsa(port, made).replace(" TLSA", " 60 IN TLSA") + "\n"
    ds = dns.dnssec.make_ds(ZONE, keys[0 if is_right_anchor else 1][0], "SHA256")
    with nsd(tmp_path, {ZONE: signed(text + record, keys[0])}) as servers:
        arguments = ["dane", "--trust-anchor", f"{ZONE} DS {ds}", *LOCAL]
        arguments += ["--server", f"127.0.0.1:{servers[0].port}", f"{HOST}:{port}"]
        assert zonebuild(arguments) == code
    told = capsys.readouterr()
    assert said in told.out + told.err


def test_an_address_that_shows_nothing_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    with tls_server((KEY, OWN)) as port:
        pass
    with serving(says(tlsa(port), flags=AD)) as server:
        arguments = ["dane", "--resolver", f"127.0.0.1:{server.port}", *LOCAL, f"{HOST}:{port}"]
        assert zonebuild(arguments) == 2
    assert f"unknown: 127.0.0.1:{port} refuses the connection" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mx.example.org"], "is no service, want HOST:PORT"),
        (["mx.example.org:0"], "is no service"),
        (["[::1]:25"], "is no service"),
        (["a..b:25"], "is no service"),
        (["--address", "x", "a.b:25"], "--address is 'x', want an address"),
        (["--resolver", "x", "a.b:25"], "is no address"),
        (["--server", "::1", "a.b:25"], "--server needs --trust-anchor"),
        (["--trust-anchor", "a. DS x", "a.b:25"], "is no trust anchor"),
        (["--trust-anchor", "/nonexistent", "a.b:25"], "does not exist"),
        (["--trust-anchor", "c. DS 1 13 2 " + "ab" * 32, "a.b:25"], "there is no trust anchor of"),
    ],
)
def test_what_cannot_be_asked_is_exit_2_with_what_is_wanted(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert zonebuild(["dane", *arguments]) == 2
    assert said in capsys.readouterr().err
