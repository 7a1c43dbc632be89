"""Hosts that NS, MX and SRV name: each in-zone one needs an address of its own here."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.dots import meant_target
from zonebuild.checks.hosts import odd_targets
from zonebuild.checks.literals import BEGINS_LIKE_ADDRESS, address_meant
from zonebuild.checks.names import is_below
from zonebuild.checks.place import BELOW_CUT, BELOW_DNAME, OUTSIDE
from zonebuild.checks.servers import Servers
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part

_HOST_RECORDS = (bits.NS, bits.MX, bits.SRV)


class _Target(enum.Enum):
    """What this zone says of a name that a record points at."""

    ADDRESS = enum.auto()  # or the answer is not this zone's to give
    ALIAS = enum.auto()
    NOTHING = enum.auto()
    GLUE_MISSING = enum.auto()
    GLUE_OCCLUDED = enum.auto()


def missing_glue(survey: Survey) -> Iterator[Fact]:
    """Find each NS at a cut whose target lies at or below that cut and has no address."""
    for row, target in _pointing(survey, bits.NS, _Target.GLUE_MISSING):
        cut = survey.owner(row)
        message = f"NS {survey.names[target]} lies at or below its own cut {cut}"
        mend = _mend(survey, row, target)
        yield Fact(row, f"{message} and has no address here: {mend}", Part.RDATA)


def occluded_glue(survey: Survey) -> Iterator[Fact]:
    """Find each missing glue that servers overlook, for other occluded data lies above it."""
    for row, target in _pointing(survey, bits.NS, _Target.GLUE_OCCLUDED):
        cut = survey.owner(row)
        message = (
            f"NS {survey.names[target]} lies below its own cut {cut}, has no address of its own"
        )
        message += ", and what lies above it there is occluded"
        yield Fact(row, f"{message}: {_mend(survey, row, target)}", Part.RDATA)


def ns_without_address(survey: Survey) -> Iterator[Fact]:
    """Find each NS whose target is a name of this zone without address."""
    yield from _without_address(survey, bits.NS)


def mx_without_address(survey: Survey) -> Iterator[Fact]:
    """Find each MX whose target is a name of this zone without address."""
    yield from _without_address(survey, bits.MX)


def srv_without_address(survey: Survey) -> Iterator[Fact]:
    """Find each SRV whose target is a name of this zone without address."""
    yield from _without_address(survey, bits.SRV)


def ns_is_alias(survey: Survey) -> Iterator[Fact]:
    """Find each NS whose target is an alias."""
    yield from _is_alias(survey, bits.NS)


def mx_is_alias(survey: Survey) -> Iterator[Fact]:
    """Find each MX whose target is an alias."""
    yield from _is_alias(survey, bits.MX)


def srv_is_alias(survey: Survey) -> Iterator[Fact]:
    """Find each SRV whose target is an alias."""
    yield from _is_alias(survey, bits.SRV)


def target_is_address(survey: Survey) -> Iterator[Fact]:
    """Find each NS, MX and SRV that names an IP address and is not found by the others here."""
    for rdtype in _HOST_RECORDS:
        for row, target in _spelled_like_addresses(survey, rdtype):
            meant = address_meant(survey, row, target)
            judge = _ns_target if rdtype == bits.NS else _host_target
            if meant and judge(survey, row, target) is _Target.ADDRESS:
                message = f"{survey.type_of(row)} target {survey.names[target]}"
                yield Fact(row, f"{message} is a name for nobody: {_named(meant)}", Part.RDATA)


def _spelled_like_addresses(survey: Survey, rdtype: int) -> Iterator[tuple[int, int]]:
    """Yield the rows of *rdtype*, none of them hidden, and their targets that are so spelled."""
    names, owners = survey.names, survey.records.owners
    odd = {target for target in odd_targets(survey) if BEGINS_LIKE_ADDRESS.match(names[target])}
    if not odd:
        return
    servers = survey.once(Servers)
    is_ns = rdtype == bits.NS
    rows, targets = (servers.rows, servers.targets) if is_ns else survey.pointing(rdtype)
    for row, target in zip(rows, targets, strict=True):
        if target in odd and not survey.places.of(owners[row]):
            yield row, target


def _without_address(survey: Survey, rdtype: int) -> Iterator[Fact]:
    for row, target in _pointing(survey, rdtype, _Target.NOTHING):
        message = f"{survey.type_of(row)} target {survey.names[target]} has no address in this zone"
        yield Fact(row, f"{message}: {_mend(survey, row, target)}", Part.RDATA)


def _is_alias(survey: Survey, rdtype: int) -> Iterator[Fact]:
    for row, target in _pointing(survey, rdtype, _Target.ALIAS):
        below = survey.places.of(target) & BELOW_DNAME
        what = "lies below a DNAME" if below else "is an alias (CNAME)"
        message = f"{survey.type_of(row)} target {survey.names[target]} {what}"
        yield Fact(row, f"{message}: name a host that has addresses of its own", Part.RDATA)


def _mend(survey: Survey, row: int, target: int) -> str:
    address = address_meant(survey, row, target)
    if address:
        return _named(address)
    meant = meant_target(survey, row, survey.names[target], _written(survey, row))
    return f"write {meant} with its final dot" if meant else "add an A or AAAA record for it"


def _named(address: str) -> str:
    """Return how to name the host that has *address*."""
    rdtype = "AAAA" if ":" in address else "A"
    return f"{address} is an address; write HOST {rdtype} {address}, and name HOST here"


def _written(survey: Survey, row: int) -> str:
    """Return the target of *row* as its source spells it: the last word of NS, MX and SRV."""
    return next(rdata for _row, _origin, rdata in survey.rdatas([row])).rpartition(" ")[2]


def _pointing(survey: Survey, rdtype: int, wanted: _Target) -> Iterator[tuple[int, int]]:
    """Yield the rows of *rdtype*, and their targets, of whose target this is said."""
    judge = _ns_target if rdtype == bits.NS else _host_target
    for row, target in survey.unaddressed[rdtype]:
        if judge(survey, row, target) is wanted:
            yield row, target


def _ns_target(survey: Survey, row: int, target: int) -> _Target:
    cut, name = survey.owner(row), survey.names[target]
    if cut == survey.apex or not (name == cut or is_below(name, cut)):
        return _answer(survey, target)
    if survey.masks[target] & bits.CNAME_BIT:
        return _Target.ALIAS
    if name == cut or survey.exists(name):
        return _Target.GLUE_MISSING
    encloser = survey.closest_encloser(name)
    is_covered = survey.mask(f"*.{cut}") & bits.ADDRESS_BITS
    return _Target.GLUE_OCCLUDED if encloser != cut or is_covered else _Target.GLUE_MISSING


def _host_target(survey: Survey, row: int, target: int) -> _Target:
    """Judge the target of an MX or SRV; the root stands for "no such service"."""
    return _Target.ADDRESS if survey.names[target] == "." else _answer(survey, target)


def _answer(survey: Survey, target: int) -> _Target:
    """Return what an authoritative answer for *target* would be."""
    place = survey.places.of(target)
    if place & BELOW_DNAME and not place & (OUTSIDE | BELOW_CUT):
        return _Target.ALIAS
    if not survey.is_ours(target):
        return _Target.ADDRESS
    source = survey.source_of(target)
    mask = 0 if source is None else survey.masks[source]
    if mask & bits.ADDRESS_BITS:
        return _Target.ADDRESS
    return _Target.ALIAS if mask & bits.CNAME_BIT else _Target.NOTHING


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="missing-glue", numbers=("Z050", "Z055"), severity=ERROR, refused_by="K",
        spec="RFC 1034 section 4.2.1, RFC 9471 section 3", find=missing_glue, about=(bits.NS,),
        why="The delegated zone cannot be reached: its server is known to itself alone.",
        bad="sub NS ns.sub\n", good="sub NS ns.sub\nns.sub A 192.0.2.2\n",
    ),
    Check(
        name="occluded-glue", numbers=("Z050",), severity=ERROR, refused_by="",
        spec="RFC 9471 section 3, RFC 4592 section 2.2", find=occluded_glue, about=(bits.NS,),
        why="Missing glue all the same; servers stop looking at a name or wildcard above it.",
        bad="sub NS ns.a.sub\na.sub NS ns.example.net.\n",
        good="sub NS ns.a.sub\nns.a.sub A 192.0.2.2\n",
    ),
    Check(
        name="ns-target-without-address", numbers=("Z052", "Z055"), severity=ERROR, refused_by="BK",
        spec="RFC 1912 section 2.8", find=ns_without_address, about=(bits.NS,),
        why="BIND refuses it at the apex, Knot everywhere: nobody can ask that server.",
        bad="sub NS ns2\n", good="sub NS ns2\nns2 A 192.0.2.2\n",
    ),
    Check(
        name="ns-target-is-alias", numbers=("Z053", "Z054"), severity=ERROR, refused_by="BK",
        spec="RFC 2181 section 10.3", find=ns_is_alias, about=(bits.NS,),
        why="Resolvers need not follow an alias to find a server.",
        bad="sub NS alias\nalias CNAME ns\n", good="sub NS ns\nalias CNAME ns\n",
    ),
    Check(
        name="mx-target-is-alias", numbers=("Z070",), severity=WARNING, refused_by="",
        spec="RFC 2181 section 10.3, RFC 5321 section 5.1", find=mx_is_alias, about=(bits.MX,),
        why="Some senders refuse to follow the alias.",
        bad="@ MX 10 mail\nmail CNAME ns\n", good="@ MX 10 mail\nmail A 192.0.2.2\n",
    ),
    Check(
        name="mx-target-without-address", numbers=("Z071", "Z072"), severity=ERROR, refused_by="",
        spec="RFC 5321 section 5.1", find=mx_without_address, about=(bits.MX,),
        why="Mail to this host waits and returns.",
        bad="@ MX 10 mail.example.org\nmail A 192.0.2.2\n",
        good="@ MX 10 mail.example.org.\nmail A 192.0.2.2\n",
    ),
    Check(
        name="srv-target-is-alias", numbers=("Z076",), severity=WARNING, refused_by="",
        spec="RFC 2782", find=srv_is_alias, about=(bits.SRV,),
        why="The target must not be an alias; some clients give up.",
        bad="_imaps._tcp SRV 0 1 993 mail\nmail CNAME ns\n",
        good="_imaps._tcp SRV 0 1 993 mail\nmail A 192.0.2.2\n",
    ),
    Check(
        name="srv-target-without-address", numbers=("Z077",), severity=ERROR, refused_by="",
        spec="RFC 2782", find=srv_without_address, about=(bits.SRV,),
        why="Clients find the service and cannot reach it.",
        bad="_imaps._tcp SRV 0 1 993 mail\n",
        good="_imaps._tcp SRV 0 1 993 mail\nmail A 192.0.2.2\n",
    ),
    Check(
        name="target-is-address", numbers=("Z055", "Z072"), severity=ERROR, refused_by="",
        spec="RFC 1035 sections 3.3.9 and 3.3.11, RFC 2782", find=target_is_address,
        about=_HOST_RECORDS,
        why="NS, MX and SRV name hosts; an address there is taken for a name that nobody has.",
        bad="@ MX 10 192.0.2.2.\n", good="@ MX 10 mail\nmail A 192.0.2.2\n",
    ),
)
# fmt: on
