"""From a commit to a validated answer, and from a machine's file: the same with each signer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.live.daemons.sshd import Sshd
from tests.live.daemons.unbound import Unbound
from tests.live.looping import KINDS, ZONE, Loop, loop, primary

pytestmark = pytest.mark.live

SSH = f"ssh.{ZONE}"


class Resolved:
    """A loop, and the resolver that validates what it serves."""

    def __init__(self, running: Loop, unbound: Unbound) -> None:
        self.loop, self.unbound = running, unbound

    def expect(self, name: str, rdtype: str, rdata: str) -> None:
        """Wait until the resolver has *rdata*, validated."""
        self.unbound.wait_for(f"{name}.{ZONE}", rdtype, rdata)
        assert self.unbound.is_secure(f"{name}.{ZONE}", rdtype)


@pytest.fixture(scope="module", params=KINDS)
def resolved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Resolved]:
    folder = tmp_path_factory.mktemp("loop")
    with ExitStack() as stack:
        running = stack.enter_context(loop(folder, request.param))
        yield Resolved(running, stack.enter_context(running.resolver()))


def test_a_commit_is_served_and_validates(resolved: Resolved) -> None:
    resolved.loop.commit(primary("192.0.2.7", "new A 192.0.2.8"))
    said = resolved.loop.poll()
    assert (said.returncode, said.stderr) == (0, "")
    resolved.expect("www", "A", "192.0.2.7")
    resolved.expect("new", "A", "192.0.2.8")
    assert resolved.unbound.is_secure(f"none.{ZONE}", "A")


def test_a_poll_with_nothing_new_changes_nothing_that_is_served(resolved: Resolved) -> None:
    resolved.loop.settle()
    before = resolved.loop.server.serial(ZONE)
    said = resolved.loop.poll()
    assert (said.returncode, said.stderr) == (0, "")
    assert resolved.loop.server.serial(ZONE) == before > 0


def test_a_token_in_the_drop_box_is_served_signed_and_goes_again(resolved: Resolved) -> None:
    running, value = resolved.loop, "t" * 43
    here, box = running.here, str(running.folder / "dnsextra")
    command = ["token", "add", "--dir", box, f"www.{ZONE}", value]
    assert here.zonebuild(running.folder, *command).returncode == 0
    running.settle()
    resolved.expect("_acme-challenge.www", "TXT", f'"{value}"')
    command[1] = "remove"
    assert here.zonebuild(running.folder, *command).returncode == 0
    running.settle()
    resolved.unbound.wait_until_there(f"_acme-challenge.www.{ZONE}", "TXT", is_there=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="sshd needs root")
def test_ssh_asks_nobody_for_a_key_that_the_dns_has_and_refuses_another(
    resolved: Resolved,
) -> None:
    running, folder = resolved.loop, resolved.loop.folder
    with Sshd(running.here, folder / "ssh") as sshd:
        shutil.copy(folder / "ssh" / "host.pub", folder / "phonehome" / SSH)
        running.settle()
        resolved.unbound.use(folder)
        resolved.unbound.wait_until_there(SSH, "SSHFP")
        said = sshd.log_in(SSH)
        assert (said.returncode, said.stdout) == (0, "logged in\n"), said.stderr
        assert "found 1 secure fingerprints" in said.stderr
    running.here.do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "other")
    with Sshd(running.here, folder / "forged", key=folder / "other") as sshd:
        said = sshd.log_in(SSH)
        assert said.returncode != 0
        assert "mismatching host key fingerprint found in DNS" in said.stderr
