"""Name servers: what is said of their number, names and addresses, and of addresses as names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import HEAD, HEAD_LINES, findings_of, found_by, read_zone
from zonebuild.checks.reachable import unreachable
from zonebuild.checks.servers import Servers
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Finding
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.grammar import is_plain

OUTSIDE = "$TTL 60\n@ SOA ns.test. h 1 2 3 4 5\n@ NS ns.test.\n@ NS ns2.test.\n"
REVERSE = "2.0.192.in-addr.arpa."


def only(check: str, body: str, head: str = HEAD) -> Finding:
    (finding,) = found_by(check, body, head=head)
    return finding


# -- how many -------------------------------------------------------------------------------------


def test_one_server_is_told_at_its_ns() -> None:
    finding = only("single-name-server", "x TXT y\nsub NS a.test.\n", OUTSIDE)
    assert finding.location.line == 6
    assert finding.message == (
        "sub.example.org. has one name server: add another, in another network"
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("sub NS a.test.\nx TXT y\nsub NS b.test.\n", id="apart from each other"),
        pytest.param("s NS a.test.\ns NS b.test.\na.s NS a.test.\n", id="below a cut"),
        pytest.param("s DNAME t\na.s NS a.test.\n", id="below a DNAME"),
        pytest.param("*.s NS a.test.\n", id="of a wildcard, which is said already"),
    ],
)
def test_nobody_misses_a_second_server(body: str) -> None:
    assert found_by("single-name-server", body, head=OUTSIDE) == []


def test_an_asterisk_inside_a_name_is_no_wildcard_with_ns() -> None:
    assert found_by("wildcard-ns", "x.*.v NS a.test.\n") == []


# -- their names ----------------------------------------------------------------------------------


def test_a_name_that_is_no_hosts_is_quoted() -> None:
    finding = only("ns-target-not-host-name", "sub NS a\\007.test.\n")
    assert finding.message == (
        'NS target "a\\\\007.test." is not a host name: want letters, digits and inner hyphens'
    )


@pytest.mark.parametrize("target", ["192.0.2.1", "192.0.2.1.", "2001:db8::1", "::1."])
def test_an_address_is_one_finding_that_says_what_to_write(target: str) -> None:
    (finding,) = findings_of(f"sub NS {target}\n")
    address = target.rstrip(".")
    rdtype = "AAAA" if ":" in address else "A"
    assert finding.message.endswith(
        f"{address} is an address; write HOST {rdtype} {address}, and name HOST here"
    )


@pytest.mark.parametrize("record", ["@ MX 10 {}", "_imaps._tcp SRV 0 0 143 {}", "@ NS {}"])
@pytest.mark.parametrize(
    "target",
    [
        pytest.param("192.0.2.1", id="relative"),
        pytest.param("192.0.2.1.", id="absolute"),
        pytest.param("192.0.2.1.example.org.", id="written out"),
    ],
)
def test_an_address_in_place_of_a_host_is_told_once(record: str, target: str) -> None:
    (finding,) = findings_of(record.format(target) + "\n")
    assert finding.check in (
        "target-is-address", "mx-target-without-address", "srv-target-without-address",
        "ns-target-without-address",
    )  # fmt: skip
    assert "192.0.2.1 is an address" in finding.message


def test_an_address_that_a_wildcard_answers_for_is_told_as_well() -> None:
    finding = only("target-is-address", "* A 192.0.2.9\n@ MX 10 192.0.2.1\n")
    assert finding.location.line == HEAD_LINES + 2


def test_an_address_under_an_origin_of_its_own_is_found() -> None:
    body = "*.a.b A 192.0.2.9\n$ORIGIN a.b.example.org.\nm MX 10 192.0.2.1\n"
    assert "192.0.2.1 is an address" in only("target-is-address", body).message


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("@ MX 10 1.2.3\n1.2.3 A 192.0.2.2\n", id="three numbers"),
        pytest.param("@ MX 10 1.2.3.4.a\n1.2.3.4.a A 192.0.2.2\n", id="numbers and a letter"),
        pytest.param("sub NS 1.2.0.192.in-addr.arpa.\n", id="a reverse name"),
        pytest.param("s NS a.test.\nx.s MX 10 192.0.2.1\n", id="hidden below a cut"),
        pytest.param("a CNAME 192.0.2.1.\n", id="an alias"),
    ],
)
def test_what_only_looks_like_an_address_is_none(body: str) -> None:
    assert found_by("target-is-address", body) == []


def test_a_host_named_by_a_number_in_a_reverse_zone_is_none() -> None:
    body = "1 NS 1\n1 A 192.0.2.1\n"
    assert found_by("target-is-address", body, head=OUTSIDE, apex=REVERSE) == []


# -- their addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("www AAAA 2001:db8::1\n", True),
        ("* AAAA 2001:db8::1\n", True),
        ("www A 192.0.2.2\n", False),
        ("s NS a.s\na.s A 192.0.2.2\na.s AAAA 2001:db8::1\n", False),
        ("www AAAA 2001:db8::1\n@ NS ns.test.\n", False),
        ("www AAAA 2001:db8::1\n@ NS ns.s\ns NS a.test.\nns.s A 192.0.2.2\n", False),
        ("www AAAA 2001:db8::1\n@ NS ns2\nns2 AAAA 2001:db8::2\n", False),
        ("www AAAA 2001:db8::1\n@ NS nowhere\n", False),
    ],
    ids=[
        "a host", "a wildcard", "no such host", "glue of others", "a server outside",
        "a server below a cut", "one of two", "a server without any",
    ],
)  # fmt: skip
def test_a_family_that_reaches_no_server(body: str, told: bool) -> None:
    assert bool(found_by("ns-unreachable-by-family", body)) == told


def test_a_zone_without_an_ipv4_server_is_told_too() -> None:
    head = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns AAAA 2001:db8::1\n"
    message = only("ns-unreachable-by-family", "www A 192.0.2.1\n", head).message
    assert message == (
        "example.org. has A records, and no name server of it IPv4: give one an A record, "
        "as ns.example.org."
    )


def test_two_servers_at_one_address_name_it_and_the_first() -> None:
    finding = only("ns-share-address", "@ NS ns2\nns2 A 192.0.2.1\n")
    assert finding.message.startswith(
        "NS ns2.example.org. has the address 192.0.2.1 of ns.example.org.:"
    )
    assert [note.location.line for note in finding.notes] == [3]


@pytest.mark.parametrize(
    "spelling", ["2A0F::1:2", "2a0f:0::1:2", "2a0f:0:0:0:0:0:1:2", "2a0f::0001:2", "2a0f::0:1:2"]
)
def test_two_spellings_of_an_address_are_the_same_address(spelling: str) -> None:
    body = f"@ NS ns2\n@ NS ns3\nns2 AAAA 2a0f::1:2\nns3 AAAA {spelling}\n"
    assert "2a0f::1:2" in only("ns-share-address", body).message


GROUPS = st.lists(st.sampled_from(["0", "1", "a", "01", "ffff"]), min_size=8, max_size=8)


@given(GROUPS, st.integers(0, 8), st.integers(1, 8))
def test_addresses_of_servers_are_canonical(groups: list[str], cut: int, left_out: int) -> None:
    """cut, left_out: where `::` stands for how many groups; none from the eighth on."""
    begin, end = groups[:cut], groups[cut + left_out :]
    text = f"{':'.join(begin)}::{':'.join(end)}" if cut < len(groups) else ":".join(groups)
    assert is_plain("AAAA", text)
    survey = Survey(read_zone(f"{HEAD}ns AAAA {text}\n"))
    ((_ipv4, ipv6),) = survey.once(Servers).addresses.values()
    assert ipv6.text == canonical_text("AAAA", text, ".")


def test_a_server_named_twice_shares_with_nobody() -> None:
    assert found_by("ns-share-address", "@ NS NS.example.org.\n@ NS a\na A 192.0.2.2\n") == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("10.255.255.255", "private use"), ("11.0.0.0", None), ("172.15.255.255", None),
        ("172.16.0.0", "private use"), ("100.63.255.255", None), ("100.64.0.0", "shared, RFC 6598"),
        ("192.0.1.255", None), ("192.0.2.0", "documentation"), ("198.17.255.255", None),
        ("198.19.255.255", "benchmarking"), ("203.0.112.255", None), ("223.255.255.255", None),
        ("224.0.0.0", "multicast"), ("255.255.255.255", "reserved"), ("0.0.0.0", "this network"),
        ("1.1.1.1", None), ("22.1.1.1", None), ("25.1.1.1", None), ("230.1.1.1", "multicast"),
        ("::1", "loopback"), ("::", "unspecified"), ("fdff::1", "private use"),
        ("fe80::1", "link-local"), ("2001:db8:ffff::", "documentation"), ("2001:db9::", None),
        ("2001:dc0::1", None), ("2001:200::1", None), ("2001:10::1", "ORCHID"),
        ("2001:1f:ffff::", "ORCHID"), ("2001:20::1", None), ("2001:2::1", "benchmarking"),
        ("3fff::1", "documentation"), ("3fff:1000::1", None), ("2606:4700::1", None),
        ("ff02::1", "multicast"), ("::ffff:1.1.1.1", "IPv4-mapped"),
    ],
)  # fmt: skip
def test_an_address_and_why_nobody_reaches_it(address: str, why: str | None) -> None:
    assert unreachable(address) == why


def test_an_address_in_the_form_of_unknown_types_is_read() -> None:
    finding = only("ns-address-not-global", "@ NS a\na A \\# 4 0a000001\n", OUTSIDE)
    assert "has the address 10.0.0.1 (private use)" in finding.message


# -- the way they are found -----------------------------------------------------------------------


def test_few_ns_among_many_targets_are_found_as_well() -> None:
    aliases = "".join(f"a{i} CNAME b{i}.test.\n" for i in range(100))
    survey = Survey(read_zone(f"{HEAD}{aliases}sub NS c.test.\nsub NS d.test.\n"))
    assert [survey.names[target] for target in survey.once(Servers).targets] == [
        "ns.example.org.", "c.test.", "d.test.",
    ]  # fmt: skip
