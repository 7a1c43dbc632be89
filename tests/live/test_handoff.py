"""Built zones reach real signers and servers, through faults, and leave when they are removed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.live.daemons import Host, bind, host, knot, nsd, opendnssec, wait_until
from tests.live.daemons.answers import NameServer
from tests.live.daemons.host import Daemon, Said
from tests.polling import PolledSite
from tests.sites import HEAD, PRIMARY, SITE

pytestmark = pytest.mark.live

LOGGING = '#!/bin/sh\necho "$@" >> {log}\nexec "$@"\n'
BAD = "@ 60 IN A 192.0.2.999\n"
DAY = 86_400


class Rig:
    """A site whose zones go to real programs.

    server: what answers in the end. daemons: what may be stopped, and is told of zones.
    """

    def __init__(self, here: Host, folder: Path, keys: str) -> None:
        self.here, self.folder = here, folder
        self.keys, self.log = keys, folder / "calls"
        program = folder / "logging"
        program.write_text(LOGGING.format(log=self.log))
        program.chmod(0o755)
        logged = keys.replace("command: [", f"command: [{program}, ")
        self.site = PolledSite(folder / "site", SITE.replace("signer: none\n", logged))
        self.add("b.example")
        said = here.zonebuild(self.site.root, "config")
        assert said.returncode == 0, said.stderr
        self.server: NameServer
        self.daemons: Sequence[Daemon | Absent]

    def add(self, zone: str) -> None:
        """Add a zone with its own address."""
        self.site.add_zone(zone)

    def doit(self, *words: str) -> Said:
        """Run doit with the clock of files a tick on."""
        return self.here.doit(self.site.root, *words)

    def deliver(self) -> None:
        """Run doit, which is to have nothing to say."""
        said = self.doit()
        assert said.returncode == 0, said.stderr
        assert said.stdout + said.stderr == ""

    def write(self, zone: str, address: str) -> None:
        """Give www of *zone* the address."""
        self.site.write(f"primary/{zone}", PRIMARY.replace("192.0.2.1", address))

    def address(self, zone: str) -> str:
        """Return what the server says of www of *zone*."""
        return self.server.ask(f"www.{zone}", "A")

    def is_signed(self, zone: str) -> bool:
        """Say whether the server has a signature of it."""
        return "A 13 3 " in self.server.ask(f"www.{zone}", "A", "+dnssec")

    def spoil(self, zone: str) -> None:
        """Put into *zone* what its program does not take, as a fault of the build would."""
        path, manifest = f"unsigned/{zone}", self.site.root / "state" / "manifest"
        place = self.site.root / path
        text = place.read_text()
        place.unlink()  # the last good copy is another name of the same file
        place.write_text(text + BAD)
        digest = hashlib.sha256(place.read_bytes()).hexdigest()
        lines = manifest.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not line.endswith(f"  {path}\n")]
        manifest.write_text("".join(sorted([*kept, f"{digest}  {path}\n"], key=_path_of)))

    def calls(self) -> int:
        """Return how many commands the programs have been given."""
        return len(self.log.read_text().splitlines())


def _path_of(line: str) -> str:
    return line.partition("  ")[2]


@contextmanager
def with_knot(here: Host, folder: Path) -> Iterator[Rig]:
    rig = Rig(here, folder, knot.site_keys(folder / "knot"))
    with knot.Knot(here, folder / "knot", rig.site.root) as server:
        rig.server, rig.daemons = server, [server]
        yield rig


@contextmanager
def with_bind(here: Host, folder: Path) -> Iterator[Rig]:
    keys = bind.site_keys(folder / "bind").replace("keys:", "deadline: 3, keys:")
    rig = Rig(here, folder, keys)
    with bind.BIND(here, folder / "bind") as server:
        rig.server, rig.daemons = server, [server]
        yield rig


SIGN = """\
#!/bin/sh
# Signs by ldns-signzone, which wants a greater serial at each signing.
set -e
cd {folder}
exec 2>> log
[ -e down ] && exit 75
[ -e $1.key ] || ln -s $(ldns-keygen -a ECDSAP256SHA256 $1).key $1.key
ldns-signzone -u -f $3.new -o $1 "$2" $(readlink $1.key | sed 's/.key$//')
mv $3.new $3
"""


class Absent:
    """Stands for a daemon of a command that has none: `down` lets the command say: later."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / "down"

    def kill(self) -> None:
        self._mark.touch()

    def start(self) -> None:
        self._mark.unlink()


