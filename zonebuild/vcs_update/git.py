"""A git working copy, brought up to date by fast-forward alone.

git refuses an update that would overwrite an edit, and then changes nothing. Cut off in the
middle it leaves files of the new commit behind, which look like edits: what is no more than the
beginning of the new file, is taken back, and the update done again.
"""

from __future__ import annotations

import glob
import os
from typing import NamedTuple

from zonebuild.vcs_update.commands import CommandError, Commands
from zonebuild.vcs_update.incoming import OURS, Incoming, refusal, refused
from zonebuild.vcs_update.told import Update, edit_trouble, update_trouble

_STATUS = ("git", "status", "--porcelain=v2", "--branch", "--untracked-files=no", "-z", "--", ".")
# In one process at a time, so that nothing lives on with the lock; no edit is put aside.
_SETTINGS = (
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "merge.autoStash=false",
    "rebase.autoStash=false",
)
# Submodules are foreign repositories, and no hook or monitor of this clone has a part in it.
_NOT_FOLLOWED = (
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
)
_FETCH = ("fetch", "--quiet", "--no-recurse-submodules")
_MERGE = ("merge", "--quiet", "--ff-only", "--no-verify")
_LINK = "120000"  # the mode of a symbolic link
# What git says, and what is to be done about it.
_WAYS_ON = (
    ("fast-forward", "this branch has commits that its upstream has not; want: git push"),
    (
        "would be overwritten",
        "a file is edited here and changed in the repository; want the edit committed and pushed, "
        "or taken back: git restore FILE",
    ),
    (".lock': File exists", "where no other git is at work, want that file removed"),
)
_FIELDS = {"1": 8, "2": 9, "u": 10}  # before the path, by the kind of an entry


class _State(NamedTuple):
    """What `git status` says. head: the commit; branch: "(detached)" where there is none."""

    head: str
    branch: str
    upstream: str
    edited: tuple[str, ...]
    conflicts: tuple[str, ...]


def update_git(commands: Commands) -> Update:
    """Update the working copy. Errors: CommandError."""
    if commands.was_interrupted():
        _mend(commands)
    state = _look(commands)
    if state.edited:
        commands.troubles.append(edit_trouble(state.edited, "git restore FILE"))
    reason = _reason(state, commands)
    if reason:
        return Update(False, (*commands.troubles, update_trouble(reason)))
    if state.upstream:
        reason = _pull(commands, state.head)
        if reason:
            return Update(False, (*commands.troubles, update_trouble(reason)))
    is_changed = bool(state.upstream) and _head(commands) != state.head
    return Update(is_changed, tuple(commands.troubles))


def _reason(state: _State, commands: Commands) -> str:
    """Return why nothing may be pulled, nothing where it may or where there is nothing to pull."""
    if state.conflicts:
        return f"{state.conflicts[0]} is in conflict; want it mended, then git add and git commit"
    if state.upstream or not commands.run("git", "remote").strip():
        return ""
    if state.branch == "(detached)":
        return "no branch is checked out; want: git switch BRANCH"
    return f"the branch {state.branch} follows none; want: git branch --set-upstream-to=REMOTE/NAME"


def _look(commands: Commands) -> _State:
    headers: dict[str, str] = {}
    edited: list[str] = []
    conflicts: list[str] = []
    entries = iter(commands.run(*_STATUS).split("\0"))
    for entry in entries:
        kind, _, rest = entry.partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            headers[name] = value
        elif kind in _FIELDS:
            (conflicts if kind == "u" else edited).append(entry.split(" ", _FIELDS[kind])[-1])
            if kind == "2":
                next(entries, "")  # the name before a renaming
    names = ("branch.oid", "branch.head", "branch.upstream")
    head, branch, upstream = (headers.get(name, "") for name in names)
    return _State(head, branch, upstream, tuple(edited), tuple(conflicts))


