"""A signing host for measurements: a generated site, a signer, a server, and questions to it.

Everything runs in namespaces, started as in the live tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import generate
from tests.live.daemons import Host, bind, knot, nsd, opendnssec
from tests.live.daemons.answers import NameServer

PAUSE = 0.002  # seconds between two questions
PATIENCE = 300.0
_INSIDE = "--inside"
_FEED = "feeds: {dnsextra: dnsextra}\nplan: {zones_share: 100%}\n"

# BIND's own policy takes no TTL over 24 hours.
_POLICY = """\
dnssec-policy "long" {
  keys { csk lifetime unlimited algorithm ecdsap256sha256; };
  max-zone-ttl 4w;
};
"""
Starter = Callable[[ExitStack, Host, Path, Path], NameServer]


def _nsd(stack: ExitStack, here: Host, folder: Path, site: Path) -> NameServer:
    made = nsd.NSD(here, folder / "nsd", site)
    shutil.copy(site / "state" / "config" / "nsd-zone.list", folder / "nsd" / "zone.list")
    return stack.enter_context(made)


def _opendnssec(stack: ExitStack, here: Host, folder: Path, site: Path) -> NameServer:
    served = _nsd(stack, here, folder, site)
    stack.enter_context(opendnssec.OpenDNSSEC(here, folder / "ods", site))
    return served


def _knot(stack: ExitStack, here: Host, folder: Path, site: Path) -> NameServer:
    return stack.enter_context(knot.Knot(here, folder / "knot", site))


def _bind(stack: ExitStack, here: Host, folder: Path, site: Path) -> NameServer:
    return stack.enter_context(bind.BIND(here, folder / "bind", more=_POLICY))


def _bind_keys(at: Path) -> str:
    return bind.site_keys(at / "bind").replace("keys:", "policy: long, keys:")


# By name: what site.yaml says, and what is started.
KINDS: dict[str, tuple[Callable[[Path], str], Starter]] = {
    "embedded signer, NSD": (lambda at: "signer: local\n" + nsd.site_keys(at / "nsd"), _nsd),
    "OpenDNSSEC, NSD": (
        lambda at: opendnssec.site_keys() + nsd.site_keys(at / "nsd"),
        _opendnssec,
    ),
    "Knot": (lambda at: knot.site_keys(at / "knot"), _knot),
    "BIND": (_bind_keys, _bind),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """What runs. zone: the first of the site's, of *records*. server: which answers in the end."""

    here: Host
    folder: Path
    site: Path
    zone: str
    records: int
    server: NameServer

    def zonebuild(self, *words: str) -> None:
        """Run zonebuild in the site, and see that it goes well."""
        said = self.here.run(_zonebuild(*words), folder=self.site, seconds=PATIENCE)
        if said.returncode:
            raise SystemExit(f"zonebuild {words}: {said.stdout}{said.stderr}")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start zonebuild in the site."""
        return subprocess.Popen(self.here.words(_zonebuild(*words), self.site))

    def wait_for(self, zone: str, name: str, rdtype: str, text: str) -> float:
        """Ask until *text* stands in a signed answer; return the monotonic time of that answer."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if is_answered(self.server.address, name, rdtype, text):
                return time.monotonic()
            time.sleep(PAUSE)
        raise SystemExit(f"{zone}: {text} is not served: {self.server.log.read_text()[-2000:]}")


def _zonebuild(*words: str) -> list[str]:
    return [sys.executable, "-m", "zonebuild", *words]


def is_answered(address: str, name: str, rdtype: str, text: str) -> bool:
    """Say whether *address* answers with *text* and a signature."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rdatatype

    query = dns.message.make_query(name, rdtype, want_dnssec=True)
    try:
        answer = dns.query.udp(query, address, timeout=1).answer
    except (OSError, dns.exception.DNSException):
        return False
    types = {rrset.rdtype for rrset in answer}
    return dns.rdatatype.RRSIG in types and any(text in rrset.to_text() for rrset in answer)


def run_inside(arguments: Sequence[str], module: str, measure: Callable[[Host], None]) -> None:
    """Call *measure* on a host of its own: this program is started once more, inside one."""
    if _INSIDE in arguments:
        measure(Host(1))
        return
    from tests.live.daemons import host

    with host() as here:
        words = [sys.executable, "-m", module, *arguments, _INSIDE]
        code = subprocess.run(here.words(words, Path.cwd()), check=False).returncode
    sys.exit(code)


@contextmanager
def chain(here: Host, folder: Path, kind: str, *, zones: int, records: int) -> Iterator[Chain]:
    """Make a site in *folder*, start what signs and serves it, and end when it is served."""
    keys, start = KINDS[kind]
    site = folder / "site"
    generate.write_site(site, zones=zones, records=records, plain=False)
    settings = site / "site.yaml"
    settings.write_text(keys(folder) + _FEED + settings.read_text())
    zone = min(path.name for path in (site / "zones").iterdir()).removesuffix(".yaml")
    (site / "zones" / f"{zone}.yaml").write_text(f"acme: {{dnsextra: [{zone}]}}\n")
    (site / "dnsextra").mkdir()
    (site / "dnsextra" / ".zonebuild-feed").touch()
    with ExitStack() as stack:
        made = Chain(here, folder, site, zone, records, NameServer(here, [], folder, ""))
        made.zonebuild("config")
        made = Chain(here, folder, site, zone, records, start(stack, here, folder, site))
        made.zonebuild("poll")
        made.wait_for(zone, zone, "SOA", "SOA")
        for _ in range(2):
            made.zonebuild("poll")
        yield made
    shutil.rmtree(folder)


@contextmanager
def watching(made: Chain) -> Iterator[None]:
    """Keep a `zonebuild watch` running."""
    process = made.start("watch")
    time.sleep(2)
    (watch,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    try:
        yield
    finally:
        os.kill(int(watch), signal.SIGTERM)
        process.wait(60)
