"""The summary of a zone answers as the zone itself does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import HEAD, read_zone
from zonebuild.model import type_bit
from zonebuild.summary import Summary, read_summary, summarise

A, TXT, NS = type_bit(1), type_bit(16), type_bit(2)
LABELS = st.sampled_from(["a", "b", "*", "_x", "c"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


def summary_of(body: str, machine: str = "") -> Summary:
    zone = read_zone(HEAD + body, machine)
    return summarise(zone, zone.spans[0].end)


def test_a_name_has_the_types_it_owns() -> None:
    summary = summary_of("a A 192.0.2.2\na TXT x\n")
    assert summary.mask("a.example.org.") == A | TXT
    assert summary.mask("b.example.org.") == 0


def test_an_empty_non_terminal_exists_and_owns_nothing() -> None:
    summary = summary_of("a.b.c A 192.0.2.2\n")
    assert [summary.exists(f"{name}example.org.") for name in ("a.b.c.", "b.c.", "c.", "")] == (
        [True] * 4
    )
    assert summary.mask("b.c.example.org.") == 0
    assert not summary.exists("b.example.org.")
    assert not summary.exists("org.")


def test_what_a_wildcard_answers_for_does_not_exist() -> None:
    assert not summary_of("* A 192.0.2.2\n").exists("a.example.org.")


def test_what_machines_add_is_not_what_people_wrote() -> None:
    summary = summary_of("a A 192.0.2.2\n", "a TXT x\nb.c A 192.0.2.3\n")
    assert summary.mask("a.example.org.") == A
    assert not summary.exists("b.c.example.org.")
    assert not summary.exists("c.example.org.")


def test_a_target_that_owns_nothing_does_not_exist() -> None:
    assert not summary_of("a MX 10 nowhere.else\n").exists("nowhere.else.example.org.")


@given(st.lists(NAMES, max_size=12), NAMES)
def test_it_agrees_with_a_naive_look(owners: list[str], asked: str) -> None:
    summary = summary_of("".join(f"{owner} TXT x\n" for owner in owners))
    below = any(owner == asked or owner.endswith(f".{asked}") for owner in owners)
    assert summary.exists(f"{asked}.example.org.") == below
    assert summary.mask(f"{asked}.example.org.") == (TXT if asked in owners else 0)


@given(st.lists(NAMES, max_size=12))
def test_it_comes_back_from_its_file(owners: list[str]) -> None:
    summary = summary_of("".join(f"{owner} TXT x\n" for owner in owners))
    assert read_summary(summary.to_bytes()) == summary


@given(st.binary(max_size=200))
def test_a_damaged_file_is_none(data: bytes) -> None:
    assert read_summary(data) is None
    whole = summary_of("").to_bytes()
    assert read_summary(whole[:-1]) is None
