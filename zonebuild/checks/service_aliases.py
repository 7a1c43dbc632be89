"""SVCB and HTTPS records of priority 0: aliases, alone at their name and not in circles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.service import HTTPS, SVCB, has_priority_0
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part

_SHOWN = 8  # names of a loop
_Name = tuple[int, int]  # a type, and the index of an owner


def several_service_aliases(survey: Survey) -> Iterator[Fact]:
    """Find each alias (priority 0) behind the first of its RRset."""
    for aliases, _services in _mixed(survey):
        for row in aliases[1:]:
            message = f"another {survey.type_of(row)} alias at {survey.owner(row)}"
            yield Fact(row, f"{message}: keep one", Part.RDATA, ((aliases[0], "the first"),))


def service_beside_alias(survey: Survey) -> Iterator[Fact]:
    """Find each RRset that has both an alias and a service."""
    for aliases, services in _mixed(survey):
        if aliases and services:
            row = services[0]
            what = f"{survey.type_of(row)} of {survey.owner(row)}"
            message = f"{what} is a service beside an alias (priority 0), which hides it"
            note = (aliases[0], "the alias")
            yield Fact(row, f"{message}: remove either", Part.RDATA, (note,))


def _mixed(survey: Survey) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the rows that are aliases, and the others, of each RRset of several records."""
    for rdtype in (SVCB, HTTPS):
        rrsets = survey.rrsets.get(rdtype, ())
        texts = {
            row: rdata for row, _o, rdata in survey.rdatas(sorted(r for rs in rrsets for r in rs))
        }
        for rows in rrsets:
            aliases = [row for row in rows if has_priority_0(texts[row])]
            yield aliases, [row for row in rows if row not in aliases]


def service_alias_loop(survey: Survey) -> Iterator[Fact]:
    """Find each circle of aliases once, also one of a single name."""
    aliases, done = survey.once(_aliases), set[_Name]()
    for start in aliases:
        path: dict[_Name, None] = {}
        node: _Name | None = start
        while node is not None and node in aliases and node not in done and node not in path:
            path[node] = None
            node = _next(survey, node[0], aliases[node][1])
        if node in path:
            nodes = list(path)
            yield _loop(survey, nodes[nodes.index(node) :], aliases)
        done.update(path)


def _loop(
    survey: Survey,
    members: Sequence[_Name],
    aliases: dict[_Name, tuple[int, int]],
) -> Fact:
    names = [survey.names[owner] for _rdtype, owner in [*members, members[0]]]
    shown = " -> ".join(names if len(names) <= _SHOWN else [*names[:_SHOWN], "…"])
    rows = sorted(aliases[member][0] for member in members)
    message = f"{survey.type_of(rows[0])} alias loop {shown}: it never reaches a service"
    notes = tuple((row, "also in the loop") for row in rows[1:_SHOWN])
    return Fact(rows[0], message, Part.RDATA, notes)


def service_alias_of_alias(survey: Survey) -> Iterator[Fact]:
    """Find each alias whose target is another name with an alias."""
    aliases = survey.once(_aliases)
    for (rdtype, owner), (row, target) in aliases.items():
        node = _next(survey, rdtype, target)
        if node in aliases and node != (rdtype, owner):
            message = f"{survey.type_of(row)} alias of {survey.names[target]}, an alias itself"
            yield Fact(row, f"{message}: name the service at its end", Part.RDATA)


def _aliases(survey: Survey) -> dict[_Name, tuple[int, int]]:
    """Return for type and owner of each first alias that is ours its row and its target."""
    found: dict[_Name, tuple[int, int]] = {}
    owners, rdtypes = survey.records.owners, survey.records.rdtypes
    texts = [*survey.unusual(HTTPS), *survey.rdatas(survey.rows_of(SVCB))]
    zeros = sorted(row for row, _origin, rdata in texts if has_priority_0(rdata))
    aliases = [row for row in zeros if survey.is_ours(owners[row])]
    targets = survey.targets_of(aliases) if aliases else ()
    for row, target in zip(aliases, targets, strict=True):
        if survey.names[target] != ".":  # "no such service" (RFC 9460 section 2.5.1)
            found.setdefault((rdtypes[row], owners[row]), (row, target))
    return found


def _next(survey: Survey, rdtype: int, target: int) -> _Name | None:
    """Return type and owner of what answers for *target*, None where that is not ours."""
    source = survey.source_of(target) if survey.is_ours(target) else None
    return None if source is None else (rdtype, source)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="several-service-aliases", numbers=("Z100",), severity=ERROR, refused_by="",
        spec="RFC 9460 section 2.4.2", find=several_service_aliases, about=(SVCB, HTTPS),
        why="Clients pick one of them at random.",
        bad="@ HTTPS 0 a.example.net.\n@ HTTPS 0 b.example.net.\n",
        good="@ HTTPS 0 a.example.net.\n",
    ),
    Check(
        name="service-beside-alias", numbers=("Z100",), severity=ERROR, refused_by="",
        spec="RFC 9460 section 2.4.1", find=service_beside_alias, about=(SVCB, HTTPS),
        why="Clients follow the alias and never see the service.",
        bad="@ HTTPS 0 a.example.net.\n@ HTTPS 1 b.example.net. alpn=h2\n",
        good="@ HTTPS 1 b.example.net. alpn=h2\n",
    ),
    Check(
        name="service-alias-loop", numbers=("Z100",), severity=ERROR, refused_by="",
        spec="RFC 9460 section 2.4.2", find=service_alias_loop, about=(SVCB, HTTPS),
        why="Clients give up, and every visit costs them the whole loop.",
        bad="ns HTTPS 0 ns\n", good="ns HTTPS 1 . alpn=h2\n",
    ),
    Check(
        name="service-alias-of-alias", numbers=("Z100",), severity=WARNING, refused_by="",
        spec="RFC 9460 section 2.4.2", find=service_alias_of_alias, about=(SVCB, HTTPS),
        why="Clients need not follow more than one alias.",
        bad="a HTTPS 0 b\nb HTTPS 0 www.example.net.\n",
        good="a HTTPS 0 www.example.net.\nb HTTPS 0 www.example.net.\n",
    ),
)
# fmt: on
