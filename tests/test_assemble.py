"""Fragments into one zone, and what joined files would have made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading import APEX, read
from zonebuild.assemble import assemble, find_leaks
from zonebuild.diagnostic import Part
from zonebuild.model import TYPE_BITS, Fragment, Records, Zone
from zonebuild.zonefile import decode_source, read_fragment
from zonebuild.zonefile.write import write_records, write_zone

A = "A 192.0.2.1\n"


def _fragments(*texts: str, ttl: int | None = 3600) -> list[Fragment]:
    return [
        read_fragment(decode_source(f"f{i}", text.encode()), apex=APEX, default_ttl=ttl)
        for i, text in enumerate(texts)
    ]


def _zone(*texts: str) -> Zone:
    return assemble(APEX, _fragments(*texts))


def _rows(records: Records) -> list[tuple[object, ...]]:
    """Return owner, TTL, type number, rdata, target, path and line of each row."""
    names = records.name_list()
    pairs = zip(records.target_rows, records.targets, strict=True)
    targets = {row: names[index] for row, index in pairs}
    return [
        (names[records.owners[i]], r.ttl, records.rdtypes[i], r.rdata, targets.get(i), r.location)
        for i, r in enumerate(records.iterate())
    ]


def test_rows_of_all_fragments_are_joined_in_order() -> None:
    texts = (f"a {A}b NS c\n", f"d NS a\na {A}x MX 0 e\ny {A}", "", "b NS d\n")
    alone = [_rows(fragment.records) for fragment in _fragments(*texts)]
    zone = _zone(*texts)
    assert _rows(zone.records) == [row for rows in alone for row in rows]
    assert [(span.path, span.end) for span in zone.spans] == [
        ("f0", 2), ("f1", 6), ("f2", 6), ("f3", 7)
    ]  # fmt: skip


def test_the_fragments_hold_no_records_any_more() -> None:
    fragments = _fragments(f"a {A}", f"b {A}")
    assemble(APEX, fragments)
    assert [len(fragment.records) for fragment in fragments] == [0, 0]


def test_a_zone_of_no_fragments_is_empty() -> None:
    assert len(_zone().records) == 0
    assert len(_zone("").records) == 0


def test_masks_tell_the_types_of_each_name() -> None:
    zone = _zone(f"a {A}a AAAA ::1\n", "b NS c\n", "a LOC 1 N 1 E 0m\n")
    assert zone.types_at("a.z.example.") & TYPE_BITS[1]
    assert zone.types_at("a.z.example.") & TYPE_BITS[28]
    assert zone.types_at("b.z.example.") == TYPE_BITS[2]
    assert zone.types_at("c.z.example.") == zone.types_at("nowhere.") == 0


def test_repeated_rows_are_those_whose_type_is_there_already() -> None:
    zone = _zone(f"a {A}b {A}a AAAA ::1\n", f"a {A}", "b LOC 1 N 1 E 0m\nb HINFO a b\n")
    assert list(zone.repeated) == [3, 5]


# -- leaks -----------------------------------------------------------------------------------


def _leaks(*texts: str, ttl: int | None = 3600) -> list[tuple[str, Part | None]]:
    found = list(find_leaks(APEX, _fragments(*texts, ttl=ttl)))
    assert {finding.check for finding in found} <= {"leaked-state"}
    return [(str(finding.location), finding.part) for finding in found]


ORIGIN = "$ORIGIN sub.z.example.\n"
LEAKING_ORIGIN = {
    "relative owner": (f"x {A}", ("f1:1", Part.OWNER)),
    "apex": (f"@ {A}", ("f1:1", Part.OWNER)),
    "relative target": ("x.z.example. NS y\n", ("f1:1", Part.RDATA)),
    "relative target of a service": ("x.z.example. HTTPS 1 y alpn=h2\n", ("f1:1", Part.RDATA)),
    "relative name in a SOA": ("z.example. SOA a. b 1 2 3 4 5\n", ("f1:1", Part.RDATA)),
    "relative name in a rare type": ("x.z.example. RP a. b\n", ("f1:1", Part.RDATA)),
    "second record": (f"x.z.example. {A}y {A}", ("f1:2", Part.OWNER)),
    "before its own origin": (f"y {A}{ORIGIN}", ("f1:1", Part.OWNER)),
    "escaped relative owner": (f"y\\; {A}", ("f1:1", Part.OWNER)),
}


@pytest.mark.parametrize(("text", "leak"), LEAKING_ORIGIN.values(), ids=LEAKING_ORIGIN.keys())
def test_a_relative_name_behind_a_left_origin_is_a_leak(text: str, leak: tuple[str, Part]) -> None:
    assert _leaks(f"{ORIGIN}a {A}", text) == [leak]


@pytest.mark.parametrize(
    "text",
    [
        f"x.z.example. {A}",
        "x.z.example. HTTPS 1 y. alpn=h2\n",
        "x.z.example. MX 0 .\n",
        'x.z.example. TXT "a relative word"\n',
        f"$ORIGIN z.example.\nx {A}",
        "",
    ],
)
def test_what_no_origin_completes_does_not_leak(text: str) -> None:
    assert not _leaks(f"{ORIGIN}a {A}", text)


def test_an_origin_that_is_put_back_does_not_leak() -> None:
    assert not _leaks(f"{ORIGIN}a {A}$ORIGIN z.example.\n", f"x {A}")


def test_an_origin_leaks_past_fragments_that_do_not_need_it() -> None:
    assert _leaks(ORIGIN, f"x.z.example. {A}", f"y {A}") == [("f2:1", Part.OWNER)]


def test_the_message_names_both_readings() -> None:
    (finding,) = find_leaks(APEX, _fragments(ORIGIN, f"x {A}"))
    assert "z.example." in finding.message
    assert "sub.z.example. from f0" in finding.message


def test_a_record_without_ttl_behind_a_left_ttl_is_a_leak() -> None:
    assert _leaks(f"$TTL 5\na {A}", f"b 5 {A}c {A}") == [("f1:2", Part.OWNER)]


@pytest.mark.parametrize("text", [f"b 5 {A}", f"$TTL 9\nb {A}", ""], ids=["TTL", "$TTL", "empty"])
def test_a_fragment_that_states_its_ttl_does_not_leak(text: str) -> None:
    assert not _leaks(f"$TTL 5\na {A}", text)


def test_the_same_ttl_does_not_leak() -> None:
    assert not _leaks(f"$TTL 3600\na {A}", f"b {A}")


def test_a_left_origin_costs_one_look_at_each_block() -> None:
    text = "".join(f"h{i}.z.example. {A}" for i in range(9_000))
    fragments = _fragments(ORIGIN, text)
    looks: list[int] = []

    class Counted(str):
        def split(self, *arguments: object) -> list[str]:
            looks.append(1)
            return str(self).split("\n")

    records = fragments[1].records
    records.blocks = [b._replace(text=Counted(b.text)) for b in records.blocks]
    assert not list(find_leaks(APEX, fragments))
    assert len(looks) == len(records.blocks) > 1


# -- back into text --------------------------------------------------------------------------

LINES = [
    f"a {A}", f"A.b 5 {A}", " AAAA 2001:DB8::1\n", "@ NS c\n", 't TXT "x ; y" "\\"(" z\n',
    "$ORIGIN d.z.example.\n", "$ORIGIN z.example.\n", "$TTL 9\n", "; comment\n", "\n",
    f"e\\.f {A}", f"\\@\\$ {A}", f"g\\. {A}", f"h\\ i {A}", "j MX ( 0 ; x\n k )\n",
    "l TYPE65280 \\# 1 00\n",
    "$GENERATE 1-3 m$ CNAME ${0,3,d}\n", 'n HTTPS 1 . alpn="h2"\n', "o NS p\\.\n", f". {A}",
    "q\\; TXT \\;\\\"\n", "r MX 0 s\\ t\n",
]  # fmt: skip


def _full(records: Records) -> list[tuple[object, ...]]:
    return [row[:5] for row in _rows(records)]


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_what_is_written_reads_the_same(lines: list[str]) -> None:
    first = read("".join(lines)).records
    text = "".join(write_records(first))
    again = read(text, ttl=None)
    assert not again.findings
    assert _full(again.records) == _full(first)
    assert "".join(write_records(again.records)) == text


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=6), max_size=4))
def test_a_zone_that_is_written_reads_the_same(parts: list[list[str]]) -> None:
    zone = _zone(*("".join(lines) for lines in parts))
    again = read("".join(text for _path, text in write_zone(zone)), ttl=None)
    assert not again.findings
    assert _full(again.records) == _full(zone.records)
