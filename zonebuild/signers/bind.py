"""BIND, which signs inline, told by rndc; what it loaded is seen at `rndc zonestatus`.

`rndc reload` only queues and always says that all is well. A zone without a greater serial than
the one loaded is none to BIND: the copies that it reads get one (see `Program.wants_rising`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.signers.command import Done, reach, run_command
from zonebuild.signers.told import (
    CONTROL_SECONDS,
    TOLD,
    Job,
    Told,
    Verdict,
    transferred,
    unreached,
    wait_for_all,
)
from zonebuild.site.signers import BINDSigner

_SERIAL = re.compile(r"^serial: (\d+)$", re.MULTILINE)
_PARALLEL = 8  # commands at a time: each is a process
_UNKNOWN, _THERE = "not found", "already exists"
_UNREACHABLE = ("connect failed", "connection refused", "timed out", "end of file", "recv failed")
_OUT_OF_RANGE = "out of range"
_MAX_TTL = "a TTL may be over the max-zone-ttl of its dnssec-policy, of BIND's own 24 hours"
_UNQUOTABLE = '"\\'


@dataclass(frozen=True, slots=True)
class BIND:
    """BIND on this host, or in a jail of it."""

    config: BINDSigner
    kind: str = "bind"
    takes_unsigned: bool = True
    wants_rising: bool = True

    @property
    def folder(self) -> Path | None:
        """Where it reads built zones."""
        return self.config.unsigned

    def apply(self, jobs: Sequence[Job]) -> Mapping[str, Told]:
        """Have it load all of *jobs*, and wait until it did."""
        silence = reach(self._silence)
        if silence is not None:
            return unreached(jobs, silence)
        told = self._each(jobs, self._load)
        deadline = time.monotonic() + self.config.deadline
        late = {apex: job for apex, job in _by_apex(jobs).items() if apex not in told}
        told.update(self._wait(late, deadline))
        return told

    def remove(self, job: Job) -> Told:
        """Have it forget the zone of *job*; its keys stay."""
        done = self._control("delzone", job.name)
        return TOLD if done.is_ok or _UNKNOWN in done.said else _verdict(done)

    def read_back(self, apex: str) -> str:
        """Return the zone that it serves, as text, by a transfer. Errors: Unreadable."""
        return transferred(self.config.address, self.config.port, apex)

    # -- telling ----------------------------------------------------------------------------

    def _silence(self) -> str | None:
        done = self._control("status")
        return None if done.is_ok else str(done)

    def _each(self, jobs: Sequence[Job], do: Callable[[Job], Told | None]) -> dict[str, Told]:
        """Return what *do* says of each of *jobs*, where it says anything."""
        if not jobs:
            return {}
        with ThreadPoolExecutor(min(_PARALLEL, len(jobs))) as pool:
            said = list(pool.map(do, jobs))
        return {job.apex: told for job, told in zip(jobs, said, strict=True) if told is not None}

    def _load(self, job: Job) -> Told | None:
        """Have it load one zone; None where only its state will tell whether it did."""
        done = self._control("reload", job.name)
        if _UNKNOWN in done.said:
            done = self._control("addzone", job.name, self._configuration(job))
        if done.is_ok or _THERE in done.said:
            return TOLD if job.serial is None else None
        return _verdict(done)

    def _configuration(self, job: Job) -> str:
        lines = f'type primary; file "{_quoted(job.file)}";'
        if job.is_signed:
            keys = _quoted(self.config.keys)
            lines += f' inline-signing yes; dnssec-policy "{self.config.policy}";'
            lines += f' key-directory "{keys}";'
        return f"{{ {lines} }};"

    def _wait(self, jobs: Mapping[str, Job], deadline: float) -> dict[str, Told]:
        def look(apexes: set[str]) -> dict[str, Told]:
            return self._each([jobs[apex] for apex in sorted(apexes)], self._loaded)

        told = wait_for_all(
            set(jobs), look, deadline=deadline, clock=time.monotonic, sleep=time.sleep
        )
        why = f"did not load it within {self.config.deadline} s; the log of named says why"
        return {apex: told.get(apex, Told(Verdict.REFUSED, why)) for apex in jobs}

    def _loaded(self, job: Job) -> Told | None:
        """Return TOLD where the zone is loaded, None where it is not yet."""
        done = self._control("zonestatus", job.name)
        if done.code is None or any(word in done.said for word in _UNREACHABLE):
            return Told(Verdict.UNREACHED, str(done))
        found = _SERIAL.search(done.out)
        return TOLD if found and int(found[1]) == job.serial else None

    def _control(self, *words: str) -> Done:
        return run_command((*self.config.command, *words), deadline=CONTROL_SECONDS)


def _by_apex(jobs: Sequence[Job]) -> dict[str, Job]:
    return {job.apex: job for job in jobs}


def _quoted(path: Path) -> str:
    """Return *path* for a quoted string of named.conf."""
    return "".join(f"\\{letter}" if letter in _UNQUOTABLE else letter for letter in str(path))


def _verdict(done: Done) -> Told:
    """Return what a command that failed means for its zone."""
    if done.code is None or any(word in done.said for word in _UNREACHABLE):
        return Told(Verdict.UNREACHED, str(done))
    said = " ".join((done.err or done.out).split())
    hint = f"; {_MAX_TTL}" if _OUT_OF_RANGE in said else ""
    return Told(Verdict.REFUSED, f"says {quoted(said, 200)}{hint}")
