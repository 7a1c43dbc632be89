"""What is kept of a lineage, and why it wants a certificate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.acme.backoff import Failures
from zonebuild.acme.due import Held, Wish, next_moment, waits, why_due
from zonebuild.acme.memory import (
    Memory,
    Pending,
    about,
    memories_text,
    read_memories,
    set_of,
)
from zonebuild.acme.renew import Lifetime, Schedule, Window

DAY = 86400
NOW = 1_800_000_000
NAMES = ("example.org", "www.example.org")
WISH = Wish("web", NAMES)
HELD = Held("c" * 64, NAMES, "a" * 64, Lifetime(NOW - 10 * DAY, NOW + 80 * DAY))

NUMBERS = st.integers(0, 1 << 33)
URLS = st.sampled_from(["https://ca.example/why", "https://ca.example/o/1?x=y#z"])
WINDOWS = st.none() | st.builds(Window, NUMBERS, NUMBERS, st.just("") | URLS)
MEMORIES = st.builds(
    Memory,
    st.just(set_of(NAMES)),
    st.none() | st.builds(Schedule, st.just("c" * 64), NUMBERS, NUMBERS, WINDOWS, NUMBERS),
    st.builds(Failures, NUMBERS, NUMBERS, NUMBERS),
    st.none() | st.builds(Pending, URLS, st.just("ca/staging"), st.just("k" * 64), NUMBERS),
    st.just("") | st.just(set_of(NAMES)),
    st.just("") | st.just("c" * 64),
    st.just("") | st.just("d" * 64),
    st.just("") | st.just('the CA says "no"; wait'),
)


@given(st.dictionaries(st.sampled_from(["web", "mx1.example", "a-b_c"]), MEMORIES))
def test_what_is_written_is_read_again(memories: dict[str, Memory]) -> None:
    assert read_memories(memories_text(memories)) == memories


@given(st.binary(max_size=200))
def test_no_octets_break_the_reader(data: bytes) -> None:
    whole = memories_text({"web": Memory("s", Schedule("c", 1, 2))})
    assert isinstance(read_memories(data), dict)
    assert "web" in read_memories(whole + data)


def test_a_url_that_would_break_the_file_is_not_kept() -> None:
    memory = Memory("s", order=Pending("https://ca.example/ a\nproven s", "ca", "k", 1))
    assert read_memories(memories_text({"web": memory})) == {"web": Memory("s")}


def test_another_set_of_names_forgets_failures_and_order_but_not_the_schedule() -> None:
    memory = Memory(set_of(NAMES), Schedule("c", 1), Failures(3, 1), Pending("u", "d", "k", 1))
    assert about(memory, reversed(NAMES)) == memory
    assert about(memory, NAMES[:1]) == Memory(set_of(NAMES[:1]), Schedule("c", 1))


@pytest.mark.parametrize(
    ("held", "wish", "at", "why"),
    [
        (None, WISH, 0, "there is no certificate"),
        (HELD, WISH, NOW, "its time has come"),
        (HELD, WISH, NOW + 1, None),
        (
            HELD,
            Wish("web", ("example.org", "mx.example.org")),
            NOW + 1,
            "its names differ: mx.example.org new; www.example.org gone",
        ),
        (HELD, Wish("web", NAMES, "b" * 64), NOW + 1, f"the key {'b' * 16}… takes its turn"),
        (HELD, Wish("web", NAMES, "a" * 64), NOW + 1, None),
    ],
    ids=["none", "due", "not due", "names", "key", "same key"],
)
def test_why_a_certificate_is_wanted(
    held: Held | None, wish: Wish, at: int, why: str | None
) -> None:
    memory = Memory("s", Schedule(HELD.fingerprint, at))
    assert why_due(wish, held, memory, now=NOW) == why


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (HELD.lifetime.end - 10 * DAY, None),
        (HELD.lifetime.end - 9 * DAY, "the certificate ends soon"),
        (HELD.lifetime.end, "it has expired"),
    ],
    ids=["time left", "last call", "expired"],
)
def test_a_certificate_that_ends_soon_is_due_whatever_its_schedule(
    now: int, why: str | None
) -> None:
    memory = Memory("s", Schedule(HELD.fingerprint, now + 1000 * DAY))
    assert why_due(WISH, HELD, memory, now=now) == why


def test_a_schedule_of_another_certificate_says_nothing() -> None:
    assert why_due(WISH, HELD, Memory("s", Schedule("other", 0)), now=NOW) is None


def test_what_failed_waits_and_says_so() -> None:
    waiting = waits(WISH, Memory("s", failures=Failures(2, NOW)), NOW)
    assert waiting is not None
    assert (waiting.why, waiting.until) == ("it failed 2 times", NOW + 600)
    assert waits(WISH, Memory("s", failures=Failures(2, NOW)), NOW + 600) is None


def test_the_next_moment_is_the_earliest_renewal_question_or_retry() -> None:
    memories = [
        Memory("a", Schedule("c", NOW + 50, NOW + 40)),
        Memory("b", failures=Failures(1, NOW)),
        Memory("c", Schedule("c", NOW + 5, NOW + 100), Failures(1, NOW)),
    ]
    assert next_moment(memories, NOW) == NOW + 40
    assert next_moment(memories[1:], NOW) == NOW + 60
    assert next_moment([], NOW) is None


@pytest.mark.parametrize(
    "memory",
    [
        Memory(),
        Memory("just issued", told="c"),
        Memory("a", failures=Failures(3, NOW)),
        Memory("a", Schedule("c", NOW - 5, NOW - 9)),
    ],
)
def test_every_lineage_has_a_next_moment(memory: Memory) -> None:
    at = next_moment([memory], NOW)
    assert at is not None
    assert NOW < at <= NOW + 86_400
