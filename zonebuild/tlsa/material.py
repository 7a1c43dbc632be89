"""A certificate, CSR, public key or private key, in PEM or DER, made what TLSA records select.

Whatever the octets are, the answer is a `Material` or a `Wrong`: the parser's own words, and the
octets, which may be somebody's secret, reach nobody.
Spec: RFC 5280 section 4.1, RFC 2986 section 4.1, RFC 7468; RFC 6698 section 2.1.2 for selectors.
"""

from __future__ import annotations

import binascii
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.tlsa.der import public_key_in, with_whole_secret
from zonebuild.tlsa.parameters import CERTIFICATE, DANE_TA, Parameters, Wrong, association_data

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

MAX_OCTETS = 1 << 18  # of a file
MAX_BLOCKS = 20  # in a file

_BEGIN = b"-----BEGIN "
_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 .]{1,40})-----[\r\n](.*?)-----END \1-----(?=\s|\Z)", re.DOTALL
)
_WANT = "want a certificate, a CSR, a public key or a private key, in PEM or DER"
_DAMAGED = f"is damaged, or of a kind that is not known, {_WANT}"


class Material(NamedTuple):
    """What one certificate, request or key gives. All octets are DER.

    kind: one of `certificate`, `request`, `public key`, `private key`.
    public_key: the SubjectPublicKeyInfo. certificate: empty for the other kinds.
    issuers: of a chain, what follows the certificate.
    """

    kind: str
    public_key: bytes
    certificate: bytes = b""
    issuers: tuple[Material, ...] = ()

    def selected(self, selector: int) -> bytes:
        """Return the octets that *selector* means, none where this kind has no certificate."""
        return self.certificate if selector == CERTIFICATE else self.public_key


def read_material(data: bytes) -> Material | Wrong:
    """Return what a file holds: one certificate and perhaps its issuers, a CSR, or one key.

    A private key may stand beside the certificate, as many servers want it.
    """
    if len(data) > MAX_OCTETS:
        return Wrong(f"has more than {MAX_OCTETS} octets, {_WANT}")
    if not data.strip():
        return Wrong(f"is empty, {_WANT}")
    return _read_pem(data) if _BEGIN in data else _read_der(data)


def rdata_of(material: Material, parameters: Parameters) -> str | Wrong:
    """Return the TLSA rdata that *material* makes under *parameters*, in presentation format.

    Usage 0 and 2 mean the first issuer of a chain, or the certificate itself where it stands alone.
    Spec: RFC 6698 sections 2.1 and 2.2.
    """
    usage, selector, matching = parameters
    chosen = material.issuers[0] if usage in (0, DANE_TA) and material.issuers else material
    octets = chosen.selected(selector)
    if not octets:
        return Wrong(f"is a {material.kind}, want a certificate for selector 0")
    return f"{parameters} {association_data(octets, matching)}"


def _read_pem(data: bytes) -> Material | Wrong:
    count = data.count(_BEGIN)
    if count > MAX_BLOCKS:  # counted first: each that never ends is searched to the file's end
        return Wrong(f"has {count} PEM blocks, want a certificate, its issuers and perhaps its key")
    blocks = list(_BLOCK.finditer(data))
    if len(blocks) != count:
        return Wrong(f"has a PEM block that is cut off or damaged, {_WANT}")
    found = []
    for block in blocks:
        if block[1] in _PASSED:
            continue
        kind = _LABELS.get(block[1])
        if kind is None:
            return Wrong(f"has a PEM block `{block[1].decode('ascii')}`, {_WANT}")
        each = _guarded(kind, block[0] + b"\n" if kind in _KEYS else _unarmoured(block[2]))
        if isinstance(each, Wrong):
            return each
        found.append(each)
    return _one_of(found)


def _unarmoured(body: bytes) -> bytes:
    """Return the octets of a PEM block's body, none where it is damaged. Spec: RFC 7468."""
    try:
        return binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
    except binascii.Error:
        return b""


def _one_of(found: list[Material]) -> Material | Wrong:
    """Return the one thing that a file's PEM blocks are about."""
    certificates = [each for each in found if each.certificate]
    others = [each for each in found if not each.certificate]
    if not certificates:
        return others[0] if len(others) == 1 else Wrong(f"has {len(others)} keys, want one")
    if any(each.public_key != certificates[0].public_key for each in others):
        return Wrong("has a key that does not belong to its first certificate, want its own")
    return certificates[0]._replace(issuers=tuple(certificates[1:]))


def _read_der(data: bytes) -> Material | Wrong:
    for kind in _READERS:
        found = _guarded(kind, data)
        if isinstance(found, Material):
            return found
    return Wrong(_DAMAGED)


def _guarded(kind: str, data: bytes) -> Material | Wrong:
    """Return *data* as *kind*; the parser refuses in many ways, each a `Wrong`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import InvalidVersion

    try:
        with warnings.catch_warnings():  # of what later versions of the parser will refuse
            warnings.simplefilter("ignore")
            return _READERS[kind](data)
    except TypeError:  # a private key that wants a password
        return Wrong("is locked with a password, want the public key or the certificate")
    except (ValueError, UnsupportedAlgorithm, InvalidVersion):
        return Wrong(_DAMAGED)


def _certificate(data: bytes) -> Material:
    from cryptography import x509

    x509.load_der_x509_certificate(data)
    return Material("certificate", public_key_in(data, "certificate"), data)


def _request(data: bytes) -> Material:
    from cryptography import x509

    if not x509.load_der_x509_csr(data).is_signature_valid:
        raise ValueError("signed with another key")
    return Material("request", public_key_in(data, "request"))


def _public(data: bytes) -> Material:
    from cryptography.hazmat.primitives import serialization

    is_pem = data.startswith(_BEGIN)
    load = serialization.load_pem_public_key if is_pem else serialization.load_der_public_key
    return Material("public key", _encoded(load(data)))


def _private(data: bytes) -> Material:
    from cryptography.hazmat.primitives import serialization

    block = _BLOCK.match(data)
    plain = _unarmoured(block[2]) if block and block[1] == b"EC PRIVATE KEY" else b""
    if data.startswith(_BEGIN) and not plain:  # another form, or one with a password
        key = serialization.load_pem_private_key(data, None)
    else:
        key = serialization.load_der_private_key(with_whole_secret(plain or data), None)
    return Material("private key", _encoded(key.public_key()))


def _encoded(key: PublicKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# In the order in which DER, which has no label, is tried.
_READERS: dict[str, Callable[[bytes], Material]] = {
    "certificate": _certificate,
    "request": _request,
    "public key": _public,
    "private key": _private,
}
_KEYS = ("public key", "private key")
_LABELS: dict[bytes, str] = {
    b"CERTIFICATE": "certificate",
    b"X509 CERTIFICATE": "certificate",
    b"CERTIFICATE REQUEST": "request",
    b"NEW CERTIFICATE REQUEST": "request",
    b"PUBLIC KEY": "public key",
    b"RSA PUBLIC KEY": "public key",
    b"PRIVATE KEY": "private key",
    b"RSA PRIVATE KEY": "private key",
    b"EC PRIVATE KEY": "private key",
    b"ENCRYPTED PRIVATE KEY": "private key",
}
_PASSED = (b"EC PARAMETERS", b"DH PARAMETERS")
