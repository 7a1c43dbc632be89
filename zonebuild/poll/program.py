"""Start a module of this package in a Python that imports nothing from the site's folder."""

from __future__ import annotations

import os
import sys


def isolated_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs *module* of this package, for `isolated_environment`.

    -P: the current folder, which is the site, is not imported from. -s: nor is the folder of the
    user's own packages, which may be the site's as well.
    """
    return (sys.executable, "-P", "-s", "-m", module, *arguments)


def isolated_environment(root: str) -> dict[str, str]:
    """Return what to lay over the environment: PYTHONPATH without anything of the site at *root*.

    root: absolute, without links. The folder of this very package stays, wherever it is.
    """
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    real = [os.path.realpath(folder) for folder in named if os.path.isabs(folder)]
    kept = [folder for folder in real if not _is_below(folder, root)]
    return {"PYTHONPATH": os.pathsep.join(dict.fromkeys([*kept, own]))}


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
