"""CNAME: alone at its name, never at the apex, leading somewhere (RFC 1034 section 3.6.2)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.dots import dotted, is_dotted_inside
from zonebuild.checks.names import without_doubled_origin
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.model import type_bit

# A DNAME is a check of its own; of what signers make, NSEC3PARAM is of the apex alone.
_MAY_JOIN = bits.CNAME_BIT | bits.DNAME_BIT | bits.SIGNER_BITS & ~type_bit(bits.NSEC3PARAM)
_CHALLENGE = "_acme-challenge."
_SHOWN = 8  # names of a loop
Edges = dict[int, tuple[int, int]]  # from a name to the row that leads on, and where to


def cname_and_other_data(survey: Survey) -> Iterator[Fact]:
    """Find each CNAME whose owner has other records."""
    crowded = [
        index
        for index in survey.holders(bits.CNAME_BIT)
        if survey.masks[index] & ~_MAY_JOIN and index != survey.apex_index
    ]
    rdtypes = survey.records.rdtypes
    for owner, (row, *others) in survey.first_rows(crowded, bits.CNAME).items():
        other = next(r for r in others if rdtypes[r] not in _JOINING)
        message = f"CNAME at {survey.names[owner]}, which also has {survey.type_of(other)}"
        note = (other, f"{survey.type_of(other)} here")
        yield Fact(row, f"{message}: an alias has no other data; remove either", notes=(note,))


_JOINING = bits.SIGNER_TYPES - {bits.NSEC3PARAM} | {bits.CNAME, bits.DNAME}


def several_cnames(survey: Survey) -> Iterator[Fact]:
    """Find each CNAME that leads elsewhere than the first of its name."""
    yield from several(survey, bits.CNAME)


def several(survey: Survey, rdtype: int) -> Iterator[Fact]:
    """Find each record of *rdtype* (CNAME or DNAME) with another target than the first there."""
    for rows in survey.rrsets.get(rdtype, ()):
        targets = survey.targets_of(rows)
        for row, target in zip(rows, targets, strict=True):
            if target != targets[0]:
                mnemonic = survey.type_of(row)
                message = f"another {mnemonic} at {survey.owner(row)}: a name has one at most"
                yield Fact(row, message, notes=((rows[0], "the first"),))


def cname_at_apex(survey: Survey) -> Iterator[Fact]:
    """Find a CNAME at the apex, where SOA and NS stand."""
    apex = survey.apex_index
    if apex is not None and survey.masks[apex] & bits.CNAME_BIT:
        row = survey.first_rows([apex], bits.CNAME)[apex][0]
        message = f"CNAME at the apex {survey.apex}, where SOA and NS stand: write A and AAAA there"
        yield Fact(row, message)


def cname_loop(survey: Survey) -> Iterator[Fact]:
    """Find each circle of CNAMEs once, at the record of it that comes first."""
    edges = _edges(survey)
    for members in loops(edges):
        yield loop_fact(survey, members, edges=edges, effect="it never reaches an address")


def cname_chain(survey: Survey) -> Iterator[Fact]:
    """Find each alias of an alias that ends somewhere."""
    edges = _edges(survey)
    circling = {node for members in loops(edges) for _row, node in members}
    for owner, (row, source) in edges.items():
        if owner not in circling and source not in circling:
            message = f"CNAME leads from {survey.names[owner]} to {survey.names[source]}, an alias"
            yield Fact(row, f"{message}: name what that one leads to", Part.RDATA)


def _edges(survey: Survey) -> Edges:
    """Return for each alias that leads to another alias its row and that other name."""
    edges: Edges = {}
    for row, target in survey.unaddressed[bits.CNAME]:
        source = survey.source_of(target) if survey.is_ours(target) else None
        if source is not None and survey.masks[source] & bits.CNAME_BIT:
            edges.setdefault(survey.records.owners[row], (row, source))
    return edges


def loops(edges: Edges) -> Iterator[list[tuple[int, int]]]:
    """Yield each circle of *edges* once, as the rows and names of its members, rising."""
    done: set[int] = set()
    for start in edges:
        path: dict[int, None] = {}
        node = start
        while node in edges and node not in done and node not in path:
            path[node] = None
            node = edges[node][1]
        if node in path:
            nodes = list(path)
            yield sorted((edges[n][0], n) for n in nodes[nodes.index(node) :])
        done.update(path)


def loop_fact(survey: Survey, members: list[tuple[int, int]], *, edges: Edges, effect: str) -> Fact:
    """Return the fact of the loop of *members*, rows with their names, rising."""
    row, node = members[0]
    names = []
    for _ in members[:_SHOWN]:
        names.append(survey.names[node])
        node = edges[node][1]
    names.append(survey.names[node] if len(members) <= _SHOWN else "…")
    message = f"{survey.type_of(row)} loop {' -> '.join(names)}: {effect}"
    notes = tuple((other, "also in the loop") for other, _node in members[1:_SHOWN])
    return Fact(row, message, Part.RDATA, notes)


def cname_target_missing(survey: Survey) -> Iterator[Fact]:
    """Find each CNAME to a name of this zone that does not exist; an error where it is a typo.

    Where a challenge is redirected to exists only while a CA looks (RFC 8555 section 8.4).
    """
    missing = {
        row: survey.names[target]
        for row, target in survey.unaddressed[bits.CNAME]
        if survey.is_ours(target) and survey.source_of(target) is None
        if not survey.owner(row).startswith(_CHALLENGE)
    }
    for row, origin, written in survey.rdatas(list(missing)):
        name = missing[row]
        message = f"CNAME target {name} does not exist in this zone"
        doubled = without_doubled_origin(name, apex=survey.apex, origin=origin)
        meant = doubled or dotted(survey, written, origin)
        if meant is None:
            yield Fact(row, f"{message}: {_add(written)}, or remove the alias", Part.RDATA)
            continue
        repeats = " and repeats its origin" if doubled else ""
        message += f"{repeats}: write {meant} with its final dot"
        yield Fact(row, message, Part.RDATA, severity=ERROR)


def _add(written: str) -> str:
    return f"add it, write {written}. if that is meant" if is_dotted_inside(written) else "add it"


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="cname-and-other-data", numbers=("Z030",), severity=ERROR, refused_by="BKN",
        spec="RFC 1034 section 3.6.2, RFC 2181 section 10.1", find=cname_and_other_data,
        about=(bits.CNAME,),
        why="Resolvers follow the alias and never see the other data.",
        bad="www CNAME ns\nwww A 192.0.2.2\n", good="www CNAME ns\n",
    ),
    Check(
        name="several-cnames", numbers=("Z031",), severity=ERROR, refused_by="BKN",
        spec="RFC 2181 section 10.1", find=several_cnames, about=(bits.CNAME,),
        why="An alias has one canonical name.",
        bad="www CNAME ns\nwww CNAME www.example.net.\n", good="www CNAME ns\n",
    ),
    Check(
        name="cname-at-apex", numbers=("Z032",), severity=ERROR, refused_by="BKN",
        spec="RFC 1034 section 3.6.2", find=cname_at_apex, about=(bits.CNAME,),
        why="SOA and NS stand at the apex, and a CNAME stands alone.",
        bad="@ CNAME ns\n", good="@ A 192.0.2.1\n",
    ),
    Check(
        name="cname-loop", numbers=("Z033",), severity=ERROR, refused_by="",
        spec="RFC 1034 section 3.6.2", find=cname_loop, about=(bits.CNAME,),
        why="Resolvers give up, and every query costs them the whole loop.",
        bad="a CNAME b\nb CNAME a\n", good="a CNAME ns\nb CNAME ns\n",
    ),
    Check(
        name="cname-target-missing", numbers=("Z035",), severity=WARNING, refused_by="",
        spec="RFC 1034 section 3.6.2", find=cname_target_missing, about=(bits.CNAME,),
        why="The alias answers that its target does not exist; an error where a dot is missing.",
        bad="www CNAME www.example.com\n", good="www CNAME www.example.com.\n",
    ),
    Check(
        name="cname-chain", numbers=("Z034",), severity=INFO, refused_by="",
        spec="RFC 1034 section 3.6.2", find=cname_chain, about=(bits.CNAME,),
        why="Each link costs resolvers a step, and they give up after a few.",
        bad="a CNAME b\nb CNAME ns\n", good="a CNAME ns\nb CNAME ns\n",
    ),
)
# fmt: on
