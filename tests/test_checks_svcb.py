"""SVCB and HTTPS: aliases, targets, hints, DNS servers; and what must not be said."""

from __future__ import annotations

import pytest

from tests.checked_zones import APEX, findings_of, found_by
from tests.test_checks_tlsa import messages
from zonebuild.checks.service import has_priority_0, read_service

ABSENT = "service-target-without-address"


def test_a_loop_is_said_once_with_its_names() -> None:
    body = "a HTTPS 0 b\nb HTTPS 0 c\nc HTTPS 0 a\nstart HTTPS 0 a\n"
    (finding,) = found_by("service-alias-loop", body)
    assert finding.message == (
        "HTTPS alias loop a.example.org. -> b.example.org. -> c.example.org. -> a.example.org.: "
        "it never reaches a service"
    )
    assert [note.location.line for note in finding.notes] == [6, 7]


def test_a_long_loop_is_shortened() -> None:
    body = "".join(f"a{i} HTTPS 0 a{(i + 1) % 50}\n" for i in range(50))
    (message,) = messages("service-alias-loop", body)
    assert "-> …:" in message


def test_a_loop_through_a_wildcard_is_found() -> None:
    assert messages("service-alias-loop", "*.w HTTPS 0 x.w\n")


def test_aliases_of_two_types_make_no_loop() -> None:
    assert not messages("service-alias-loop", "a HTTPS 0 b\nb SVCB 0 a\n")


def test_no_such_service_is_no_loop_and_wants_no_address() -> None:
    body = "none HTTPS 0 .\n"
    assert not messages("service-alias-loop", body)
    assert not messages(ABSENT, body)


def test_a_target_with_an_origin_too_many_says_the_name_with_its_dot() -> None:
    (message,) = messages(ABSENT, "a HTTPS 1 ns.example.org alpn=h2\n")
    assert message == (
        "HTTPS target ns.example.org.example.org. has no address in this zone: write "
        "ns.example.org. with its final dot"
    )


REACHED = {
    "address": "a HTTPS 1 ns\n",
    "owner": "ns HTTPS 1 .\n",
    "CNAME": "a HTTPS 1 b\nb CNAME www.example.net.\n",
    "wildcard": "a HTTPS 1 x.b\n*.b A 192.0.2.2\n",
    "wildcard that means itself": "*.b A 192.0.2.2\n*.b HTTPS 1 .\n",
    "delegated": "a HTTPS 1 x.sub\nsub NS ns.example.net.\n",
    "another zone": "a HTTPS 1 www.example.net.\n",
    "below a DNAME": "a HTTPS 1 x.old\nold DNAME example.net.\n",
    "hint": "a HTTPS 1 b ipv6hint=2001:db8::1\n",
    "generic with a hint": "a HTTPS \\# 25 0001016207 6578616d706c65036f726700 00040004c0000202\n",
    "alias of a service": "a HTTPS 0 b\nb HTTPS 1 ns\n",
    "owner is hidden": "sub NS ns.example.net.\nx.sub HTTPS 1 .\n",
    "attribute leaf": "_8443._https.www HTTPS 1 ns port=8443\n",
}


@pytest.mark.parametrize("body", REACHED.values(), ids=REACHED)
def test_what_can_be_reached_is_no_finding(body: str) -> None:
    assert not messages(ABSENT, body)


def test_an_alias_reaches_only_services_of_its_own_type() -> None:
    assert messages(ABSENT, "a HTTPS 0 b\nb SVCB 1 ns\n")


def test_a_host_that_means_itself_may_get_its_address_otherwise() -> None:
    found = found_by(ABSENT, "a HTTPS 1 .\n_dns.a SVCB 1 . alpn=dot\n")
    assert [finding.severity.label for finding in found] == ["warning", "error"]


def test_a_hint_shows_the_addresses_to_write() -> None:
    body = "a A 192.0.2.9\na A 192.0.2.10\na HTTPS 1 . ipv4hint=192.0.2.8\n"
    assert messages("service-hint-mismatch", body) == [
        "ipv4hint differs from the addresses of its target: write ipv4hint=192.0.2.10,192.0.2.9"
    ]


def test_a_hint_of_another_zone_is_not_judged() -> None:
    assert not messages("service-hint-mismatch", "a HTTPS 1 www.example.net. ipv4hint=192.0.2.8\n")


@pytest.mark.parametrize("path", ["", " dohpath=/q", " dohpath=/q{?x}", " dohpath=/dns"])
def test_a_dns_server_over_http_wants_a_path_with_the_variable(path: str) -> None:
    assert messages("dns-service-without-path", f"_dns.ns SVCB 1 ns alpn=h2{path}\n")


@pytest.mark.parametrize("path", ["/dns-query{?dns}", "/q{?id,dns}", "/q{&dns}"])
def test_a_path_with_the_variable_is_enough(path: str) -> None:
    body = f"_dns.ns SVCB 1 ns alpn=h2 dohpath={path}\n"
    assert not messages("dns-service-without-path", body)


def test_service_bindings_of_usual_zones_give_no_finding() -> None:
    assert not findings_of(
        "@ A 192.0.2.1\n@ HTTPS 1 . alpn=h2,h3\nwww A 192.0.2.1\nwww HTTPS 1 .\n"
        "shop HTTPS 0 shop.example.net.\n_dns.ns SVCB 1 ns alpn=dot\n"
    )


@pytest.mark.parametrize(
    ("rdata", "is_alias"),
    [("0 .", True), ("00 a", True), ("1 .", False), ("10 .", False), ("\\# 3 000000", True),
     ("\\# 3 0001 00", False)],
)  # fmt: skip
def test_priority_0_is_known_in_any_spelling(rdata: str, is_alias: bool) -> None:
    assert has_priority_0(rdata) is is_alias


def test_a_service_is_read_whatever_its_spelling() -> None:
    service = read_service("HTTPS", '1 web alpn="h2,h3" key4=\\192\\000\\002\\001 ohttp', APEX)
    assert (service.priority, service.target) == (1, "web.example.org.")
    assert service.alpn == {"h2", "h3"}
    assert service.hints == {1: frozenset({"192.0.2.1"})}
    assert service.parameters["ohttp"] == ""


def test_an_alias_with_parameters_is_read_as_an_alias() -> None:
    assert read_service("HTTPS", "0 web alpn=h2", APEX).priority == 0
