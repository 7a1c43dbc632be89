"""The SubjectPublicKeyInfo of a certificate or a request, cut out of its octets as they are.

TLSA matches octets: a key that is read and written again need not have the same ones, and a key of
an algorithm that no library here knows can be matched all the same.
Spec: RFC 5280 section 4.1, RFC 2986 section 4.1; X.690 sections 8.1 and 10.1 for lengths.
"""

from __future__ import annotations

from typing import NamedTuple

_BIT_STRING, _SEQUENCE, _VERSION = 0x03, 0x30, 0xA0
_BEFORE_KEY = {"certificate": 5, "request": 2}  # elements, a certificate's version not counted
_MAX_LENGTH_OCTETS = 4


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
