"""A site opened for issuance, with the lock of state/acme; and whether a run is worth its while."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from zonebuild.acme.clock import Clock
from zonebuild.acme.desks import Desks
from zonebuild.acme.due import next_moment
from zonebuild.acme.plan import make_plan
from zonebuild.acme.publish import build_here
from zonebuild.acme.site_store import SiteStore
from zonebuild.acme.state import FOLDER, State
from zonebuild.acme.world import World
from zonebuild.builder.keyring import read_keyring
from zonebuild.builder.places import find_places
from zonebuild.builder.run import open_run
from zonebuild.builder.stamps import (
    files_below,
    is_fresh,
    make_stamp,
    program_key,
    read_stamps,
    stamps_text,
)
from zonebuild.files.write import make_directory, replace_file
from zonebuild.site.acme import TOGETHER
from zonebuild.site.names import SITE_FILE
from zonebuild.site.tlsa_map import MAP_FILE

STAGE = "acme"
LONGEST_GAP = 86400  # seconds between two runs that are counted on
_ORDERS = "state/lineages"
_ENTRY = "site"


@contextmanager
def open_world(root: Path, clock: Clock, command: str) -> Iterator[World]:
    """Give what a run works with, alone.

    Errors: SiteError, AcmeError, LockError, WriteError.
    """
    with ExitStack() as stack:
        opened = open_run(root, now=clock.now(), command=command, is_builder=False)
        run = stack.enter_context(opened)
        site, (keyring, wrong) = run.site, read_keyring(run)
        state = State(root / FOLDER)
        state.prepare()
        stack.enter_context(state.lock(command))
        state.load()
        state.findings += wrong
        plan = make_plan(root, site, keyring)

        def publish() -> None:
            if site.acme.mode == TOGETHER:
                build_here(root, command)

        desks = Desks(plan, state, clock)
        stack.callback(desks.close)
        store = SiteStore(root, site.certstore)
        yield World(plan, state, store, clock, publish, desks)


def is_idle(root: Path, now: int) -> bool:
    """Say whether nothing is due and nothing has changed since the last run; opens little.

    A run that looks and finds nothing is remembered as one: its time tells how often we are run.
    """
    path = find_places(root).stamps(STAGE)
    stamp = read_stamps(path, program_key()).get(_ENTRY)
    if stamp is None or not is_fresh(root, stamp, now):
        return False
    os.utime(path)
    return True


def seconds_since_last_run(root: Path) -> int:
    """Return how long ago the last run was, at most a day; 0 where there was none."""
    try:
        seen = find_places(root).stamps(STAGE).stat().st_mtime
    except OSError:
        return 0
    return int(min(max(time.time() - seen, 0), LONGEST_GAP))


def remember_run(world: World, begun: int, gap: int) -> None:
    """Keep what lets the next run see that nothing is due. begun: when, Unix nanoseconds.

    gap: seconds to the next run, as far as that is known. Errors: WriteError.
    """
    root, now = world.plan.root, world.clock.now()
    names = sorted(world.plan.entries)
    read = [SITE_FILE, MAP_FILE, *files_below(root, [_ORDERS])]
    chains = [str(world.store.place(name)) for name in names]
    written = [f"{FOLDER}/{name}" for name in ("lineages", "ledger", "tokens")] + chains
    memories = {name: world.state.memories[name] for name in names if name in world.state.memories}
    due = next_moment(memories.values(), now, gap) or 0
    places = find_places(root)
    make_directory(places.cache)
    stamps = {_ENTRY: make_stamp(root, read, written, since=begun, due=due)}
    replace_file(places.stamps(STAGE), stamps_text(stamps, program_key()))
