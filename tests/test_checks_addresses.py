"""Addresses that the world cannot reach, where a site asks for them."""

from __future__ import annotations

import pytest

from tests.checked_zones import HEAD, found_by, read_zone
from zonebuild.checks.table import CHECKS, check_zone, chosen
from zonebuild.diagnostic import Part

HEAD_ELSEWHERE = "$TTL 3600\n@ SOA ns.example.net. h 1 4h 1h 1w 1h\n@ NS ns.example.net.\n"


def said(body: str) -> list[str]:
    return [f.message for f in found_by("address-not-public", body, head=HEAD_ELSEWHERE)]


def test_it_is_made_only_where_it_is_switched_on() -> None:
    zone = read_zone(HEAD + "a A 10.0.0.1\n")
    assert "address-not-public" not in {f.check for f in check_zone(zone)}
    switched_on = chosen(CHECKS, switched_on={"address-not-public"})
    assert "address-not-public" in {f.check for f in check_zone(zone, switched_on)}


def test_it_names_the_address_and_why() -> None:
    assert said("a A 10.0.0.1\n") == [
        "A of a.example.org. is 10.0.0.1 (private use): no public name should lead there"
    ]


def test_it_points_at_the_rdata() -> None:
    (found,) = found_by("address-not-public", "a A 10.0.0.1\n", head=HEAD_ELSEWHERE)
    assert found.part is Part.RDATA


@pytest.mark.parametrize(
    "rdata",
    [
        "A 127.0.0.1", "A 169.254.1.1", "A 172.31.255.255", "A 192.168.0.1", "A 100.64.0.1",
        "A 198.51.100.7", "A 224.0.0.1", "A 255.255.255.255", "A 0.0.0.0", "A \\# 4 0a000001",
        "AAAA ::1", "AAAA 0:0:0:0:0:0:0:1", "AAAA FE80::1", "AAAA fd12:3456::1", "AAAA FF02::1",
        "AAAA 2001:0DB8::1", "AAAA 3fff::1", "AAAA ::ffff:192.0.2.1", "AAAA 2001:db8:0:0::1",
    ],
)  # fmt: skip
def test_special_addresses_are_found_in_every_spelling(rdata: str) -> None:
    assert len(said(f"a {rdata}\n")) == 1


@pytest.mark.parametrize(
    "rdata",
    ["A 9.9.9.9", "A 172.32.0.1", "A 100.128.0.1", "A 192.0.3.1", "A 223.255.255.255",
     "AAAA 2a00::1", "AAAA 2001:db7::1", "AAAA 2001:4860:4860::8888", "TXT 10.0.0.1"],
)  # fmt: skip
def test_public_addresses_are_fine(rdata: str) -> None:
    assert said(f"a {rdata}\n") == []


def test_glue_is_left_to_the_checks_of_name_servers() -> None:
    assert said("sub NS ns.sub\nns.sub A 10.0.0.1\n") == []
