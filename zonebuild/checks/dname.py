"""DNAME: one at its name, no other redirection beside it, nothing below it (RFC 6672)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.alias import Edges, loop_fact, loops, several
from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.names import ancestors
from zonebuild.checks.place import BELOW_DNAME, OUTSIDE
from zonebuild.checks.survey import Survey


def data_below_dname(survey: Survey) -> Iterator[Fact]:
    """Find each record whose owner lies below a DNAME."""
    hidden = [i for i in survey.places.elsewhere(BELOW_DNAME) if not survey.places.of(i) & OUTSIDE]
    for owner, rows in survey.rows_at(hidden).items():
        name = survey.names[owner]
        dname = survey.highest_holder(name, bits.DNAME_BIT)
        for row in rows:
            if survey.records.rdtypes[row] not in bits.SIGNER_TYPES:
                message = f"{survey.type_of(row)} of {name}, below the DNAME of {dname}"
                yield Fact(row, f"{message}: nothing may be there; remove either")


def several_dnames(survey: Survey) -> Iterator[Fact]:
    """Find each DNAME that leads elsewhere than the first of its name."""
    yield from several(survey, bits.DNAME)


def dname_and_ns(survey: Survey) -> Iterator[Fact]:
    """Find each DNAME at a zone cut."""
    yield from _beside(survey, bits.NS_BIT, "a delegated name has no DNAME; remove either")


def dname_and_cname(survey: Survey) -> Iterator[Fact]:
    """Find each DNAME beside a CNAME."""
    yield from _beside(survey, bits.CNAME_BIT, "a name has one or the other; remove either")


def _beside(survey: Survey, bit: int, wanted: str) -> Iterator[Fact]:
    """Find each DNAME, below the apex, whose owner also has the type of *bit*."""
    both = [
        index
        for index in survey.holders(bits.DNAME_BIT)
        if survey.masks[index] & bit and index != survey.apex_index
    ]
    other_type = bits.NS if bit == bits.NS_BIT else bits.CNAME
    rdtypes = survey.records.rdtypes
    for owner, (row, *others) in survey.first_rows(both, bits.DNAME).items():
        other = next(r for r in others if rdtypes[r] == other_type)
        message = f"DNAME at {survey.names[owner]}, which also has {survey.type_of(other)}"
        note = (other, f"{survey.type_of(other)} here")
        yield Fact(row, f"{message}: {wanted}", notes=(note,))


def dname_loop(survey: Survey) -> Iterator[Fact]:
    """Find each circle of DNAMEs once, a DNAME to itself or to what lies below it among them."""
    edges = _edges(survey)
    for members in loops(edges):
        yield loop_fact(survey, members, edges=edges, effect="no name below it ever resolves")


def _edges(survey: Survey) -> Edges:
    """Return for each DNAME that leads to or below another its row and that other's owner."""
    edges: Edges = {}
    for row, target in zip(*survey.pointing(bits.DNAME), strict=True):
        name, owner = survey.names[target], survey.records.owners[row]
        if survey.places.of(owner):
            continue
        next_one = next((n for n in (name, *ancestors(name)) if _has_dname(survey, n)), None)
        if next_one is not None:
            edges.setdefault(owner, (row, survey.indices[next_one]))
    return edges


def _has_dname(survey: Survey, name: str) -> bool:
    return bool(survey.mask(name) & bits.DNAME_BIT)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="data-below-dname", numbers=("Z037",), severity=ERROR, refused_by="KN",
        spec="RFC 6672 section 2.4", find=data_below_dname, about=(bits.DNAME,),
        why="The DNAME hides all names below it.",
        bad="old DNAME example.net.\nwww.old A 192.0.2.2\n", good="old DNAME example.net.\n",
    ),
    Check(
        name="several-dnames", numbers=("Z038",), severity=ERROR, refused_by="BKN",
        spec="RFC 6672 section 2.4", find=several_dnames, about=(bits.DNAME,),
        why="A name is redirected to one place.",
        bad="old DNAME example.net.\nold DNAME example.com.\n", good="old DNAME example.net.\n",
    ),
    Check(
        name="dname-and-ns", numbers=("Z039",), severity=ERROR, refused_by="K",
        spec="RFC 6672 section 2.3", find=dname_and_ns, about=(bits.DNAME,),
        why="The delegation hides the DNAME, and the DNAME the delegated names.",
        bad="old DNAME example.net.\nold NS ns.example.net.\n", good="old DNAME example.net.\n",
    ),
    Check(
        name="dname-and-cname", numbers=("Z040",), severity=ERROR, refused_by="BKN",
        spec="RFC 6672 section 2.4", find=dname_and_cname, about=(bits.DNAME,),
        why="Two redirections of one name.",
        bad="old DNAME example.net.\nold CNAME ns\n",
        good="old DNAME example.net.\nold A 192.0.2.2\n",
    ),
    Check(
        name="dname-loop", numbers=("Z033",), severity=ERROR, refused_by="",
        spec="RFC 6672 section 3.1", find=dname_loop, about=(bits.DNAME,),
        why="Each step gives another name below the DNAME, until it is too long.",
        bad="old DNAME new.old\n", good="old DNAME new\n",
    ),
)
# fmt: on
