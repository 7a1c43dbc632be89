"""Certificates, requests and keys become the TLSA data that others make of them, or a refusal."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tlsa_material import (
    ALGORITHMS,
    HOST,
    certificate,
    locked_key,
    octets,
    public_der,
)
from zonebuild.tlsa.material import MAX_OCTETS, Material, rdata_of, read_material
from zonebuild.tlsa.parameters import DEFAULT, Parameters, Wrong

KINDS = ("certificate", "request", "public key", "private key")
TOOLS = ("ldns-dane", "danetool", "openssl")


def material(data: bytes) -> Material:
    found = read_material(data)
    assert isinstance(found, Material)
    return found


def refusal(data: bytes) -> str:
    found = read_material(data)
    assert isinstance(found, Wrong)
    return found.reason


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER], ids=["PEM", "DER"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_public_key(
    kind: str, algorithm: str, encoding: Encoding
) -> None:
    found = material(octets(kind, algorithm, encoding))
    assert (found.kind, found.public_key) == (kind, public_der(algorithm))


def test_a_chain_is_its_first_certificate_with_its_issuers() -> None:
    chain = b"# a comment\n" + octets("certificate", "rsa") + octets("certificate", "ecdsa")
    found = material(chain + octets("private key", "rsa"))
    assert found.public_key == public_der("rsa")
    assert [issuer.public_key for issuer in found.issuers] == [public_der("ecdsa")]


def test_usage_2_means_the_issuer() -> None:
    chain = octets("certificate", "rsa") + octets("certificate", "ecdsa")
    digest = hashlib.sha256(public_der("ecdsa")).hexdigest()
    assert rdata_of(material(chain), Parameters(2, 1, 1)) == f"2 1 1 {digest}"


def test_selector_0_wants_a_certificate() -> None:
    found = rdata_of(material(octets("request", "rsa")), Parameters(3, 0, 1))
    assert found == Wrong("is a request, want a certificate for selector 0")


WANT = "want a certificate, a CSR, a public key or a private key, in PEM or DER"
REFUSED = {
    "nothing": (b"", f"is empty, {WANT}"),
    "white space": (b" \r\n\t", f"is empty, {WANT}"),
    "noise": (b"\x30\x80\xff", f"is damaged, or of a kind that is not known, {WANT}"),
    "too much": (b"x" * (MAX_OCTETS + 1), f"has more than {MAX_OCTETS} octets, {WANT}"),
    "a locked key": (
        locked_key(),
        "is locked with a password, want the public key or the certificate",
    ),
    "another's key": (
        octets("certificate", "rsa") + octets("private key", "ecdsa"),
        "has a key that does not belong to its first certificate, want its own",
    ),
    "two keys": (
        octets("public key", "rsa") + octets("public key", "ecdsa"),
        "has 2 keys, want one",
    ),
    "half a block": (
        octets("certificate", "rsa")[:-40],
        f"has a PEM block that is cut off or damaged, {WANT}",
    ),
    "another block": (
        b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        f"has a PEM block `X509 CRL`, {WANT}",
    ),
    "blocks without end": (
        b"-----BEGIN CERTIFICATE-----\n" * 9000,
        "has 9000 PEM blocks, want a certificate, its issuers and perhaps its key",
    ),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_with_what_is_wanted(data: bytes, reason: str) -> None:
    assert refusal(data) == reason


@settings(deadline=None)  # the check of a damaged RSA key may take long
@given(st.binary(max_size=200), st.integers(0, 800), st.sampled_from(KINDS))
def test_damage_ends_in_a_refusal_or_in_a_key(noise: bytes, at: int, kind: str) -> None:
    whole = octets(kind, "rsa", Encoding.DER)
    assert read_material(whole[:at] + noise + whole[at + len(noise) :])


# -- the vectors of the library's own tests ----------------------------------------------------


def vectors() -> Iterator[Path]:
    root = pytest.importorskip("cryptography_vectors").__file__
    yield from sorted(path for path in Path(root).parent.rglob("*") if path.is_file())


def head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_OCTETS + 1)


def encoded_key(der: bytes) -> bytes | None:
    """Return the public key as the library writes it, None where it knows no such key."""
    from cryptography.exceptions import UnsupportedAlgorithm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            public = x509.load_der_x509_certificate(der).public_key()
        except UnsupportedAlgorithm:
            return None
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# Whose key the library does not know, or would write in another way than the certificate has it.
ODD = {
    "e-trust.ru.der",
    "ec_no_named_curve.pem",
    "rsa_pss.pem",
    "rsa_pss_cert.pem",
    "rsa_pss_cert_invalid_mgf.der",
    "rsa_pss_cert_no_sig_params.der",
    "rsa_pss_cert_unsupported_mgf_hash.der",
    "unsupported_subject_public_key_info.pem",
}
UNKNOWN_TO_LDNS = {"e-trust.ru.der", "unsupported_subject_public_key_info.pem"}


def test_every_vector_gives_the_right_key_or_a_refusal() -> None:
    kinds, odd = Counter[str](), set()
    for path in vectors():
        found = read_material(head_of(path))
        if isinstance(found, Wrong):
            assert "want " in found.reason
            continue
        kinds[found.kind] += 1
        if found.certificate and encoded_key(found.certificate) != found.public_key:
            odd.add(path.name)
    assert odd == ODD
    assert kinds["certificate"] > 500
    assert min(kinds[kind] for kind in KINDS) > 5


@pytest.mark.live
@pytest.mark.skipif(not shutil.which("ldns-dane"), reason="needs ldns-dane")
def test_odd_keys_have_the_digest_that_ldns_dane_gives_them(tmp_path: Path) -> None:
    known = [path for path in vectors() if path.name in ODD - UNKNOWN_TO_LDNS]
    for path in known:
        found = material(head_of(path))
        assert ours(found, DEFAULT) == by_ldns_dane(pem_file(found, tmp_path), DEFAULT)
    assert len(known) == len(ODD - UNKNOWN_TO_LDNS)


# -- equality with other programs --------------------------------------------------------------

PARAMETERS = [Parameters(3, s, m) for s in (0, 1) for m in (0, 1, 2)]
HASHES = {1: "sha256", 2: "sha512"}


def ours(found: Material, parameters: Parameters) -> str:
    rdata = rdata_of(found, parameters)
    assert isinstance(rdata, str)
    return rdata.rpartition(" ")[2]


def pem_file(found: Material, folder: Path) -> Path:
    path = folder / "certificate.pem"
    path.write_bytes(x509.load_der_x509_certificate(found.certificate).public_bytes(Encoding.PEM))
    return path


def output_of(*command: str | Path, given: bytes = b"") -> bytes:
    arguments = [str(word) for word in command]
    return subprocess.run(
        arguments, input=given, capture_output=True, check=True, timeout=20
    ).stdout


def by_ldns_dane(path: Path, parameters: Parameters) -> str:
    numbers = map(str, parameters)
    text = output_of("ldns-dane", "-n", "-c", path, "create", HOST, "25", *numbers).decode()
    return "".join(text.split("TLSA\t")[1].split()[3:])


def by_danetool(path: Path, parameters: Parameters) -> str:
    whole = ("--x509",) if parameters.selector == 0 else ()
    hash_name = ("--hash", HASHES[parameters.matching])
    command = ("danetool", "--tlsa-rr", "--host", HOST, "--port", "25", "--load-certificate")
    text = output_of(*command, path, *hash_name, *whole).decode()
    match = re.search(r"\( \S\S \S\S \S\S ([0-9a-f]+) \)", text)
    assert match
    return match[1]


def by_openssl(path: Path, parameters: Parameters) -> str:
    if parameters.selector == 0:
        der = output_of("openssl", "x509", "-in", path, "-outform", "DER")
    else:
        public = output_of("openssl", "x509", "-in", path, "-noout", "-pubkey")
        der = output_of("openssl", "pkey", "-pubin", "-outform", "DER", given=public)
    digest = output_of("openssl", "dgst", f"-{HASHES[parameters.matching]}", "-r", given=der)
    return digest.decode().split()[0]


@pytest.mark.live
@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_ldns_dane_danetool_and_openssl_give_the_same_data(
    algorithm: str, parameters: Parameters, tmp_path: Path
) -> None:
    found = material(certificate(algorithm).public_bytes(Encoding.DER))
    path, expected = pem_file(found, tmp_path), ours(found, parameters)
    assert by_ldns_dane(path, parameters) == expected
    if parameters.matching in HASHES:
        assert by_danetool(path, parameters) == by_openssl(path, parameters) == expected
