"""unbound: a validating resolver that knows one key of each zone, and /etc/resolv.conf for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.live.daemons.answers import NameServer
from tests.live.daemons.host import Host

ADDRESS = "127.0.0.1"
_CONFIG = """\
server:
  interface: 127.0.0.1
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  module-config: "validator iterator"
  trust-anchor-file: "{folder}/anchors"
  do-not-query-localhost: no
  local-zone: "test." nodefault
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-bogus-ttl: 0
  infra-host-ttl: 1
remote-control:
  control-enable: no
"""
_STUB = """\
stub-zone:
  name: "{zone}"
  stub-addr: {address}
"""


class Unbound(NameServer):
    """A resolver that asks the server of each zone of *zones*, and believes that zone's keys.

    zones: by the name without its final dot, the server that answers already.
    """

    def __init__(self, host: Host, folder: Path, zones: Mapping[str, NameServer]) -> None:
        folder.mkdir()
        stubs = (_STUB.format(zone=zone, address=zones[zone].address) for zone in zones)
        config = folder / "unbound.conf"
        config.write_text(_CONFIG.format(folder=folder) + "".join(stubs))
        anchors = "".join(zones[zone].anchor(zone) for zone in zones)
        (folder / "anchors").write_text(anchors)
        super().__init__(host, ["unbound", "-d", "-c", config], folder / "log", ADDRESS)

    def use(self, folder: Path) -> None:
        """Make it the resolver of the host, whose word on DNSSEC the C library believes."""
        place = folder / "resolv.conf"
        place.write_text(f"nameserver {ADDRESS}\noptions edns0 trust-ad\n")
        self.host.bind(place, "/etc/resolv.conf")

    def is_secure(self, name: str, rdtype: str) -> bool:
        """Say whether the answer, a denial too, is validated."""
        command = ["dig", f"@{ADDRESS}", "+dnssec", "+time=2", "+tries=1", name, rdtype]
        said = self.host.run(command).stdout
        flags = said.partition("flags:")[2].partition(";")[0].split()
        return "ad" in flags and ("NOERROR" in said or "NXDOMAIN" in said)
