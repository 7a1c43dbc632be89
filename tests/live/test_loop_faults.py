"""What fails around a site, one thing after another: at the end the last commit is served.

A witness asks all the while. Whatever fails, serials that are served only rise, signatures are
never out of date, and nothing is served that was not committed, nor anything older than before.
"""

from __future__ import annotations

import itertools
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.killing import kill_started
from tests.live.daemons.host import inside, wait_until
from tests.live.daemons.witness import Seen, Witness
from tests.live.looping import KINDS, ZONE, Loop, loop, primary
from zonebuild.serial import is_newer

pytestmark = pytest.mark.live

DAY = 86_400
SIGNERS = ("opendnssec", "knot", "bind")
SERVED_BY_NSD = ("local", "opendnssec")
TXT = f"_acme-challenge.www.{ZONE}"
TOKEN = "t" * 43


class Watched:
    """A loop with a witness. Commits are numbered: www has the address of the last one."""

    def __init__(self, running: Loop, witness: Witness) -> None:
        self.loop, self.witness = running, witness
        self.number = 1

    def commit(self) -> str:
        """Commit the next address of www, and return it."""
        self.number += 1
        address = f"192.0.2.{self.number}"
        self.loop.commit(primary(address))
        return address

    def end(self) -> None:
        """Poll until all is well; then the last commit is served, and all that was is judged."""
        self.loop.settle()
        self.loop.serves(f"192.0.2.{self.number}")
        wait_until(lambda: _number(self.witness.seen()[-1]) == self.number, self.witness.log)
        self.judge()

    def judge(self) -> None:
        """Judge all that was served so far."""
        seen = self.witness.seen()
        for look in seen:
            assert 1 <= _number(look) <= self.number, look
            assert look.inception <= look.at < look.expiration, look
        for before, after in itertools.pairwise(seen):
            assert not is_newer(before.serial, after.serial), (before, after)
            assert _number(before) <= _number(after), (before, after)


def _number(look: Seen) -> int:
    (address,) = look.addresses
    return int(address.rpartition(".")[2])


@contextmanager
def watched(folder: Path, kind: str) -> Iterator[Watched]:
    with (
        loop(folder, kind) as running,
        Witness(running.here, folder / "witness", running.server.address, ZONE) as witness,
    ):
        yield Watched(running, witness)


def wait_for_end(process: subprocess.Popen[bytes]) -> int:
    return process.wait(60)


# -- the signer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_signer_killed_in_the_middle_signs_what_was_committed(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        signer = site.loop.signing.signer
        assert signer is not None
        for pause in (0.3, 0.7):
            site.commit()
            process = site.loop.start_poll()
            time.sleep(pause)
            signer.kill()
            wait_for_end(process)
            signer.start()
            site.end()


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_signer_down_for_a_day_is_named_and_then_told(tmp_path: Path, kind: str) -> None:
    with loop(tmp_path, kind) as running:
        signer = running.signing.signer
        assert signer is not None
        before = running.server.serial(ZONE)
        signer.stop()
        running.commit(primary("192.0.2.2"))
        said = running.poll()
        assert (said.returncode != 0, kind in said.stderr) == (True, True), said.stderr
        running.here.set_clock(DAY)
        assert running.poll().returncode != 0
        signer.start()
        running.settle()
        running.serves("192.0.2.2")
        assert is_newer(running.server.serial(ZONE), before)
        with running.resolver() as unbound:
            wait_until(lambda: unbound.is_secure(f"www.{ZONE}", "A"), unbound.log)


def test_a_token_of_the_signer_that_is_gone_leaves_what_was_served(tmp_path: Path) -> None:
    with watched(tmp_path, "opendnssec") as site:
        opendnssec = site.loop.signing.opendnssec
        assert opendnssec is not None
        opendnssec.signer.stop()
        opendnssec.hide_token()
        site.commit()
        with suppress(pytest.fail.Exception):  # it ends at once, or goes on without its keys
            opendnssec.signer.start(seconds=2)
        opendnssec.signer.stop()
        said = site.loop.poll()
        assert (said.returncode != 0, "opendnssec" in said.stderr) == (True, True), said.stderr
        assert site.loop.server.ask(f"www.{ZONE}", "A") == "192.0.2.1"
        opendnssec.return_token()
        opendnssec.signer.start()
        site.end()


