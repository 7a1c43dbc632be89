"""BIND, which signs inline the zones that it is told of by `rndc addzone`."""

from __future__ import annotations

from pathlib import Path

from tests.live.daemons.answers import NameServer
from tests.live.daemons.host import Host

ADDRESS = "127.0.0.4"
_CONFIG = """\
include "{folder}/rndc.key";
controls {{
  inet {address} port 953 allow {{ 127.0.0.0/8; }} keys {{ "rndc-key"; }};
}};
options {{
  directory "{folder}";
  pid-file none;
  lock-file none;
  session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}";
  listen-on {{ {address}; }};
  listen-on-v6 {{ none; }};
  allow-new-zones yes;
  recursion no;
  notify no;
  dnssec-validation no;
  empty-zones-enable no;
}};
"""


def command(folder: Path) -> list[str]:
    """Return the words that control the BIND in *folder*."""
    return ["rndc", "-k", str(folder / "rndc.key"), "-s", ADDRESS]


def site_keys(folder: Path) -> str:
    """Return the `signer:` of site.yaml."""
    return (
        f"signer: {{kind: bind, command: [{', '.join(command(folder))}], address: {ADDRESS}, "
        f"unsigned: {folder}/zones, keys: {folder}/keys}}\n"
    )


class BIND(NameServer):
    """A BIND in *folder*. more: of its configuration, such as zones that it has from the start."""

    has_clock = False  # its allocator, jemalloc, and libfaketime wait for each other

    def __init__(self, host: Host, folder: Path, *, more: str = "") -> None:
        for made in (folder, folder / "zones", folder / "keys"):
            made.mkdir()
        host.do("rndc-confgen", "-a", "-c", folder / "rndc.key")
        config = folder / "named.conf"
        config.write_text(_CONFIG.format(folder=folder, address=ADDRESS) + more)
        self.folder = folder
        super().__init__(host, ["named", "-g", "-c", config], folder / "log", ADDRESS)

    def control(self, *words: str) -> str:
        """Tell it by rndc; return what that printed."""
        return self.host.do(*command(self.folder), *words)
