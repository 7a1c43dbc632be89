"""`zonebuild dane`: from one service to its TLSA records, its certificates, and words."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.endpoints.fetch import fetch
from zonebuild.endpoints.match import match_chain
from zonebuild.endpoints.records import addresses_of, ask_resolver
from zonebuild.probe.answers import Server, Status
from zonebuild.probe.trust import Anchor
from zonebuild.tlsa.parameters import owner_of

FINE, MISMATCH, UNKNOWN = 0, 1, 2  # exit codes


class Unusable(Exception):
    """The command cannot run; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A service, and whom to ask about it. host: absolute. resolver: None for this machine's.

    servers: those of the zone where they are given. addresses: instead of the host's own.
    """

    host: str
    port: int
    starttls: str
    resolver: Server | None
    servers: tuple[Server, ...]
    anchors: tuple[Anchor, ...]
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.host.removesuffix('.')}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listed:
    """What one source says the TLSA RRset is. source: as a message names it."""

    source: str
    rrset: tuple[str, ...]


def anchors_of(text: str) -> tuple[Anchor, ...]:
    """Return the trust anchors in the file *text*, or of *text* itself where it has several words.

    Errors: Unusable.
    """
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.probe.trust import MAX_OCTETS, read_anchors

    if not text:
        return ()
    path = "--trust-anchor"
    if len(text.split()) == 1:  # a record has several words
        path = text
        try:
            text = read_outside(Path(path), MAX_OCTETS).decode("utf-8", "backslashreplace")
        except SourceError as error:
            raise Unusable(f"the trust anchor {path!a} {error.reason}") from error
    anchors, findings = read_anchors(text, path)
    if findings:
        raise Unusable(f"{findings[0].location}: {findings[0].message}")
    if not anchors:
        raise Unusable(f"the trust anchor {path!a} holds no record")
    return anchors


def judge(asked: Asked, now: float) -> int:
    """Compare what the addresses of a service show with its TLSA records; return the exit code.

    now: Unix time in seconds.
    """
    owner = owner_of(asked.host, asked.port)
    code, listed = _by_anchor(asked, owner) if asked.anchors else _by_resolver(asked, owner)
    if not listed:
        return code
    addresses = asked.addresses
    if not addresses:
        told = addresses_of(asked.host, resolver=asked.resolver)
        if not told.values:
            why = f"{told.by} {told.problem}" if told.problem else "the host has none"
            return _complain(asked, f"no address to connect to: {why}", UNKNOWN)
        addresses = told.values
    name = asked.host.removesuffix(".")
    endpoints = [Endpoint(each, asked.port, name, asked.starttls) for each in addresses]
    return max([code, *(_compare(asked, each.endpoint, each.chain, each.reason, listed, now)
                        for each in fetch(endpoints))])  # fmt: skip


def _compare(
    asked: Asked,
    endpoint: Endpoint,
    chain: Sequence[bytes],
    reason: str,
    listed: Sequence[Listed],
    now: float,
) -> int:
    if not chain:
        return _complain(asked, f"{endpoint} {reason}", UNKNOWN)
    codes, shown = [FINE], set()
    for each in listed:
        match = match_chain(chain, each.rrset, asked.host.removesuffix("."), now)
        if match.is_listed:
            shown.add(match.rdata)
        else:
            code = UNKNOWN if match.is_listed is None else MISMATCH
            records = ", ".join(quoted(rdata, 80) for rdata in each.rrset[:4])
            has = f"{each.source} has {records}" if records else f"{each.source} has none"
            codes.append(_complain(asked, f"{endpoint} {match.reason}; {has}", code))
    if max(codes) == FINE:
        print(f"{asked}: {endpoint} shows what is listed: {quoted(min(shown), 140)}")
    return max(codes)


def _by_anchor(asked: Asked, owner: str) -> tuple[int, tuple[Listed, ...]]:
    """Return what each server has, proved by the anchor, and the exit code so far."""
    from zonebuild.probe.ask import ask
    from zonebuild.probe.servers import NotFound, locate

    if not any(_encloses(anchor.zone, owner) for anchor in asked.anchors):
        given = ", ".join(sorted({anchor.zone for anchor in asked.anchors}))
        text = f"there is no trust anchor of the zone of {owner} (those given: {given})"
        return _complain(asked, text, UNKNOWN), ()
    servers = asked.servers
    if not servers:
        try:
            located = locate(owner, "TLSA", resolver=asked.resolver)
        except NotFound as error:
            return _complain(asked, str(error), UNKNOWN), ()
        owner, servers = located.owner, located.servers
    code, listed = FINE, []
    for answer in ask(servers, owner, "TLSA", anchors=asked.anchors):
        if answer.status is Status.ANSWERED:
            listed.append(Listed(str(answer.server), answer.values))
        else:
            wrong = MISMATCH if answer.status in _LACKING else UNKNOWN
            code = max(code, _complain(asked, f"{answer} (TLSA of {owner})", wrong))
    if listed:
        count = f"{len(listed)} server{'s' * (len(listed) > 1)}"
        print(f"{asked}: TLSA of {owner} at {count}, validated with the trust anchor")
    return code, tuple(listed)


_LACKING = (Status.ABSENT, Status.BOGUS, Status.ALIAS)


def _encloses(zone: str, owner: str) -> bool:
    return zone == "." or owner == zone or owner.endswith(f".{zone}")


def _by_resolver(asked: Asked, owner: str) -> tuple[int, tuple[Listed, ...]]:
    """Return what the resolver has validated, and the exit code so far."""
    told = ask_resolver(owner, "TLSA", resolver=asked.resolver)
    if told.problem:
        return _complain(asked, f"{told.by} {told.problem} (TLSA of {owner})", UNKNOWN), ()
    if not told.values:
        return _complain(asked, f"there is no TLSA record of {owner}, {told.by} says", MISMATCH), ()
    if not told.is_secure:
        wanted = "want the AD bit: name a validating resolver, or a trust anchor"
        text = f"{told.by} has not validated the TLSA of {owner}, {wanted}"
        return _complain(asked, text, UNKNOWN), ()
    print(f"{asked}: TLSA of {owner}, validated as the AD bit of {told.by} says")
    return FINE, (Listed(told.by, told.values),)


def _complain(asked: Asked, text: str, code: int) -> int:
    print(f"{asked}: {'error' if code == MISMATCH else 'unknown'}: {text}", file=sys.stderr)
    return code
