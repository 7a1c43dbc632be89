"""What differs between two versions of a zone: records, RRsets, and the inside of long values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonebuild.diff import (
    RRsetChange,
    compare_versions,
    diff_records,
    rrset_changes,
    without_dnssec_lines,
)
from zonebuild.diff.inside import differing_parts
from zonebuild.diff.rrsets import Counts, first_changes, replacements
from zonebuild.model import Change, Records, TTLChange
from zonebuild.zonefile import decode_source, read_fragment

APEX = "example.org."
HEAD = """\
$TTL 3600
@ SOA ns1 hostmaster 1 14400 3600 2419200 600
@ NS ns1
ns1 A 192.0.2.53
"""


def records(text: str, head: str = HEAD) -> Records:
    return read_fragment(decode_source("z", (head + text).encode()), apex=APEX).records


def a(owner: str, rdata: str, ttl: int = 3600) -> Change:
    return Change(f"{owner}.{APEX}", ttl, "A", rdata)


SAME = {
    "spelling": ("x AAAA 2001:db8::1\n", "x AAAA 2001:0DB8:0:0::1\n"),
    "case": ("x CNAME Host\n", "X CNAME hOST\n"),
    "order": ("x A 192.0.2.1\ny A 192.0.2.2\n", "y A 192.0.2.2\nx A 192.0.2.1\n"),
    "origin": ("x.y A 192.0.2.1\n", "$ORIGIN y\nx A 192.0.2.1\n"),
    "twice": ("x A 192.0.2.1\n", "x A 192.0.2.1\nx A 192.0.2.1\n"),
    "twice, apart": ("x A 192.0.2.1\n" * 2 + "y A 192.0.2.1\n", "x A 192.0.2.1\ny A 192.0.2.1\n"),
    "moved far": ("".join(f"x{i} A 192.0.2.1\n" for i in range(99)), "".join(
        f"x{i} A 192.0.2.1\n" for i in reversed(range(99)))),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_records_do_not_differ(one: str, other: str) -> None:
    assert not diff_records(APEX, records(one), records(other))
    assert not diff_records(APEX, records(other), records(one))


def test_the_serial_alone_is_no_difference() -> None:
    new = records("", HEAD.replace(" 1 14400", " 2 14400"))
    assert not diff_records(APEX, records(""), new)


def test_soa_fields_are_told_one_by_one() -> None:
    new = records(
        "", HEAD.replace("hostmaster 1 14400", "admin 2 7200").replace("@ SOA", "@ 60 SOA")
    )
    assert diff_records(APEX, records(""), new).soa == (
        ("rname", "hostmaster.example.org.", "admin.example.org."),
        ("refresh", "14400", "7200"),
        ("ttl", "3600", "60"),
    )


def test_additions_removals_and_ttls_are_told_apart() -> None:
    old = records("a A 192.0.2.1\nb A 192.0.2.2\nb A 192.0.2.3\nc A 192.0.2.4\n")
    new = records("a A 192.0.2.9\nb 60 A 192.0.2.2\nb 60 A 192.0.2.3\n")
    diff = diff_records(APEX, old, new)
    assert diff.added == (a("a", "192.0.2.9"),)
    assert diff.removed == (a("a", "192.0.2.1"), a("c", "192.0.2.4"))
    assert diff.ttl_changed == (TTLChange("b.example.org.", "A", 3600, 60),)


def test_changes_come_in_canonical_order() -> None:
    diff = diff_records(APEX, records(""), records("b A 192.0.2.1\nz.a A 192.0.2.1\n@ MX 0 .\n"))
    assert [c.owner for c in diff.added] == [APEX, f"z.a.{APEX}", f"b.{APEX}"]


_RECORD = st.builds(
    "{} {} {}\n".format,
    st.sampled_from(["@", "a", "b", "x.a", "$ORIGIN sub\nc"]),
    st.sampled_from(["", "60", "3600"]),
    st.sampled_from(["A 192.0.2.1", "A 192.0.2.2", "AAAA 2001:db8::1", 'TXT "x"', "MX 5 a"]),
)
_ZONE = st.lists(_RECORD, max_size=12).map("".join)


def _naive(one: str) -> set[tuple[str, int, str, str]]:
    """Return the canonical records of *one*, read by the plainest means there are."""
    from zonebuild.rdata.canonical import canonical_text

    return {
        (r.owner, r.ttl, r.rdtype, canonical_text(r.rdtype, r.rdata, r.origin))
        for r in records(one).iterate()
    }


@settings(max_examples=200, deadline=None)
@given(_ZONE, _ZONE)
def test_the_difference_is_that_of_the_sets_of_records(one: str, other: str) -> None:
    diff = diff_records(APEX, records(one), records(other))
    before, after = _naive(one), _naive(other)
    ttls = {(t.owner, t.rdtype) for t in diff.ttl_changed}
    for told, true in ((diff.added, after - before), (diff.removed, before - after)):
        assert set(told) <= true
        assert {(r[0], r[2]) for r in true - set(told)} <= ttls
    assert bool(diff) == (before != after)


def test_what_both_begin_and_end_with_is_not_cut_off_within_a_line() -> None:
    old = "".join(f"h{i} A 192.0.2.{i}\n" for i in range(50))
    diff = diff_records(
        APEX, records(old), records(old.replace("h25 A 192.0.2.25", "h25 A 192.0.2.5"))
    )
    assert (diff.removed, diff.added) == ((a("h25", "192.0.2.25"),), (a("h25", "192.0.2.5"),))


# -- what signers make ----------------------------------------------------------------------------

SIGNED = """\
@ DNSKEY 257 3 13 ( oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeq
  CYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA== )
