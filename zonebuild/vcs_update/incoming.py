"""What a revision must not bring: files that are ours, and links that lead out of the site.

A committed keys/NAME.pem would replace the key of a zone, and its removal would delete it; a
committed state/frozen.site would stop every change. So the revision is looked at before anything
of it reaches the working copy, and refused whole.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import NamedTuple

# Of the site's top; built, remembered or secret.
OURS = ("unsigned", "signed", "keys", "state", ".zonebuild", "publication")
_SHOWN = 5  # paths that a message names


class Incoming(NamedTuple):
    """A path of a revision, below the site's top. target: where it leads, where it is a link."""

    path: str
    target: str | None = None


def refused(entries: Iterable[Incoming]) -> list[str]:
    """Return why *entries* may not come, a clause each; nothing where all may."""
    found = []
    for path, target in entries:
        top, _, below = path.partition("/")
        if top in OURS:
            found.append(f"{path} is in {top}/, which holds what zonebuild makes or keeps secret")
        elif target is not None and top == "extra" and "/" not in below:
            found.append(f"{path} is a symbolic link where machines write")
        elif target is not None and _leads_out(path, target):
            found.append(f"{path} is a symbolic link that leads out of what is committed")
    return found


def _leads_out(path: str, target: str) -> bool:
    if target.startswith("/"):
        return True
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return inside.split("/")[0] in ("..", *OURS)


def refusal(reasons: list[str], revision: str) -> str:
    """Return the message that *revision* is refused. revision: its name and its author."""
    shown = "; ".join(reasons[:_SHOWN])
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return (
        f"revision {revision} is refused: {shown}{more}; "
        "remove it from version control, and commit that"
    )
