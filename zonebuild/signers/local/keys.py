"""A zone's signing key and the records that speak of it: DNSKEY, DS, CDS, CDNSKEY.

One combined signing key a zone: ECDSA P-256 with SHA-256 (algorithm 13), flags 257.

Spec: RFC 4034 sections 2 and 5, appendix B; RFC 6605; RFC 7344; RFC 8078 section 4.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from zonebuild.signers.local.names import Name, read_name, wire_form
from zonebuild.signers.local.nodes import RRset, make_rrset

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ALGORITHM = 13
DNSKEY, CDS, CDNSKEY = 48, 59, 60
_FLAGS = 257  # zone key, secure entry point
_PROTOCOL = 3
_DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    2: lambda data: hashlib.sha256(data).digest(),
    4: lambda data: hashlib.sha384(data).digest(),
}
CDSPolicy = Literal["off", "publish", "delete"]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with what the zone tells of it.

    dnskey: the DNSKEY rdata in wire form. tag: its key tag.
    """

    private: EllipticCurvePrivateKey
    dnskey: bytes
    tag: int

    @property
    def dnskey_text(self) -> str:
        """The DNSKEY rdata in presentation format."""
        public = base64.b64encode(self.dnskey[4:]).decode("ascii")
        return f"{_FLAGS} {_PROTOCOL} {ALGORITHM} {public}"


def make_key() -> SigningKey:
    """Return a new random key."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _described(ec.generate_private_key(ec.SECP256R1()))


def key_to_pem(key: SigningKey) -> bytes:
    """Return *key* as an unencrypted PKCS#8 PEM text."""
    from cryptography.hazmat.primitives import serialization as s

    return key.private.private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()
    )  # protected by the mode of its file


def key_from_pem(pem: bytes) -> SigningKey | None:
    """Return the key that *pem* holds, None where it holds no usable ECDSA P-256 key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return _described(private)
    return None


def _described(private: EllipticCurvePrivateKey) -> SigningKey:
    numbers = private.public_key().public_numbers()
    point = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    dnskey = struct.pack("!HBB", _FLAGS, _PROTOCOL, ALGORITHM) + point
    return SigningKey(private, dnskey, key_tag(dnskey))


def key_tag(dnskey: bytes) -> int:
    """Return the key tag of a DNSKEY rdata in wire form.

    Spec: RFC 4034 appendix B.
    """
    total: int = sum(struct.unpack(f"!{len(dnskey) // 2}H", dnskey))
    return (total + (total >> 16)) & 0xFFFF


def ds_rdata(apex: Name, key: SigningKey, digest_type: int = 2) -> str:
    """Return the DS rdata of *key*, in presentation format.

    digest_type: 2 for SHA-256, 4 for SHA-384 (RFC 8624 section 3.3).
    Spec: RFC 4034 section 5.1.
    """
    digest = _DIGESTS[digest_type](wire_form(apex.key) + key.dnskey)
    return f"{key.tag} {ALGORITHM} {digest_type} {digest.hex()}"


def ds_records(apex: str, key: SigningKey, digest_types: tuple[int, ...] = (2,)) -> list[str]:
    """Return the lines that the parent zone needs, one for each of *digest_types*.

    apex: absolute.
    """
    name = read_name(apex)
    return [f"{name.text} IN DS {ds_rdata(name, key, kind)}" for kind in digest_types]


def key_rrsets(apex: Name, key: SigningKey, cds: CDSPolicy, ttl: int) -> tuple[RRset, ...]:
    """Return the DNSKEY RRset, and CDS and CDNSKEY as *cds* asks.

    ttl: seconds. `delete` asks the parent to remove its DS.
    Spec: RFC 7344 section 3; RFC 8078 section 4 for `delete`.
    """
    rdatas: dict[CDSPolicy, tuple[tuple[int, str], ...]] = {
        "off": (),
        "publish": ((CDS, ds_rdata(apex, key)), (CDNSKEY, key.dnskey_text)),
        "delete": ((CDS, "0 0 0 00"), (CDNSKEY, "0 3 0 AA==")),
    }
    wanted = ((DNSKEY, key.dnskey_text), *rdatas[cds])
    return tuple(make_rrset(apex, rdtype, ttl, (rdata,)) for rdtype, rdata in wanted)
