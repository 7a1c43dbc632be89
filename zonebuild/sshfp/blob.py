"""The public key blob of an ssh host key, read octet by octet before its fingerprint is believed.

Spec: RFC 4251 section 5 (string, mpint); RFC 4253 section 6.6 (RSA); RFC 5656 section 3.1 (ECDSA);
RFC 8709 section 4 (Ed25519).
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable, Iterator, Sequence

from zonebuild.sshfp.key import Key

_RSA, _ECDSA, _ED25519 = 1, 3, 4
_LEAST_RSA, _MOST_RSA = 2048, 16_384  # bits; sshd refuses smaller and larger ones
_MOST_FIELDS = 3


def read_key(declared: str, base64_text: str) -> Key | str:
    """Return the key of a line that says it is of type *declared*, or why it gives none.

    base64_text: the blob. The reason is a clause, and quotes nothing of the line.
    """
    kind = _KINDS.get(declared)
    if kind is None:
        return _why_no_kind(declared)
    try:
        blob = binascii.a2b_base64(base64_text, strict_mode=True)
        fields = list(_fields(blob))
        if fields[0] != declared.encode("ascii"):
            return "is a key of another type than it says"
    except (ValueError, IndexError):  # binascii.Error is a ValueError
        return "has a key that is damaged or cut off"
    algorithm, problem_of = kind
    problem = problem_of(declared, fields[1:])
    return problem or Key(algorithm, hashlib.sha256(blob).hexdigest())


def _fields(blob: bytes) -> Iterator[bytes]:
    """Yield the strings of *blob*. Errors: ValueError where they do not fill it to the end."""
    start = 0
    for _ in range(_MOST_FIELDS + 1):
        if start == len(blob):
            return
        end = start + 4 + int.from_bytes(blob[start : start + 4], "big")
        if end > len(blob) or start + 4 > len(blob):
            raise ValueError
        yield blob[start + 4 : end]
        start = end
    raise ValueError


def _ed25519_problem(_: str, fields: Sequence[bytes]) -> str:
    return "" if [len(field) for field in fields] == [32] else "is no Ed25519 key of 32 octets"


_COORDINATE = {"nistp256": 32, "nistp384": 48, "nistp521": 66}  # octets


def _ecdsa_problem(declared: str, fields: Sequence[bytes]) -> str:
    curve = declared.rpartition("-")[2]
    if len(fields) != 2 or fields[0] != curve.encode("ascii"):
        return "is an ECDSA key whose curve is not the one that its type names"
    point = fields[1]
    if len(point) != 1 + 2 * _COORDINATE[curve] or point[0] != 4:
        return "is an ECDSA key without a whole, uncompressed point"
    return ""


def _rsa_problem(_: str, fields: Sequence[bytes]) -> str:
    if len(fields) != 2 or not all(map(_is_natural, fields)):
        return "is no RSA key of an exponent and a modulus"
    exponent, modulus = (int.from_bytes(field, "big") for field in fields)
    if exponent < 3 or not exponent & modulus & 1:
        return "is an RSA key that cannot work"
    bits = modulus.bit_length()
    if not _LEAST_RSA <= bits <= _MOST_RSA:
        return f"is an RSA key of {bits} bits, want {_LEAST_RSA} to {_MOST_RSA}, or Ed25519"
    return ""


def _is_natural(field: bytes) -> bool:
    """Say whether *field* is a positive mpint in its one spelling: another has another hash."""
    if not field or field[0] & 0x80:
        return False
    return field[0] != 0 or (len(field) > 1 and field[1] & 0x80 != 0)


_Kind = tuple[int, Callable[[str, Sequence[bytes]], str]]
_KINDS: dict[str, _Kind] = {
    "ssh-ed25519": (_ED25519, _ed25519_problem),
    "ssh-rsa": (_RSA, _rsa_problem),
    **{f"ecdsa-sha2-{curve}": (_ECDSA, _ecdsa_problem) for curve in _COORDINATE},
}
# What is refused, by a part of its type; the first that fits.
_REFUSED = (
    ("-cert-v0", "is a certificate, want the plain host key"),
    ("sk-", "is a user's key on a security token, want a host key"),
    ("ssh-dss", "is a DSA key, which ssh has dropped, want Ed25519, ECDSA or RSA"),
    ("ssh-ed448", "is an Ed448 key, which OpenSSH does not know, want Ed25519, ECDSA or RSA"),
    ("ssh-xmss", "is an XMSS key, which SSHFP has no number for, want Ed25519, ECDSA or RSA"),
)


def _why_no_kind(declared: str) -> str:
    for part, why in _REFUSED:
        if part in declared:
            return why
    return "is no key of a known type, want Ed25519, ECDSA or RSA"
