"""`zonebuild lineage`: what people say of keys changes what the next run does, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.rollover_site import SiteWorld, rolling_world
from tests.tlsa_material import octets, public_der
from zonebuild.builder.lineages.observation import STATE_FILE, kept_states
from zonebuild.cli import run
from zonebuild.tlsa.state import Order, State

ECDSA, RSA = (hashlib.sha256(public_der(kind)).hexdigest() for kind in ("ecdsa", "rsa"))
HOST = "mx.example.org"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteWorld:
    world = rolling_world(tmp_path / "site")
    text = (world.site.root / "tlsa-map.yaml").read_text()
    world.site.write("tlsa-map.yaml", text.replace("first:", "keys: by-hand\n    first:"))
    monkeypatch.chdir(world.site.root)
    return world


def track(world: SiteWorld) -> State:
    return kept_states(world.site.root)["mx", "key"]


def test_a_roll_is_asked_for_and_taken_back(world: SiteWorld) -> None:
    world.plan("rsa")
    world.run()
    assert run(["lineage", "roll", "mx"]) == 0
    assert track(world).order is Order.ROLL
    assert "tlsa" in world.site.run(world.now, settle=True).fed
    assert run(["lineage", "cancel", "mx"]) == 0
    assert track(world).order is Order.NONE


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["roll", "mx"], 1, "mx lists no next key yet"),
        (["cancel", "mx"], 1, "has not been asked to roll"),
        (["roll", "nothing"], 1, "nothing is no lineage that was built, want one of its own: mx"),
        (["compromised", "mx", "ffffffff"], 1, "lists no key 'ffffffff', want 8 digits or more"),
        (["compromised", "mx", ECDSA[:7]], 1, "want 8 digits or more"),
        (["carried", "mx", HOST], 1, "lists 0 keys that were not yet exported"),
        (["carried", "mx", "www.example.org"], 1, "want one of mx.example.org."),
        (["carried", "mx", HOST, "--csr", "nowhere"], 2, "'nowhere' does not exist"),
        (["carried", "mx", HOST, "--csr", "certs/mx/issued.pem"], 2, "is a certificate, want"),
        (["list", "nothing"], 2, "is no lineage of tlsa-map.yaml"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    world: SiteWorld,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    before = (world.site.root / STATE_FILE).read_bytes()
    assert run(["lineage", *arguments]) == code
    assert message in capsys.readouterr().err
    assert (world.site.root / STATE_FILE).read_bytes() == before


def test_a_key_that_is_carried_by_hand_is_used_once_its_hosts_have_it(world: SiteWorld) -> None:
    world.plan("rsa")
    world.run_often(6)
    assert run(["lineage", "roll", "mx"]) == 0
    world.run()
    assert "keys are carried by hand, and not yet to mx.example.org." in world.waits()
    assert world.orders.use == ECDSA
    assert run(["lineage", "carried", "mx", HOST.upper()]) == 0
    world.run()
    assert world.orders.use == RSA


def test_a_request_from_the_host_proves_that_it_has_the_key(world: SiteWorld) -> None:
    world.plan("rsa")
    world.run()
    proof = world.site.write("host.csr", octets("request", "rsa"))
    assert run(["lineage", "carried", "mx", HOST, "--csr", str(proof)]) == 0
    assert [key.carried for key in track(world).keys] == [(), ("mx.example.org.",)]


@pytest.mark.parametrize(
    ("kind", "more"), [("ed25519", []), ("rsa", ["--key", ECDSA])], ids=["unlisted", "another"]
)
def test_a_request_with_another_key_proves_nothing(
    world: SiteWorld, kind: str, more: list[str]
) -> None:
    world.plan("rsa")
    world.run()
    proof = world.site.write("host.csr", octets("request", kind))
    assert run(["lineage", "carried", "mx", HOST, "--csr", str(proof), *more]) == 1
    assert all(key.carried == () for key in track(world).keys)


def test_a_compromised_key_is_neither_used_nor_exported_again(world: SiteWorld) -> None:
    world.plan("rsa")
    world.run()
    world.transfer()
    assert run(["lineage", "carried", "mx", HOST]) == 0
    assert run(["lineage", "compromised", "mx", ECDSA[:8]]) == 0
    world.run()
    assert (world.orders.use, world.orders.export) == ("", {"key": frozenset()})
    world.run_often(1.5)  # one TTL, and fifteen minutes
    assert world.orders.use == RSA


def test_the_list_shows_phases_keys_and_waits(
    world: SiteWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.plan("rsa")
    world.run()
    assert run(["lineage", "roll", "mx"]) == 0
    capsys.readouterr()
    assert run(["lineage", "list", "mx"]) == 0
    told = capsys.readouterr().out
    assert "mx key: prepublish, to roll\n" in told
    assert f"  {ECDSA} current, exported 2026-11-18" in told
    assert f"  {RSA} next, listed 2026-11-18" in told
    assert "not yet at every server" in told
    assert "no name server has been asked since" in told