@contextmanager
def with_command(here: Host, folder: Path) -> Iterator[Rig]:
    own = folder / "own"
    (own / "signed").mkdir(parents=True)
    program = own / "sign"
    program.write_text(SIGN.format(folder=own))
    program.chmod(0o755)
    command = f"command: [{program}, '{{zone}}', '{{unsigned}}', '{{signed}}']"
    signer = f"signer: {{kind: exec, {command}, signed: {own}/signed}}\n"
    rig = Rig(here, folder, signer + nsd.site_keys(folder / "nsd"))
    with nsd.NSD(here, folder / "nsd", rig.site.root) as server:
        rig.server, rig.daemons = server, [Absent(own), server]
        yield rig


@contextmanager
def with_opendnssec(here: Host, folder: Path) -> Iterator[Rig]:
    commands = "enforcer_command: [ods-enforcer], signer_command: [ods-signer]"
    signer = f"signer: {{kind: opendnssec, {commands}, unsigned: {folder}/ods/lib/unsigned}}\n"
    rig = Rig(here, folder, signer + nsd.site_keys(folder / "nsd"))
    root = rig.site.root
    with ExitStack() as stack:
        server = stack.enter_context(nsd.NSD(here, folder / "nsd", root))
        signers = stack.enter_context(opendnssec.OpenDNSSEC(here, folder / "ods", root))
        rig.server, rig.daemons = server, [signers.signer, server]
        yield rig


@contextmanager
def with_embedded(here: Host, folder: Path, signer: str = "local") -> Iterator[Rig]:
    rig = Rig(here, folder, f"signer: {signer}\n{nsd.site_keys(folder / 'nsd')}")
    with nsd.NSD(here, folder / "nsd", rig.site.root) as server:
        rig.server, rig.daemons = server, [server]
        yield rig


def with_nsd_alone(here: Host, folder: Path) -> AbstractContextManager[Rig]:
    return with_embedded(here, folder, "none")


KINDS: dict[str, Callable[[Host, Path], AbstractContextManager[Rig]]] = {
    "knot": with_knot,
    "bind": with_bind,
    "opendnssec": with_opendnssec,
    "embedded": with_embedded,
    "command": with_command,
    "nsd": with_nsd_alone,
}


# The embedded signer leaves out what it cannot read, so nothing that NSD refuses comes of it.
REFUSING = [kind for kind in KINDS if kind != "embedded"]


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """A site with the zones a.example and b.example, and the programs of one kind."""
    tmp_path.chmod(0o755)
    with host() as here, KINDS[request.param](here, tmp_path) as made:
        yield made


def built_address(rig: Rig) -> str:
    """Return what unsigned/b.example says of www."""
    lines = rig.site.built("b.example").splitlines()
    (line,) = (line for line in lines if line.startswith("www\t"))
    return line.split("\t")[-1]


def test_what_is_new_what_changed_and_what_is_removed(rig: Rig) -> None:
    rig.deliver()
    assert (rig.address("a.example"), rig.address("b.example")) == ("192.0.2.1", "192.0.2.1")
    assert rig.is_signed("a.example") == ("signer: none" not in rig.keys)
    calls = rig.calls()
    rig.deliver()
    assert rig.calls() == calls
    rig.add("c.example")
    rig.write("a.example", "192.0.2.7")
    rig.deliver()
    assert (rig.address("a.example"), rig.address("c.example")) == ("192.0.2.7", "192.0.2.1")
    (rig.site.root / "zones/b.example.yaml").unlink()
    said = rig.here.zonebuild(rig.site.root, "remove", "--no-ds", "b.example")
    assert said.returncode == 0, said.stderr
    wait_until(lambda: not rig.server.serial("b.example"), rig.server.log)
    assert rig.address("a.example") == "192.0.2.7"


