"""What a track remembers from run to run, and what it is told at each: values only."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from zonebuild.diagnostic import Location
from zonebuild.tlsa.parameters import Parameters
from zonebuild.tlsa.pin import Pin


class Order(enum.Enum):
    """What a person has asked of a lineage."""

    NONE = "none"
    ROLL = "roll"


@dataclass(frozen=True, slots=True)
class Key:
    """One pin that is listed, and how far it has come. Times are Unix seconds, 0: not yet.

    listed: since when the built zone has it. exported: since when some endpoint may serve it.
    shown: since when each server that answers has it. visible: since when every server has it.
    cleared: since when every endpoint has been seen with the current key and not with this one.
    unheard, waited, held: seconds that have surely gone by since `shown`, `visible`, `cleared`.
    ttl: seconds, the largest that a cached RRset without it can have had when it became visible.
    carried: the hosts that have it, where keys are carried by hand.
    """

    pin: Pin
    listed: int
    exported: int = 0
    shown: int = 0
    visible: int = 0
    cleared: int = 0
    unheard: int = 0
    waited: int = 0
    held: int = 0
    ttl: int = 0
    is_current: bool = False
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of an owner whose records are published.

    ttl, expire: seconds, the largest that may still be alive in a cache or at a secondary.
    calm: seconds since when every server has been seen with the TTL of now.
    """

    ttl: int
    expire: int
    calm: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """All that is remembered of a track; every key in it is listed at every owner in it.

    epoch: rises with each change of what is listed or exported; an observation names its own.
    last: Unix seconds of the last run that counted time.
    compromised: the names of pins that are in wrong hands, also of those that are gone.
    seen: for (owner, endpoint), the names of the pins that it was last seen with; none where it
        has not been seen since the last export.
    """

    lineage: str
    unit: str = "key"
    epoch: int = 1
    last: int = 0
    order: Order = Order.NONE
    compromised: frozenset[str] = frozenset()
    keys: tuple[Key, ...] = ()
    owners: Mapping[str, Memory] = field(default_factory=dict)
    seen: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @property
    def current(self) -> Key | None:
        """The key that was exported last, None before the first export."""
        return next((key for key in self.keys if key.is_current), None)

    @property
    def is_emergency(self) -> bool:
        """Whether the key that was exported last is in wrong hands."""
        return self.current is not None and self.current.pin.name in self.compromised

    def key(self, pin: Pin | None) -> Key | None:
        """Return the key that lists *pin*, None where none does."""
        if pin is None:
            return None
        return next((key for key in self.keys if key.pin.is_same(pin)), None)


@dataclass(frozen=True, slots=True)
class Owner:
    """What the map says of an owner.

    ttl: seconds, that of its records from now on. expire: seconds, of the zone's SOA.
    published: the TLSA rdata, canonical, that the last built zone has there and that no other
        lineage lists.
    beside: names of the current pins of the other lineages there: all are first published together.
    is_begun: the last built zone has records of another lineage there.
    """

    parameters: tuple[Parameters, ...]
    ttl: int
    expire: int = 2_419_200
    published: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    is_begun: bool = False


MAP = Location("tlsa-map.yaml")


@dataclass(frozen=True, slots=True)
class Sources:
    """What lies in the map and the certificate store.

    owners: by absolute name. exported: what the publication folder has, issued: the newest chain.
    planned: published in advance: the next key, or a set of issuers.
    by_hand: hosts whose keys are carried there by hand. location: of the lineage in the map.
    """

    owners: Mapping[str, Owner]
    exported: Pin | None = None
    issued: Pin | None = None
    planned: tuple[Pin, ...] = ()
    by_hand: tuple[str, ...] = ()
    location: Location = MAP


@dataclass(frozen=True, slots=True)
class ServerView:
    """What a name server, at one address, has of an owner's TLSA RRset.

    rdatas: canonical; empty where the server says that there is none; None without an answer that
    is signed and holds. ttl: seconds, 0 where there is no RRset. is_proved: false where the server
    says that there is none, and does not prove it: that sets clocks back, and lets nothing go on.
    """

    server: str
    rdatas: frozenset[str] | None
    ttl: int = 0
    is_proved: bool = True


@dataclass(frozen=True, slots=True)
class EndpointView:
    """What an endpoint, an address and port, serves; None where it did not answer.

    One with several certificates is asked for each; what it shows stands here together.
    """

    endpoint: str
    pins: frozenset[Pin] | None


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen from outside.

    epoch: that of the state when the looking began. at: Unix seconds, when that was.
    servers, endpoints: by owner, all there are, each; an owner that was not looked at is missing.
    """

    epoch: int
    at: int = 0
    servers: Mapping[str, tuple[ServerView, ...]] = field(default_factory=dict)
    endpoints: Mapping[str, tuple[EndpointView, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to wait, in seconds.

    margin: beyond two TTLs. hold: how long the old key stays for a way back.
    longest_gap: of the time between two runs no more is counted, for a clock that has leapt
        forward looks the same; also the margin in an emergency.
    oldest_look: the age up to which an observation counts.
    roll_after: the age at which a key is replaced, 0: never by itself.
    lost_ttl: the largest TTL that is reckoned with where what was published before is forgotten.
    keeps_next: want the next key published at all times.
    publishes_unseen: take the map's word for it that endpoints serve the certificate at first.
    """

    margin: int = 3600
    hold: int = 86_400
    longest_gap: int = 900
    oldest_look: int = 3600
    roll_after: int = 0
    lost_ttl: int = 86_400
    keeps_next: bool = True
    publishes_unseen: bool = False


DEFAULT_POLICY = Policy()
