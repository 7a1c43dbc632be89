"""A year of 45-day certificates under a fake clock: no moment turns a validating client away.

The parts are the real ones: when to renew (`acme.renew`, `acme.due`, `acme.backoff`), what a CA
allows (`acme.ledger`), which key may be used and exported (`tlsa.rollover`). The world around them
has two name servers, one of which lags, caches that hold what was served, hosts that fetch what
was exported, and a CA that is out for a week.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from zonebuild.acme.backoff import Failures, add_failure
from zonebuild.acme.due import Held, Wish, waits, why_due
from zonebuild.acme.ledger import Ask, Event, What, how_of, refuse_order
from zonebuild.acme.limits import LIMITS
from zonebuild.acme.memory import Memory, set_of
from zonebuild.acme.renew import Lifetime, begin, usual_window
from zonebuild.tlsa import orders, rollover
from zonebuild.tlsa.parameters import DEFAULT
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import EndpointView, Observation, Owner, ServerView, Sources, State

MINUTE, HOUR, DAY = 60, 3600, 86400
STEP = 30 * MINUTE  # between two runs; caches and servers are looked at in each
START = 1_800_000_000
YEAR = START + 365 * DAY
VALID = 45 * DAY
TTL = HOUR
LAG = 3 * HOUR  # of the second server
FETCH = 6 * HOUR
OUTAGE = (START + 28 * DAY, START + 35 * DAY)  # the CA's, around the first renewal
ROLL = START + 182 * DAY
OWNER, ENDPOINT = "_443._tcp.www.example.org.", "192.0.2.1:443"
NAMES = ("www.example.org",)
CA = "letsencrypt"


class Harm(AssertionError):
    """A validating client was turned away."""


def pin(key: int) -> Pin:
    """Return the pin of a key."""
    return Pin(f"{key:064x}", "")


@dataclass
class Certificate:
    """One that was issued."""

    key: int
    start: int

    @property
    def held(self) -> Held:
        """As the store holds it."""
        lifetime = Lifetime(self.start, self.start + VALID)
        return Held(f"{self.start:064x}", NAMES, pin(self.key).sha256, lifetime)


@dataclass
class Year:
    """The world. listings: (since, keys) as the primary serves them; the other server is LAG late.

    exports: (since, certificate). fetch: seconds from an export until the host serves it.
    is_careless: a key that is planned is used and exported at once.
    """

    is_careless: bool = False
    fetch: int = FETCH
    now: int = START
    certificate: Certificate | None = None
    state: State = field(default_factory=lambda: rollover.start_over("www", "key", START))
    memory: Memory = field(default_factory=lambda: Memory(set_of(NAMES)))
    events: list[Event] = field(default_factory=list)
    listings: list[tuple[int, frozenset[int]]] = field(default_factory=list)
    exports: list[tuple[int, Certificate]] = field(default_factory=list)
    planned: int | None = None
    use: int = 1
    failures: int = 0

    # -- what there is -------------------------------------------------------------------------

    def listed_at(self, moment: int) -> frozenset[int]:
        """Return what a server lists that is as far as the primary was at *moment*."""
        found = [keys for since, keys in self.listings if since <= moment]
        return found[-1] if found else frozenset()

    def seen_by_clients(self) -> list[frozenset[int]]:
        """Return every RRset that a cache can hold now."""
        first, last = self.now - LAG - TTL, self.now
        changes = [since for since, _ in self.listings if first < since <= last]
        return [self.listed_at(moment) for moment in (first, *changes, last)]

    def served(self) -> Certificate | None:
        """Return what the host serves: what it fetched last."""
        found = [each for since, each in self.exports if since + self.fetch <= self.now]
        return found[-1] if found else None

    def check(self) -> None:
        """Find a client that is turned away."""
        served = self.served()
        if served is None:
            return
        if not served.start <= self.now < served.start + VALID:
            raise Harm(f"an expired certificate is served on day {self.day}")
        for listed in self.seen_by_clients():
            if listed and served.key not in listed:
                raise Harm(f"key {served.key} is served on day {self.day}, listed: {set(listed)}")

    @property
    def day(self) -> int:
        """How many days have passed."""
        return (self.now - START) // DAY

    # -- one run -------------------------------------------------------------------------------

    def run(self) -> None:
        """Let builder and issuance do their run."""
        self._build()
        self._issue()
        self.check()

    def _build(self) -> None:
        if self.now == ROLL:
            self.planned, self.state = 2, orders.ask_roll(self.state)
        step = rollover.advance(
            self.state, self._sources(), self._observation(), self.now, elapsed=STEP
        )
        self.state = step.state
        self.use = int(step.use.sha256, 16) if step.use else self.use
        if self.is_careless and self.planned:
            self.use = self.planned
        keys = frozenset(int(key.pin.sha256, 16) for key in self.state.keys)
        published = keys if OWNER in self.state.owners else frozenset()
        if not self.listings or self.listings[-1][1] != published:
            self.listings.append((self.now, published))
        may_export = step.export is not None or self.is_careless
        newest = self.certificate
        if newest and may_export and (not self.exports or self.exports[-1][1] != newest):
            self.exports.append((self.now, newest))

    def _sources(self) -> Sources:
        exported = self.exports[-1][1] if self.exports else None
        listed = self.listings[-1][1] if self.listings else frozenset()
        return Sources(
            owners={
                OWNER: Owner(
                    (DEFAULT,), TTL, expire=7 * DAY,
                    published=frozenset(f"3 1 1 {key:064x}" for key in listed),
                )
            },
            exported=pin(exported.key) if exported else None,
            issued=pin(self.certificate.key) if self.certificate else None,
            planned=(pin(self.planned),) if self.planned else (),
        )  # fmt: skip

    def _observation(self) -> Observation:
        served = self.served()
        views = []
        for lag in (0, LAG):
            rdatas = frozenset(f"3 1 1 {k:064x}" for k in self.listed_at(self.now - lag))
            views.append(ServerView(f"ns{lag}", rdatas, TTL if rdatas else 0))
        seen = EndpointView(ENDPOINT, frozenset({pin(served.key)}) if served else frozenset())
        return Observation(self.state.epoch, self.now, {OWNER: tuple(views)}, {OWNER: (seen,)})

    def _issue(self) -> None:
        held = self.certificate.held if self.certificate else None
        if held and (
            not self.memory.schedule or self.memory.schedule.certificate != held.fingerprint
        ):
            schedule = begin(held.fingerprint, held.lifetime, 0.5)
            window = usual_window(held.lifetime)
            self.memory = replace(self.memory, schedule=replace(schedule, window=window))
        wish = Wish("www", NAMES, pin(self.use).sha256)
        is_due = why_due(wish, held, self.memory, now=self.now, gap=STEP) is not None
        if not is_due or waits(wish, self.memory, self.now):
            return
        how = how_of(self.events, CA, NAMES, replaces=False)
        assert not refuse_order(
            self.events, Ask(CA, NAMES, how), LIMITS[CA], self.now, lambda name: name
        )
        self.events.append(Event(self.now, What.ORDERED, CA, NAMES, how))
        if OUTAGE[0] <= self.now < OUTAGE[1]:
            self.failures += 1
            self.memory = replace(self.memory, failures=add_failure(self.memory.failures, self.now))
            return
        self.certificate = Certificate(self.use, self.now)
        self.memory = replace(self.memory, failures=Failures())
        self.events.append(Event(self.now, What.ISSUED, CA, NAMES, how))


def live(year: Year) -> Year:
    """Let the year pass."""
    while year.now < YEAR:
        year.run()
        year.now += STEP
    return year


def test_a_year_turns_no_client_away() -> None:
    year = live(Year())
    issued = [event for event in year.events if event.what is What.ISSUED]
    assert 12 <= len(issued) <= 15
    assert year.failures >= 8
    served = year.served()
    assert served is not None
    assert served.key == 2
    assert year.listings[-1][1] == {2}
    assert {1, 2} in [set(keys) for _, keys in year.listings]


def test_a_key_that_is_exported_before_it_is_listed_would_be_found() -> None:
    with pytest.raises(Harm, match="key 2 is served on day"):
        live(Year(is_careless=True, fetch=0))
