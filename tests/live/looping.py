"""The whole loop on a host: subversion, `zonebuild poll`, a signer, a server, a resolver."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.live.daemons import Daemon, Host, host
from tests.live.daemons import bind as bind_module
from tests.live.daemons import knot as knot_module
from tests.live.daemons import nsd as nsd_module
from tests.live.daemons import opendnssec as opendnssec_module
from tests.live.daemons.answers import NameServer
from tests.live.daemons.host import Said
from tests.live.daemons.svn import Svn
from tests.live.daemons.unbound import Unbound
from tests.polling import PolledSite

ZONE = "loop.example"
PRIMARY = f"primary/{ZONE}"
SITE = """\
defaults:
  ns: [ns1.{zone}]
  soa: {{rname: hostmaster.{zone}}}
feeds:
  dnsextra: {folder}/dnsextra
  phonehome: {folder}/phonehome
"""
YAML = """\
servers: [{address}]
acme: {{dnsextra: [www.{zone}]}}
sshfp: {{phonehome: [ssh.{zone}]}}
"""
_POLLS = 5  # in a row, after which there must be nothing left to do


def primary(address: str, *more: str) -> str:
    """Return what people write, www at *address*."""
    lines = ("ns1 A 127.0.0.2", "ssh A 127.0.0.1", f"www A {address}", *more)
    return "".join(f"{line}\n" for line in lines)


class Signing(NamedTuple):
    """Who signs and who serves. daemons: all, in the order of their start; signer: what may fail.

    server: where the signed zone is served first.
    """

    server: NameServer
    signer: Daemon | None
    opendnssec: opendnssec_module.OpenDNSSEC | None = None


Starter = Callable[[ExitStack, Host, Path, Path], Signing]


def _local(stack: ExitStack, here: Host, folder: Path, site: Path) -> Signing:
    return Signing(stack.enter_context(nsd_module.NSD(here, folder / "nsd", site)), None)


def _opendnssec(stack: ExitStack, here: Host, folder: Path, site: Path) -> Signing:
    nsd = stack.enter_context(nsd_module.NSD(here, folder / "nsd", site))
    signer = stack.enter_context(opendnssec_module.OpenDNSSEC(here, folder / "ods", site))
    return Signing(nsd, signer.signer, signer)


def _knot(stack: ExitStack, here: Host, folder: Path, site: Path) -> Signing:
    knot = stack.enter_context(knot_module.Knot(here, folder / "knot", site))
    return Signing(knot, knot)


def _bind(stack: ExitStack, here: Host, folder: Path, site: Path) -> Signing:
    bind = stack.enter_context(bind_module.BIND(here, folder / "bind"))
    return Signing(bind, bind)


class Kind(NamedTuple):
    """A way to sign and serve. keys: of site.yaml, from the folder of the loop."""

    keys: Callable[[Path], str]
    start: Starter
    address: str


KINDS = {
    "local": Kind(
        lambda folder: "signer: local\n" + nsd_module.site_keys(folder / "nsd"),
        _local,
        nsd_module.ADDRESS,
    ),
    "opendnssec": Kind(
        lambda folder: opendnssec_module.site_keys() + nsd_module.site_keys(folder / "nsd"),
        _opendnssec,
        nsd_module.ADDRESS,
    ),
    "knot": Kind(lambda folder: knot_module.site_keys(folder / "knot"), _knot, knot_module.ADDRESS),
    "bind": Kind(lambda folder: bind_module.site_keys(folder / "bind"), _bind, bind_module.ADDRESS),
}


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop that runs. desk: where people commit. site: the working copy that is polled."""

    here: Host
    folder: Path
    svn: Svn
    desk: Path
    site: Path
    signing: Signing

    @property
    def server(self) -> NameServer:
        """The server that serves what was signed."""
        return self.signing.server

    def commit(self, text: str, path: str = PRIMARY) -> None:
        """Commit *path* with the content *text*."""
        self.svn.commit(self.desk, {path: text})

    def poll(self) -> Said:
        """Poll the site once, as cron does."""
        return self.here.zonebuild(self.site, "poll")

    def start_poll(self) -> subprocess.Popen[bytes]:
        """Poll it by a process that is not waited for."""
        words = self.here.words([sys.executable, "-m", "zonebuild", "poll"], self.site)
        null = subprocess.DEVNULL
        return subprocess.Popen(words, stdin=null, stdout=null, stderr=null)

    def settle(self) -> None:
        """Poll until one goes well."""
        told = ""
        for _ in range(_POLLS):
            said = self.poll()
            if said.returncode == 0:
                return
            told += said.stderr
        raise AssertionError(told)

    def serves(self, address: str, seconds: float = 20) -> None:
        """Wait until www has *address* at the server."""
        self.server.wait_for(f"www.{ZONE}", "A", address, seconds)

    def resolver(self) -> Unbound:
        """Return a resolver that believes the key which is served; it is to be started."""
        assert self.server.anchor(ZONE)
        return Unbound(self.here, self.folder / "unbound", {ZONE: self.server})


@contextmanager
def loop(
    folder: Path, kind: str, *, more: Sequence[tuple[str, str]] = (), yaml: str = ""
) -> Iterator[Loop]:
    """Run a loop of *kind* in *folder*, until its zone is served once.

    more: files of the site, beside those of its one zone; a path and a text each.
    yaml: of that zone, beside its own.
    """
    folder.chmod(0o755)
    how = KINDS[kind]
    made = PolledSite(folder / "made", how.keys(folder) + SITE.format(folder=folder, zone=ZONE))
    made.forget("zones/a.example.yaml", "primary/a.example")
    made.add_zone(ZONE, primary("192.0.2.1"), YAML.format(address=how.address, zone=ZONE) + yaml)
    for path, text in more:
        made.write(path, text)
    for feed in ("dnsextra", "phonehome"):
        (folder / feed).mkdir()
        (folder / feed / ".zonebuild-feed").touch()
    with ExitStack() as stack:
        here = stack.enter_context(host())
        svn = stack.enter_context(Svn(here, folder / "svn", made.root))
        desk, site = svn.checkout(folder / "desk"), svn.checkout(folder / "site")
        said = here.zonebuild(site, "config")
        assert said.returncode == 0, said.stderr
        running = Loop(here, folder, svn, desk, site, how.start(stack, here, folder, site))
        running.settle()
        running.serves("192.0.2.1")
        yield running
