"""Whether the wire form of rdata has the shape that its type needs, for types that hide it.

Anybody may write rdata as octets (`\\# LENGTH HEX`, RFC 3597 section 5), also of a type that has a
form of its own. The servers read those octets as the type's wire form and refuse the whole zone
where they do not fit. dnspython judges most types; here is what it does not know or passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# A shape is a row of fields: digits, so many octets; `n`, a name without compression;
# `s`, a string behind its length; `+`, one octet or more; `*`, any octets or none.
_FIELD = re.compile(r"\d+|[ns+*]")
_SHAPES: dict[str, str] = {
    "MD": "n", "MF": "n", "MB": "n", "MG": "n", "MR": "n",  # RFC 1035 section 3.3
    "MINFO": "nn", "TALINK": "nn",
    "NSEC": "n+", "RRSIG": "18n+",  # RFC 4034
    "DS": "4+", "CDS": "4+", "DLV": "4+", "TA": "4+",
    "DNSKEY": "4+", "CDNSKEY": "4+", "RKEY": "4+",
    "CERT": "5+", "TLSA": "3+", "SMIMEA": "3+",
    "DHCID": "+", "OPENPGPKEY": "+", "HHIT": "+", "BRID": "+", "NSAP": "+",
    "EID": "+", "NIMLOC": "+", "ATMA": "1+", "SINK": "2+",
    "DOA": "9s*",
}  # fmt: skip

_IPSECKEY_FIXED = 3  # octets: precedence, gateway type and algorithm
_GATEWAY_OCTETS, _GATEWAY_IS_NAME = {0: 0, 1: 4, 2: 16}, 3  # by gateway type
_WKS_FIXED = 5  # octets: an address and a protocol
_A6_BITS = 128
_NO_KEY = 0xC000  # flags of a KEY that holds none (RFC 2535 section 3.1.2)


def has_right_shape(rdtype: str, wire: bytes) -> bool:
    """Return whether *wire*, rdata of *rdtype* in wire form, has the shape of its type.

    rdtype: a mnemonic. A type that is not known here has every shape.
    """
    shape = _SHAPES.get(rdtype)
    if shape is not None and not _fits(shape, wire):
        return False
    look_closer = _CLOSER_LOOKS.get(rdtype)
    return look_closer is None or look_closer(wire)


def _fits(shape: str, wire: bytes) -> bool:
    at = 0
    for field in _FIELD.findall(shape):
        if field == "*":
            return True
        if field == "+":
            return at < len(wire)
        end = at + int(field) if field.isdigit() else _FIELD_END[field](wire, at)
        if end is None or end > len(wire):
            return False
        at = end
    return at == len(wire)


def _end_of_name(wire: bytes, start: int) -> int | None:
    """Return where the name at *start* ends, None where there is none (RFC 1035 section 3.1)."""
    at = start
    while at < len(wire) and at - start < 255:
        length = wire[at]
        at += 1 + length
        if length == 0:
            return at if at - start <= 255 else None
        if length > 63:
            return None
    return None


def _end_of_string(wire: bytes, start: int) -> int | None:
    return start + 1 + wire[start] if start < len(wire) else None


_FIELD_END: dict[str, Callable[[bytes, int], int | None]] = {
    "n": _end_of_name,
    "s": _end_of_string,
}


def _has_hit_and_key(wire: bytes) -> bool:
    """Return whether a HIP has both (RFC 8005 section 5)."""
    return len(wire) > 4 and wire[0] > 0 and wire[2:4] != b"\0\0"


def _has_ipsec_key(wire: bytes) -> bool:
    """Return whether a key follows the gateway of an IPSECKEY (RFC 4025 section 2.1)."""
    if len(wire) <= _IPSECKEY_FIXED:
        return False
    if wire[1] == _GATEWAY_IS_NAME:
        end = _end_of_name(wire, _IPSECKEY_FIXED)
        return end is not None and end < len(wire)
    return len(wire) > _IPSECKEY_FIXED + _GATEWAY_OCTETS.get(wire[1], 0)


def _is_tight_bitmap(wire: bytes) -> bool:
    """Return whether a WKS has its address and protocol, and no empty octet at its end."""
    return len(wire) == _WKS_FIXED or (len(wire) > _WKS_FIXED and wire[-1] != 0)


def _is_a6(wire: bytes) -> bool:
    """Return whether octets are a prefix length, the rest of an address, and a name (RFC 2874)."""
    if not wire or wire[0] > _A6_BITS:
        return False
    at = 1 + (_A6_BITS - wire[0] + 7) // 8
    unused = (8 - (_A6_BITS - wire[0]) % 8) % 8
    if at > len(wire) or (unused and at > 1 and wire[1] >> (8 - unused)):
        return False
    return (_end_of_name(wire, at) if wire[0] else at) == len(wire)


def _is_key(wire: bytes) -> bool:
    """Return whether a KEY holds a key exactly where its flags promise one."""
    if len(wire) < 4:
        return False
    is_empty = len(wire) == 4
    promises_none = int.from_bytes(wire[:2], "big") & _NO_KEY == _NO_KEY
    return is_empty if promises_none else not is_empty and _names_private_algorithm(wire)


def _is_atm_address(wire: bytes) -> bool:
    """Return whether an ATMA in E.164 form, format 1, consists of digits."""
    return wire[0] != 1 or wire[1:].isdigit()


_DIGEST_OCTETS = {1: 20, 2: 32, 4: 48}  # by digest type (IANA "Digest Algorithms")


def _has_whole_digest(wire: bytes) -> bool:
    """Return whether the digest of a TA, which reads like a DS, has the length of its type."""
    return len(wire) - 4 == _DIGEST_OCTETS.get(wire[3], len(wire) - 4)


def _ends_after_it_begins(wire: bytes) -> bool:
    """Return whether an RRSIG expires after its inception (RFC 4034 section 3.1.5)."""
    expiration, inception = (int.from_bytes(wire[at : at + 4], "big") for at in (8, 12))
    return (expiration - inception) % (1 << 32) < 1 << 31


def _is_rkey(wire: bytes) -> bool:
    """Return whether the flags of an RKEY are 0, as its draft has them."""
    return wire[:2] == b"\0\0" and _names_private_algorithm(wire)


_PRIVATE_BY_NAME, _PRIVATE_BY_OID = 253, 254


def _names_private_algorithm(wire: bytes) -> bool:
    """Return whether a key of a private algorithm begins with its name (RFC 4034 appendix A.1.1).

    By name it is a domain name, by OID an identifier behind its length.
    """
    find_end = {_PRIVATE_BY_NAME: _end_of_name, _PRIVATE_BY_OID: _end_of_string}.get(wire[3])
    if find_end is None:
        return True
    end = find_end(wire, 4)
    return end is not None and end <= len(wire)


_CLOSER_LOOKS: dict[str, Callable[[bytes], bool]] = {
    "HIP": _has_hit_and_key,
    "IPSECKEY": _has_ipsec_key,
    "WKS": _is_tight_bitmap,
    "A6": _is_a6,
    "KEY": _is_key,
    "RKEY": _is_rkey,
    "DNSKEY": _names_private_algorithm,
    "CDNSKEY": _names_private_algorithm,
    "ATMA": _is_atm_address,
    "TA": _has_whole_digest,
    "RRSIG": _ends_after_it_begins,
}
