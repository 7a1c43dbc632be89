"""Glue of siblings, and referrals that grow too large."""

from __future__ import annotations

import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import HEAD, found_by, read_zone
from zonebuild.checks.glue import _referral_octets
from zonebuild.checks.servers import Servers
from zonebuild.checks.survey import Survey

SIBLING = "missing-sibling-glue"


def test_sibling_glue_names_both_cuts_and_the_mend() -> None:
    (finding,) = found_by(SIBLING, "a NS ns.test.\nb NS ns.a\n")
    assert finding.message == (
        "NS ns.a.example.org. of b.example.org. lies at or below another zone cut, "
        "a.example.org., and has no address here: add an A or AAAA record for it"
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("a NS ns.a\n", id="its own cut, which is missing-glue"),
        pytest.param("a NS ns.test.\n@ NS ns.a\n", id="a server of the apex"),
        pytest.param("a NS ns.test.\nb NS ns.a\nns.a AAAA 2001:db8::1\n", id="glue of one family"),
        pytest.param("a DNAME c\nb NS ns.a\n", id="below a DNAME, which is an alias"),
        pytest.param("a NS ns.test.\nx.a NS ns.a.test.\n", id="a hidden NS"),
        pytest.param("b NS nowhere\n", id="a name of this zone, which is another check"),
    ],
)
def test_no_sibling_glue_is_missed(body: str) -> None:
    assert found_by(SIBLING, body) == []


def test_a_cut_right_above_the_server_is_named_and_not_the_one_below() -> None:
    (finding,) = found_by(SIBLING, "a NS ns.test.\nx.a NS ns.test.\nb NS ns.x.a\n")
    assert "another zone cut, a.example.org.," in finding.message


LABEL = st.sampled_from(["a", "bb", "ccc", "sub", "example", "org", "x" * 63])
NAMES = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join(labels) + ".")
HOSTS = st.one_of(NAMES, NAMES.map(lambda name: f"{name}sub.example.org."))


@given(st.lists(HOSTS, min_size=1, max_size=6, unique=True))
def test_a_referral_has_as_many_octets_as_another_library_writes(hosts: list[str]) -> None:
    inside = [host for host in hosts if host.endswith(".sub.example.org.")]
    glue = "".join(f"{host} A 192.0.2.1\n{host} AAAA 2001:db8::1\n" for host in inside)
    body = "".join(f"sub NS {host}\n" for host in hosts)
    survey = Survey(read_zone(HEAD + body + glue))
    owner = survey.indices["sub.example.org."]
    targets = [target for _row, target in survey.once(Servers).of(owner)]
    assert _referral_octets(survey, owner, targets) == written(hosts, inside)


def written(hosts: list[str], inside: list[str]) -> int:
    query = dns.message.make_query("sub.example.org.", "A", use_edns=False)
    message = dns.message.make_response(query)
    message.authority.append(dns.rrset.from_text_list("sub.example.org.", 1, "IN", "NS", hosts))
    for host in inside:
        for rdtype, address in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1")):
            message.additional.append(dns.rrset.from_text(host, 1, "IN", rdtype, address))
    return len(message.to_wire())


def test_an_escape_counts_as_the_octet_that_it_is() -> None:
    survey = Survey(read_zone(f"{HEAD}sub NS \\097\\.b.test.\nsub2 NS axb.test.\n"))
    sizes = [
        _referral_octets(survey, owner, [target for _row, target in pairs])
        for owner, pairs in survey.once(Servers).by_owner.items()
    ]
    assert sizes[1] + 1 == sizes[2]  # sub2 is longer by one
