"""What a certificate says of itself: when it holds, for which hosts, who signed it.

Spec: RFC 5280 sections 4.1.2.5 and 4.2.1.6; RFC 9525 section 6.3 (host names, wildcards).
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cryptography import x509

_RSA = bytes.fromhex("06092a864886f70d0101")  # 1.2.840.113549.1.1, with any last number


class Facts(NamedTuple):
    """begins, ends: Unix time in seconds. names: of hosts, lower case, as the SAN has them."""

    begins: float
    ends: float
    names: tuple[str, ...]


def read_facts(der: bytes) -> Facts | None:
    """Return what the certificate *der* says, None where it cannot be read."""
    from cryptography import x509

    parsed = _parsed(der)
    if parsed is None:
        return None
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        hosts = tuple(name.lower() for name in names.value.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        hosts = ()
    times = (parsed.not_valid_before_utc, parsed.not_valid_after_utc)
    return Facts(times[0].timestamp(), times[1].timestamp(), hosts)


def why_not_valid(facts: Facts, now: float) -> str:
    """Return the clause that says why a certificate does not hold at *now*, empty where it does.

    now: Unix time in seconds.
    """
    if now > facts.ends:
        return f"has expired on {_day(facts.ends)}"
    return f"is not valid before {_day(facts.begins)}" if now < facts.begins else ""


def covers(names: tuple[str, ...], host: str) -> bool:
    """Say whether one of *names* is *host*, or a wildcard for it. host: without final dot."""
    parent = "*." + host.lower().partition(".")[2]
    return host.lower() in names or parent in names


def algorithm_of(public_key: bytes) -> str:
    """Return `rsa` or `ecdsa`, as `Endpoint.algorithm` has it. public_key: in DER."""
    return "rsa" if _RSA in public_key[:32] else "ecdsa"


def is_signed_by(der: bytes, issuer: bytes) -> bool:
    """Say whether the key of *issuer* signed the certificate *der*."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    child, parent = _parsed(der), _parsed(issuer)
    if child is None or parent is None:
        return False
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True


def _parsed(der: bytes) -> x509.Certificate | None:
    from cryptography import x509

    try:
        with warnings.catch_warnings():  # of what later versions of the parser will refuse
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        return None


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")
