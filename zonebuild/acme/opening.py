"""A site opened for issuance, with the lock of state/acme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from zonebuild.acme.clock import Clock
from zonebuild.acme.desks import Desks
from zonebuild.acme.due import next_moment
from zonebuild.acme.idle import remember_run
from zonebuild.acme.memory import Memory
from zonebuild.acme.plan import make_plan
from zonebuild.acme.publish import build_here
from zonebuild.acme.site_store import SiteStore
from zonebuild.acme.state import FOLDER, State
from zonebuild.acme.world import World
from zonebuild.builder.outside.keyring import read_keyring
from zonebuild.builder.remembered.clock import keep_clock, require_clock
from zonebuild.builder.run import open_run
from zonebuild.diagnostic import Finding, Severity
from zonebuild.files.write import WriteError
from zonebuild.site.acme import TOGETHER


@contextmanager
def open_world(root: Path, clock: Clock, command: str) -> Iterator[World]:
    """Give what a run works with, alone.

    What is wrong with site.yaml, whose last good copy is used then, is a finding of the state.
    Errors: SiteError, AcmeError, LockError, WriteError.
    """
    with ExitStack() as stack:
        opened = open_run(root, now=clock.now(), command=command, is_builder=False)
        run = stack.enter_context(opened)
        judged = require_clock(run.places, run.now)
        site, (keyring, wrong) = run.site, read_keyring(run)
        state = State(root / FOLDER)
        state.prepare()
        stack.enter_context(state.lock(command))
        with suppress(WriteError):  # state/ may be another user's
            keep_clock(run.places, judged)
        state.load()
        state.forget_future(run.now)
        state.findings += [*filter(_is_error, run.site_findings), *wrong]
        plan = make_plan(root, site, keyring)

        def publish() -> None:
            if site.acme.mode == TOGETHER:
                build_here(root, command)

        desks = Desks(plan, state, clock)
        stack.callback(desks.close)
        store = SiteStore(root, site.certstore)
        yield World(plan, state, store, clock, publish, desks)


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def remember(world: World, begun: int) -> None:
    """Keep what lets the next run see that nothing is due. begun: when, Unix nanoseconds.

    Errors: WriteError.
    """
    names = sorted(world.plan.entries)
    memories = [world.state.memories.get(name, Memory()) for name in names]
    due = next_moment(memories, world.clock.now()) or 0
    chains = [world.store.place(name) for name in names]
    remember_run(world.plan.root, chains, begun=begun, due=due)
