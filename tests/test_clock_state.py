"""Every file of state/ that keeps times bears one that a clock which was ahead has left there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.rollover_stories import run_often
from tests.rollover_world import World
from tests.sites import DAY, NOW, SITE, SmallSite
from tests.test_build_arrival import exec_site
from tests.test_hostkeys import FEED, HOST, RULES, feed_of, pub, take
from tests.test_hostkeys import NOW as KEYS_NOW
from zonebuild.acme.backoff import MOST_WAIT, Failures
from zonebuild.acme.ledger import Event, What
from zonebuild.acme.memory import Memory, Pending, without_future
from zonebuild.acme.renew import Schedule
from zonebuild.acme.state import State as AcmeState
from zonebuild.builder.delivery.arrival_state import remembered
from zonebuild.builder.machines.challenges import read_seen
from zonebuild.builder.machines.hostkeys import recall
from zonebuild.builder.places import find_places
from zonebuild.poll.news import BUILD, Told, Trouble, tell
from zonebuild.sshfp.given import LONGEST_EXPIRE
from zonebuild.sshfp.state import Entry, Slot, State, state_text

AHEAD = 10 * 365 * DAY
VALUE = "gfj9Xq-Rg_85nM0abcdefghijklmnopqrstuvwxyz01"
OWNER = "_acme-challenge.a.example."


def test_challenges_first_seen_in_the_future_age_from_now_on(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [], SITE + "feeds: {box: box}\n")
    site.add_zone("a.example", yaml="acme: {box: [a.example]}\n")
    site.write("box/.zonebuild-feed", "")
    site.write(f"box/{OWNER[:-1]}", f'{OWNER} 60 IN TXT "{VALUE}"\n')
    site.write("state/challenges", f"{NOW + AHEAD} {OWNER} {VALUE} box\n")
    site.run()
    assert VALUE in site.built("a.example")
    seen = read_seen((site.root / "state/challenges").read_bytes())
    assert set(seen.now.values()) == {NOW}
    site.run(NOW + 30 * DAY)
    assert VALUE not in site.built("a.example")


def test_an_arrival_since_the_future_is_late_in_time(tmp_path: Path) -> None:
    site = exec_site(tmp_path, 'text.replace("192.0.2.1", "192.0.2.9")')
    site.run(handoff=True, settle=True)
    arrivals = site.root / "state/arrivals"
    arrivals.write_text(arrivals.read_text().replace(f" {NOW} ", f" {NOW + AHEAD} "))
    site.forget(".zonebuild/stamps.arrival")
    assert site.run(NOW + 60, handoff=True, settle=True).warnings == set()
    assert {each.since for each in remembered(find_places(site.root)).values()} == {NOW + 60}
    assert site.run(NOW + 1060, handoff=True, settle=True).warnings == {"signer-differs"}


@pytest.mark.parametrize("line", ["@ 60 IN RRSIG A 13 2 60 {end} {at} 7 a.example. AAAA\\n"])
def test_signatures_of_another_signer_that_begin_in_the_future_are_an_error(
    tmp_path: Path, line: str
) -> None:
    line = line.format(end="20370101000000", at="20361201000000")
    site = exec_site(tmp_path, f'text + "{line}"')
    run = site.run(handoff=True, settle=True)
    assert (run.code, run.errors) == (1, {"signatures-not-yet-valid"})
    assert "begins only at 2036-12-01 00:00 UTC" in run.told
    copy = site.root / "elsewhere/a.example"
    copy.write_text(copy.read_text().replace("20361201", "20261101"))
    assert site.run(NOW + 600, handoff=True, settle=True).errors == set()


def test_host_keys_wait_for_no_time_that_only_a_clock_ahead_can_have_left() -> None:
    slot, key = Slot(HOST, 4), "a" * 64
    gone = Entry(key, 3600, withdrawn=KEYS_NOW + AHEAD, gone=KEYS_NOW + AHEAD)
    kept = state_text(State({slot: gone}, not_before=KEYS_NOW + AHEAD))
    state, findings = recall(kept, {}, RULES, now=KEYS_NOW)
    assert (findings, state.not_before) == ([], KEYS_NOW + LONGEST_EXPIRE)
    after = take({FEED: feed_of({HOST[:-1]: pub(1)})}, state).state
    latest = KEYS_NOW + LONGEST_EXPIRE
    assert (after.entries[slot].withdrawn, after.entries[slot].gone) == (KEYS_NOW, latest)


def test_a_key_exported_in_the_future_is_as_old_as_now() -> None:
    world = World()
    world.run()
    world.deploy_all()
    run_often(world, 2)
    assert world.state
    ahead = tuple(replace(key, exported=world.now + AHEAD) for key in world.state.keys)
    world.state = replace(world.state, keys=ahead, last=world.now + AHEAD)
    world.run()
    assert {key.exported for key in world.state.keys} == {world.now}
    assert world.state.last == world.now


def test_what_is_kept_of_certificates_waits_for_no_year_to_come() -> None:
    far = NOW + AHEAD
    memory = Memory(
        schedule=Schedule("c" * 64, NOW + 5 * DAY, far),
        failures=Failures(3, far, far + 60),
        order=Pending("https://ca.example/o/1", "ca", "k" * 64, far),
    )
    found = without_future(memory, NOW)
    assert found.schedule == Schedule("c" * 64, NOW + 5 * DAY, NOW)
    assert found.failures == Failures(3, NOW, NOW)
    assert found.order
    assert found.order.since == NOW
    waiting = Memory(failures=Failures(1, NOW, NOW + MOST_WAIT))
    assert without_future(waiting, NOW) == waiting


def test_the_ledger_blocks_no_order_for_ten_years(tmp_path: Path) -> None:
    state = AcmeState(tmp_path)
    state.note(Event(NOW + AHEAD, What.ORDERED, "ca", ("example.org",)), now=NOW + AHEAD)
    state.load()
    state.forget_future(NOW)
    again = AcmeState(tmp_path)
    again.load()
    assert [event.at for event in again.events] == [NOW]


def test_a_trouble_of_the_future_is_reported_again_now() -> None:
    memory = {BUILD: Told(NOW + AHEAD, NOW + AHEAD, "title", ())}
    said, kept = tell(memory, [Trouble(BUILD, "title\n", 1)], looked=[BUILD], now=NOW)
    assert "title" in said
    assert kept[BUILD].last == NOW
