"""`$ORIGIN` and `$TTL` (RFC 1035 section 5.1, RFC 2308 section 4)."""

from __future__ import annotations

import pytest

from tests.reading import findings, read, records

A = "A 192.0.2.1\n"


def test_origin_completes_what_follows() -> None:
    fragment = read(f"a {A}$ORIGIN b.z.example.\na {A}@ NS c\n")
    assert records(fragment) == [
        "a.z.example. 3600 A 192.0.2.1",
        "a.b.z.example. 3600 A 192.0.2.1",
        "b.z.example. 3600 NS c.b.z.example.",
    ]


def test_origin_may_be_the_root() -> None:
    assert records(read(f"$ORIGIN .\na {A}")) == ["a. 3600 A 192.0.2.1"]


def test_origin_is_lowered_and_its_escapes_are_kept() -> None:
    assert records(read(f"$ORIGIN A\\.B.\nc {A}")) == ["c.a\\.b. 3600 A 192.0.2.1"]


def test_a_relative_origin_is_read_as_bind_does_and_said() -> None:
    fragment = read(f"$ORIGIN b\na {A}")
    assert findings(fragment) == ["f:1:9 relative-origin"]
    assert records(fragment) == ["a.b.z.example. 3600 A 192.0.2.1"]


def test_a_blank_owner_right_behind_origin_is_said_once_and_keeps_its_owner() -> None:
    fragment = read(f"a {A}$ORIGIN b.z.example.\n {A} {A}")
    assert findings(fragment) == ["f:3:1 owner-after-origin"]
    assert [r.owner for r in fragment.records.iterate()] == ["a.z.example."] * 3


def test_the_same_origin_again_leaves_no_doubt() -> None:
    assert not read(f"a {A}$ORIGIN z.example.\n {A}").findings


def test_ttl_governs_what_follows() -> None:
    fragment = read(f"a {A}$TTL 1h30m\nb {A}c 5 {A}d {A}")
    assert list(fragment.records.ttls) == [3600, 5400, 5, 5400]


def test_directives_are_read_in_any_case_and_with_a_comment() -> None:
    assert list(read(f"$ttl 5 ; x\na {A}").records.ttls) == [5]


def test_directives_may_stand_in_parentheses() -> None:
    assert records(read(f"$ORIGIN (\n b.z.example. )\na {A}")) == [
        "a.b.z.example. 3600 A 192.0.2.1"
    ]


MISTAKES = {
    "unknown": ("$BOGUS x", "f:1:1 unknown-directive"),
    "dollar alone": ("$", "f:1:1 unknown-directive"),
    "origin without name": ("$ORIGIN", "f:1:1 bad-directive"),
    "origin with two names": ("$ORIGIN a. b.", "f:1:1 bad-directive"),
    "origin that is no name": ("$ORIGIN a..b.", "f:1:9 bad-name"),
    "TTL without value": ("$TTL", "f:1:1 bad-directive"),
    "TTL that is none": ("$TTL x", "f:1:6 bad-ttl"),
    "TTL over 2^31-1": ("$TTL 2147483648", "f:1:6 bad-ttl"),
    "negative TTL": ("$TTL -1", "f:1:6 bad-ttl"),
    "include without file": ("$INCLUDE", "f:1:1 bad-directive"),
    "include with too much": ("$INCLUDE a b c", "f:1:1 bad-directive"),
    "include with a wrong origin": ("$INCLUDE a b..c", "f:1:12 bad-name"),
    "indented: a record": (" $TTL 5", "f:1:2 unknown-type"),
}


@pytest.mark.parametrize(("text", "finding"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_wrong_directive_changes_nothing(text: str, finding: str) -> None:
    fragment = read(f"{text}\na {A}")
    assert findings(fragment) == [finding]
    assert records(fragment) == ["a.z.example. 3600 A 192.0.2.1"]


# -- what a fragment leaves behind -----------------------------------------------------------


def test_leaks_tell_what_holds_at_the_end() -> None:
    fragment = read(f"a {A}$TTL 5\nb {A}$ORIGIN c.z.example.\nd {A}", ttl=7)
    leaks = fragment.leaks
    assert (leaks.origin, leaks.owner, leaks.ttl) == ("c.z.example.", "d.c.z.example.", 5)
    assert (leaks.default_ttl_row, leaks.own_origin_row) == (0, 2)
    assert fragment.ttl == 5


def test_a_fragment_that_states_all_takes_nothing_from_its_neighbours() -> None:
    leaks = read(f"$TTL 5\n$ORIGIN z.example.\na {A}").leaks
    assert (leaks.default_ttl_row, leaks.own_origin_row) == (None, 0)


def test_the_first_record_without_ttl_is_known_wherever_it_stands() -> None:
    assert read(f"a 5 {A}; x\n\nb 5 {A}c {A}").leaks.default_ttl_row == 2
