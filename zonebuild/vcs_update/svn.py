"""A subversion working copy, brought up to date.

One `svn status --show-updates` tells what is edited here, what is newer there, and what is both:
where nothing is newer, that is all. An update that would have to merge is not begun, so none ever
ends in a conflict with marks in a zone's file.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from zonebuild.vcs_update.commands import CommandError, Commands
from zonebuild.vcs_update.incoming import Incoming, refusal, refused
from zonebuild.vcs_update.told import Update, edit_trouble, update_trouble

# Not --quiet: it hides a newer file where one without version control is in its way.
_STATUS = ("svn", "status", "--non-interactive")
# Externals are foreign repositories: whoever commits one must not have it fetched here.
_UPDATE = (
    *("svn", "update", "--quiet", "--non-interactive", "--accept", "postpone"),
    "--ignore-externals",
)
_HEAD = re.compile(r"^Status against revision: *([0-9]+)$", re.MULTILINE)
_LOCKED = ("E155004", "E155037")  # another subversion is at work, or one was cut off
_CONFLICT, _NONE = "C", " "
_NEWER, _PATH = 8, 21  # columns of --show-updates
_PATH_ALONE = 8  # the column of the path without it
_NOT_EDITED = " XI?"  # externals, ignored and unknown files are no edits


class _Item(NamedTuple):
    """A line of `svn status`. is_newer: whether the repository has a newer one."""

    path: str
    is_edited: bool
    is_newer: bool
    is_conflict: bool


def update_svn(commands: Commands) -> Update:
    """Update the working copy. Errors: CommandError."""
    if commands.was_interrupted():
        commands.run("svn", "cleanup", "--non-interactive")
    items, revision = _look(commands)
    _tell_edits(commands, items)
    if any(item.is_newer for item in items):
        reasons = refused(_incoming(commands, items, revision))
        if reasons:
            reason = refusal(reasons, _named(commands, revision))
            return Update(False, (*commands.troubles, update_trouble(reason)))
    conflicts = [item for item in items if item.is_conflict]
    in_the_way = [item for item in items if item.is_edited and item.is_newer]
    reason = _reason(conflicts, in_the_way)
    if reason:
        return Update(False, (*commands.troubles, update_trouble(reason)))
    if commands.was_interrupted() or any(item.is_newer for item in items):
        with commands.changing():
            commands.run(*_UPDATE, "-r", revision)
    return Update(commands.is_changed, tuple(commands.troubles))


def _look(commands: Commands) -> tuple[list[_Item], str]:
    """Return what is edited or newer, and the newest revision.

    Errors: CommandError, after the edits were told all the same: they are known without the
    repository.
    """
    try:
        answer = commands.run(*_STATUS, "--show-updates", "--ignore-externals")
        newest = _HEAD.search(answer)
        return _items(answer, _PATH), newest[1] if newest else "HEAD"
    except CommandError as error:
        _tell_edits(commands, _items(commands.run(*_STATUS), _PATH_ALONE))
        raise _explained(error) from error


def _incoming(commands: Commands, items: list[_Item], revision: str) -> list[Incoming]:
    """Return the paths that *revision* brings, with the targets of those that are links."""
    special = commands.run(
        "svn", "propget", "-R", "--non-interactive", "-r", revision, "svn:special", "."
    )
    top = commands.run("svn", "info", "--non-interactive", "--show-item", "url").strip()
    urls = [line.rpartition(" - ")[0] for line in special.splitlines()]
    links = {unquote(url.removeprefix(f"{top}/")): url for url in urls}
    newer = [item.path for item in items if item.is_newer]
    found = [Incoming(path) for path in newer if path not in links]
    return found + [
        Incoming(path, _target(commands, url, revision)) for path, url in sorted(links.items())
    ]


def _target(commands: Commands, url: str, revision: str) -> str:
    text = commands.run("svn", "cat", "--non-interactive", f"{url}@{revision}")
    return text.removeprefix("link ")


def _named(commands: Commands, revision: str) -> str:
    """Return the number of *revision* and its author."""
    told = commands.run(
        "svn", "info", "--non-interactive", "-r", revision, "--show-item", "last-changed-author"
    )
    return f"r{revision} by {told.strip() or 'nobody named'}"


def _explained(error: CommandError) -> CommandError:
    if any(code in error.told for code in _LOCKED):
        return CommandError(f"{error}; where no other svn is at work, want: svn cleanup")
    return error


def _items(answer: str, path_column: int) -> list[_Item]:
    lines = (line for line in answer.splitlines() if len(line) > path_column and line[7] == _NONE)
    return [_item(line, path_column) for line in lines if not line.startswith(("Perf", "Status"))]


def _item(line: str, path_column: int) -> _Item:
    marks = line[0], line[1]
    is_newer = path_column == _PATH and line[_NEWER] == "*"
    return _Item(
        line[path_column:].strip(),
        is_edited=any(mark not in _NOT_EDITED for mark in marks) or (is_newer and line[0] == "?"),
        is_newer=is_newer,
        is_conflict=_CONFLICT in (*marks, line[6]),
    )


def _tell_edits(commands: Commands, items: list[_Item]) -> None:
    paths = [item.path for item in items if item.is_edited and not item.is_conflict]
    if paths:
        commands.troubles.append(edit_trouble(paths, "svn revert FILE"))


def _reason(conflicts: list[_Item], in_the_way: list[_Item]) -> str:
    """Return why no update may be made, nothing where one may."""
    if conflicts:
        path = conflicts[0].path
        return (
            f"{path} is in conflict; want it mended and then: svn resolve --accept working {path}"
        )
    if in_the_way:
        path = in_the_way[0].path
        return (
            f"{path} is edited here and changed in the repository; want it merged by hand "
            f"(svn update, svn commit) or taken back: svn revert {path}"
        )
    return ""
