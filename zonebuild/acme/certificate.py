"""What a chain in PEM says, and a request for the next one.

Spec: RFC 5280; RFC 7633 (must-staple, OID 1.3.6.1.5.5.7.1.24); RFC 9773 section 4.1 (identifier).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonebuild.acme.due import Held
from zonebuild.acme.problem import Nonsense
from zonebuild.acme.renew import Lifetime

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

_MUST_STAPLE = "1.3.6.1.5.5.7.1.24"
_CURVES = {"ec-p256": "SECP256R1", "ec-p384": "SECP384R1"}


class UnfitChain(Nonsense):
    """What the CA gave is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate and those above it. pem: all of it. ari: its identifier, empty without one.

    issuers: the common names of the issuers of each certificate, the topmost last.
    """

    pem: str
    held: Held
    ari: str
    issuers: tuple[str, ...]
    is_must_staple: bool


def read_chain(pem: str) -> Chain:
    """Return what the chain says. Errors: UnfitChain."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificates = x509.load_pem_x509_certificates(pem.encode("ascii", "replace"))
        first = certificates[0]
        names = _names(first)
        held = Held(
            hashlib.sha256(first.public_bytes(Encoding.DER)).hexdigest(),
            names,
            _spki(first.public_key()),
            Lifetime(_seconds(first.not_valid_before_utc), _seconds(first.not_valid_after_utc)),
        )
        is_stapled = any(e.oid.dotted_string == _MUST_STAPLE for e in first.extensions)
        issuers = tuple(_issuer(each) for each in certificates)
        return Chain(pem, held, _identifier(first), issuers, is_stapled)
    except (ValueError, IndexError, x509.DuplicateExtension) as error:
        raise UnfitChain("the CA gave no certificates that can be read") from error


def spki_of(key_pem: bytes) -> str:
    """Return the SHA-256 of the public key of a private key in PEM, hexadecimal."""
    return _spki(_load(key_pem).public_key())


def make_request(key_pem: bytes, names: Sequence[str]) -> bytes:
    """Return the request for *names* in DER: no common name, no must-staple.

    Spec: RFC 8555 section 7.4: the subjectAltName has exactly the names of the order.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    builder = builder.add_extension(alternatives, critical=True)
    return builder.sign(_load(key_pem), hashes.SHA256()).public_bytes(Encoding.DER)


def make_key(kind: str) -> bytes:
    """Return a new private key in PEM. kind: such as ec-p256 or rsa-2048."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    made: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if kind in _CURVES:
        made = ec.generate_private_key(getattr(ec, _CURVES[kind])())
    else:
        made = rsa.generate_private_key(65537, int(kind.removeprefix("rsa-")))
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def judge(chain: Chain, names: Sequence[str], key: str, now: int) -> None:
    """Refuse a chain that is not what was asked for. Errors: UnfitChain."""
    held = chain.held
    if held.names != tuple(names):
        found = ", ".join(held.names) or "no name"
        raise UnfitChain(f"the CA gave a certificate for {found}")
    if held.key != key:
        raise UnfitChain("the CA gave a certificate for another key")
    if not held.lifetime.start - 3600 <= now < held.lifetime.end:
        way_on = "look at the clock of this machine"
        raise UnfitChain("the CA gave a certificate that is not valid now", way_on)
    if chain.is_must_staple:
        raise UnfitChain("the CA gave a certificate with must-staple, and no CA answers OCSP")


def choose(chains: Sequence[Chain], issuer: str) -> Chain:
    """Return the chain whose topmost certificate was issued by *issuer*; the first without one.

    Errors: UnfitChain, where none is.
    """
    if not issuer:
        return chains[0]
    for chain in chains:
        if chain.issuers[-1] == issuer:
            return chain
    found = ", ".join(sorted({chain.issuers[-1] for chain in chains}))
    way_on = "mend `chain:` of the lineage"
    raise UnfitChain(f"no chain of the CA ends at {issuer}; it has {found}", way_on)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        kind = x509.SubjectAlternativeName
        found = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(sorted(name.lower() for name in found.get_values_for_type(x509.DNSName)))


def _identifier(certificate: x509.Certificate) -> str:
    from cryptography import x509

    try:
        kind = x509.AuthorityKeyIdentifier
        issuer = certificate.extensions.get_extension_for_class(kind).value.key_identifier
    except x509.ExtensionNotFound:
        return ""
    if issuer is None:
        return ""
    serial = certificate.serial_number
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big")  # the sign bit has its place
    return f"{_base64url(issuer)}.{_base64url(octets)}"


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def _issuer(certificate: x509.Certificate) -> str:
    from cryptography.x509 import NameOID

    names = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.issuer.rfc4514_string()


def _spki(key: object) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return hashlib.sha256(der).hexdigest()


def _load(key_pem: bytes) -> CertificateIssuerPrivateKeyTypes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(key_pem, None)  # type: ignore[return-value]


def _seconds(moment: object) -> int:
    return int(moment.timestamp())  # type: ignore[attr-defined]
