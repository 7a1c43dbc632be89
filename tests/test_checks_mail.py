"""MX, DKIM and DMARC: what is said, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import HEAD, HEAD_LINES, found_by
from zonebuild.checks.tag_lists import DKIM, DMARC, Grammar, list_faults, tags_of


def messages(check: str, body: str, *, apex: str = "example.org.", head: str = HEAD) -> list[str]:
    return [finding.message for finding in found_by(check, body, apex=apex, head=head)]


# -- MX -------------------------------------------------------------------------------------------


def test_a_null_mx_points_at_the_host_beside_it() -> None:
    (found,) = found_by("null-mx-and-others", "@ MX 10 ns\nb MX 10 ns\n@ MX 0 .\n")
    assert found.location.line == HEAD_LINES + 3
    assert [note.location.line for note in found.notes] == [HEAD_LINES + 1]


def test_two_null_mx_are_no_host() -> None:
    assert not found_by("null-mx-and-others", "@ MX 0 .\n@ MX 10 .\n")


def test_a_null_mx_in_generic_form_is_read() -> None:
    assert messages("null-mx-preference", "@ MX \\# 3 000A00\n") == [
        "null MX of example.org. has preference 10: write MX 0 ."
    ]


@pytest.mark.parametrize("apex", ["2.0.192.in-addr.arpa.", "ip6.arpa.", "org.", "."])
@pytest.mark.parametrize("check", ["missing-mx", "no-mail-unsaid"])
def test_no_mail_is_expected_for_reverse_zones_and_the_top(check: str, apex: str) -> None:
    assert not messages(check, "", apex=apex, head="$TTL 1\n@ SOA a. b. 1 1 1 1 1\n@ NS a.b.\n")


# -- DKIM and DMARC -------------------------------------------------------------------------------


def faults(text: str, grammar: Grammar = DMARC) -> list[str]:
    return list(list_faults(text, grammar))


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("v=DMARC1; p=none; rua=a@example.org", "rua=mailto:a@example.org"),
        (
            "v=DMARC1; p=none; rua=mailto:a@b.example, c@b.example",
            "rua=mailto:a@b.example,mailto:c@b.example",
        ),
        ("v=DMARC1 p=none", "v=DMARC1; p=none"),
        ("v=dmarc1; p=none", "v=DMARC1"),
    ],
)
def test_a_slip_in_a_dmarc_policy_is_mended(text: str, mend: str) -> None:
    (said,) = faults(text)
    assert f'write "{mend}"' in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p=none; v=DMARC1", 'must begin with "v=DMARC1;"'),
        ("v=DMARC1; P=none; p=none", "written in lower case: write p, not P"),
        ("v=DMARC1; p=none; pct=x", "tag pct takes a number from 0 to 100"),
        ("v=DMARC1; p=none; p=reject", "the tag p stands 2 times: keep one"),
        ("v=DMARC1; p=", 'tag p takes none, quarantine or reject, not ""'),
        ("v=DMARC1; p=none; fo=1,d", "tag fo takes 0, 1, d and s"),
        ("v=DMARC1; p=none; rua", '"rua" is no tag: write NAME=VALUE'),
    ],
)
def test_what_a_policy_lacks_is_told(text: str, said: str) -> None:
    (message,) = faults(text)
    assert said in message


@pytest.mark.parametrize(
    "text",
    [
        "v=DKIM1; p=MIIB", "v=DKIM1;p=MII B AA==;", "v=DKIM1; k=ed25519; p=", "v = DKIM1; p = MIIB",
        "v=DKIM1; h=sha1:sha256; s=*; t=y:s; n=any \\ note; p=MIIB",
    ],
)  # fmt: skip
def test_a_correct_key_is_left_alone(text: str) -> None:
    assert faults(text, DKIM) == []


def test_a_key_in_two_strings_is_judged_as_one() -> None:
    assert messages("dkim-syntax", 'a._domainkey TXT "v=DKIM1; p=MI" "IB"\n') == []
    (said,) = messages("dkim-syntax", 'a._domainkey TXT "v=DKIM1; p=MI" "IBI"\n')
    assert 'not "MIIBI"' in said


@pytest.mark.parametrize("owner", ["example.net._report._dmarc", "*._report._dmarc"])
def test_where_reports_may_go_the_version_is_enough(owner: str) -> None:
    assert messages("dmarc-syntax", f'{owner} TXT "v=DMARC1"\n') == []
    assert len(messages("dmarc-syntax", '_dmarc TXT "v=DMARC1"\n')) == 1


def test_answers_for_reports_are_no_second_policy() -> None:
    body = 'a._report._dmarc TXT "v=DMARC1"\na._report._dmarc TXT "v=DMARC1; x"\n'
    assert not found_by("several-dmarc-policies", body)


@given(st.text(st.sampled_from("vp=DMARC1; \t:,@reject"), max_size=40), st.booleans())
def test_no_list_is_too_odd_to_judge(text: str, needs_p: bool) -> None:
    said = list(list_faults(text, DMARC, needs_p=needs_p))
    assert said or tags_of(text)["v"] == "DMARC1"


# -- who may send ---------------------------------------------------------------------------------


def test_no_mail_names_each_line_that_lacks() -> None:
    assert messages("no-mail-unsaid", '@ MX 0 .\n@ TXT "v=spf1 -all"\n') == [
        "example.org. takes no mail and does not say so to all: "
        'write _dmarc.example.org. TXT "v=DMARC1; p=reject"'
    ]


@pytest.mark.parametrize(
    "answer",
    ["_dmarc CNAME a.example.net.", "_dmarc NS ns.example.net.", "* CNAME a.example.net."],
)
def test_a_dmarc_policy_may_be_answered_elsewhere(answer: str) -> None:
    assert not messages("mail-without-dmarc", f"@ MX 10 ns\n{answer}\n")


def test_a_wildcard_does_not_answer_for_a_name_that_exists() -> None:
    body = "@ MX 10 ns\n* CNAME a.example.net.\n_dmarc A 192.0.2.2\n"
    assert len(messages("mail-without-dmarc", body)) == 1


def test_a_name_with_several_mx_lacks_one_spf_policy() -> None:
    assert len(messages("mail-without-spf", "@ MX 10 ns\n@ MX 20 a.example.net.\n")) == 1
