"""What a track lists for one key, certificate or issuer: its digests, and the rdata they make."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from zonebuild.tlsa.material import Material
from zonebuild.tlsa.parameters import SHA256, SHA512, Parameters, Wrong, parse_parameters


class Pin(NamedTuple):
    """The digests of a public key or a certificate, lower-case hex; empty where not known.

    One that was read back from a zone has only the digest that stood there.
    """

    sha256: str
    sha512: str = ""

    @property
    def name(self) -> str:
        """What stands for the pin in sets and in what endpoints are seen with."""
        return self.sha256 or self.sha512

    def is_same(self, other: Pin) -> bool:
        """Say whether both are of the same octets, as far as their digests tell."""
        pairs = zip(self, other, strict=True)
        return any(mine == theirs != "" for mine, theirs in pairs)

    def rdata(self, parameters: Parameters) -> str | None:
        """Return the TLSA rdata under *parameters*, None where that digest is not known."""
        digest = {SHA256: self.sha256, SHA512: self.sha512}[parameters.matching]
        return f"{parameters} {digest}" if digest else None

    def __str__(self) -> str:
        return f"{self.name[:16]}…"


def pin_of(octets: bytes) -> Pin:
    """Return the pin of a SubjectPublicKeyInfo or a certificate, DER. Errors: ValueError if empty.

    The digest of no octets is what a failed tool leaves behind; it matches nothing.
    """
    if not octets:
        raise ValueError("no octets to pin")
    return Pin(hashlib.sha256(octets).hexdigest(), hashlib.sha512(octets).hexdigest())


def pin_for(material: Material, unit: str) -> Pin | Wrong:
    """Return what a track of *unit* (of `parameters.UNITS`) lists for *material*."""
    if unit == "key":
        return pin_of(material.public_key)
    if unit == "certificate" and material.certificate:
        return pin_of(material.certificate)
    if unit == "issuer" and material.issuers:
        return pin_of(material.issuers[0].public_key)
    missing = "the certificate of its issuer behind it" if unit == "issuer" else "a certificate"
    return Wrong(f"is a {material.kind}, want {missing}")


def pin_from(rdata: str) -> tuple[Parameters, Pin] | None:
    """Return what a published rdata pins, None for one that no track makes.

    rdata: canonical: one space between the numbers, hex in lower case.
    """
    numbers, _, digest = rdata.rpartition(" ")
    parameters = parse_parameters(numbers)
    if isinstance(parameters, Wrong) or len(digest) != _DIGITS[parameters.matching]:
        return None
    pin = Pin(digest) if parameters.matching == SHA256 else Pin("", digest)
    return parameters, pin


_DIGITS = {SHA256: 64, SHA512: 128}
