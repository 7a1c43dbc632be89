"""A rollover told step by step, and what is said at each: phases, waits, findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.rollover_stories import run_often
from tests.rollover_world import ENDPOINTS, EXPIRE, HOST, OWNERS, World, pin
from zonebuild.tlsa import clocks, orders, rollover, waits
from zonebuild.tlsa.parameters import DEFAULT, Parameters, Wrong
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import (
    EndpointView,
    Memory,
    Observation,
    Owner,
    Policy,
    ServerView,
    Sources,
    State,
)
from zonebuild.tlsa.waits import seconds_between_renewals

OWNER = OWNERS[0]
NOW = 1_800_000_000
HOUR = 3600


def told(world: World) -> tuple[str, list[str]]:
    """Return the phase after the last run, and why each wait is."""
    assert world.step
    return world.step.phase.value, [waiting.why for waiting in world.step.waiting]


def stable(*, by_hand: bool = False) -> World:
    world = World(by_hand=by_hand)
    world.run()
    world.carry()
    world.run()
    world.deploy_all()
    run_often(world, 2)
    return world


# -- a planned change --------------------------------------------------------------------------


def test_a_planned_key_change_is_told_step_by_step() -> None:
    world = World()
    world.run()
    first = "not every endpoint has been seen with the certificate, and none needs TLSA before"
    assert told(world) == ("unpublished", [first, first])
    world.deploy_all()
    run_often(world, 2)
    assert told(world) == ("stable", [])
    world.plan_next()
    run_often(world, 2)
    assert told(world) == ("prepublish", [])
    world.roll()
    world.run()
    held = "a client may still hold the TLSA records of before, of a TTL of 3600 s"
    assert told(world) == ("prepublish", [held])
    run_often(world, 12)
    assert told(world) == ("ready", [])
    world.renew()
    world.run()
    slow = "not seen with the new key: 192.0.2.1:25 (_25._tcp.mx.example.org.)"
    assert told(world)[0] == "deploying"
    assert world.chains == [1, 2]
    world.deploy_all()
    world.installed[ENDPOINTS[OWNER][0]] = 0
    world.run()
    assert told(world)[1] == [slow]
    world.deploy_all()
    world.run()
    hold = "every endpoint has the new key; the old one stays listed for a way back"
    assert told(world) == ("retiring", [hold])
    run_often(world, 24 * 4)
    assert told(world) == ("stable", [])
    assert world.step
    assert [key.pin for key in world.step.state.keys] == [pin(2)]
    assert world.step.needs_next


def test_the_end_of_a_wait_is_its_rest_from_now() -> None:
    world = stable()
    world.change_key()
    run_often(world, 3)
    assert world.step
    (waiting,) = world.step.waiting
    assert waiting.until == world.now + 2 * HOUR + HOUR - 900
    assert world.step.phase.value == "staged"
    assert (world.step.export, world.step.use) == (None, pin(1))


def test_a_renewal_that_keeps_its_key_is_exported_at_once() -> None:
    world = stable()
    before = world.state
    world.run(is_blind=True)
    assert world.step
    assert world.step.export == world.step.use == pin(1)
    assert before is not None
    assert world.step.state.keys[0].pin == before.keys[0].pin


def test_a_settled_track_has_nothing_new_to_remember() -> None:
    world = stable()
    run_often(world, 20)
    before = world.state
    world.run()
    assert world.step
    assert world.step.state == before


def test_the_age_of_a_key_calls_for_the_next_one() -> None:
    world = stable()
    world.plan_next()
    run_often(world, 20)
    assert world.step
    assert world.step.use == pin(1)
    policy = Policy(roll_after=HOUR)
    step = rollover.advance(
        world.step.state, world.sources(), world.look(), world.now, policy=policy
    )
    assert step.use == pin(2)


def test_a_next_key_that_nobody_plans_any_more_is_let_go_unless_it_is_served() -> None:
    for is_served in (False, True):
        world = stable()
        world.plan_next()
        run_often(world, 20)
        if is_served:
            world.chains.insert(0, 2)
            world.installed[ENDPOINTS[OWNER][0]] = 0
        world.run()
        world.drop_next()
        world.run()
        assert world.state
        assert (world.state.key(pin(2)) is not None) == is_served


def test_a_clock_that_cannot_be_set_counts_whole() -> None:
    world = stable()
    world.change_key()
    run_often(world, 2)
    assert world.state
    arguments = (world.state, world.sources(), world.look(), world.now)
    assert rollover.advance(*arguments, elapsed=3 * HOUR).export == pin(2)
    assert rollover.advance(*arguments).export is None


# -- what is said ------------------------------------------------------------------------------


def test_servers_without_the_records_are_named() -> None:
    world = stable()
    world.silence(2)
    world.change_key()
    run_often(world, 1, with_transfers=False)
    world.sign()
    world.transfer(0)
    world.run()
    assert told(world)[1] == ["without its TLSA records: 1"]
    world.transfer(1)
    world.run()
    whys = ["no validated answer of 2, whose copy may be old until it expires"]
    assert told(world)[1] == whys


def test_hosts_whose_keys_are_carried_by_hand_are_named_with_the_line_to_write() -> None:
    world = stable(by_hand=True)
    world.change_key()
    run_often(world, 20)
    assert world.step
    (waiting,) = world.step.waiting
    assert waiting.why == "keys are carried by hand, and not yet to mx.example.org."
    assert waiting.way_on == "carry it there, then `zonebuild lineage carried mx mx.example.org.`"
    assert world.state
    carried = orders.note_carried(world.state, pin(2), [HOST])
    assert isinstance(carried, State)
    step = rollover.advance(carried, world.sources(), world.look(), world.now)
    assert step.export == pin(2)


def test_orders_for_a_key_that_is_not_listed_are_refused() -> None:
    world = stable()
    assert world.state
    listed = "0000000000000000…"
    wrong = Wrong(f"is not listed for mx, want one of {listed}")
    assert orders.note_carried(world.state, pin(7), [HOST]) == wrong
    assert orders.note_compromised(world.state, pin(7)) == wrong


def test_an_emergency_waits_one_ttl_and_says_what_else_there_is() -> None:
    world = stable()
    world.compromise()
    world.change_key()
    run_often(world, 3)
    assert world.step
    (waiting,) = world.step.waiting
    assert waiting.until == world.now + HOUR + 900 - 900
    assert waiting.way_on.startswith("time alone; taking its places out of the map")
    assert world.step.use is None


def test_a_roll_can_be_taken_back() -> None:
    world = stable()
    world.plan_next()
    run_often(world, 20)
    assert world.state
    world.state = orders.cancel_roll(orders.ask_roll(world.state))
    world.run()
    assert told(world) == ("stable+next", [])


def test_an_exported_key_that_nobody_listed_is_listed_and_told() -> None:
    world = stable()
    world.chains.append(5)
    world.run()
    assert world.step
    (finding,) = world.step.findings
    assert finding.check == "exported-key-not-listed"
    assert world.step.state.key(pin(5)) == world.step.state.current


# -- other units and other beginnings ----------------------------------------------------------


def sight(state: State, *pins: Pin, served: Pin, parameters: Parameters = DEFAULT) -> Observation:
    """Return what is seen where one server lists *pins* and one endpoint serves *served*."""
    rdatas = frozenset(rdata for each in pins if (rdata := each.rdata(parameters)))
    return Observation(
        state.epoch,
        state.last,
        {OWNER: (ServerView("ns1.example.org.", rdatas, HOUR),)},
        {OWNER: (EndpointView("192.0.2.1:25", frozenset({served})),)},
    )


def test_under_3_0_1_each_renewal_is_a_rollover() -> None:
    parameters = Parameters(3, 0, 1)
    sources = Sources({OWNER: Owner((parameters,), HOUR, EXPIRE)}, pin(1), pin(1))
    state = rollover.start_over("mx", "certificate", NOW)
    for number in range(40):
        listed = [key.pin for key in state.keys]
        served = pin(1) if sources.exported == pin(1) else pin(2)
        seen = sight(state, *listed, served=served, parameters=parameters)
        step = rollover.advance(state, sources, seen, state.last, elapsed=900)
        state = replace(step.state, last=state.last + 900)
        sources = replace(sources, issued=pin(1) if number < 5 else pin(2))
        sources = replace(sources, exported=step.export or sources.exported)
    assert sources.exported == pin(2)
    assert {key.pin for key in state.keys} == {pin(1), pin(2)}
    assert not step.needs_next
    assert seconds_between_renewals(HOUR, 7200, Policy()) == 3 * HOUR + 7200


def test_a_set_of_issuers_is_listed_in_advance() -> None:
    parameters = Parameters(2, 1, 1)
    issuers = (pin(1), pin(2), pin(3))
    owner = Owner((parameters,), HOUR, EXPIRE)
    sources = Sources({OWNER: owner}, pin(1), pin(1), planned=issuers)
    state = rollover.start_over("mx", "issuer", NOW)
    step = rollover.advance(state, sources, sight(state, served=pin(1)), NOW)
    assert {key.pin for key in step.state.keys} == set(issuers)
    for _ in range(20):
        state = step.state
        seen = sight(state, *issuers, served=pin(1), parameters=parameters)
        step = rollover.advance(state, sources, seen, state.last, elapsed=900)
    other = replace(sources, issued=pin(3))
    assert rollover.advance(step.state, other, seen, step.state.last).export == pin(3)
    unlisted = replace(sources, issued=pin(9))
    assert rollover.advance(step.state, unlisted, seen, step.state.last).export is None


def test_two_lineages_at_one_owner_are_first_published_together() -> None:
    owner = Owner((DEFAULT,), HOUR, EXPIRE, beside=frozenset({pin(2).name}))
    sources = Sources({OWNER: owner}, pin(1), pin(1))
    state = rollover.advance(rollover.start_over("mx-rsa", "key", NOW), sources, None, NOW).state
    for pins, is_begun in (({pin(1)}, False), ({pin(2)}, False), ({pin(1), pin(2)}, True)):
        views = {OWNER: (EndpointView("192.0.2.1:25", frozenset(pins)),)}
        seen = Observation(state.epoch, NOW, endpoints=views)
        assert (OWNER in rollover.advance(state, sources, seen, NOW).state.owners) == is_begun


def test_a_site_without_probes_may_publish_on_the_maps_word() -> None:
    state = rollover.start_over("mx", "key", NOW)
    sources = Sources({OWNER: Owner((DEFAULT,), HOUR)}, pin(1), pin(1), planned=(pin(2),))
    step = rollover.advance(state, sources, None, NOW, policy=Policy(publishes_unseen=True))
    assert OWNER in step.state.owners
    assert {key.pin for key in step.state.keys} == {pin(1), pin(2)}


def test_lost_state_is_taken_from_the_zone_and_the_certificates() -> None:
    rdatas = frozenset(f"3 1 1 {pin(key).sha256}" for key in (1, 2, 3))
    owner = Owner((DEFAULT,), 300, EXPIRE, published=rdatas)
    sources = Sources({OWNER: owner}, exported=pin(1), issued=pin(2))
    step = rollover.advance(rollover.start_over("mx", "key", NOW), sources, None, NOW)
    assert {key.pin.sha256 for key in step.state.keys} == {pin(key).sha256 for key in (1, 2, 3)}
    assert step.state.current is not None
    assert step.state.current.pin == pin(1)
    assert step.export is None
    assert step.retired == ()
    assert step.state.owners[OWNER].ttl == Policy().lost_ttl


@pytest.mark.parametrize("is_proved", [True, False])
def test_a_denial_lets_something_go_on_only_where_it_is_proved(*, is_proved: bool) -> None:
    owner, policy = Owner((DEFAULT,), 300, EXPIRE), Policy()
    state = replace(rollover.start_over("mx", "key", NOW), owners={OWNER: Memory(7200, EXPIRE, 1)})
    sources = Sources({OWNER: owner}, pin(1), pin(1))
    views = (ServerView("192.0.2.53", frozenset(), is_proved=is_proved),)
    seen = Observation(state.epoch, NOW, servers={OWNER: views})
    waiting = waits.before_listing(pin(2), waits.Moment(state, sources, seen, policy, NOW))
    why = f"no name server gives an answer that is proved about {OWNER}"
    assert (waiting and waiting.why) == (None if is_proved else why)
    after = clocks.note(state, sources, seen, now=NOW, seconds=600, policy=policy)
    assert (after.owners[OWNER].calm > 1) == is_proved
    assert clocks.sighting(pin(1), state, sources, seen) is clocks.Sighting.LACKING


def test_an_owner_that_leaves_the_map_is_forgotten() -> None:
    world = stable()
    world.owners = OWNERS[:1]
    world.run()
    assert world.state
    assert list(world.state.owners) == [OWNERS[0]]
    assert {owner for owner, _ in world.state.seen} == {OWNERS[0]}


@pytest.mark.parametrize("now", [-(10**12), 0, 2**40])
def test_any_time_of_day_is_taken(now: int) -> None:
    world = stable()
    assert world.state
    assert rollover.advance(world.state, world.sources(), None, now).state.keys
