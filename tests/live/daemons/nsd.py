"""NSD: a primary for the files that zonebuild or a signer made, or a secondary of one."""

from __future__ import annotations

from pathlib import Path

from tests.live.daemons.answers import NameServer
from tests.live.daemons.host import Host

ADDRESS = "127.0.0.2"
CONFIG = "nsd.conf"
_SERVER = """\
server:
  ip-address: {address}
  database: ""
  username: ""
  chroot: ""
  pidfile: ""
  zonelistfile: "{folder}/zone.list"
  xfrdfile: ""
  xfrdir: "{folder}"
  zonesdir: "{folder}"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: yes
  control-interface: "{folder}/nsd.sock"
"""


def command(folder: Path) -> list[str]:
    """Return the words that control the NSD in *folder*."""
    return ["nsd-control", "-c", str(folder / CONFIG)]


def site_keys(folder: Path, address: str = ADDRESS) -> str:
    """Return the `serve:` of site.yaml."""
    words = ", ".join(command(folder))
    return f"serve: {{kind: nsd, command: [{words}], address: {address}, deadline: 3s}}\n"


class NSD(NameServer):
    """An NSD in *folder*. site: whose state/config/nsd-patterns.conf it includes, if any.

    more: of its configuration, behind that: zones, or patterns.
    """

    def __init__(
        self,
        host: Host,
        folder: Path,
        site: Path | None = None,
        *,
        more: str = "",
        address: str = ADDRESS,
    ) -> None:
        folder.mkdir(exist_ok=True)
        config = folder / CONFIG
        patterns = f'include: "{site}/state/config/nsd-patterns.conf"\n' if site else ""
        config.write_text(_SERVER.format(folder=folder, address=address) + patterns + more)
        self.folder = folder
        super().__init__(host, ["nsd", "-d", "-c", config], folder / "log", address)

    def control(self, *words: str) -> str:
        """Tell it by nsd-control; return what that printed."""
        return self.host.do(*command(self.folder), *words)
