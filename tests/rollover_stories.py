"""Short histories of a rollover: each ends well, and ends in harm without the wait it is about."""

from __future__ import annotations

from collections.abc import Callable

from tests.rollover_world import ENDPOINTS, OWNERS, World

TWO_DAYS = 2 * 96  # runs, a quarter of an hour apart
_ALL = tuple(endpoint for each in ENDPOINTS.values() for endpoint in each)


def _running(world: World | None = None) -> World:
    """Return a world whose first key is served everywhere and listed at every server."""
    world = world or World()
    world.run()
    world.carry()
    world.run()
    world.deploy_all()
    run_often(world, 2)
    return world


def run_often(
    world: World, count: int, *, with_transfers: bool = True, is_blind: bool = False
) -> None:
    """Let cron run *count* times."""
    for _ in range(count):
        world.pass_time(900)
        world.run(is_blind=is_blind)
        if with_transfers:
            world.transfer_all()


def plain_rollover() -> World:
    world = _running()
    world.plan_next()
    run_often(world, 20)
    world.roll()
    world.run()
    world.renew()
    world.run()
    world.deploy_all()
    run_often(world, TWO_DAYS)
    return world


def unplanned_key() -> World:
    world = _running()
    world.change_key()
    for _ in range(20):
        run_often(world, 1)
        world.deploy_all()
    return world


def first_records() -> World:
    world = World()
    world.run()
    run_often(world, 3)
    world.deploy_all()
    run_often(world, 3)
    return world


def server_that_lags() -> World:
    world = _running()
    world.change_key()
    world.run()
    world.sign()
    world.transfer(0)
    run_often(world, 20, with_transfers=False)
    world.transfer_all()
    world.run()
    world.deploy_all()
    return world


def silent_server() -> World:
    world = _running()
    world.silence(2)
    world.change_key()
    for _ in range(20):
        world.pass_time(900)
        world.run()
        world.sign()
        world.transfer(0)
        world.transfer(1)
    world.deploy_all()
    return world


def server_from_a_backup() -> World:
    """A server goes back to an older zone; it is seen once, and only at the end again."""
    world = _running()
    world.change_key()
    run_often(world, 2)
    world.restore_server(0)
    run_often(world, 20, with_transfers=False, is_blind=True)
    world.deploy_all()
    world.run()
    world.transfer_all()
    world.run()
    world.deploy_all()
    return world


def crash_before_the_export() -> World:
    """The builder is killed before the export, and a server is given an older zone meanwhile."""
    world = _running()
    world.change_key()
    run_often(world, 12)
    while len(world.chains) == 1 and not (world.state and world.state.keys[-1].is_current):
        world.pass_time(900)
        world.run(crash="kept")
    world.restore_server(0)
    world.run(is_blind=True)
    world.deploy_all()
    return world


def relisted_key() -> World:
    """A key is listed, dropped and listed again, while servers still have the first zone of it."""
    world = _running()
    world.plan_next()
    run_often(world, 2)
    world.drop_next()
    world.run()
    world.sign()
    world.issued = 2
    world.run()
    world.run()
    run_often(world, 13, with_transfers=False, is_blind=True)
    world.transfer(0)
    world.transfer_all()
    run_often(world, 1)
    world.deploy_all()
    return world


def lower_ttl() -> World:
    world = World()
    for owner in OWNERS:
        world.set_ttl(owner, 86_400)
    _running(world)
    for owner in OWNERS:
        world.set_ttl(owner, 300)
    world.change_key()
    for _ in range(20):
        run_often(world, 1)
        world.deploy_all()
    return world


def lost_ttl() -> World:
    world = World()
    for owner in OWNERS:
        world.set_ttl(owner, 86_400)
    _running(world)
    for owner in OWNERS:
        world.set_ttl(owner, 300)
    run_often(world, 2)
    world.lose_state()
    world.run()
    world.change_key()
    for _ in range(20):
        run_often(world, 1)
        world.deploy_all()
    return world


def lost_state() -> World:
    world = _running()
    world.plan_next()
    run_often(world, 20)
    world.issued, world.planned = world.planned, None
    world.run()
    world.lose_state()
    run_often(world, 20)
    world.deploy_all()
    return world


def leaping_clock() -> World:
    world = _running()
    world.change_key()
    run_often(world, 2)
    world.leap_clock(90_000)
    world.run()
    world.run()
    world.deploy_all()
    return world


def carried_by_hand() -> World:
    world = _running(World(by_hand=True))
    world.change_key()
    run_often(world, 20)
    world.deploy_all()
    return world


def emergency() -> World:
    world = _running()
    world.compromise()
    world.change_key()
    run_often(world, 2)
    world.deploy_all()
    run_often(world, 8)
    world.deploy_all()
    run_often(world, 2)
    return world


def endpoint_that_lags_in_an_emergency() -> World:
    world = emergency()
    world.compromise()
    world.plan_next()
    run_often(world, 8)
    world.renew()
    world.run()
    world.deploy(_ALL[0])
    run_often(world, 4)
    return world


def key_in_wrong_hands() -> World:
    """The compromised key is issued by mistake, while it is listed and when it is gone."""
    world = endpoint_that_lags_in_an_emergency()
    for _ in range(2):
        world.issued = world.chains[-2]
        run_often(world, 20)
        world.issued = world.chains[-1]
        world.deploy_all()
        run_often(world, 4)
    return world


def _back_and_forth() -> World:
    """The new key is served everywhere, then the old one, and the new one is exported again."""
    world = plain_rollover_without_end()
    world.look()
    world.issued = 1
    world.run(is_late=True)
    world.deploy_all()
    return world


def plain_rollover_without_end() -> World:
    """As `plain_rollover`, as far as every endpoint has the new key."""
    world = _running()
    world.change_key()
    run_often(world, 20)
    world.deploy_all()
    world.run()
    return world


def old_look() -> World:
    """What was seen before the way back and forth is told after it, again and again."""
    world = _back_and_forth()
    old = world.looked
    world.run()
    world.issued = 2
    world.run()
    for _ in range(TWO_DAYS):
        world.pass_time(900)
        world.looked = old
        world.run(is_late=True)
    return world


def old_look_of_endpoints() -> World:
    """After the way back and forth no endpoint answers any more."""
    world = _back_and_forth()
    for issued in (1, 2):
        world.issued = issued
        world.look(unprobed=_ALL)
        world.run(is_late=True)
    for _ in range(TWO_DAYS):
        world.pass_time(900)
        world.look(unprobed=_ALL)
        world.run(is_late=True)
    return world


STORIES: tuple[Callable[[], World], ...] = (
    plain_rollover,
    unplanned_key,
    first_records,
    server_that_lags,
    silent_server,
    server_from_a_backup,
    crash_before_the_export,
    relisted_key,
    lower_ttl,
    lost_ttl,
    lost_state,
    leaping_clock,
    carried_by_hand,
    emergency,
    endpoint_that_lags_in_an_emergency,
    key_in_wrong_hands,
    old_look,
    old_look_of_endpoints,
)
