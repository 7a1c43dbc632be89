"""A small site with a certificate store, and the world around it: its servers, hosts and keeper.

The world is not asked: what a look would see is written where the stage `tlsa` reads it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.sites import NOW, Run, SmallSite
from tests.tlsa_material import octets, public_der
from tests.tlsa_sites import CERTIFICATE, MAP, ZONE, Wanted, chain, make_site
from zonebuild.builder.lineages.observation import OBSERVED_FILE, kept_states
from zonebuild.tlsa.observed_text import observed_text
from zonebuild.tlsa.orders_text import Orders, read_orders
from zonebuild.tlsa.pin import pin_of
from zonebuild.tlsa.state import EndpointView, Observation, ServerView

STORE, OWNER = "certs/mx", "_25._tcp.mx.example.org."
SERVERS = ("192.0.2.53", "192.0.2.54")
ENDPOINTS = ("192.0.2.1:25", "192.0.2.2:25")
QUARTER = 900  # seconds between two runs


@dataclass(slots=True)
class SiteWorld:
    """served: what each server has. deployed, newest: the algorithm of the key of each endpoint,
    and of the newest chain.
    """

    site: SmallSite
    now: int = NOW
    served: dict[str, frozenset[str] | None] = field(default_factory=dict)
    deployed: dict[str, str] = field(default_factory=dict)
    newest: str = "ecdsa"

    def run(self) -> Run:
        """Let a quarter of an hour go by, look, run, and let the keeper follow its orders."""
        self.now += QUARTER
        self.look()
        run = self.site.run(self.now)
        self.keep()
        return run

    def run_often(self, hours: float) -> None:
        for _ in range(int(hours * 4)):
            self.run()
            self.transfer()

    def look(self) -> None:
        """Write down what a look would see now."""
        state = kept_states(self.site.root).get(("mx", "key"))
        if state is None:
            return
        servers = tuple(
            ServerView(s, rdatas, 3600 if rdatas else 0) for s, rdatas in self.served.items()
        )
        ends = tuple(
            EndpointView(e, frozenset({pin_of(public_der(kind))}))
            for e, kind in self.deployed.items()
        )
        seen = Observation(state.epoch, self.now, {OWNER: servers}, {OWNER: ends})
        self.site.write(OBSERVED_FILE, observed_text({("mx", "key"): seen}))

    def transfer(self, *servers: str) -> None:
        """Let servers have what is built; all of them where none is named."""
        lines = self.site.built(ZONE).splitlines()
        listed = frozenset(line.partition("\tTLSA\t")[2] for line in lines if "\tTLSA\t" in line)
        self.served.update(dict.fromkeys(servers or SERVERS, listed))

    def keep(self) -> None:
        """Do what a keeper does: export what may be, nothing else."""
        store = self.site.root / STORE
        issued = (store / "issued.pem").read_bytes()
        pin = hashlib.sha256(public_der(self.newest)).hexdigest()
        if self.orders.may_export({"key": pin}):
            (store / "fullchain.pem").write_bytes(issued)

    def issue(self, kind: str) -> None:
        """Let the CA issue a chain for the key of *kind*."""
        self.newest = kind
        self.site.write(f"{STORE}/issued.pem", chain(Wanted(kind)))

    def plan(self, kind: str) -> None:
        self.site.write(f"{STORE}/next.pub", octets("public key", kind))

    def deploy(self, *endpoints: str) -> None:
        """Let endpoints take what is exported; all of them where none is named."""
        exported = (self.site.root / STORE / "fullchain.pem").read_bytes()
        kinds = {chain(Wanted(kind)): kind for kind in ("ecdsa", "rsa")}
        self.deployed.update(dict.fromkeys(endpoints or ENDPOINTS, kinds[exported]))

    @property
    def orders(self) -> Orders:
        found = read_orders((self.site.root / "state/lineages/mx").read_bytes())
        assert isinstance(found, Orders)
        return found

    @property
    def exported(self) -> str:
        """The algorithm of the key that is exported."""
        data = (self.site.root / STORE / "fullchain.pem").read_bytes()
        return "rsa" if data == chain(Wanted("rsa")) else "ecdsa"

    def waits(self) -> str:
        """Return all that `zonebuild status` tells of what is waited for."""
        told = json.loads((self.site.root / "state/outcome.json").read_text())
        waiting = told.get("tlsa", {}).get("", {}).get("waiting", [])
        return "; ".join(f"{each['what']}: {each['why']}" for each in waiting)


def rolling_world(root: Path) -> SiteWorld:
    """Return a world whose first certificate is served everywhere and listed at every server."""
    site = make_site(root)
    lineage = MAP.replace(CERTIFICATE, STORE).replace("first: at-once", "first: when-seen")
    site.write("tlsa-map.yaml", f"look: true\n{lineage}")
    world = SiteWorld(site)
    world.issue("ecdsa")
    world.run()
    world.deploy()
    world.run_often(6)
    return world
