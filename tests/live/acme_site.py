"""A site that issues for itself from pebble: zonebuild signs, NSD serves, pebble asks NSD."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.host_file import write_settings
from tests.live.daemons.host import Host, Said, host
from tests.live.daemons.nsd import ADDRESS, NSD
from tests.live.daemons.pebble import DIRECTORY, Pebble

ZONE = "example.test"
_HEAD = f"""$ORIGIN {ZONE}.
@ 60 IN SOA ns1 hostmaster {{{{ serial }}}} 60 60 600 1
@ 60 IN NS ns1
"""
_RECORDS = f"ns1 IN A {ADDRESS}\nwww IN A {ADDRESS}\nmx IN A {ADDRESS}\n"
YAML = f"""servers: [{ADDRESS}]
policy: servers
acme: {{dnsextra: [{ZONE}, "*.{ZONE}"]}}
"""
_SITE = """signer: local
feeds: {{dnsextra: dnsextra}}
acme:
  mode: {mode}
  wait: {wait}
{anchor}  ca:
    lab: {{directory: "{directory}", ca_file: {authority}{more}}}
"""
_MAP = """ttl: 60
lineages:
  web:
    certificate: certs/web
    first: at-once
    issue: {issue}
    places: [{{host: www.example.test, port: 443}}]
"""
ISSUE = "{names: [www.example.test, mx.example.test]}"


@dataclass(slots=True)
class AcmeSite:
    """A site at *root* on *host*, with its name server and its CA."""

    host: Host
    root: Path
    nsd: NSD
    pebble: Pebble

    def write(self, path: str, text: str) -> None:
        """Write a file of the site."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def configure(
        self,
        mode: str = "together",
        more: str = "",
        issue: str = ISSUE,
        *,
        anchor: str = "",
        wait: int = 20,
    ) -> None:
        """Write site.yaml and the map. more: of the CA. anchor: the path of a trust anchor."""
        text = _SITE.format(
            mode=mode,
            wait=wait,
            anchor=f"  trust_anchor: {anchor}\n" if anchor else "",
            directory=DIRECTORY,
            authority=self.pebble.authority,
            more=more,
        )
        write_settings(self.root, text)
        self.write("tlsa-map.yaml", _MAP.format(issue=issue))

    def acme(self, *words: str) -> Said:
        """Run `zonebuild acme`."""
        return self.host.zonebuild(self.root, "acme", *words)

    def forgets_challenges(self) -> None:
        """See that none is left in the drop-box and, when NSD has taken that, none is served."""
        assert [name for name in os.listdir(self.root / "dnsextra") if name[0] != "."] == []
        self.nsd.wait_until_there(f"_acme-challenge.www.{ZONE}", "TXT", is_there=False)


@contextmanager
def acme_site(
    folder: Path, *, variables: Sequence[str] = (), bindings: dict[str, str] | None = None
) -> Iterator[AcmeSite]:
    """Give a site that was built once and is served."""
    with ExitStack() as stack:
        here = stack.enter_context(host())
        root = folder / "site"
        zone = f'zone:\n  name: "{ZONE}"\n  zonefile: "{root}/signed/{ZONE}"\n'
        nsd = NSD(here, folder / "nsd", more=zone)
        pebble = Pebble(here, folder / "pebble", ADDRESS, variables=variables, bindings=bindings)
        site = AcmeSite(here, root, nsd, pebble)
        site.write(f"soa/{ZONE}", _HEAD)
        site.write(f"primary/{ZONE}", _RECORDS)
        site.write(f"zones/{ZONE}.yaml", YAML)
        site.write("dnsextra/.zonebuild-feed", "")
        site.write("dodo.py", "from zonebuild.tasks import *\nDOIT_CONFIG = configuration()\n")
        site.write("state/serials", f"{ZONE}. 2026010100 date\n")
        site.configure()
        # Its server is not up yet, so only a person knows that nobody serves the zone signed.
        said = here.zonebuild(root, "key", "new", ZONE)
        assert said.returncode == 0, said.stdout + said.stderr
        said = here.doit(root)
        assert said.returncode == 0, said.stdout + said.stderr
        stack.enter_context(nsd)
        stack.enter_context(pebble)
        stack.enter_context(_reloading(nsd, root / "signed" / ZONE))
        yield site


@contextmanager
def _reloading(nsd: NSD, zone: Path) -> Iterator[None]:
    """Let NSD read its zone whenever the file changes."""
    stop, seen = threading.Event(), zone.stat().st_mtime_ns

    def watch() -> None:
        nonlocal seen
        while not stop.wait(0.02):
            found = zone.stat().st_mtime_ns
            if found != seen:
                nsd.control("reload", ZONE)
                seen = found

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