def test_a_program_that_is_down_is_told_later_without_a_build(rig: Rig) -> None:
    rig.deliver()
    for daemon in rig.daemons:
        daemon.kill()
        rig.write("a.example", "192.0.2.8")
        rig.write("b.example", f"192.0.2.{rig.calls() % 200 + 10}")
        said = rig.doit()
        assert (said.returncode, "[handoff-failed]" in said.stderr) == (1, True), said.stderr
        built = (rig.site.root / "unsigned/b.example").stat()
        daemon.start()
        said = rig.here.zonebuild(rig.site.root, "poll")
        assert said.returncode == 0, said.stderr
        assert (rig.site.root / "unsigned/b.example").stat() == built
        assert rig.address("b.example") == built_address(rig)


def test_a_large_zone_is_found_at_its_signer_as_it_was_built(rig: Rig) -> None:
    rig.site.append("primary/a.example", "$GENERATE 1-2000 h$ A 192.0.2.1\n")
    rig.deliver()
    time.sleep(2)  # until what is pending is looked at again
    rig.deliver()
    said = rig.here.zonebuild(rig.site.root, "status").stdout
    assert "differs" not in said


def test_signatures_that_another_program_does_not_renew_are_an_error(rig: Rig) -> None:
    rig.deliver()
    rig.here.set_clock(80 * DAY)  # for zonebuild: the signer has no reason to sign
    said = rig.doit()
    is_foreign = not {"signer: none", "signer: local"} & set(rig.keys.splitlines())
    assert (said.returncode, "has not been renewed" in said.stderr) == (is_foreign, is_foreign)


def test_an_enforcer_that_lost_its_zones_makes_no_new_keys_for_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with host() as here, with_opendnssec(here, tmp_path) as rig:
        rig.deliver()
        here.do("ods-enforcer", "zone", "delete", "--all")
        for daemon in rig.daemons[:1]:  # the signer knows them until it starts again
            daemon.stop()
            daemon.start()
        rig.write("a.example", "192.0.2.7")
        said = rig.doit()
        assert (said.returncode, "restore its database" in said.stderr) == (1, True), said.stderr
        assert "a.example" not in here.do("ods-enforcer", "zone", "list")
        (rig.site.root / "state" / "handed").unlink()
        rig.write("a.example", "192.0.2.8")
        rig.deliver()
        assert "a.example" in here.do("ods-enforcer", "zone", "list")
        assert rig.address("a.example") == "192.0.2.8"


@pytest.mark.parametrize("rig", REFUSING, indirect=True)
def test_a_zone_that_is_refused_stops_no_other(rig: Rig) -> None:
    rig.deliver()
    rig.write("a.example", "192.0.2.9")
    assert rig.doit("build").returncode == 0
    rig.spoil("b.example")
    said = rig.doit("handoff", "outcome")
    assert said.returncode == 1
    assert "zones/b.example.yaml: error: " in said.stderr
    assert "[handoff-refused]" in said.stderr
    assert "a.example" not in said.stderr
    assert rig.address("a.example") == "192.0.2.9"


@pytest.mark.parametrize("rig", REFUSING, indirect=True)
def test_a_new_zone_that_is_refused_is_taken_when_it_is_mended(rig: Rig) -> None:
    rig.deliver()
    rig.add("c.example")
    assert rig.doit("build").returncode == 0
    rig.spoil("c.example")
    said = rig.doit("handoff", "outcome")
    assert "zones/c.example.yaml: error: " in said.stderr
    assert "[handoff-refused]" in said.stderr
    rig.write("c.example", "192.0.2.3")
    rig.deliver()
    assert rig.address("c.example") == "192.0.2.3"
    assert rig.address("a.example") == "192.0.2.1"


@pytest.mark.parametrize("rig", ["bind", "knot"], indirect=True)
def test_a_change_under_a_serial_that_stays_is_served(rig: Rig) -> None:
    rig.site.write("soa/b.example", HEAD.replace("{{ serial }}", "5"))
    rig.deliver()
    for address in ("192.0.2.21", "192.0.2.22"):
        rig.site.write("extra/b.example/made", f"new A {address}\n")
        rig.deliver()
        assert rig.server.ask("new.b.example", "A") == address
        assert " 5 14400 " in rig.site.built("b.example")
