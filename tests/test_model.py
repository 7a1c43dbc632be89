"""Records as columns, and the names in them."""

from __future__ import annotations

import pytest

from tests.reading import read
from zonebuild.model import (
    OTHER_BIT,
    TYPE_BITS,
    Change,
    Record,
    Records,
    ZoneDiff,
    absolute,
    type_bit,
)

TEXT = "a A 192.0.2.1\nb.z.example. 5 NS C\n$ORIGIN d.z.example.\n@ MX 0 e ; x\n"
RECORDS = [
    Record("a.z.example.", 3600, "A", "192.0.2.1", "z.example.", "f", 1),
    Record("b.z.example.", 5, "NS", "C", "z.example.", "f", 2),
    Record("d.z.example.", 3600, "MX", "0 e", "d.z.example.", "f", 4),
]


@pytest.fixture
def records() -> Records:
    return read(TEXT).records


def test_iterate_yields_every_record_in_order(records: Records) -> None:
    assert list(records.iterate()) == RECORDS


@pytest.mark.parametrize("row", range(3))
def test_a_record_is_the_same_however_it_is_asked_for(records: Records, row: int) -> None:
    assert records.record(row) == RECORDS[row]
    assert list(records.select([row])) == [RECORDS[row]]
    assert records.location(row) == RECORDS[row].location


def test_select_yields_rows_of_several_blocks(records: Records) -> None:
    assert len(records.blocks) == 2
    assert list(records.select([0, 2])) == [RECORDS[0], RECORDS[2]]


def test_names_are_found_by_their_index(records: Records) -> None:
    names = records.name_list()
    assert [names[i] for i in records.owners] == [r.owner for r in RECORDS]
    assert [names[i] for i in records.targets] == ["c.z.example.", "e.d.z.example."]
    assert list(records.target_rows) == [1, 2]


def test_a_row_is_found_in_its_block_at_every_border() -> None:
    records = read("".join(f"h{i} A 192.0.2.1\n" for i in range(9_000))).records
    assert len(records.blocks) > 2
    for block in records.blocks:
        assert records.record(block.start).owner == f"h{block.start}.z.example."
        assert records.block(block.start) is block
        assert block.start == 0 or records.block(block.start - 1) is not block
    assert [r.line for r in records.iterate()] == list(records.lines) == list(range(1, 9_001))


@pytest.mark.parametrize(
    ("name", "origin", "result"),
    [
        ("a", "z.", "a.z."),
        ("A.b", "z.", "A.b.z."),
        ("a.", "z.", "a."),
        ("@", "z.", "z."),
        ("a", ".", "a."),
        ("@", ".", "."),
        (".", "z.", "."),
        ("a\\.", "z.", "a\\..z."),
        ("a\\\\.", "z.", "a\\\\."),
        ("a\\.", ".", "a\\.."),
    ],
)
def test_absolute_completes_relative_names(name: str, origin: str, result: str) -> None:
    assert absolute(name, origin) == result


def test_each_type_has_one_bit_and_rare_ones_share_one() -> None:
    bits = [*TYPE_BITS.values(), OTHER_BIT]
    assert len(set(bits)) == len(bits)
    assert all(bit.bit_count() == 1 for bit in bits)
    assert type_bit(1) == TYPE_BITS[1]
    assert type_bit(65280) == type_bit(29) == OTHER_BIT


def test_a_difference_is_true_when_anything_differs() -> None:
    change = Change("a.", 5, "A", "192.0.2.1")
    assert not ZoneDiff("z.")
    assert ZoneDiff("z.", added=(change,))
    assert ZoneDiff("z.", soa=(("refresh", "1", "2"),))
