"""sshd with one host key, and an ssh that believes nothing but the DNS.

As real root only: sshd drops privileges by setgroups, which a user namespace refuses.
"""

from __future__ import annotations

from pathlib import Path

from tests.live.daemons.host import Daemon, Host, Said

ADDRESS = "127.0.0.1"
_CONFIG = """\
ListenAddress {address}
HostKey {key}
PidFile none
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
"""
_EMPTY = "/dev/null"


class Sshd(Daemon):
    """An sshd in *folder*, whose host key is `host` there, or *key*."""

    def __init__(self, host: Host, folder: Path, key: Path | None = None) -> None:
        folder.mkdir()
        for name in ("host", "user"):
            host.do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name)
        config = folder / "sshd_config"
        key = key or folder / "host"
        config.write_text(_CONFIG.format(folder=folder, address=ADDRESS, key=key))
        words = ["/usr/sbin/sshd", "-D", "-e", "-f", config]  # it wants to be called absolutely
        log = folder / "log"
        super().__init__(host, words, log, lambda: "listening on" in log.read_text())
        self._host, self.folder = host, folder

    def log_in(self, name: str) -> Said:
        """Log in to *name* with no known host, and without anybody who could be asked."""
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "VerifyHostKeyDNS": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": _EMPTY,
            "GlobalKnownHostsFile": _EMPTY,
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        user: list[str | Path] = ["-v", "-F", "none", "-i", self.folder / "user", *words]
        return self._host.run(["ssh", *user, f"root@{name}", "echo logged in"])
