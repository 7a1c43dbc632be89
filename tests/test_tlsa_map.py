"""The map of certificates and places: what it gives, and what is wrong with it, where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.site.tlsa_map import AT_ONCE, MAP_KEYS, TlsaMap, read_map
from zonebuild.tlsa.parameters import DEFAULT, Parameters
from zonebuild.tlsa.places import Place

HOST = "mx.example.org."


def good(text: str) -> TlsaMap:
    found, findings = read_map(text.encode())
    assert findings == []
    assert found is not None
    return found


def places(text: str) -> tuple[Place, ...]:
    """Return the places of a lineage that has the one item *text*."""
    wanted = f"lineages:\n  a:\n    certificate: c\n    places: [{{{text}}}]\n"
    return good(wanted).entries["a"].lineage.places


def test_a_place_is_plain_unless_the_map_says_otherwise() -> None:
    (place,) = places("host: MX.example.org, port: 25")
    assert (place.host, place.port, place.protocol) == (HOST, 25, "tcp")
    assert (place.starttls, place.parameters, place.alias) == ("smtp", (DEFAULT,), "")
    assert place.owner == f"_25._tcp.{HOST}"
    assert str(place.location) == "tlsa-map.yaml:4:14"


def test_a_list_of_ports_is_a_place_for_each() -> None:
    found = places("host: mx.example.org, port: [25, 465], protocol: tcp")
    assert [(place.port, place.starttls) for place in found] == [(25, "smtp"), (465, "none")]


def test_a_place_may_have_several_parameters_and_an_alias() -> None:
    (place,) = places("host: mx.example.org, port: 25, tlsa: [3 1 1, 2 1 1], alias: _d.example.org")
    assert place.parameters == (DEFAULT, Parameters(2, 1, 1))
    assert place.owner == "_d.example.org."


def test_one_of_the_parameters_needs_no_list() -> None:
    (place,) = places("host: mx.example.org, port: 25, tlsa: 3 1 2")
    assert place.parameters == (Parameters(3, 1, 2),)


def test_a_lineage_knows_its_name_and_where_it_stands() -> None:
    entry = good("lineages:\n  a.b: {first: at-once, certificate: certs/x}\n").entries["a.b"]
    assert (entry.lineage.name, entry.lineage.keys, entry.first) == ("a.b", "reuse", AT_ONCE)
    assert str(entry.certificate_at) == "tlsa-map.yaml:2:38"


def test_the_example_of_the_table_is_right() -> None:
    for key in MAP_KEYS:
        assert good(key.example).ttl == 3600


def _item(text: str) -> str:
    return f"lineages: {{a: {{certificate: c, places: [{{{text}}}]}}}}"


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("lineages: [a]", "1:11", "lineages is a list"),
        ("lineages: {'': {certificate: c}}", "1:12", "is no name of a lineage"),
        ("lineages: {a: {}}", "1:15", "lineages.a has no certificate"),
        ("lineages: {a: {certificate: ../c}}", "1:29", 'has "..", want a path without it'),
        ("lineages: {a: {certificat: c}}", "1:16", "did you mean certificate?"),
        ("ttl: 0", "1:6", "ttl is 0 seconds, want 1 to"),
        (_item("port: 25"), "1:41", "has no host"),
        (_item("host: mx.example.org"), "1:41", "has no port"),
        (_item("host: mx.example.org, port: 0"), "1:70", '"0" is no port'),
        (_item("host: '*.example.org', port: 25"), "1:48", "is not the name of a host"),
        (_item("host: _25._tcp.mx.example.org, port: 25"), "1:48", "want the host: mx.example.org"),
        (_item("host: mx, port: 25"), "1:48", "is one label, want an absolute name"),
        (_item("host: a.test, port: 25, tlsa: 1 1 1"), "1:72", "has usage 1"),
        (_item("host: a.test, port: 25, alias: b.test"), "1:73", 'no name with a "_" in front'),
        (_item("host: a.test, port: 25, protocol: quic"), "1:76", "is unknown, want tcp"),
        (_item("host: a.test, port: [25, 25]"), "1:41", "_25._tcp.a.test. stands twice"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(text: str, where: str, message: str) -> None:
    found, (finding, *_) = read_map(text.encode())
    assert found is None
    assert message in finding.message
    assert str(finding.location) == f"tlsa-map.yaml:{where}"


def test_a_map_full_of_mistakes_is_told_in_few_words() -> None:
    found, findings = read_map("".join(f"k{i}: 1\n" for i in range(500)).encode())
    assert found is None
    assert len(findings) == 101
    assert findings[-1].message == "400 more mistakes in this file"


@given(st.binary(max_size=200) | st.text(alphabet="a: {}[],-\n_25", max_size=80).map(str.encode))
def test_no_file_is_too_odd_to_be_read(noise: bytes) -> None:
    found, findings = read_map(noise)
    assert (found is None) == bool(findings)