def _pull(commands: Commands, head: str) -> str:
    """Fetch, judge what came, and only then touch the working copy; return why not, or "".

    head: the commit that is checked out.
    """
    settings = [part for s in (*_SETTINGS, *_NOT_FOLLOWED) for part in ("-c", s)]
    try:
        commands.run("git", *settings, *_FETCH)
        new = commands.run("git", "rev-parse", "--verify", "--quiet", "@{upstream}").strip()
        if new == head:
            return ""
        reasons = refused(_incoming(commands, new))
        if reasons:
            return refusal(reasons, _named(commands, new))
        # The new commit has none of these, so a merge would delete them here: a live key, say.
        if tracked := _tracked_ours(commands):
            folders = " ".join(sorted({path.split("/")[0] for path in tracked}))
            return (
                f"revision {_named(commands, new)} is refused: it removes {tracked[0]}, which is "
                "under version control here, and would delete it; expected first, on this host: "
                f"git rm -r --cached {folders} && git commit -m untrack && git rebase"
            )
        with commands.changing():
            commands.run("git", *settings, *_MERGE, new)
    except CommandError as error:
        for said, way_on in _WAYS_ON:
            if said in error.told:
                raise CommandError(f"{error}; {way_on}") from error
        raise
    return ""


def _tracked_ours(commands: Commands) -> list[str]:
    """Return what the index has of our own folders, below the site's."""
    listed = commands.run("git", "ls-files", "-z", "--", *OURS)
    return [path for path in listed.split("\0") if path]


def _incoming(commands: Commands, commit: str) -> list[Incoming]:
    """Return all that *commit* has below the site's folder."""
    found = []
    for entry in commands.run("git", "ls-tree", "-r", "-z", commit).split("\0"):
        facts, _, path = entry.partition("\t")
        if not path:
            continue
        mode, _, blob = facts.split(" ", 2)
        target = commands.run("git", "cat-file", "blob", blob) if mode == _LINK else None
        found.append(Incoming(path, target))
    return found


def _named(commands: Commands, commit: str) -> str:
    """Return the short name of *commit* and its author."""
    return commands.run("git", "log", "-1", "--format=%h by %an <%ae>", commit).strip()


def _head(commands: Commands) -> str:
    return commands.run("git", "rev-parse", "--verify", "--quiet", "HEAD").strip()


def _mend(commands: Commands) -> None:
    """Take back what an update that was cut off had begun. Errors: CommandError."""
    _remove_locks(commands)
    top = commands.run("git", "rev-parse", "--show-toplevel").removesuffix("\n")
    changed = commands.run(
        "git", "diff", "--name-only", "--no-renames", "-z", "HEAD", "@{upstream}", "--", ":/"
    )
    was_there = commands.run("git", "ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD")
    tracked = set(was_there.split("\0"))
    for path in filter(None, changed.split("\0")):
        if not _is_begun(commands, f"{top}/{path}", path):
            continue
        if path in tracked:
            commands.run("git", "checkout", "--quiet", "HEAD", "--", f":(top,literal){path}")
        elif os.path.lexists(f"{top}/{path}"):
            os.unlink(f"{top}/{path}")
    commands.is_changed = True


def _is_begun(commands: Commands, place: str, path: str) -> bool:
    """Say whether *place* holds no more than the beginning of what the new commit has there."""
    try:
        new = commands.run_binary("git", "cat-file", "blob", f"@{{upstream}}:{path}")
    except CommandError:  # the new commit has no such file
        return not os.path.lexists(place)
    try:
        with open(place, "rb") as file:
            return new.startswith(file.read(len(new) + 1))
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _remove_locks(commands: Commands) -> None:
    """Remove the lock files that a killed git of ours left; none is older than its mark."""
    folder = commands.run("git", "rev-parse", "--absolute-git-dir").removesuffix("\n")
    begun = os.stat(commands.mark).st_mtime
    for pattern in ("*.lock", "refs/**/*.lock", "objects/info/*.lock"):
        for path in glob.glob(f"{glob.escape(folder)}/{pattern}", recursive=True):
            if os.lstat(path).st_mtime >= begun:
                os.unlink(path)
