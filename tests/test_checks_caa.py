"""CAA: what is said, and what is left alone."""

from __future__ import annotations

import pytest

from tests.checked_zones import HEAD, found_by, read_zone
from zonebuild.checks.caa import CHECKS
from zonebuild.checks.settings import Settings
from zonebuild.checks.source_text import text_findings
from zonebuild.checks.table import check_zone
from zonebuild.diagnostic import Finding, Severity
from zonebuild.zonefile import Source


def messages(check: str, body: str) -> list[str]:
    return [finding.message for finding in found_by(check, body)]


def forbidden(body: str, *issuers: str) -> list[Finding]:
    """Return what is said where the site asks *issuers*."""
    (check,) = [check for check in CHECKS if check.name == "caa-forbids-our-issuer"]
    return check_zone(read_zone(HEAD + body), [check], Settings(issuers=issuers))


@pytest.mark.parametrize("flags", [1, 2, 64, 127, 129, 255])
def test_flags_other_than_none_and_critical_mean_nothing(flags: int) -> None:
    assert messages("caa-flags", f'@ CAA {flags} issue ";"\n') == [
        f"CAA flags {flags} of example.org. mean nothing: write 0, or 128 for critical"
    ]


@pytest.mark.parametrize(
    ("tag", "mend"), [("issuewildcard", "issuewild"), ("iodefs", "iodef"), ("isue", "issue")]
)
def test_a_tag_that_is_nearly_known_is_mended(tag: str, mend: str) -> None:
    (said,) = messages("caa-unknown-tag", f'@ CAA 0 {tag} "x"\n')
    assert said.endswith(f": write {mend}")


def test_an_unknown_tag_that_is_critical_forbids_all() -> None:
    (said,) = messages("caa-unknown-tag", '@ CAA 128 tbs "x"\n')
    assert "being critical it forbids them all" in said


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("https://www.ca.example/", "ca.example"),
        ("ca.example.", "ca.example"),
        ("ca.example.; a=b", "ca.example; a=b"),
        ("ca.example; a=b;", "ca.example; a=b"),
    ],
)
def test_a_slip_in_what_names_a_ca_is_mended(value: str, meant: str) -> None:
    (said,) = messages("caa-value", f'@ CAA 0 issue "{value}"\n')
    assert f'not "{value}"; write "{meant}" (RFC 8659 section 4.2)' in said


@pytest.mark.parametrize(
    "value", ["a b.example", "*.ca.example", "-a.example", "ca.example; a", "ca.example a=b", "a,b"]
)
def test_what_names_no_ca_is_found(value: str) -> None:
    assert len(messages("caa-value", f'@ CAA 0 issuewild "{value}"\n')) == 1


@pytest.mark.parametrize(
    "value", ["", ";", " ; ", "ca.example", "CA.example ;", "a--b.example; x=; y=1", "; a=b"]
)
def test_what_may_stand_there_is_left_alone(value: str) -> None:
    assert not messages("caa-value", f'@ CAA 0 issue "{value}"\n')


def test_an_address_without_scheme_is_mended() -> None:
    (said,) = messages("caa-value", '@ CAA 0 iodef "a@example.org"\n')
    assert 'write "mailto:a@example.org"' in said


def test_escapes_and_missing_quotation_marks_are_read_through() -> None:
    body = '@ CAA 0 issue ca.example.net\n@ CAA 0 issue "\\099a.example"\n'
    assert not messages("caa-value", body)


def test_sets_that_a_cut_hides_are_not_judged() -> None:
    body = 'sub NS ns.example.net.\na.sub CAA 0 issue ";"\na.sub CAA 0 issue "ca.example"\n'
    assert not messages("caa-none-and-issuer", body)


def test_none_beside_a_ca_points_at_the_ca() -> None:
    body = '@ CAA 0 issue "ca.example"\n@ CAA 0 issue ";"\n'
    (found,) = found_by("caa-none-and-issuer", body)
    assert found.message.startswith('CAA issue ";" of example.org. forbids nothing')
    assert [note.message for note in found.notes] == ["this CA may issue"]


# -- our own CA -----------------------------------------------------------------------------------


def test_where_no_ca_is_known_to_be_asked_nothing_is_forbidden() -> None:
    assert forbidden('@ CAA 0 issue "other.example"\n') == []


def test_another_ca_at_the_apex_is_an_error_with_the_line_to_add() -> None:
    (found,) = forbidden('@ CAA 0 issue "other.example"\n', "ca.example")
    assert found.severity is Severity.ERROR
    assert found.message == (
        'CAA of example.org. names only other CAs, so "ca.example" may not issue: '
        'add CAA 0 issue "ca.example"'
    )


def test_below_the_apex_somebody_else_may_run_the_host() -> None:
    (found,) = forbidden('a CAA 0 issue "other.example"\n', "ca.example")
    assert found.severity is Severity.WARNING


def test_a_critical_tag_that_no_ca_knows_forbids_ours_too() -> None:
    body = '@ CAA 0 issue "ca.example"\n@ CAA 128 tbs "x"\n'
    (found,) = forbidden(body, "ca.example")
    assert 'has the critical tag "tbs", which no CA knows' in found.message


@pytest.mark.parametrize(
    "body",
    [
        '@ CAA 0 issue "CA.Example; accounturi=https://ca.example/1"\n',
        '@ CAA 0 issue "other.example"\n@ CAA 0 issue "ca.example"\n',
        '@ CAA 0 issue ";"\n',
        '@ CAA 0 iodef "mailto:a@example.org"\n',
        '@ CAA 0 issuewild "other.example"\n',
        '@ CAA 0 tbs "x"\n',
        'sub NS ns.example.net.\na.sub CAA 0 issue "other.example"\n',
    ],
    ids=["ours", "among others", "none", "no issue", "wildcards", "not critical", "hidden"],
)
def test_what_does_not_forbid_ours_is_left_alone(body: str) -> None:
    assert forbidden(body, "ca.example.", "third.example") == []


def test_a_line_of_very_many_cut_values_costs_one_look() -> None:
    source = Source("zone", "a CAA 0 issue a; b= " * 200_000 + "\n")
    assert [f.location.column for f in text_findings(source)] == [15]