# -- the server -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SERVED_BY_NSD)
def test_a_stopped_nsd_is_named_and_told_again_without_a_build(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        nsd = site.loop.server
        nsd.stop()
        site.commit()
        said = site.loop.poll()
        assert (said.returncode != 0, "nsd" in said.stderr) == (True, True), said.stderr
        built = (site.loop.site / "unsigned" / ZONE).read_text()
        nsd.start()
        site.end()
        assert (site.loop.site / "unsigned" / ZONE).read_text() == built


# -- the machine ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SERVED_BY_NSD)
def test_a_full_disk_below_unsigned_leaves_what_was_served(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        here, unsigned = site.loop.here, site.loop.site / "unsigned"
        here.do("cp", unsigned / ZONE, tmp_path / "kept")
        here.do("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", unsigned)
        here.do("cp", "-p", tmp_path / "kept", unsigned / ZONE)
        here.run(["dd", "if=/dev/zero", f"of={unsigned}/fills", "bs=4k"])
        site.commit()
        said = site.loop.poll()
        assert (said.returncode, "space" in said.stderr) == (2, True), said.stderr
        assert site.loop.server.ask(f"www.{ZONE}", "A") == "192.0.2.1"
        here.do("rm", unsigned / "fills")
        site.end()


@pytest.mark.parametrize("kind", SERVED_BY_NSD)
def test_the_clock_an_hour_back_sets_no_serial_back(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        site.commit()
        site.end()
        site.loop.here.set_clock(-3600)
        site.commit()
        said = site.loop.poll()
        assert said.returncode == 2
        assert "clock" in said.stderr
        site.loop.here.set_clock(0)
        site.end()
        with site.loop.resolver() as unbound:
            wait_until(lambda: unbound.is_secure(f"www.{ZONE}", "A"), unbound.log)


@pytest.mark.parametrize("kind", ["local", "knot"])
def test_two_polls_at_once_do_the_work_of_one(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        for _ in range(3):
            site.commit()
            both = [site.loop.start_poll() for _ in range(2)]
            assert [wait_for_end(process) for process in both] == [0, 0]
        site.end()


# -- the repository -------------------------------------------------------------------------------


def test_tokens_flow_while_the_svn_server_is_away(tmp_path: Path) -> None:
    with watched(tmp_path, "local") as site:
        running = site.loop
        running.svn.stop()
        command = ["token", "add", "--dir", str(tmp_path / "dnsextra"), f"www.{ZONE}", TOKEN]
        assert running.here.zonebuild(tmp_path, *command).returncode == 0
        said = running.poll()
        assert (said.returncode, "svn" in said.stderr) == (2, True), said.stderr
        running.server.wait_for(TXT, "TXT", f'"{TOKEN}"')
        running.svn.start()
        site.commit()
        assert "all is well again after" in running.poll().stderr
        site.end()


# -- polls that are killed ------------------------------------------------------------------------


def kill_polls(site: Watched, kills: int) -> None:
    """Kill polls at moments spread over their whole length, alone or with all they started."""
    chance = random.Random(kills)
    started = time.monotonic()
    site.commit()
    site.end()
    length = time.monotonic() - started
    for number in range(kills):
        site.commit()
        process = site.loop.start_poll()
        time.sleep((number + chance.random()) / kills * length)
        for pid in inside(process.pid):
            kill_started(pid, with_all=number % 2 == 0)
        wait_for_end(process)
    site.end()


@pytest.mark.parametrize("kind", KINDS)
def test_polls_killed_at_any_instant_leave_what_was_served(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        kill_polls(site, 5)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_polls_killed_at_a_hundred_instants(tmp_path: Path, kind: str) -> None:
    with watched(tmp_path, kind) as site:
        kill_polls(site, 25)
