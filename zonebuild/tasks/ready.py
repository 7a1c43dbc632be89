"""The program behind `Spare`: load what the last run loaded, wait for the word, be `doit`.

    zonebuild.tasks.ready CACHE        in the site's folder, standard input a socket

What a run has loaded is kept in the cache, one name a line, in the order of loading. The site's own
modules are not: they are edited, and belong to the run.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from zonebuild.poll.stamp import read_text

FILE = "poll.modules"  # in the cache
_LIMIT = 1 << 20  # octets
_MOST = 5_000  # modules
_ALWAYS = (
    "doit.doit_cmd",
    "zonebuild.tasks",
    "zonebuild.tasks.isolated",
    "zonebuild.builder.session",
)


def main() -> None:
    """Wait for the lock's descriptor on standard input; without it, end: the watch is gone."""
    root, kept = os.getcwd(), f"{sys.argv[1]}/{FILE}"
    load(names := read_names(kept), root)
    with socket.socket(fileno=os.dup(0)) as line:
        word, locks, _, _ = socket.recv_fds(line, 1, 1)
    if not word or not locks:
        return
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.argv = ["doit"]
    from zonebuild.tasks.isolated import run_doit

    code = run_doit([])
    keep_names(kept, names, loaded(root))
    sys.exit(code)


def load(names: Iterable[str], root: str) -> None:
    """Import *names*; what cannot be loaded is left to the run, which tells why."""
    for name in (*_ALWAYS, *names):
        if not _is_own(name, root):
            with suppress(Exception):
                importlib.import_module(name)


def loaded(root: str) -> list[str]:
    """Return what is loaded, in order, but for the modules of the site at *root* and `__main__`."""
    names = [name for name in sys.modules if name != "__main__" and not _is_own(name, root)]
    return names[:_MOST]


def read_names(path: str) -> list[str]:
    """Return the names that *path* keeps, none where it keeps nothing of use."""
    names = read_text(path, _LIMIT).split()
    return [name for name in names if all(map(str.isidentifier, name.split(".")))]


def keep_names(path: str, before: list[str], now: list[str]) -> None:
    """Keep the names *now* in *path* if they are others than *before*; a full disk does no harm."""
    from zonebuild.files.write import WriteError, replace_file

    if set(now) != set(before):
        text = "".join(f"{name}\n" for name in now)
        with suppress(WriteError):
            replace_file(Path(path), text.encode("ascii", "replace"))


def _is_own(name: str, root: str) -> bool:
    """Say whether the site's folder has a module of that name, which comes before all others."""
    top = os.path.join(root, name.partition(".")[0])
    return os.path.isdir(top) or os.path.isfile(f"{top}.py")


if __name__ == "__main__":
    main()
