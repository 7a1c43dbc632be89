"""A whole renewal gone through hands-off, at a directory for trials: each stage with its time.

What is proven: the account, an order, a challenge that every server shows, a certificate, that
clients would accept it (its key is listed, and in DNS), that it would reach the publication folder,
that the services know how to take it, and that nothing is left behind. No certificate is kept, no
key is made, nothing that is published changes but the challenge.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from zonebuild.acme import order as orders
from zonebuild.acme.batch import Job, Tools, run_batch
from zonebuild.acme.caa_look import caa_fault
from zonebuild.acme.certificate import make_key
from zonebuild.acme.ledger import Ask, Event, How, What, refuse_order
from zonebuild.acme.order import VALID
from zonebuild.acme.plan import Place
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.served import Spot
from zonebuild.acme.site_store import SiteStore
from zonebuild.acme.store import orders_of
from zonebuild.acme.suffixes import registered_domain
from zonebuild.acme.world import World
from zonebuild.checks.caa_rights import Applicant
from zonebuild.placement import zone_of
from zonebuild.probe.answers import Status
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.issue import Issue
from zonebuild.tlsa.orders_text import Orders
from zonebuild.tlsa.places import Place as Endpoint

_LEAVES_IN = 60.0  # seconds for servers to drop a challenge, where this process builds
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. seconds: it took; what: came of it; is_passed: None where it was passed over."""

    name: str
    seconds: float
    what: str
    is_passed: bool | None = True


