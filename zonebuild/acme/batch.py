"""Certificates for several lineages at one directory: all challenges in one build.

Each job goes through the same steps as all others; one that fails is left behind with its reason,
and the others go on. What a crash must not lose is remembered before it happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from zonebuild.acme import order as orders
from zonebuild.acme.certificate import Chain, choose, judge, make_request, read_chain, spki_of
from zonebuild.acme.clock import Clock
from zonebuild.acme.directory import Desk, fault_of_profile
from zonebuild.acme.keeper import Keeper
from zonebuild.acme.order import INVALID, PENDING, PROCESSING, READY, VALID, Authorization, Order
from zonebuild.acme.problem import AcmeError, Nonsense
from zonebuild.acme.served import Scene, Spot, missing
from zonebuild.acme.wire import Wire
from zonebuild.diagnostic import quoted
from zonebuild.tokens.names import Refused, Token, read_token

_FIRST_PAUSE, _LAST_PAUSE, _GROWTH = 0.05, 10.0, 1.6  # seconds between two looks at the CA
_POLITE = 5  # looks after which the CA's Retry-After is followed; most are done by then


@dataclass(slots=True)
class Job:
    """A certificate on its way.

    names: sorted. key: private, PEM. issuer: of the chain that is wanted, empty for the first.
    replaces: the ARI identifier of the certificate before it; is_replacing: the CA took that.
    order: as it stands; url: of one that was made by an earlier run, empty without one.
    failed: the names whose validation the CA refused; refused: why, sentences.
    is_requested: the CA has the request. look_at: Unix seconds, when to look at the CA again;
    retry: the seconds that it asked to wait, when it was looked at last.
    served_at: when every server had its tokens, by the monotonic clock; 0 where none were needed.
    """

    lineage: str
    names: tuple[str, ...]
    key: bytes
    profile: str = ""
    issuer: str = ""
    replaces: str = ""
    url: str = ""
    is_replacing: bool = False
    order: Order | None = None
    waiting: list[Authorization] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    is_requested: bool = False
    look_at: int = 0
    retry: int = 0
    served_at: float = 0.0
    chain: Chain | None = None
    fault: AcmeError | None = None

    def begin_again(self) -> None:
        """Forget all that came of it so far: the order belonged to an account that is gone."""
        self.url, self.is_replacing, self.order = "", False, None
        self.waiting, self.tokens, self.spots = [], [], []
        self.failed, self.refused, self.is_requested = [], [], False
        self.look_at, self.retry = 0, 0
        self.served_at, self.chain, self.fault = 0.0, None, None


@dataclass(frozen=True, slots=True)
class Tools:
    """What a batch works with.

    publish: brings the drop-box to the servers, or lets another do it.
    note_order: remembers the order of a job, before anything else is done with it.
    patience: seconds for the CA to look at all names of all jobs, and to sign.
    """

    desk: Desk
    keeper: Keeper
    scene: Scene
    clock: Clock
    publish: Callable[[], None]
    note_order: Callable[[Job], None]
    patience: int = 600


def run_batch(jobs: Sequence[Job], tools: Tools) -> None:
    """Bring each job to its chain or to its fault. Challenges stay in the drop-box.

    Errors: WriteError; AcmeError where nothing can be done for any job.
    """
    _each(jobs, lambda job: _open(job, tools))
    _each(jobs, lambda job: _prepare(job, tools))
    _serve(jobs, tools)
    tools.desk.wire.allow(tools.patience)
    _each(jobs, lambda job: _answer(job, tools))
    _await(jobs, tools)


def _each(jobs: Iterable[Job], step: Callable[[Job], None]) -> None:
    for job in jobs:
        if job.fault is None:
            try:
                step(job)
            except AcmeError as error:
                job.fault = error


def _open(job: Job, tools: Tools) -> None:
    """Go on with the order of an earlier run where it is still good, else make one."""
    if job.url:
        job.order = _resumed(job, tools)
    if job.order is None:
        fault = fault_of_profile(tools.desk.directory, job.profile)
        if fault:
            raise AcmeError(fault, "mend `profile:` of the lineage")
        wanted = orders.Wanted(job.names, job.profile, job.replaces)
        job.order, job.is_replacing = orders.new_order(tools.desk, wanted)
        job.url = job.order.url
        tools.note_order(job)
    if job.order.status == INVALID:
        raise job.order.error or AcmeError(f"the order {job.url} is invalid from the start")


def _resumed(job: Job, tools: Tools) -> Order | None:
    try:
        found = orders.fetch_order(tools.desk.wire, job.url)
    except AcmeError:  # gone, or another account's: a new one costs little
        return None
    return found if found.status != INVALID else None


def _prepare(job: Job, tools: Tools) -> None:
    """Find what is still to be proven, and the tokens for that."""
    order = _order(job)
    if order.status != PENDING:
        return
    for url in order.authorizations:
        found = orders.fetch_authorization(tools.desk.wire, url)
        if found.name not in {name.removeprefix("*.") for name in job.names}:
            raise Nonsense(f"{url} is about {quoted(found.name)}, which was not ordered")
        if found.status == VALID:
            continue
        if found.status != PENDING or found.challenge is None:
            job.failed.append(found.name)
            raise found.error or AcmeError(f"the CA offers no dns-01 for {found.name}")
        spot = tools.scene.locate(found.name)
        job.waiting.append(found)
        job.spots.append(spot)
        job.tokens.append(_token(spot, found, tools))


def _token(spot: Spot, found: Authorization, tools: Tools) -> Token:
    key, challenge = tools.desk.wire.key, found.challenge
    if key is None or challenge is None:
        raise AcmeError("there is no account key")
    token = read_token(spot.owner, orders.validation(challenge, key))
    if isinstance(token, Refused):
        raise AcmeError(token.reason)
    return token


def _serve(jobs: Sequence[Job], tools: Tools) -> None:
    """Write all tokens, have them published once, and wait for every server."""
    alive = [job for job in jobs if job.fault is None and job.tokens]
    if not alive:
        return
    tokens = [token for job in alive for token in job.tokens]
    tools.keeper.put(tokens)
    tools.publish()
    lacking = missing(tools.scene, [spot for job in alive for spot in job.spots], tokens)
    for job in alive:
        job.served_at = time.monotonic()
        found = [why for spot in job.spots if (why := lacking.get(spot.owner))]
        if found:
            way_on = "look whether the builder runs and what its zone allows (`acme:`)"
            job.fault = AcmeError(f"the challenge is not served everywhere: {found[0]}", way_on)


def _answer(job: Job, tools: Tools) -> None:
    for found in job.waiting:
        if found.challenge is not None:
            orders.answer(tools.desk.wire, found.challenge)


def _await(jobs: Sequence[Job], tools: Tools) -> None:
    """Look at all jobs in turn until each has its chain or its fault; all share one patience."""
    deadline, pause, looks = tools.clock.now() + tools.patience, _FIRST_PAUSE, 0
    while waiting := [job for job in jobs if job.fault is None and job.chain is None]:
        now = tools.clock.now()
        _each([job for job in waiting if job.look_at <= now], lambda job: _advance(job, tools))
        looks += 1
        for job in waiting:
            if job.look_at <= now and looks > _POLITE:
                job.look_at = min(now + job.retry, deadline)
            if now >= deadline and job.fault is None and job.chain is None:
                job.fault = _impatience(job, tools.patience)
        soonest = min(job.look_at for job in waiting)
        tools.clock.sleep(max(pause, soonest - now) if now < deadline else 0)
        pause = min(pause * _GROWTH, _LAST_PAUSE)


def _advance(job: Job, tools: Tools) -> None:
    """Look at what the CA is still to do, and do what follows."""
    wire = tools.desk.wire
    _prove(job, wire)
    if job.waiting:
        return
    if job.refused:
        raise AcmeError("; ".join(job.refused))
    order = _order(job)
    if order.status in (PENDING, PROCESSING) or job.is_requested:
        order = orders.fetch_order(wire, order.url)
    if order.status == READY and not job.is_requested:
        order = orders.finalize(wire, order, make_request(job.key, job.names))
        job.is_requested = True
    job.order, job.retry = order, order.retry or 0
    if order.status == VALID and order.certificate:
        _collect(job, tools)
    elif order.status in (VALID, INVALID):
        raise order.error or AcmeError(f"the order {order.url} ended {order.status}")


def _prove(job: Job, wire: Wire) -> None:
    """Ask for each name that is not yet proven whether the CA has looked at it."""
    asked, job.waiting, job.retry = job.waiting, [], 0
    for name, url in ((each.name, each.url) for each in asked):
        found = orders.fetch_authorization(wire, url)
        if found.status == PENDING:
            job.waiting.append(found)
            job.retry = max(job.retry, found.retry or 0)
        elif found.status != VALID:
            job.failed.append(name)
            why = f": {found.error}" if found.error else ""
            job.refused.append(f"the CA does not accept {name} ({found.status}){why}")


def _impatience(job: Job, patience: int) -> AcmeError:
    stuck = job.waiting[0] if job.waiting else _order(job)
    still = f"{stuck.url} is still {stuck.status} after {patience} s"
    return AcmeError("; ".join([*job.refused, still]))


def _collect(job: Job, tools: Tools) -> None:
    """Fetch the chains and take the one that is wanted, where it is what was asked for."""
    chains = [read_chain(pem) for pem in orders.fetch_chains(tools.desk.wire, _order(job))]
    chosen = choose(chains, job.issuer)
    judge(chosen, job.names, spki_of(job.key), tools.clock.now())
    job.chain = chosen


def _order(job: Job) -> Order:
    if job.order is None:
        raise AcmeError(f"there is no order for {job.lineage}")
    return job.order
