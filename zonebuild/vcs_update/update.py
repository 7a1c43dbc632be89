"""One update of a working copy, by the program that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonebuild.vcs_update.told import Update, update_trouble

if TYPE_CHECKING:
    from zonebuild.vcs_update.commands import Commands


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


def name_revision(root: str, kind: str, *, lock: int, seconds: float = 10) -> str:
    """Return the revision that the working copy at *root* has, and its author; "" if not known.

    One local command; its arguments are as for `update_site`.
    """
    from zonebuild.vcs_update.commands import CommandError, Commands

    commands = Commands(root, mark="", lock=lock, seconds=seconds)
    try:
        if kind == "git":
            return commands.run("git", "log", "-1", "--format=%h by %an <%ae>: %s").strip()
        lines = commands.run("svn", "info", "--non-interactive").splitlines()
    except CommandError:  # the message matters more than where the change came from
        return ""
    facts = dict(line.split(": ", 1) for line in lines if ": " in line)
    revision, author = (facts.get(f"Last Changed {name}", "") for name in ("Rev", "Author"))
    return f"r{revision} by {author or 'an author without a name'}" if revision else ""
