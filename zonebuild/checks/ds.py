"""DS records: what they digest and how (RFC 4034 section 5, RFC 8624)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.rdata.canonical import canonical_text

_SHA1, _SHA256, _SHA384 = 1, 2, 4
_LOADED_EVERYWHERE = frozenset({_SHA1, _SHA256, _SHA384})
# IANA "Digest Algorithms" of DS; whatever else is unassigned.
_OTHER_DIGESTS = {3: "GOST R 34.11-94", 5: "GOST R 34.11-2012", 6: "SM3"}

# IANA "DNS Security Algorithm Numbers" that no zone may be signed with any more, or ever.
_DEPRECATED = {
    0: "of CDS alone, to ask for no DS", 1: "RSAMD5", 2: "Diffie-Hellman", 3: "DSA", 5: "RSASHA1",
    6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1", 12: "ECC-GOST",
}  # fmt: skip


def unusable_digest_type(survey: Survey) -> Iterator[Fact]:
    """Find each DS whose digest type not every server loads, or validators do not know."""
    for row, _algorithm, digest_type in survey.once(_records):
        if digest_type not in _LOADED_EVERYWHERE:
            what = _OTHER_DIGESTS.get(digest_type, "which is not assigned")
            message = f"DS of {survey.owner(row)} has the digest type {digest_type} ({what})"
            yield Fact(row, f"{message}: publish a digest of type 2 (SHA-256)", Part.RDATA)


def weak_digest(survey: Survey) -> Iterator[Fact]:
    """Find each DS with a SHA-1 digest."""
    for row, _algorithm, digest_type in survey.once(_records):
        if digest_type == _SHA1:
            message = f"DS of {survey.owner(row)} has a SHA-1 digest (type 1)"
            yield Fact(row, f"{message}: publish one of type 2 (SHA-256)", Part.RDATA)


def deprecated_algorithm(survey: Survey) -> Iterator[Fact]:
    """Find each DS of a key whose algorithm is not to be used."""
    for row, algorithm, _digest_type in survey.once(_records):
        if algorithm in _DEPRECATED:
            message = f"DS of {survey.owner(row)} has the algorithm {algorithm}"
            message += f" ({_DEPRECATED[algorithm]}): sign the child with 13 (ECDSAP256SHA256)"
            yield Fact(row, message, Part.RDATA)


def _records(survey: Survey) -> list[tuple[int, int, int]]:
    """Return row, algorithm and digest type of each DS that is not plainly right."""
    found = []
    for row, origin, rdata in survey.unusual(bits.DS):
        fields = rdata.split(" ", 3)
        if not all(map(str.isdigit, fields[:3])):  # a mnemonic, or \# of RFC 3597
            fields = canonical_text("DS", rdata, origin).split(" ")
        found.append((row, int(fields[1]), int(fields[2])))
    return found


_DIGEST = "0" * 64

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="ds-unusable-digest-type", numbers=("Z062", "Z063"), severity=ERROR, refused_by="K",
        spec="RFC 8624 section 3.3, RFC 4035 section 5.2", find=unusable_digest_type,
        about=(bits.DS,),
        why="Validators pass over a digest that they do not know, and Knot refuses the zone.",
        bad=f"sub NS ns.example.net.\nsub DS 12345 13 3 {_DIGEST}\n",
        good=f"sub NS ns.example.net.\nsub DS 12345 13 2 {_DIGEST}\n",
    ),
    Check(
        name="ds-weak-digest", numbers=("Z063",), severity=WARNING, refused_by="",
        spec="RFC 8624 section 3.3, RFC 4509 section 3", find=weak_digest, about=(bits.DS,),
        why="SHA-1 is broken: newer validators take the child for unsigned.",
        bad=f"sub NS ns.example.net.\nsub DS 12345 13 1 {_DIGEST[:40]}\n",
        good=f"sub NS ns.example.net.\nsub DS 12345 13 2 {_DIGEST}\n",
    ),
    Check(
        name="ds-deprecated-algorithm", numbers=("Z063",), severity=WARNING, refused_by="",
        spec="RFC 8624 section 3.1", find=deprecated_algorithm, about=(bits.DS,),
        why="Validators that do not implement it take the child for unsigned.",
        bad=f"sub NS ns.example.net.\nsub DS 12345 5 2 {_DIGEST}\n",
        good=f"sub NS ns.example.net.\nsub DS 12345 13 2 {_DIGEST}\n",
    ),
)
# fmt: on
