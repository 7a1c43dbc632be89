"""CNAME: alone at its name, never at the apex, leading somewhere (RFC 1034 section 3.6.2)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.names import without_doubled_origin
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, Severity

_MAY_JOIN = bits.CNAME_BIT | bits.DNAME_BIT | bits.SIGNER_BITS  # a DNAME is a check of its own
_SHOWN = 8  # names of a loop


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


_JOINING = bits.SIGNER_TYPES | {bits.CNAME, bits.DNAME}


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
    done: set[int] = set()
    for start in edges:
        path: dict[int, None] = {}
        node = start
        while node in edges and node not in done and node not in path:
            path[node] = None
            node = edges[node][1]
        if node in path:
            nodes = list(path)
            yield _loop(survey, sorted((edges[n][0], n) for n in nodes[nodes.index(node) :]), edges)
        done.update(path)


def _edges(survey: Survey) -> dict[int, tuple[int, int]]:
    """Return for each alias that leads to another alias its row and that other name."""
    edges: dict[int, tuple[int, int]] = {}
    for row, target in survey.unaddressed[bits.CNAME]:
        source = survey.source_of(target) if survey.is_ours(target) else None
        if source is not None and survey.masks[source] & bits.CNAME_BIT:
            edges.setdefault(survey.records.owners[row], (row, source))
    return edges


def _loop(
    survey: Survey, members: list[tuple[int, int]], edges: dict[int, tuple[int, int]]
) -> Fact:
    """Return the fact of the loop of *members*, rows with their owners, rising."""
    row, node = members[0]
    names = []
    for _ in members[:_SHOWN]:
        names.append(survey.names[node])
        node = edges[node][1]
    names.append(survey.names[node] if len(members) <= _SHOWN else "…")
    message = f"CNAME loop {' -> '.join(names)}: it never reaches an address"
    notes = tuple((other, "also in the loop") for other, _node in members[1:_SHOWN])
    return Fact(row, message, Part.RDATA, notes)


def cname_target_missing(survey: Survey) -> Iterator[Fact]:
    """Find each CNAME to a name of this zone that does not exist; an error where it is a typo."""
    for row, target in survey.unaddressed[bits.CNAME]:
        if not survey.is_ours(target) or survey.source_of(target) is not None:
            continue
        name, origin = survey.names[target], survey.records.block(row).origin
        message = f"CNAME target {name} does not exist in this zone"
        meant = without_doubled_origin(name, apex=survey.apex, origin=origin)
        if meant is None:
            yield Fact(row, f"{message}: add it, or remove the alias", Part.RDATA)
        else:
            message += f" and repeats its origin: write {meant} with its final dot"
            yield Fact(row, message, Part.RDATA, severity=Severity.ERROR)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="cname-and-other-data", numbers=("Z030",), severity=ERROR, refused_by="BKN",
        spec="RFC 1034 section 3.6.2, RFC 2181 section 10.1", find=cname_and_other_data,
        why="Resolvers follow the alias and never see the other data.",
    ),
    Check(
        name="several-cnames", numbers=("Z031",), severity=ERROR, refused_by="BKN",
        spec="RFC 2181 section 10.1", find=several_cnames,
        why="An alias has one canonical name.",
    ),
    Check(
        name="cname-at-apex", numbers=("Z032",), severity=ERROR, refused_by="BKN",
        spec="RFC 1034 section 3.6.2", find=cname_at_apex,
        why="SOA and NS stand at the apex, and a CNAME stands alone.",
    ),
    Check(
        name="cname-loop", numbers=("Z033",), severity=ERROR, refused_by="",
        spec="RFC 1034 section 3.6.2", find=cname_loop,
        why="Resolvers give up, and every query costs them the whole loop.",
    ),
    Check(
        name="cname-target-missing", numbers=("Z035",), severity=WARNING, refused_by="",
        spec="RFC 1034 section 3.6.2", find=cname_target_missing,
        why="The alias answers that its target does not exist; an error where a dot is missing.",
    ),
)
# fmt: on
