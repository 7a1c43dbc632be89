#!/usr/bin/env python3
"""Refuses a commit that would leave a site with errors. In a repository: hooks/pre-commit.

What the commit would make of the site is laid out in a temporary folder and judged there by
`zonebuild check --site`, which reads it and executes nothing of it: the newest revision is exported
and the transaction's changes are laid over it, as subversion will. Hooks run without an
environment: the programs are looked for in the PATH below. What is printed reaches whoever commits
only when the commit is refused.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SITE = "trunk"  # the site's folder in the repository, "" for its top
COMMAND = ("zonebuild", "check", "--fail-on", "error", "--export")
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def main(repository: str, transaction: str) -> int:
    """Return 0 where the commit may be made, 1 where it is refused."""
    commit = Commit(Path(repository).resolve(), transaction)
    if not commit.touches_site():
        return 0
    with tempfile.TemporaryDirectory() as folder:
        commit.lay_out(Path(folder, "site"))
        command = [*COMMAND, "--site", "site"]
        code = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=sys.stderr).returncode
    if code:
        sys.stderr.write("zonebuild: mend what is named above, or allow it with a reason\n")
    return 1 if code else 0


class Commit:
    """A transaction that waits for its hook. changes: each path that it changes, and how."""

    def __init__(self, repository: Path, transaction: str) -> None:
        self.repository, self.transaction = repository, transaction
        self.prefix = f"{SITE}/" if SITE else ""
        lines = self._look("changed").decode().splitlines()
        self.changes = [(line[0], line[4:]) for line in lines]

    def touches_site(self) -> bool:
        """Say whether it changes the site, or a folder above it."""
        return any(
            path.startswith(self.prefix) or self.prefix.startswith(path) for _, path in self.changes
        )

    def lay_out(self, folder: Path) -> None:
        """Write the site below *folder* as it will be; a symbolic link in it is left out."""
        if any(how == "A" and self.prefix.startswith(path) for how, path in self.changes):
            self._write_all(self.prefix, folder)
            return
        source = f"{self.repository.as_uri()}/{SITE}"
        export = ["svn", "export", "-q", "--ignore-externals", "--ignore-keywords"]
        subprocess.run([*export, source, folder], env=ENVIRONMENT, check=True)
        for link in [place for place in folder.rglob("*") if place.is_symlink()]:
            link.unlink()
        for how, path in self.changes:
            if path.startswith(self.prefix):
                place = folder / path.removeprefix(self.prefix)
                self._lay_over(how, path, place)

    def _lay_over(self, how: str, path: str, place: Path) -> None:
        """Make *place* what the transaction makes of *path*. how: as `svnlook changed` says."""
        if path.endswith("/") and how not in "AD":
            return  # only its properties
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        if how != "D" and path.endswith("/"):
            self._write_all(path, place)  # perhaps a copy, whose files are not named
        elif how != "D":
            self._write(path, place)

    def _write_all(self, top: str, folder: Path) -> None:
        """Write all that the transaction has below *top* below *folder*."""
        folder.mkdir(parents=True)
        for path in self._paths(top):
            place = folder / path.removeprefix(top)
            if path.endswith("/"):
                place.mkdir(parents=True, exist_ok=True)
            else:
                self._write(path, place)

    def _paths(self, top: str) -> Iterator[str]:
        """Yield the path of everything below *top*; those of folders end with a slash."""
        listed = self._look("tree", "--full-paths", path=top.rstrip("/") or "/").decode()
        return (path for path in listed.splitlines() if path not in (top, "/"))

    def _write(self, path: str, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(self._look("cat", path=path))

    def _look(self, *what: str, path: str | None = None) -> bytes:
        """Return what `svnlook` prints of the transaction. what: its command and options."""
        command = ["svnlook", *what, "-t", self.transaction, str(self.repository)]
        command += [] if path is None else [path]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True).stdout


if __name__ == "__main__":
    os.umask(0o077)
    try:
        sys.exit(main(*sys.argv[1:3]))
    except (OSError, ValueError, subprocess.CalledProcessError) as problem:
        sys.exit(f"zonebuild: the commit could not be judged, so it is refused: {problem}")
