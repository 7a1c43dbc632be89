"""`doit verify`: each place of the map, as clients see it: certificate, signed TLSA, and the map.

Exit codes: 0 all are as they should be, 1 one is not, 2 one could not be told, or all of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.builder.outside.looking import Question, Seen, asked_of
from zonebuild.cli import fail
from zonebuild.endpoints.endpoint import Served
from zonebuild.endpoints.fetch import HANDSHAKE_FAILS
from zonebuild.endpoints.match import match_chain
from zonebuild.endpoints.records import ask_resolver
from zonebuild.probe.answers import Answer, Status
from zonebuild.probe.ask import ask
from zonebuild.tlsa.places import Place

if TYPE_CHECKING:
    pass

FINE, MISMATCH, UNKNOWN = 0, 1, 2  # exit codes
LONGEST = 120.0  # seconds for all questions
_LACKING = (Status.ABSENT, Status.BOGUS, Status.ALIAS)
_MOST = 100  # complaints that are printed


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong at a place. code: MISMATCH or UNKNOWN."""

    place: Place
    code: int
    text: str

    def __str__(self) -> str:
        kind = "error" if self.code == MISMATCH else "unknown"
        return f"{self.place.host.removesuffix('.')}:{self.place.port}: {kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class _Listed:
    """What one source says the TLSA RRset is. source: as a message names it."""

    source: str
    rrset: frozenset[str]


def verify_site(root: Path) -> int:
    """Compare all that the map says with what is served; print what is wrong, and a summary."""
    from zonebuild.builder.lineages.certificates import make_ready
    from zonebuild.builder.lineages.questions import Questions
    from zonebuild.builder.outside.keyring import read_keyring
    from zonebuild.builder.outside.looking import look
    from zonebuild.cli.site import print_findings, reading_site

    with reading_site(root) as run:
        if isinstance(run, int):
            return run
        ready, findings = make_ready(run)
        if ready is None:
            print_findings(findings)
            return fail("the map of lineages cannot be used")
        asker = Questions(run, ready.wanted, ready.known.states)
        print_findings(asker.findings)
        entries = ready.wanted.entries.values()
        places = [place for entry in entries for place in entry.lineage.places]
        questions = {place: asker.about(place) for place in places}
        keyring = read_keyring(run)[0]
        aliases = [
            (place, ask(asker.servers_of(place.service_owner), place.service_owner, "TLSA",
                        keyring=keyring))
            for place in dict.fromkeys(places)
            if place.alias
        ]  # fmt: skip
        seen = look(questions.values(), longest=LONGEST, keyring=keyring)
    built = ready.known.published
    found = [c for place, answers in aliases for c in judge_alias(place, answers)]
    found += [c for place, q in questions.items() for c in judge(place, q, seen, built)]
    code = _tell(found, len(questions))
    return code or (UNKNOWN if asker.findings else FINE)


def judge_alias(place: Place, answers: Sequence[Answer]) -> Iterator[Complaint]:
    """Yield what is wrong with the CNAME of *place*, whose records another name owns.

    Clients ask the service's own owner and follow its CNAME (RFC 7671 section 7): records at a
    name that it does not lead to are seen by nobody. answers: of each server of its zone.
    """
    name = place.service_owner
    if not answers:
        yield Complaint(place, UNKNOWN, f"no server of {name} is known, so its CNAME is not either")
    for answer in answers:
        if answer.status not in (Status.ANSWERED, Status.ABSENT, Status.ALIAS):
            yield Complaint(place, UNKNOWN, f"{answer} (CNAME of {name})")
        elif answer.alias is None:
            text = f"{name} is no CNAME, and tlsa-map.yaml has alias {place.alias}"
            yield Complaint(place, MISMATCH, f"{text}: clients look at {name} ({answer.server})")
        elif answer.alias != place.alias:
            text = f"{name} leads to {answer.alias}, and tlsa-map.yaml has alias {place.alias}"
            yield Complaint(place, MISMATCH, f"{text}: clients never see it ({answer.server})")


