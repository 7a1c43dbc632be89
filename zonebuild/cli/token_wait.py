"""`zonebuild token wait`: from names and values to the servers, and to the words about them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.tokens.names import Token

if TYPE_CHECKING:
    from zonebuild.probe.answers import Answer, Server
    from zonebuild.probe.trust import Anchor
    from zonebuild.probe.wait import Outcome

_PREFIX = "zonebuild token wait:"


@dataclass(frozen=True, slots=True)
class Question:
    """What is waited for. Times are in seconds; servers, resolver, anchor as they were written.

    passing: those tokens that nobody waits for once they are gone from the drop-box *folder*.
    """

    tokens: tuple[Token, ...]
    passing: tuple[Token, ...]
    folder: Path
    servers: tuple[str, ...]
    resolver: str
    trust_anchor: str
    timeout: float
    silent_after: float


class _Unusable(Exception):
    """The command cannot run; the text says why."""


def wait(question: Question) -> int:
    """Wait, say how it went, and return the exit code."""
    if find_spec("dns") is None:
        return fail("token wait needs the Python package dnspython: install it")
    gc.enable()  # this command lives for minutes
    try:
        servers = tuple(_server("--server", text) for text in question.servers)
        resolver = _server("--resolver", question.resolver) if question.resolver else None
        anchors = _anchors(question.trust_anchor)
        wanted = _wanted(question.tokens + question.passing, servers, resolver)
    except _Unusable as reason:
        return fail(str(reason))
    return _report(_wait(wanted, anchors, question))


def _wait(
    wanted: Mapping[Server, Mapping[str, frozenset[str]]],
    anchors: Sequence[Anchor],
    question: Question,
) -> Outcome:
    from zonebuild.probe.ask import ask_server
    from zonebuild.probe.wait import Patience, wait_for
    from zonebuild.tokens.folder import has_token

    def ask(server: Server, owner: str) -> Answer:
        return ask_server(server, owner, "TXT", anchors=anchors)

    passing = {token.value: token for token in question.passing}

    def is_wanted(value: str) -> bool:
        return value not in passing or has_token(question.folder, passing[value])

    patience = Patience(question.timeout, question.silent_after)
    return wait_for(wanted, ask, patience, is_wanted)


def _server(option: str, text: str) -> Server:
    from zonebuild.probe.answers import parse_server

    server = parse_server(text)
    if server is None:
        raise _Unusable(f"{option} is {text!a}, want an address such as 192.0.2.1 or [::1]:5353")
    return server


def _anchors(text: str) -> tuple[Anchor, ...]:
    """Return the trust anchors that the option names, in a file or by itself."""
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.probe.trust import MAX_OCTETS, can_verify, read_anchors

    if not text:
        return ()
    if not can_verify():
        raise _Unusable("a trust anchor needs the Python package cryptography: install it")
    path = "--trust-anchor"
    if len(text.split()) == 1:  # a record has several words
        path = text
        try:
            text = read_outside(Path(path), MAX_OCTETS).decode("utf-8", "backslashreplace")
        except SourceError as error:
            raise _Unusable(f"the trust anchor {path!a} {error.reason}") from error
    anchors, findings = read_anchors(text, path)
    if findings:
        raise _Unusable(f"{findings[0].location}: {findings[0].message}")
    if not anchors:
        raise _Unusable(f"the trust anchor {path!a} holds no record")
    return anchors


def _wanted(
    tokens: Sequence[Token], servers: Sequence[Server], resolver: Server | None
) -> dict[Server, dict[str, frozenset[str]]]:
    """Return what each server is to have, by owner."""
    wanted: dict[Server, dict[str, frozenset[str]]] = {}
    for owner in dict.fromkeys(token.owner for token in tokens):
        values = frozenset(token.value for token in tokens if token.owner == owner)
        served_as, places = _places(owner, servers, resolver)
        for server in places:
            owners = wanted.setdefault(server, {})
            owners[served_as] = owners.get(served_as, frozenset()) | values
    return wanted


def _places(
    owner: str, servers: Sequence[Server], resolver: Server | None
) -> tuple[str, Sequence[Server]]:
    """Return the owner that a chain of CNAME ends at, and its servers."""
    from zonebuild.probe.answers import Status
    from zonebuild.probe.ask import ask
    from zonebuild.probe.servers import NotFound, locate

    name = owner
    if servers:
        told = ask(servers, owner, "TXT")
        aliases = [answer.alias for answer in told if answer.status is Status.ALIAS]
        if not aliases or aliases[0] is None:
            return owner, servers
        name = aliases[0]
    try:
        located = locate(name, "TXT", resolver=resolver)
    except NotFound as error:
        raise _Unusable(str(error)) from error
    for missing in located.missing:
        print(f"{_PREFIX} warning: {missing} has no address", file=sys.stderr)
    return located.owner, located.servers


def _report(outcome: Outcome) -> int:
    for answer in outcome.passed:
        print(f"{_PREFIX} warning: {answer}; it is passed over", file=sys.stderr)
    for lack in outcome.lacking:
        print(f"{_PREFIX} error: {lack}", file=sys.stderr)
    if not outcome.seen:
        print(f"{_PREFIX} error: no server has the values", file=sys.stderr)
    if not outcome.is_everywhere:
        return 1
    seconds, server = outcome.seen[-1]
    count = f"{len(outcome.seen)} server{'s' * (len(outcome.seen) > 1)}"
    print(f"served by {count}; the slowest was {server}, after {seconds:.1f} s")
    return 0
