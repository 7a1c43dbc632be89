"""NSD, told by nsd-control; what it took is seen at the serials that it then serves.

`nsd-control reload` says "ok" before it has read anything, and also where the file is wrong.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.diagnostic import quoted
from zonebuild.signers.command import Done, reach, run_command
from zonebuild.signers.told import (
    CONTROL_SECONDS,
    TOLD,
    Job,
    Told,
    Verdict,
    has_reached,
    transferred,
    unreached,
    wait_for_all,
)
from zonebuild.site.names import file_name
from zonebuild.site.signers import NSDServer

if TYPE_CHECKING:
    from zonebuild.probe.answers import Answer

_LISTED = re.compile(r"^zone:\s*(\S+)$", re.MULTILINE)
_UNKNOWN = "not configured"
_OUTPUT = 64 << 20  # octets of the list of zones
_AT_ONCE = 100  # zones that are added by one command
_PARALLEL = 32  # questions at a time
_ASK_SECONDS = 1.0  # it answers on this host
_BY_HAND = "takes the % in its file's name for a placeholder: include nsd-patterns.conf in nsd.conf"


@dataclass(frozen=True, slots=True)
class NSD:
    """NSD on this host, or in a jail of it."""

    config: NSDServer
    kind: str = "nsd"
    folder: Path | None = None  # its patterns say where it reads
    takes_unsigned: bool = True
    wants_rising: bool = False

    def apply(self, jobs: Sequence[Job]) -> Mapping[str, Told]:
        """Have it read all of *jobs*, and wait until it serves them."""
        known = self._known(jobs)
        if isinstance(known, str):
            return unreached(jobs, known)
        told = self._add([job for job in jobs if job.name not in known])
        told.update(self._reload([job for job in jobs if job.name in known]))
        deadline = time.monotonic() + self.config.deadline
        rest = {job.apex: job for job in jobs if job.apex not in told}
        told.update(self._wait(rest, deadline))
        return told

    def remove(self, job: Job) -> Told:
        """Have it serve the zone of *job* no more."""
        done = self._control("delzone", job.name)
        if done.is_ok:
            return TOLD
        return _refused(done) if done.out else Told(Verdict.UNREACHED, str(done))

    def read_back(self, apex: str) -> str:
        """Return what it serves, as text, by a transfer. Errors: Unreadable."""
        return transferred(self.config.address, self.config.port, apex)

    # -- telling ----------------------------------------------------------------------------

    def _known(self, jobs: Sequence[Job]) -> set[str] | str:
        """Return which zones it knows, or why it cannot be reached; of one job it asks alone."""
        words = ["zonestatus", *(job.name for job in jobs if len(jobs) == 1)]
        last: list[Done] = []

        def ask() -> str | None:
            last[:] = [self._control(*words)]
            done = last[0]
            return None if done.is_ok or _UNKNOWN in done.out else str(done)

        return reach(ask) or set(_LISTED.findall(last[0].out))

    def _add(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Add new zones, many by one process; return those that it did not take."""
        by_hand = [job for job in jobs if job.name != file_name(job.apex)]
        told = {job.apex: Told(Verdict.REFUSED, _BY_HAND) for job in by_hand}
        fit = [job for job in jobs if job.apex not in told]
        for start in range(0, len(fit), _AT_ONCE):
            told.update(self._add_some(fit[start : start + _AT_ONCE]))
        return told

    def _add_some(self, jobs: Sequence[Job]) -> dict[str, Told]:
        lines = "".join(f"{job.name} {self._pattern(job)}\n" for job in jobs)
        done = self._control("addzones", given=lines)
        if done.code is None:
            return unreached(jobs, str(done))
        known = self._known(jobs) if "error" in done.said else {job.name for job in jobs}
        return {job.apex: _refused(done) for job in jobs if job.name not in known}

    def _pattern(self, job: Job) -> str:
        return self.config.pattern if job.is_signed else self.config.unsigned_pattern

    def _reload(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Have it read the files of *jobs*; for several it looks itself which files changed."""
        if not jobs:
            return {}
        done = self._control("reload", *(job.name for job in jobs if len(jobs) == 1))
        return {} if done.is_ok else unreached(jobs, str(done))

    def _control(self, *words: str, given: str = "") -> Done:
        command = (*self.config.command, *words)
        return run_command(command, deadline=CONTROL_SECONDS, given=given, limit=_OUTPUT)

    # -- waiting ----------------------------------------------------------------------------

    def _wait(self, jobs: Mapping[str, Job], deadline: float) -> dict[str, Told]:
        """Return what became of *jobs*, whose files it was told to read."""
        answers: dict[str, Answer] = {}
        wanted = {apex for apex, job in jobs.items() if job.serial is not None}

        def look(apexes: set[str]) -> dict[str, Told]:
            answers.update(self._ask(sorted(apexes)))
            return {a: TOLD for a in apexes if _serves(answers[a], jobs[a].serial)}

        served = wait_for_all(
            wanted, look, deadline=deadline, clock=time.monotonic, sleep=time.sleep
        )
        late = {apex: self._late(answers[apex]) for apex in wanted - served.keys()}
        return {**dict.fromkeys(jobs, TOLD), **served, **late}

    def _ask(self, apexes: Sequence[str]) -> dict[str, Answer]:
        from zonebuild.probe.answers import Server
        from zonebuild.probe.ask import ask_server

        server = Server(self.config.address, self.config.port)

        def ask(apex: str) -> Answer:
            return ask_server(server, apex, "SOA", deadline=_ASK_SECONDS)

        if not apexes:
            return {}
        with ThreadPoolExecutor(min(_PARALLEL, len(apexes))) as pool:
            return dict(zip(apexes, pool.map(ask, apexes), strict=True))

    def _late(self, answer: Answer) -> Told:
        if not answer.status.is_heard:
            return Told(Verdict.UNREACHED, str(answer))
        serves = f"serial {_serial(answer)}" if answer.values else "nothing of it"
        why = f"still serves {serves} after {self.config.deadline} s; its log says what it read"
        return Told(Verdict.REFUSED, why)


def _serves(answer: Answer, wanted: int | None) -> bool:
    serial = _serial(answer)
    return serial is not None and wanted is not None and has_reached(serial, wanted)


def _serial(answer: Answer) -> int | None:
    return int(answer.values[0].split(" ")[2]) if answer.values else None


def _refused(done: Done) -> Told:
    said = next((line for line in done.said.splitlines() if "error" in line), done.said.strip())
    return Told(Verdict.REFUSED, f"says {quoted(said, 200)}")
