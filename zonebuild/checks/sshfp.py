"""SSHFP records: fields that are assigned, and hosts that can be reached (RFC 4255, RFC 6594)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.checks.tlsa import without_address
from zonebuild.diagnostic import Part
from zonebuild.model import type_bit
from zonebuild.rdata.canonical import canonical_text

SSHFP = 44
_SSHFP_BIT = type_bit(SSHFP)
_REACHABLE = bits.ADDRESS_BITS | bits.CNAME_BIT
_ALGORITHMS = {1: "RSA", 2: "DSA", 3: "ECDSA", 4: "Ed25519", 6: "Ed448"}
_SHA1, _SHA256 = 1, 2


def sshfp_field_unknown(survey: Survey) -> Iterator[Fact]:
    """Find each SSHFP whose algorithm or fingerprint type is not assigned."""
    for row, algorithm, kind in survey.once(_odd_records):
        if algorithm not in _ALGORITHMS:
            known = ", ".join(f"{number} ({name})" for number, name in _ALGORITHMS.items())
            message = f"SSHFP algorithm {algorithm} is not assigned: write one of {known}"
            yield Fact(row, message, Part.RDATA)
        if kind not in (_SHA1, _SHA256):
            message = f"SSHFP fingerprint type {kind} is not assigned: write 2 (SHA-256)"
            yield Fact(row, message, Part.RDATA)


def sshfp_sha1(survey: Survey) -> Iterator[Fact]:
    """Find each SSHFP with a SHA-1 fingerprint."""
    for row, algorithm, kind in survey.once(_odd_records):
        if kind == _SHA1:
            message = f"SSHFP of {survey.owner(row)} has a SHA-1 fingerprint"
            meant = f'"{algorithm} 2" and the SHA-256 fingerprint'
            yield Fact(row, f"{message}: write {meant} in its place", Part.RDATA)


def _odd_records(survey: Survey) -> list[tuple[int, int, int]]:
    """Return row, algorithm and fingerprint type of what is not plainly right."""
    found = []
    for row, origin, rdata in survey.unusual(SSHFP):
        algorithm, kind = canonical_text("SSHFP", rdata, origin).split(" ")[:2]
        found.append((row, int(algorithm), int(kind)))
    return found


def sshfp_host_without_address(survey: Survey) -> Iterator[Fact]:
    """Find each name with SSHFP that has no address, wildcards aside; say it once for each."""
    owners, masks = survey.records.owners, survey.masks
    if all(mask & _REACHABLE for mask in survey.kinds if mask & _SSHFP_BIT):
        return
    bare = {
        owners[row]: row
        for row in reversed(survey.rows_of(SSHFP))
        if not masks[owners[row]] & _REACHABLE
    }
    for owner, row in sorted(bare.items(), key=lambda pair: pair[1]):
        host = survey.names[owner]
        if survey.is_ours(owner) and not host.startswith("*."):
            yield Fact(row, f"SSHFP of {host}, which {without_address(survey, host)}")


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="sshfp-field-unknown", numbers=("Z096",), severity=ERROR, refused_by="",
        spec="RFC 4255 section 3.1, RFC 6594 section 5, RFC 8709 section 6",
        find=sshfp_field_unknown, why="ssh passes over such a record.", about=(SSHFP,),
        bad=f"ns SSHFP 5 2 {'0f' * 32}\n", good=f"ns SSHFP 4 2 {'0f' * 32}\n",
    ),
    Check(
        name="sshfp-sha1", numbers=("Z097",), severity=WARNING, refused_by="",
        spec="RFC 6594 section 4.1, RFC 6194 section 2", find=sshfp_sha1,
        about=(SSHFP,),
        why="Somebody may make another key with the same SHA-1; every ssh of today reads SHA-256.",
        bad=f"ns SSHFP 4 1 {'0f' * 20}\n", good=f"ns SSHFP 4 2 {'0f' * 32}\n",
    ),
    Check(
        name="sshfp-host-without-address", numbers=("Z098",), severity=WARNING, refused_by="",
        spec="RFC 4255 section 2, RFC 4592 section 2.2.2", find=sshfp_host_without_address,
        about=(SSHFP,),
        why="Nobody can log in there; the SSHFP itself ends what a wildcard did for this name.",
        bad=f"login SSHFP 4 2 {'0f' * 32}\n",
        good=f"login A 192.0.2.2\nlogin SSHFP 4 2 {'0f' * 32}\n",
    ),
)
# fmt: on
