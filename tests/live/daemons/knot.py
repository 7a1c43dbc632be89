"""Knot, which signs the zones that it is told of, by the template of `zonebuild config`.

Its configuration is a database, so that zones may be added while it runs, and are still there
after a restart.
"""

from __future__ import annotations

from pathlib import Path

from tests.live.daemons.answers import NameServer
from tests.live.daemons.host import Host

ADDRESS = "127.0.0.3"
_CONFIG = """\
server:
  rundir: "{folder}"
  listen: {address}@53
  udp-workers: 1
  tcp-workers: 1
  background-workers: 2
control:
  listen: "{folder}/knot.sock"
log:
  - target: stderr
    any: info
database:
  storage: "{folder}"
include: "{site}/state/config/knot-template.conf"
"""


def command(folder: Path) -> list[str]:
    """Return the words that control the Knot in *folder*."""
    return ["knotc", "-s", str(folder / "knot.sock")]


def site_keys(folder: Path) -> str:
    """Return the `signer:` of site.yaml."""
    return f"signer: {{kind: knot, command: [{', '.join(command(folder))}]}}\n"


class Knot(NameServer):
    """A Knot in *folder*, with the template that *site* has in state/config/."""

    def __init__(self, host: Host, folder: Path, site: Path, *, more: str = "") -> None:
        folder.mkdir()
        config, database = folder / "knot.conf", folder / "confdb"
        config.write_text(_CONFIG.format(folder=folder, address=ADDRESS, site=site) + more)
        host.do("knotc", "-C", database, "conf-import", config)
        self.folder = folder
        super().__init__(host, ["knotd", "-C", database], folder / "log", ADDRESS)

    def control(self, *words: str) -> str:
        """Tell it by knotc; return what that printed."""
        return self.host.do(*command(self.folder), "-b", *words)
