"""Addresses that the world cannot reach."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import WARNING, Check, Fact
from zonebuild.checks.reachable import unreachable
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.rdata.canonical import canonical_text


def address_not_public(survey: Survey) -> Iterator[Fact]:
    """Find each A and AAAA that this zone answers with and that the Internet does not route."""
    owners = survey.records.owners
    for rdtype, mnemonic in ((bits.A, "A"), (bits.AAAA, "AAAA")):
        rows = list(survey.rows_of(rdtype))
        for row, origin, rdata in survey.rdatas(rows) if rows else ():
            address = canonical_text(mnemonic, rdata, origin)
            why = unreachable(address)
            if why and not survey.places.of(owners[row]):
                message = f"{mnemonic} of {survey.owner(row)} is {address} ({why})"
                yield Fact(row, f"{message}: no public name should lead there", Part.RDATA)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="address-not-public", numbers=("Z118",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 6890 section 2.2, RFC 1918 section 5", find=address_not_public,
        about=(bits.A, bits.AAAA),
        why="It tells of the inside of a network, and leads others to a host of their own.",
        bad="www A 10.0.0.1\n",
        good=(
            "$TTL 3600\n@ SOA ns hostmaster 1 14400 3600 604800 600\n"
            "@ NS ns\nns A 199.9.14.201\n"
        ),
    ),
)
# fmt: on
