"""One run of issuance: what is due is asked for, proven, kept, exported; nothing is left behind.

New names go to the staging directory first. The order of things survives a kill at any point:
tokens and orders are remembered before they are used, a chain is kept with its key before
anybody is told of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from zonebuild.acme.backoff import Failures, add_failure
from zonebuild.acme.batch import Job, Tools, run_batch
from zonebuild.acme.caa_look import caa_fault
from zonebuild.acme.certificate import UnfitChain, make_key, spki_of
from zonebuild.acme.deliver import export_chains, run_hooks
from zonebuild.acme.ledger import Ask, Event, How, Refusal, What, how_of, refuse_order
from zonebuild.acme.look import Due, find_due
from zonebuild.acme.memory import Memory, Pending, set_of
from zonebuild.acme.order import INVALID
from zonebuild.acme.plan import STAGING, Place
from zonebuild.acme.problem import AcmeError, Problem
from zonebuild.acme.renew import is_in_window
from zonebuild.acme.suffixes import registered_domain
from zonebuild.acme.world import Options, Report, World
from zonebuild.checks.caa_rights import Applicant
from zonebuild.diagnostic import Severity, Waiting
from zonebuild.files.write import WriteError
from zonebuild.site.issue import Issue

_FORGOTTEN = "accountDoesNotExist"


def run_acme(world: World, options: Options) -> Report:
    """Do what is due for the lineages that *options* name, and return what there is to tell.

    The caller holds the lock of the state. Errors: WriteError.
    """
    keeper = world.state.keeper(world.plan.path(world.plan.config.dropbox))
    was_left = bool(keeper.kept())
    try:
        due = find_due(world, options)
        proven = _try_staging(world, due, options)
        _issue(world, proven, options, staging=False)
        export_chains(world)
        run_hooks(world)
    finally:
        _clean(world, was_left=was_left)
    _export_again(world)
    return world.report


def _export_again(world: World) -> None:
    """Export what the build has meanwhile allowed, and let the zones list what hosts will show."""
    before = list(world.report.exported)
    export_chains(world)
    if world.report.exported != before:
        _publish(world)


def _clean(world: World, *, was_left: bool) -> None:
    """Take all tokens away, and have the zones built without them, and with what came."""
    keeper = world.state.keeper(world.plan.path(world.plan.config.dropbox))
    try:
        is_due = keeper.clear() or was_left or bool(world.report.issued)
    except AcmeError as error:
        world.complain(f"challenges stay in the drop-box: {error}", "acme-cleanup")
    else:
        if is_due:
            _publish(world)


def _publish(world: World) -> None:
    try:
        world.publish()
    except AcmeError as error:
        world.complain(str(error), "acme-build")


def _try_staging(world: World, due: Sequence[Due], options: Options) -> list[Due]:
    """Return what may be asked of production: new names only once staging gave a certificate."""
    new = [each for each in due if _is_untried(world, each)]
    failed = _issue(world, new, options, staging=True)
    return [each for each in due if each.wish.lineage not in failed]


def _is_untried(world: World, due: Due) -> bool:
    entry = world.plan.entries[due.wish.lineage]
    if not world.plan.tries_staging(entry) or not world.plan.directory(entry, staging=True):
        return False
    if due.chain is not None and due.chain.held.names == due.wish.names:
        return False
    return world.state.memories[due.wish.lineage].proven != set_of(due.wish.names)


# -- asking ------------------------------------------------------------------------------------


def _issue(world: World, due: Sequence[Due], options: Options, *, staging: bool) -> set[str]:
    """Ask each CA for what is due there; return the lineages that got nothing."""
    groups: dict[Place, list[Due]] = defaultdict(list)
    failed = set()
    for each in due:
        name = each.wish.lineage
        place = world.plan.directory(world.plan.entries[name], staging=staging)
        if place is None:
            world.tell(name, "site.yaml names no such CA in `acme.ca`", "acme-unusable")
            failed.add(name)
        else:
            groups[place].append(each)
    for place, members in groups.items():
        failed |= _issue_at(world, place, members, options)
    return failed


def _issue_at(world: World, place: Place, due: Sequence[Due], options: Options) -> set[str]:
    work = {each.wish.lineage: each for each in due}
    jobs, failed = [], set()
    for name, each in work.items():
        try:
            refusal = _refusal(world, place, each, options)
            if refusal is None:
                jobs.append(_job(world, place, each))
                continue
            _wait(world, name, refusal)
        except AcmeError as error:
            _fail(world, name, place, error)
        failed.add(name)
    if not jobs:
        return failed
    try:
        _run(world, place, jobs, work)
    except AcmeError as error:
        for job in jobs:
            job.fault = job.fault or error
    for job in jobs:
        if not _settle(world, place, job, work[job.lineage], options):
            failed.add(job.lineage)
    return failed


def _refusal(world: World, place: Place, due: Due, options: Options) -> Refusal | None:
    """Return why the CA's limits do not let this be asked for now, and until when."""
    events, now = world.state.events, world.clock.now()
    how = how_of(events, place.name, due.wish.names, replaces=_is_free(world, place, due))
    if how is How.NEW and due.chain is not None and due.chain.held.names == due.wish.names:
        how = How.RENEWAL
    ask = Ask(place.name, due.wish.names, how, options.is_forced)
    return refuse_order(events, ask, place.limits, now, registered_domain)


def _is_free(world: World, place: Place, due: Due) -> bool:
    """Say whether the order says what it replaces, at a time when that frees it of limits."""
    schedule = world.state.memories[due.wish.lineage].schedule
    if place.name.endswith(STAGING) or schedule is None or not _replaces(world, place, due):
        return False
    return is_in_window(schedule, world.clock.now())


