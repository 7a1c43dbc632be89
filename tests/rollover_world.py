"""A small world around one rollover: name servers, caches, endpoints, an operator, a wrong clock.

It knows the true time and what each cache can hold. `Harm` is what must never happen: a client
meets a key that an RRset it may hold does not list, a host is given a chain without its key, or
the way back is gone too soon. The walks of `walk` and the state machine of test_rollover_model
take any of its actions in any order.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from zonebuild.tlsa import orders, rollover
from zonebuild.tlsa.parameters import DEFAULT
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import (
    EndpointView,
    Observation,
    Owner,
    Policy,
    ServerView,
    Sources,
    State,
)
from zonebuild.tlsa.state_text import from_text, to_text

ENDPOINTS = {
    "_25._tcp.mx.example.org.": ("192.0.2.1:25", "192.0.2.2:25"),
    "_443._tcp.mx.example.org.": ("192.0.2.1:443",),
}
OWNERS = tuple(ENDPOINTS)
HOST = "mx.example.org."
TTLS = (300, 3600, 86_400)
EXPIRE = 100_000  # seconds
POLICY = Policy()
FOREIGN = 9_999  # what an endpoint serves before it ever had a chain of ours
STEPS = (60, 300, 900, 1800, 3600, 7200, 30_000, 90_000)  # seconds that go by
CRASHES = ("", "", "", "", "before", "kept", "exported")


class Harm(AssertionError):
    """What must never happen has happened."""


@dataclass(frozen=True)
class Version:
    """One version of the zone: the keys that each owner lists, and its TTL."""

    keys: dict[str, frozenset[int]]
    ttls: dict[str, int]


@dataclass
class Server:
    """A name server. is_quiet: does not answer us; is_cut: has no way to the primary since."""

    version: int = 0
    is_quiet: bool = False
    refreshed: int = 0
    is_restored: bool = False

    def is_alive(self, now: int) -> bool:
        return now - self.refreshed <= EXPIRE


@dataclass
class World:
    """All of it. now: the true time; leap: how far the clock is ahead of it, in seconds."""

    by_hand: bool = False  # whether keys are carried to their hosts by hand
    state: State | None = None
    now: int = 10_000_000
    leap: int = 0
    leaps: int = 0
    ttls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OWNERS, 3600))
    owners: tuple[str, ...] = OWNERS
    built: int = 0
    signed: int = 0
    versions: list[Version] = field(default_factory=list)
    served_until: dict[int, int] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)
    chains: list[int] = field(default_factory=list)  # as exported, the last is in the folder
    installed: dict[str, int] = field(default_factory=dict)  # endpoint: index of its chain, or -1
    issued: int | None = 1
    planned: int | None = None
    newest: int = 1
    use: int | None = 1
    hosts_with: set[int] = field(default_factory=lambda: {1})
    bad: set[int] = field(default_factory=set)
    settled_since: int = 0  # since when all endpoints serve the last chain
    looked: Observation | None = None
    step: rollover.Step | None = None  # what the last run did

    def __post_init__(self) -> None:
        self.versions = [Version(dict.fromkeys(OWNERS, frozenset()), dict(self.ttls))]
        self.servers = [Server(refreshed=self.now) for _ in range(3)]
        self.installed = {at: -1 for each in ENDPOINTS.values() for at in each}

    # -- what there is -------------------------------------------------------------------------

    def serves(self, endpoint: str) -> int:
        """Return the key that *endpoint* serves."""
        index = self.installed[endpoint]
        return FOREIGN if index < 0 else self.chains[index]

    def alive_versions(self, owner: str) -> list[Version]:
        """Return every version whose RRset of *owner* a client can hold now."""
        live = {s.version for s in self.servers if s.is_alive(self.now)}
        cached = (
            index
            for index, until in self.served_until.items()
            if until + self.versions[index].ttls[owner] > self.now
        )
        return [self.versions[index] for index in live.union(cached)]

    def check(self) -> None:
        """Look whether a client can be turned away now."""
        if self.chains and all(self.serves(e) == self.chains[-1] for e in self.installed):
            self.settled_since = self.settled_since or self.now
        for server in self.servers:
            if server.is_alive(self.now):
                self.served_until[server.version] = self.now
        for owner, endpoints in ENDPOINTS.items():
            for version in self.alive_versions(owner):
                for endpoint in endpoints:
                    key, listed = self.serves(endpoint), version.keys[owner]
                    if listed and key not in listed:
                        raise Harm(f"{endpoint} serves {key}, and a client has {set(listed)}")

    # -- time and servers ----------------------------------------------------------------------

    def pass_time(self, seconds: int) -> None:
        self.check()
        self.now += seconds
        for server in self.servers:
            is_cut = server.is_quiet or server.is_restored
            if server.version == self.signed and not is_cut:
                server.refreshed = self.now
            elif server.is_alive(self.now):
                continue
            elif server.version in self.served_until:  # it stopped at the very moment of its expiry
                self.served_until[server.version] = max(
                    self.served_until[server.version], server.refreshed + EXPIRE
                )
        self.check()

    def leap_clock(self, seconds: int) -> None:
        """Set the clock: forward only once, backward at any time."""
        if seconds > 0:
            seconds = 0 if self.leaps else seconds
            self.leaps += 1
        self.leap += seconds

    def sign(self) -> None:
        self.signed = self.built

    def transfer(self, index: int) -> None:
        server = self.servers[index]
        if not server.is_restored:
            server.version, server.refreshed = self.signed, self.now
            self.check()

    def transfer_all(self) -> None:
        self.sign()
        for index in range(len(self.servers)):
            self.transfer(index)

    def silence(self, index: int) -> None:
        self.servers[index].is_quiet = not self.servers[index].is_quiet

    def restore_server(self, index: int) -> None:
        """Give a server back an older zone, one that harms nobody yet, until somebody sees it."""
        server = self.servers[index]
        for version in reversed(range(server.version)):
            older = self.versions[version].keys
            served = {(o, self.serves(e)) for o, each in ENDPOINTS.items() for e in each}
            served |= {(o, self.chains[-1]) for o in OWNERS if self.chains}
            if all(not older[o] or key in older[o] for o, key in served):
                server.version, server.is_restored = version, True
                server.is_quiet = False
                server.refreshed = self.now
                self.looked = None  # what was seen just before helps nobody
                self.check()
                return

    # -- the operator --------------------------------------------------------------------------

    def set_ttl(self, owner: str, ttl: int) -> None:
        self.ttls[owner] = ttl

    def plan_next(self) -> None:
        self.newest += 1
        self.planned = self.newest

    def drop_next(self) -> None:
        self.planned = None

    def renew(self) -> None:
        """Get a certificate for the key that the last run said."""
        if self.use is not None:
            self.issued = self.use
            if self.use == self.planned:
                self.planned = None

    def change_key(self) -> None:
        """Get a certificate for a key that nobody planned, as some clients do."""
        self.newest += 1
        self.issued = self.newest

    def go_back(self) -> None:
        """Issue the chain of before once more."""
        older = [key for key in self.chains if key != self.issued]
        if older:
            self.issued = older[-1]

    def roll(self) -> None:
        if self.state:
            self.state = orders.ask_roll(self.state)

    def compromise(self) -> None:
        """Learn that the exported key is in wrong hands."""
        if self.state and self.chains:
            marked = orders.note_compromised(self.state, pin(self.chains[-1]))
            if isinstance(marked, State):
                self.state = marked
                self.bad.add(self.chains[-1])

    def carry(self) -> None:
        """Carry the newest key to the host, and say so."""
        key = self.planned or self.issued
        if self.state and key:
            marked = orders.note_carried(self.state, pin(key), [HOST])
            if isinstance(marked, State):
                self.state = marked
                self.hosts_with.add(key)

    def deploy(self, endpoint: str) -> None:
        """Let an endpoint take the chain in the folder, at some time after it came."""
        if not self.chains:
            return
        if self.by_hand and self.chains[-1] not in self.hosts_with:
            raise Harm("a host is given a chain whose key it does not have")
        self.installed[endpoint] = len(self.chains) - 1
        self.check()

    def deploy_all(self) -> None:
        for endpoint in self.installed:
            self.deploy(endpoint)

    # -- the builder ---------------------------------------------------------------------------

    def look(self, unprobed: tuple[str, ...] = ()) -> Observation:
        """Ask all servers and endpoints; what is seen may be used later."""
        self.looked = Observation(
            self.state.epoch if self.state else 0,
            self.now + self.leap,
            {owner: tuple(self._views(owner)) for owner in self.owners},
            {
                owner: tuple(
                    EndpointView(e, None if e in unprobed else frozenset({pin(self.serves(e))}))
                    for e in ENDPOINTS[owner]
                )
                for owner in self.owners
            },
        )
        return self.looked

    def _views(self, owner: str) -> list[ServerView]:
        views = []
        for index, server in enumerate(self.servers):
            if server.is_quiet or not server.is_alive(self.now):
                views.append(ServerView(str(index), None))
                continue
            version = self.versions[server.version]
            rdatas = frozenset(f"3 1 1 {key:064x}" for key in version.keys[owner])
            views.append(ServerView(str(index), rdatas, version.ttls[owner] if rdatas else 0))
        return views

    def sources(self) -> Sources:
        built = self.versions[self.built]
        return Sources(
            {
                owner: Owner(
                    (DEFAULT,),
                    self.ttls[owner],
                    EXPIRE,
                    frozenset(f"3 1 1 {key:064x}" for key in built.keys[owner]),
                )
                for owner in self.owners
            },
            exported=pin(self.chains[-1]) if self.chains else None,
            issued=None if self.issued is None else pin(self.issued),
            planned=() if self.planned is None else (pin(self.planned),),
            by_hand=(HOST,) if self.by_hand else (),
        )

    def run(self, *, is_blind: bool = False, is_late: bool = False, crash: str = "") -> None:
        """One run of the builder. crash: after which of its deeds it is killed."""
        if not is_late and not is_blind:
            self.look()
        clock = self.now + self.leap
        state = self.state or rollover.start_over("mx", "key", clock)
        observation = None if is_blind else self.looked
        step = rollover.advance(state, self.sources(), observation, clock, policy=POLICY)
        self.step = step
        if crash == "before":
            return
        self._check_way_back(state, step)
        self._check_wrong_hands(state, step)
        self.state = from_text(to_text(step.state))
        assert self.state == step.state
        if observation is not None and observation.epoch == state.epoch and not is_late:
            for server in self.servers:
                server.is_restored = False
        if crash == "kept":
            return
        self.use = None if step.use is None else int(step.use.name, 16)
        self._export(step)
        if crash != "exported":
            self._build(step)
        self.check()

    def _export(self, step: rollover.Step) -> None:
        if step.export is None:
            return
        key = int(step.export.name, 16)
        if not self.chains or self.chains[-1] != key:
            if key in self.bad:
                raise Harm("a compromised key is exported")
            self.chains.append(key)
            self.settled_since = 0

    def _build(self, step: rollover.Step) -> None:
        keys = frozenset(int(key.pin.name, 16) for key in step.state.keys)
        started = {o: keys if o in step.state.owners else frozenset() for o in OWNERS}
        for owner, listed in started.items():
            served = {self.serves(e) for e in ENDPOINTS[owner]} - {FOREIGN}
            if listed and not served | set(self.chains[-1:]) <= listed:
                raise Harm("a zone is built that does not list what is served or exported")
        version = Version(dict(started), dict(self.ttls))
        if version != self.versions[self.built]:
            self.versions.append(version)
            self.built = len(self.versions) - 1

    def _check_way_back(self, before: State, step: rollover.Step) -> None:
        """Look whether a key leaves while it is still the way back."""
        for gone in step.retired:
            key = before.key(gone)
            since = self.settled_since if self.settled_since else self.now
            is_bad = int(gone.name, 16) in self.bad
            if key and not is_bad and self.now - since < POLICY.hold - POLICY.margin:
                raise Harm("the way back is gone too soon")

    def _check_wrong_hands(self, before: State, step: rollover.Step) -> None:
        """Look whether a compromised key is listed that nobody serves any more."""
        added = {int(key.pin.name, 16) for key in step.state.keys if not before.key(key.pin)}
        if added & self.bad - set(self.chains[-1:]):
            raise Harm("a compromised key is listed again")

    def lose_state(self) -> None:
        self.state = None
        self.bad.clear()  # nobody remembers it: it must be said again


def pin(key: int) -> Pin:
    return Pin(f"{key:064x}", f"{key:0128x}")


# -- walks -------------------------------------------------------------------------------------

Action = Callable[[], object]


def actions(world: World, chance: random.Random) -> list[tuple[int, Action]]:
    """Return each action with its weight."""
    server, endpoint = chance.randrange(3), chance.choice(list(world.installed))
    is_blind, is_late = chance.random() < 0.1, chance.random() < 0.15
    crash, ttl = chance.choice(CRASHES), chance.choice(TTLS)
    runs = partial(world.run, is_blind=is_blind, is_late=is_late, crash=crash)
    return [
        (30, runs),
        (14, partial(world.pass_time, chance.choice(STEPS))),
        (4, partial(_wait, world, chance.randrange(1, 40))),
        (8, partial(_calm, world, chance.randrange(1, 40))),
        (8, world.transfer_all),
        (4, world.sign),
        (6, partial(world.transfer, server)),
        (1, partial(world.silence, server)),
        (1, partial(world.restore_server, server)),
        (2, partial(world.look, ())),
        (2, partial(world.look, (endpoint,))),
        (1, partial(world.leap_clock, chance.choice((-90_000, -600, 600, 90_000)))),
        (3, partial(world.set_ttl, chance.choice(OWNERS), ttl)),
        (2, world.plan_next),
        (1, world.drop_next),
        (5, world.renew),
        (1, world.change_key),
        (1, world.go_back),
        (3, world.roll),
        (1, world.compromise),
        (6, world.carry),
        (8, partial(world.deploy, endpoint)),
        (6, world.deploy_all),
        (1, world.lose_state),
    ]


def _wait(world: World, runs: int) -> None:
    """Let cron run for a while."""
    for _ in range(runs):
        world.pass_time(900)
        world.run()


def _calm(world: World, runs: int) -> None:
    """Let cron run while all is well."""
    for server in world.servers:
        server.is_quiet = False
    for _ in range(runs):
        world.pass_time(900)
        world.run()
        world.transfer_all()


def walk(seed: int, length: int = 120) -> World:
    """Take *length* random actions. Errors: Harm."""
    chance = random.Random(seed)
    world = World(by_hand=chance.random() < 0.3)
    world.run()
    world.run()
    world.deploy_all()
    for _ in range(length):
        weighted = actions(world, chance)
        weights = [weight for weight, _ in weighted]
        chance.choices([action for _, action in weighted], weights)[0]()
    return world
