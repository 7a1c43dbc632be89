"""Wait until every authoritative server has the values that a CA is going to look for.

One thread a server, so that a slow or silent one delays nobody's question but its own. A CA asks
from several places, each through a resolver of its own choice among the servers: one server that
answers without the value can fail the challenge, one that is silent is only passed over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from zonebuild.probe.answers import Answer, Server, Status

FIRST_PAUSE = 0.2  # seconds between two questions to a server, growing
LAST_PAUSE = 3.0
_GROWTH = 1.4
_LONGEST_SLEEP = 1.0  # seconds in which the main thread always looks at the clock

AskServer = Callable[[Server, str], Answer]  # asks it for the RRset of an owner


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    timeout: for a server that answers without the values.
    silent_after: for a server that says nothing, counted from its last answer.
    """

    timeout: float = 600.0
    silent_after: float = 60.0


@dataclass(frozen=True, slots=True)
class Lack:
    """What a server that is without a value of *owner* last said of it."""

    owner: str
    answer: Answer

    def __str__(self) -> str:
        if self.answer.status is Status.ANSWERED:
            return f"{self.answer.server} has TXT at {self.owner}, but lacks the value"
        return f"{self.answer}: {self.owner}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the wait ended.

    seen: the servers that have all values, with the seconds after which they did, slowest last.
    passed: the last answer of each server that was passed over, because it is silent.
    lacking: what each other server lacks, one owner a server.
    """

    seen: tuple[tuple[float, Server], ...]
    passed: tuple[Answer, ...] = ()
    lacking: tuple[Lack, ...] = ()

    @property
    def is_everywhere(self) -> bool:
        """Whether the values are served, and no server answers without them."""
        return bool(self.seen) and not self.lacking


@dataclass(slots=True)
class _Watch:
    """One server and what it still lacks, written by its thread only. Times are monotonic."""

    server: Server
    missing: dict[str, frozenset[str]]
    heard: float
    last: Answer
    faults: dict[str, Answer] = field(default_factory=dict)
    done: float | None = None


def wait_for(
    wanted: Mapping[Server, Mapping[str, frozenset[str]]],
    ask: AskServer,
    patience: Patience,
    is_wanted: Callable[[str], bool] = lambda value: True,
) -> Outcome:
    """Return once every server has the values of every owner, or the patience ends.

    wanted: for each server, the owners (absolute) and the values that each must have.
    is_wanted: says whether a value that a server lacks is still to come; it may be withdrawn.
    ask: must end by itself; its threads may outlive the call by one question.
    """
    started = time.monotonic()
    stop, changed = threading.Event(), threading.Condition()
    watches = [
        _Watch(server, dict(owners), started, Answer(server, Status.SILENT))
        for server, owners in wanted.items()
    ]
    for watch in watches:
        arguments = (watch, ask, is_wanted, stop, changed)
        threading.Thread(target=_poll, args=arguments, daemon=True).start()
    with changed:
        while not _is_over(watches, started, patience, time.monotonic()):
            changed.wait(_next_look(watches, started, patience, time.monotonic()))
        outcome = _judge(watches, patience, started, time.monotonic())
    stop.set()
    return outcome


def _poll(
    watch: _Watch,
    ask: AskServer,
    is_wanted: Callable[[str], bool],
    stop: threading.Event,
    changed: threading.Condition,
) -> None:
    """Ask until nothing is missing; a bug in the asking is never taken for a silent server."""
    try:
        _poll_to_the_end(watch, ask, is_wanted, stop, changed)
    finally:
        with changed:
            if watch.missing and not stop.is_set():
                detail = "asking it failed, which is a bug"
                watch.last = Answer(watch.server, Status.BROKEN, detail=detail)
                watch.heard = time.monotonic()
                changed.notify()


def _poll_to_the_end(
    watch: _Watch,
    ask: AskServer,
    is_wanted: Callable[[str], bool],
    stop: threading.Event,
    changed: threading.Condition,
) -> None:
    pause = FIRST_PAUSE
    while not stop.is_set():
        for owner in list(watch.missing):
            answer = ask(watch.server, owner)
            lacks = any(map(is_wanted, watch.missing[owner].difference(answer.values)))
            with changed:
                _note(watch, owner, answer, time.monotonic(), lacks=lacks)
                changed.notify()
            if stop.is_set() or not answer.status.is_heard:
                break
        if not watch.missing:
            return
        stop.wait(pause)
        pause = min(pause * _GROWTH, LAST_PAUSE)


def _note(watch: _Watch, owner: str, answer: Answer, now: float, *, lacks: bool) -> None:
    """Take one answer into account."""
    watch.last = answer
    if not answer.status.is_heard:
        return
    watch.heard = now
    if lacks:
        watch.faults[owner] = answer
    else:
        del watch.missing[owner]
        watch.faults.pop(owner, None)
    if not watch.missing:
        watch.done = now


def _is_over(watches: Sequence[_Watch], started: float, patience: Patience, now: float) -> bool:
    """Say whether nothing is left to wait for."""
    if now - started >= patience.timeout:
        return True
    pending = [watch for watch in watches if watch.done is None]
    if len(pending) == len(watches):  # nobody has the values yet
        return not watches
    return all(_is_given_up(watch, patience, now) for watch in pending)


def _is_given_up(watch: _Watch, patience: Patience, now: float) -> bool:
    if watch.last.status is Status.UNREACHABLE:  # from here it will not become reachable
        return True
    return not watch.last.status.is_heard and now - watch.heard >= patience.silent_after


def _next_look(watches: Sequence[_Watch], started: float, patience: Patience, now: float) -> float:
    """Return the seconds after which time alone may end the wait."""
    ends = [started + patience.timeout]
    ends += [watch.heard + patience.silent_after for watch in watches if watch.done is None]
    later = [end - now for end in ends if end > now]
    return min([*later, _LONGEST_SLEEP])


def _judge(watches: Sequence[_Watch], patience: Patience, started: float, now: float) -> Outcome:
    """Return how it stands; one that never said a word in all the time is silent, however short."""
    seen = [(watch.done - started, watch.server) for watch in watches if watch.done is not None]
    passed: list[Answer] = []
    lacking: list[Lack] = []
    for watch in watches:
        if watch.done is not None:
            continue
        if watch.heard == started or _is_given_up(watch, patience, now):
            passed.append(watch.last)
        else:
            owner = next(iter(watch.faults or watch.missing))
            lacking.append(Lack(owner, watch.faults.get(owner, watch.last)))
    return Outcome(tuple(sorted(seen)), tuple(passed), tuple(lacking))
