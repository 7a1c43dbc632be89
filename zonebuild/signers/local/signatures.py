"""RRSIG records: made, and judged whether they may stay.

Spec: RFC 4034 section 3; RFC 6605 section 4 (ECDSA); RFC 6781 section 4.4.2 (periods).
"""

from __future__ import annotations

import base64
import struct
import time
from calendar import timegm
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.rdata.types import written_type
from zonebuild.signers.local.keys import ALGORITHM, SigningKey
from zonebuild.signers.local.names import Name, label_count, wire_form
from zonebuild.signers.local.nodes import RRset
from zonebuild.signers.local.wire import canonical_wires

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

HOUR = 3600
DAY = 24 * HOUR
DEFAULT_VALIDITY = 14 * DAY
_LONGEST = 2**30  # RRSIG times compare by serial arithmetic: far below 2**31 (RFC 4034 3.1.5)


class Period(NamedTuple):
    """When signatures made now hold, and which of the old ones may stay.

    inception, expiration: Unix seconds. margin: a signature is renewed when this many seconds
    of its life are left. now: Unix seconds.
    """

    now: int
    inception: int
    expiration: int
    margin: int


class Signer(NamedTuple):
    """Who signs: the zone's apex, its key, and the period of the signatures."""

    apex: Name
    key: SigningKey
    period: Period


def signing_period(
    now: int, *, expire: int, largest_ttl: int, validity: int | None, refresh: int | None
) -> Period:
    """Return the period of signatures made at *now*; all arguments in seconds.

    A secondary may serve what it has for SOA *expire*, a cache for the largest TTL after that:
    signatures are renewed when both still fit. They hold for at least twice *expire*, and for a
    day beyond the margin, whatever *validity* and *refresh* ask.
    """
    margin = min(max(refresh or 0, expire + largest_ttl), _LONGEST - DAY)
    length = min(max(validity or DEFAULT_VALIDITY, 2 * expire, margin + DAY), _LONGEST)
    return Period(now, now - HOUR, now + length, margin)


def make_rrsig(signer: Signer, rrset: RRset) -> str:
    """Return the RRSIG line of *rrset*, without its line end.

    Errors: dns.exception.DNSException where an rdata cannot be read.
    Spec: RFC 4034 section 3.1.8.1.
    """
    period, tag, owner = signer.period, signer.key.tag, rrset.owner
    labels = label_count(owner.key)
    times = (period.expiration & 0xFFFFFFFF, period.inception & 0xFFFFFFFF)
    fields = struct.pack(
        "!HBBIIIH", rrset.rdtype, ALGORITHM, labels, rrset.ttl, *times, tag
    ) + wire_form(signer.apex.key)
    head = wire_form(owner.key) + struct.pack("!HHI", rrset.rdtype, 1, rrset.ttl)
    records = [head + len(wire).to_bytes(2, "big") + wire for wire in canonical_wires(rrset)]
    signature = _ecdsa(signer.key, fields + b"".join(records))
    return (
        f"{_prefix(rrset)}{_time_text(times[0])} {_time_text(times[1])} "
        f"{_suffix(signer)}{signature}"
    )


def kept_expiration(signer: Signer, rrset: RRset, line: str) -> int | None:
    """Return when the old RRSIG *line* of *rrset* expires, None where it must be made anew.

    line: of a signed zone whose bytes are known to be the signer's own.
    """
    prefix, period = _prefix(rrset), signer.period
    at = len(prefix) + 2 * len("YYYYMMDDHHmmSS ")
    if not line.startswith(prefix) or not line.startswith(_suffix(signer), at):
        return None
    expiration, inception = _read_times(line[len(prefix) : at])
    is_good = inception <= period.now < expiration - period.margin
    return expiration if is_good else None


def _prefix(rrset: RRset) -> str:
    """Return an RRSIG line of *rrset* up to its times."""
    owner, ttl = rrset.owner, rrset.ttl
    covered = f"{written_type(rrset.rdtype)} {ALGORITHM} {label_count(owner.key)} {ttl}"
    return f"{owner.text}\t{ttl}\tRRSIG\t{covered} "


def _suffix(signer: Signer) -> str:
    """Return what stands between the times and the signature."""
    return f"{signer.key.tag} {signer.apex.text} "


def _ecdsa(key: SigningKey, data: bytes) -> str:
    """Return the signature of *data* in base64, as the two numbers side by side (RFC 6605)."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(key.private.sign(data, _hash()))
    return base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode("ascii")


@lru_cache(maxsize=1)
def _hash() -> ECDSA:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    return ec.ECDSA(SHA256())


@lru_cache(maxsize=4096)
def _time_text(seconds: int) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


@lru_cache(maxsize=4096)
def _read_times(text: str) -> tuple[int, int]:
    """Return the Unix seconds of two YYYYMMDDHHmmSS times; (0, 0) is what cannot be read.

    Spec: RFC 4034 section 3.2.
    """
    try:
        first, second = (timegm(time.strptime(t, "%Y%m%d%H%M%S")) for t in text.split())
    except ValueError:
        return 0, 0
    return first, second
