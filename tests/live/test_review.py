"""A real NSD asks `zonebuild review` before it serves what its primary sends."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.namespaces import Namespace
from tests.live.test_sites import EXAMPLE, doit

pytestmark = pytest.mark.live

TOP = Path(__file__).parents[2]
ZONE = "example.org"
PRIMARY, PUBLIC = 5300, 5353
PATIENCE = 30  # seconds
NSD = """\
server:
  ip-address: 127.0.0.1@{port}
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
zone:
  name: "{zone}"
  zonefile: "zone"
  provide-xfr: 127.0.0.1 NOKEY
{rest}"""
NOTIFIES = "  notify: 127.0.0.1@5353 NOKEY\n"
VERIFIES = """\
  request-xfr: AXFR 127.0.0.1@5300 NOKEY
  allow-notify: 127.0.0.1 NOKEY
verify:
  enable: yes
  port: 5354
  ip-address: 127.0.0.1
  verify-zones: yes
  verifier: "{folder}/review"
  verifier-feed-zone: {feed}
  verifier-timeout: 60
"""
AXFR = '--axfr "$VERIFY_IP_ADDRESS:$VERIFY_PORT"'


def serial_of(zone: str) -> int:
    """Return the serial in the SOA record of *zone*."""
    return int(zone.partition("\tSOA\t")[2].split(" ")[2])


class Gate:
    """A hidden primary, and behind it the NSD that asks for a review."""

    def __init__(self, namespace: Namespace, hidden: Path, public: Path) -> None:
        self._namespace, self._hidden, self._public = namespace, hidden, public

    def give(self, text: str) -> None:
        """Let the primary load another zone and, when it has, send it."""
        (self._hidden / "zone").write_text(text)
        self._control("reload")  # it says "ok" before the zone is there
        self.wait_for(lambda: self.serial_at(PRIMARY) == serial_of(text))
        self._control("notify")

    def _control(self, word: str) -> None:
        command = ["nsd-control", "-c", str(self._hidden / "nsd.conf"), word, ZONE]
        said = self._namespace.run(command)
        assert said.returncode == 0, said.stdout + said.stderr

    def served(self, owner: str, rdtype: str, port: int = PUBLIC) -> str:
        """Return the rdata that the server at *port* answers with, "" for none."""
        query = ["dig", "@127.0.0.1", "-p", str(port), "+short", "+time=1", "+tries=1"]
        lines = self._namespace.run([*query, owner, rdtype]).stdout.splitlines()
        return "".join(line for line in lines if not line.startswith(";"))

    def serial_at(self, port: int) -> int:
        """Return the serial that the server at *port* answers with, 0 for none."""
        words = self.served(ZONE, "SOA", port).split()
        return int(words[2]) if len(words) > 2 else 0

    @property
    def said(self) -> str:
        """What the reviews and both servers said."""
        logs = (self._public / "said", self._public / "log", self._hidden / "log")
        return "".join(log.read_text() for log in logs if log.exists())

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                pytest.fail(self.said)
            time.sleep(0.1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and signed."""
    site = tmp_path_factory.mktemp("site")
    for name in EXAMPLE:
        copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy
        copy(TOP / name, site / name)
    assert doit(site).returncode == 0
    return site


@contextmanager
def gate(namespace: Namespace, site: Path, top: Path, feed: str, how: str) -> Iterator[Gate]:
    hidden, public = top / "hidden", top / "public"
    verifies = VERIFIES.format(folder=public, feed=feed)
    for folder, port, rest in ((hidden, PRIMARY, NOTIFIES), (public, PUBLIC, verifies)):
        folder.mkdir()
        text = NSD.format(folder=folder, port=port, zone=ZONE, rest=rest)
        (folder / "nsd.conf").write_text(text)
    review = public / "review"
    review.write_text(
        f"#!/bin/sh\nPYTHONPATH={TOP} exec {sys.executable} -m zonebuild review --built "
        f"--site {site} {how} >>{public}/said 2>&1\n"
    )
    review.chmod(0o755)
    shutil.copy(site / "signed" / ZONE, hidden / "zone")
    with (
        namespace.daemon(["nsd", "-d", "-c", hidden / "nsd.conf"], hidden / "log"),
        namespace.daemon(["nsd", "-d", "-c", public / "nsd.conf"], public / "log"),
    ):
        yield Gate(namespace, hidden, public)


@pytest.mark.parametrize(("feed", "how"), [("yes", ""), ("no", AXFR)], ids=["stdin", "axfr"])
def test_nsd_serves_only_what_was_built(
    namespace: Namespace, site: Path, tmp_path: Path, feed: str, how: str
) -> None:
    good = (site / "signed" / ZONE).read_text()
    serial = serial_of(good)
    with gate(namespace, site, tmp_path, feed, how) as nsd:
        nsd.wait_for(lambda: nsd.serial_at(PUBLIC) == serial)
        nsd.give(good.replace(f" {serial} ", f" {serial + 1} ").replace("192.0.2.80", "192.0.2.66"))
        nsd.wait_for(lambda: "192.0.2.66" in nsd.said)
        assert (nsd.serial_at(PUBLIC), nsd.served(f"www.{ZONE}", "A")) == (serial, "192.0.2.80")
        nsd.give(good.replace(f" {serial} ", f" {serial + 2} "))
        nsd.wait_for(lambda: nsd.serial_at(PUBLIC) == serial + 2)
