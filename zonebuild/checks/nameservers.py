"""The servers of a zone and of its delegations: how many, named how, reachable how."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.hosts import HOST, odd_targets
from zonebuild.checks.literals import address_meant
from zonebuild.checks.reachable import unreachable
from zonebuild.checks.servers import Servers
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted
from zonebuild.model import type_bit

_FAMILIES = ((type_bit(bits.A), "A", "IPv4"), (type_bit(bits.AAAA), "AAAA", "IPv6"))


def single_name_server(survey: Survey) -> Iterator[Fact]:
    """Find each apex and each zone cut with one NS alone."""
    servers = survey.once(Servers)
    lone = {owner for owner, count in servers.counts.items() if count == 1}
    for row, owner in zip(servers.rows, servers.owners, strict=True) if lone else ():
        name = survey.names[owner]
        if owner in lone and not name.startswith("*."):
            message = f"{name} has one name server: add another, in another network"
            yield Fact(row, message, Part.RDATA)


def ns_target_not_host_name(survey: Survey) -> Iterator[Fact]:
    """Find each NS whose target no host can be called; addresses are found elsewhere."""
    names, servers = survey.names, survey.once(Servers)
    odd = {host for host in odd_targets(survey) if not HOST.fullmatch(names[host])}
    for row, target in zip(servers.rows, servers.targets, strict=True) if odd else ():
        if target in odd and address_meant(survey, row, target) is None:
            message = f"NS target {quoted(names[target], 255)} is not a host name"
            wanted = "want letters, digits and inner hyphens"
            yield Fact(row, f"{message}: {wanted}", Part.RDATA)


def unreachable_by_family(survey: Survey) -> Iterator[Fact]:
    """Find that the zone has addresses of a family by which none of its servers is reached.

    Said only where the addresses of all its servers are known, for they are of this zone.
    """
    apex = survey.apex_index
    apex_servers = survey.once(Servers).of(apex) if apex is not None else []
    have = 0
    for _row, target in apex_servers:
        source = survey.source_of(target) if survey.is_ours(target) else None
        addresses = 0 if source is None else survey.masks[source] & bits.ADDRESS_BITS
        if not addresses:
            return
        have |= addresses
    for bit, mnemonic, family in _FAMILIES if have else ():
        if not have & bit and _has_own(survey, bit):
            row, target = apex_servers[0]
            message = f"{survey.apex} has {mnemonic} records, and no name server of it {family}"
            mend = f"give one an {mnemonic} record, as {survey.names[target]}"
            yield Fact(row, f"{message}: {mend}", Part.RDATA)


def _has_own(survey: Survey, bit: int) -> bool:
    """Say whether a name that this zone answers for owns the type of *bit*."""
    if not any(mask & bit for mask in survey.kinds):
        return False
    return any(mask & bit and survey.is_ours(index) for index, mask in enumerate(survey.masks))


def servers_share_address(survey: Survey) -> Iterator[Fact]:
    """Find each NS whose host has an address of an earlier server of the same name."""
    servers = survey.once(Servers)
    first: dict[str, int] = {}
    sharing: set[int] = set()
    for host, addresses in servers.addresses.items():
        for address in addresses:
            other = first.setdefault(address.text, host)
            if other != host:
                sharing |= {other, host}
    if not sharing:
        return
    for pairs in servers.by_owner.values():
        if sum(target in sharing for _row, target in pairs) > 1:
            yield from _shared(survey, [pair for pair in pairs if pair[1] in sharing])


def _shared(survey: Survey, pairs: list[tuple[int, int]]) -> Iterator[Fact]:
    """Yield the fact of each of *pairs*, rows with their hosts, that shares with one before."""
    first: dict[str, tuple[int, int]] = {}
    for row, host in pairs:
        texts = [address.text for address in survey.once(Servers).addresses[host]]
        same = [text for text in texts if first.setdefault(text, (row, host))[1] != host]
        if same:
            other_row, other = first[same[0]]
            message = f"NS {survey.names[host]} has the address {same[0]} of"
            message += f" {survey.names[other]}: they fail together, so name another host"
            yield Fact(row, message, Part.RDATA, ((other_row, "the other name server"),))


def address_not_global(survey: Survey) -> Iterator[Fact]:
    """Find each address of a name server that the Internet does not route."""
    for host, addresses in survey.once(Servers).addresses.items():
        for row, text in addresses:
            why = unreachable(text)
            if why:
                message = f"{survey.names[host]}, a name server, has the address {text}"
                yield Fact(row, f"{message} ({why}): resolvers cannot reach it", Part.RDATA)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="single-name-server", numbers=("Z006",), severity=WARNING, refused_by="",
        spec="RFC 1034 section 4.1, RFC 2182 section 5", find=single_name_server, about=(bits.NS,),
        why="While that one server cannot be reached, the zone is gone.",
        bad="sub NS ns.example.net.\n",
        good="@ NS ns.example.net.\nsub NS ns.example.net.\nsub NS ns.example.com.\n",
    ),
    Check(
        name="ns-target-not-host-name", numbers=("Z056",), severity=ERROR, refused_by="",
        spec="RFC 952, RFC 1123 section 2.1, RFC 1035 section 3.3.11",
        find=ns_target_not_host_name, about=(bits.NS,),
        why="named refuses such a name by default (check-names), and resolvers may.",
        bad="sub NS ns_1.example.net.\n", good="sub NS ns-1.example.net.\n",
    ),
    Check(
        name="ns-unreachable-by-family", numbers=("Z065",), severity=WARNING, refused_by="",
        spec="RFC 3901 section 4", find=unreachable_by_family, about=(bits.NS,),
        why="Hosts with that family alone cannot look the zone up.",
        bad="www AAAA 2001:db8::80\n", good="www AAAA 2001:db8::80\nns AAAA 2001:db8::53\n",
    ),
    Check(
        name="ns-share-address", numbers=("Z066",), severity=WARNING, refused_by="",
        spec="RFC 2182 section 3.1", find=servers_share_address, about=(bits.NS,),
        why="Two names of one server are one server.",
        bad="@ NS ns2\nns2 A 192.0.2.1\n", good="@ NS ns2\nns2 A 192.0.2.2\n",
    ),
    Check(
        name="ns-address-not-global", numbers=("Z068",), severity=WARNING, refused_by="",
        spec="RFC 6890 section 2.2", find=address_not_global, about=(bits.NS,),
        why="A private, reserved or documentation address is reached from nowhere.",
        bad="sub NS ns.sub\nns.sub A 10.0.0.1\n",
        good=(
            "$TTL 3600\n@ SOA ns hostmaster 1 14400 3600 604800 600\n"
            "@ NS ns\nns A 199.9.14.201\n"
        ),
    ),
)
# fmt: on
