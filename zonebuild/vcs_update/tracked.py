"""What is under version control in a working copy and must not be: see `incoming`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from zonebuild.poll.child import ChildError, run_child
from zonebuild.vcs_update import find_working_copy
from zonebuild.vcs_update.incoming import OURS, Incoming, refused

_SECONDS = 60.0
_COMMANDS = {
    "git": ("git", "ls-files", "-z"),
    "svn": ("svn", "status", "--verbose", "--non-interactive"),
}
_QUIET = {"LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0"}
_NOT_VERSIONED = "?IX"  # marks of `svn status` for what is not under version control


def tracked_by_mistake(root: str) -> list[str]:
    """Return why files of the working copy at *root* must leave it, a clause each.

    Nothing where it is none, or its program cannot be asked: an update says that.
    """
    kind = find_working_copy(root)
    if kind is None:
        return []
    try:
        done = run_child(_COMMANDS[kind], root, seconds=_SECONDS, environment=_QUIET)
    except ChildError:
        return []
    if done.code:
        return []
    listed = os.fsdecode(done.said)
    paths = listed.split("\0") if kind == "git" else _svn_paths(listed)
    return refused(Incoming(path, _target(root, path)) for path in paths if path)


def exported_by_mistake(root: str) -> list[str]:
    """Return the same of the folder at *root*, an export of a revision: all of it was committed."""
    ours = refused(Incoming(f"{top}/") for top in OURS if os.path.lexists(f"{root}/{top}"))
    return ours + refused(_links(root))


def _links(root: str) -> Iterator[Incoming]:
    """Return the symbolic links below *root*, sorted, none of them followed."""
    for folder, folders, files in os.walk(root):
        if folder == root:
            folders[:] = [name for name in folders if name not in (*OURS, ".git", ".svn")]
        folders.sort()
        for name in sorted([*folders, *files]):
            path = os.path.relpath(f"{folder}/{name}", root)
            if (target := _target(root, path)) is not None and path.split("/")[0] not in OURS:
                yield Incoming(path, target)


def _svn_paths(listed: str) -> Iterator[str]:
    for line in listed.splitlines():
        if line[:1] and line[0] not in _NOT_VERSIONED and len(line) > 9:
            # Working revision, last revision and author precede the path, which may have blanks.
            fields = line[9:].split(None, 3)
            if len(fields) == 4:
                yield fields[3]


def _target(root: str, path: str) -> str | None:
    try:
        return os.readlink(f"{root}/{path}")
    except OSError:
        return None
