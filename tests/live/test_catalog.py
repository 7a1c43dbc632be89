"""A Knot and a BIND secondary take the catalog, transfer every member, drop one that is removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.live.namespaces import Namespace
from zonebuild.plan import SiteRails
from zonebuild.signers.config.catalog import Catalog, next_catalog, write_catalog

pytestmark = pytest.mark.live

CATALOG = "catalog.invalid."
ZONES = ("a.test.", "b.test.", "c.test.")
PRIMARY, KNOT, BIND = 5301, 5302, 5303
PATIENCE = 30  # seconds
ZONE = "@ 60 IN SOA ns.a.test. hostmaster.a.test. 1 60 60 600 60\n@ 60 IN NS ns.a.test.\n"
NSD = """\
server:
  ip-address: 127.0.0.1@5301
  database: ""
  username: ""
  chroot: ""
  pidfile: ""
  zonelistfile: "{folder}/zone.list"
  xfrdfile: ""
  xfrdir: "{folder}"
  zonesdir: "{folder}"
  server-count: 1
remote-control:
  control-enable: yes
  control-interface: "{folder}/nsd.sock"
pattern:
  name: "fleet"
  zonefile: "%s"
  provide-xfr: 127.0.0.1 NOKEY
  notify: 127.0.0.1@5302 NOKEY
  notify: 127.0.0.1@5303 NOKEY
"""
KNOT_CONFIG = """\
server:
  rundir: "{folder}"
  listen: 127.0.0.1@5302
database:
  storage: "{folder}"
remote:
  - id: primary
    address: 127.0.0.1@5301
acl:
  - id: primary
    address: 127.0.0.1
    action: notify
template:
  - id: member
    storage: "{folder}"
    master: primary
    acl: primary
zone:
  - domain: catalog.invalid
    storage: "{folder}"
    master: primary
    acl: primary
    catalog-role: interpret
    catalog-template: member
"""
BIND_CONFIG = """\
options {{
  directory "{folder}";
  pid-file none;
  session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}";
  listen-on port 5303 {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
  notify no;
  catalog-zones {{
    zone "catalog.invalid" default-primaries {{ 127.0.0.1 port 5301; }} min-update-interval 1;
  }};
}};
controls {{ }};
zone "catalog.invalid" {{
  type secondary;
  file "catalog.copy";
  primaries {{ 127.0.0.1 port 5301; }};
}};
"""


class Fleet:
    """A primary, which is NSD, and two secondaries that know nothing but the catalog."""

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self._namespace, self._folder = namespace, folder
        self.catalog = Catalog(CATALOG, 0)

    def control(self, *words: str) -> None:
        """Tell NSD."""
        said = self._namespace.run(["nsd-control", "-c", self._folder / "nsd.conf", *words])
        assert said.returncode == 0, said.stdout + said.stderr

    def tell(self, zones: Sequence[str], served: Sequence[str]) -> None:
        """Publish the catalog that follows."""
        rails = SiteRails(zones_share=50, least_zones=10)
        now = int(time.time())
        self.catalog = next_catalog(self.catalog, zones, served, now=now, rails=rails).catalog
        (self._folder / CATALOG.rstrip(".")).write_text(write_catalog(self.catalog))

    def serials(self, port: int) -> list[str]:
        """Return the serials of all zones that the server at *port* answers with authority."""
        return [self._serial(port, zone) for zone in ZONES]

    def _serial(self, port: int, zone: str) -> str:
        query = ["dig", "@127.0.0.1", "-p", str(port), "+norec", "+time=1", "+tries=1", zone, "SOA"]
        said = self._namespace.run(query).stdout
        is_ours = " aa" in said and "status: NOERROR" in said and "ANSWER: 1" in said
        return said.partition("hostmaster.a.test. ")[2].split(" ")[0] if is_ours else ""


def prepare(folder: Path) -> list[Path]:
    """Write what each server needs; return their folders: NSD's, Knot's, BIND's."""
    places = [folder / name for name in ("nsd", "knot", "bind")]
    files = ("nsd.conf", NSD), ("knot.conf", KNOT_CONFIG), ("named.conf", BIND_CONFIG)
    for place, (name, text) in zip(places, files, strict=True):
        place.mkdir()
        (place / name).write_text(text.format(folder=place))
    for zone in ZONES:
        (places[0] / zone.rstrip(".")).write_text(ZONE)
    return places


@contextmanager
def primary_of(namespace: Namespace, nsd: Path) -> Iterator[Fleet]:
    """Run the primary, with all zones and no catalog yet."""
    log = nsd / "log"
    with namespace.daemon(["nsd", "-d", "-c", nsd / "nsd.conf"], log):
        fleet = Fleet(namespace, nsd)
        wait_until(lambda: (nsd / "nsd.sock").exists(), log)
        for zone in ZONES:
            fleet.control("addzone", zone.rstrip("."), "fleet")
        wait_until(lambda: fleet.serials(PRIMARY) == ["1", "1", "1"], log)
        yield fleet


@contextmanager
def secondaries(namespace: Namespace, knot: Path, bind: Path) -> Iterator[None]:
    """Run both."""
    with (
        namespace.daemon(["knotd", "-c", knot / "knot.conf"], knot / "log"),
        namespace.daemon(["named", "-g", "-c", bind / "named.conf"], bind / "log"),
    ):
        yield


def wait_until(is_so: Callable[[], bool], *logs: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.1)
    pytest.fail("\n".join(log.read_text()[-3000:] for log in logs))


def test_secondaries_follow_the_catalog(namespace: Namespace, tmp_path: Path) -> None:
    nsd, knot, bind = prepare(tmp_path)

    def have(*serials: str) -> None:
        for port in (KNOT, BIND):
            is_so = partial(lambda port: fleet.serials(port) == [*serials], port)
            wait_until(is_so, nsd / "log", knot / "log", bind / "log")

    with primary_of(namespace, nsd) as fleet:
        fleet.tell(ZONES, served=ZONES[:2])
        fleet.control("addzone", CATALOG.rstrip("."), "fleet")
        with secondaries(namespace, knot, bind):
            have("1", "1", "")
            for zones, serials in ((ZONES, ("1", "1", "1")), (ZONES[::2], ("1", "", "1"))):
                fleet.tell(zones, served=ZONES)
                fleet.control("reload", CATALOG.rstrip("."))
                have(*serials)
