"""What resolvers will see of a change: the old TTLs, negative answers, wildcards, delegations."""

from __future__ import annotations

import pytest

from zonebuild.diff import Effect, compare_versions
from zonebuild.diff.effects import duration
from zonebuild.model import Records
from zonebuild.zonefile import decode_source, read_fragment

APEX = "example.org."
HEAD = """\
$TTL 3600
@ SOA ns1 hostmaster 1 14400 3600 2419200 600
@ 86400 NS ns1
ns1 A 192.0.2.53
"""


def records(text: str, apex: str = APEX) -> Records:
    return read_fragment(decode_source("z", text.encode()), apex=apex).records


def effects(old: str, new: str, head: str = HEAD) -> list[Effect]:
    return list(compare_versions(APEX, records(head + old), records(head + new)).effects)


_CUT = "sub 7200 NS ns.sub\nns.sub 300 A 192.0.2.1\n"
_DS = "sub 300 DS 1 13 2 " + "00" * 32 + "\n"
ONE: dict[str, tuple[str, str, str, int, str]] = {
    "changed address": (
        "www A 192.0.2.1\n", "www 60 A 192.0.2.2\n",
        "A", 3600, "the old address is cached until 1 h after publication",
    ),
    "one of several": (
        "www A 192.0.2.1\nwww A 192.0.2.2\n", "www A 192.0.2.1\nwww A 192.0.2.3\n",
        "A", 3600, "the old addresses are cached until 1 h after publication",
    ),
    "an address more": (
        "www 60 A 192.0.2.1\n", "www 60 A 192.0.2.1\nwww 60 A 192.0.2.3\n",
        "A", 60, "the old address is cached until 1 min after publication",
    ),
    "changed record": (
        "@ MX 5 ns1\n", "@ MX 6 ns1\n",
        "MX", 3600, "the old record is cached until 1 h after publication",
    ),
    "TTL alone, lower": (
        "www 7200 A 192.0.2.1\n", "www 60 A 192.0.2.1\n",
        "A", 7200, "the old TTL holds until 2 h after publication",
    ),
    "TTL alone, higher": (
        "www 60 A 192.0.2.1\n", "www 7200 A 192.0.2.1\n",
        "A", 60, "the old TTL holds until 1 min after publication",
    ),
    "new name": (
        "", "www A 192.0.2.1\n",
        "A", 600, "new name: negative answers (NXDOMAIN) for up to 10 min",
    ),
    "new type": (
        "www A 192.0.2.1\n", "www A 192.0.2.1\nwww AAAA 2001:db8::1\n",
        "AAAA", 600, "new type: negative answers (NODATA) for up to 10 min",
    ),
    "new at an empty non-terminal": (
        "a.b A 192.0.2.1\n", "a.b A 192.0.2.1\nb A 192.0.2.1\n",
        "A", 600, "new type: negative answers (NODATA) for up to 10 min",
    ),
    "new beside a wildcard with the type": (
        "* 120 A 192.0.2.1\n", "* 120 A 192.0.2.1\nwww A 192.0.2.2\n",
        "A", 120, "new name: answers from *.example.org. are cached until 2 min after publication",
    ),
    "new beside a wildcard alias": (
        "* 120 CNAME ns1\n", "* 120 CNAME ns1\nwww A 192.0.2.2\n",
        "A", 120, "new name: answers from *.example.org. are cached until 2 min after publication",
    ),
    "new beside a wildcard without the type": (
        "* TXT x\n", "* TXT x\nwww A 192.0.2.2\n",
        "A", 600, "new name beside *.example.org.: negative answers (NODATA) for up to 10 min",
    ),
    "new below a name that the wildcard does not reach": (
        "* A 192.0.2.1\nb TXT x\n", "* A 192.0.2.1\nb TXT x\na.b A 192.0.2.2\n",
        "A", 600, "new name: negative answers (NXDOMAIN) for up to 10 min",
    ),
    "new wildcard": (
        "", "*.w A 192.0.2.2\n",
        "A", 600, "new wildcard: for what it covers negative answers (NXDOMAIN) for up to 10 min",
    ),
    "removed name": (
        "www A 192.0.2.1\n", "",
        "A", 3600, "still answered from caches until 1 h after publication, then NXDOMAIN",
    ),
    "removed type": (
        "www A 192.0.2.1\nwww TXT x\n", "www A 192.0.2.1\n",
        "TXT", 3600, "still answered from caches until 1 h after publication, then NODATA",
    ),
    "removed above others": (
        "b A 192.0.2.1\na.b A 192.0.2.1\n", "a.b A 192.0.2.1\n",
        "A", 3600, "still answered from caches until 1 h after publication, then NODATA",
    ),
    "removed beside a wildcard": (
        "* A 192.0.2.9\nwww A 192.0.2.1\n", "* A 192.0.2.9\n",
        "A", 3600,
        "still answered from caches until 1 h after publication, then from *.example.org.",
    ),
    "apex name servers": (
        "", "@ 86400 NS ns2.example.\n",
        "NS", 86400, "the old name servers are asked until 1 d after publication, "
        "and as long as the delegation in the parent names them",
    ),
    "delegation to others": (
        _CUT, _CUT.replace("NS ns.sub", "NS ns2.example."),
        "NS", 7200, "the old name servers are asked until 2 h after publication, "
        "longer where the child's NS TTL is",
    ),
    "new delegation of a new name": (
        "", "sub NS ns1\n",
        "NS", 600, "new name: negative answers (NXDOMAIN) for up to 10 min",
    ),
    "new delegation of a name that was": (
        "sub A 192.0.2.1\n", "sub A 192.0.2.1\nsub NS ns1\n",
        "NS", 600, "new delegation: what this zone answered at and below it is cached for its "
        "TTL, negative answers for up to 10 min",
    ),
    "glue": (
        _CUT, _CUT.replace("192.0.2.1", "192.0.2.2"),
        "A", 300, "the old glue is cached until 5 min after publication",
    ),
    "new glue": (
        _CUT, _CUT + "ns.sub AAAA 2001:db8::1\n",
        "AAAA", 0, "new glue: referrals carry it from publication on",
    ),
    "new DS": (
        _CUT, _CUT + _DS,
        "DS", 600, "the child counts as unsigned for up to 10 min: that it has no DS is cached",
    ),
    "other DS": (
        _CUT + _DS, _CUT + _DS.replace("DS 1", "DS 2"),
        "DS", 300, "validators use the old DS until 5 min after publication: "
        "its key must sign until then",
    ),
    "removed DS": (
        _CUT + _DS, _CUT,
        "DS", 300, "validators want the child signed until 5 min after publication",
    ),
    "new name below a DNAME": (
        "d 120 DNAME e.example.\n", "d 120 DNAME e.example.\nw.d A 192.0.2.1\n",
        "A", 120,
        "answered through the DNAME of d.example.org. until 2 min after publication",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rdtype", "seconds", "text"), ONE.values(), ids=ONE)
def test_the_effect_of_one_change(old: str, new: str, rdtype: str, seconds: int, text: str) -> None:
    (effect,) = effects(old, new)
    assert effect[1:] == (rdtype, seconds, text)


def test_a_name_that_becomes_an_alias_is_answered_through_it_afterwards() -> None:
    new, old = effects("www A 192.0.2.1\n", "www CNAME ns1\n")[::-1]
    assert old.text.endswith("until 1 h after publication, then through the new CNAME")
    assert new.text == "new type: negative answers (NODATA) for up to 10 min"


def test_an_alias_that_becomes_a_host_is_followed_until_its_ttl_has_passed() -> None:
    new, old = effects("www 60 CNAME ns1\n", "www A 192.0.2.1\n")
    assert (new.rdtype, new.seconds) == ("A", 60)
    assert new.text == "answered through the old CNAME until 1 min after publication"
    assert old.text.endswith("then NODATA")


def test_a_delegation_taken_back_is_followed_until_its_ttl_has_passed() -> None:
    told = {(e.owner, e.rdtype): e for e in effects(_CUT, "sub A 192.0.2.1\n")}
    assert told[(f"sub.{APEX}", "NS")].seconds == 7200
    assert told[(f"sub.{APEX}", "A")].text == (
        "the name servers of sub.example.org. are asked until 2 h after publication"
    )


def test_what_a_new_cut_hides_is_answered_by_the_child_afterwards() -> None:
    told = {e.rdtype: e.text for e in effects("a.sub A 192.0.2.1\n", "sub NS ns1\n")}
    assert told["A"].endswith("then by the name servers of sub.example.org.")


def test_negative_answers_are_kept_no_longer_than_the_old_soa() -> None:
    head = HEAD.replace("@ SOA", "@ 30 SOA")
    assert effects("", "www A 192.0.2.1\n", head)[0].seconds == 30
    old, new = records(HEAD), records(head + "www A 192.0.2.1\n")
    first, second = compare_versions(APEX, old, new).effects
    assert (first.rdtype, first.seconds, second.seconds) == ("SOA", 600, 600)


def test_another_soa_field_is_seen_when_the_soa_is() -> None:
    old, new = records(HEAD), records(HEAD.replace("14400", "7200"))
    (effect,) = compare_versions(APEX, old, new).effects
    assert effect == (APEX, "SOA", 3600, "the old SOA is cached until 1 h after publication")


def test_a_new_zone_has_no_effect_and_one_that_is_gone_has_one() -> None:
    zone = records(HEAD)
    assert compare_versions(APEX, Records(), zone).effects == ()
    (effect,) = compare_versions(APEX, zone, Records()).effects
    assert effect.text == "what is cached of the zone stays for up to 1 d after publication"


def test_of_very_many_changes_only_the_first_can_be_asked_for() -> None:
    old, new = records(HEAD), records(HEAD + "a A 192.0.2.1\nb A 192.0.2.1\n")
    told = [compare_versions(APEX, old, new, most=most).effects for most in (0, 1, None)]
    assert [[e.owner for e in each] for each in told] == [
        [],
        [f"a.{APEX}"],
        [f"a.{APEX}", f"b.{APEX}"],
    ]


def test_without_a_soa_the_time_of_negative_answers_is_not_known() -> None:
    (effect,) = effects("", "www A 192.0.2.1\n", "ns1 60 A 192.0.2.1\n")
    assert effect.seconds is None
    assert effect.text.endswith("negative answers (NXDOMAIN) for as long as the SOA says")


def test_the_root_and_escaped_dots_are_zones_and_names_like_others() -> None:
    head = ". 60 SOA a. b. 1 1 1 1 30\n. 60 NS a.\n"
    old, new = records(head, "."), records(head + "org. 60 NS a.\nx\\.y.com. 60 TXT z\n", ".")
    told = {e.owner: e for e in compare_versions(".", old, new).effects}
    assert {e.seconds for e in told.values()} == {30}
    more = records(head + "org. 60 NS a.\nx\\.y.com. 60 TXT z\ny.com. 60 TXT z\n", ".")
    (effect,) = compare_versions(".", new, more).effects
    assert "NXDOMAIN" in effect.text  # y.com. is not above x\.y.com.


DURATIONS = {
    0: "0 s", 59: "59 s", 60: "1 min", 3600: "1 h", 5400: "1 h 30 min", 90061: "1 d 1 h 1 min 1 s",
    604800: "7 d",
}  # fmt: skip


@pytest.mark.parametrize(("seconds", "text"), DURATIONS.items())
def test_durations_read_as_people_write_them(seconds: int, text: str) -> None:
    assert duration(seconds) == text
