"""What lies between the rollover and the world, with one precaution taken out: each story notices.

`rollover_mutants` does the same to the waits themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.rollover_site import OWNER, SERVERS, SiteWorld, rolling_world
from tests.tlsa_material import public_der
from tests.tlsa_sites import ONE, records
from zonebuild.builder.lineages import certificates, orders, store
from zonebuild.builder.lineages.observation import STATE_FILE, kept_states
from zonebuild.builder.lineages.taking import Held
from zonebuild.tlsa.state import Observation, ServerView, State
from zonebuild.tlsa.state_text import states_text

ECDSA = hashlib.sha256(public_der("ecdsa")).hexdigest()


class Harm(AssertionError):
    """A client is turned away, or would be."""


def unplanned_key(world: SiteWorld) -> None:
    """A chain with a key that nobody planned must not go out before every cache lists it."""
    world.issue("rsa")
    for _ in range(3):
        world.run()
        _check(world, world.exported == "ecdsa")


def server_that_lags(world: SiteWorld) -> None:
    world.issue("rsa")
    world.run()
    for _ in range(20):
        world.transfer(SERVERS[0])
        world.run()
        _check(world, world.exported == "ecdsa")


def key_in_wrong_hands(world: SiteWorld) -> None:
    states = kept_states(world.site.root)
    bad = replace(states["mx", "key"], compromised=frozenset({ECDSA}))
    world.site.write(STATE_FILE, states_text([bad]))
    world.run()
    _check(world, ECDSA not in world.orders.export["key"])


def old_key_that_is_served(world: SiteWorld) -> None:
    """The old key stays listed as long as an endpoint was not seen without it."""
    unplanned_key(world)
    world.run_often(4)
    _check(world, world.exported == "rsa")
    world.run_often(60)
    _check(world, records(world.site) > ONE)


def _check(world: SiteWorld, is_well: bool) -> None:
    if not is_well:
        raise Harm(world.waits())


class Mutant(NamedTuple):
    """One mutant: in *module*, *name* is *replacement*."""

    what: str
    module: ModuleType
    name: str
    replacement: Any
    story: Callable[[SiteWorld], None]


class _TakesIssuedForExported(store.Store):
    def take(self, entry: Any) -> Held | None:
        held = super().take(entry)
        return held and held._replace(exported=held.issued)


def _all_listed(state: State) -> frozenset[str]:
    return frozenset(key.pin.name for key in state.keys)


def _also_compromised(state: State) -> frozenset[str]:
    return frozenset({state.current.pin.name} if state.current else ())


_seen = certificates.kept_observations


def _one_server(root: Path) -> dict[tuple[str, str], Observation]:
    return {
        name: replace(seen, servers={o: views[:1] for o, views in seen.servers.items()})
        for name, seen in _seen(root).items()
    }


def _silence_is_assent(root: Path) -> dict[tuple[str, str], Observation]:
    rdatas = {key.pin for state in kept_states(root).values() for key in state.keys}
    listed = frozenset(f"3 1 1 {pin.sha256}" for pin in rdatas)
    return {
        name: replace(seen, servers={OWNER: tuple(ServerView(s, listed, 3600) for s in SERVERS)})
        for name, seen in _seen(root).items()
    }


def _endpoints_have_it(root: Path) -> dict[tuple[str, str], Observation]:
    states = kept_states(root)
    found = {}
    for name, seen in _seen(root).items():
        current = states[name].current
        pins = frozenset({current.pin} if current else ())
        ends = {o: tuple(replace(e, pins=pins) for e in v) for o, v in seen.endpoints.items()}
        found[name] = replace(seen, endpoints=ends)
    return found


MUTANTS = (
    Mutant(
        "the newest chain counts as exported",
        certificates,
        "Store",
        _TakesIssuedForExported,
        unplanned_key,
    ),
    Mutant(
        "whatever is listed may be exported",
        orders,
        "_allowed",
        _all_listed,
        unplanned_key,
    ),
    Mutant(
        "a compromised key may be exported",
        orders,
        "_allowed",
        _also_compromised,
        key_in_wrong_hands,
    ),
    Mutant(
        "only the first server counts",
        certificates,
        "kept_observations",
        _one_server,
        server_that_lags,
    ),
    Mutant(
        "a server is taken to have what was built",
        certificates,
        "kept_observations",
        _silence_is_assent,
        server_that_lags,
    ),
    Mutant(
        "an endpoint is taken to have what was exported",
        certificates,
        "kept_observations",
        _endpoints_have_it,
        old_key_that_is_served,
    ),
)
STORIES = (unplanned_key, server_that_lags, key_in_wrong_hands, old_key_that_is_served)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_each_story_ends_well(story: Callable[[SiteWorld], None], tmp_path: Path) -> None:
    story(rolling_world(tmp_path / "site"))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_without_a_precaution_harm_is_done(
    mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = rolling_world(tmp_path / "site")
    monkeypatch.setattr(mutant.module, mutant.name, mutant.replacement)
    with pytest.raises(Harm):
        mutant.story(world)
