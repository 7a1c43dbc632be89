"""From a commit to a certificate whose TLSA a real client believes, through real signers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.host_file import add_settings
from tests.live.daemons.nginx import Nginx
from tests.live.daemons.pebble import DIRECTORY, Pebble
from tests.live.looping import ZONE, Loop, loop, primary

pytestmark = pytest.mark.live

WEB = f"www.{ZONE}"
ISSUING = """\
acme:
  mode: together
  dropbox: {folder}/dnsextra
  wait: 30
  ca: {{lab: {{directory: "{directory}", ca_file: {authority}}}}}
"""
MAP = f"""\
ttl: 60
lineages:
  web:
    certificate: certs/web
    first: at-once
    issue: {{}}
    places: [{{host: {WEB}, port: 443}}]
"""


@pytest.fixture(params=["opendnssec", "knot", "local"])
def issuing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loop]:
    """A loop with a CA beside it that asks the server which serves the signed zone."""
    for above in (tmp_path, *tmp_path.parents[:2]):
        above.chmod(0o755)
    with ExitStack() as stack:
        running = stack.enter_context(loop(tmp_path, request.param))
        pebble = Pebble(running.here, tmp_path / "pebble", running.server.address)
        stack.enter_context(pebble)
        keys = ISSUING.format(directory=DIRECTORY, authority=pebble.authority, folder=tmp_path)
        add_settings(keys)
        yield running


def test_a_committed_lineage_ends_as_tlsa_that_a_client_believes(issuing: Loop) -> None:
    issuing.commit(primary("127.0.0.1"))
    issuing.commit(MAP, "tlsa-map.yaml")
    issuing.settle()
    issuing.serves("127.0.0.1")
    said = issuing.here.zonebuild(issuing.site, "acme", "run")
    assert said.returncode == 0, said.stdout + said.stderr
    issuing.settle()
    pair = issuing.site / "publication/web/current"
    assert (pair / "privkey.pem").stat().st_mode & 0o777 == 0o600
    with Nginx(issuing.here, issuing.folder / "nginx", pair), issuing.resolver() as resolver:
        resolver.use(issuing.folder)
        resolver.wait_until_there(f"_443._tcp.{WEB}", "TLSA")
        said = issuing.here.run(["ldns-dane", "-d", "verify", WEB, "443"])
        assert "dane-validated successfully" in said.stdout, said.stdout + said.stderr
        said = issuing.here.zonebuild(issuing.site, "dane", "--resolver", "127.0.0.1", f"{WEB}:443")
        assert said.returncode == 0, said.stdout + said.stderr
    assert [name for name in _names(issuing.folder / "dnsextra") if name[0] != "."] == []
    resolver_free = issuing.server.ask(f"_acme-challenge.{WEB}", "TXT")
    assert resolver_free == ""


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
