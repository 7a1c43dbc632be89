"""The SubjectPublicKeyInfo of a certificate or a request, cut out of its octets as they are; and
EC private keys that only some parsers take.

TLSA matches octets: a key that is read and written again need not have the same ones, and a key of
an algorithm that no library here knows can be matched all the same.
Spec: RFC 5280 section 4.1, RFC 2986 section 4.1; X.690 sections 8.1 and 10.1 for lengths.
"""

from __future__ import annotations

from typing import NamedTuple

_BIT_STRING, _SEQUENCE, _VERSION = 0x03, 0x30, 0xA0
_BEFORE_KEY = {"certificate": 5, "request": 2}  # elements, a certificate's version not counted
_MAX_LENGTH_OCTETS = 4
_INTEGER, _OCTET_STRING, _PARAMETERS = 0x02, 0x04, 0xA0
# Of a key on each curve, by the object identifier, DER.
_SECRET_OCTETS = {
    bytes.fromhex("06082a8648ce3d030107"): 32,  # secp256r1
    bytes.fromhex("06052b81040022"): 48,  # secp384r1
    bytes.fromhex("06052b81040023"): 66,  # secp521r1
}


class _Element(NamedTuple):
    """One element. start: of its tag, body: of its content, end: behind it."""

    tag: int
    start: int
    body: int
    end: int


def public_key_in(data: bytes, kind: str) -> bytes:
    """Return the SubjectPublicKeyInfo, DER, of a `certificate` or `request` in DER.

    Errors: ValueError where the octets are no such thing.
    """
    outer = _element(data, 0, len(data), _SEQUENCE)
    if outer.end != len(data):
        raise ValueError("octets behind the end")
    info = _element(data, outer.body, outer.end, _SEQUENCE)
    at = info.body
    if kind == "certificate" and at < info.end and data[at] == _VERSION:
        at = _element(data, at, info.end).end
    for _ in range(_BEFORE_KEY[kind]):
        at = _element(data, at, info.end).end
    key = _element(data, at, info.end, _SEQUENCE)
    algorithm = _element(data, key.body, key.end, _SEQUENCE)
    bits = _element(data, algorithm.end, key.end, _BIT_STRING)
    if bits.end != key.end or bits.end - bits.body < 2:
        raise ValueError("no public key")
    return data[key.start : key.end]


def _element(data: bytes, start: int, end: int, tag: int | None = None) -> _Element:
    """Return the element at *start*, which must end by *end*. Errors: ValueError."""
    if end - start < 2 or tag not in (None, data[start]):
        raise ValueError("another element is wanted")
    length, body = data[start + 1], start + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= _MAX_LENGTH_OCTETS or end - body < count:
            raise ValueError("a length that DER does not have")
        length, body = int.from_bytes(data[body : body + count], "big"), body + count
    if length > end - body:
        raise ValueError("an element that is cut off")
    return _Element(data[start], start, body, body + length)


def with_whole_secret(data: bytes) -> bytes:
    """Return an EC private key, DER, whose secret has the length that its curve wants.

    GnuTLS writes it as an integer, so that half of the keys have an octet too many and some have
    one too few; OpenSSL takes them, other parsers do not. Octets that are no such key are returned
    as they are.
    Spec: RFC 5915 section 3 (the length is that of the curve's order).
    """
    try:
        outer = _element(data, 0, len(data), _SEQUENCE)
        version = _element(data, outer.body, outer.end, _INTEGER)
        secret = _element(data, version.end, outer.end, _OCTET_STRING)
        curve = _element(data, secret.end, outer.end, _PARAMETERS)
    except ValueError:
        return data
    length = _SECRET_OCTETS.get(data[curve.body : curve.end])
    value = data[secret.body : secret.end].lstrip(b"\0")
    if length is None or len(value) > length or outer.end != len(data):
        return data
    whole = _encoded(_OCTET_STRING, value.rjust(length, b"\0"))
    return _encoded(_SEQUENCE, data[version.start : version.end] + whole + data[secret.end :])


def _encoded(tag: int, body: bytes) -> bytes:
    """Return an element. Spec: X.690 sections 8.1.3 and 10.1."""
    count = len(body)
    size = b"" if count < 0x80 else count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size) if size else count)) + size + body
