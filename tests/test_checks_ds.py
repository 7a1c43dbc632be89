"""DS: digest types and algorithms that validators do not take, in every spelling."""

from __future__ import annotations

import pytest

from tests.checked_zones import findings_of, found_by

SHA1, SHA256, SHA384 = "0" * 40, "0" * 64, "0" * 96
CUT = "sub NS ns.test.\n"


def checks(rdata: str) -> set[str]:
    return {finding.check for finding in findings_of(f"{CUT}sub DS {rdata}\n")}


@pytest.mark.parametrize(
    ("rdata", "found"),
    [
        (f"1 13 2 {SHA256}", set()),
        (f"1 13 4 {SHA384}", set()),
        (f"1 15 2 ( {SHA256[:10]} {SHA256[10:]} )", set()),
        (f"1 ECDSAP256SHA256 2 {SHA256}", set()),
        (f"1 13 1 {SHA1}", {"ds-weak-digest"}),
        (f"1 13 3 {SHA256}", {"ds-unusable-digest-type"}),
        (f"1 13 6 {SHA256}", {"ds-unusable-digest-type"}),
        (f"1 13 200 {SHA256}", {"ds-unusable-digest-type"}),
        (f"1 5 2 {SHA256}", {"ds-deprecated-algorithm"}),
        (f"1 RSASHA1 2 {SHA256}", {"ds-deprecated-algorithm"}),
        (f"1 12 1 {SHA1}", {"ds-deprecated-algorithm", "ds-weak-digest"}),
        (f"\\# 36 0001 05 02 {SHA256}", {"ds-deprecated-algorithm"}),
        (f"5 8 2 {SHA256}", set()),
    ],
)
def test_a_ds_and_what_is_wrong_with_it(rdata: str, found: set[str]) -> None:
    assert checks(rdata) == found


@pytest.mark.parametrize(
    ("check", "rdata", "said"),
    [
        ("ds-unusable-digest-type", "1 13 9 00", "has the digest type 9 (which is not assigned)"),
        ("ds-unusable-digest-type", f"1 13 3 {SHA256}", "type 3 (GOST R 34.11-94): publish"),
        ("ds-weak-digest", f"1 13 1 {SHA1}", "a SHA-1 digest (type 1): publish one of type 2"),
        ("ds-deprecated-algorithm", f"1 7 2 {SHA256}", "7 (RSASHA1-NSEC3-SHA1): sign the child"),
    ],
)
def test_the_message_names_what_was_found(check: str, rdata: str, said: str) -> None:
    (finding,) = found_by(check, f"{CUT}sub DS {rdata}\n")
    assert finding.message.startswith("DS of sub.example.org. has ")
    assert said in finding.message


def test_each_ds_is_judged_by_itself() -> None:
    body = f"{CUT}sub DS 1 13 1 {SHA1}\nsub DS 1 13 2 {SHA256}\nsub DS 2 13 1 {SHA1}\n"
    lines = [finding.location.line for finding in found_by("ds-weak-digest", body)]
    assert lines[1] - lines[0] == 2


def test_a_deleg_at_a_cut_hides_nothing() -> None:
    assert findings_of(f"{CUT}sub TYPE61440 \\# 2 0001\n") == []
