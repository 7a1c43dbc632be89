"""A small CA for tests: chains of two certificates, valid around `NOW`, for any key and names."""

from __future__ import annotations

import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from tests.sites import DAY, NOW
from zonebuild.tlsa.pin import pin_of

HOST = "mx1.example.org"
Signer = ec.EllipticCurvePrivateKey


def new_key() -> bytes:
    """Return a private key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def digest(key: bytes) -> str:
    """Return the SHA-256 of the public part of a private key, PEM."""
    public = load_pem_private_key(key, None).public_key()
    return pin_of(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).sha256


@cache
def _issuer(name: str) -> tuple[Signer, x509.Certificate]:
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    made = _certificate(name, key.public_key(), issuer="a root", signer=root, lasts=3650)
    return key, made


def chain(
    key: bytes,
    *names: str,
    begins: int = NOW - DAY,
    lasts: int = 90,
    issuer: str = "an issuer",
    staple: bool = False,
) -> bytes:
    """Return a chain, PEM: a certificate of *key* for *names*, and its issuer's.

    begins: Unix seconds. lasts: days.
    """
    signer, above = _issuer(issuer)
    public = load_pem_private_key(key, None).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    leaf = _certificate(
        "leaf", public, issuer=issuer, signer=signer, begins=begins, lasts=lasts,
        names=names or (HOST,), staple=staple,
    )  # fmt: skip
    return leaf.public_bytes(Encoding.PEM) + above.public_bytes(Encoding.PEM)


def _certificate(
    subject: str,
    public: ec.EllipticCurvePublicKey,
    *,
    issuer: str,
    signer: Signer,
    begins: int = NOW - DAY,
    lasts: int = 90,
    names: tuple[str, ...] = (),
    staple: bool = False,
) -> x509.Certificate:
    start = datetime.datetime.fromtimestamp(begins, datetime.UTC)
    builder = (
        x509.CertificateBuilder(_named(issuer), _named(subject))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=lasts))
    )
    if names:
        found = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(found, critical=False)
    else:
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    if staple:
        feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
        builder = builder.add_extension(feature, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
