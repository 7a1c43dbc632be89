"""Knot, which signs what it reads, told by knotc: that waits until Knot read and signed a zone.

The zone file's own serial may stay: `zonefile-load: difference-no-serial` takes what differs.
New zones go into Knot's configuration, a transaction for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.signers.command import Done, reach, run_command
from zonebuild.signers.told import (
    CONTROL_SECONDS,
    TOLD,
    Job,
    Told,
    Unreadable,
    Verdict,
    bare_name,
    unreached,
)
from zonebuild.site.signers import KnotSigner

_STATUS = re.compile(r"^\[(\S+?)\.?\] role:", re.MULTILINE)
_FAULT = re.compile(r"^error: \[(\S+?)\.?\] \((.*)\)$", re.MULTILINE)
_NO_ZONE = "no such zone found"
_NO_SOCKET = "failed to connect"
_IN_USE = "too many transactions"
_FEW = 3  # settings: those of one zone
_AT_ONCE = 500  # zones in one command
_OUTPUT = 1 << 30  # octets of a zone or of the list of zones
_LOG = "the log of knotd says why"


@dataclass(frozen=True, slots=True)
class Knot:
    """Knot on this host, or in a jail of it."""

    config: KnotSigner
    kind: str = "knot"
    takes_unsigned: bool = True
    wants_rising: bool = False

    @property
    def folder(self) -> Path | None:
        """Where it reads built zones."""
        return self.config.unsigned

    def apply(self, jobs: Sequence[Job]) -> Mapping[str, Told]:
        """Have it read all of *jobs*, and wait until it signed them."""
        known = self._known(jobs)
        if isinstance(known, str):
            return unreached(jobs, known)
        told = self._add([job for job in jobs if job.name not in known])
        rest = [job for job in jobs if job.apex not in told]
        for start in range(0, len(rest), _AT_ONCE):
            told.update(self._reload(rest[start : start + _AT_ONCE]))
        return told

    def remove(self, job: Job) -> Told:
        """Take the zone of *job* out of its configuration; its keys and its journal stay."""
        done = self._control("conf-begin")
        if not done.is_ok:
            return _verdict(done)
        done = self._control("conf-unset", f"zone[{job.name}]")
        if not done.is_ok:
            self._control("conf-abort")
            return TOLD if "not exists" in done.said else _verdict(done)
        done = self._control("conf-commit")
        return TOLD if done.is_ok else _verdict(done)

    def read_back(self, apex: str) -> str:
        """Return the zone that it serves, as text. Errors: Unreadable."""
        done = self._control("zone-read", bare_name(apex))
        if not done.is_ok:
            raise Unreadable(str(done))
        return "".join(f"{line.partition('] ')[2]}\n" for line in done.out.splitlines())

    # -- telling ----------------------------------------------------------------------------

    def _known(self, jobs: Sequence[Job]) -> set[str] | str:
        """Return which zones it knows, or why it cannot be reached; of one job it asks alone."""
        words = ["zone-status", *(job.name for job in jobs if len(jobs) == 1)]
        last: list[Done] = []

        def ask() -> str | None:
            last[:] = [self._control(*words)]
            return None if last[0].is_ok or _NO_ZONE in last[0].said else str(last[0])

        return reach(ask) or set(_STATUS.findall(last[0].out))

    def _add(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Add new zones to its configuration; return those that it did not take."""
        if not jobs:
            return {}
        done = self._control("conf-begin")
        if not done.is_ok:
            verdict = _verdict(done)
            return dict.fromkeys((job.apex for job in jobs), verdict)
        fault = self._set([line for job in jobs for line in self._settings(job)])
        if fault is not None:
            self._control("conf-abort")
            if len(jobs) == 1:
                return {jobs[0].apex: fault}
            return {apex: told for job in jobs for apex, told in self._add([job]).items()}
        done = self._control("conf-commit")
        return {} if done.is_ok else dict.fromkeys((job.apex for job in jobs), _verdict(done))

    def _settings(self, job: Job) -> Iterator[list[str]]:
        template = self.config.template if job.is_signed else f"{self.config.template}-unsigned"
        file = str(job.file).replace("%", "%%")  # a % begins a placeholder
        zone = f"zone[{job.name}]"
        yield ["conf-set", zone]
        yield ["conf-set", f"{zone}.template", template]
        yield ["conf-set", f"{zone}.file", file]

    def _set(self, lines: Sequence[Sequence[str]]) -> Told | None:
        """Return what was wrong with *lines*, None where all went; many go to one process."""
        if len(lines) > _FEW:
            given = "".join(f"{' '.join(map(_quoted, words))}\n" for words in lines)
            done = run_command(self.config.command, deadline=CONTROL_SECONDS, given=given)
            is_done = done.is_ok and done.out.count("OK\n") == len(lines)
            return None if is_done else _verdict(done)
        for words in lines:
            done = self._control(*words)
            if not done.is_ok:
                return _verdict(done)
        return None

    def _reload(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Have it read and sign *jobs*; it waits, and names those that it could not load."""
        seconds = self.config.deadline
        options = ("-b", "-t", str(seconds * max(len(jobs), 1)))
        done = self._control(*options, "zone-reload", *(job.name for job in jobs), wait=seconds)
        if done.is_ok:
            return dict.fromkeys((job.apex for job in jobs), TOLD)
        faults = {name.lower(): why for name, why in _FAULT.findall(done.said)}
        is_whole = faults and done.code is not None and _NO_SOCKET not in done.said
        rest = TOLD if is_whole else Told(Verdict.UNREACHED, str(done))
        return {
            job.apex: Told(Verdict.REFUSED, f"says {quoted(faults[job.name])}; {_LOG}")
            if job.name in faults
            else rest
            for job in jobs
        }

    def _control(self, *words: str, wait: float = CONTROL_SECONDS) -> Done:
        command = (*self.config.command, *words)
        return run_command(command, deadline=wait, limit=_OUTPUT)


def _quoted(word: str) -> str:
    """Return *word* as knotc reads it from its standard input."""
    return '"' + re.sub(r'(["\\\\])', r"\\\1", word) + '"'


def _verdict(done: Done) -> Told:
    """Return what a command that failed means for its zones."""
    if done.code is None or _NO_SOCKET in done.said or _IN_USE in done.said:
        return Told(Verdict.UNREACHED, str(done))
    return Told(Verdict.REFUSED, f"says {quoted(' '.join(done.said.split()), 200)}")
