"""What stands at the apex and nowhere else: one SOA, and NS."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.names import without_doubled_origin
from zonebuild.checks.place import OUTSIDE
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part


def missing_soa(survey: Survey) -> Iterator[Fact]:
    """Find that no SOA stands at the apex."""
    if not survey.mask(survey.apex) & bits.SOA_BIT:
        yield Fact(None, f"no SOA at the apex {survey.apex}: add one")


def several_soa(survey: Survey) -> Iterator[Fact]:
    """Find each SOA behind the first of its name."""
    for rows in survey.rrsets.get(bits.SOA, ()):
        for row in rows[1:]:
            message = f"another SOA at {survey.owner(row)}: keep one"
            yield Fact(row, message, notes=((rows[0], "the first"),))


def soa_not_at_apex(survey: Survey) -> Iterator[Fact]:
    """Find each SOA whose owner is inside the zone but not its apex."""
    holders = [i for i in survey.holders(bits.SOA_BIT) if i != survey.apex_index]
    inside = [i for i in holders if not survey.places.of(i) & OUTSIDE]
    for owner, rows in survey.first_rows(inside, bits.SOA).items():
        name, origin = survey.names[owner], survey.records.block(rows[0]).origin
        meant = without_doubled_origin(name, apex=survey.apex, origin=origin)
        mend = f"; write {meant} with its final dot" if meant else ""
        yield Fact(rows[0], f"SOA at {name}: it belongs at the apex {survey.apex} alone{mend}")


def missing_apex_ns(survey: Survey) -> Iterator[Fact]:
    """Find that no NS stands at the apex, and point at its SOA where there is one."""
    mask = survey.mask(survey.apex)
    if mask & bits.NS_BIT:
        return
    row = None
    if survey.apex_index is not None and mask & bits.SOA_BIT:
        row = survey.first_rows([survey.apex_index], bits.SOA)[survey.apex_index][0]
    yield Fact(row, f"no NS at the apex {survey.apex}: name the servers of the zone there")


def signer_records(survey: Survey) -> Iterator[Fact]:
    """Find each record that only a signer makes."""
    for rows in survey.rows_at(survey.holders(bits.SIGNER_BITS)).values():
        for row in rows:
            if survey.records.rdtypes[row] in bits.SIGNER_TYPES:
                message = f"{survey.type_of(row)} of {survey.owner(row)}: the signer makes it anew"
                yield Fact(row, f"{message}; remove it from the unsigned zone", Part.TYPE)


_GOOD = "$TTL 3600\n@ SOA ns hostmaster 1 14400 3600 1209600 3600\n@ NS ns\nns A 192.0.2.1\n"

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="missing-soa", numbers=("Z001",), severity=ERROR, refused_by="BKN",
        spec="RFC 1035 section 5.2", find=missing_soa,
        why="Without SOA there is no zone to load.",
        bad="$TTL 3600\n@ NS ns\nns A 192.0.2.1\n", good=_GOOD,
    ),
    Check(
        name="several-soa", numbers=("Z002",), severity=ERROR, refused_by="BN",
        spec="RFC 1035 section 5.2", find=several_soa, about=(bits.SOA,),
        why="Servers refuse the second, or take one of them in silence.",
        bad="@ SOA ns hostmaster 2 14400 3600 1209600 3600\n",
        good="; the zone has its SOA already\n",
    ),
    Check(
        name="soa-not-at-apex", numbers=("Z003",), severity=ERROR, refused_by="BN",
        spec="RFC 1035 section 5.2", find=soa_not_at_apex, about=(bits.SOA,),
        why="The SOA marks the apex; elsewhere it is most often a forgotten dot.",
        bad="sub SOA ns hostmaster 1 14400 3600 1209600 3600\n",
        good="sub NS ns.example.net.\n",
    ),
    Check(
        name="missing-apex-ns", numbers=("Z005",), severity=ERROR, refused_by="BK",
        spec="RFC 1034 section 4.2.1", find=missing_apex_ns,
        why="The zone names no server of its own.",
        bad="$TTL 3600\n@ SOA ns hostmaster 1 14400 3600 1209600 3600\n", good=_GOOD,
    ),
    Check(
        name="signed-data-in-unsigned", numbers=("Z130",), severity=ERROR, refused_by="",
        spec="RFC 4035 section 2", find=signer_records, about=tuple(bits.SIGNER_TYPES),
        why="Signatures of another signer are stale at once and mix with those of ours.",
        bad="www NSEC3PARAM 1 0 0 -\n", good="www A 192.0.2.2\n",
    ),
)
# fmt: on
