"""Each daemon of `tests.live.daemons` starts, does what it is for, and ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endpoint_servers import certificate, ec_key, write_pair
from tests.live.daemons import Host, host, wait_until
from tests.live.daemons.bind import BIND
from tests.live.daemons.bind import site_keys as bind_keys
from tests.live.daemons.knot import Knot
from tests.live.daemons.knot import site_keys as knot_keys
from tests.live.daemons.nginx import Nginx
from tests.live.daemons.nsd import NSD
from tests.live.daemons.nsd import site_keys as nsd_keys
from tests.live.daemons.opendnssec import OpenDNSSEC
from tests.live.daemons.opendnssec import site_keys as opendnssec_keys
from tests.live.daemons.pebble import DIRECTORY, Pebble
from tests.live.daemons.sshd import Sshd
from tests.live.daemons.svn import Svn
from tests.live.daemons.unbound import Unbound
from tests.polling import PolledSite

pytestmark = pytest.mark.live

ZONE = "a.example"
BUILT = f"""\
$ORIGIN {ZONE}.
@ 60 IN SOA ns1.{ZONE}. hostmaster.{ZONE}. 1 60 60 600 60
@ 60 IN NS ns1.{ZONE}.
ns1 60 IN A 127.0.0.2
www 60 IN A 192.0.2.1
"""


@pytest.fixture
def here() -> Iterator[Host]:
    with host() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that daemons of any user may enter."""
    tmp_path.chmod(0o755)
    return tmp_path


def site_for(here: Host, folder: Path, keys: str) -> Path:
    """Make a site with one built zone, and the configuration of its programs."""
    site = PolledSite(folder / "site", keys)
    site.write(f"unsigned/{ZONE}", BUILT)
    said = here.zonebuild(site.root, "config")
    assert said.returncode == 0, said.stderr
    return site.root


def test_unbound_validates_what_bind_signs(here: Host, folder: Path) -> None:
    site = site_for(here, folder, bind_keys(folder / "bind"))
    with BIND(here, folder / "bind") as bind:
        shutil.copy(site / "unsigned" / ZONE, folder / "bind" / "zones")
        bind.control(
            "addzone",
            ZONE,
            f'{{ type primary; file "{folder}/bind/zones/{ZONE}"; inline-signing yes; '
            f'dnssec-policy "default"; key-directory "{folder}/bind/keys"; }};',
        )
        assert bind.anchor(ZONE)
        with Unbound(here, folder / "unbound", {ZONE: bind}) as unbound:
            wait_until(lambda: unbound.is_secure(f"www.{ZONE}", "A"), unbound.log, bind.log)
            assert unbound.is_secure(f"none.{ZONE}", "A")
            unbound.use(folder)
            assert "192.0.2.1" in here.do("getent", "hosts", f"www.{ZONE}")


def test_knot_signs_by_the_example_template(here: Host, folder: Path) -> None:
    site = site_for(here, folder, knot_keys(folder / "knot"))
    with Knot(here, folder / "knot", site) as knot:
        knot.control("conf-begin")
        knot.control("conf-set", f"zone[{ZONE}]")
        knot.control("conf-set", f"zone[{ZONE}].file", f"{site}/unsigned/{ZONE}")
        knot.control("conf-set", f"zone[{ZONE}].template", "zonebuild")
        knot.control("conf-commit")
        assert knot.anchor(ZONE)
        knot.kill()
        knot.start()
        assert knot.anchor(ZONE)


def test_opendnssec_signs_by_the_examples_for_nsd(here: Host, folder: Path) -> None:
    site = site_for(here, folder, opendnssec_keys() + nsd_keys(folder / "nsd"))
    with NSD(here, folder / "nsd", site) as nsd, OpenDNSSEC(here, folder / "ods", site) as signer:
        nsd.control("addzone", ZONE, "zonebuild")
        here.do(
            "ods-enforcer", "zone", "add", "-z", ZONE, "-p", "default",
            "-i", f"{site}/unsigned/{ZONE}", "-o", f"/var/lib/opendnssec/signed/{ZONE}",
        )  # fmt: skip
        assert nsd.anchor(ZONE)
        assert (signer.signed / ZONE).exists()
        assert not os.path.exists(f"/var/lib/opendnssec/signed/{ZONE}")
        nsd.kill()
        assert not nsd.is_running
        nsd.start()
        nsd.wait_for(f"www.{ZONE}", "A", "192.0.2.1")


def test_svn_serves_a_site_and_is_away(here: Host, folder: Path) -> None:
    made = PolledSite(folder / "made")
    with Svn(here, folder / "svn", made.root) as svn:
        desk = svn.checkout(folder / "desk")
        host_copy = svn.checkout(folder / "host")
        svn.commit(desk, {f"primary/{ZONE}": "www A 192.0.2.7\n"})
        assert here.zonebuild(host_copy, "poll").returncode == 0
        assert "192.0.2.7" in (host_copy / "unsigned" / ZONE).read_text()
        svn.stop()
        said = here.zonebuild(host_copy, "poll")
        assert (said.returncode, "svn" in said.stderr) == (2, True), said.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="sshd needs root")
def test_sshd_refuses_a_host_that_the_dns_does_not_know(here: Host, folder: Path) -> None:
    with Sshd(here, folder / "ssh") as sshd:
        said = sshd.log_in("127.0.0.1")
        assert said.returncode != 0
        assert "Host key verification failed" in said.stderr


def test_nginx_and_pebble_answer(here: Host, folder: Path) -> None:
    key = ec_key()
    pair = folder / "pair"
    pair.mkdir()
    write_pair(pair, key, certificate(key))
    with Nginx(here, folder / "nginx", pair) as nginx, Pebble(here, folder / "ca", "127.0.0.2"):
        nginx.reload()
        told = here.do("curl", "-s", "--cacert", folder / "ca" / "ca.pem", DIRECTORY)
        assert "newOrder" in told


def test_what_runs_there_ends_with_the_host(folder: Path) -> None:
    with host() as here:
        nsd = NSD(here, folder / "nsd")
        nsd.start()
    wait_until(lambda: not nsd.is_running)
