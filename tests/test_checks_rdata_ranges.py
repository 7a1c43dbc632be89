"""NAPTR, AFSDB, CERT, IPSECKEY and targets: messages, and what must not be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_checks_tlsa import messages
from zonebuild.checks.naptr import regexp_fault

URI = 'NAPTR 10 10 "u" "E2U+sip"'


@pytest.mark.parametrize(
    ("regexp", "said"),
    [
        ("!^.*$!x", "has 2 delimiters"),
        ("!^.*$", "has 1 delimiters"),
        ("!a!b!c!", "has 4 delimiters"),
        ("1a1b1", 'begins with "1"'),
        ("iaibi", 'begins with "i"'),
        ("!!b!", "matches nothing"),
        ("!a!b!x", 'ends with "x"'),
        ("!(a)!\\2!", "names the group 2 of 1"),
        ("!a!\\1!", "names the group 1 of 0"),
        ("!(a)!\\0!", "names the group 0 of 1"),
        ("!\\(a!\\1!", "names the group 1 of 0"),
        ("![(]!\\1!", "names the group 1 of 0"),
    ],
)
def test_a_regular_expression_says_what_is_wrong(regexp: str, said: str) -> None:
    fault = regexp_fault(regexp)
    assert fault is not None
    assert fault.startswith(said)


@pytest.mark.parametrize(
    "regexp", ["!^.*$!x!", "!a!b!i", "!a\\!b!c!", "!a!!", "/(a)(b)/\\2\\1/", "!^\\+(.*)$!tel:\\1!"]
)
def test_a_right_regular_expression_has_no_fault(regexp: str) -> None:
    assert regexp_fault(regexp) is None


@given(st.text(st.characters(max_codepoint=255), min_size=1, max_size=40))
def test_no_regular_expression_is_too_odd_to_be_judged(regexp: str) -> None:
    fault = regexp_fault(regexp)
    assert fault is None or fault.isprintable()


@pytest.mark.parametrize(
    ("rdata", "said"),
    [
        ('"q" "E2U+sip" "!a!b!" .', 'flags "q"'),
        ('"us" "E2U+sip" "!a!b!" .', 'flags "us"'),
        ('"u" "E2U+sip" "!a!b!" ns', "has an expression and the replacement ns.example.org."),
        ('"u" "E2U+sip" "" .', 'flag "u" without an expression'),
        ('"S" "SIP+D2U" "" .', 'flag "s" without a name'),
        ('"u" "E2U sip" "!a!b!" .', 'services "E2U sip"'),
    ],
)
def test_what_contradicts_in_a_naptr_is_said(rdata: str, said: str) -> None:
    (message,) = messages("naptr-contradiction", f"a NAPTR 1 1 {rdata}\n")
    assert message.startswith(f"NAPTR {said}")


@pytest.mark.parametrize(
    "rdata",
    ['"" "" "" b', '"U" "E2U+sip" "!a!b!" .', '"s" "x-eap:aaa+auth" "" _a._tcp', '"" "" "" .'],
)
def test_usual_rules_contradict_nothing(rdata: str) -> None:
    assert not messages("naptr-contradiction", f"a NAPTR 1 1 {rdata}\n")


def test_messages_show_what_to_write() -> None:
    assert messages("afsdb-subtype-unknown", "@ AFSDB 3 ns\n") == [
        "AFSDB subtype 3 is not known: write 1 (AFS) or 2 (DCE)"
    ]
    assert messages("cert-type-unknown", "ns CERT 9 1 8 AA==\n") == [
        "CERT type 9 is not assigned: write PKIX, PGP or another of RFC 4398"
    ]
    assert messages("bad-ipseckey", "ns IPSECKEY 10 3 2 . AA==\n") == [
        "IPSECKEY gateway . with type 3 (a name): write type 0 for no gateway"
    ]
    assert messages("bad-ipseckey", "ns IPSECKEY 10 0 0 . AA==\n") == [
        "IPSECKEY algorithm 0 with a key: write 1 (DSA), 2 (RSA), 3 (ECDSA) or 4 (EdDSA)"
    ]


@pytest.mark.parametrize(
    "record",
    ["HTTPS 0 a/b.example.net.", "SVCB 1 -a.example.net.", "KX 10 a\\ b.example.net.",
     "AFSDB 1 a/b.example.net.", "LP 10 *.example.net.", 'NAPTR 1 1 "s" "" "" a/b.example.net.'],
)  # fmt: skip
def test_a_target_that_no_host_is_called_is_found(record: str) -> None:
    (message,) = messages("service-target-not-host-name", f"a {record}\n")
    assert "is no host name" in message


@pytest.mark.parametrize(
    "record",
    ["HTTPS 0 .", "SVCB 1 _a.b-c.example.net.", "HTTPS 1 xn--a.example.net.", "HTTPS 1 no/where",
     f"{URI} \"!a!b!\" .", 'NAPTR 1 1 "s" "" "" _sip._udp'],
)  # fmt: skip
def test_hosts_underscores_and_the_root_are_targets(record: str) -> None:
    assert not messages("service-target-not-host-name", f"a {record}\n")
