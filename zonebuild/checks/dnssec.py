"""DNSKEY, CDS and CDNSKEY in what people write (RFC 4034, RFC 7344, RFC 8078)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.rdata.canonical import canonical_text, normal_name, parse

if TYPE_CHECKING:
    import dns.rdata

KEY, DNSKEY, CDS, CDNSKEY = 25, 48, 59, 60
_DELETE = {CDS: "0 0 0 00", CDNSKEY: "0 3 0 AA=="}
_DIGESTS = {1: "sha1", 2: "sha256", 4: "sha384"}
_DEPRECATED = {
    1: "RSAMD5", 3: "DSA", 5: "RSASHA1", 6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1",
    12: "ECC-GOST",
}  # fmt: skip


def dnskey_not_at_apex(survey: Survey) -> Iterator[Fact]:
    """Find each DNSKEY, CDS and CDNSKEY of this zone that is not at its apex."""
    for rdtype in (DNSKEY, CDS, CDNSKEY):
        for row in survey.rows_of(rdtype):
            owner = survey.records.owners[row]
            if owner != survey.apex_index and survey.is_ours(owner):
                message = f"{survey.type_of(row)} at {survey.owner(row)}"
                yield Fact(row, f"{message}: it belongs at the apex {survey.apex} alone")


def dnskey_in_unsigned(survey: Survey) -> Iterator[Fact]:
    """Find each DNSKEY at the apex: the signer puts its own there."""
    for row in _at_apex(survey, DNSKEY):
        message = f"DNSKEY of {survey.apex}: the signer adds the keys that it signs with"
        yield Fact(row, f"{message}; leave one here only if another signer has it", Part.TYPE)


def cds_delete_not_alone(survey: Survey) -> Iterator[Fact]:
    """Find each CDS and CDNSKEY that asks to delete the DS beside others that ask to keep it."""
    records = {rdtype: _records(survey, rdtype) for rdtype in _DELETE}
    deleting = [r for rdtype, found in records.items() for r in found if r.text == _DELETE[rdtype]]
    keeping = [r for rdtype, found in records.items() for r in found if r.text != _DELETE[rdtype]]
    for record in deleting if keeping else ():
        message = f"{survey.type_of(record.row)} asks the parent to delete the DS, others to set it"
        note = (keeping[0].row, "one that sets it")
        yield Fact(record.row, f"{message}: leave the one form or the other", Part.RDATA, (note,))
    for record in keeping:
        if record.algorithm == 0:
            form = _DELETE[survey.records.rdtypes[record.row]]
            message = f"{survey.type_of(record.row)} with algorithm 0 that is not the delete form"
            yield Fact(record.row, f"{message}: write {form}", Part.RDATA)


def cds_without_cdnskey(survey: Survey) -> Iterator[Fact]:
    """Find that only one of CDS and CDNSKEY is there."""
    cds, cdnskey = _at_apex(survey, CDS), _at_apex(survey, CDNSKEY)
    if bool(cds) != bool(cdnskey):
        there, missing = ("CDS", "CDNSKEY") if cds else ("CDNSKEY", "CDS")
        message = f"{there} at {survey.apex} without {missing}: some parents read only that one"
        yield Fact((cds or cdnskey)[0], f"{message}; add it")


def cds_mismatch(survey: Survey) -> Iterator[Fact]:
    """Find each CDS and CDNSKEY that the other, or the DNSKEY here, say nothing of."""
    cds, cdnskey = (
        [r for r in _records(survey, rdtype) if r.algorithm] for rdtype in (CDS, CDNSKEY)
    )
    dnskey = _records(survey, DNSKEY) if cds or cdnskey else []
    matches = partial(_matches, _owner_wire(survey) if cds else b"")
    for record in cds:
        for others, name in ((cdnskey, "CDNSKEY"), (dnskey, "DNSKEY")):
            if others and not any(matches(record.parsed, other.parsed) for other in others):
                message = f"CDS is the digest of no {name} of {survey.apex}"
                yield Fact(record.row, f"{message}: make it of the key that signs", Part.RDATA)
                break
    for record in cdnskey:
        if dnskey and record.text not in {other.text for other in dnskey}:
            message = f"CDNSKEY is no DNSKEY of {survey.apex}: write the key that signs"
            yield Fact(record.row, message, Part.RDATA)
        elif cds and not any(matches(other.parsed, record.parsed) for other in cds):
            message = f"CDNSKEY has no CDS of {survey.apex} with its digest: make that CDS of it"
            yield Fact(record.row, message, Part.RDATA)


def deprecated_key_algorithm(survey: Survey) -> Iterator[Fact]:
    """Find each key written by hand whose algorithm no signer should use any more."""
    for rdtype in (KEY, DNSKEY, CDNSKEY):
        rows = list(survey.rows_of(rdtype))
        for row, origin, rdata in survey.rdatas(rows):
            number = int(canonical_text(survey.type_of(row), rdata, origin).split(" ")[2])
            if number in _DEPRECATED:
                message = f"{survey.type_of(row)} algorithm {number} ({_DEPRECATED[number]})"
                wanted = "is deprecated: make a key of 13 (ECDSAP256SHA256) or 15 (ED25519)"
                yield Fact(row, f"{message} {wanted}", Part.RDATA)


class _Record(NamedTuple):
    """A key, or the digest of one. text: canonical."""

    row: int
    algorithm: int
    text: str
    parsed: dns.rdata.Rdata


def _at_apex(survey: Survey, rdtype: int) -> list[int]:
    owners = survey.records.owners
    return [row for row in survey.rows_of(rdtype) if owners[row] == survey.apex_index]


def _records(survey: Survey, rdtype: int) -> list[_Record]:
    """Return the records of *rdtype* at the apex."""
    found = []
    for row, origin, rdata in survey.rdatas(_at_apex(survey, rdtype)):
        parsed = parse(survey.type_of(row), rdata, origin)
        text = canonical_text(survey.type_of(row), rdata, origin)
        found.append(_Record(row, int(getattr(parsed, "algorithm")), text, parsed))  # noqa: B009
    return found


def _owner_wire(survey: Survey) -> bytes:
    import dns.name

    return dns.name.from_text(normal_name(survey.apex, ".")).canonicalize().to_wire() or b""


def _matches(owner: bytes, cds: dns.rdata.Rdata, key: dns.rdata.Rdata) -> bool:
    """Say whether *cds* is the digest of *key*; of a digest that is not known here it may be.

    owner: the apex in wire form. Spec: RFC 4034 section 5.1.4.
    """
    digest_type = int(getattr(cds, "digest_type"))  # noqa: B009
    name = _DIGESTS.get(digest_type)
    if name is None:
        return True
    octets = owner + (key.to_wire() or b"")
    digest = hashlib.new(name, octets, usedforsecurity=False).digest()
    return digest == bytes(getattr(cds, "digest"))  # noqa: B009


_KEY = (
    "257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkq"
    "mVfRvMGPmM1x8fGAa2XhSA=="
)
_OTHER = "13 2 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="dnskey-not-at-apex", numbers=("Z131", "Z132"), severity=ERROR, refused_by="",
        spec="RFC 4035 section 2.1, RFC 7344 section 4.1", find=dnskey_not_at_apex,
        about=(DNSKEY, CDS, CDNSKEY),
        why="The keys of a zone stand at its apex; nobody looks for them elsewhere.",
        bad=f"www CDNSKEY {_KEY}\n", good="@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n",
    ),
    Check(
        name="dnskey-in-unsigned", numbers=("Z131",), severity=WARNING, refused_by="",
        spec="RFC 4035 section 2.1, RFC 8901", find=dnskey_in_unsigned, about=(DNSKEY,),
        why="A key that signs nothing makes answers longer, and outlives its signer unseen.",
        bad=f"@ DNSKEY {_KEY}\n", good="@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n",
    ),
    Check(
        name="cds-delete-not-alone", numbers=("Z132",), severity=ERROR, refused_by="B",
        spec="RFC 8078 section 4", find=cds_delete_not_alone, about=(CDS, CDNSKEY),
        why="A parent that reads the one takes the zone's security away, one that reads the "
        "other keeps it.",
        bad=f"@ CDS 0 0 0 00\n@ CDNSKEY {_KEY}\n", good="@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n",
    ),
    Check(
        name="cds-without-cdnskey", numbers=("Z132",), severity=WARNING, refused_by="",
        spec="RFC 7344 section 4", find=cds_without_cdnskey, about=(CDS, CDNSKEY),
        why="Some parents read CDS, others CDNSKEY; a zone should have both.",
        bad="@ CDS 0 0 0 00\n", good="@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n",
    ),
    Check(
        name="cds-mismatch", numbers=("Z132",), severity=ERROR, refused_by="",
        spec="RFC 7344 section 4 and 4.1", find=cds_mismatch, about=(CDS, CDNSKEY),
        why="The parent would publish a DS of a key that does not sign: the zone would be bogus.",
        bad=f"@ CDS 1 {_OTHER}\n@ CDNSKEY {_KEY}\n",
        good="@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n",
    ),
    Check(
        name="deprecated-key-algorithm", numbers=("Z134",), severity=WARNING, refused_by="",
        spec="RFC 8624 section 3.1", find=deprecated_key_algorithm, about=(KEY, DNSKEY, CDNSKEY),
        why="Validators treat what such a key signs as if it were not signed, or will do so.",
        bad="www KEY 256 3 5 AwEAAQ==\n", good=f"www KEY {_KEY}\n",
    ),
)
# fmt: on
