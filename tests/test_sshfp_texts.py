"""What is remembered, approved and published of host keys, as text; where records may stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.model import type_bit
from zonebuild.sshfp.approval import NONE, Damaged, approval_text, read_approval
from zonebuild.sshfp.key import Key, shown
from zonebuild.sshfp.place import HostRecord, fragment_text, misplaced, read_fragment
from zonebuild.sshfp.state import Entry, Slot, State, read_state, start_over, state_text

HOST = "www.example.org."
A, B = "a" * 64, "b" * 64

_HOSTS = st.sampled_from([HOST, "example.org.", "a-1.b.org."])
_PRINTS = st.text("0123456789abcdef", min_size=64, max_size=64)
_SLOTS = st.builds(Slot, _HOSTS, st.sampled_from([1, 3, 4]))
_TIMES = st.integers(0, 10**12 - 1)
_ENTRIES = st.builds(Entry, _PRINTS, st.integers(0, 2**31 - 1), _TIMES, _TIMES, _TIMES)
_STATES = st.builds(
    State, st.dictionaries(_SLOTS, _ENTRIES), st.frozensets(st.tuples(_SLOTS, _PRINTS)), _TIMES
)

# -- state ----------------------------------------------------------------------------------------


@given(_STATES)
def test_a_state_is_read_as_it_was_written(state: State) -> None:
    assert read_state(state_text(state)) == state


@given(_STATES, st.data())
def test_a_state_that_is_cut_off_or_longer_is_damaged(state: State, data: st.DataObject) -> None:
    text = state_text(state)
    cut = data.draw(st.integers(0, len(text) - 1))
    assert read_state(text[:cut]) is None
    assert read_state(text + b"x\n") is None


ENTRY = f"{HOST} 4 {A} 60 0 0 0\n"


@pytest.mark.parametrize(
    "text",
    [
        b"", b"\n", b"zonebuild-sshfp 2 0 0\n", b"zonebuild-sshfp 1 1 0\n",
        *(f"zonebuild-sshfp 1 {line.count(chr(10))} 0\n{line}".encode() for line in (
            ENTRY + ENTRY, ENTRY.replace(" 4 ", " 2 "), ENTRY.replace(A, A[1:]),
            ENTRY.replace(A, A.upper()), ENTRY.replace("www", "WWW"), ENTRY.replace("org.", "org"),
            ENTRY.replace("60", "-60"), ENTRY.replace("60", "9" * 13), f"? {HOST} 4 {A} 60\n",
            f"{HOST} 4 {A}\n", "\n",
        )),
    ],
)  # fmt: skip
def test_a_state_with_anything_damaged_is_not_believed(text: bytes) -> None:
    assert read_state(text) is None


@given(st.binary(max_size=200))
def test_whatever_the_octets_a_state_is_read_or_not(data: bytes) -> None:
    state = read_state(b"zonebuild-sshfp 1 1 0\n" + data)
    assert state is None or state_text(state)


def test_without_a_state_what_was_published_goes_on() -> None:
    records = [HostRecord(HOST, 60, Key(4, A)), HostRecord(HOST, 60, Key(1, B))]
    state = start_over([fragment_text(records), "", "damaged\n"], not_before=5)
    assert state.records() == {HOST: [Key(1, B), Key(4, A)]}
    assert state.not_before == 5


def test_without_a_state_two_keys_of_an_algorithm_are_not_believed() -> None:
    records = [HostRecord(HOST, 60, Key(4, A)), HostRecord(HOST, 60, Key(4, B))]
    assert start_over([fragment_text(records)], not_before=0) == State()


# -- fragments ------------------------------------------------------------------------------------


def test_a_fragment_is_sorted_and_read_as_it_was_written() -> None:
    records = [HostRecord(HOST, 60, Key(4, A)), HostRecord("a.example.org.", 60, Key(1, B))]
    text = fragment_text(records)
    assert text.split("\n")[1] == f"{HOST}\t60\tIN\tSSHFP\t4 2 {A}"
    assert read_fragment(text) == sorted(records)


APEX = "example.org."
NS, CNAME, DNAME, ADDRESS, AAAA, SSHFP, TXT = map(type_bit, (2, 5, 39, 1, 28, 44, 16))


def placed(names: dict[str, int], owner: str = HOST) -> str | None:
    """Return why SSHFP of *owner* may not stand in a zone of these *names*."""
    return misplaced(owner, APEX, lambda name: names.get(name, 0), names.__contains__)


@pytest.mark.parametrize("mask", [ADDRESS, AAAA, ADDRESS | TXT])
def test_a_host_with_an_address_may_have_sshfp(mask: int) -> None:
    assert placed({APEX: NS, HOST: mask}) is None
    assert placed({APEX: NS | mask}, APEX) is None


@pytest.mark.parametrize(
    ("name", "mask", "why"),
    [
        (HOST, TXT, "has no A or AAAA"), (HOST, CNAME, "is an alias"),
        ("*.example.org.", ADDRESS, "has no A or AAAA"),
        (HOST, ADDRESS | SSHFP, "has SSHFP that people write"),
        (HOST, ADDRESS | NS, "is delegated"), (HOST, ADDRESS | DNAME, "is redirected"),
    ],
)  # fmt: skip
def test_other_names_may_not(name: str, mask: int, why: str) -> None:
    assert why in str(placed({APEX: NS, name: mask}))


@pytest.mark.parametrize("mask", [CNAME, NS, DNAME])
def test_below_an_alias_a_cut_or_a_dname_none_may_stand(mask: int) -> None:
    names = {APEX: NS, HOST: mask, f"a.{HOST}": ADDRESS}
    assert str(placed(names, f"a.{HOST}")).startswith(HOST)


# -- approvals ------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from([1, 3, 4]), _PRINTS | st.just(NONE)))
def test_an_approval_is_read_as_it_was_written(approval: dict[int, str]) -> None:
    assert read_approval(approval_text(approval, "somebody").encode()) == approval


def test_an_approval_may_be_written_by_hand() -> None:
    text = f"# new disk, ticket 17\n\nED25519 {shown(A)}\n  rsa\t{B.upper()}\r\necdsa None\n"
    assert read_approval(text.encode()) == {4: A, 1: B, 3: NONE}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"dsa {A}\n", 1), (f"{A}\n", 1), (f"\nrsa {A[1:]}\n", 2), (f"rsa {A} {B}\n", 1),
        (f"rsa {A}\nRSA {B}\n", 2), ("\xff", 1),
    ],
)  # fmt: skip
def test_an_approval_that_is_damaged_approves_nothing(text: str, line: int) -> None:
    with pytest.raises(Damaged) as caught:
        read_approval(text.encode("latin-1"))
    assert caught.value.line == line
