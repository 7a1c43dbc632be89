"""A subversion server with a site, and working copies of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.live.daemons.host import Daemon, Host

URL = "svn://127.0.0.1/store/trunk"
_ACCESS = "[general]\nanon-access = write\n"


class Svn(Daemon):
    """svnserve in *folder*, whose repository begins with what is in *made*."""

    def __init__(self, host: Host, folder: Path, made: Path) -> None:
        folder.mkdir()
        store = folder / "store"
        host.do("svnadmin", "create", store)
        (store / "conf" / "svnserve.conf").write_text(_ACCESS)
        host.do("svn", "import", "-qm", "first", made, f"file://{store}/trunk")
        words = ["svnserve", "-d", "--foreground", "--listen-host", "127.0.0.1", "-r", folder]
        super().__init__(host, words, folder / "log", self._is_there)
        self._host = host

    def _is_there(self) -> bool:
        return self._host.run(["svn", "info", "--non-interactive", URL]).returncode == 0

    def checkout(self, place: Path) -> Path:
        """Make a working copy at *place*."""
        self._host.do("svn", "checkout", "-q", URL, place)
        return place

    def commit(self, desk: Path, texts: Mapping[str, str]) -> None:
        """Write each of *texts* to its path in the working copy *desk*, and commit all of that."""
        for path, text in texts.items():
            place = desk / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self._host.do("svn", "add", "-q", "--force", desk)
        self._host.do("svn", "commit", "-qm", "change", desk)
        self._host.do("svn", "update", "-q", desk)
