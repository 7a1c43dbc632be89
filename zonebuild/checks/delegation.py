"""Zone cuts: what stands at them, and what they hide (RFC 1034 section 4.2.1, RFC 5936 3.5)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.place import BELOW_CUT, BELOW_DNAME, OUTSIDE
from zonebuild.checks.survey import Survey

_DELEG = 61440  # draft-ietf-deleg; of the range that is the parent's alone

# Types that are said of already, or that a cut has.
_AT_A_CUT = (
    bits.NS_BIT | bits.DS_BIT | bits.SIGNER_BITS
    | bits.SOA_BIT | bits.CNAME_BIT | bits.DNAME_BIT
)  # fmt: skip
_TYPES_AT_A_CUT = bits.SIGNER_TYPES | {
    bits.NS, bits.DS, bits.SOA, bits.CNAME, bits.DNAME, _DELEG
}  # fmt: skip


def data_below_cut(survey: Survey) -> Iterator[Fact]:
    """Find each record at or below a zone cut that no answer of this zone can hold."""
    glue = survey.name_servers if survey.cuts else frozenset()
    other_places = OUTSIDE | BELOW_DNAME
    below = [
        i
        for i in survey.places.elsewhere(BELOW_CUT)
        if survey.masks[i] & ~bits.ADDRESS_BITS or i not in glue
    ]
    below = [i for i in below if not survey.places.of(i) & other_places]
    yield from _below(survey, below, glue)
    at = [
        i
        for i in survey.cuts
        if survey.masks[i] & ~(_AT_A_CUT | (bits.ADDRESS_BITS if i in glue else 0))
        and not survey.names[i].startswith("*.")
    ]
    yield from _at(survey, at, glue)


def _below(survey: Survey, hidden: list[int], glue: frozenset[int]) -> Iterator[Fact]:
    for owner, rows in survey.rows_at(hidden).items():
        name = survey.names[owner]
        cut = survey.highest_holder(name, bits.NS_BIT)
        where = f"of {name}, below the zone cut {cut}"
        passed = bits.SIGNER_TYPES | {bits.SOA} | _glue_types(owner, glue)
        yield from _facts(survey, rows, passed, where)


def _at(survey: Survey, cuts: list[int], glue: frozenset[int]) -> Iterator[Fact]:
    for owner, rows in survey.rows_at(cuts).items():
        where = f"at the zone cut {survey.names[owner]}"
        passed = _TYPES_AT_A_CUT | _glue_types(owner, glue)
        yield from _facts(survey, rows, passed, where)


def _glue_types(owner: int, glue: frozenset[int]) -> frozenset[int]:
    return frozenset({bits.A, bits.AAAA}) if owner in glue else frozenset()


def _facts(survey: Survey, rows: list[int], passed: frozenset[int], where: str) -> Iterator[Fact]:
    """Yield the fact of each of *rows* whose type is not *passed*."""
    for row in rows:
        rdtype = survey.records.rdtypes[row]
        if rdtype not in passed:
            is_address = rdtype in (bits.A, bits.AAAA)
            but = " and no NS names it" if is_address else ""
            message = f"{survey.type_of(row)} {where}{but}: it is hidden by the delegation"
            yield Fact(row, f"{message}; it belongs in the child zone")


def wildcard_ns(survey: Survey) -> Iterator[Fact]:
    """Find each wildcard that owns NS."""
    wild = [i for i in survey.holders(bits.NS_BIT) if survey.names[i].startswith("*.")]
    for owner, rows in survey.first_rows(wild, bits.NS).items():
        message = f"NS at the wildcard {survey.names[owner]}: a wildcard delegates nothing"
        yield Fact(rows[0], f"{message}; write the delegated names out")


def ds_at_apex(survey: Survey) -> Iterator[Fact]:
    """Find a DS at the apex: it stands in the parent zone alone."""
    apex = survey.apex_index
    if apex is not None and survey.masks[apex] & bits.DS_BIT:
        row = survey.first_rows([apex], bits.DS)[apex][0]
        yield Fact(row, f"DS at the apex {survey.apex}: it belongs in the parent zone")


def ds_without_ns(survey: Survey) -> Iterator[Fact]:
    """Find each DS below the apex whose name is not delegated."""
    lone = [
        index
        for index in survey.holders(bits.DS_BIT)
        if not survey.masks[index] & (bits.NS_BIT | bits.CNAME_BIT)
        and index != survey.apex_index
        and not survey.places.of(index)
    ]
    for owner, rows in survey.first_rows(lone, bits.DS).items():
        message = f"DS at {survey.names[owner]}, which has no NS: add them or remove the DS"
        yield Fact(rows[0], message)


def deleg_at_apex(survey: Survey) -> Iterator[Fact]:
    """Find a DELEG at the apex: like DS it stands in the parent zone alone."""
    for row in survey.rows_of(_DELEG):
        if survey.records.owners[row] == survey.apex_index:
            message = f"DELEG (TYPE{_DELEG}) at the apex {survey.apex}"
            yield Fact(row, f"{message}: it belongs in the parent zone")


_DIGEST = "0" * 64

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="wildcard-ns", numbers=("Z057",), severity=ERROR, refused_by="B",
        spec="RFC 4592 section 4.2", find=wildcard_ns, about=(bits.NS,),
        why="What it delegates is undefined, and servers differ.",
        bad="*.sub NS ns.example.net.\n",
        good="a.sub NS ns.example.net.\nb.sub NS ns.example.net.\n",
    ),
    Check(
        name="data-below-cut", numbers=("Z058",), severity=WARNING, refused_by="",
        spec="RFC 5936 section 3.5, RFC 1034 section 4.2.1", find=data_below_cut, about=(bits.NS,),
        why="Legal, but no resolver ever sees it: most often left behind by a delegation.",
        bad="sub NS ns.example.net.\nwww.sub A 192.0.2.2\n",
        good="sub NS ns.sub\nns.sub A 192.0.2.2\n",
    ),
    Check(
        name="ds-at-apex", numbers=("Z059",), severity=ERROR, refused_by="B",
        spec="RFC 4035 section 2.4", find=ds_at_apex, about=(bits.DS,),
        why="The DS of a zone stands in its parent.",
        bad=f"@ DS 1 13 2 {_DIGEST}\n", good=f"sub NS ns.example.net.\nsub DS 1 13 2 {_DIGEST}\n",
    ),
    Check(
        name="ds-without-ns", numbers=("Z060",), severity=ERROR, refused_by="",
        spec="RFC 4035 section 2.4", find=ds_without_ns, about=(bits.DS,),
        why="A DS of what is not delegated says nothing; most often its NS were forgotten.",
        bad=f"sub DS 1 13 2 {_DIGEST}\n", good=f"sub DS 1 13 2 {_DIGEST}\nsub NS ns.example.net.\n",
    ),
    Check(
        name="deleg-at-apex", numbers=("Z064",), severity=ERROR, refused_by="",
        spec="draft-ietf-deleg", find=deleg_at_apex, about=(_DELEG,),
        why="What delegates a zone stands in its parent; newer Knot refuses it at the apex.",
        bad="@ TYPE61440 \\# 2 0001\n",
        good="sub NS ns.example.net.\nsub TYPE61440 \\# 2 0001\n",
    ),
)
# fmt: on
