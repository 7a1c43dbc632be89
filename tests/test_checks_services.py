"""SRV, URI, PTR, RP and LP: what is said, and what is left alone."""

from __future__ import annotations

import pytest

from tests.checked_zones import found_by
from zonebuild.diagnostic import Severity

REVERSE = "2.0.192.in-addr.arpa."
REVERSE_HEAD = "$TTL 1\n@ SOA ns.example.org. a.example.org. 1 1 1 1 1\n@ NS ns.example.org.\n"


def messages(check: str, body: str) -> list[str]:
    return [finding.message for finding in found_by(check, body)]


def reverse(check: str, body: str, apex: str = REVERSE) -> list[str]:
    return [f.message for f in found_by(check, body, head=REVERSE_HEAD, apex=apex)]


# -- SRV and URI ----------------------------------------------------------------------------------


def test_a_srv_owner_is_told_with_the_name_to_write() -> None:
    assert messages("srv-owner-not-service", "sip SRV 0 0 5060 ns\n") == [
        "SRV of sip.example.org., which does not begin with _service._proto (RFC 2782): "
        "write _service._tcp.sip.example.org. or the like"
    ]


@pytest.mark.parametrize(
    "hidden",
    ["sub NS ns.example.net.\nsip.sub SRV 0 0 1 ns\n", "d DNAME a.example.\nsip.d SRV 0 0 1 ns\n"],
    ids=["cut", "DNAME"],
)
def test_hidden_srv_are_said_by_other_checks(hidden: str) -> None:
    assert not messages("srv-owner-not-service", hidden)


@pytest.mark.parametrize("rdata", ["0 0 1 single.", "0 0 1 a", "10 0 5060 ns", "0 0 0 ."])
def test_a_plain_srv_is_left_alone(rdata: str) -> None:
    body = f"_a._tcp SRV {rdata}\n"
    assert not messages("srv-none-with-fields", body) + messages("srv-port-zero", body)


def test_a_srv_in_generic_form_is_read() -> None:
    assert len(messages("srv-none-with-fields", "_a._tcp SRV \\# 7 00000000000100\n")) == 1


# -- PTR ------------------------------------------------------------------------------------------


def test_a_forgotten_dot_is_mended_with_the_name_to_write() -> None:
    assert reverse("ptr-target-in-reverse-zone", "1 PTR host.example.org\n") == [
        "PTR of 1.2.0.192.in-addr.arpa. points at host.example.org.2.0.192.in-addr.arpa., "
        "a name of a reverse zone: write host.example.org. with its final dot"
    ]


def test_the_mend_leaves_out_the_origin_in_force() -> None:
    said = reverse(
        "ptr-target-in-reverse-zone",
        "$ORIGIN 0.192.in-addr.arpa.\n1.2 PTR a.example.org\n",
    )
    assert said[0].endswith("write a.example.org. with its final dot")


def test_what_was_meant_is_not_guessed_from_one_label() -> None:
    (said,) = reverse("ptr-target-in-reverse-zone", "1 PTR host\n")
    assert said.endswith("write the host's whole name")


def test_ptr_in_ip6_arpa_are_looked_at() -> None:
    said = reverse("ptr-target-in-reverse-zone", "1 PTR a.example.org\n", "8.b.d.0.ip6.arpa.")
    assert len(said) == 1


def test_ptr_of_forward_zones_browse_for_services() -> None:
    body = "_http._tcp PTR web._http._tcp\nb._dns-sd._udp PTR @\n"
    for check in ("ptr-target-in-reverse-zone", "ptr-target-not-a-host"):
        assert not messages(check, body)


def test_a_target_that_is_relative_to_the_hosts_is_judged_whole() -> None:
    body = "$ORIGIN example.org.\n1.2.0.192.in-addr.arpa. PTR host\n"
    for check in ("ptr-target-in-reverse-zone", "ptr-target-not-a-host"):
        assert not reverse(check, body)


def test_an_escaped_dot_ends_no_name() -> None:
    assert len(reverse("ptr-target-in-reverse-zone", "1 PTR host\\.\n")) == 1


def test_one_ptr_is_told_by_one_check() -> None:
    assert not reverse("ptr-target-not-a-host", "1 PTR host.example.org\n")
    assert not reverse("ptr-target-in-reverse-zone", "1 PTR host_1.example.org.\n")


# -- RP and LP ------------------------------------------------------------------------------------


def test_an_rp_names_the_text_that_lacks() -> None:
    assert messages("rp-text-missing", "@ RP a Person\n") == [
        "RP of example.org. names person.example.org., which has no TXT: "
        'add one there, or write "." for none'
    ]


@pytest.mark.parametrize(("name", "count"), [("b.w", 0), ("b.a.w", 1), ("w", 1), ("@", 1)], ids=str)
def test_an_rp_is_answered_as_resolvers_ask(name: str, count: int) -> None:
    body = f"*.w TXT x\na.w A 192.0.2.2\n@ RP . {name}\n"
    assert len(messages("rp-text-missing", body)) == count


def test_an_apex_that_is_moved_hides_the_text() -> None:
    assert not messages("rp-text-missing", "@ DNAME example.net.\n@ RP . person\n")


def test_an_lp_to_itself_is_an_error() -> None:
    (found,) = found_by("lp-to-itself", "a LP 10 A.example.org.\na LP 20 b\n")
    assert found.severity is Severity.ERROR
