"""The table of checks, what their findings say and point at, and where they stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.checked_zones import HEAD, HEAD_LINES, findings_of, read_zone
from zonebuild.checks.limits import MAX_PLACES, limit
from zonebuild.checks.policy import POLICIES, apply_policy, made_under
from zonebuild.checks.reference import render_reference
from zonebuild.checks.table import ALL_CHECKS, CHECKS, check_zone
from zonebuild.compile import compile_zone
from zonebuild.diagnostic import Finding, Location, Part, Severity
from zonebuild.zonefile import decode_source

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def said(body: str, check: str) -> str:
    """Return the message of the only finding of *check*."""
    (finding,) = [f for f in findings_of(body) if f.check == check]
    return finding.message


def finding(check: str, severity: Severity, line: int = 1) -> Finding:
    return Finding(Location("zone", line), severity, check, "said")


# -- the table ------------------------------------------------------------------------------------


def test_no_name_stands_twice_in_the_table() -> None:
    names = [check.name for check in ALL_CHECKS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.name)
def test_an_entry_is_complete(check: object) -> None:
    assert all(getattr(check, field) for field in ("name", "numbers", "spec", "why"))


def test_only_checks_of_the_zone_have_a_function() -> None:
    assert [check for check in ALL_CHECKS if check.find] == list(CHECKS)


# -- what a finding says --------------------------------------------------------------------------


def test_missing_glue_names_the_server_its_cut_and_the_mend() -> None:
    assert said("sub NS ns.sub\n", "missing-glue") == (
        "NS ns.sub.example.org. lies at or below its own cut sub.example.org. and has no address "
        "here: add an A or AAAA record for it"
    )


def test_of_what_signers_make_nsec3param_stands_beside_no_alias() -> None:
    assert "NSEC3PARAM" in said("a CNAME ns\na NSEC3PARAM 1 0 0 -\n", "cname-and-other-data")


def test_a_forgotten_dot_is_mended() -> None:
    message = said("a MX 1 mail.example.org\nmail A 192.0.2.2\n", "mx-target-without-address")
    assert message.endswith("write mail.example.org. with its final dot")


def test_a_loop_is_shown_from_its_first_record_round() -> None:
    message = said("b CNAME c\na CNAME b\nc CNAME a\n", "cname-loop")
    names = ("b", "c", "a", "b")
    assert " -> ".join(f"{name}.example.org." for name in names) in message


def test_a_long_loop_is_cut_short() -> None:
    lines = [f"a{i} CNAME a{(i + 1) % 500}\n" for i in range(500)]
    assert said("".join(lines), "cname-loop").count("->") == 8


def test_the_rest_of_a_loop_is_in_the_notes() -> None:
    (found,) = findings_of("a CNAME b\nb CNAME a\n")
    assert [note.location.line for note in found.notes] == [HEAD_LINES + 2]


def test_a_finding_in_rdata_points_there() -> None:
    (found,) = findings_of("a CNAME nowhere\n")
    assert (found.location, found.part) == (Location("primary/0", HEAD_LINES + 1), Part.RDATA)


def test_the_second_place_may_stand_in_another_file() -> None:
    zone = read_zone(HEAD + "a A 192.0.2.2\n", "a TXT x\na CNAME ns\n")
    (found,) = [f for f in check_zone(zone) if f.check == "cname-and-other-data"]
    assert found.location == Location("primary/1", 2)
    assert [note.location for note in found.notes] == [Location("primary/0", HEAD_LINES + 1)]


def test_a_ttl_that_differs_names_both() -> None:
    message = said("a 1 A 192.0.2.2\na 2 A 192.0.2.3\n", "rrset-ttl-mismatch")
    assert "has TTL 2, the first of its RRset has 1" in message


def test_a_zone_without_records_lacks_soa_and_ns() -> None:
    found = check_zone(read_zone(""))
    assert [f.check for f in found] == ["missing-soa", "missing-apex-ns"]
    assert {f.location for f in found} == {Location("primary/0")}


def test_a_zone_without_fragments_is_named_by_its_apex() -> None:
    assert {f.location for f in check_zone(read_zone())} == {Location("example.org.")}


def test_records_under_another_origin_are_compared_as_absolute_names() -> None:
    body = "a.b MX 1 ns\n$ORIGIN b.example.org.\na MX 1 ns.example.org.\n"
    assert [f.check for f in findings_of(body)] == ["duplicate-record"]


# -- where it stops -------------------------------------------------------------------------------


def test_of_each_check_the_first_hundred_are_told_and_the_rest_counted() -> None:
    found = findings_of("".join(f"a{i} CNAME nowhere{i}\n" for i in range(MAX_PLACES + 23)))
    assert len(found) == MAX_PLACES + 1
    assert found[-1].message == "and 23 more, from here on"
    assert found[-1].location.line == HEAD_LINES + MAX_PLACES + 1


def test_a_hundred_are_told_without_a_count() -> None:
    many = [finding("a", WARNING, line) for line in range(MAX_PLACES)]
    assert limit(many) == many


def test_each_check_has_its_own_hundred() -> None:
    many = [finding(check, WARNING) for check in "ab" for _ in range(MAX_PLACES)]
    assert len(limit(many)) == len(many)


def test_the_count_is_as_bad_as_what_it_counts() -> None:
    many = [finding("a", WARNING) for _ in range(MAX_PLACES + 1)]
    assert limit([*many, finding("a", ERROR)])[-1].severity is ERROR


def test_names_nested_deeply_are_no_trouble() -> None:
    deep = ".".join(["a"] * 110)
    found = findings_of(f"sub NS ns.example.net.\n{deep}.sub TXT x\n")
    assert [f.check for f in found] == ["data-below-cut"]


# -- policies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "check", "before", "after"),
    [
        ("servers", "cname-and-other-data", ERROR, ERROR),
        ("servers", "rrset-ttl-mismatch", ERROR, WARNING),
        ("servers", "missing-ttl", ERROR, WARNING),
        ("servers", "leaked-state", ERROR, WARNING),
        ("servers", "owner-after-origin", ERROR, WARNING),
        ("servers", "cname-target-missing", ERROR, WARNING),
        ("servers", "crlf", WARNING, WARNING),
        ("servers", "no-final-newline", INFO, INFO),
        ("servers", "of-another-room", ERROR, ERROR),
        ("default", "rrset-ttl-mismatch", ERROR, ERROR),
        ("default", "duplicate-record", WARNING, WARNING),
        ("strict", "duplicate-record", WARNING, ERROR),
        ("strict", "no-final-newline", INFO, INFO),
    ],
)
def test_a_policy_weighs(policy: str, check: str, before: Severity, after: Severity) -> None:
    given = finding(check, before)
    assert apply_policy([given], policy) == [replace(given, severity=after)]


def test_an_unknown_policy_is_a_bug_of_the_caller() -> None:
    assert POLICIES == ("servers", "default", "strict")
    with pytest.raises(KeyError):
        apply_policy([], "lenient")


def test_the_reference_is_made_of_the_table() -> None:
    reference = Path(__file__).parent.parent / "docs" / "checks.md"
    assert reference.read_text() == render_reference()


# -- which checks are made ------------------------------------------------------------------------


def test_servers_makes_what_a_server_refuses_and_little_more() -> None:
    made = {check.name for check in made_under("servers")}
    assert {check.name for check in CHECKS if check.refused_by} < made
    assert {"rrset-ttl-mismatch", "cname-target-missing", "data-below-cut"} < made
    assert made.isdisjoint({"spf-syntax", "owner-not-host-name", "ns-share-address"})


def test_what_is_switched_on_is_made_under_servers_too() -> None:
    made = {check.name for check in made_under("servers", {"spf-syntax"})}
    assert "spf-syntax" in made
    assert made - {"spf-syntax"} == {check.name for check in made_under("servers")}


@pytest.mark.parametrize("policy", ["default", "strict"])
def test_the_other_policies_make_them_all(policy: str) -> None:
    assert made_under(policy) == CHECKS


def test_the_zone_is_judged_by_the_checks_of_its_policy() -> None:
    text = HEAD + '@ TXT "v=spf1 +all"\na CNAME nowhere\n'

    def found(policy: str) -> set[str]:
        source = decode_source("zone", text.encode())
        return {f.check for f in compile_zone("example.org.", [source], policy=policy).findings}

    assert found("servers") == {"cname-target-missing"}
    assert {"cname-target-missing", "spf-allows-anyone"} < found("default")
