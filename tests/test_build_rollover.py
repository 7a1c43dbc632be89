"""A change of keys through the real stage, under a clock of its own, told step by step."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.rollover_site import ENDPOINTS, SERVERS, SiteWorld, rolling_world
from tests.tlsa_material import public_der
from tests.tlsa_sites import ONE, digest, records
from zonebuild.builder.lineages.observation import STATE_FILE, kept_states
from zonebuild.tlsa.orders import ask_roll
from zonebuild.tlsa.state import State
from zonebuild.tlsa.state_text import states_text

BOTH = ONE | {f"_25._tcp.mx {digest('rsa')}"}
NEW = {f"_25._tcp.mx {digest('rsa')}"}
RSA, ECDSA = (hashlib.sha256(public_der(kind)).hexdigest() for kind in ("rsa", "ecdsa"))


@pytest.fixture
def world(tmp_path: Path) -> SiteWorld:
    return rolling_world(tmp_path / "site")


def change_state(world: SiteWorld, change: object) -> None:
    states = kept_states(world.site.root)
    assert callable(change)
    states["mx", "key"] = change(states["mx", "key"])
    world.site.write(STATE_FILE, states_text(states.values()))


def state(world: SiteWorld) -> State:
    return kept_states(world.site.root)["mx", "key"]


def test_a_planned_change_goes_from_prepublish_to_stable(world: SiteWorld) -> None:
    assert (records(world.site), world.waits(), world.orders.wants_next) == (ONE, "", True)

    world.plan("rsa")  # prepublish: listed, and the clock waits for the last server
    world.run()
    assert records(world.site) == BOTH
    world.transfer(SERVERS[0])
    world.run()
    change_state(world, ask_roll)
    world.run()
    assert f"without its TLSA records: {SERVERS[1]}" in world.waits()
    assert world.orders.use == ECDSA

    world.transfer()  # visible: now two TTLs and an hour
    world.run()
    assert "a client may still hold the TLSA records of before, of a TTL of 3600 s" in world.waits()
    world.run_often(2.5)
    assert world.orders.use == ECDSA
    world.run_often(1)
    assert (world.orders.use, world.waits()) == (RSA, "")  # ready

    world.issue("rsa")  # staged, and at once exported: its key has been visible long enough
    world.run()
    assert world.orders.export == {"key": frozenset({RSA})}
    assert world.exported == "rsa"
    assert records(world.site) == BOTH

    world.deploy(ENDPOINTS[0])  # deploying: one endpoint lags, however long
    world.run_often(72)
    assert f"not seen with the new key: {ENDPOINTS[1]}" in world.waits()
    assert records(world.site) == BOTH

    world.deploy()  # retiring: a day for the way back
    world.run()
    assert "the old one stays listed for a way back" in world.waits()
    world.run_often(23)
    assert records(world.site) == BOTH
    world.run_often(2)
    assert (records(world.site), world.waits()) == (NEW, "")  # stable
    assert ECDSA in world.orders.retired


def test_a_key_that_nobody_planned_is_listed_long_before_it_is_exported(world: SiteWorld) -> None:
    world.issue("rsa")
    world.run()
    assert (records(world.site), world.exported) == (BOTH, "ecdsa")
    world.run_often(3)
    assert world.exported == "ecdsa"
    world.run_often(1)
    assert world.exported == "rsa"


def test_an_old_key_gives_way_by_itself(world: SiteWorld) -> None:
    text = (world.site.root / "tlsa-map.yaml").read_text()
    world.site.write("tlsa-map.yaml", text.replace("first:", "roll_after: 12h\n    first:"))
    world.plan("rsa")
    world.run_often(5)
    assert (world.orders.use, world.waits()) == (ECDSA, "")
    world.run_often(1)
    assert world.orders.use == RSA


def test_without_a_fresh_look_nothing_moves(world: SiteWorld) -> None:
    world.issue("rsa")
    world.run()
    world.transfer()
    world.run()
    for _ in range(40):  # nobody looks any more, while what was seen grows old
        world.now += 900
        world.site.run(world.now)
        world.keep()
    assert world.exported == "ecdsa"
    assert "must still have it" in world.waits()


def test_a_map_that_wants_no_look_takes_no_heed_of_an_old_one(world: SiteWorld) -> None:
    text = (world.site.root / "tlsa-map.yaml").read_text()
    world.site.write("tlsa-map.yaml", text.replace("look: true", "look: false"))
    world.issue("rsa")
    world.run_often(8)
    assert (records(world.site), world.exported) == (ONE, "ecdsa")


def test_a_certificate_that_no_record_lists_is_an_error_at_each_build(world: SiteWorld) -> None:
    world.deployed[ENDPOINTS[0]] = "ed25519"
    run = world.run()
    assert run.errors == {"served-key-not-listed"}
    assert records(world.site) == ONE


def test_what_was_seen_brings_the_next_run_on(world: SiteWorld) -> None:
    world.site.run(world.now, settle=True)
    assert world.site.run(world.now, settle=True).fed == ()
    world.look()
    assert world.site.run(world.now, settle=True).fed == ("tlsa",)
