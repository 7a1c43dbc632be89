"""ZONEMD: the digest over a whole zone, for who gets it by another way than a transfer (RFC 8976).

Off: it must be the digest of the zone as it is served, so of a zone that is signed its signer
makes it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from zonebuild.checks import bits
from zonebuild.checks.check import WARNING, Check, Fact
from zonebuild.checks.soa_record import read_soa
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.rdata.canonical import canonical_text, parse
from zonebuild.rdata.order import name_order
from zonebuild.rdata.types import type_number

ZONEMD = 63
_SIMPLE = 1
_HASHES: dict[int, Callable[[], Any]] = {1: hashlib.sha384, 2: hashlib.sha512}
_CLASS_IN = (1).to_bytes(2, "big")


class _Digest(NamedTuple):
    """A ZONEMD of the apex. digest: in lower-case hex."""

    row: int
    serial: int
    scheme: int
    kind: int
    digest: str


def zonemd_mismatch(survey: Survey) -> Iterator[Fact]:
    """Find each ZONEMD of the apex that whoever checks the zone could not use, or would refuse."""
    digests = list(_digests(survey))
    kinds = Counter((digest.scheme, digest.kind) for digest in digests)
    soa = survey.once(read_soa)
    for digest in digests:
        if kinds[digest.scheme, digest.kind] > 1:
            yield _fact(digest, "stands beside another of its scheme and hash: keep one")
        elif soa is not None and digest.serial != soa.serial:
            yield _fact(digest, f"is of serial {digest.serial}: want {soa.serial}")
        elif digest.scheme == _SIMPLE and digest.kind in _HASHES:
            wanted = zone_digest(survey, digest.kind)
            if digest.digest != wanted:
                yield _fact(digest, f"is not the digest of this zone: want {wanted}")


def _fact(digest: _Digest, fault: str) -> Fact:
    return Fact(digest.row, f"ZONEMD {fault}", Part.RDATA)


def _digests(survey: Survey) -> Iterator[_Digest]:
    rows = [r for r in survey.rows_of(ZONEMD) if survey.records.owners[r] == survey.apex_index]
    for row, origin, rdata in survey.rdatas(rows):
        serial, scheme, kind, digest = canonical_text("ZONEMD", rdata, origin).split(" ", 3)
        yield _Digest(row, int(serial), int(scheme), int(kind), digest.replace(" ", "").lower())


def zone_digest(survey: Survey, kind: int) -> str:
    """Return the digest of the zone by the scheme SIMPLE, in lower-case hex.

    kind: 1 is SHA-384, 2 is SHA-512. The records of all names count, occluded ones as well.
    Spec: RFC 8976 section 3.3; equal records are one (section 3.3.1).
    """
    made = _HASHES[kind]()
    for record, _again in groupby(sorted(_wire_records(survey))):
        labels, rdtype, ttl, rdata = record
        for label in reversed(labels):
            made.update(bytes((len(label),)) + label)
        made.update(b"\0" + rdtype + _CLASS_IN + ttl + len(rdata).to_bytes(2, "big") + rdata)
    return str(made.hexdigest())


# Labels in lower case from the root down, type, TTL, canonical rdata: the order of RFC 8976 3.3.2.
_Wire = tuple[tuple[bytes, ...], bytes, bytes, bytes]


def _wire_records(survey: Survey) -> Iterator[_Wire]:
    """Yield the records that the digest is made of."""
    for record in survey.records.iterate():
        rdtype = type_number(record.rdtype) or 0
        rdata = parse(record.rdtype, record.rdata, record.origin).to_digestable()
        is_signed = rdtype == bits.RRSIG
        covered = int.from_bytes(rdata[:2], "big") if is_signed else rdtype
        if covered != ZONEMD or record.owner != survey.apex:
            ttl = record.ttl.to_bytes(4, "big")
            yield name_order(record.owner), rdtype.to_bytes(2, "big"), ttl, rdata


# Of the zone that stands before each example.
_EXAMPLE = (
    "7ce29fb5a08b139b892f3bc0e1f5dd52d81d85be7cd278bdc9ede09142fc1134"
    "e7142e38699303e4027449105eb05fee"
)

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="zonemd-mismatch", numbers=("Z136",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 8976 section 4", find=zonemd_mismatch, about=(ZONEMD,),
        why="Whoever checks the zone by it throws the zone away.",
        bad=f"@ ZONEMD 1 1 1 {'0' * 96}\n", good=f"@ ZONEMD 1 1 1 {_EXAMPLE}\n",
    ),
)
# fmt: on
