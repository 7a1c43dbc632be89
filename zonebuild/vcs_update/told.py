"""What an update of a working copy says: what it did, and the troubles that came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from zonebuild.poll.news import EDIT, UPDATE, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 10  # paths that a message names


class Update(NamedTuple):
    """What an update did. is_changed: whether anything in the working copy may be new."""

    is_changed: bool = False
    troubles: tuple[Trouble, ...] = ()


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
