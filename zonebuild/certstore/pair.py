"""A chain and its private key, read, and judged before they are kept or exported.

Spec: RFC 8446 section 4.4.2 (each certificate certifies the one before it), RFC 7468 (PEM).
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from zonebuild.certstore.error import StoreError
from zonebuild.tlsa.fitness import judge
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.parameters import UNITS
from zonebuild.tlsa.pin import Pin, pin_for, pin_of

LEAF, CHAIN, FULL, KEY = "cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """A chain and its private key. key: as it was read, PEM; no `repr` shows it."""

    chain: Material
    key: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """The files of a numbered folder."""
        issuers = b"".join(pem_of(each.certificate) for each in self.chain.issuers)
        leaf = pem_of(self.chain.certificate)
        return {LEAF: leaf, CHAIN: issuers, FULL: leaf + issuers, KEY: self.key}

    @property
    def pins(self) -> dict[str, str]:
        """The SHA-256 digests of what takes turns in it, by track."""
        found = ((unit, pin_for(self.chain, unit)) for unit in UNITS.values())
        return {unit: pin.sha256 for unit, pin in found if isinstance(pin, Pin)}


def read_pair(fullchain: bytes, key: bytes) -> Pair:
    """Return the chain and the key of these files. Errors: StoreError where they do not fit."""
    chain = read_material(fullchain)
    if not isinstance(chain, Material):
        raise StoreError(f"the chain {chain.reason}")
    if not chain.certificate:
        raise StoreError(f"the chain is a {chain.kind}, want a certificate and its issuers, in PEM")
    if read_key(key) != chain.public_key:
        raise StoreError("the private key is not the one of the certificate, want its own")
    return Pair(chain, key)


def read_key(key: bytes) -> bytes:
    """Return the public part, DER, of a private key in PEM. Errors: StoreError."""
    found = read_material(key)
    if not isinstance(found, Material):
        raise StoreError(f"the private key {found.reason}")
    if found.kind != "private key" or b"-----BEGIN " not in key:
        raise StoreError(f"the private key is a {found.kind}, want a private key in PEM")
    return found.public_key


def judge_pair(pair: Pair, names: Iterable[str], *, now: int) -> None:
    """Refuse what no server should show at *now*, Unix seconds.

    names: that the certificate must have, with or without a final dot.
    Errors: StoreError, with all that is wrong.
    """
    hosts = [f"{name.lower().removesuffix('.')}." for name in names]
    fitness = judge(pair.chain, hosts, UNITS.values(), now=now)
    wrong = [flaw.message for flaw in fitness.flaws] or [*_unsigned(pair.chain)]
    if wrong:
        raise StoreError(f"the certificate {'; '.join(wrong)}")


def _unsigned(chain: Material) -> Iterable[str]:
    """Yield a clause for the first certificate that the next one has not signed."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    each = [x509.load_der_x509_certificate(m.certificate) for m in (chain, *chain.issuers)]
    for number, (below, above) in enumerate(itertools.pairwise(each), 2):
        try:
            below.verify_directly_issued_by(above)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
            yield f"is not signed by its issuer at place {number} of the chain, want a whole chain"
            return


def pem_of(certificate: bytes) -> bytes:
    """Return a certificate, DER, in PEM. Spec: RFC 7468 section 5."""
    return _armoured("CERTIFICATE", certificate)


def public_pem(public_key: bytes) -> bytes:
    """Return a SubjectPublicKeyInfo, DER, in PEM. Spec: RFC 7468 section 13."""
    return _armoured("PUBLIC KEY", public_key)


def digest_of(public_key: bytes) -> str:
    """Return what orders call a key: the SHA-256 of its SubjectPublicKeyInfo, in hex."""
    return pin_of(public_key).sha256


def _armoured(label: str, octets: bytes) -> bytes:
    text = base64.b64encode(octets).decode("ascii")
    body = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode("ascii")