@ NSEC www A NS SOA
www NSEC @ A
@ CDS 0 0 0 00
"""


def test_what_signers_make_is_left_out_and_counted_unless_asked_for() -> None:
    new = records(SIGNED + "sub NS ns1\nsub DS 1 13 2 " + "00" * 32 + "\n")
    found = compare_versions(APEX, records(""), new)
    assert [c.rdtype for c in found.diff.added] == ["NS", "DS"]
    assert found.left_out == 4
    asked = compare_versions(APEX, records(""), new, dnssec=True)
    assert {"DNSKEY", "NSEC", "CDS"} < {c.rdtype for c in asked.diff.added}
    assert asked.left_out == 0


LINES = {
    "as OpenDNSSEC writes": (
        "www.example.org.\t600\tIN\tNSEC\tx.example.org. A RRSIG NSEC \n",
        False,
    ),
    "as Knot says": ("www.example.org. 600 RRSIG NSEC 13 3 600 2 1 7 example.org. AA==\n", False),
    "with a comment": ("www.example.org. 600 IN DNSKEY 256 3 13 AA== ;{id = 7 (zsk)}\n", False),
    "of a name that is a type's": ("RRSIG A 192.0.2.1\n", True),
    "with a value that is a type's": ("www 600 CNAME NSEC\n", True),
    "in a text": ('www 600 TXT "a 600 IN NSEC b"\n', True),
    "behind a comment": ("; www 600 IN NSEC b\n", True),
    "over several lines": ("www 600 IN DNSKEY 256 3 13 (\nAA== )\n", True),
    "whose owner the next takes": ("www 600 IN NSEC b A\n 600 IN A 192.0.2.1\n", True),
}


@pytest.mark.parametrize(("line", "stays"), LINES.values(), ids=LINES)
def test_lines_that_signers_write_need_not_be_read(line: str, stays: bool) -> None:
    text = f"a 600 A 192.0.2.1\n{line}b 600 A 192.0.2.1\n"
    assert without_dnssec_lines(text) == (text if stays else text.replace(line, ""))


# -- RRsets ---------------------------------------------------------------------------------------


def test_changes_are_grouped_by_rrset() -> None:
    old = records("a A 192.0.2.1\na MX 5 a\nb A 192.0.2.1\n")
    new = records("a A 192.0.2.2\na 60 MX 5 a\nb A 192.0.2.1\nb A 192.0.2.2\n")
    found = rrset_changes(diff_records(APEX, old, new))
    assert [(c.owner.split(".")[0], c.rdtype, c.size) for c in found] == [
        ("a", "A", 2),
        ("a", "MX", 1),
        ("b", "A", 1),
    ]


def test_first_changes_counts_what_it_leaves() -> None:
    changes = [RRsetChange(f"a.{APEX}", "A", (a("a", "1"),) * 2, (a("a", "2"),) * 3)] * 3
    shown, left = first_changes(changes, 6)
    assert sum(change.size for change in shown) == 6
    assert left == Counts(added=6, removed=3)
    assert first_changes(changes, 99) == (changes, Counts())


def test_a_removed_record_is_told_before_what_replaces_it() -> None:
    removed = (a("m", "10 mx1.example."), a("m", "20 mx2.example."))
    added = (a("m", "20 mx3.example."), a("m", "unlike"))
    pairs = list(replacements(RRsetChange(f"m.{APEX}", "MX", removed, added)))
    assert pairs == [(removed[0], added[0]), (removed[1], None), (None, added[1])]


# -- inside a value -------------------------------------------------------------------------------

INSIDE = {
    "a word": ("v=spf1 ip4:192.0.2.1 -all", "v=spf1 ip4:192.0.2.9 -all", [("1", "9")]),
    "two": ("a b c d", "x b c y", [("a", "x"), ("d", "y")]),
    "added": ("a c", "a b c", [("", "b ")]),
    "removed": ("a b c", "a c", [("b ", "")]),
    "all": ("abc", "xyz", [("abc", "xyz")]),
    "the same": ("abc", "abc", []),
    "very many words": ("a " * 999 + "b", "a " * 999 + "c", [("b", "c")]),
}


@pytest.mark.parametrize(("old", "new", "wanted"), INSIDE.values(), ids=INSIDE)
def test_what_differs_inside_a_value(old: str, new: str, wanted: list[tuple[str, str]]) -> None:
    parts = differing_parts(old, new)
    assert [(old[p[0] : p[1]], new[p[2] : p[3]]) for p in parts] == wanted


@settings(max_examples=200, deadline=None)
@given(st.text("ab ;", max_size=30), st.text("ab ;", max_size=30))
def test_the_parts_turn_the_old_value_into_the_new_one(old: str, new: str) -> None:
    made, at = "", 0
    for old_start, old_end, new_start, new_end in differing_parts(old, new):
        made += old[at:old_start] + new[new_start:new_end]
        at = old_end
    assert made + old[at:] == new
