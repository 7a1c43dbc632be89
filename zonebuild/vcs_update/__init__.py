"""Bring the site's working copy up to date, without a prompt and without losing an edit.

What cannot be brought up to date stays as it is, and is told: the build goes on from what is
there. Nothing here commits, reverts or merges; an edit that is also changed in the repository
keeps the whole working copy where it is.
"""

from __future__ import annotations

import os

_FOLDERS = ((".svn", "svn"), (".git", "git"))


def find_working_copy(root: str) -> str | None:
    """Return "svn" or "git", whichever holds *root*, None where neither does."""
    folder = os.path.realpath(root)
    while True:
        for name, kind in _FOLDERS:
            if os.path.exists(f"{folder}/{name}"):
                return kind
        folder, below = os.path.split(folder)
        if not below:
            return None
