"""Facts across the zones of one site: delegations and their child zones, names in sister zones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from zonebuild.checks import bits
from zonebuild.checks.caa_accounts import ACCOUNT_CHECKS
from zonebuild.checks.check import ERROR, INFO, WARNING, Check
from zonebuild.checks.outline import (
    DS,
    Answer,
    Ask,
    Delegation,
    Kind,
    Outline,
    Server,
    Sisters,
    SiteFinding,
)
from zonebuild.checks.reverse import IPV4, IPV6, address_of
from zonebuild.checks.site_files import FILE_CHECKS
from zonebuild.diagnostic import Finding, Location, Note, Part
from zonebuild.rdata.types import type_mnemonic

_ACME = "_acme-challenge."  # its alias leads where a record is only while a certificate is made


def questions(outlines: Iterable[Outline], sisters: Sisters) -> dict[str, set[str]]:
    """Return for each zone that is asked something the names that it is asked for."""
    asked: dict[str, set[str]] = {}
    for outline in outlines:
        for name in _names_asked(outline):
            apex = sisters.zone_of(name)
            if apex is not None and apex != outline.apex:
                asked.setdefault(apex, set()).add(name)
    return asked


def _names_asked(outline: Outline) -> Iterator[str]:
    for ask in outline.asks:
        yield ask.name
    for delegation in outline.delegations:
        for server in delegation.servers:
            yield server.host


def check_site(
    outlines: Mapping[str, Outline],
    answers: Mapping[str, Answer],
    keys: Mapping[str, Collection[DS]],
) -> Iterator[SiteFinding]:
    """Yield what is wrong between the zones of *outlines*, which come by apex.

    answers: to `questions`; a name without one is passed over.
    keys: of each zone whose signer is known, the DS that its keys make; none: it is not signed.
    """
    for outline in outlines.values():
        for delegation in outline.delegations:
            child = outlines.get(delegation.child)
            found = [*_delegated(delegation, child, outline), *_glue(delegation, answers)]
            if delegation.child in keys:
                found += _signed(delegation, keys[delegation.child])
            for finding in found:
                yield SiteFinding(outline.apex, delegation.child, finding)
        for ask in outline.asks:
            if ask.name in answers:
                for finding in _asked(ask, answers[ask.name]):
                    yield SiteFinding(outline.apex, ask.owner, finding)


# -- delegations --------------------------------------------------------------------------------


def _delegated(delegation: Delegation, child: Outline | None, parent: Outline) -> Iterator[Finding]:
    """Compare the NS of a delegation with those of the child's apex."""
    name = delegation.child
    if child is None:
        return
    if not delegation.servers:
        message = f"{name} is a zone of this site, and {parent.apex} does not delegate it"
        mend = "".join(f"; add {name} NS {server.host}" for server in child.servers[:4])
        yield _finding("child-not-delegated", Location(parent.path), message + mend)
        return
    here = {server.host for server in delegation.servers}
    there = {server.host for server in child.servers}
    first = delegation.servers[0]
    for server in delegation.servers if there else ():
        if server.host not in there:
            message = f"NS {server.host} of {name} is not among the NS of the zone {name} itself"
            note = Note(child.servers[0].location, "the first of these")
            mend = "remove it here, or add it there"
            yield _finding("delegation-differs", server.location, f"{message}: {mend}", note)
    for server in child.servers:
        if server.host not in here:
            message = f"the zone {name} has the NS {server.host}, its delegation has not"
            note = Note(server.location, "the NS there")
            mend = f"add {name} NS {server.host} here, or remove it there"
            yield _finding("delegation-differs", first.location, f"{message}: {mend}", note)


