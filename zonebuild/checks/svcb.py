"""SVCB and HTTPS records: targets, hints, and what a DNS server needs (RFC 9460, RFC 9461)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks import bits, service_aliases
from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.dots import meant_target
from zonebuild.checks.service import HTTPS, SVCB, Service, has_priority_0, read_service
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.model import type_bit
from zonebuild.rdata.canonical import canonical_text

_ANSWERS = bits.ADDRESS_BITS | bits.CNAME_BIT
_HINT = re.compile(r"^\\#|\b(?:ipv[46]hint|key[46])=")


def service_target_without_address(survey: Survey) -> Iterator[Fact]:
    """Find each service or alias whose target is a name of this zone that leads nowhere."""
    bare = dict(_bare_targets(survey))
    for row, _origin, rdata in survey.rdatas(sorted(bare)):
        target, is_alias = bare[row], has_priority_0(rdata)
        is_owner = target == survey.records.owners[row]
        if is_alias and is_owner:
            continue  # "no such service", or a loop of one name
        own_type = type_bit(survey.records.rdtypes[row])  # what an alias leads to is asked first
        if _mask(survey, target) & own_type if is_alias else _HINT.search(rdata):
            continue
        name, mnemonic = survey.names[target], survey.type_of(row)
        if is_owner:
            message = f"{mnemonic} of {name} means its owner, which has no address"
            message += ": add an A or AAAA, or name the host"
            # A host may get its address otherwise.
            severity = None if name.startswith("_") else WARNING
            yield Fact(row, message, Part.RDATA, severity=severity)
            continue
        meant = meant_target(survey, row, name, rdata.split(" ", 2)[1])
        mend = f"write {meant} with its final dot" if meant else "add an A or AAAA record for it"
        message = f"{mnemonic} target {name} has no address in this zone: {mend}"
        yield Fact(row, message, Part.RDATA)


def _bare_targets(survey: Survey) -> Iterator[tuple[int, int]]:
    """Yield rows, and the names of this zone that they mean, which have neither address nor CNAME.

    A target `.` means the owner.
    """
    owners = survey.records.owners
    for rdtype in (SVCB, HTTPS):
        for row, written in zip(*survey.pointing(rdtype), strict=True):
            target = owners[row] if survey.names[written] == "." else written
            if survey.masks[target] & bits.ADDRESS_BITS or not survey.is_ours(owners[row]):
                continue
            if survey.is_ours(target) and not _mask(survey, target) & _ANSWERS:
                yield row, target


def _mask(survey: Survey, target: int) -> int:
    """Return the types with which this zone answers for *target*, a name of its own."""
    source = survey.source_of(target)
    return 0 if source is None else survey.masks[source]


def service_hint_mismatch(survey: Survey) -> Iterator[Fact]:
    """Find each address hint that differs from the addresses of the target in this zone."""
    texts = [*survey.unusual(HTTPS), *survey.rdatas(survey.rows_of(SVCB))]
    services = [
        (row, read_service(survey.type_of(row), rdata, origin)) for row, origin, rdata in texts
    ]
    hinted = [(row, _meant(survey, row), service.hints) for row, service in services]
    known = _addresses(survey, {target for _row, target, _hints in hinted if target is not None})
    for row, target, hints in hinted:
        for rdtype, hint in hints.items():
            addresses = known.get((target, rdtype)) if target is not None else None
            if addresses is not None and hint != addresses:
                key = {bits.A: "ipv4hint", bits.AAAA: "ipv6hint"}[rdtype]
                wanted = ",".join(sorted(addresses))
                message = f"{key} differs from the addresses of its target: write {key}={wanted}"
                yield Fact(row, message, Part.RDATA)


def _meant(survey: Survey, row: int) -> int | None:
    """Return the name, of this zone, whose address a client of *row* asks for."""
    (written,) = survey.targets_of([row])
    target = survey.records.owners[row] if survey.names[written] == "." else written
    return survey.source_of(target) if survey.is_ours(target) else None


def _addresses(survey: Survey, owners: set[int]) -> dict[tuple[int, int], frozenset[str]]:
    """Return the addresses, canonical, of *owners* by owner and type."""
    rdtypes = survey.records.rdtypes
    rows = sorted(
        row
        for rows in survey.rows_at(owners).values()
        for row in rows
        if rdtypes[row] in (bits.A, bits.AAAA)
    )
    found: dict[tuple[int, int], frozenset[str]] = {}
    for row, origin, rdata in survey.rdatas(rows):
        key = (survey.records.owners[row], rdtypes[row])
        text = canonical_text(survey.type_of(row), rdata, origin)
        found[key] = found.get(key, frozenset()) | {text}
    return found


# -- DNS servers -------------------------------------------------------------------------------

_DNS_SERVER = re.compile(r"(?:_\d+\.)?_dns\.", re.ASCII)
_OVER_HTTP = frozenset({"h2", "h3", "http/1.1"})


def dns_service_without_alpn(survey: Survey) -> Iterator[Fact]:
    """Find each SVCB of a DNS server that names no protocol."""
    for row, service in _dns_servers(survey):
        if not service.alpn:
            message = f"SVCB of the DNS server {survey.owner(row)} names no protocol"
            yield Fact(row, f"{message}: add alpn=dot, alpn=doq or alpn=h2", Part.RDATA)


def dns_service_without_path(survey: Survey) -> Iterator[Fact]:
    """Find each SVCB of a DNS server over HTTP that does not say where to ask."""
    for row, service in _dns_servers(survey):
        over_http = sorted(service.alpn & _OVER_HTTP)
        path = service.parameters.get("dohpath", "")
        if over_http and not re.search(r"\{[^}]*\bdns\b", path):
            found = "a dohpath without {?dns}" if path else "no dohpath"
            message = f"SVCB of the DNS server {survey.owner(row)} has {over_http[0]} and {found}"
            yield Fact(row, f"{message}: write dohpath=/dns-query{{?dns}}", Part.RDATA)


def _dns_servers(survey: Survey) -> Iterator[tuple[int, Service]]:
    """Yield each service, no alias, at `_dns` or `_port._dns`."""
    rows = [row for row in survey.rows_of(SVCB) if _DNS_SERVER.match(survey.owner(row))]
    for row, origin, rdata in survey.rdatas(rows):
        if not has_priority_0(rdata):
            yield row, read_service("SVCB", rdata, origin)


# fmt: off
CHECKS: tuple[Check, ...] = (
    *service_aliases.CHECKS,
    Check(
        name="service-target-without-address", numbers=("Z100",), severity=ERROR, refused_by="",
        spec="RFC 9460 sections 2.5 and 3", find=service_target_without_address,
        about=(SVCB, HTTPS),
        why="Clients find the service and cannot reach it.",
        bad="@ A 192.0.2.2\n@ HTTPS 1 web alpn=h2\n",
        good="web A 192.0.2.2\n@ HTTPS 1 web alpn=h2\n",
    ),
    Check(
        name="service-hint-mismatch", numbers=("Z100",), severity=INFO, refused_by="",
        spec="RFC 9460 section 7.3", find=service_hint_mismatch, about=(SVCB, HTTPS),
        why="Some clients go by the hint, others by the address: both should say the same.",
        bad="ns HTTPS 1 . alpn=h2 ipv4hint=192.0.2.2\n",
        good="ns HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1\n",
    ),
    Check(
        name="dns-service-without-alpn", numbers=("Z101",), severity=WARNING, refused_by="",
        spec="RFC 9461 section 4.1", find=dns_service_without_alpn, about=(SVCB,),
        why="There is no default protocol: clients must pass over the record.",
        bad="_dns.ns SVCB 1 ns port=853\n", good="_dns.ns SVCB 1 ns alpn=dot\n",
    ),
    Check(
        name="dns-service-without-path", numbers=("Z101",), severity=WARNING, refused_by="",
        spec="RFC 9461 section 5", find=dns_service_without_path, about=(SVCB,),
        why="DNS over HTTPS is asked by a URI; without dohpath clients do not know it.",
        bad="_dns.ns SVCB 1 ns alpn=h2\n",
        good="_dns.ns SVCB 1 ns alpn=h2 dohpath=/dns-query{?dns}\n",
    ),
)
# fmt: on
