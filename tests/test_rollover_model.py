"""The model of a rollover: no client is ever turned away, and each wait is needed for that."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.rollover_mutants import MUTANTS, Mutant
from tests.rollover_stories import STORIES, run_often
from tests.rollover_world import CRASHES, ENDPOINTS, OWNERS, STEPS, TTLS, Harm, World, walk

ENDS = st.sampled_from([endpoint for each in ENDPOINTS.values() for endpoint in each])
SERVERS = st.integers(0, 2)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_story_ends_well(story: Callable[[], World]) -> None:
    story().check()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_every_mutant_meets_harm(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.module, mutant.name, mutant.replacement)
    with pytest.raises(Harm):
        mutant.story()


@pytest.mark.parametrize("seed", range(20))
def test_no_random_walk_meets_harm(seed: int) -> None:
    walk(seed)


def test_random_walks_get_through_rollovers() -> None:
    assert sum(len(walk(seed).chains) > 1 for seed in range(20)) > 3


@pytest.mark.long
def test_no_long_random_walk_meets_harm() -> None:
    for seed in random.sample(range(10**9), 300):
        walk(seed, length=300)


class Rollovers(RuleBasedStateMachine):
    """Any of the world's actions in any order."""

    @initialize(by_hand=st.booleans())
    def begin(self, by_hand: bool) -> None:
        self.world = World(by_hand=by_hand)
        self.world.run()
        self.world.deploy_all()

    @rule(is_blind=st.booleans(), is_late=st.booleans(), crash=st.sampled_from(CRASHES))
    def run(self, is_blind: bool, is_late: bool, crash: str) -> None:
        self.world.run(is_blind=is_blind, is_late=is_late, crash=crash)

    @rule(count=st.integers(1, 30), with_transfers=st.booleans(), is_blind=st.booleans())
    def wait(self, count: int, with_transfers: bool, is_blind: bool) -> None:
        run_often(self.world, count, with_transfers=with_transfers, is_blind=is_blind)

    @rule(seconds=st.sampled_from(STEPS))
    def pass_time(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule(index=SERVERS, what=st.sampled_from(["transfer", "silence", "restore_server"]))
    def server(self, index: int, what: str) -> None:
        getattr(self.world, what)(index)

    @rule(owner=st.sampled_from(OWNERS), ttl=st.sampled_from(TTLS))
    def set_ttl(self, owner: str, ttl: int) -> None:
        self.world.set_ttl(owner, ttl)

    @rule(endpoint=ENDS)
    def deploy(self, endpoint: str) -> None:
        self.world.deploy(endpoint)

    @rule(unprobed=st.lists(ENDS, max_size=2))
    def look(self, unprobed: list[str]) -> None:
        self.world.look(tuple(unprobed))

    @rule(seconds=st.sampled_from([-90_000, -600, 600, 90_000]))
    def leap_clock(self, seconds: int) -> None:
        self.world.leap_clock(seconds)

    @rule(
        what=st.sampled_from(
            [
                "plan_next",
                "drop_next",
                "renew",
                "change_key",
                "go_back",
                "roll",
                "compromise",
                "carry",
                "lose_state",
                "sign",
                "transfer_all",
                "deploy_all",
            ]
        )
    )
    def act(self, what: str) -> None:
        getattr(self.world, what)()

    @invariant()
    def harmless(self) -> None:
        if hasattr(self, "world"):
            self.world.check()


Rollovers.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestRollovers = Rollovers.TestCase
