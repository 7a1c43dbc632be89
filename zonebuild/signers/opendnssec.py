"""OpenDNSSEC, told by its two control programs; whether it signed is seen at the signed file.

`ods-signer sign` only puts the zone into a queue and always says that all is well. A signing that
failed shows in the queue: the zone is due later, and its file is what it was before.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.signers.command import Done, reach, run_command
from zonebuild.signers.opendnssec_files import Facts, facts_of, is_there, is_whole
from zonebuild.signers.told import (
    CONTROL_SECONDS,
    TOLD,
    Job,
    Pace,
    Told,
    Verdict,
    bare_name,
    read_file,
    unreached,
    wait_for_all,
)
from zonebuild.site.names import file_name
from zonebuild.site.signers import OpenDNSSECSigner

_NO_ENGINE = 201  # the exit code of a control program that reaches no daemon
_LISTED = re.compile(r"^- (\S+)$", re.MULTILINE)
_KNOWN = re.compile(r"^(\S+) +\S.*\S\.xml *$", re.MULTILINE)
_NOW = re.compile(r"^It is now (.+)$", re.MULTILINE)
# A new zone waits in [configure] until the enforcer has made its keys.
_TASK = re.compile(r"^On (.+) I will \[(?!configure\])\w+\] zone (\S+)$", re.MULTILINE)
_MOMENT = "%a %b %d %H:%M:%S %Y"
_KEYS = 1  # seconds that the keys of a new zone may take until the enforcer is to look again
_TICK = 0.02  # seconds that the clock of a file system may be late
_ADDING = 1  # seconds that a new zone may take: its keys are made meanwhile
_SOON = 2  # seconds; what is due then may be the signing that was asked for
_OUTPUT = 64 << 20  # octets of lists of zones
_THERE = "already exists"
_NEVER = Told(Verdict.REFUSED, "could not read or sign it; the log of ods-signerd says why")
_FORGOTTEN = Told(
    Verdict.REFUSED,
    "knows the zone no more, which it took before: restore its database; added anew the zone gets "
    "other keys than its DS tells of; where it has none, take its line out of state/handed",
)
_TRIES = 2  # more, when the first failed: many new zones at once get into each other's way


@dataclass(frozen=True, slots=True)
class OpenDNSSEC:
    """OpenDNSSEC on this host, or in a jail of it. unsigned: the folder of the built zones."""

    config: OpenDNSSECSigner
    kind: str = "opendnssec"
    takes_unsigned: bool = False
    wants_rising: bool = False

    @property
    def folder(self) -> Path | None:
        """Where it reads built zones."""
        return self.config.unsigned

    def apply(self, jobs: Sequence[Job]) -> Mapping[str, Told]:
        """Give it all of *jobs*, and wait for their signed files."""
        listed = self._reached("zones")
        if isinstance(listed, str):
            return unreached(jobs, listed)
        before = {job.apex: self._facts(job.apex) for job in jobs}
        known = set(_LISTED.findall(listed.out))
        old = [job for job in jobs if job.name in known]
        new = [job for job in jobs if job.name not in known]
        told = self._lost([job for job in new if job.was_given])
        told.update(self._add([job for job in new if job.apex not in told]))
        told.update(self._sign(old))
        deadline = time.monotonic() + self.config.deadline
        rest = {job.apex: job for job in jobs if job.apex not in told}
        told.update(self._wait(rest, before, {job.apex for job in new}, deadline))
        for apex in rest.keys() - told.keys():
            what = "not all of it" if self._moved([apex], before) else "nothing"
            late = f"{what} was signed within {self.config.deadline} s"
            told[apex] = Told(Verdict.UNREACHED, late)
        return told

    def remove(self, job: Job) -> Told:
        """Take the zone of *job* away from the enforcer, which tells the signer."""
        done = self._enforcer("zone", "delete", "-z", job.name)
        if done.is_ok or "not found" in done.said:
            return TOLD
        return _verdict(done)

    def read_back(self, apex: str) -> str:
        """Return the zone that it signed, as text. Errors: Unreadable."""
        return read_file(self.signed_file(apex))

    def signed_file(self, apex: str) -> Path:
        """Return the file into which it signs *apex*."""
        return self.config.signed / file_name(apex)

    # -- telling ----------------------------------------------------------------------------

    def _reached(self, *words: str) -> Done | str:
        """Return what the signer says to *words*, or why it cannot be reached."""
        last: list[Done] = []

        def ask() -> str | None:
            last[:] = [self._signer(*words)]
            return None if last[0].is_ok else str(last[0])

        return reach(ask) or last[0]

    def _lost(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Return the verdict on those of *jobs*, zones that it took once, of which it has no keys.

        The enforcer has its zones and which keys are whose in one database: a zone that is added
        anew gets new keys, and is bogus at once where the parent has a DS of the old.
        """
        known = self._enforced() if jobs else ()
        if isinstance(known, str):
            return unreached(jobs, known)
        return {job.apex: _FORGOTTEN for job in jobs if job.name not in known}

    def _enforced(self) -> set[str] | str:
        """Return the zones that the enforcer knows, or why it does not tell."""
        done = self._enforcer("zone", "list")
        return set(_KNOWN.findall(done.out)) if done.is_ok else str(done)

    def _add(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Add new zones; return those that it did not take. Many are added by one process."""
        if len(jobs) > 1:
            *most, last = jobs
            lines = "".join(f"{' '.join(self._addition(job))}\n" for job in most)
            wait = CONTROL_SECONDS + len(most) * _ADDING
            run_command(self.config.enforcer_command, deadline=wait, given=lines)
            known = self._enforced()
            if isinstance(known, str):
                return unreached(jobs, known)
            jobs = [*(job for job in most if job.name not in known), last]
        if jobs:
            # The signer takes a list of zones for known that was written in the same second as the
            # one that it read last: the last zone is added in another.
            time.sleep(1 - time.time() % 1 + _TICK)
        told = {}
        for job in jobs:
            done = self._enforcer(*self._addition(job))
            if not done.is_ok and _THERE not in done.said:
                told[job.apex] = _verdict(done)
        return told

    def _addition(self, job: Job) -> list[str]:
        config, name = self.config, file_name(job.apex)
        paths = ["-i", str(job.file), "-o", str(config.signed / name)]
        signconf = ["-s", str(config.signconf / f"{name}.xml")]
        return ["zone", "add", "-z", job.name, "-p", config.policy, *paths, *signconf]

    def _sign(self, jobs: Sequence[Job]) -> dict[str, Told]:
        """Put known zones into the signer's queue; return those that it did not take."""
        if not jobs:
            return {}
        if len(jobs) == 1:
            done = self._signer("sign", jobs[0].name)
            return {} if done.is_ok else {jobs[0].apex: _verdict(done)}
        lines = "".join(f"sign {job.name}\n" for job in jobs)
        command, wait = self.config.signer_command, CONTROL_SECONDS * 4
        done = run_command(command, deadline=wait, given=lines, limit=_OUTPUT)
        return {} if done.is_ok else unreached(jobs, str(done))

    # -- waiting ----------------------------------------------------------------------------

    def _wait(
        self,
        jobs: Mapping[str, Job],
        before: Mapping[str, Facts | None],
        new: Collection[str],
        deadline: float,
    ) -> dict[str, Told]:
        """Return what became of *jobs*. before: the facts of their signed files.

        new: those that it did not know. Where a key is not ready when the enforcer first looks, it
        looks again after a minute, and the signer signs with the others until then.
        """
        tries = {apex: _TRIES + (apex in new) for apex in jobs}
        pace = Pace(_KEYS)

        def look(apexes: set[str]) -> dict[str, Told]:
            moved = self._moved(apexes, before)
            whole = {apex for apex in moved if is_whole(self.signed_file(apex))}
            is_due = pace.is_due()
            if is_due:
                self._hurry(jobs, (apexes - whole) & set(new), moved - whole)
            failed = self._later(apexes - moved) if moved < apexes else []
            failed = [apex for apex in failed if self._is_configured(apex)]
            changed = self._moved(failed, before)  # a file changes before its zone is due again
            failed = [apex for apex in failed if apex not in changed]
            # The signer may not see a key yet that was made for it.
            failed = [apex for apex in failed if is_due or apex not in new]
            again = [apex for apex in failed if tries[apex]]
            for apex in again:
                tries[apex] -= 1
            self._sign([jobs[apex] for apex in again])
            refused = {apex: _NEVER for apex in failed if apex not in again}
            return {**dict.fromkeys(whole, TOLD), **refused}

        return wait_for_all(
            set(jobs), look, deadline=deadline, clock=time.monotonic, sleep=time.sleep
        )

    def _hurry(self, jobs: Mapping[str, Job], new: Set[str], partial: Set[str]) -> None:
        """Do what is left undone where new zones come side by side, as often as not.

        The enforcer looks for keys after a minute again, if one was not ready. It cannot tell the
        signer how to sign a zone that this has not read of yet. And what it tells twice within a
        second the signer reads once. (To tell the signer of a zone that is not configured would do
        harm: it backs off for a minute.) partial: signed, but not with all keys.
        """
        unread = any(map(self._is_configured, new - partial))
        for command, lines in (
            (self.config.enforcer_command, [f"enforce -z {jobs[a].name}" for a in sorted(new)]),
            (
                self.config.signer_command,
                [*["update --all"] * unread, *(f"clear {jobs[a].name}" for a in sorted(partial))],
            ),
        ):
            if lines:
                given = "".join(f"{line}\n" for line in lines)
                run_command(command, deadline=CONTROL_SECONDS, given=given, limit=_OUTPUT)

    def _moved(self, apexes: Iterable[str], before: Mapping[str, Facts | None]) -> set[str]:
        """Return those whose signed file is another than before."""
        return {apex for apex in apexes if self._facts(apex) not in (None, before[apex])}

    def _is_configured(self, apex: str) -> bool:
        return is_there(self.config.signconf / f"{file_name(apex)}.xml")

    def _facts(self, apex: str) -> Facts | None:
        return facts_of(self.signed_file(apex))

    def _later(self, apexes: Iterable[str]) -> list[str]:
        """Return those of *apexes* that the signer has dealt with: they are due later again."""
        done = self._signer("queue")
        now = _moment(_NOW.search(done.out))
        names = {bare_name(apex): apex for apex in apexes}
        later = []
        for task in _TASK.finditer(done.out) if now is not None else ():
            apex, due = names.get(task[2]), _moment(task)
            if apex is not None and due is not None and due > (now or 0) + _SOON:
                later.append(apex)
        return later

    def _signer(self, *words: str) -> Done:
        command = (*self.config.signer_command, *words)
        return run_command(command, deadline=CONTROL_SECONDS, limit=_OUTPUT)

    def _enforcer(self, *words: str) -> Done:
        command = (*self.config.enforcer_command, *words)
        return run_command(command, deadline=CONTROL_SECONDS, limit=_OUTPUT)


def _moment(found: re.Match[str] | None) -> float | None:
    """Return the time in *found*, in seconds; only ever compared with another of its kind."""
    try:
        return time.mktime(time.strptime(found[1], _MOMENT)) if found else None
    except (ValueError, OverflowError):
        return None


def _verdict(done: Done) -> Told:
    """Return what a command that failed means for its zone."""
    if done.code is None or done.code == _NO_ENGINE:
        return Told(Verdict.UNREACHED, str(done))
    said = " ".join((done.err or done.out).split())
    return Told(Verdict.REFUSED, f"says {quoted(said, 200)}" if said else str(done))
