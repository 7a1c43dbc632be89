"""Owners and targets that lack their final dot, where no other check speaks of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from operator import not_

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.dots import dotted, is_dotted_inside, is_inside, written_owners
from zonebuild.checks.names import parent_of
from zonebuild.checks.soa_record import read_soa
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.model import absolute
from zonebuild.rdata.canonical import TARGET_TOKEN

_REVERSE = (".in-addr.arpa.", ".ip6.arpa.")
_HOST_TYPES = frozenset({*bits.HOST_TYPES, 64, 65})  # SVCB and HTTPS, whose family looks too


def owner_repeats_origin(survey: Survey) -> Iterator[Fact]:
    """Find each owner that is one of the zone's names with its origin behind it once more."""
    rows = sorted(row for rows in survey.rows_at(_doubled(survey)).values() for row in rows)
    seen = set()
    for row, origin, written in written_owners(survey, rows):
        owner = survey.records.owners[row]
        if owner not in seen and _is_doubled(survey, owner, written, origin):
            seen.add(owner)
            message = f"owner {survey.names[owner]} repeats its origin {origin}"
            yield Fact(row, f"{message}: write {written}. with its final dot")


def _doubled(survey: Survey) -> list[int]:
    """Return the names of the zone that own something and have the apex in them twice."""
    apex, masks = survey.apex, survey.masks
    if apex == "." or not _may_be_doubled(survey):
        return []
    found = [i for i, name in enumerate(survey.names) if name.count(apex) > 1 and masks[i]]
    return [i for i in found if not survey.places.of(i)]


def _may_be_doubled(survey: Survey) -> bool:
    """Say whether a name may have the apex in it twice: its parent has, or begins like the apex's.

    Parents are few, and to count in all at once takes a fraction of the time of a look at each.
    """
    apex, above = survey.apex, parent_of(survey.apex)
    text = "\n".join(["", *survey.places.parents(), ""])
    if above == "." or text.count(apex) > text.count(f"{apex}\n"):
        return True
    return text.count(f"\n{above}") > text.count(f"\n{above}\n")


def _is_doubled(survey: Survey, owner: int, written: str, origin: str) -> bool:
    """Say whether *written* is surely meant to be absolute.

    Below an underscore label other names are put on purpose (RFC 7489 section 7.1), and what is
    delegated right below a top-level domain may be called like it.
    """
    if not is_inside(survey, f"{written.lower()}.") or "._" in f".{origin}":
        return False
    mask = survey.masks[owner]
    is_like_its_parent = mask & bits.NS_BIT and "." not in survey.apex[:-1]
    return not is_like_its_parent and not mask & bits.SOA_BIT  # an SOA there is said already


def target_lacks_final_dot(survey: Survey) -> Iterator[Fact]:
    """Find each target that is meant to be absolute and, being relative, names nothing here."""
    yield from _in_soa(survey)
    silent = [(row, target) for row, target in _pointing(survey) if _is_silent(survey, row, target)]
    for row, origin, rdata in survey.rdatas([row for row, _target in silent]):
        rdtype = survey.type_of(row)
        written = _target_text(rdtype, rdata)
        name = absolute(written, origin).lower()
        source = survey.source_of(survey.indices[name]) if name in survey.indices else None
        meant = dotted(survey, written, origin, is_covered=source is not None)
        if meant is not None:
            found = "does not exist" if source is None else "is answered by a wildcard alone"
            message = f"{rdtype} target {name} {found}: write {meant} with its final dot"
            yield Fact(row, message, Part.RDATA)


def _target_text(rdtype: str, rdata: str) -> str:
    return "" if "\\" in rdata else rdata.split(" ")[TARGET_TOKEN[rdtype]]


def _in_soa(survey: Survey) -> Iterator[Fact]:
    soa = survey.once(read_soa)
    for field, written in (("MNAME", soa.mname), ("RNAME", soa.rname)) if soa else ():
        if soa and is_dotted_inside(written):
            name = absolute(written, soa.origin).lower()
            meant = None if survey.exists(name) else dotted(survey, written, soa.origin)
            if meant:
                message = f"SOA {field} {name} is surely not meant"
                yield Fact(soa.row, f"{message}: write {meant} with its final dot", Part.RDATA)


def _pointing(survey: Survey) -> Iterator[tuple[int, int]]:
    """Yield the rows, and their targets, that point at a name of the zone that owns nothing."""
    if survey.apex == ".":
        return
    rows, targets, names = survey.records.target_rows, survey.records.targets, survey.names
    masks, suffix = survey.masks, f".{survey.apex}"
    idle = compress(range(len(masks)), map(not_, masks))
    bare = {i for i in idle if names[i].endswith(suffix)}
    if bare:
        yield from compress(zip(rows, targets, strict=True), map(bare.__contains__, targets))


def _is_silent(survey: Survey, row: int, target: int) -> bool:
    """Say whether no other check speaks of this *target*, which owns nothing.

    Of hosts that are not there others speak, unless a wildcard answers for them.
    """
    if survey.places.of(survey.records.owners[row]) or not survey.is_ours(target):
        return False
    source, rdtype = survey.source_of(target), survey.records.rdtypes[row]
    if source == target:
        return False  # an empty non-terminal
    if rdtype == bits.PTR and survey.apex.endswith(_REVERSE):
        return False
    if rdtype == bits.CNAME:
        return source is not None
    if rdtype in _HOST_TYPES:
        return source is not None and bool(survey.masks[source] & bits.ADDRESS_BITS)
    return True


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="owner-repeats-origin", numbers=("Z111",), severity=ERROR, refused_by="",
        spec="RFC 1035 section 5.1", find=owner_repeats_origin,
        why="Without its final dot a name is relative; nobody asks for the one that it became.",
        bad="www.example.org A 192.0.2.2\n", good="www.example.org. A 192.0.2.2\n",
    ),
    Check(
        name="target-lacks-final-dot", numbers=("Z112",), severity=ERROR, refused_by="",
        spec="RFC 1035 section 5.1", find=target_lacks_final_dot,
        why="The record leads to a name of this zone that nobody meant, or to a wildcard.",
        bad="* A 192.0.2.2\n@ MX 10 mail.example.com\n",
        good="* A 192.0.2.2\n@ MX 10 mail.example.com.\n",
    ),
)
# fmt: on
