"""The three numbers of a TLSA record, the data they select, and the names that own such records.

Spec: RFC 6698 sections 2.1 and 3; RFC 7671 sections 4, 5 and 10.1; RFC 7672 section 3.1.3.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

DANE_TA, DANE_EE = 2, 3  # usages
CERTIFICATE, PUBLIC_KEY = 0, 1  # selectors
WHOLE, SHA256, SHA512 = 0, 1, 2  # matching types
PROTOCOLS = ("tcp", "udp", "sctp")
MAX_PORT = 65_535

_TEXT = re.compile(r"([0-9]{1,3}) ([0-9]{1,3}) ([0-9]{1,3})", re.ASCII)
_WANT = 'want "3 1 1", the digest of the public key'


class Parameters(NamedTuple):
    """Usage, selector and matching type, as a TLSA record has them."""

    usage: int
    selector: int
    matching: int

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching}"


DEFAULT = Parameters(DANE_EE, PUBLIC_KEY, SHA256)


class Wrong(NamedTuple):
    """Why what a person or a feed gives cannot be used: a clause that follows what it is about."""

    reason: str


# What a lineage may have, with the unit that takes turns there: one track each.
UNITS: dict[tuple[int, int], str] = {
    (DANE_EE, PUBLIC_KEY): "key",
    (DANE_EE, CERTIFICATE): "certificate",
    (DANE_TA, PUBLIC_KEY): "issuer",
}
_REFUSED: tuple[tuple[str, int, str], ...] = (
    ("usage", 0, f"has usage 0, which needs a public CA beside DNSSEC and fails for mail, {_WANT}"),
    ("usage", 1, f"has usage 1, which needs a public CA beside DNSSEC and fails for mail, {_WANT}"),
    ("matching", WHOLE, f"has matching type 0, which makes answers too long, {_WANT}"),
)


def parse_parameters(text: str) -> Parameters | Wrong:
    """Return the parameters that *text*, `USAGE SELECTOR MATCHING`, gives a lineage.

    Spec: RFC 7671 section 10.1.1 (no whole data), RFC 7672 section 3.1.3 (usages for SMTP).
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        return Wrong(f"is no usage, selector and matching type, {_WANT}")
    found = Parameters(*map(int, match.groups()))
    for field, number, reason in _REFUSED:
        if getattr(found, field) == number:
            return Wrong(reason)
    if found.matching not in (SHA256, SHA512):
        return Wrong(f"has a matching type that is not assigned, {_WANT}")
    if found[:2] == (DANE_TA, CERTIFICATE):
        return Wrong('pins the certificate of an issuer, which is renewed, want "2 1 1", its key')
    if found[:2] not in UNITS:
        return Wrong(f"has a usage or selector that is not assigned, {_WANT}")
    return found


def unit_of(parameters: Parameters) -> str:
    """Return what takes turns under *parameters*, which `parse_parameters` gave."""
    return UNITS[parameters[:2]]


def association_data(selected: bytes, matching: int) -> str:
    """Return the certificate association data of the octets *selected*, in lower-case hex.

    Errors: ValueError for no octets (their digest matches nothing) and for an unknown matching.
    Spec: RFC 6698 section 2.1.3.
    """
    if not selected:
        raise ValueError("no octets to match")
    if matching == WHOLE:
        return selected.hex()
    if matching == SHA256:
        return hashlib.sha256(selected).hexdigest()
    if matching == SHA512:
        return hashlib.sha512(selected).hexdigest()
    raise ValueError(f"matching type {matching}")


def owner_of(host: str, port: int, protocol: str = "tcp") -> str:
    """Return the owner of the TLSA records of a service; *host* is absolute.

    Errors: ValueError for a port outside 0 to 65535 (0 is QUIC's and SCTP's unused one).
    Spec: RFC 6698 section 3; RFC 8552 section 4.1.
    """
    if not 0 <= port <= MAX_PORT:
        raise ValueError(f"port {port}")
    return f"_{port}._{protocol}.{'' if host == '.' else host}"
