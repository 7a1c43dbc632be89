"""Private keys, made. Spec: FIPS 186-5; RFC 5958 (PKCS #8), RFC 7468 for their PEM."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zonebuild.certstore.error import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

DEFAULT_KIND = "ec-p256"


def make_key(kind: str = DEFAULT_KIND) -> bytes:
    """Return a new private key, PEM. kind: of `site.issue.KEY_KINDS`. Errors: StoreError."""
    from cryptography.hazmat.primitives import serialization

    maker = _MAKERS.get(kind)
    if maker is None:
        raise StoreError(f"{kind!a} is no kind of key, want one of {', '.join(_MAKERS)}")
    return maker().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _ec(curve: str) -> Callable[[], PrivateKeyTypes]:
    def make() -> PrivateKeyTypes:
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.generate_private_key(getattr(ec, curve)())

    return make


def _rsa(bits: int) -> Callable[[], PrivateKeyTypes]:
    def make() -> PrivateKeyTypes:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(65_537, bits)

    return make


_MAKERS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "ec-p256": _ec("SECP256R1"),
    "ec-p384": _ec("SECP384R1"),
    "rsa-2048": _rsa(2048),
    "rsa-3072": _rsa(3072),
    "rsa-4096": _rsa(4096),
}
