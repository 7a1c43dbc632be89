"""The plain spelling of the common types, judged many at a time.

Each pattern takes rdata whose tokens stand one space apart. What a pattern takes is a part of
what dnspython takes, never more (a permanent test compares the two); what it does not take is
not wrong yet: dnspython decides. Judging is done in bulk because a call a record would cost more
than the check: `inet_pton` is mapped over all addresses, one regular expression runs over the
joined rdata of a type.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from itertools import repeat

_LABEL = r"[\w*/-]{1,63}+"
NAME = rf"(?:@|\.|{_LABEL}(?:\.{_LABEL})*\.?)"
_U8 = r"(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])"
_U16 = r"(?:\d{1,4}|[0-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_U32 = r"(?:\d{1,9}|[0-3]\d{9})"
_PERIOD = r"(?:\d{1,9}|(?:\d{1,3}[smhdwSMHDW]){1,5})"  # at most 5 times 999 w: fits 32 bits
_STRING = r'"[ !#-\[\]-~]{0,255}+"'  # without escapes: each character is an octet
_BARE = r"[!#-'*-:<-\[\]-~]{1,255}+"
_SHA = {1: 40, 2: 64, 4: 96}


def _hex(digits: int) -> str:
    """Return the pattern of *digits* hex digits, whole or in groups of 56 as BIND writes them."""
    digit = "[0-9A-Fa-f]"
    whole = rf"{digit}{{{digits}}}"
    groups, rest = divmod(digits, 56)
    if not groups:
        return whole
    split = " ".join([rf"{digit}{{56}}"] * groups + [rf"{digit}{{{rest}}}"])
    return f"(?:{whole}|{split})"


_DS_DIGEST = "(?:" + "|".join(f"{kind} {_hex(size)}" for kind, size in _SHA.items()) + ")"
_PATTERNS: dict[str, str] = {
    "NS": NAME,
    "CNAME": NAME,
    "PTR": NAME,
    "DNAME": NAME,
    "MX": f"{_U16} {NAME}",
    "SRV": f"{_U16} {_U16} {_U16} {NAME}",
    "TXT": rf"(?:{_STRING}(?: {_STRING})*|{_BARE}(?: {_BARE})*)",
    "SOA": f"{NAME} {NAME} {_U32}" + f" {_PERIOD}" * 4,
    "DS": f"{_U16} {_U8} {_DS_DIGEST}",
    "SSHFP": f"{_U8} (?:1 {_hex(40)}|2 {_hex(64)})",
    "TLSA": f"[0-3] [01] (?:1 {_hex(64)}|2 {_hex(128)})",
    "CAA": f"(?:0|128) [A-Za-z0-9]{{1,15}} {_STRING}",
    "HTTPS": rf"[1-9]\d{{0,3}} {NAME}(?: alpn=(?:h3,h2|h2,h3|h3|h2))?",
}
FAST_TYPES: tuple[str, ...] = ("A", "AAAA", *_PATTERNS)
_ONE = {rdtype: re.compile(pattern, re.ASCII) for rdtype, pattern in _PATTERNS.items()}
_MANY = {
    rdtype: re.compile(rf"(?:{pattern}\n)*", re.ASCII) for rdtype, pattern in _PATTERNS.items()
}
_FAMILY = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}
_MAX_PLAIN = 600  # characters; longer rdata is left to dnspython's length checks
_MAX_PLAIN_TXT = 65_000  # characters: more would not fit into 65,535 octets


def odd_ones(rdtype: str, rdatas: Sequence[str]) -> list[int]:
    """Return the indices of *rdatas* that are not the plain spelling of a correct *rdtype*.

    rdtype: one of FAST_TYPES. An empty list is the usual answer and the fast one.
    """
    family = _FAMILY.get(rdtype)
    if family is not None:
        return _odd_addresses(family, rdatas)
    if not _too_long(rdtype, rdatas) and _MANY[rdtype].fullmatch("\n".join(rdatas) + "\n"):
        return []
    return [i for i, rdata in enumerate(rdatas) if not is_plain(rdtype, rdata)]


def is_plain(rdtype: str, rdata: str) -> bool:
    """Say whether *rdata* is the plain spelling of a correct *rdtype* (one of FAST_TYPES)."""
    family = _FAMILY.get(rdtype)
    if family is not None:
        return not _odd_addresses(family, [rdata])
    return not _too_long(rdtype, [rdata]) and _ONE[rdtype].fullmatch(rdata) is not None


def _too_long(rdtype: str, rdatas: Sequence[str]) -> bool:
    return max(map(len, rdatas)) > (_MAX_PLAIN_TXT if rdtype == "TXT" else _MAX_PLAIN)


def _odd_addresses(family: socket.AddressFamily, rdatas: Sequence[str]) -> list[int]:
    try:
        for _ in map(socket.inet_pton, repeat(family), rdatas):
            pass
    except OSError:
        return [i for i, rdata in enumerate(rdatas) if not _is_address(family, rdata)]
    return []


def _is_address(family: socket.AddressFamily, rdata: str) -> bool:
    try:
        socket.inet_pton(family, rdata)
    except OSError:
        return False
    return True
