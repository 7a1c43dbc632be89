"""Look at name servers and endpoints from outside, all at once, until a deadline.

Spec: RFC 7671 section 8.1 (what all servers have); sections 5.1 to 5.3 for what an endpoint shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zonebuild.endpoints.endpoint import Endpoint, Served
from zonebuild.endpoints.fetch import HANDSHAKE_FAILS, fetch_one
from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.probe.ask import NO_KEYS, ask_server
from zonebuild.probe.keyring import Keyring
from zonebuild.probe.trust import Anchor
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.pin import Pin, pin_for
from zonebuild.tlsa.state import EndpointView, ServerView

if TYPE_CHECKING:
    from concurrent.futures import Future

LONGEST = 20.0  # seconds for all of it
_PARALLEL = 64
KINDS = ("rsa", "ecdsa")  # of `Endpoint.algorithm`


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked about one owner of TLSA records, at one host.

    servers: of its zone, missing: those without an address. anchors: whom signatures must lead to.
    endpoints: the host at each address. dark: endpoints that cannot be asked. has_kinds: the host
    may have certificates of several algorithms, each of which is to be seen.
    """

    owner: str
    servers: tuple[Server, ...]
    missing: tuple[str, ...]
    anchors: tuple[Anchor, ...]
    endpoints: tuple[Endpoint, ...]
    dark: tuple[str, ...] = ()
    has_kinds: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of the questions in time.

    answers: by server, owner and anchors. served: by endpoint; what was not asked in time is
    missing.
    """

    answers: Mapping[tuple[Server, str], Answer]
    served: Mapping[Endpoint, Served]

    def servers(self, question: Question) -> tuple[ServerView, ...] | None:
        """Return what each server has; None where not all were asked in time."""
        views = [ServerView(name, None) for name in question.missing]
        for server in question.servers:
            answer = self.answers.get((server, question.owner))
            if answer is None:
                return None
            views.append(_server_view(answer, is_believed=bool(question.anchors)))
        return tuple(views)

    def endpoints(self, question: Question, unit: str) -> tuple[EndpointView, ...] | None:
        """Return what each endpoint shows of a track of *unit*; None where not all were asked."""
        views = [EndpointView(each, None) for each in question.dark]
        for endpoint in question.endpoints:
            shown = [self.served.get(each) for each in asked_of(endpoint, question)]
            if None in shown:
                return None
            known = [each for each in shown if each is not None]
            views.append(EndpointView(name_of(endpoint), _pins(known, unit)))
        return tuple(views)


def name_of(endpoint: Endpoint) -> str:
    """Return what observations call *endpoint*: its address and port."""
    return str(replace(endpoint, starttls="none", name="", algorithm=""))


def look(
    questions: Collection[Question], *, longest: float = LONGEST, keyring: Keyring = NO_KEYS
) -> Seen:
    """Return what the servers and endpoints of all *questions* say within *longest* seconds.

    keyring: the TSIG keys that servers name.
    """
    from concurrent.futures import ThreadPoolExecutor, wait

    jobs: dict[tuple[Server, str] | Endpoint, Callable[[], Answer | Served]] = {}
    for question in questions:
        for server in question.servers if question.anchors else ():
            jobs[server, question.owner] = _server_job(server, question, keyring)
        for endpoint in question.endpoints:
            for each in asked_of(endpoint, question):
                jobs[each] = _endpoint_job(each)
    if not jobs:
        return Seen(_unasked(questions), {})
    pool = ThreadPoolExecutor(min(len(jobs), _PARALLEL))
    futures = {key: pool.submit(job) for key, job in jobs.items()}
    wait(futures.values(), timeout=longest)
    pool.shutdown(wait=False, cancel_futures=True)
    return _sorted_out(futures, _unasked(questions))


def _unasked(questions: Iterable[Question]) -> dict[tuple[Server, str], Answer]:
    """Return the answers of those whom nobody could believe, and who are not asked."""
    detail = "no trust anchor of its zone is known"
    return {
        (server, question.owner): Answer(server, Status.BOGUS, detail=detail)
        for question in questions
        if not question.anchors
        for server in question.servers
    }


def _sorted_out(
    futures: Mapping[tuple[Server, str] | Endpoint, Future[Answer | Served]],
    answers: dict[tuple[Server, str], Answer],
) -> Seen:
    served: dict[Endpoint, Served] = {}
    for key, future in futures.items():
        if not future.done() or future.cancelled():
            continue
        found = future.result()
        if isinstance(found, Served):
            served[found.endpoint] = found
        elif isinstance(key, tuple):
            answers[key] = found
    return Seen(answers, served)


def _server_job(server: Server, question: Question, keyring: Keyring) -> Callable[[], Answer]:
    return lambda: ask_server(
        server,
        question.owner,
        "TLSA",
        anchors=question.anchors,
        keyring=keyring,
        proves_denial=True,
    )


def _endpoint_job(endpoint: Endpoint) -> Callable[[], Served]:
    return lambda: fetch_one(endpoint)


def asked_of(endpoint: Endpoint, question: Question) -> tuple[Endpoint, ...]:
    """Return how an endpoint is asked: plainly, and where need be for each kind of key."""
    kinds = KINDS if question.has_kinds else ()
    return (endpoint, *(replace(endpoint, algorithm=kind) for kind in kinds))


def _server_view(answer: Answer, *, is_believed: bool) -> ServerView:
    """Return what a server has; a denial says whether it is proved."""
    server = str(answer.server)
    if is_believed and answer.status is Status.ANSWERED:
        return ServerView(server, frozenset(map(_canonical, answer.values)), answer.ttl or 0)
    if is_believed and answer.status is Status.ABSENT:
        return ServerView(server, frozenset(), is_proved=answer.is_proved)
    return ServerView(server, None)


def _canonical(rdata: str) -> str:
    numbers, data = rdata.lower().split()[:3], rdata.lower().split()[3:]
    return " ".join([*numbers, "".join(data)])


def _pins(shown: Sequence[Served], unit: str) -> frozenset[Pin] | None:
    """Return what an endpoint shows, None where that is not known for sure.

    shown: the plain answer first. That it has no key of one kind is no lack of an answer.
    """
    plain, *others = shown
    if not plain.chain or not all(o.chain or o.reason.startswith(HANDSHAKE_FAILS) for o in others):
        return None
    pins = [_pin(each.chain, unit) for each in shown if each.chain]
    known = frozenset(pin for pin in pins if pin is not None)
    return known if len(pins) == len([pin for pin in pins if pin is not None]) else None


def _pin(chain: Sequence[bytes], unit: str) -> Pin | None:
    found = [read_material(der) for der in chain]
    materials = [each for each in found if isinstance(each, Material)]
    if len(materials) < len(found):
        return None
    pin = pin_for(materials[0]._replace(issuers=tuple(materials[1:])), unit)
    return pin if isinstance(pin, Pin) else None
