"""Host names, forgotten final dots, odd labels: what is said, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import APEX, HEAD_LINES, findings_of, found_by
from zonebuild.diagnostic import Part, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING
REVERSE = "2.0.192.in-addr.arpa."
REVERSE_HEAD = (
    "$TTL 3600\n@ SOA ns.example.net. h.example.net. 1 4h 1h 1w 1h\n"
    "@ NS ns.example.net.\n@ NS ns.example.com.\n"
)


def said(check: str, body: str) -> list[str]:
    return [f.message for f in found_by(check, body)]


def checks(body: str) -> list[str]:
    return [f.check for f in findings_of(body)]


# -- owners ---------------------------------------------------------------------------------------


def test_an_owner_that_is_no_host_is_told_once_with_its_first_such_type() -> None:
    body = "a_b TXT x\na_b AAAA 2001:db8::1\na_b A 192.0.2.2\n"
    assert said("owner-not-host-name", body) == [
        "owner a_b.example.org. of AAAA is not a host name: want letters, digits and inner hyphens"
    ]


@pytest.mark.parametrize("owner", ["-a", "a-", "a.b-.c", "a.-b", "*a", "a/b", "a\\.b", "a.b_c"])
def test_an_owner_of_an_address_that_is_no_host_is_found(owner: str) -> None:
    assert len(said("owner-not-host-name", f"{owner} A 192.0.2.2\n")) == 1


@pytest.mark.parametrize(
    "owner", ["@", "*", "*.a", "a-b", "1.2", "xn--a", "gc._msdcs", "x._spf_rate"]
)
def test_an_owner_of_an_address_that_may_be_one_is_fine(owner: str) -> None:
    assert said("owner-not-host-name", f"{owner} A 192.0.2.2\n") == []


@pytest.mark.parametrize(
    "line", ["_dmarc TXT x", "_a CNAME ns", "_s._tcp SRV 0 0 1 ns", "0/25 NS ns", "a_b HTTPS 0 ns"]
)
def test_underscores_of_other_types_are_fine(line: str) -> None:
    assert said("owner-not-host-name", f"{line}\n") == []


def test_the_apex_itself_is_not_the_zone_s_to_choose() -> None:
    found = found_by("owner-not-host-name", "@ A 192.0.2.2\n", apex="_x.example.org.")
    assert found == []


@pytest.mark.parametrize(
    "body",
    ["sub NS ns.example.net.\na_b.sub A 192.0.2.2\n", "d DNAME example.net.\na_b.d A 192.0.2.2\n",
     "a_b.example.net. A 192.0.2.2\n", "sub NS a_b\na_b A 192.0.2.2\n"],
    ids=["below a cut", "below a DNAME", "out of the zone", "name server"],
)  # fmt: skip
def test_an_owner_that_another_check_speaks_of_is_left_alone(body: str) -> None:
    assert said("owner-not-host-name", body) == []


LABELS = st.text(st.sampled_from("ab-_*1"), min_size=1, max_size=4)


@given(st.lists(LABELS, min_size=1, max_size=3))
def test_a_host_owner_has_no_odd_sign_and_no_hyphen_at_an_end(labels: list[str]) -> None:
    is_fine = all(
        label == "*" or (not set(label) & {"_", "*"} and "-" not in (label[0], label[-1]))
        for label in labels
    )
    assert bool(said("owner-not-host-name", f"{'.'.join(labels)} A 192.0.2.2\n")) != is_fine


def test_a_star_inside_a_name_is_told_once_an_owner() -> None:
    (found,) = said("wildcard-inside-name", "a.*.b A 192.0.2.2\na.*.b TXT x\n")
    assert found.startswith('owner a.*.b.example.org. has a "*" that is not its first label')


def test_a_star_that_is_spelled_as_an_escape_is_seen() -> None:
    assert len(said("wildcard-inside-name", "a.\\042.b A 192.0.2.2\n")) == 1


def test_hyphens_in_the_reserved_place_are_for_information() -> None:
    (found,) = found_by("reserved-hyphens", "r3---sn A 192.0.2.2\nr3---sn TXT x\n")
    assert found.severity is Severity.INFO


# -- targets that are no hosts --------------------------------------------------------------------


def test_an_underscore_in_a_target_weighs_less_than_a_slash() -> None:
    body = "a MX 1 m_1.example.net.\nb MX 1 m/1.example.net.\n"
    assert [f.severity for f in found_by("target-not-host-name", body)] == [WARNING, ERROR]


@pytest.mark.parametrize(
    "body",
    ["a MX 0 .\n", "_s._tcp SRV 0 0 1 host.\n", "a MX 1 m_1\nm_1 A 192.0.2.2\n", "a MX 1 m_1\n",
     "a MX 1 192.0.2.1.\n", "a CNAME m_1.example.net.\n",
     "sub NS n.example.net.\nx.sub MX 1 m_1.\n"],
    ids=["null MX", "single label", "owner told", "missing told", "address", "CNAME", "hidden"],
)  # fmt: skip
def test_a_target_that_is_fine_or_told_elsewhere_is_left_alone(body: str) -> None:
    assert said("target-not-host-name", body) == []


# -- forgotten final dots: owners -----------------------------------------------------------------


def test_an_owner_with_its_origin_twice_is_mended() -> None:
    assert said("owner-repeats-origin", "www.Example.org A 192.0.2.2\n") == [
        "owner www.example.org.example.org. repeats its origin example.org.: "
        "write www.Example.org. with its final dot"
    ]


def test_an_owner_below_another_origin_is_mended() -> None:
    (found,) = found_by("owner-repeats-origin", "$ORIGIN b.example.org.\nexample.org TXT x\n")
    assert (found.location.line, found.part) == (HEAD_LINES + 2, Part.OWNER)


def test_a_delegation_without_dot_is_found() -> None:
    assert len(said("owner-repeats-origin", "sub.example.org NS ns.example.net.\n")) == 1


@pytest.mark.parametrize(
    "body",
    ["www.example.org.example.org. A 192.0.2.2\n", "xexample.org A 192.0.2.2\n",
     "$ORIGIN example.org.example.org.\nwww A 192.0.2.2\n",
     "$ORIGIN _report._dmarc.example.org.\na.example.org TXT x\n",
     "example.org._report._dmarc TXT x\n", "org A 192.0.2.2\n"],
    ids=["written out", "another name", "written origin", "underscore", "inside", "last label"],
)  # fmt: skip
def test_an_owner_that_may_be_meant_is_left_alone(body: str) -> None:
    assert said("owner-repeats-origin", body) == []


def test_a_delegation_may_be_called_like_its_top_level_domain() -> None:
    body = "org NS ns.example.net.\norg NS ns.example.com.\n"
    assert found_by("owner-repeats-origin", body, apex="org.") == []
    assert len(found_by("owner-repeats-origin", "www.org A 192.0.2.2\n", apex="org.")) == 1


def test_nothing_is_doubled_in_the_root() -> None:
    assert found_by("owner-repeats-origin", "a.a A 192.0.2.2\n", apex=".") == []


# -- forgotten final dots: targets ----------------------------------------------------------------


def test_a_target_that_a_wildcard_hides_is_mended() -> None:
    assert said("target-lacks-final-dot", "* A 192.0.2.2\na MX 10 mx.Example.com\n") == [
        "MX target mx.example.com.example.org. is answered by a wildcard alone: "
        "write mx.Example.com. with its final dot"
    ]


def test_a_target_of_another_type_that_is_not_there_is_mended() -> None:
    assert said("target-lacks-final-dot", "a DNAME new.example.net\n") == [
        "DNAME target new.example.net.example.org. does not exist: "
        "write new.example.net. with its final dot"
    ]


@pytest.mark.parametrize("soa", ["ns.example.org h", "ns h.example.org"])
def test_the_names_of_the_soa_are_looked_at(soa: str) -> None:
    text = f"$TTL 3600\n@ SOA {soa} 1 4h 1h 1w 1h\n@ NS ns\nns A 192.0.2.1\n"
    assert len(found_by("target-lacks-final-dot", text, head="")) == 1


@pytest.mark.parametrize(
    "line",
    ["a CNAME ghs.example.com", "a CNAME ns.example.org", "a MX 1 mx.example.com",
     "a MX 1 ns.example.org", "a NS ns.example.com", "_s._tcp SRV 0 0 1 sip.example.com",
     "a HTTPS 0 www.example.com", "a NS ns.example.org"],
)  # fmt: skip
def test_one_mistake_is_one_finding(line: str) -> None:
    found = [f for f in findings_of(f"{line}\n") if f.severity is ERROR]
    assert len(found) == 1


@pytest.mark.parametrize(
    "body",
    ["*.w A 192.0.2.2\na CNAME x.y.w\n", "* A 192.0.2.2\na CNAME web.prod\n",
     "* A 192.0.2.2\n*.com A 192.0.2.2\na CNAME x.com\n", "a DNAME old.new\n",
     "shop.com A 192.0.2.2\na DNAME shop.com\n", "x.shop.com A 192.0.2.2\na DNAME shop.com\n",
     "_s._dns-sd._udp PTR _http._tcp\n", "a DNAME x.com.example.org.\n",
     "sub NS n.example.net.\na.sub DNAME b.com\n"],
    ids=["wildcard below", "wildcard", "known wildcard", "no top level", "here", "empty", "DNS-SD",
         "written out", "hidden owner"],
)  # fmt: skip
def test_a_relative_target_that_may_be_meant_is_left_alone(body: str) -> None:
    assert said("target-lacks-final-dot", body) == []


@pytest.mark.parametrize(
    "line",
    ["1 CNAME 1.0/25", "1 CNAME 1.customer", "1 PTR host.example.org", "1 PTR a.example.org."],
)
def test_reverse_zones_are_left_to_their_own_checks(line: str) -> None:
    body = f"{line}\n0/25 NS ns.example.net.\ncustomer NS ns.example.net.\n"
    found = found_by("target-lacks-final-dot", body, head=REVERSE_HEAD, apex=REVERSE)
    assert found == []


# -- aliases --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "severity", "mend"),
    [
        ("ghs.example.com", ERROR, "write ghs.example.com. with its final dot"),
        ("ns.example.org", ERROR, "write ns.example.org. with its final dot"),
        ("www.example.de", ERROR, "write www.example.de. with its final dot"),
        ("web.prod", WARNING, "add it, write web.prod. if that is meant, or remove the alias"),
        ("web", WARNING, "add it, or remove the alias"),
        (f"web.de.{APEX}", WARNING, "add it, or remove the alias"),
    ],
)
def test_a_missing_target_is_an_error_where_a_dot_is_surely_missing(
    target: str, severity: Severity, mend: str
) -> None:
    (found,) = found_by("cname-target-missing", f"a CNAME {target}\n")
    assert found.severity is severity
    assert found.message.endswith(mend)


def test_a_missing_target_below_a_name_of_ours_is_no_typo() -> None:
    (found,) = found_by("cname-target-missing", "x.de A 192.0.2.2\na CNAME web.de\n")
    assert found.severity is WARNING


def test_a_chain_names_its_next_link() -> None:
    (found,) = found_by("cname-chain", "a CNAME b\nb CNAME ns\n")
    assert found.message == (
        "CNAME leads from a.example.org. to b.example.org., an alias: name what that one leads to"
    )


def test_a_loop_is_no_chain() -> None:
    assert said("cname-chain", "a CNAME b\nb CNAME a\nc CNAME a\n") == []


def test_a_dname_loop_is_shown_round() -> None:
    assert said("dname-loop", "a DNAME x.b\nb DNAME a\n") == [
        "DNAME loop a.example.org. -> b.example.org. -> a.example.org.: "
        "no name below it ever resolves"
    ]


def test_an_soa_with_a_forgotten_dot_is_mended_once() -> None:
    body = "example.org SOA ns hostmaster 1 14400 3600 604800 600\n"
    assert checks(body) == ["soa-not-at-apex"]
    assert said("soa-not-at-apex", body)[0].endswith("write example.org. with its final dot")
