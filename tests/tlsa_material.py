"""Keys, requests and certificates for tests, made in memory."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
ALGORITHMS = tuple(_MAKERS)
HOST = "mx.example.org"
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@cache
def key(algorithm: str) -> PrivateKey:
    return _MAKERS[algorithm]()


def _hash(signer: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()


@cache
def certificate(algorithm: str, signer: str = "") -> x509.Certificate:
    """Return a certificate of the key of *algorithm*, signed by *signer*'s or by itself."""
    issuer = key(signer or algorithm)
    return (
        x509.CertificateBuilder(NAME, NAME)
        .public_key(key(algorithm).public_key())
        .serial_number(1)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(issuer, _hash(issuer))
    )


@cache
def request(algorithm: str) -> x509.CertificateSigningRequest:
    return x509.CertificateSigningRequestBuilder(NAME).sign(key(algorithm), _hash(key(algorithm)))


def public_der(algorithm: str) -> bytes:
    public = key(algorithm).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def octets(kind: str, algorithm: str, encoding: Encoding = Encoding.PEM) -> bytes:
    """Return a file of *kind*, of `Material.kind`."""
    if kind == "certificate":
        return certificate(algorithm).public_bytes(encoding)
    if kind == "request":
        return request(algorithm).public_bytes(encoding)
    if kind == "public key":
        public = key(algorithm).public_key()
        return public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    return key(algorithm).private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())


def locked_key() -> bytes:
    encryption = BestAvailableEncryption(b"secret")
    return key("ecdsa").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
