"""What is a plan, what holds it, and that its checksum is of the change alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.diff import diff_records
from zonebuild.model import Records
from zonebuild.plan import (
    CHECKSUM,
    Plan,
    SiteRails,
    ZoneRails,
    make_plan,
    reach_reason,
    set_checksum,
    shown_lines,
)
from zonebuild.zonefile import Source, read_fragment

APEX = "example.org."
RAILS = ZoneRails(share=30, least_records=10)
SOA = "@ SOA ns1 hostmaster 1 14400 3600 2419200 600\n"
HEAD = "$TTL 3600\n" + SOA + "@ NS ns1.test.\n@ NS ns2.test.\n"
HOSTS = "".join(f"h{i} A 192.0.2.{i}\n" for i in range(8))  # ten records with the NS
DS = "1 13 2 " + "00" * 32


def records(text: str) -> Records:
    return read_fragment(Source("x", text), apex=APEX).records


def plan(old: str, new: str, rails: ZoneRails = RAILS) -> Plan:
    before, after = records(old), records(new)
    return make_plan(diff_records(APEX, before, after), before, after, rails)


def without(text: str, *numbers: int) -> str:
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if not any(line.startswith(f"h{number} ") for number in numbers)
    )


def moved(text: str, *numbers: int) -> str:
    for number in numbers:
        text = text.replace(f"h{number} A 192.0.2.", f"h{number} A 198.51.100.")
    return text


ZONE = HEAD + HOSTS
FREE = {
    "nothing": (ZONE, ZONE),
    "the serial": (ZONE, ZONE.replace(" 1 14400", " 2 14400")),
    "three of ten removed": (ZONE, without(ZONE, 1, 2, 3)),
    "three of ten changed": (ZONE, moved(ZONE, 1, 2, 3)),
    "half of nine": (HEAD + without(HOSTS, 7), HEAD + without(HOSTS, 7, 1, 2, 3, 4, 5)),
    "all TTLs": (ZONE, ZONE.replace("3600\n", "60\n", 1)),
    "the TTL of the apex NS": (ZONE, ZONE.replace("@ NS", "@ 60 NS")),
    "many more": (ZONE, ZONE + HOSTS.replace("h", "more")),
    "another field of the SOA": (ZONE, ZONE.replace("14400", "7200")),
    "a new delegation with glue": (ZONE, ZONE + "sub NS ns.sub\nns.sub A 192.0.2.1\n"),
    "one more NS at a cut": (ZONE + "sub NS a.test.\nns.sub A 192.0.2.1\n",
                             ZONE + "sub NS a.test.\nsub NS b.test.\nns.sub A 192.0.2.1\n"),
    "a cut below a cut": (ZONE + "sub NS a.test.\nx.y.sub TXT x\n",
                          ZONE + "sub NS a.test.\ny.sub NS a.test.\nx.y.sub TXT x\n"),
    "a DNAME beside names": (ZONE, ZONE + "moved DNAME other.test.\n"),
    "a cut whose name ends alike": (ZONE + "xsub A 192.0.2.1\n",
                                    ZONE + "xsub A 192.0.2.1\nsub NS a.test.\n"),
    "from a parking zone's nothing": (HEAD, HEAD + HOSTS),
}  # fmt: skip
HELD = {
    "four of ten removed": (ZONE, without(ZONE, 1, 2, 3, 4), "removes or changes 4 of 10 records"),
    "four of ten changed": (ZONE, moved(ZONE, 1, 2, 3, 4), "removes or changes 4 of 10 records"),
    "all renamed": (ZONE, ZONE.replace("h", "g"), "removes or changes 8 of 10 records"),
    "emptied": (HEAD + "www A 192.0.2.1\n", HEAD, "leaves nothing but"),
    "an NS more": (ZONE, ZONE + "@ NS ns3.test.\n", "changes the NS records of the apex"),
    "another NS": (ZONE, ZONE.replace("ns2.test", "ns3.test"), "changes the NS records of the"),
    "a new DS": (ZONE + "sub NS a.test.\n", ZONE + f"sub NS a.test.\nsub DS {DS}\n",
                 "changes the DS records of sub.example.org."),
    "a DS gone": (ZONE + f"sub NS a.test.\nsub DS {DS}\n", ZONE + "sub NS a.test.\n",
                  "changes the DS records of sub.example.org."),
    "MNAME": (ZONE, ZONE.replace("SOA ns1", "SOA ns9"),
              "changes the primary server in the SOA from ns1.example.org. to ns9.example.org."),
    "a cut above a name": (ZONE + "a.b.sub A 192.0.2.1\n",
                           ZONE + "a.b.sub A 192.0.2.1\nsub NS ns1.test.\n",
                           "hides a.b.sub.example.org. behind the new NS at sub.example.org."),
    "a cut at a name": (ZONE, ZONE + "h1 NS ns1.test.\n",
                        "hides h1.example.org. behind the new NS at h1.example.org."),
    "a DNAME above a name": (ZONE + "a.sub A 192.0.2.1\n",
                             ZONE + "a.sub A 192.0.2.1\nsub DNAME other.test.\n",
                             "hides a.sub.example.org. behind the new DNAME at sub.example.org."),
    "a DNAME at the apex": (ZONE, ZONE + "@ DNAME other.test.\n",
                            "hides h0.example.org., h1.example.org., h2.example.org. and 5 more"),
    "a cut instead of its names": (ZONE + "a.sub A 192.0.2.1\n", ZONE + "sub NS ns1.test.\n",
                                   "hides a.sub.example.org. behind the new NS"),
}  # fmt: skip


@pytest.mark.parametrize("name", FREE)
def test_what_harms_nobody_is_free(name: str) -> None:
    assert plan(*FREE[name]).reasons == ()


@pytest.mark.parametrize("name", HELD)
def test_what_could_harm_is_held_for_one_reason_that_is_said(name: str) -> None:
    old, new, said = HELD[name]
    (reason,) = plan(old, new).reasons
    assert said in reason


def test_the_share_and_the_least_number_are_the_zones_own() -> None:
    old, new = ZONE, without(ZONE, 1)
    assert plan(old, new, ZoneRails(10, 10)).reasons == ()
    assert plan(old, new, ZoneRails(9, 10)).reasons
    assert plan(old, new, ZoneRails(0, 11)).reasons == ()


def test_one_change_may_be_held_for_several_reasons() -> None:
    assert len(plan(ZONE, SOA.replace("ns1", "ns9") + "$TTL 5\n@ NS ns9.test.\n").reasons) == 4


def test_no_change_is_no_plan() -> None:
    assert not plan(ZONE, ZONE.replace(" 1 14400", " 7 14400"))
    assert plan(ZONE, ZONE.replace("14400", "7200"))


@pytest.mark.parametrize(
    "again",
    [
        lambda text: text.replace(" A ", "   IN\tA  ") + "; a comment\n",
        lambda text: text.upper().replace("$TTL", "$ttl"),
        lambda text: "$TTL 1h\n" + SOA + "".join(sorted(text.splitlines(keepends=True)[2:])),
        lambda text: text.replace(" 1 14400", " 99 4h"),
        lambda text: text.replace("h1 A", "$ORIGIN org.\nh1.example 3600 A").replace(
            "h2 A", "$ORIGIN example.org.\nh2 A"
        ),
    ],
    ids=["spaces", "case", "order", "serial", "origin"],
)
def test_how_the_sources_are_laid_out_changes_no_checksum(again: object) -> None:
    new = moved(ZONE, 1, 2)
    spelled = again(new)  # type: ignore[operator]
    assert plan(ZONE, spelled).checksum == plan(ZONE, new).checksum
    assert plan(again(ZONE), new).checksum == plan(ZONE, new).checksum  # type: ignore[operator]


def test_the_checksum_is_a_contract() -> None:
    """Files in approved/ are named after it: it must be the same in every version."""
    found = plan(ZONE, moved(ZONE, 1).replace("h2 A", "h2 60 A").replace("14400", "7200"))
    assert shown_lines(found.diff) == [
        "! example.org. SOA refresh 14400 -> 7200",
        "- h1.example.org. 3600 A 192.0.2.1",
        "+ h1.example.org. 3600 A 198.51.100.1",
        "~ h2.example.org. A TTL 3600 -> 60",
    ]
    assert found.checksum == "e9d7b9fb0b470721a01182408a6eb177"


ALTERED = {
    "another address": moved(ZONE, 1, 2).replace("198.51.100.2", "198.51.100.3"),
    "one more": moved(ZONE, 1, 2, 3),
    "one less": moved(ZONE, 1),
    "a TTL": moved(ZONE, 1, 2).replace("h1 A", "h1 60 A"),
    "a TTL alone": moved(ZONE, 1, 2).replace("h5 A", "h5 60 A"),
    "the SOA": moved(ZONE, 1, 2).replace("14400", "7200"),
    "an addition": moved(ZONE, 1, 2) + "new A 192.0.2.1\n",
    "the other way round": None,
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_plan_has_another_checksum(name: str) -> None:
    altered, was = ALTERED[name], plan(ZONE, moved(ZONE, 1, 2)).checksum
    other = plan(moved(ZONE, 1, 2), ZONE) if altered is None else plan(ZONE, altered)
    assert other.checksum != was


def test_the_same_change_of_another_zone_has_another_checksum() -> None:
    other = read_fragment(Source("x", ZONE), apex="example.net.").records
    gone = read_fragment(Source("x", without(ZONE, 1)), apex="example.net.").records
    ours = plan(ZONE, without(ZONE, 1))
    assert make_plan(diff_records("example.net.", other, gone), other, gone, RAILS) != ours
    assert CHECKSUM.fullmatch(ours.checksum)


LINE = st.sampled_from(HOSTS.splitlines())


@given(st.sets(LINE), st.sets(LINE), st.integers())
def test_the_checksum_tells_two_changes_apart_and_only_those(
    first: set[str], second: set[str], seed: int
) -> None:
    shuffled = [*first]
    random.Random(seed).shuffle(shuffled)
    one, again, other = (
        plan(ZONE, HEAD + "\n".join(lines) + "\n").checksum
        for lines in (sorted(first), shuffled, sorted(second))
    )
    assert one == again
    assert (one == other) == (first == second)


def test_a_long_plan_is_shown_in_part() -> None:
    lines = shown_lines(plan(ZONE, HEAD).diff, 3)
    assert len(lines) == 4
    assert lines[-1] == "… and 5 more changes"


@pytest.mark.parametrize(
    ("changed", "zones", "is_held"),
    [(19, 20, False), (20, 20, True), (20, 199, True), (20, 200, False), (0, 0, False)],
)
def test_many_zones_at_once_are_held(changed: int, zones: int, is_held: bool) -> None:
    assert bool(reach_reason(changed, zones, SiteRails(10, 20))) is is_held


def test_a_set_of_plans_has_a_checksum_of_its_own_in_any_order() -> None:
    one, two = "1" * 32, "2" * 32
    assert set_checksum([one, two]) == set_checksum([two, one, two])
    assert len({set_checksum([one, two]), set_checksum([one]), one, set_checksum([])}) == 4
