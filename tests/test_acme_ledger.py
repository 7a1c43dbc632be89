"""The ledger: what would break a CA's limit is refused, with the time from which it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.acme.ledger import (
    KEPT,
    Ask,
    Event,
    How,
    What,
    how_of,
    ledger_text,
    read_ledger,
    refuse_account,
    refuse_order,
)
from zonebuild.acme.limits import DOMAIN, LIMITS, NAMES, ORDERS, Limit, Limits

HOUR, DAY = 3600, 86400
NOW = 1_800_000_000
CA = "letsencrypt"
SET = ("example.org", "www.example.org")
LE = LIMITS[CA]


def registered(name: str) -> str:
    """Return the registered domain of a name below a one-label suffix."""
    return ".".join(name.split(".")[-2:])


def issued(
    at: int, names: tuple[str, ...] = SET, how: How = How.NEW, forced: bool = False
) -> Event:
    return Event(at, What.ISSUED, CA, names, how, forced)


def until(events: list[Event], how: How = How.NEW, names: tuple[str, ...] = SET) -> int | None:
    """Return from when one more is allowed, None where it is now."""
    refusal = refuse_order(events, Ask(CA, names, how), LE, NOW, registered)
    return refusal and refusal.until


# -- each limit -----------------------------------------------------------------------------------


def test_the_sixth_certificate_of_a_set_in_a_week_waits() -> None:
    events = [issued(NOW - day * DAY) for day in range(5)]
    assert until(events[:4]) is None
    assert until(events) == NOW - 4 * DAY + 7 * DAY
    assert until(events, names=("www.example.org",)) is None


def test_a_renewal_counts_for_its_set_and_not_for_its_domain() -> None:
    others = [issued(NOW - n, (f"h{n}.example.org",)) for n in range(50)]
    assert until(others, names=("new.example.org",)) == NOW - 49 + 7 * DAY
    assert until(others, How.RENEWAL, ("h1.example.org",)) is None
    same = [issued(NOW - n, how=How.RENEWAL) for n in range(5)]
    assert until(same, How.RENEWAL) is not None
    assert until(same, names=("new.example.org",)) is None


def test_a_renewal_that_the_ca_asked_for_is_free_and_counts_nowhere() -> None:
    events = [issued(NOW - n) for n in range(60)]
    assert until(events, How.ARI) is None
    assert until([issued(NOW - n, how=How.ARI) for n in range(60)]) is None


def test_failures_of_a_name_count_in_each_set_with_it_also_for_renewals() -> None:
    events = [Event(NOW - 60 * n, What.FAILED, CA, ("www.example.org",)) for n in range(5)]
    assert until(events[:4]) is None
    assert until(events, How.ARI) == NOW - 240 + HOUR
    assert until(events, names=("*.www.example.org",)) == NOW - 240 + HOUR
    assert until(events, names=("example.org",)) is None


def test_orders_and_accounts_are_counted() -> None:
    orders = [Event(NOW - n, What.ORDERED, CA, (f"h{n}.test",)) for n in range(300)]
    assert until(orders) == NOW - 299 + 3 * HOUR
    assert until(orders, How.RENEWAL) is None
    renewals = [order._replace(how=How.RENEWAL) for order in orders]
    assert until(renewals) is None
    accounts = [Event(NOW, What.REGISTERED, CA)] * 10
    refusal = refuse_account(accounts, CA, LE, NOW)
    assert refusal is not None
    assert refusal.until == NOW + 3 * HOUR
    assert refuse_account(accounts[1:], CA, LE, NOW) is None


def test_the_fourth_forced_renewal_of_a_set_in_a_week_is_refused_but_not_on_staging() -> None:
    events = [issued(NOW - n * HOUR, how=How.RENEWAL, forced=True) for n in range(3)]
    ask = Ask(CA, SET, How.RENEWAL, is_forced=True)
    refusal = refuse_order(events, ask, LE, NOW, registered)
    assert refusal is not None
    assert refusal.until == NOW - 2 * HOUR + 7 * DAY
    assert refuse_order(events, ask._replace(is_forced=False), LE, NOW, registered) is None
    staging = LIMITS["letsencrypt-staging"]
    assert refuse_order(events, ask, staging, NOW, registered) is None


def test_directories_do_not_share_a_ledger() -> None:
    events = [issued(NOW)._replace(directory="letsencrypt/staging")] * 60
    assert until(events) is None


def test_the_reason_says_which_limit() -> None:
    refusal = refuse_order([issued(NOW)] * 5, Ask(CA, SET), LE, NOW, registered)
    assert refusal is not None
    assert refusal.reason == "5 certificates of the same names in 7 days is what the CA allows"


@pytest.mark.parametrize(
    ("names", "replaces", "how"),
    [(SET, False, How.RENEWAL), (SET, True, How.ARI), (SET[:1], False, How.NEW)],
    ids=["same set", "replaces", "other set"],
)
def test_how_the_ca_will_count_it(names: tuple[str, ...], replaces: bool, how: How) -> None:
    assert how_of([issued(NOW - 90 * DAY)], CA, names, replaces=replaces) is how


# -- the CA's own counting ------------------------------------------------------------------------


class Bucket:
    """A limit as Let's Encrypt counts: *count* at once, filled up evenly in the period."""

    def __init__(self, limit: Limit) -> None:
        self._limit, self._used, self._at = limit, 0.0, 0

    def take(self, at: int) -> bool:
        """Take one; say False where there is none."""
        back = (at - self._at) * self._limit.count / self._limit.period
        self._used, self._at = max(0.0, self._used - back), at
        self._used += 1
        return self._used <= self._limit.count + 1e-6


