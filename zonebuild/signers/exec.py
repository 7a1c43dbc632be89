"""A command of the site's own that signs: an argument vector, never a shell.

With `{zone}`, `{unsigned}` or `{signed}` in a word it runs once a zone; without, once for all,
the names of the zones on its standard input. Exit code 0: done; 75 (EX_TEMPFAIL of sysexits.h),
or none since it could not be run to its end: try again; any other: the zone is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zonebuild.signers.command import Done, run_command
from zonebuild.signers.told import TOLD, Job, Told, Unreadable, Verdict, read_file
from zonebuild.site.names import file_name
from zonebuild.site.signers import ExecSigner

_TRY_AGAIN = 75
_PLACES = ("{zone}", "{unsigned}", "{signed}")


@dataclass(frozen=True, slots=True)
class Exec:
    """The command that site.yaml names."""

    config: ExecSigner
    kind: str = "exec"
    folder: Path | None = None
    takes_unsigned: bool = False
    wants_rising: bool = False

    def apply(self, jobs: Sequence[Job]) -> Mapping[str, Told]:
        """Run the command for all of *jobs*."""
        return self._run(self.config.command, jobs)

    def remove(self, job: Job) -> Told:
        """Run the command that removes the zone of *job*, if there is one."""
        command = self.config.remove_command
        return self._run(command, [job])[job.apex] if command else TOLD

    def read_back(self, apex: str) -> str:
        """Return the zone that it signed, as text. Errors: Unreadable."""
        if self.config.signed is None:
            raise Unreadable("does not say where it signs, want `signed:` in site.yaml")
        return read_file(self.config.signed / file_name(apex))

    def _run(self, command: Sequence[str], jobs: Sequence[Job]) -> dict[str, Told]:
        if any(place in word for word in command for place in _PLACES):
            return {job.apex: self._verdict(self._one(command, job)) for job in jobs}
        names = "".join(f"{job.name}\n" for job in jobs)
        done = run_command(command, deadline=self.config.deadline, given=names)
        return {job.apex: self._verdict(done) for job in jobs}

    def _one(self, command: Sequence[str], job: Job) -> Done:
        signed = self.config.signed or Path()
        values = (job.name, str(job.file), str(signed / file_name(job.apex)))
        # One pass for each word, so that what a path holds is never taken for a place.
        words = [_filled(word, dict(zip(_PLACES, values, strict=True))) for word in command]
        return run_command(words, deadline=self.config.deadline)

    @staticmethod
    def _verdict(done: Done) -> Told:
        if done.is_ok:
            return TOLD
        is_late = done.code is None or done.code == _TRY_AGAIN
        return Told(Verdict.UNREACHED if is_late else Verdict.REFUSED, str(done))


def _filled(word: str, values: Mapping[str, str]) -> str:
    """Return *word* with each place in it replaced by its value."""
    for place, value in values.items():
        before, found, after = word.partition(place)
        if found:
            return f"{_filled(before, values)}{value}{_filled(after, values)}"
    return word
