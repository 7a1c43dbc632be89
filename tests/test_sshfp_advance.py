"""What becomes of host keys from run to run: one at a time, none in another's place unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonebuild.sshfp.advance import Step, advance
from zonebuild.sshfp.approval import NONE
from zonebuild.sshfp.given import Given, Sight, Terms
from zonebuild.sshfp.key import Key, shown
from zonebuild.sshfp.rails import MAX_ENTRIES
from zonebuild.sshfp.state import Entry, Slot, State, read_state, state_text

HOST = "www.example.org."
A, B, C = (letter * 64 for letter in "abc")
ED25519 = 4
SLOT = Slot(HOST, ED25519)
DAY = 86_400
TTL, EXPIRE, GRACE = 3600, 14 * DAY, 7 * DAY
NOW = 1_800_000_000
TERMS = Terms(TTL, EXPIRE)


@dataclass
class Site:
    """A site whose runs follow each other. terms: of every host; none: nobody may speak for it."""

    state: State = field(default_factory=State)
    terms: Terms | None = TERMS
    approved: dict[str, str] = field(default_factory=dict)
    hold_new: bool = False
    gone: dict[Slot, int] = field(default_factory=dict)

    def run(self, *keys: str, now: int = NOW, is_whole: bool = True) -> Step:
        """Return what a run comes to in which HOST offers *keys*."""
        offered = frozenset(Key(ED25519, key) for key in keys)
        return self.run_all({HOST: Sight(offered, is_whole)}, now=now)

    def run_all(self, sights: Mapping[str, Sight], *, now: int = NOW) -> Step:
        """Return what a run comes to in which the hosts offer *sights*."""
        given = Given(
            terms=lambda _: self.terms,
            approvals={host: {ED25519: key} for host, key in self.approved.items()},
            gone=self.gone,
            grace=GRACE,
            hold_new=self.hold_new,
        )
        step = advance(self.state, sights, given, now=now)
        self.state = step.state
        return step

    @property
    def published(self) -> str | None:
        """The fingerprint in the zone."""
        entry = self.state.entries.get(SLOT)
        return entry.fingerprint if entry and entry.is_published else None


def site_with(key: str = A) -> Site:
    """Return a site that has published *key*."""
    site = Site()
    site.run(key, now=NOW - DAY)
    return site


def why(step: Step) -> str:
    """Return why the one thing waits."""
    (waiting,) = step.waitings
    return waiting.why


# -- what is published ----------------------------------------------------------------------------


def test_a_new_host_and_a_new_algorithm_are_published_at_once() -> None:
    site = site_with()
    step = site.run_all({HOST: Sight(frozenset({Key(ED25519, A), Key(1, B)}))})
    assert site.state.records() == {HOST: [Key(1, B), Key(ED25519, A)]}
    assert not step.waitings
    assert not step.alarms


def test_a_new_key_waits_where_the_site_wants_that_until_it_is_approved() -> None:
    site = Site(hold_new=True)
    assert f"{shown(A)} is new" in why(site.run(A))
    assert site.published is None
    assert site.state.held == {(SLOT, A)}
    site.approved[HOST] = A
    assert site.run(A).waitings == ()
    assert site.published == A


def test_another_key_than_the_approved_one_is_never_first() -> None:
    site = Site(approved={HOST: A})
    assert "names another" in why(site.run(B))
    assert site.published is None


def test_of_two_keys_of_an_algorithm_none_is_newly_published() -> None:
    site = Site()
    step = site.run(A, B)
    assert [alarm.check for alarm in step.alarms] == ["sshfp-two-keys"]
    assert site.published is None
    site = site_with(A)
    assert site.run(A, B).alarms == step.alarms
    assert site.published == A


# -- what is held ---------------------------------------------------------------------------------


def test_another_key_waits_and_the_old_record_stays_for_ever() -> None:
    site = site_with(A)
    for moment in (NOW, NOW + GRACE, NOW + 400 * DAY):
        step = site.run(B, now=moment)
        assert site.published == A
    (waiting,) = step.waitings
    assert shown(A) in waiting.why
    assert shown(B) in waiting.why
    assert f"zonebuild sshfp approve {HOST} {shown(B)}" in waiting.way_on
    assert waiting.until is None
    assert [(alarm.host, alarm.check) for alarm in step.alarms] == [(HOST, "sshfp-held")]
    assert site.state.held == {(SLOT, B)}


def test_what_is_held_is_over_when_the_old_key_is_back() -> None:
    site = site_with(A)
    site.run(B)
    assert site.run(A).waitings == ()
    assert site.state.held == frozenset()


# -- an approved change ---------------------------------------------------------------------------


def test_an_approved_change_withdraws_waits_out_the_ttl_and_publishes() -> None:
    site = site_with(A)
    site.approved[HOST] = B
    site.run(B)
    assert site.published is None
    assert list(site.state.leaving()) == [SLOT]
    site.gone[SLOT] = NOW + 100
    step = site.run(B, now=NOW + 200)
    assert step.due == NOW + 100 + TTL == step.waitings[0].until
    assert site.state.leaving() == {}
    site.gone.clear()  # what was seen once is remembered
    site.run(B, now=step.due - 1)
    assert site.published is None
    site.run(B, now=step.due)
    assert site.published == B


def test_unseen_a_record_is_gone_when_the_soa_has_expired_since_the_hand_off() -> None:
    site = site_with(A)
    site.approved[HOST] = B
    site.run(B)
    site.terms = Terms(TTL, EXPIRE, handed_off=NOW - 1)
    assert "withdrawn" in why(site.run(B, now=NOW + 400 * DAY))  # the zone went nowhere since
    site.terms = Terms(TTL, EXPIRE, handed_off=NOW + 60)
    assert site.run(B, now=NOW + 120).due == NOW + 60 + EXPIRE + TTL
    site.terms = Terms(TTL, EXPIRE, handed_off=NOW + 5 * DAY)  # a later one changes nothing
    site.run(B, now=NOW + 60 + EXPIRE + TTL)
    assert site.published == B


def test_what_was_seen_before_the_record_was_withdrawn_counts_for_nothing() -> None:
    site = site_with(A)
    site.approved[HOST], site.gone = B, {SLOT: NOW - 1}
    site.run(B)
    site.run(B, now=NOW + DAY)
    assert site.state.entries[SLOT].gone == 0


def test_the_largest_ttl_that_the_record_had_is_waited_out() -> None:
    site = Site(terms=Terms(DAY, EXPIRE))
    site.run(A, now=NOW - DAY)
    site.terms = TERMS
    site.approved[HOST] = B
    site.run(A, now=NOW - 60)
    site.run(B)
    site.gone[SLOT] = NOW
    assert site.run(B).due == NOW + DAY


def test_a_host_may_offer_the_next_key_beside_the_old_one_until_it_changes() -> None:
    site = site_with(A)
    site.approved[HOST] = B
    site.run(A, B)
    site.gone[SLOT] = NOW
    site.run(A, B, now=NOW + TTL)
    assert site.published is None
    site.run(B, now=NOW + TTL)
    assert site.published == B


def test_the_old_key_does_not_come_back_against_the_approval() -> None:
    site = site_with(A)
    site.approved[HOST] = B
    site.run(B)
    assert "names another" in why(site.run(A))
    assert site.published is None
    del site.approved[HOST]
    site.run(A)
    assert site.published == A


def test_a_third_key_wants_its_own_approval() -> None:
    site = site_with(A)
    site.approved[HOST] = B
    site.run(B)
    del site.approved[HOST]
    assert shown(C) in why(site.run(C, now=NOW + 400 * DAY))
    assert site.published is None


def test_none_takes_the_record_out_at_once_and_keeps_it_out() -> None:
    site = site_with(A)
    site.approved[HOST] = NONE
    for key in (A, B):
        assert site.run(key).waitings == ()
        assert site.published is None


# -- a key that is missing ------------------------------------------------------------------------


def test_a_missing_key_stays_for_the_grace_time() -> None:
    site = site_with(A)
    assert site.run().due == NOW + GRACE
    step = site.run(now=NOW + GRACE - 1)
    assert site.published == A
    assert step.alarms == ()
    site.run(now=NOW + GRACE)
    assert site.published is None


def test_the_grace_time_begins_anew_when_the_key_was_back() -> None:
    site = site_with(A)
    site.run()
    site.run(A, now=NOW + DAY)
    assert site.run(now=NOW + 2 * DAY).due == NOW + 2 * DAY + GRACE


def test_a_key_is_not_missing_while_a_feed_is() -> None:
    site = site_with(A)
    assert site.run(is_whole=False).waitings == ()
    site.run(is_whole=False, now=NOW + 2 * GRACE)
    assert site.published == A


def test_after_the_grace_time_only_the_same_key_comes_back_unasked() -> None:
    site = site_with(A)
    site.run()
    site.run(now=NOW + GRACE)
    assert shown(A) in why(site.run(B, now=NOW + 100 * DAY))
    assert site.published is None
    site.run(A, now=NOW + 100 * DAY)
    assert site.published == A


def test_a_key_that_is_gone_is_forgotten_after_a_year() -> None:
    site = site_with(A)
    site.run()
    site.run(now=NOW + GRACE)
    site.gone[SLOT] = NOW + GRACE
    site.run(now=NOW + GRACE + 365 * DAY - 1)
    assert site.state.entries
    site.run(now=NOW + GRACE + 365 * DAY)
    assert not site.state.entries


def test_a_host_that_nobody_may_speak_for_any_more_loses_its_record() -> None:
    site = site_with(A)
    site.terms = None
    site.run(A)
    assert site.published is None


def test_a_clock_that_was_wrong_makes_nothing_wait_for_the_future() -> None:
    site = site_with(A)
    site.approved[HOST] = B
    site.run(B, now=NOW + 10_000 * DAY)
    site.gone[SLOT] = NOW + 1
    assert site.run(B, now=NOW + 2).due == 0
    site.gone[SLOT] = NOW + 3
    assert site.run(B, now=NOW + 4).due == NOW + 3 + TTL


# -- many hosts -----------------------------------------------------------------------------------


def hosts(number: int, key: str = "", prefix: str = "h") -> dict[str, Sight]:
    """Return so many hosts with a key of their own each, made of *key* where it is given."""
    return {
        f"{prefix}{i}.example.org.": Sight(frozenset({Key(ED25519, f"{key}{i:x}".rjust(64, "0"))}))
        for i in range(number)
    }


def grown(number: int) -> Site:
    """Return a site that knows so many hosts."""
    site = Site()
    site.run_all(hosts(number))
    return site


@pytest.mark.parametrize(
    ("known", "changed", "is_held"), [(10, 2, False), (10, 3, True), (60, 3, False), (60, 4, True)]
)
def test_many_that_are_missing_stay_and_wait_as_one(
    known: int, changed: int, is_held: bool
) -> None:
    site = grown(known)
    left = dict(list(hosts(known).items())[changed:])
    site.run_all(left)
    step = site.run_all(left, now=NOW + GRACE)
    assert len(site.state.records()) == (known if is_held else known - changed)
    assert len(step.waitings) == is_held
    assert [alarm.host for alarm in step.alarms] == [""] * is_held


def test_many_that_go_one_by_one_stay_as_well() -> None:
    site = grown(40)
    everyone = list(hosts(40).items())
    for gone in range(1, 21):
        site.run_all(dict(everyone[gone:]), now=NOW + gone * 3600)
    site.run_all(dict(everyone[20:]), now=NOW + 100 * DAY)
    assert len(site.state.records()) == 40


def test_many_other_keys_wait_as_one_and_each_can_be_approved() -> None:
    site = grown(20)
    sights = {**hosts(20), **hosts(5, "f")}
    step = site.run_all(sights)
    (waiting,) = step.waitings
    assert waiting.what == "host keys of 5 hosts"
    assert "h0.example.org., h1.example.org." in waiting.why
    assert len(site.state.held) == 5
    site.approved = {slot.host: key for slot, key in site.state.held}
    site.run_all(sights)
    assert len(site.state.leaving()) == 5


@pytest.mark.parametrize(("known", "is_held"), [(19, False), (20, True)])
def test_many_new_hosts_are_held_once_there_are_some(known: int, is_held: bool) -> None:
    site = grown(known)
    step = site.run_all({**hosts(known), **hosts(5, "e", "new")})
    assert len(site.state.records()) == (known if is_held else known + 5)
    assert len(step.waitings) == is_held


def test_approved_hosts_do_not_count_as_many() -> None:
    site = grown(20)
    new = hosts(3, "e", "new")
    site.run_all({**hosts(20), **new})
    one = next(iter(new))
    site.approved[one] = next(iter(new[one].keys)).fingerprint
    site.run_all({**hosts(20), **new})
    assert len(site.state.records()) == 23


def test_a_feed_cannot_make_more_be_remembered_than_there_is_room_for() -> None:
    full = {Slot(f"h{i}.example.org.", ED25519): Entry(A, TTL) for i in range(MAX_ENTRIES)}
    site = Site(State(full))
    unread = {slot.host: Sight(is_whole=False) for slot in full}
    assert "too many keys" in why(site.run_all(unread | hosts(1, prefix="new")))
    assert len(site.state.entries) == MAX_ENTRIES


def test_too_many_of_one_kind_are_told_as_one() -> None:
    site = Site(hold_new=True)
    step = site.run_all(hosts(30))
    (waiting,) = step.waitings
    assert waiting.why.endswith("and 20 more")
    assert len(step.alarms) == 1


# -- a model of the world -------------------------------------------------------------------------

SAME = "what is offered"
# One run: seconds since the last, what the host offers, what is approved (None: no line), whether
# the zone is handed off, how long the slowest server takes to load it, whether anyone looks.
_RUN = st.tuples(
    st.sampled_from([60, TTL - 60, TTL, DAY, GRACE, EXPIRE, EXPIRE + TTL]),
    st.sampled_from([{A}, {B}, {A}, {B}, {A, B}, set()]),
    st.sampled_from([SAME, SAME, SAME, None, A, NONE]),
    st.sampled_from([True, True, False]),
    st.sampled_from([0, 60, TTL, EXPIRE]),
    st.booleans(),
)


@dataclass
class World:
    """What servers and caches may have: for each key the end of it, Unix seconds."""

    served: str | None = None  # what the last zone handed off has
    leaves: dict[str, int] = field(default_factory=dict)  # when the last server drops it
    handed_off: int = 0

    def hand_off(self, key: str | None, now: int, lag: int) -> None:
        """Give the servers the zone that is built."""
        if self.served and key != self.served:
            self.leaves[self.served] = max(self.leaves.get(self.served, 0), now + lag)
        self.served, self.handed_off = key, now

    def visible(self, now: int) -> set[str]:
        """Return the keys that some server or cache may answer with."""
        cached = {key for key, end in self.leaves.items() if now < end + TTL}
        return cached | ({self.served} if self.served else set())

    def seen_gone(self, key: str, now: int) -> int:
        """Return since when no server answers *key*, 0 while one does."""
        end = self.leaves.get(key, 0)
        return end if key != self.served and 0 < end <= now else 0


@settings(max_examples=300)
@given(st.lists(_RUN, min_size=4, max_size=25))
def test_no_two_keys_are_ever_seen_and_none_takes_anothers_place_unasked(
    runs: Sequence[tuple[int, set[str], str | None, bool, int, bool]],
) -> None:
    site, world, now = Site(), World(), NOW
    last: str | None = None
    for seconds, offered, approved, is_handed_off, lag, is_probed in runs:
        now += seconds
        approved = min(offered, default=None) if approved is SAME else approved
        site.approved = {HOST: approved} if approved else {}
        site.terms = Terms(TTL, EXPIRE, world.handed_off)
        leaving = site.state.leaving().get(SLOT)
        seen = world.seen_gone(leaving.fingerprint, now) if leaving and is_probed else 0
        site.gone = {SLOT: seen} if seen else {}
        site.state = read_state(state_text(site.state)) or State()
        site.run(*offered, now=now)
        if site.published and last not in (None, site.published):
            assert approved == site.published
        last = site.published or (last if SLOT in site.state.entries else None)
        if is_handed_off:
            world.hand_off(site.published, now, lag)
        assert len(world.visible(now)) <= 1