def _replaces(world: World, place: Place, due: Due) -> str:
    """Return the ARI identifier of the certificate before, where this CA knows it."""
    schedule = world.state.memories[due.wish.lineage].schedule
    is_known = schedule is not None and schedule.window is not None
    is_here = due.chain is not None and not place.name.endswith(STAGING)
    return due.chain.ari if is_known and is_here and due.chain else ""


def _job(world: World, place: Place, due: Due) -> Job:
    """Return the job, with its key, and the order that an earlier run left."""
    name, entry = due.wish.lineage, world.plan.entries[due.wish.lineage]
    issue = entry.issue or Issue()
    is_staging = place.name.endswith(STAGING)
    key = (
        make_key(issue.key)
        if is_staging
        else world.store.key_for_request(name, due.orders, issue.key)
    )
    pending = world.state.memories[name].order
    is_ours = (
        pending is not None
        and (pending.directory, pending.key) == (place.name, spki_of(key))
        # The builder publishes no challenge longer than that, however often it is offered.
        and world.clock.now() - pending.since < world.plan.config.max_age
    )
    return Job(
        name,
        due.wish.names,
        key,
        profile=issue.profile,
        issuer="" if is_staging else issue.chain,
        replaces=_replaces(world, place, due),
        url=pending.url if pending is not None and is_ours else "",
    )


def _run(world: World, place: Place, jobs: Sequence[Job], due: dict[str, Due]) -> None:
    """Run the batch, once more where the CA forgot our account."""
    desk = world.desks.entered(place)
    applicant = Applicant(desk.directory.caa, desk.wire.kid)
    for job in jobs:
        why = caa_fault(world.plan.scene, job.names, applicant)
        if why is not None:
            job.fault = AcmeError(why, "mend the CAA records, or the account")
    tools = Tools(
        desk,
        world.state.keeper(world.plan.path(world.plan.config.dropbox)),
        world.plan.scene,
        world.clock,
        world.publish,
        lambda job: _note_order(world, place, job, due[job.lineage]),
        world.plan.config.wait,
    )
    run_batch([job for job in jobs if job.fault is None], tools)
    again = [job for job in jobs if isinstance(job.fault, Problem) and job.fault.code == _FORGOTTEN]
    if again:
        world.desks.enter_again(place)
        for job in again:
            job.begin_again()
        run_batch(again, tools)


def _note_order(world: World, place: Place, job: Job, due: Due) -> None:
    """Remember the order before anything is done with it, and count it."""
    now = world.clock.now()
    if not place.name.endswith(STAGING):
        pending = Pending(job.url, place.name, spki_of(job.key), now)
        world.state.change(job.lineage, lambda memory: replace(memory, order=pending))
    how = _how(world, place, job, due)
    world.state.note(Event(now, What.ORDERED, place.name, job.names, how), now=now)


def _how(world: World, place: Place, job: Job, due: Due) -> How:
    is_free = job.is_replacing and _is_free(world, place, due)
    how = how_of(world.state.events, place.name, job.names, replaces=is_free)
    is_known = due.chain is not None and due.chain.held.names == job.names
    return How.RENEWAL if how is How.NEW and is_known else how


# -- what came of it ---------------------------------------------------------------------------


def _settle(world: World, place: Place, job: Job, due: Due, options: Options) -> bool:
    """Keep what a job brought, or why it did not; say whether it brought anything."""
    now, name = world.clock.now(), job.lineage
    events = [Event(now, What.FAILED, place.name, (failed,)) for failed in job.failed]
    if job.chain is None:
        if isinstance(job.fault, UnfitChain):  # it counts all the same, and is not fetched again
            how = _how(world, place, job, due)
            events.append(Event(now, What.ISSUED, place.name, job.names, how, options.is_forced))
        if events:
            world.state.note(*events, now=now)
        _fail(world, name, place, job.fault or AcmeError("nothing came of it"), job)
        return False
    if place.name.endswith(STAGING):
        proven = set_of(job.names)
        world.state.change(name, lambda m: replace(m, proven=proven, failures=Failures(), why=""))
        world.report.proven.append(name)
    else:
        try:
            world.store.keep_issued(name, job.chain.pem, job.key, now)
        except (AcmeError, WriteError) as error:
            _fail(world, name, place, AcmeError(f"the chain cannot be kept: {error}"), job)
            return False
        world.state.change(name, lambda m: Memory(m.names, proven=m.proven, told=m.told))
        world.report.issued[name] = job.chain
    how = _how(world, place, job, due)
    issued = Event(now, What.ISSUED, place.name, job.names, how, options.is_forced)
    world.state.note(issued, now=now)
    return True


def _wait(world: World, name: str, refusal: Refusal) -> None:
    """Put a lineage off that the CA's limits do not allow now."""
    way_on = "time; the ledger in state/acme/ledger shows what was asked"
    world.report.waitings.append(
        Waiting(f"a certificate for {name}", refusal.reason, refusal.until, way_on)
    )
    failures = replace(world.state.memories[name].failures, until=refusal.until)
    world.state.change(name, lambda m: replace(m, failures=failures, why=refusal.reason))


def _fail(world: World, name: str, place: Place, error: AcmeError, job: Job | None = None) -> None:
    """Tell what failed, remember when to try again, and drop an order that is spoilt."""
    now = world.clock.now()
    is_spoilt = job is not None and (
        bool(job.failed)
        or (job.order is not None and job.order.status == INVALID)
        or isinstance(error, UnfitChain)
    )

    def failed(memory: Memory) -> Memory:
        failures = add_failure(memory.failures, now, until=error.until)
        order = None if is_spoilt else memory.order
        return replace(memory, failures=failures, order=order, why=error.reason)

    world.state.change(name, failed)
    world.tell(name, f"no certificate from {place.name}: {error}", "acme-failed", Severity.ERROR)