def _glue(delegation: Delegation, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """Compare glue with the addresses that the host's own zone has."""
    for server in delegation.servers:
        answer = answers.get(server.host)
        if answer is None or answer.kind is not Kind.ADDRESS or not server.addresses:
            continue
        here = dict(server.addresses)
        for address, location in server.addresses:
            if address not in answer.addresses:
                message = f"glue {address} of {server.host} is not its address in its own zone"
                wanted = ", ".join(sorted(answer.addresses))
                yield _finding("glue-differs", location, f"{message}: want {wanted}")
        yield from _missing_glue(server, sorted(answer.addresses - here.keys()))


def _missing_glue(server: Server, missing: list[str]) -> Iterator[Finding]:
    """Yield the addresses that lack beside others of their family, which are not wrong."""
    for address in missing:
        rdtype = "AAAA" if ":" in address else "A"
        message = f"{server.host} has the address {address} in its own zone, and no such glue"
        mend = f"add {server.host} {rdtype} {address}"
        yield _finding("glue-differs", server.location, f"{message}: {mend}")


def _signed(delegation: Delegation, keys: Collection[DS]) -> Iterator[Finding]:
    """Compare the DS of a delegation with the keys of the child."""
    name = delegation.child
    line = next((f"{name} DS {' '.join(map(str, key))}" for key in keys), "")
    if not delegation.ds:
        if keys and delegation.servers:
            message = f"{name} is signed and has no DS here, so nobody checks it: add {line}"
            yield _finding("child-without-ds", delegation.servers[0].location, message)
        return
    location = delegation.ds[0][1]
    if not keys:
        message = f"DS of {name}, which this site does not sign: remove it, or sign the zone"
        yield _finding("ds-matches-no-key", location, message)
    elif not any(_may_match(ds, key) for ds, _location in delegation.ds for key in keys):
        message = f"no DS of {name} is of a key of that zone: write {line}"
        yield _finding("ds-matches-no-key", location, message)


def _may_match(ds: DS, key: DS) -> bool:
    """Say whether *ds* is *key*; of another digest type only tag and algorithm tell."""
    if ds.digest_type != key.digest_type:
        return ds[:2] == key[:2]
    return ds == key


# -- names in sister zones ----------------------------------------------------------------------


def _asked(ask: Ask, answer: Answer) -> Iterator[Finding]:
    """Yield what is wrong with the target of one record."""
    what = f"{type_mnemonic(ask.rdtype)} target {ask.name}"
    address = address_of(ask.owner) if ask.rdtype == bits.PTR else None
    if ask.rdtype in (bits.A, bits.AAAA):
        yield from _without_ptr(ask, answer)
    elif address is not None:
        yield from _pointed_back(ask, answer, address)
    elif answer.kind is Kind.MISSING and not _may_be_absent(ask):
        message = f"{what} does not exist in its zone, which is of this site: add it there"
        yield _finding("sister-target-missing", ask.location, message)
    elif ask.rdtype in _HOSTS and answer.kind is Kind.OTHER:
        message = f"{what} has no address in its zone, which is of this site"
        message += ": add an A or AAAA record there"
        yield _finding("sister-target-without-address", ask.location, message)
    elif ask.rdtype in _HOSTS and answer.kind is Kind.ALIAS:
        message = f"{what} is an alias (CNAME) in its zone: name a host with addresses of its own"
        yield _finding("sister-target-is-alias", ask.location, message)


_HOSTS = frozenset({bits.NS, bits.MX, bits.SRV})


def _may_be_absent(ask: Ask) -> bool:
    """Say whether it is usual that the target of *ask* does not exist.

    A challenge comes and goes; of the aliases of RFC 2317, one for each address of a block, only
    those in use lead to a PTR.
    """
    if ask.rdtype != bits.CNAME:
        return False
    return ask.owner.startswith(_ACME) or ask.owner.endswith((IPV4, IPV6))


def _without_ptr(ask: Ask, answer: Answer) -> Iterator[Finding]:
    if answer.kind is Kind.MISSING:
        message = f"{address_of(ask.name)} of {ask.owner} has no PTR in its reverse zone, which is"
        message += f" of this site: add {ask.name} PTR {ask.owner} there"
        yield _finding("address-without-ptr", ask.location, message)


def _pointed_back(ask: Ask, answer: Answer, address: str) -> Iterator[Finding]:
    """Compare the PTR of *address* with what its target has."""
    if answer.kind in (Kind.ALIAS, Kind.ELSEWHERE):
        return
    rdtype = "AAAA" if ":" in address else "A"
    mend = f"add {ask.name} {rdtype} {address} there, or correct the PTR"
    if answer.kind is not Kind.ADDRESS:
        has = "does not exist" if answer.kind is Kind.MISSING else "has no address"
        message = f"PTR target {ask.name} {has} in its zone, which is of this site: {mend}"
        yield _finding("ptr-target-without-address", ask.location, message)
    elif address not in answer.addresses:
        message = f"PTR target {ask.name} has other addresses than {address}: {mend}"
        yield _finding("ptr-address-mismatch", ask.location, message)


def _finding(check: str, location: Location, message: str, *notes: Note) -> Finding:
    part = _PARTS.get(check, Part.RDATA) if location.line else None
    return Finding(location, _SEVERITIES[check], check, message, notes, part)


_PARTS = {"child-without-ds": Part.OWNER}

# fmt: off
SITE_CHECKS: tuple[Check, ...] = (
    Check(
        name="child-not-delegated", numbers=("Z069",), severity=WARNING, refused_by="",
        spec="RFC 1034 section 4.2.1",
        why="Resolvers reach the child only where the servers of both happen to be the same.",
    ),
    Check(
        name="delegation-differs", numbers=("Z069",), severity=WARNING, refused_by="",
        spec="RFC 1034 section 4.2.2, RFC 1912 section 2.8",
        why="Some queries go to servers that the zone does not know, or not to those that it has.",
    ),
    Check(
        name="glue-differs", numbers=("Z069",), severity=WARNING, refused_by="",
        spec="RFC 1034 section 4.2.2",
        why="Resolvers are sent to an address that the server has left.",
    ),
    Check(
        name="ds-matches-no-key", numbers=("Z069",), severity=ERROR, refused_by="",
        spec="RFC 4035 section 5.2",
        why="To every resolver that validates the child zone is gone.",
    ),
    Check(
        name="child-without-ds", numbers=("Z069",), severity=INFO, refused_by="",
        spec="RFC 4035 section 2.4",
        why="Signatures that no DS leads to protect nobody.",
    ),
    Check(
        name="sister-target-missing", numbers=("Z035", "Z052", "Z071", "Z077"), severity=WARNING,
        refused_by="", spec="RFC 1034 section 3.6.2, RFC 1912 section 2.4",
        why="The zone that has to answer is of this site, and says that there is no such name.",
    ),
    Check(
        name="sister-target-without-address", numbers=("Z052", "Z071", "Z077"), severity=WARNING,
        refused_by="", spec="RFC 1912 section 2.8, RFC 5321 section 5.1, RFC 2782",
        why="The host cannot be reached: its zone, of this site, has no address for it.",
    ),
    Check(
        name="sister-target-is-alias", numbers=("Z053", "Z070", "Z076"), severity=WARNING,
        refused_by="", spec="RFC 2181 section 10.3, RFC 2782",
        why="NS, MX and SRV name hosts, never aliases; not all software follows one.",
    ),
    Check(
        name="ptr-target-without-address", numbers=("Z119",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.1",
        why="Mail servers and logs that look the name up find nothing.",
    ),
    Check(
        name="ptr-address-mismatch", numbers=("Z119",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.1", is_off=True,
        why="Mail servers refuse a host whose name leads to other addresses.",
    ),
    Check(
        name="address-without-ptr", numbers=("Z119",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.1", is_off=True,
        why="Mail servers refuse a host whose address has no name.",
    ),
    *FILE_CHECKS,
    *ACCOUNT_CHECKS,
)
# fmt: on
_SEVERITIES = {check.name: check.severity for check in SITE_CHECKS}