def judge(
    place: Place, question: Question, seen: Seen, built: Mapping[str, frozenset[str]]
) -> Iterator[Complaint]:
    """Yield what is wrong at *place*. built: the TLSA rdata that were made last, by owner."""
    listed: list[_Listed] = []
    for found in _by_anchor(question, seen) if question.anchors else _by_resolver(question):
        if isinstance(found, _Listed):
            listed.append(found)
        else:
            yield Complaint(place, *found)
    wanted = built.get(place.owner, frozenset())
    for each in listed:
        if each.rrset != wanted:
            text = f"TLSA of {place.owner} {_difference(each.rrset, wanted)}, {each.source} says"
            yield Complaint(place, MISMATCH, text)
    yield from (Complaint(place, UNKNOWN, f"{each} cannot be asked") for each in question.dark)
    for endpoint in question.endpoints:
        for number, asked in enumerate(asked_of(endpoint, question)):
            shown = seen.served.get(asked) or Served(asked, reason="was not asked in time")
            if number == 0 or not shown.reason.startswith(HANDSHAKE_FAILS):
                yield from _compare(place, shown, listed)


def _compare(place: Place, shown: Served, listed: Sequence[_Listed]) -> Iterator[Complaint]:
    if not shown.chain:
        yield Complaint(place, UNKNOWN, f"{shown.endpoint} {shown.reason}")
        return
    host = place.host.removesuffix(".")
    for rrset in dict.fromkeys(each.rrset for each in listed):
        match = match_chain(shown.chain, sorted(rrset), host, time.time())
        if not match.is_listed:
            code = UNKNOWN if match.is_listed is None else MISMATCH
            by = ", ".join(each.source for each in listed if each.rrset == rrset)
            yield Complaint(place, code, f"{shown.endpoint} {match.reason} (by {by})")


def _by_anchor(question: Question, seen: Seen) -> Iterator[_Listed | tuple[int, str]]:
    """Yield what each server has, proved by the trust anchor of its zone."""
    for name in question.missing:
        yield UNKNOWN, f"the name server {name} has no address"
    for server in question.servers:
        answer = seen.answers.get((server, question.owner))
        if answer is None:
            yield UNKNOWN, f"{server} was not asked in time (TLSA of {question.owner})"
        elif answer.status is Status.ANSWERED:
            yield _Listed(str(server), frozenset(answer.values))
        else:
            code = MISMATCH if answer.status in _LACKING else UNKNOWN
            yield code, f"{answer} (TLSA of {question.owner})"


def _by_resolver(question: Question) -> Iterator[_Listed | tuple[int, str]]:
    """Yield what the resolver of this machine has validated, as its AD bit says."""
    told = ask_resolver(question.owner, "TLSA")
    if told.problem:
        yield UNKNOWN, f"{told.by} {told.problem} (TLSA of {question.owner})"
    elif not told.is_secure:
        wanted = "want its AD bit, or `anchors:` in tlsa-map.yaml"
        yield UNKNOWN, f"{told.by} has not validated the TLSA of {question.owner}, {wanted}"
    else:
        yield _Listed(told.by, frozenset(told.values))


def _difference(served: frozenset[str], wanted: frozenset[str]) -> str:
    """Say how what is served differs from what was built."""
    parts = [("lacks", wanted - served), ("has still, or from elsewhere,", served - wanted)]
    return " and ".join(f'{verb} "{min(each)}"' for verb, each in parts if each)


def _tell(found: Sequence[Complaint], count: int) -> int:
    for complaint in found[:_MOST]:
        print(complaint, file=sys.stderr)
    if len(found) > _MOST:
        print(f"and {len(found) - _MOST} more", file=sys.stderr)
    wrong = len({complaint.place for complaint in found})
    print(f"{count - wrong} of {count} places show what their signed TLSA and the map say")
    return max((complaint.code for complaint in found), default=FINE)
