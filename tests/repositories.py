"""Repositories of subversion and git with a small site, and the host that polls it."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from tests.polling import PolledSite
from zonebuild.vcs_update.told import Update
from zonebuild.vcs_update.update import update_site

ZONE = "primary/a.example"
IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def command(folder: Path, *arguments: str) -> str:
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Repository(ABC):
    """A repository with a small site, a desk where people commit, and the host that polls."""

    kind: str

    def __init__(self, folder: Path) -> None:
        self.folder, self.desk = folder, folder / "desk"
        self.store = folder / "store"
        self.host = PolledSite(folder / "made")
        self.make()
        self.host.root = folder / "host"

    @abstractmethod
    def make(self) -> None:
        """Make the repository of the site in made/, and its two working copies."""

    @abstractmethod
    def save(self) -> None:
        """Commit, and send, all that was changed at the desk."""

    def commit(self, text: str, path: str = ZONE) -> None:
        """Commit *path* with the content *text*."""
        place = self.desk / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
        self.save()

    def update(self) -> Update:
        """Update the host's working copy alone."""
        mark = str(self.folder / "mark")
        with open(os.devnull) as null:
            return update_site(str(self.host.root), self.kind, mark=mark, lock=null.fileno())


class Subversion(Repository):
    kind = "svn"

    def make(self) -> None:
        command(self.folder, "svnadmin", "create", str(self.store))
        url = f"file://{self.store}/trunk"
        command(self.folder, "svn", "import", "-qm", "first", str(self.folder / "made"), url)
        for name in ("desk", "host"):
            command(self.folder, "svn", "checkout", "-q", url, name)

    def save(self) -> None:
        command(self.desk, "svn", "add", "-q", "--force", ".")
        command(self.desk, "svn", "commit", "-qm", "change")
        command(self.desk, "svn", "update", "-q")


class Git(Repository):
    kind = "git"

    def make(self) -> None:
        command(self.folder, "git", "init", "-q", "--bare", "-b", "main", str(self.store))
        command(self.folder, "git", "clone", "-q", str(self.store), "desk")
        shutil.copytree(self.folder / "made", self.desk, dirs_exist_ok=True)
        self.save()
        command(self.folder, "git", "clone", "-q", str(self.store), "host")

    def save(self) -> None:
        command(self.desk, "git", "add", "-A")
        command(self.desk, "git", "commit", "-qm", "change")
        command(self.desk, "git", "push", "-q", "origin", "HEAD:main")
