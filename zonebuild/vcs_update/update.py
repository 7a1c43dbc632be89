"""One update of a working copy, and the troubles that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from zonebuild.poll.news import EDIT, UPDATE, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonebuild.vcs_update.commands import Commands

_SHOWN = 10  # paths that a message names


class Update(NamedTuple):
    """What an update did. is_changed: whether anything in the working copy may be new."""

    is_changed: bool = False
    troubles: tuple[Trouble, ...] = ()


def update_site(root: str, kind: str, *, mark: str, lock: int, seconds: float = 60) -> Update:
    """Update the working copy of *kind* that *root* is in, as far as that loses nothing.

    mark: a file that is there while files may be changing, and after a kill in between.
    lock: a descriptor that the commands inherit. seconds: that each of them may take.
    """
    from zonebuild.vcs_update.commands import CommandError, Commands

    commands = Commands(root, mark=mark, lock=lock, seconds=seconds)
    try:
        return _update(kind, commands)
    except CommandError as error:
        return Update(commands.is_changed, (*commands.troubles, update_trouble(str(error))))


def _update(kind: str, commands: Commands) -> Update:
    if kind == "svn":
        from zonebuild.vcs_update.svn import update_svn

        return update_svn(commands)
    from zonebuild.vcs_update.git import update_git

    return update_git(commands)


def update_trouble(text: str) -> Trouble:
    """Return that the working copy could not be brought up to date, for the reason in *text*."""
    return Trouble(UPDATE, f"not brought up to date, built from what is there: {text}", 2)


def edit_trouble(paths: Sequence[str], way_on: str) -> Trouble:
    """Return that *paths* are edited and not committed. way_on: what to do, per file."""
    lines = [f"  {path}" for path in paths[:_SHOWN]]
    if len(paths) > _SHOWN:
        lines.append(f"  and {len(paths) - _SHOWN} more")
    title = "edited here and not committed, built as it stands here; want each committed, "
    return Trouble(EDIT, "\n".join([f"{title}or taken back ({way_on}):", *lines]), 0)
