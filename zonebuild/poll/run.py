"""One poll of a site: update, look, and where there is anything to do, `doit`; then tell.

With nothing to do no more is loaded than this folder. `doit` runs as a program of its own, so
that a poll that goes on for ever, or is killed, never has a build's state in its hands.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from zonebuild.files.host import host_file
from zonebuild.poll import stamp
from zonebuild.poll.last_run import HAND, note_run
from zonebuild.poll.look import NOWHERE, TICK, Look, Outside, look_at, versions
from zonebuild.poll.turn import Turn

if TYPE_CHECKING:
    from zonebuild.poll.news import Memory, Trouble

_CACHE, _MEMORY = ".zonebuild", "state/poll.json"
_MACHINE = 2  # exit code
_LIMIT = 1 << 20  # octets of what is remembered
_MARK = "poll.updating"


class Poll(NamedTuple):
    """How a poll went. code: 0, 1 or 2, as `doit` has them. text: what to tell, or nothing.

    is_done: whether there is nothing to do now; has_built: whether `doit` was run.
    due: when to look again at the latest, Unix seconds.
    """

    code: int
    text: str = ""
    is_done: bool = False
    has_built: bool = False
    due: int = 0


class Caller(NamedTuple):
    """Who polls. kind: one of `last_run`. pace: seconds to its next poll, 0: not known."""

    kind: str
    pace: int = 0


BY_HAND = Caller(HAND)


class Doit(Protocol):
    """Runs `doit` in *root*; *lock* is inherited. Returns its exit code and what it told."""

    def __call__(self, root: str, *, lock: int) -> tuple[int, str]:
        """Run it."""


class Site(NamedTuple):
    """A site as poll sees it. root: absolute, without links. cache: absolute."""

    root: str
    cache: str


def find_site(root: str) -> Site:
    """Return the site at *root*; ZONEBUILD_CACHE moves its cache."""
    real = os.path.realpath(root)
    moved = os.environ.get("ZONEBUILD_CACHE")
    return Site(real, os.path.abspath(moved) if moved else f"{real}/{_CACHE}")


def is_there(site: Site) -> bool:
    """Say whether there is a site."""
    return os.path.isdir(f"{site.root}/zones")


def poll(
    site: Site,
    *,
    is_updated: bool = True,
    now: Callable[[], float] = time.time,
    run: Doit | None = None,
    caller: Caller = BY_HAND,
) -> Poll:
    """Poll *site* once.

    is_updated: whether its working copy is brought up to date. now: Unix seconds.
    run: does what `run_doit` does, which is the default. caller: who polls, as it is noted.
    Another poll that is at work: nothing is done, which is no fault.
    """
    if not is_there(site):  # nothing may be made in the folder that something is mounted on
        return Poll(_MACHINE, _line(f"{site.root} is no site: it has no folder zones/"))
    try:
        with Turn(site.cache, now=now()) as turn:
            if turn.is_mine:
                done = _Round(site, turn.descriptor, now, run).go(is_updated=is_updated)
                return _note(site, done, caller, now())
            return Poll(0, _line(turn.complaint()))
    except OSError as error:  # of the lock
        where = error.filename or site.cache
        return Poll(_MACHINE, _line(f"{where}: {(error.strerror or 'failed').lower()}"))


def _note(site: Site, done: Poll, caller: Caller, now: float) -> Poll:
    """Note the time of a poll that is *done*; where the machine refuses, that is told each time."""
    refusal = note_run(site.root, caller.kind, now, pace=caller.pace)
    return done._replace(code=_MACHINE, text=done.text + _line(refusal)) if refusal else done


def _line(text: str) -> str:
    return text and f"zonebuild poll: {text}\n"


class _Round:
    """One poll whose turn it is. lock: a descriptor that what it starts inherits."""

    def __init__(
        self, site: Site, lock: int, now: Callable[[], float], run: Doit | None = None
    ) -> None:
        self._site, self._lock, self._now, self._run = site, lock, now, run
        self._troubles: list[Trouble] = []
        self._is_updated = False
        self._said, self._code = "", 0

    def go(self, *, is_updated: bool) -> Poll:
        """Do all of it."""
        if is_updated:
            self._update()
        kept = stamp.read_stamp(self._site.cache)
        outside = kept.outside if kept else NOWHERE
        before = self._look(outside)
        if kept and stamp.fits(kept, _seen(before), self._now()):
            return self._tell(Poll(0, is_done=True, due=kept.due))
        code = self._build()
        fresh = self._remember(before, outside, code)
        return self._tell(Poll(code, is_done=bool(fresh.seen), has_built=True, due=fresh.due))

    def _update(self) -> None:
        from zonebuild.vcs_update import find_working_copy

        self._is_updated = True
        kind = find_working_copy(self._site.root)
        if kind is not None:
            from zonebuild.vcs_update.update import update_site

            mark = f"{self._site.cache}/{_MARK}"
            done = update_site(self._site.root, kind, mark=mark, lock=self._lock)
            self._troubles += done.troubles
            if done.is_changed:  # so that what was written is older than the look
                time.sleep(TICK / 1_000_000_000)

    def _look(self, outside: Outside) -> Look:
        everywhere = outside._replace(read=(*outside.read, *_override()))
        return look_at(self._site.root, self._site.cache, everywhere)

    def _build(self) -> int:
        """Run doit; return its exit code as the contract has it."""
        from zonebuild.poll.build import run_doit
        from zonebuild.poll.news import BUILD, Trouble

        code, text = (self._run or run_doit)(self._site.root, lock=self._lock)
        if code:
            self._troubles.append(Trouble(BUILD, text, code))
        else:
            self._said = text  # a warning that is new
        self._troubles += committed_troubles(self._site.root)
        return code

    def _remember(self, before: Look, outside: Outside, code: int) -> stamp.Stamp:
        """Keep, and return, what was seen where that is what was built; else what fits nothing."""
        cache, now = self._site.cache, int(self._now())
        due, found = stamp.plan_next(cache, self._site.root, now)
        after = self._look(outside)
        is_known = code == 0 and found == outside
        is_known = is_known and before.is_settled and after.inputs == before.inputs
        fresh = stamp.Stamp(_seen(after) if is_known else "", now, due, found)
        self._write(f"{cache}/{stamp.FILE}", stamp.stamp_text(fresh))
        return fresh

    def _tell(self, done: Poll) -> Poll:
        """Return *done* with what there is to say, which is then remembered as told."""
        path = f"{self._site.root}/{_MEMORY}"
        text = ""
        if self._troubles or os.path.lexists(path):
            from zonebuild.poll.news import BUILD, CODE, EDIT, TRACKED, UPDATE, tell

            memory, looked = _read_memory(path), {BUILD}
            looked |= {UPDATE, EDIT} if self._is_updated else set()
            looked |= {TRACKED, CODE} if done.has_built else set()
            text, kept = tell(memory, self._troubles, looked=looked, now=int(self._now()))
            self._remember_told(path, memory, kept)
            if text and any(trouble.kind == BUILD for trouble in self._troubles):
                text += self._revision()
        code = max([done.code, self._code, *(trouble.code for trouble in self._troubles)])
        return done._replace(code=code, text=text + self._said)

    def _revision(self) -> str:
        """Return a line that names the revision that was built, "" where it is not known."""
        from zonebuild.vcs_update import find_working_copy

        kind = find_working_copy(self._site.root)
        if kind is None:
            return ""
        from zonebuild.vcs_update.update import name_revision

        revision = name_revision(self._site.root, kind, lock=self._lock)
        return revision and f"the working copy has {revision}\n"

    def _remember_told(self, path: str, before: Memory, kept: Memory) -> None:
        """Keep in *path* what was told; nothing there while all is well is the quickest to read."""
        from zonebuild.poll.news import memory_text

        if kept != before and kept:
            self._write(path, memory_text(kept))
        elif not kept:
            try:
                os.unlink(path)
            except OSError as error:
                self._refuse(f"{path}: cannot be removed: {(error.strerror or '').lower()}")

    def _write(self, path: str, text: str) -> None:
        """Replace the file at *path*; where the machine refuses, that is told each time."""
        from pathlib import Path

        from zonebuild.files.write import WriteError, make_directory, replace_file

        place = Path(path)
        try:
            make_directory(place.parent)
            replace_file(place, text.encode("utf-8", "surrogateescape"))
        except WriteError as error:
            self._refuse(str(error))

    def _refuse(self, text: str) -> None:
        self._said += _line(text)
        self._code = _MACHINE


def committed_troubles(root: str) -> list[Trouble]:
    """Return what is under version control at *root* and must not be, and what code is not run."""
    from zonebuild.poll.dodo import own_tasks
    from zonebuild.poll.news import CODE, TRACKED, Trouble
    from zonebuild.vcs_update.tracked import tracked_by_mistake

    found = []
    reasons = tracked_by_mistake(root)
    if reasons:
        lines = "".join(f"  {reason}\n" for reason in reasons[:10])
        title = f"{root}: under version control, and must not be: git rm --cached or svn rm"
        found.append(Trouble(TRACKED, f"{title} --keep-local\n{lines}", _MACHINE))
    tasks = own_tasks(root)
    if tasks and not _runs_code(root):
        text = (
            f"{root}/dodo.py defines {', '.join(tasks[:10])}: a poll runs nothing that is "
            "committed, so these tasks run only when a person types doit; to have them run here, "
            "write `code: trusted` into the host's own file (docs/security.md)"
        )
        found.append(Trouble(CODE, text, 0))
    return found


def _runs_code(root: str) -> bool:
    from zonebuild.builder.places import SiteError
    from zonebuild.builder.run import read_host_code

    try:
        return read_host_code(root) != ("data", "")
    except SiteError:  # the build has said so
        return True


def _seen(found: Look) -> str:
    return f"{versions()} {found.inputs} {found.outputs}"


def _override() -> tuple[str, ...]:
    """Return the file that is read in the place of site.yaml, where there is one."""
    path = host_file()
    return (path,) if path else ()


def _read_memory(path: str) -> Memory:
    from zonebuild.poll.news import parse_memory

    try:
        with open(path, "rb") as file:
            return parse_memory(file.read(_LIMIT).decode("utf-8", "replace"))
    except OSError:
        return {}
