"""What stands at the apex and nowhere else: one SOA, and NS."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, Check, Fact
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
        message = f"SOA at {survey.names[owner]}: it belongs at the apex {survey.apex} alone"
        yield Fact(rows[0], message)


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


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="missing-soa", numbers=("Z001",), severity=ERROR, refused_by="BKN",
        spec="RFC 1035 section 5.2", find=missing_soa,
        why="Without SOA there is no zone to load.",
    ),
    Check(
        name="several-soa", numbers=("Z002",), severity=ERROR, refused_by="BN",
        spec="RFC 1035 section 5.2", find=several_soa,
        why="Servers refuse the second, or take one of them in silence.",
    ),
    Check(
        name="soa-not-at-apex", numbers=("Z003",), severity=ERROR, refused_by="BN",
        spec="RFC 1035 section 5.2", find=soa_not_at_apex,
        why="The SOA marks the apex; elsewhere it is most often a forgotten dot.",
    ),
    Check(
        name="missing-apex-ns", numbers=("Z005",), severity=ERROR, refused_by="BK",
        spec="RFC 1034 section 4.2.1", find=missing_apex_ns,
        why="The zone names no server of its own.",
    ),
    Check(
        name="signed-data-in-unsigned", numbers=("Z130",), severity=ERROR, refused_by="",
        spec="RFC 4035 section 2", find=signer_records,
        why="Signatures of another signer are stale at once and mix with those of ours.",
    ),
)
# fmt: on