SMALL = Limits({ORDERS: Limit(3, 50), NAMES: Limit(2, 70), DOMAIN: Limit(4, 90)})
STEPS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([SET, SET[:1]])), max_size=40)


@given(STEPS)
def test_what_the_ledger_allows_the_ca_allows(steps: list[tuple[int, tuple[str, ...]]]) -> None:
    events: list[Event] = []
    buckets: dict[object, Bucket] = {}
    now = NOW
    for pause, names in steps:
        now += pause
        if refuse_order(events, Ask(CA, names), SMALL, now, registered):
            continue
        events += [Event(now, What.ORDERED, CA, names), Event(now, What.ISSUED, CA, names)]
        for key, limit in ((ORDERS, ORDERS), (names, NAMES), (DOMAIN, DOMAIN)):
            bucket = buckets.setdefault(key, Bucket(SMALL.counts[limit]))
            assert bucket.take(now)


@given(STEPS)
def test_it_is_allowed_at_the_time_that_is_told_and_not_a_second_before(
    steps: list[tuple[int, tuple[str, ...]]],
) -> None:
    events: list[Event] = []
    now = NOW
    for pause, names in steps:
        now += pause
        refusal = refuse_order(events, Ask(CA, names), SMALL, now, registered)
        if refusal is not None:
            assert refuse_order(events, Ask(CA, names), SMALL, refusal.until - 1, registered)
            assert not refuse_order(events, Ask(CA, names), SMALL, refusal.until, registered)
            continue
        events += [Event(now, What.ORDERED, CA, names), Event(now, What.ISSUED, CA, names)]


# -- text -----------------------------------------------------------------------------------------

EVENTS = st.builds(
    Event,
    st.integers(NOW - KEPT + 1, NOW),
    st.sampled_from(What),
    st.sampled_from(["letsencrypt", "letsencrypt/staging"]),
    st.lists(st.sampled_from(["example.org", "*.example.org", "xn--bcher-kva.example"])).map(tuple),
    st.sampled_from(How),
    st.booleans(),
)


@given(st.lists(EVENTS))
def test_what_is_written_is_read_again(events: list[Event]) -> None:
    read, damaged = read_ledger(ledger_text(events, NOW))
    assert read == sorted(events, key=lambda event: event.at)
    assert damaged == []


@given(st.binary(max_size=300))
def test_no_octets_break_the_reader(data: bytes) -> None:
    events, damaged = read_ledger(data)
    assert len(events) + len(damaged) <= len(data.decode("utf-8", "replace").splitlines())


def test_a_damaged_line_is_told_and_the_others_hold() -> None:
    text = ledger_text([issued(NOW - 1), issued(NOW)], NOW)
    events, damaged = read_ledger(b"2026-13-45T00:00:00Z issued x new - a.b\n" + text + b"half")
    assert [event.at for event in events] == [NOW - 1, NOW]
    assert damaged == [1, 4]


def test_old_lines_leave_the_file() -> None:
    assert ledger_text([issued(NOW - KEPT)], NOW) == b""
