"""Which serial each server of a zone has: once, or until all of them have reached one.

One thread a server asks for its zones in turn, so that a silent one delays nobody else's.
Spec: RFC 1035 section 3.3.13 (SOA), RFC 1982 section 3.2 (which serial is newer).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.probe.ask import DEADLINE, NO_KEYS, ask, ask_server
from zonebuild.probe.keyring import Keyring
from zonebuild.serial import is_newer

_FIRST_PAUSE, _LAST_PAUSE, _GROWTH = 0.02, 1.0, 1.5  # seconds between two rounds
_MOST_SERVERS = 64  # threads
_NO_ZONE = (Status.ABSENT, Status.NOT_AUTHORITATIVE, Status.REFUSED)
_SERIAL = 2  # the field of an SOA's rdata


class Seen(NamedTuple):
    """What a server said last of a zone's SOA. serial: None without an answer that has one.

    after: seconds from the start of the wait until it had the serial, None where it has not.
    """

    server: Server
    serial: int | None
    answer: Answer
    after: float | None = None


def serial_of(answer: Answer) -> int | None:
    """Return the serial in an *answer* to the question for an SOA."""
    if answer.status is not Status.ANSWERED:
        return None
    fields = answer.values[0].split(" ")
    return int(fields[_SERIAL]) if len(fields) > _SERIAL and fields[_SERIAL].isdigit() else None


def ask_serial(apex: str, servers: Sequence[Server], keyring: Keyring = NO_KEYS) -> int | None:
    """Return the greatest serial (RFC 1982) that *servers* have for *apex*.

    0 where each of them answers that it has no such zone; None where that is not known.
    apex: absolute.
    """
    return newest_serial(ask(servers, apex, "SOA", keyring=keyring))


def newest_serial(answers: Sequence[Answer]) -> int | None:
    """Return the serial that `ask_serial` makes of the *answers* of all servers of a zone."""
    newest: int | None = None
    for serial in map(serial_of, answers):
        if serial is not None and (newest is None or is_newer(serial, newest)):
            newest = serial
    if newest is None and all(answer.status in _NO_ZONE for answer in answers):
        return 0
    return newest


def wait_for_serials(
    wanted: Mapping[str, int],
    servers: Mapping[str, Sequence[Server]],
    *,
    deadline: float,
    keyring: Keyring = NO_KEYS,
) -> dict[str, tuple[Seen, ...]]:
    """Return, by apex, what each of its servers said last; at most *deadline* seconds later.

    wanted: the serial that each apex's servers must reach; a newer one will do. Each is asked at
    least once.
    """
    started = time.monotonic()
    zones: dict[Server, list[str]] = {}
    for apex in wanted:
        for server in servers.get(apex, ()):
            zones.setdefault(server, []).append(apex)
    if not zones:
        return {}

    def watch(server: Server) -> dict[str, Seen]:
        asked = _Asked(server, started, started + deadline, keyring)
        return asked.until_reached({apex: wanted[apex] for apex in zones[server]})

    with ThreadPoolExecutor(min(len(zones), _MOST_SERVERS)) as pool:
        found = dict(zip(zones, pool.map(watch, zones), strict=True))
    return {
        apex: tuple(found[server][apex] for server in dict.fromkeys(servers.get(apex, ())))
        for apex in wanted
    }


class _Asked(NamedTuple):
    """One server while it is watched. started, deadline: monotonic seconds."""

    server: Server
    started: float
    deadline: float
    keyring: Keyring

    def until_reached(self, wanted: Mapping[str, int]) -> dict[str, Seen]:
        """Return what it said last of each of *wanted*."""
        seen: dict[str, Seen] = {}
        left, pause = dict(wanted), _FIRST_PAUSE
        while True:
            for apex, one in self._round(left, lambda: bool(seen.keys() >= wanted.keys())):
                seen[apex] = one
            left = {apex: serial for apex, serial in left.items() if seen[apex].after is None}
            if not left or time.monotonic() + pause >= self.deadline:
                return seen
            time.sleep(pause)
            pause = min(pause * _GROWTH, _LAST_PAUSE)

    def _round(
        self, wanted: Mapping[str, int], has_begun: Callable[[], bool]
    ) -> Iterator[tuple[str, Seen]]:
        """Yield what it says of each of *wanted*; one that is silent once is not asked the rest."""
        silent: Answer | None = None
        for apex, serial in wanted.items():
            left = self.deadline - time.monotonic()
            if has_begun() and left <= 0:
                return
            if silent is None:
                answer = ask_server(
                    self.server,
                    apex,
                    "SOA",
                    deadline=min(max(left, 0.1), DEADLINE),
                    keyring=self.keyring,
                )
                silent = None if answer.status.is_heard else answer
            yield apex, self._seen(silent or answer, serial)

    def _seen(self, answer: Answer, wanted: int) -> Seen:
        serial = serial_of(answer)
        is_there = serial is not None and not is_newer(wanted, serial)
        return Seen(
            self.server, serial, answer, time.monotonic() - self.started if is_there else None
        )
