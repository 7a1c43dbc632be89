"""OpenDNSSEC, enforcer and signer, with a SoftHSM token, by the examples of `zonebuild config`.

Sockets and process-number files of the signer are compiled in and its schema refuses to move
them, so the folders of the package are mounted over, and the examples hold as they are. One at a
time runs on a machine: of two that tests started side by side one was seen to hang. The signer
is started only after the enforcer says that it runs: both would open a fresh token at once, and one
of ten starts would fail.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Self

from tests.live.daemons.host import Daemon, Host

_MOUNTS = {"etc": "/etc/opendnssec", "lib": "/var/lib/opendnssec"}
_WORKING = ("enforcer", "signer", "signed", "signconf", "unsigned", "tmp")
_TOKEN = "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n"


def site_keys() -> str:
    """Return the `signer:` of site.yaml."""
    return "signer: opendnssec\n"


def _asked(program: str) -> list[str | Path]:
    """Return the question whether a daemon runs; one that is on its way down may never answer."""
    return ["timeout", "2", program, "running"]


class OpenDNSSEC:
    """Both daemons in *folder*, by the examples in state/config/ of *site*."""

    def __init__(self, host: Host, folder: Path, site: Path) -> None:
        self.host, self.folder, self.signed = host, folder, folder / "lib" / "signed"
        self._prepare(site / "state" / "config")
        running = "Engine running"
        self.enforcer = Daemon(
            host, ["ods-enforcerd", "-d"], folder / "enforcerd.log",
            lambda: running in host.run(_asked("ods-enforcer")).stdout,
        )  # fmt: skip
        self.signer = Daemon(
            host, ["ods-signerd", "-d"], folder / "signerd.log",
            lambda: running in host.run(_asked("ods-signer")).stdout,
        )  # fmt: skip

    def _prepare(self, examples: Path) -> None:
        folder = self.folder
        for name in (*_MOUNTS, "token", *(f"lib/{name}" for name in _WORKING)):
            (folder / name).mkdir(parents=True)
        for name in ("conf.xml", "kasp.xml"):
            shutil.copy(examples / name, folder / "etc")
        (folder / "etc" / "zonelist.xml").write_text('<?xml version="1.0"?>\n<ZoneList/>\n')
        (folder / "softhsm2.conf").write_text(_TOKEN.format(folder / "token"))
        self.host.settings["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
        for name, target in _MOUNTS.items():
            self.host.bind(folder / name, target)
        token = ["--init-token", "--free", "--label", "OpenDNSSEC", "--so-pin", "1234"]
        self.host.do("softhsm2-util", *token, "--pin", "1234")
        self.host.do("ods-enforcer-db-setup", "-f")

    def __enter__(self) -> Self:
        self._turn = os.open(__file__, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        self.enforcer.__enter__()
        try:
            self.host.do("ods-enforcer", "policy", "import")
            self.signer.__enter__()
        except BaseException:
            self.enforcer.stop()
            os.close(self._turn)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.signer.stop()
        self.enforcer.stop()
        for target in _MOUNTS.values():
            self.host.do("umount", target)
        os.close(self._turn)

    def hide_token(self) -> None:
        """Take the token away: its files are moved aside."""
        (self.folder / "token").rename(self.folder / "token.gone")

    def return_token(self) -> None:
        """Put it back."""
        (self.folder / "token.gone").rename(self.folder / "token")