@dataclass(slots=True)
class Rehearsal:
    """A rehearsal of one lineage. restart: looks at services, without touching them."""

    world: World
    place: Place
    lineage: str
    restart: Callable[[], str] = lambda: ""
    stages: list[Stage] = field(default_factory=list)
    job: Job | None = None
    orders: Orders | None = None

    def go_through(self) -> bool:
        """Do all stages, up to the first that fails, and the cleanup always; say how it went."""
        stages = (
            ("account", self._account),
            ("order", self._order),
            ("CAA", self._caa),
            ("issue", self._issue),
            ("TLSA", self._tlsa),
            ("export", self._export),
            ("restart", self._restart),
        )
        try:
            is_good = all(self._stage(name, act) for name, act in stages)
        finally:
            is_clean = self._stage("cleanup", self._clean)
        return is_good and is_clean

    def _stage(self, name: str, act: Callable[[], str]) -> bool:
        begun = time.monotonic()
        try:
            what, is_passed = act(), True
        except AcmeError as error:
            what, is_passed = str(error), False
        skipped = what.startswith("passed over")
        shown = None if skipped and is_passed else is_passed
        self.stages.append(Stage(name, time.monotonic() - begun, what, shown))
        return is_passed

    # -- the stages --------------------------------------------------------------------------

    def _account(self) -> str:
        return f"{self.place.name}: {self.world.desks.entered(self.place).wire.kid}"

    def _order(self) -> str:
        """Order, with every proof to be given anew: one that is still valid would show nothing."""
        world, entry = self.world, self.world.plan.entries[self.lineage]
        issue, desk = entry.issue or Issue(), world.desks.entered(self.place)
        self.orders = orders_of(world.plan.root, self.lineage)
        ask = Ask(self.place.name, entry.names, How.NEW, is_forced=True)
        now = world.clock.now()
        refusal = refuse_order(world.state.events, ask, self.place.limits, now, registered_domain)
        if refusal is not None:
            raise AcmeError(refusal.reason, until=refusal.until)
        wanted = orders.Wanted(entry.names, issue.profile)
        made, _ = orders.new_order(desk, wanted)
        world.state.note(Event(now, What.ORDERED, self.place.name, entry.names), now=now)
        found = [orders.fetch_authorization(desk.wire, url) for url in made.authorizations]
        valid = [each for each in found if each.status == VALID]
        for each in valid:
            desk.wire.post(each.url, {"status": "deactivated"})
        if valid:
            made, _ = orders.new_order(desk, wanted)
            world.state.note(Event(now, What.ORDERED, self.place.name, entry.names), now=now)
        key = make_key(issue.key)
        self.job = Job(self.lineage, entry.names, key, profile=issue.profile, url=made.url)
        return f"{', '.join(entry.names)}: {len(made.authorizations)} to be proven"

    def _caa(self) -> str:
        desk = self.world.desks.entered(self.place)
        names = self.world.plan.entries[self.lineage].names
        # The account of a directory for trials is another one than CAA may name.
        why = caa_fault(self.world.plan.scene, names, Applicant(desk.directory.caa, desk.wire.kid))
        if why is not None and "accounturi" not in why:
            raise AcmeError(why, "mend the CAA records")
        return f"passed over: {why}" if why else "the CA may issue"

    def _issue(self) -> str:
        world, job = self.world, self.job
        if job is None:
            raise AcmeError("there is no order")
        begun = time.monotonic()
        keeper = world.state.keeper(world.plan.path(world.plan.config.dropbox))
        desk = world.desks.entered(self.place)
        tools = Tools(desk, keeper, world.plan.scene, world.clock, world.publish, _ignore)
        run_batch([job], tools)
        now = world.clock.now()
        failed = [Event(now, What.FAILED, self.place.name, (name,)) for name in job.failed]
        world.state.note(*failed, now=now)
        served = job.served_at - begun if job.served_at else 0.0
        if job.fault is not None or job.chain is None:
            raise job.fault or AcmeError("no certificate came")
        issued = Event(now, What.ISSUED, self.place.name, job.names, How.NEW, is_forced=True)
        world.state.note(issued, now=now)
        count = len(job.tokens)
        return f"{count} challenges on every server after {served:.1f} s, a certificate came"

    def _tlsa(self) -> str:
        """See that a renewal with the key in use would find clients that accept it."""
        if self.orders is None:
            return "passed over: the builder has given no orders for this lineage yet"
        if not self.orders.export:
            return "no TLSA is listed, and none is needed"
        use, allowed = self.orders.use, self.orders.export.get("key", frozenset())
        if not use:
            raise AcmeError("no key may be used for a request now", "see `zonebuild status`")
        if use not in allowed:
            raise AcmeError(f"the key {use[:16]}… may be used, and is not listed")
        return self._listed(use)

    def _listed(self, use: str) -> str:
        """See that every server lists the key at every owner whose servers are known."""
        places = self.world.plan.entries[self.lineage].lineage.places
        seen = 0
        for endpoint in places:
            for server, values in self._records(endpoint):
                pins = {value.split()[-1].lower() for value in values if value.startswith("3 1 1 ")}
                if pins and use not in pins:
                    raise AcmeError(f"{server} does not list the key in use at {endpoint.owner}")
                seen += bool(pins)
        return f"the key in use is listed; {seen} answers of servers have it"

    def _records(self, endpoint: Endpoint) -> list[tuple[str, tuple[str, ...]]]:
        scene = self.world.plan.scene
        apex = zone_of(endpoint.owner, scene.servers)
        if apex is None:
            return []
        told = scene.ask(Spot(endpoint.owner, apex, tuple(scene.servers[apex])), "TLSA")
        bad = [answer for answer in told if answer.status is Status.BOGUS]
        if bad:
            raise AcmeError(f"{bad[0]}: {endpoint.owner}")
        return [(str(a.server), a.values) for a in told if a.status is Status.ANSWERED]

    def _export(self) -> str:
        """Export to a publication folder that is thrown away, by orders for this very key."""
        job = self.job
        if job is None or job.chain is None:
            raise AcmeError("there is no certificate")
        now = self.world.clock.now()
        with tempfile.TemporaryDirectory(prefix="zonebuild-rehearsal-") as folder:
            root = Path(folder)
            store = SiteStore(root, CertstoreConfig())
            store.keep_issued(self.lineage, job.chain.pem, job.key, now)
            if not store.export(self.lineage, Orders(), now):
                raise AcmeError("the chain does not reach a publication folder")
            files = sorted((root / "publication" / self.lineage / "current").iterdir())
        return ", ".join(path.name for path in files)

    def _restart(self) -> str:
        return self.restart() or "passed over: name services of this host with --service"

    def _clean(self) -> str:
        """Take the challenges away; where this process builds, see them gone everywhere."""
        world, config = self.world, self.world.plan.config
        keeper = world.state.keeper(world.plan.path(config.dropbox))
        tokens = list(self.job.tokens) if self.job else []
        keeper.clear()
        world.publish()
        if config.mode == "together" and tokens:
            self._wait_until_gone({token.value for token in tokens})
            return "the drop-box is empty, and no server shows a challenge"
        return "the drop-box is empty; the builder's next run takes the challenges out"

    def _wait_until_gone(self, values: set[str]) -> None:
        deadline = time.monotonic() + _LEAVES_IN
        for spot in self.job.spots if self.job else ():
            while any(
                values.intersection(answer.values)
                for answer in self.world.plan.scene.ask(spot, "TXT")
            ):
                if time.monotonic() > deadline:
                    raise AcmeError(f"a server still shows the challenge at {spot.owner}")
                time.sleep(_LOOK)


def _ignore(job: Job) -> None:
    """Remember nothing: a rehearsal that is cut off is begun anew."""
