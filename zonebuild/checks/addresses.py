"""Addresses that the world cannot reach, and what a site may not want of names and addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def several_addresses(survey: Survey) -> Iterator[Fact]:
    """Find each A and AAAA behind the first of its owner that has another address."""
    for rdtype in _TYPES:
        for rrset in survey.rrsets.get(rdtype, ()):
            address = dict(_addresses(survey, rdtype, rrset))
            first = rrset[0]
            for row in rrset[1:] if survey.is_ours(survey.records.owners[first]) else ():
                if address[row] != address[first]:
                    message = f"{survey.owner(row)} has the address {address[first]}, too"
                    message += f": give {address[row]} a name of its own"
                    yield Fact(row, message, Part.RDATA, ((first, "the first"),))


def shared_address(survey: Survey) -> Iterator[Fact]:
    """Find each A and AAAA whose address a name before it has already."""
    owners = survey.records.owners
    for rdtype in _TYPES:
        first: dict[str, int] = {}
        for row, address in _addresses(survey, rdtype, survey.rows_of(rdtype)):
            if not survey.is_ours(owners[row]):
                continue
            before = first.setdefault(address, row)
            if owners[before] != owners[row]:
                message = f"{address} of {survey.owner(row)} is the address of"
                message += f" {survey.owner(before)}, too: write CNAME {survey.owner(before)}"
                yield Fact(row, message, Part.RDATA, ((before, "the first"),))


def single_stack(survey: Survey) -> Iterator[Fact]:
    """Find each name that is reached by IPv4 alone, or by IPv6 alone."""
    masks, owners = survey.masks, survey.records.owners
    for rdtype, lacking in ((bits.A, "AAAA"), (bits.AAAA, "A")):
        done: set[int] = set()
        for row in survey.rows_of(rdtype):
            owner = owners[row]
            if masks[owner] & bits.ADDRESS_BITS == bits.ADDRESS_BITS or owner in done:
                continue
            done.add(owner)
            if survey.is_ours(owner):
                message = f"{survey.owner(row)} has {_TYPES[rdtype]} and no {lacking}"
                yield Fact(row, f"{message}: add its {lacking}")


_TYPES = {bits.A: "A", bits.AAAA: "AAAA"}


def _addresses(survey: Survey, rdtype: int, rows: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield each of *rows*, which rise and are of *rdtype*, and its address as it is compared."""
    for row, origin, rdata in survey.rdatas(rows):
        yield row, canonical_text(_TYPES[rdtype], rdata, origin)


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
    Check(
        name="several-addresses", numbers=("Z119",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 1034 section 3.6", find=several_addresses, about=(bits.A, bits.AAAA),
        why="Where a name means one host, a second address is most often one that was left there.",
        bad="www A 192.0.2.2\nwww A 192.0.2.3\n",
        good="www A 192.0.2.2\nwww AAAA 2001:db8::2\n",
    ),
    Check(
        name="shared-address", numbers=("Z119",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 1912 section 2.1", find=shared_address, about=(bits.A, bits.AAAA),
        why="The PTR can name one of them alone; an alias says which, and moves along.",
        bad="www A 192.0.2.2\nweb A 192.0.2.2\n",
        good="www A 192.0.2.2\nweb CNAME www\n",
    ),
    Check(
        name="single-stack", numbers=("Z119",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 6540 section 2", find=single_stack, about=(bits.A, bits.AAAA),
        why="Clients of the other family reach it through translators, or not at all.",
        bad="www A 192.0.2.2\n",
        good=(
            "$TTL 3600\n@ SOA ns hostmaster 1 14400 3600 604800 600\n"
            "@ NS ns\nns A 192.0.2.1\nns AAAA 2001:db8::1\n"
        ),
    ),
)
# fmt: on
