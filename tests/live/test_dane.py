"""TLSA of the map at a real nginx and a real postfix: every judge says the same, good and bad."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.endpoint_servers import Key, certificate, ec_key, rsa_key, write_pair
from tests.live.daemons import Daemon, Host, host
from tests.live.daemons.host import Said
from tests.live.daemons.nginx import Nginx
from tests.live.daemons.unbound import Unbound
from tests.live.test_handoff import Rig, with_embedded, with_opendnssec
from tests.live.test_restart import postfix

pytestmark = pytest.mark.live

ZONE, MX = "b.example", "mx.b.example"
SERVICES = (f"{MX}:443", f"{MX}:25")
PRIMARY = "mx 60 A 127.0.0.1\n@ MX 10 mx\n"
MAP = """\
look: true
ttl: 60
anchors: anchors
lineages:
  mx:
    certificate: certs/mx.pem
    places: [{host: mx.b.example, port: [443, 25]}]
"""


@pytest.fixture
def here() -> Iterator[Host]:
    with host() as made:
        yield made


class Services:
    """nginx and postfix on 127.0.0.1, with one certificate."""

    def __init__(self, here: Host, folder: Path) -> None:
        self.folder = folder / "mail"
        self.folder.mkdir()
        self.take(ec_key())
        self.nginx = Nginx(here, folder / "nginx", self.folder)
        mail = postfix(self.folder, 25)
        probe = ["openssl", "s_client", "-starttls", "smtp", "-connect", "127.0.0.1:25"]
        is_there = lambda: here.run(probe).returncode == 0  # noqa: E731
        self.postfix = Daemon(here, mail.command, folder / "postfix.log", is_there)
        here.settings["MAIL_CONFIG"] = str(mail.config)  # for posttls-finger
        self._here, self._reload = here, ["postfix", "-c", str(mail.config), "reload"]

    def take(self, key: Key) -> bytes:
        """Put a new certificate there; return its chain."""
        write_pair(self.folder, key, certificate(key, subject=MX))
        return (self.folder / "fullchain.pem").read_bytes()

    def reload(self) -> None:
        self.nginx.stop()
        self.nginx.start()
        self._here.do(*self._reload)


def judges(here: Host, rig: Rig) -> dict[str, Said]:
    """Return what each judge says of both services."""
    site, anchors = rig.site.root, str(rig.site.root / "anchors")
    by_anchor = ["--trust-anchor", anchors, "--server", rig.server.address]
    finger = ["posttls-finger", "-c", "-l", "dane", "-L", "summary", f"[{MX}]"]
    return {
        "ldns-dane": here.run(["ldns-dane", "-d", "verify", MX, "443"]),
        "posttls-finger": here.run(finger),
        "ad bit": here.zonebuild(site, "dane", "--resolver", "127.0.0.1", *SERVICES),
        "anchor": here.zonebuild(site, "dane", *by_anchor, "--address", "127.0.0.1", *SERVICES),
        "map": here.doit(site, "verify"),
    }


def _below_temporary(folder: Path) -> list[Path]:
    """Return *folder* and those above it that pytest made."""
    top = Path(tempfile.gettempdir())
    return [above for above in (folder, *folder.parents) if top in above.parents]


@pytest.mark.skipif(os.geteuid() != 0, reason="postfix needs users of its own")
@pytest.mark.parametrize("with_signer", [with_embedded, with_opendnssec])
def test_every_judge_agrees_on_what_is_listed_and_what_is_not(
    with_signer: Callable[[Host, Path], AbstractContextManager[Rig]],
    here: Host,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("dane")
    for above in _below_temporary(folder):
        above.chmod(0o755)
    services = Services(here, folder)
    with with_signer(here, folder) as rig, services.nginx, services.postfix:
        rig.site.write(f"primary/{ZONE}", PRIMARY)
        said = rig.doit()
        assert said.returncode == 0, said.stderr
        rig.server.wait_for(MX, "A", "127.0.0.1")
        rig.site.write(f"zones/{ZONE}.yaml", f"servers: [{rig.server.address}]\n")
        rig.site.write("anchors", rig.server.anchor(ZONE))
        _publish(rig, (services.folder / "fullchain.pem").read_bytes())
        with Unbound(here, folder / "unbound", {ZONE: rig.server}) as resolver:
            resolver.use(folder)
            _all_agree(judges(here, rig), is_good=True)
            _change_key(rig, services)
            _all_agree(judges(here, rig), is_good=False)


def _publish(rig: Rig, chain: bytes) -> None:
    """Let the records be made once both services have been seen with the certificate."""
    rig.site.write("certs/mx.pem", chain)
    rig.site.write("tlsa-map.yaml", MAP)
    said = rig.doit()
    assert said.returncode == 0, said.stderr
    assert rig.server.ask(f"_25._tcp.{MX}", "TLSA") == ""
    said = rig.here.zonebuild(rig.site.root, "look")
    assert (said.returncode, said.stdout) == (0, ""), said.stderr
    said = rig.doit()
    assert said.returncode == 0, said.stderr
    for port in (443, 25):
        record = rig.site.root / f"extra/{ZONE}/tlsa"
        digest = record.read_text().split()[-1].upper()
        words = [f"3 1 1 {digest[:56]} {digest[56:]}"]
        rig.server.wait_for(f"_{port}._tcp.{MX}", "TLSA", words[0])


def _change_key(rig: Rig, services: Services) -> None:
    """Let the services show another key, as a client that makes one for each renewal would."""
    services.take(rsa_key())
    services.reload()
    rig.here.zonebuild(rig.site.root, "look")
    said = rig.doit()
    assert said.returncode == 1
    assert "[served-key-not-listed]" in said.stderr


def _all_agree(said: dict[str, Said], *, is_good: bool) -> None:
    for name, each in said.items():
        assert (each.returncode == 0) is is_good or name == "posttls-finger", (name, each)
    assert ("dane-validated successfully" in said["ldns-dane"].stdout) is is_good
    told = said["posttls-finger"].stdout + said["posttls-finger"].stderr
    assert ("Verified TLS connection established" in told) is is_good, told
    if not is_good:
        assert [said[name].returncode for name in ("ad bit", "anchor", "map")] == [1, 1, 1]
