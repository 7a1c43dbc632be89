"""Make a service take up its files, in its own way, and see that it did."""

from __future__ import annotations

import time
from collections.abc import Callable

from zonebuild.restart.ask import execute
from zonebuild.restart.look import Found, State, look
from zonebuild.restart.processes import hang_up
from zonebuild.restart.service import Command, Setup

PATIENCE = 15.0  # seconds a service is given to show what lies in its files
_PAUSE = 0.2  # seconds between two looks


def why_not_to_cure(setup: Setup) -> str:
    """Return the sentence that says why the service's own test refuses, empty where it does not."""
    if setup.test is None:
        return ""
    done = execute(setup.test.words, setup.test.given)
    return "" if done.is_ok else str(done)


def cure(setup: Setup) -> str:
    """Make the service take up its files; return what went wrong, empty where nothing did."""
    if isinstance(setup.cure, Command):
        done = execute(setup.cure.words, setup.cure.given)
        return "" if done.is_ok else str(done)
    return hang_up(setup.cure)


def wait_until_current(
    setup: Setup, *, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
) -> list[Found]:
    """Return how it stands once nothing is needed, or *patience*, in seconds, has ended.

    A service that is just starting its new processes may refuse a connection for a moment.
    """
    ends = clock() + patience
    while True:
        found = look(setup.pairs, time.time())
        is_settled = all(each.state in (State.CURRENT, State.REFUSED) for each in found)
        if is_settled or clock() >= ends:
            return found
        time.sleep(_PAUSE)
